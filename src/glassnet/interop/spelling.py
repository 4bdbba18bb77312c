"""A layer in four libraries, and the words that several rows need."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from glassnet.interop.onnx_builder import Graph
from glassnet.interop.script import Place

LIBRARIES = {"numpy": "NumPy", "torch": "PyTorch", "keras": "Keras", "onnx": "ONNX"}

Text = str | Callable[[Place], str]
Node = str | Callable[[Graph, str, Place], str]


class Spelling(NamedTuple):
    """A layer in four libraries: an expression in x, a module, a layer, and an operator."""

    numpy: Text | None = None
    torch: Text | None = None
    keras: Text | None = None
    onnx: Node | None = None


def options(**settings: Any) -> str:
    """`, stride=2, groups=3`: the settings that are not the default, which is None here."""
    return "".join(f", {name}={value!r}" for name, value in settings.items() if value is not None)


def unless(default: Any, value: Any) -> Any:
    """The value, or None if it is the default."""
    return None if value == default else value


def shortest(values: Iterable[Any]) -> Any:
    """One value if all are the same, else a tuple of them."""
    found = tuple(values)
    return found[0] if len(set(found)) == 1 else found


def label(place: Place) -> str:
    """The name of a layer with weights in Keras."""
    return f"{place.kind.lower()}_{place.label}"


def channels_first(axes: int) -> list[int]:
    """The order in which PyTorch and ONNX have the axes of samples with so many axes."""
    return [0, axes, *range(1, axes)]


def turned(graph: Graph, x: str, place: Place, make: Callable[[str], str]) -> str:
    """What `make` gives for x with its channels first; and that with its channels last again."""
    before, after = len(place.before), len(place.after)
    y = make(graph.transposed(x, channels_first(before)))
    return graph.transposed(y, _channels_last(after))


def _channels_last(axes: int) -> Sequence[int]:
    return [0, *range(2, axes + 1), 1]
