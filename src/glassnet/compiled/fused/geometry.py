"""The geometry of windows, as integers for kernels, and operations on contiguous numbers.

A geometry is a tuple of integers for pictures (height, width, channels): (height, width, channels,
rows, columns, kernel height and width, strides, dilations, padding above and to the left), where
rows and columns are the numbers of windows. A sequence is a picture with one row.
"""

from typing import Any

from glassnet.base.arrays import Shape
from glassnet.compiled.compiler import inner
from glassnet.compiled.views import piece_of
from glassnet.nn.windows import Windows

Geometry = tuple[int, ...]


def geometry_of(windows: list[Windows], channels: int) -> Geometry:
    """The geometry of windows along one axis or two."""
    down, right = [Windows(1, 1), *windows][-2:]
    return (
        down.size, right.size, channels, down.outputs, right.outputs, down.kernel, right.kernel,
        down.stride, right.stride, down.dilation, right.dilation, down.before, right.before,
    )  # fmt: skip


def pictures(shape: Shape, axes: int) -> tuple[int, int, int, int]:
    """The shape (samples, height, width, channels), with all leading axes merged into one."""
    samples = 1
    for count in shape[: -axes - 1]:
        samples *= count
    height, width, channels = (1, *shape[-axes - 1 :])[-3:]
    return samples, height, width, channels


@inner
def inside(at: Any, stride: Any, before: Any, kernel: Any, size: Any) -> Any:
    """The start of a window, and which of its places are not padding."""
    begin = at * stride - before
    return begin, max(0, -begin), min(kernel, size - begin)


@inner
def fill(out: Any, begin: Any, count: Any) -> None:
    """Write zeros."""
    to = piece_of(out, begin, count)
    for k in range(count):
        to[k] = 0


@inner
def copy(source: Any, begin: Any, out: Any, at: Any, count: Any) -> None:
    """Copy contiguous numbers."""
    numbers, to = piece_of(source, begin, count), piece_of(out, at, count)
    for k in range(count):
        to[k] = numbers[k]


@inner
def add(source: Any, begin: Any, out: Any, at: Any, count: Any) -> None:
    """Add contiguous numbers to those in `out`."""
    numbers, to = piece_of(source, begin, count), piece_of(out, at, count)
    for k in range(count):
        to[k] += numbers[k]
