"""Convolutions in which every channel has its own filter: channels lie side by side in the lanes of
a vector.

A panel holds as many channels as a vector has lanes. Pictures are followed by spare memory for the
unused lanes of the last panel.
"""

from typing import Any

import numpy as np

from glassnet.compiled.compiler import inner, kernel
from glassnet.compiled.fused.direct import (
    SUMMED,
    every,
    filters_of,
    frame_of,
    frame_sizes,
    framed,
    from_panels,
    offsets,
    panels_of,
)
from glassnet.compiled.fused.geometry import copy, fill
from glassnet.compiled.fused.tiles import product_of_vectors
from glassnet.compiled.views import address_of


@kernel
def convolve_each(x: Any, W: Any, geometry: Any, lanes: Any, most: Any, z: Any) -> None:
    """z = x ∗ W for x (samples, height, width, channels) and W (taps, 1, channels)."""
    channels, width, size, one = x.shape[3], len(lanes), z.itemsize, z.dtype.type(1)
    frame, panels = frame_of(x, geometry, spare(channels, width)), panels_of(W, 1, width)
    windows, taps = offsets(geometry, channels, size)
    count, zs = len(windows), np.empty(len(windows) * channels + width, z.dtype)
    here = every(channels * size, count)
    for n in range(len(x)):
        picture = framed(x, n, geometry, frame)
        for number in range(len(panels) - 1, -1, -1):
            _, first, _ = filters_of(number, len(panels), 1, channels, width)
            product_of_vectors(
                count, most, picture + first * size, address_of(windows, 0), address_of(taps, 0),
                len(taps), address_of(panels, number * panels[0].size), width * size,
                address_of(zs, first), address_of(here, 0), False, lanes, one,
            )  # fmt: skip
        copy(zs, 0, z.reshape(-1), n * count * channels, count * channels)


@kernel
def correlate_each(x: Any, dz: Any, geometry: Any, lanes: Any, most: Any, dW: Any) -> None:
    """dW = Σ x dz over all windows, with the shape of W in `convolve_each`."""
    channels, width, size, one = x.shape[3], len(lanes), dz.itemsize, dz.dtype.type(1)
    frame, panels = frame_of(x, geometry, spare(channels, width)), panels_of(dW, 1, width)
    windows, taps = offsets(geometry, channels, size)
    there, slopes = every(width * size, len(taps)), room_for_slopes(dz, width)
    fill(panels.reshape(-1), 0, panels.size)
    for n in range(len(x)):
        picture, slope = framed(x, n, geometry, frame), slopes_of(dz, n, slopes)
        for number in range(len(panels)):
            _, first, _ = filters_of(number, len(panels), 1, channels, width)
            for begin in range(0, len(windows), SUMMED):
                product_of_vectors(
                    len(taps), most, picture + first * size, address_of(taps, 0),
                    address_of(windows, begin), min(SUMMED, len(windows) - begin),
                    slope + (begin * channels + first) * size, channels * size,
                    address_of(panels, number * panels[0].size), address_of(there, 0), True, lanes,
                    one,
                )  # fmt: skip
    from_panels(panels, 1, width, dW)


@kernel
def send_back_each(dz: Any, W: Any, geometry: Any, lanes: Any, most: Any, dx: Any) -> None:
    """dx: at every place, the sum of dz times its weight over all windows that cover the place."""
    height, across, channels, _, _, _, _, _, _, _, _, top, left = geometry
    width, size, one = len(lanes), dz.itemsize, dz.dtype.type(1)
    tall, wide = frame_sizes(geometry)
    frame, panels = np.empty(tall * wide * channels + width, dx.dtype), panels_of(W, 1, width)
    windows, taps = offsets(geometry, channels, size)
    count, slopes, nothing = len(windows), room_for_slopes(dz, width), every(0, 1)
    here = every(channels * size, count)
    for n in range(len(dx)):
        slope = slopes_of(dz, n, slopes)
        fill(frame, 0, len(frame))
        for number in range(len(panels)):
            _, first, _ = filters_of(number, len(panels), 1, channels, width)
            for tap in range(len(taps)):
                product_of_vectors(
                    count, most, slope + first * size, address_of(here, 0), address_of(nothing, 0),
                    1, address_of(panels, (number * len(taps) + tap) * width), 0,
                    address_of(frame, first) + taps[tap], address_of(windows, 0), True, lanes, one,
                )  # fmt: skip
        for r in range(height):
            at, to = (top + r) * wide + left, (n * height + r) * across
            copy(frame, at * channels, dx.reshape(-1), to * channels, across * channels)


@inner
def spare(channels: Any, width: Any) -> Any:
    """The number of unused lanes in the last panel."""
    return -channels % width


@inner
def room_for_slopes(dz: Any, width: Any) -> Any:
    """Memory for one sample of dz followed by unused lanes; empty if there are none."""
    channels = dz.shape[3]
    size = dz.shape[1] * dz.shape[2] * channels + width
    return np.zeros(size if spare(channels, width) else 0, dz.dtype)


@inner
def slopes_of(dz: Any, n: Any, room: Any) -> Any:
    """The address of sample n of dz, copied into the spare memory if there is any."""
    each = dz.shape[1] * dz.shape[2] * dz.shape[3]
    if len(room) == 0:
        return address_of(dz, n * each)
    copy(dz.reshape(-1), n * each, room, 0, each)
    return address_of(room, 0)
