"""Pooling: one number for a window, or for a whole picture."""

from collections.abc import Sequence
from math import prod
from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.errors import InputError
from glassnet.base.threads import side_by_side
from glassnet.nn.layers.base import Layer, Settings
from glassnet.nn.layers.sliding import Padding, Sizes, Sliding
from glassnet.nn.windows import Windows, offsets, pieces
from glassnet.nn.worked import Place, Worked, at


class Pooling(Sliding):
    """Base of pooling: windows that lie side by side, unless a stride says otherwise."""

    def __init__(
        self, size: Sizes = 2, stride: Sizes | None = None, padding: Padding = "valid"
    ) -> None:
        self.size = self.sizes_setting("size", size)
        self.stride = None if stride is None else self.sizes_setting("stride", stride)
        self.padding = self.padding_setting(padding)

    def windows(self, sizes: Shape) -> list[Windows]:
        stride = self.size if self.stride is None else self.stride
        windows = self.slide(sizes, self.size, stride, self.padding)
        if any(max(w.before, w.after) >= w.kernel for w in windows):
            raise InputError(
                f"{self.kind}: padding {self.padding} makes windows of padding alone: expected "
                f"less than its size, {self.size}"
            )
        return windows

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, tuple[Array, Array]]:
        windows = self.windows(x.shape[-self.axes - 1 : -1])
        outputs = [along.outputs for along in windows]
        y = np.empty((*x.shape[: -self.axes - 1], *outputs, x.shape[-1]), x.dtype)
        side_by_side(lambda some: self.pool(x[some], y[some], windows), self._pieces(x))
        return y, (x, y)

    def backward(self, dy: Array, saved: tuple[Array, Array]) -> Array:
        x, y = saved
        windows = self.windows(x.shape[-self.axes - 1 : -1])
        dx = np.empty_like(x)

        def share(some: Any) -> None:
            self.share(dy[some].copy(), x[some], y[some], dx[some], windows)

        side_by_side(share, self._pieces(x))
        return dx

    def pool(self, x: Array, y: Array, windows: Sequence[Windows]) -> None:
        """Write a number for each window of x into y."""
        raise NotImplementedError(f"{self.kind} has no pool(x, y, windows)")

    def share(self, dy: Array, x: Array, y: Array, dx: Array, windows: Sequence[Windows]) -> None:
        """Write into dx what each number of a window gets of dy, which may be used up."""
        raise NotImplementedError(f"{self.kind} has no share(dy, x, y, dx, windows)")

    def worked_forward(self, place: Place, x: Array, y: Array, saved: Any) -> Worked:
        window, said = self._window(place, x)
        line, numbers = self.worked(window)
        lines = f"the window: {said}", f"{at('y', place)} = {line} = {{y}}"
        return Worked(lines, {**numbers, "y": float(y[place])}, {"window": window})

    def worked_backward(self, place: Place, x: Array, dy: Array, saved: Any) -> Worked:
        window, said = self._window(place, x)
        line, shares = self.worked_shares(window, float(dy[place]))
        lines = (f"{at('dy', place)} = {{dy}} {line}: {said}",)
        return Worked(lines, {"dy": float(dy[place])}, {"dx from this dy": shares})

    def worked(self, window: Array) -> tuple[str, dict[str, float]]:
        """How a window becomes one number: the line, and the numbers in it."""
        raise NotImplementedError(f"{self.kind} has no worked(window)")

    def worked_shares(self, window: Array, dy: float) -> tuple[str, Array]:
        """Where dy goes: in words, and what each number of the window gets."""
        raise NotImplementedError(f"{self.kind} has no worked_shares(window, dy)")

    def _window(self, place: Place, x: Array) -> tuple[Array, str]:
        """What one window covers, without padding, and where it lies."""
        sizes = x.shape[-self.axes - 1 : -1]
        inside = [
            range(max(each.start, 0), min(each.stop, size))
            for each, size in zip(self.covered(place, x), sizes, strict=True)
        ]
        window = x[place[0], ..., place[-1]][np.ix_(*inside)]
        return window, f"{self.said(inside)} of x[{place[0]}], channel {place[-1]}"

    def _pieces(self, x: Array) -> list[Any]:
        """Indices of a few samples at a time, which fit into the cache beside their windows."""
        batch = -self.axes - 2
        networks, numbers = prod(x.shape[:batch]), prod(x.shape[batch + 1 :])
        behind = [slice(None)] * (self.axes + 1)
        slices = pieces(x.shape[batch], 2 * networks * numbers * x.itemsize)
        return [(..., some, *behind) for some in slices]


