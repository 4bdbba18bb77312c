"""Windows of pictures: their numbers as rows for a product, and the sum of such rows back in place.

A geometry is a tuple of whole numbers, for a picture (height, width, channels):
(height, width, channels, rows, columns, kernel height and width, strides, dilations, padding above
and to the left), where rows and columns count the windows. A sequence is a picture of one row.
"""

from typing import Any

from glassnet.base.arrays import Shape
from glassnet.compiled.compiler import inner, kernel
from glassnet.compiled.views import piece_of
from glassnet.nn.windows import Windows

Geometry = tuple[int, ...]


def geometry_of(windows: list[Windows], channels: int) -> Geometry:
    """That of windows along one axis or two."""
    down, right = [Windows(1, 1), *windows][-2:]
    return (
        down.size, right.size, channels, down.outputs, right.outputs, down.kernel, right.kernel,
        down.stride, right.stride, down.dilation, right.dilation, down.before, right.before,
    )  # fmt: skip


def pictures(shape: Shape, axes: int) -> tuple[int, int, int, int]:
    """The shape (samples, height, width, channels) of all leading axes as one."""
    samples = 1
    for count in shape[: -axes - 1]:
        samples *= count
    height, width, channels = (1, *shape[-axes - 1 :])[-3:]
    return samples, height, width, channels


@kernel
def gather(x: Any, geometry: Any, groups: Any, patches: Any) -> None:
    """The numbers in every window of x (samples, height, width, channels) as rows of patches
    (groups, windows, kernel · channels / groups), with zeros outside of the picture."""
    height, width, channels, rows, columns, tall, wide, sh, sw, dh, dw, top, left = geometry
    source, out, own = x.reshape(-1), patches.reshape(-1), channels // groups
    there, count = patches.shape[1], patches.shape[2]
    for window in range(there):
        n, i, j = window // (rows * columns), window // columns % rows, window % columns
        for u in range(tall):
            r, c = i * sh + u * dh - top, j * sw - left
            begin = ((n * height + r) * width + c) * channels
            if dw == 1 and groups == 1:  # a row of the window lies side by side
                first, end = max(0, -c), min(wide, width - c)
                if r < 0 or r >= height or end < first:
                    first = end = 0
                to = window * count + u * wide * own
                fill(out, to, first * own)
                copy(source, begin + first * own, out, to + first * own, (end - first) * own)
                fill(out, to + end * own, (wide - end) * own)
                continue
            for v in range(wide):
                inside = 0 <= r < height and 0 <= c + v * dw < width
                for group in range(groups):
                    to = (group * there + window) * count + (u * wide + v) * own
                    if inside:
                        copy(source, begin + v * dw * channels + group * own, out, to, own)
                    else:
                        fill(out, to, own)


@kernel
def gather_columns(x: Any, geometry: Any, patches: Any) -> None:
    """The same as columns of patches (kernel · channels, windows): of few channels, what lies side
    by side in a column is longer."""
    height, width, channels, rows, columns, tall, wide, sh, sw, dh, dw, top, left = geometry
    source, out, there = x.reshape(-1), patches.reshape(-1), patches.shape[1]
    for number in range(patches.shape[0]):
        u, v, channel = number // (wide * channels), number // channels % wide, number % channels
        from_left = v * dw - left
        first = min(columns, max(0, (sw - 1 - from_left) // sw))
        end = max(first, min(columns, (width - 1 - from_left) // sw + 1))
        for line in range(x.shape[0] * rows):
            n, r = line // rows, line % rows * sh + u * dh - top
            to = number * there + line * columns
            if r < 0 or r >= height:
                fill(out, to, columns)
                continue
            fill(out, to, first)
            begin = ((n * height + r) * width + first * sw + from_left) * channels + channel
            copy_every(source, begin, sw * channels, out, to + first, end - first)
            fill(out, to + end, columns - end)


@kernel
def scatter(patches: Any, geometry: Any, groups: Any, x: Any) -> None:
    """Into x, at every place, the sum of the numbers that windows have there."""
    height, width, channels, rows, columns, tall, wide, sh, sw, dh, dw, top, left = geometry
    source, out, own = patches.reshape(-1), x.reshape(-1), channels // groups
    there, count = patches.shape[1], patches.shape[2]
    fill(out, 0, len(out))
    for window in range(there):
        n, i, j = window // (rows * columns), window // columns % rows, window % columns
        for u in range(tall):
            r, c = i * sh + u * dh - top, j * sw - left
            if r < 0 or r >= height:
                continue
            begin = ((n * height + r) * width + c) * channels
            if dw == 1 and groups == 1:
                first, end = max(0, -c), min(wide, width - c)
                at = window * count + (u * wide + first) * own
                add(source, at, out, begin + first * own, max(0, end - first) * own)
                continue
            for v in range(wide):
                if 0 <= c + v * dw < width:
                    for group in range(groups):
                        at = (group * there + window) * count + (u * wide + v) * own
                        add(source, at, out, begin + v * dw * channels + group * own, own)


@inner
def fill(out: Any, begin: Any, count: Any) -> None:
    """So many zeros."""
    to = piece_of(out, begin, count)
    for k in range(count):
        to[k] = 0


@inner
def copy(source: Any, begin: Any, out: Any, at: Any, count: Any) -> None:
    """So many numbers that lie side by side."""
    numbers, to = piece_of(source, begin, count), piece_of(out, at, count)
    for k in range(count):
        to[k] = numbers[k]


@inner
def copy_every(source: Any, begin: Any, step: Any, out: Any, at: Any, count: Any) -> None:
    """So many numbers, each some places after the one before."""
    if step == 1:
        copy(source, begin, out, at, count)
        return
    numbers, to = piece_of(source, begin, step * count), piece_of(out, at, count)
    for k in range(count):
        to[k] = numbers[k * step]


@inner
def add(source: Any, begin: Any, out: Any, at: Any, count: Any) -> None:
    """So many numbers added to what is there."""
    numbers, to = piece_of(source, begin, count), piece_of(out, at, count)
    for k in range(count):
        to[k] += numbers[k]
