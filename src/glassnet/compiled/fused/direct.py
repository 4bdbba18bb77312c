"""Convolutions without patches: each window is read in place.

Filters are arranged in panels as wide as a vector; the last panel is filled up with zeros. A
picture with padding is copied into a frame of zeros.
"""

from typing import Any

import numpy as np

from glassnet.compiled.compiler import inner, kernel
from glassnet.compiled.fused.geometry import copy, fill
from glassnet.compiled.fused.tiles import product
from glassnet.compiled.views import address_of

SUMMED = 1024  # windows that are summed separately, since a long sum of float32 loses digits


@kernel
def convolve(x: Any, W: Any, geometry: Any, groups: Any, lanes: Any, most: Any, z: Any) -> None:
    """z = x ∗ W for x (samples, height, width, channels) and W (taps, channels / groups,
    filters)."""
    filters, width, size, one = z.shape[3], len(lanes), z.itemsize, z.dtype.type(1)
    frame, panels = frame_of(x, geometry, 0), panels_of(W, groups, width)
    windows, taps = offsets(geometry, groups, size)
    count, zs, rest = len(windows), z.reshape(-1), np.empty(len(windows) * width, z.dtype)
    there, apart = every(filters * size, count), every(width * size, count)
    for n in range(len(x)):
        picture, begin = framed(x, n, geometry, frame), n * count * filters
        for number in range(len(panels) - 1, -1, -1):
            group, first, own = filters_of(number, len(panels), groups, filters, width)
            a, b = picture + group * W.shape[1] * size, address_of(panels, number * panels[0].size)
            # The unused lanes of a panel overwrite the numbers after it. Where these would not be
            # written again, windows are stored separately.
            left = min(count, (width - own + filters - 1) // filters)
            if groups > 1 and own < width:
                left = count
            here = count - left, 0, address_of(zs, begin + first), address_of(there, 0)
            aside = left, count - left, address_of(rest, 0), address_of(apart, 0)
            for some, at, c, c_rows in (here, aside):
                product(
                    some, most, a, address_of(windows, at), address_of(taps, 0), len(taps), b,
                    width * size, c, c_rows, False, lanes, one,
                )  # fmt: skip
            for i in range(left):
                at = begin + (count - left + i) * filters + first
                copy(rest, i * width, zs, at, own)


@kernel
def correlate(x: Any, dz: Any, geometry: Any, groups: Any, lanes: Any, most: Any, dW: Any) -> None:
    """dW = Σ x dz over all windows, with the shape of W in `convolve`."""
    filters, width, size, one = dz.shape[3], len(lanes), dz.itemsize, dz.dtype.type(1)
    frame, panels = frame_of(x, geometry, 0), panels_of(dW, groups, width)
    windows, taps = offsets(geometry, groups, size)
    there, each = every(width * size, len(taps)), len(windows) * filters
    last = np.empty(each + width, dz.dtype)  # followed by unused lanes
    copy(dz.reshape(-1), (len(x) - 1) * each, last, 0, each)
    fill(panels.reshape(-1), 0, panels.size)
    for n in range(len(x)):
        picture = framed(x, n, geometry, frame)
        slopes = address_of(dz, n * each) if n < len(x) - 1 else address_of(last, 0)
        for number in range(len(panels)):
            group, first, _ = filters_of(number, len(panels), groups, filters, width)
            a, c = picture + group * dW.shape[1] * size, address_of(panels, number * panels[0].size)
            for begin in range(0, len(windows), SUMMED):
                product(
                    len(taps), most, a, address_of(taps, 0), address_of(windows, begin),
                    min(SUMMED, len(windows) - begin), slopes + (begin * filters + first) * size,
                    filters * size, c, address_of(there, 0), True, lanes, one,
                )  # fmt: skip
    from_panels(panels, groups, width, dW)


@kernel
def send_back(
    dz: Any, W: Any, side: Any, geometry: Any, groups: Any, lanes: Any, most: Any, dx: Any
) -> None:
    """dx: at every place, the sum of dz times its weight over all windows that cover the place. W
    (taps / side, side · channels / groups, filters) has `side` neighbouring taps merged into
    one."""
    height, across, channels, rows, columns, _, _, _, _, _, _, top, left = geometry
    filters, width, size, one = dz.shape[3], len(lanes), dz.itemsize, dz.dtype.type(1)
    tall, wide = frame_sizes(geometry)
    frame = np.empty(tall * wide * channels + width, dx.dtype)
    panels, own = panels_back(W, groups, width), filters // groups
    here, there = every(filters * size, rows * columns), offsets(geometry, channels, size)[0]
    taps, steps, some = offsets(geometry, channels, size)[1], every(size, own), rows * columns
    if side > 1:  # windows next to each other overlap, so only a column of them is done at once
        here, there, some = by_columns(here, geometry), by_columns(there, geometry), rows
    for n in range(len(dx)):
        fill(frame, 0, len(frame))
        for number in range(len(panels)):
            group, first, _ = filters_of(number, len(panels), groups, W.shape[1] * groups, width)
            a = address_of(dz, n * rows * columns * filters + group * own)
            for tap in range(len(W)):
                b = address_of(panels, (number * len(W) + tap) * own * width)
                c = address_of(frame, first) + taps[tap * side]
                for begin in range(0, rows * columns, some):
                    product(
                        some, most, a, address_of(here, begin), address_of(steps, 0), own, b,
                        width * size, c, address_of(there, begin), True, lanes, one,
                    )  # fmt: skip
        for r in range(height):
            from_frame, to = (top + r) * wide + left, (n * height + r) * across
            copy(frame, from_frame * channels, dx.reshape(-1), to * channels, across * channels)


# ---- where windows are


@inner
def every(step: Any, count: Any) -> Any:
    """Multiples of the step: 0, step, 2 · step, …."""
    found = np.empty(count, np.int64)
    for i in range(count):
        found[i] = i * step
    return found


@inner
def by_columns(windows: Any, geometry: Any) -> Any:
    """The entries of all windows, reordered column by column."""
    rows, columns = geometry[3], geometry[4]
    found = np.empty_like(windows)
    for j in range(columns):
        for i in range(rows):
            found[j * rows + i] = windows[i * columns + j]
    return found


@inner
def offsets(geometry: Any, groups: Any, size: Any) -> Any:
    """Byte offsets of each window from the start of its framed picture, and of each number of a
    group from the start of its window."""
    _, _, channels, rows, columns, tall, wide, sh, sw, dh, dw, _, _ = geometry
    own, across = channels // groups, frame_sizes(geometry)[1]
    windows, taps = np.empty(rows * columns, np.int64), np.empty(tall * wide * own, np.int64)
    for i in range(rows):
        for j in range(columns):
            windows[i * columns + j] = (i * sh * across + j * sw) * channels * size
    for tap in range(tall * wide):
        u, v = tap // wide, tap % wide
        for k in range(own):
            taps[tap * own + k] = ((u * dh * across + v * dw) * channels + k) * size
    return windows, taps


# ---- pictures in frames


@inner
def frame_sizes(geometry: Any) -> Any:
    """Height and width of a picture with its padding."""
    height, width, _, rows, columns, tall, wide, sh, sw, dh, dw, top, left = geometry
    lowest, rightmost = (rows - 1) * sh + (tall - 1) * dh, (columns - 1) * sw + (wide - 1) * dw
    return max(top + height, lowest + 1), max(left + width, rightmost + 1)


@inner
def frame_of(x: Any, geometry: Any, more: Any) -> Any:
    """Zeros for one picture with its padding and `more` numbers after it; empty if it needs
    neither."""
    tall, wide = frame_sizes(geometry)
    needed = tall > geometry[0] or wide > geometry[1] or more > 0
    return np.zeros(tall * wide * geometry[2] + more if needed else 0, x.dtype)


@inner
def framed(x: Any, n: Any, geometry: Any, frame: Any) -> Any:
    """The address of picture n, copied into the frame if there is one."""
    height, width, channels, _, _, _, _, _, _, _, _, top, left = geometry
    across, source = frame_sizes(geometry)[1], x.reshape(-1)
    if len(frame) == 0:
        return address_of(x, n * height * width * channels)
    for r in range(height):
        at, to = (n * height + r) * width, (top + r) * across + left
        copy(source, at * channels, frame, to * channels, width * channels)
    return address_of(frame, 0)


# ---- filters in panels


@inner
def count_of_panels(groups: Any, filters: Any, width: Any) -> Any:
    """The number of panels of this width."""
    return groups * ((filters // groups + width - 1) // width)


@inner
def filters_of(number: Any, count: Any, groups: Any, filters: Any, width: Any) -> Any:
    """The group of a panel, its first filter, and the number of its filters."""
    each, own = count // groups, filters // groups
    group, first = number // each, number % each * width
    return group, group * own + first, min(width, own - first)


@inner
def panels_of(W: Any, groups: Any, width: Any) -> Any:
    """W (taps, channels / groups, filters) as panels (panels, taps · channels / groups, width)."""
    taps, own, filters = W.shape
    panels = np.zeros((count_of_panels(groups, filters, width), taps * own, width), W.dtype)
    for number in range(len(panels)):
        _, first, count = filters_of(number, len(panels), groups, filters, width)
        for k in range(taps * own):
            for j in range(count):
                panels[number, k, j] = W[k // own, k % own, first + j]
    return panels


@inner
def from_panels(panels: Any, groups: Any, width: Any, W: Any) -> None:
    """Copy panels back into W."""
    taps, own, filters = W.shape
    for number in range(len(panels)):
        _, first, count = filters_of(number, len(panels), groups, filters, width)
        values = panels[number].reshape(-1)
        for k in range(taps * own):
            for j in range(count):
                W[k // own, k % own, first + j] = values[k * width + j]


@inner
def panels_back(W: Any, groups: Any, width: Any) -> Any:
    """Wᵀ as panels (panels, taps, filters / groups · width), whose columns are channels."""
    taps, own, filters = W.shape
    some, channels = filters // groups, own * groups
    shape = count_of_panels(groups, channels, width), taps, some * width
    panels = np.zeros(shape, W.dtype)
    for number in range(len(panels)):
        group, first, count = filters_of(number, len(panels), groups, channels, width)
        for tap in range(taps):
            for k in range(some):
                for j in range(count):
                    weight = W[tap, first - group * own + j, group * some + k]
                    panels[number, tap, k * width + j] = weight
    return panels