class MaxPooling(Pooling):
    """Base of the maxima of windows."""

    def pool(self, x: Array, y: Array, windows: Sequence[Windows]) -> None:
        y[...] = -np.inf
        for which, where in offsets(windows):
            np.maximum(y[which], x[where], out=y[which])

    def share(self, dy: Array, x: Array, y: Array, dx: Array, windows: Sequence[Windows]) -> None:
        places, last = list(offsets(windows)), None
        if all(w.tiles for w in windows):  # a copy is read and written in order: from memory a
            dx[...] = x  # third faster than window by window
            x, last = dx, places.pop()
        else:
            dx[...] = 0
        apart = all(w.stride >= w.kernel for w in windows)
        for which, where in places:  # the first maximum takes all, the next what is left
            share = (x[where] == y[which]).astype(dy.dtype)
            share *= dy[which]
            dy[which] -= share
            dx[where] = share if apart else dx[where] + share
        if last is not None:  # it is the maximum of every window in which no number before it was
            dx[last[1]] = dy

    def worked(self, window: Array) -> tuple[str, dict[str, float]]:
        return "max of the window", {}

    def worked_shares(self, window: Array, dy: float) -> tuple[str, Array]:
        shares = np.zeros(window.shape)
        shares[np.unravel_index(window.argmax(), window.shape)] = dy
        return "goes to the largest number of the window alone, the first of equal ones", shares


class AveragePooling(Pooling):
    """Base of the means of windows."""

    def pool(self, x: Array, y: Array, windows: Sequence[Windows]) -> None:
        y[...] = 0
        for which, where in offsets(windows):
            y[which] += x[where]
        y /= _numbers_inside(windows, y.dtype)

    def share(self, dy: Array, x: Array, y: Array, dx: Array, windows: Sequence[Windows]) -> None:
        dx[...] = 0
        dy /= _numbers_inside(windows, dy.dtype)
        for which, where in offsets(windows):
            dx[where] += dy[which]

    def worked(self, window: Array) -> tuple[str, dict[str, float]]:
        return "Σ window / n = {sum} / {n}", {"sum": float(window.sum()), "n": window.size}

    def worked_shares(self, window: Array, dy: float) -> tuple[str, Array]:
        return f"parts into {window.size} equal shares", np.full(window.shape, dy / window.size)


def _numbers_inside(windows: Sequence[Windows], dtype: Any) -> Array:
    """How many numbers each window has that are no padding, with one axis for the channels."""
    inside = np.zeros([*(along.outputs for along in windows), 1], dtype)
    for which, _ in offsets(windows):
        inside[which] += 1
    return inside


class MaxPool2D(MaxPooling, name="maxpool2d"):
    """The largest number of each window of a picture, for every channel.

        forward    y[i, j, c] = max x[s·i + u − p, s·j + v − p, c] over u, v
        backward   dx = dy at the first largest number of each window, row by row, else 0

    Shapes: x (…, batch, height, width, channels), y the same with fewer rows and columns (Ranzato
    et al., 2007).

    - `size=2`: of the window, in pixels: one number, or one for height and one for width.
    - `stride`: of its steps; the size, if left out.
    - `padding="valid"`: none; or as in `Conv2D`. A padded place is never the largest.

    Raises `InputError` if no window fits.

    >>> y, _ = MaxPool2D(2).forward(np.arange(16.0).reshape(1, 4, 4, 1))
    >>> y[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]])
    """

    axes = 2
    takes_maxima = True
    example_input = (5, 6, 2)
    examples: ClassVar[Sequence[Settings]] = (
        {},
        {"size": 3, "stride": 2, "padding": "same"},
        {"size": (2, 3), "stride": (1, 2), "padding": 1},
    )


class MaxPool1D(MaxPooling, name="maxpool1d"):
    """The largest number of each window of a sequence: `MaxPool2D` along one axis.

    Shapes: x (…, batch, length, channels), y the same with a smaller length.

    - `size=2`, `stride`, `padding="valid"`: as in `MaxPool2D`, in places of the sequence.

    >>> MaxPool1D(2).forward(np.array([[[1.0], [3.0], [2.0], [0.0]]]))[0].ravel()
    array([3., 2.])
    """

    axes = 1
    takes_maxima = True
    example_input = (7, 2)
    examples: ClassVar[Sequence[Settings]] = ({}, {"size": 3, "stride": 2, "padding": 1})


class AveragePool2D(AveragePooling, name="averagepool2d"):
    """The mean of each window of a picture, for every channel (LeCun et al., 1989).

        forward    y[i, j, c] = mean x[s·i + u − p, s·j + v − p, c] over u, v
        backward   dx = Σ dy / n over the windows that cover it, n the numbers of each

    Shapes: x (…, batch, height, width, channels), y the same with fewer rows and columns.

    - `size=2`, `stride`, `padding="valid"`: as in `MaxPool2D`. Padded places do not count, as in
      Keras.

    Raises `InputError` if no window fits.

    >>> y, _ = AveragePool2D(2).forward(np.arange(16.0).reshape(1, 4, 4, 1))
    >>> y[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])
    """

    axes = 2
    example_input = (5, 6, 2)
    examples: ClassVar[Sequence[Settings]] = (
        {},
        {"size": 3, "stride": 2, "padding": "same"},
        {"size": (2, 3), "stride": (1, 2), "padding": 1},
    )


