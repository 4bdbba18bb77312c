"""What stands above a picture: its name, and below that the data, the network and its score."""

import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from glassnet.base.configurable import named
from glassnet.base.numerals import numeral
from glassnet.base.optional import need
from glassnet.data.readers.endings import name_of
from glassnet.inspection.plots.figures import is_own, palette, plain
from glassnet.nn.metrics.names import metric_name
from glassnet.nn.network import Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LINE = 64  # characters of a line above a picture
SHORT = 36  # characters of a network in words
_facts: ContextVar[tuple[str, ...]] = ContextVar("facts", default=())


@named
@contextmanager
def about(*facts: str) -> Iterator[None]:
    """Pictures that are drawn within say this below their names: the data, the network, its score.

    `with plots.about("digits", "64-32-10", "test accuracy 0.97"): plots.confusion(…)`. Without it,
    a picture of a network says what its file knows: what it was trained on, and how well.

    - `facts`: what to say, each a few words.
    """
    before = _facts.set(tuple(filter(None, facts)))
    try:
        yield
    finally:
        _facts.reset(before)


@named
def titled(ax: "Axes", name: str, *facts: str, network: Network | None = None) -> "Axes":
    """The name of the picture above these axes, and what is known of it.

    In a figure that glassnet made for one picture, the name is bold and the facts are below it; in
    a figure of the user's, or beside other axes, it is the title of the axes unless these have one.

    - `ax`: the axes.
    - `name`: of the picture.
    - `facts`: what else to say.
    - `network`: whose file says more.
    """
    if is_own(ax):
        headed(ax, name, *facts, network=network)
    elif not ax.get_title():
        ax.set_title(plain(name), fontsize="medium")
    return ax


@named
def headed(ax: "Axes", name: str, *facts: str, network: Network | None = None) -> "Axes":
    """The name of the picture above the whole figure of these axes, which may have several.

    - `ax`: one of the axes.
    - `name`: of the picture.
    - `facts`: what else to say.
    - `network`: whose file says more.
    """
    figure: Any = ax.get_figure()
    every = dict.fromkeys((*known_of(network), *filter(None, facts)))  # each once
    kept = [fact.replace(" ", "\xa0") if len(fact) < SHORT else fact for fact in every]
    wrapped = textwrap.wrap(" · ".join(kept), LINE)
    lines = [line.replace("\xa0", " ").removesuffix(" ·") for line in wrapped]
    for artist in [each for each in figure.artists if each.get_gid() == "facts"]:
        artist.remove()  # those of a film's picture before
    head = figure.suptitle(
        plain(name) + "\n " * len(lines), x=0.02, ha="left", fontsize="medium", fontweight="bold"
    )  # with empty lines, which the facts fill
    if not lines:
        return ax
    text = need("matplotlib.text", "drawing").Annotation(
        plain("\n".join(lines)), (0, 0), xycoords=head, va="bottom", ha="left", gid="facts",
        color=palette(ax).quiet, fontsize="medium",
    )  # fmt: skip
    figure.add_artist(text)
    return ax


def known_of(network: Network | None = None) -> tuple[str, ...]:
    """What `about` says; else what the network knows of itself."""
    return _facts.get() or (facts_of(network) if network is not None else ())


def facts_of(network: Network) -> tuple[str, ...]:
    """What a network was trained on, its layers, and its score, as far as it knows."""
    source, score = network.trained.get("data"), ""
    for part in ("test", "training"):
        figures = network.trained.get(part)
        if isinstance(figures, dict) and not score:
            score = scored(part, figures)
    return tuple(filter(None, (name_of(source) if source else "", in_short(network), score)))


@named
def scored(part: str, figures: dict[str, float]) -> str:
    """The score for people, of what `evaluate` reports.

    - `part`: whose score, such as "test".
    - `figures`: what `evaluate` returned.

    >>> scored("test", {"loss": 0.1, "accuracy": 0.97})
    'test accuracy 0.9700'
    >>> scored("test", {"loss": 0.1, "mean_absolute": 49040.4})
    'test mean absolute error 49,040'
    """
    name = next((name for name in figures if name != "loss"), None)
    if name is None:
        return ""
    return f"{part} {metric_name(name)} {numeral(figures[name])}"


@named
def in_short(network: Network) -> str:
    """The widths of a dense network, else its layers with weights; of a mean of networks those of
    one, and how many they are.

    - `network`: any.

    >>> import glassnet as gn
    >>> in_short(gn.Sequential([gn.Dense(8, "tanh"), gn.Dense(2)], input_shape=2, seed=0))
    '2-8-2'
    >>> eight = [gn.Sequential([gn.Dense(4), gn.Dense(2)], input_shape=2) for _ in range(8)]
    >>> in_short(gn.Stack(eight).merged())
    '8 × 2-4-2'
    """
    _ = network.parameters
    alike = _networks_in(network)
    said = _in_short(network, "0.0." if alike > 1 else "")
    return f"{alike} × {said}" if alike > 1 else said


def _networks_in(network: Network) -> int:
    """How many networks of one architecture it is the mean of."""
    first, *others = [part for _, part in network.root.parts()]
    branches = [str(part.config()) for _, part in first.parts() if part.parts()]
    if len(getattr(first, "in_branches", list)()) != len(branches) or len({*branches}) != 1:
        return 1
    weighted = any(each.parts() or each.weight_matrix() is not None for each in others)
    return 1 if weighted else len(branches)


def _in_short(network: Network, within: str) -> str:
    parts: list[str] = []
    widths: list[int] = []
    for name, layer in network.walk():
        if not name.startswith(within):
            continue
        kernels, W = layer.kernels(), layer.weight_matrix()
        if kernels is not None:
            parts.append(f"{type(layer).__name__} {kernels.shape[-1]}")
        elif W is not None:
            widths += [W.shape[-1]] if widths else [*W.shape[-2:]]
            parts.append(f"{type(layer).__name__} {W.shape[-1]}")
    if len(widths) == len(parts) + 1:
        return "-".join(map(str, widths))
    words = ", ".join(parts)
    return words if len(words) <= SHORT else f"{network.parameters.vector.size:,} parameters"
