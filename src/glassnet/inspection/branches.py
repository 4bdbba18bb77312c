"""Branches that are alike, such as networks whose mean is taken: one of them is shown."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from glassnet.nn.layers import Layer
from glassnet.nn.layers.containers import Concat
from glassnet.nn.layers.containers import alike as runs


class Alike(NamedTuple):
    """Branches that are alike, by name: the one that is shown, and the others."""

    shown: str
    others: tuple[str, ...]

    def __str__(self) -> str:
        return f"of {len(self.others) + 1} branches that are alike only {self.shown} is shown"

    def hides(self, layer: str) -> bool:
        """Whether a layer is one of the others, or in one of them."""
        return f"{layer}.".startswith(tuple(f"{name}." for name in self.others))


def alike(layers: Mapping[str, Layer], weight: str = "") -> list[Alike]:
    """The branches of each `Concat` that are many and alike, next to each other: shown is the one
    with this weight, or the first.

    >>> from glassnet import Chain, Dense, Sequential
    >>> net = Sequential([Concat([Chain([Dense(2)]) for _ in range(4)])], input_shape=3)
    >>> print(*alike(dict(net.walk()), "0.2.0.W"))
    of 4 branches that are alike only 0.2 is shown
    """
    concats = [(name, layer) for name, layer in layers.items() if isinstance(layer, Concat)]
    return [group for name, concat in concats for group in _groups(name, concat, weight)]


def _groups(name: str, concat: Concat, weight: str) -> Iterator[Alike]:
    for run in runs(concat.parts()):
        (_, first), *others = run
        if not others or not first.parts():
            continue
        names = [f"{name}.{own}" for own, _ in run]
        shown = next((each for each in names if weight.startswith(f"{each}.")), names[0])
        yield Alike(shown, tuple(each for each in names if each != shown))