class AveragePool1D(AveragePooling, name="averagepool1d"):
    """The mean of each window of a sequence: `AveragePool2D` along one axis.

    Shapes: x (…, batch, length, channels), y the same with a smaller length.

    - `size=2`, `stride`, `padding="valid"`: as in `AveragePool2D`, in places of the sequence.

    >>> AveragePool1D(2).forward(np.array([[[1.0], [3.0], [2.0], [0.0]]]))[0].ravel()
    array([2., 1.])
    """

    axes = 1
    example_input = (7, 2)
    examples: ClassVar[Sequence[Settings]] = ({}, {"size": 3, "stride": 2, "padding": 1})


class GlobalPooling(Layer):
    """Base of layers that make one number of a whole channel."""

    example_input: ClassVar[Shape] = (3, 4, 2)

    def output_shape(self, input_shape: Shape) -> Shape:
        if len(input_shape) < 2:
            raise InputError(
                f"{type(self).__name__} takes pictures (height, width, channels) or sequences "
                f"(length, channels), got samples of shape {input_shape}"
            )
        return input_shape[-1:]

    def build(self, input_shape: Shape) -> dict[str, Any]:
        self.sizes = input_shape[:-1]
        return {}

    def flat(self, x: Array) -> Array:
        """(…, batch, *sizes, channels) → (…, batch, places, channels)"""
        return x.reshape(*x.shape[: -1 - len(self.sizes)], prod(self.sizes), x.shape[-1])

    def unflat(self, dx: Array) -> Array:
        """The same backwards."""
        return dx.reshape(*dx.shape[:-2], *self.sizes, dx.shape[-1])


class GlobalAveragePool(GlobalPooling, name="global_average_pool"):
    """y = the mean of each channel over all its places;  dx = dy / places  (Lin et al., 2014).

    Shapes: x (…, batch, height, width, channels) or (…, batch, length, channels), y (…, batch,
    channels).

    >>> from glassnet import Sequential
    >>> net = Sequential([GlobalAveragePool()], input_shape=(2, 2, 2))
    >>> net(np.arange(8.0).reshape(1, 2, 2, 2)).tolist()
    [[3.0, 4.0]]
    """

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, None]:
        return self.flat(x).mean(axis=-2), None

    def backward(self, dy: Array, saved: None) -> Array:
        places = prod(self.sizes)
        share = np.broadcast_to(dy[..., None, :] / places, (*dy.shape[:-1], places, dy.shape[-1]))
        return self.unflat(share)

    def worked_forward(self, place: Place, x: Array, y: Array, saved: None) -> Worked:
        channel = self.flat(x)[place[0], :, place[-1]]
        numbers = {"sum": float(channel.sum(dtype=float)), "n": len(channel), "y": float(y[place])}
        return Worked((f"{at('y', place)} = Σ x / n = {{sum}} / {{n}} = {{y}}",), numbers)

    def worked_backward(self, place: Place, x: Array, dy: Array, saved: None) -> Worked:
        n, d = prod(self.sizes), float(dy[place])
        line = f"each of the {n} places of the channel gets dy / n = {{dy}} / {{n}} = {{dx}}"
        return Worked((line,), {"dy": d, "n": n, "dx": d / n})


class GlobalMaxPool(GlobalPooling, name="global_max_pool"):
    """y = the largest number of each channel;  dx = dy at its first place, else 0.

    Shapes: x (…, batch, height, width, channels) or (…, batch, length, channels), y (…, batch,
    channels).

    >>> from glassnet import Sequential
    >>> net = Sequential([GlobalMaxPool()], input_shape=(2, 2, 2))
    >>> net(np.arange(8.0).reshape(1, 2, 2, 2)).tolist()
    [[6.0, 7.0]]
    """

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Array]:
        first = self.flat(x).argmax(axis=-2, keepdims=True)
        return np.take_along_axis(self.flat(x), first, axis=-2)[..., 0, :], first

    def backward(self, dy: Array, saved: Array) -> Array:
        dx = np.zeros((*dy.shape[:-1], prod(self.sizes), dy.shape[-1]), dy.dtype)
        np.put_along_axis(dx, saved, dy[..., None, :], axis=-2)
        return self.unflat(dx)

    def worked_forward(self, place: Place, x: Array, y: Array, saved: Array) -> Worked:
        largest = f"the largest number of channel {place[-1]}, {self._first(place, saved)}"
        return Worked((f"{at('y', place)} = {largest} = {{y}}",), {"y": float(y[place])})

    def worked_backward(self, place: Place, x: Array, dy: Array, saved: Array) -> Worked:
        line = f"{at('dy', place)} = {{dy}} goes to {self._first(place, saved)} alone"
        return Worked((line,), {"dy": float(dy[place])})

    def _first(self, place: Place, saved: Array) -> str:
        """The place in x of the largest number of a channel."""
        sample, channel = place
        where = np.unravel_index(saved[sample, 0, channel], self.sizes)
        return at("x", (sample, *map(int, where), channel))
