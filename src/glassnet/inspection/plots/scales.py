"""Axes whose numbers read as people write them: powers of ten, whole numbers, thousands."""

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.base.optional import need

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
# Decades: from so many on the powers of ten are enough, and below so many ticks stand evenly.
MANY, SOME = 2.0, 0.25
DENSE, SPARSE = (1, 1.5, 2, 3, 4, 6, 8), (1, 2, 5)  # multiples of them within fewer


@named
def logarithmic(ax: "Axes", which: Literal["x", "y"], values: Any) -> None:
    """A logarithmic axis for these values, with numbers at enough of its ticks; if they are not all
    above 0, the axis stays as it is.

    - `ax`: the axes.
    - `which`: "x" or "y".
    - `values`: what is drawn along it.
    """
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if not values.size or values.min() <= 0:
        return
    decades = math.log10(values.max() / values.min())
    ticker = need("matplotlib.ticker", "drawing")
    axis = ax.xaxis if which == "x" else ax.yaxis
    (ax.set_xscale if which == "x" else ax.set_yscale)("log")
    multiples = (1,) if decades >= MANY else SPARSE if decades > MANY / 3 else DENSE
    near = decades < SOME  # the logarithm is nearly straight
    axis.set_major_locator(
        ticker.MaxNLocator(6) if near else ticker.LogLocator(10, multiples, numticks=8)
    )
    powers = values.min() < 1e-4 or values.max() >= 1e4
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: written(value, powers)))
    axis.set_minor_formatter(ticker.NullFormatter())


def written(value: float, powers: bool) -> str:
    """A number of a logarithmic axis, perhaps as a power of ten.

    >>> [written(v, True) for v in (1e-5, 2e-5, 0.01, 0.1, 1, 100, 1e6)]
    ['10⁻⁵', '2·10⁻⁵', '10⁻²', '0.1', '1', '10²', '10⁶']
    >>> [written(v, False) for v in (0.0001, 0.5, 20000)]
    ['0.0001', '0.5', '20000']
    """
    if not powers or (not 0 < value < 0.09 and value < 11):
        return f"{value:g}"
    power = math.floor(math.log10(value) + 1e-9)
    digits = f"{value / 10**power:.3g}"
    ten = f"10{str(power).translate(RAISED)}"
    return ten if digits == "1" else f"{digits}·{ten}"


def short(value: float) -> str:
    """A number with four digits, or all before the decimal point.

    >>> [short(v) for v in (0.079089, 1.0, 47112.4, 2e-7)]
    ['0.07909', '1', '47,112', '2e-07']
    """
    return f"{value:,.0f}" if abs(value) >= 1e4 else f"{value:z.4g}"


@named
def whole(ax: "Axes", which: Literal["x", "y"] = "x") -> None:
    """Ticks at whole numbers only.

    - `ax`: the axes.
    - `which="x"`: or "y".
    """
    axis = ax.xaxis if which == "x" else ax.yaxis
    axis.set_major_locator(
        need("matplotlib.ticker", "drawing").MaxNLocator("auto", integer=True, min_n_ticks=1)
    )


def in_full(ax: "Axes", values: Array, which: Literal["x", "y", "both"] = "both") -> None:
    """Numbers without an offset or factor beside the axis: 12 000 as 12k, 10 000 000 as 10M."""
    ticker = need("matplotlib.ticker", "drawing")
    large = float(np.abs(values).max(initial=0)) >= 1e4
    for axis in [a for name, a in (("x", ax.xaxis), ("y", ax.yaxis)) if which in (name, "both")]:
        if large:
            axis.set_major_formatter(ticker.EngFormatter(sep=""))
        else:
            small = ticker.ScalarFormatter(useOffset=False)
            small.set_scientific(False)
            axis.set_major_formatter(small)
