"""Windows of other libraries as convolutions and pooling, whose channels come last here."""

from collections.abc import Iterable, Sequence
from typing import Any

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.interop.assemble import ZEROS
from glassnet.interop.layout import Layout
from glassnet.interop.spelling import shortest
from glassnet.nn.layers import Conv1D, Conv2D, ZeroPad2D
from glassnet.nn.windows import Windows, same


def convolution(
    layout: Layout, windows: Sequence[Windows], W: Array, b: Array | None, groups: int
) -> None:
    """A convolution with these weights, (*kernel, channels / groups, filters).

    Zeros that no setting says become a layer of their own.
    """
    padding = _padding(windows)
    if padding is None:
        _pad(layout, windows)
    layer = (Conv1D, Conv2D)[len(windows) - 1](
        W.shape[-1], **_sizes(windows, "kernel"), padding=padding or "valid",
        dilation=shortest(w.dilation for w in windows), groups=groups, bias=b is not None,
        init=ZEROS,
    )  # fmt: skip
    layout.put(layer, {"W": W} if b is None else {"W": W, "b": b})


def pooling(
    layout: Layout, windows: Sequence[Windows], kinds: Sequence[Any], counted: bool = False
) -> None:
    """Pooling of this kind, for sequences or pictures; `counted` zeros are a layer of their own."""
    padding = _padding(windows)
    if counted and padding != "valid":
        _pad(layout, windows)
        padding = "valid"
    if padding is None:
        raise InputError(
            "pads both sides differently: expected the same, or the odd one at the end"
        )
    layout.put(kinds[len(windows) - 1](**_sizes(windows, "size"), padding=padding))


def leaves_numbers(windows: Iterable[Windows]) -> bool:
    """Whether windows end before the numbers do, so that a ceiling would add one."""
    return any((w.before + w.size + w.after - w.reach) % w.stride for w in windows)


def _padding(windows: Sequence[Windows]) -> Any:
    """The setting `padding` of these windows; None if no setting says it."""
    pads = [(w.before, w.after) for w in windows]
    if not any(map(any, pads)):
        return "valid"
    if pads == [same(w.size, w.kernel, w.stride, w.dilation) for w in windows]:
        return "same"
    both = all(before == after for before, after in pads)
    return shortest(before for before, _ in pads) if both else None


def _pad(layout: Layout, windows: Sequence[Windows]) -> None:
    """Put the zeros of windows into a layer of their own."""
    if len(windows) != 2:
        raise InputError("pads both sides of a sequence differently: expected the same")
    layout.put(ZeroPad2D(tuple((w.before, w.after) for w in windows)))


def _sizes(windows: Sequence[Windows], size: str) -> dict[str, Any]:
    return {
        size: shortest(w.kernel for w in windows),
        "stride": shortest(w.stride for w in windows),
    }
