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
    together = dw == 1 and groups == 1  # a row of the window lies side by side
    row, group_size, to = wide * own, patches.shape[1] * patches.shape[2], 0
    for n in range(x.shape[0]):
        for i in range(rows):
            for j in range(columns):
                c = j * sw - left
                first, end = span(c, wide, width)
                for u in range(tall):
                    r = i * sh + u * dh - top
                    begin = ((n * height + r) * width + c) * channels
                    if r < 0 or r >= height:
                        for group in range(groups):
                            fill(out, group * group_size + to, row)
                    elif together:
                        fill(out, to, first * own)
                        at = to + first * own
                        copy(source, begin + first * own, out, at, (end - first) * own)
                        fill(out, to + end * own, (wide - end) * own)
                    else:
                        for v in range(wide):
                            at, there = to + v * own, 0 <= c + v * dw < width
                            for group in range(groups):
                                if there:
                                    number = begin + v * dw * channels + group * own
                                    copy(source, number, out, group * group_size + at, own)
                                else:
                                    fill(out, group * group_size + at, own)
                    to += row


@kernel
def gather_columns(x: Any, geometry: Any, patches: Any) -> None:
    """The same as columns of patches (kernel · channels, windows): of few channels, what lies side
    by side in a column is longer."""
    height, width, channels, rows, columns, tall, wide, sh, sw, dh, dw, top, left = geometry
    source, out, to = x.reshape(-1), patches.reshape(-1), 0
    for u in range(tall):
        for v in range(wide):
            c = v * dw - left
            first = min(columns, max(0, (sw - 1 - c) // sw))
            end = max(first, min(columns, (width - 1 - c) // sw + 1))
            for channel in range(channels):
                if first > 0 or end < columns or top > 0 or (rows - 1) * sh + u * dh >= height:
                    fill(out, to, patches.shape[1])
                for n in range(x.shape[0]):
                    for i in range(rows):
                        r = i * sh + u * dh - top
                        if 0 <= r < height:
                            at = ((n * height + r) * width + first * sw + c) * channels + channel
                            copy_every(source, at, sw * channels, out, to + first, end - first)
                        to += columns


@kernel
def scatter(patches: Any, geometry: Any, groups: Any, x: Any) -> None:
    """Into x, at every place, the sum of the numbers that windows have there."""
    height, width, channels, rows, columns, tall, wide, sh, sw, dh, dw, top, left = geometry
    source, out, own = patches.reshape(-1), x.reshape(-1), channels // groups
    together = dw == 1 and groups == 1
    row, group_size, at = wide * own, patches.shape[1] * patches.shape[2], 0
    fill(out, 0, len(out))
    for n in range(x.shape[0]):
        for i in range(rows):
            for j in range(columns):
                c = j * sw - left
                first, end = span(c, wide, width)
                for u in range(tall):
                    r = i * sh + u * dh - top
                    begin = ((n * height + r) * width + c) * channels
                    if together and 0 <= r < height:
                        to = begin + first * own
                        add(source, at + first * own, out, to, (end - first) * own)
                    elif 0 <= r < height:
                        for v in range(wide):
                            for group in range(groups if 0 <= c + v * dw < width else 0):
                                number = group * group_size + at + v * own
                                to = begin + v * dw * channels + group * own
                                add(source, number, out, to, own)
                    at += row


@inner
def span(begin: Any, count: Any, size: Any) -> Any:
    """The first of so many places that lies within the size, and the end of those that do."""
    first = min(count, max(0, -begin))
    return first, max(first, min(count, size - begin))


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
