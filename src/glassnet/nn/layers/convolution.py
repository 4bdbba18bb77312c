"""Convolutions: the same few weights for every window of a picture or a sequence."""

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.errors import InputError
from glassnet.base.threads import side_by_side
from glassnet.nn.functions import product, sum_over_batch
from glassnet.nn.layers.affine import Affine, Start
from glassnet.nn.layers.base import Layer, Settings
from glassnet.nn.layers.sliding import Padding, Sizes, Sliding
from glassnet.nn.parameters import Parameter
from glassnet.nn.windows import Windows, offsets, patches, pieces
from glassnet.nn.worked import Place, Worked, at


class Convolution(Affine, Sliding):
    """Base of both: a window's numbers are a row, a patch, and of patches it is a dense layer.

    Patches are gathered for a few samples at a time, so that they stay in the cache, and again in
    backward, so that none is kept.
    """

    def __init__(
        self,
        filters: int,
        kernel: Sizes = 3,
        stride: Sizes = 1,
        padding: Padding = "same",
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        init: Start = "glorot_uniform",
        bias_init: Start = "zeros",
        activation: str | Layer | Mapping[str, Any] | None = None,
    ) -> None:
        self.filters = self.positive_int("filters", filters)
        self.kernel = self.sizes_setting("kernel", kernel)
        self.stride = self.sizes_setting("stride", stride)
        self.padding = self.padding_setting(padding)
        self.dilation = self.sizes_setting("dilation", dilation)
        self.groups = self.positive_int("groups", groups)
        self.set_starts(bias, init, bias_init, activation)

    def windows(self, sizes: Shape) -> list[Windows]:
        return self.slide(sizes, self.kernel, self.stride, self.padding, self.dilation)

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        kernel = [w.kernel for w in self.windows(input_shape[:-1])]
        return self.weights((*kernel, input_shape[-1] // self.groups, self.filters))

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Array]:
        windows, W = self._windows_of(x), self._matrix(self.W)
        batch = -self.axes - 2
        leading = np.broadcast_shapes(x.shape[:batch], self.W.shape[:batch])
        counts = [w.outputs for w in windows]
        y = np.empty((*leading, x.shape[batch], *counts, self.filters), x.dtype)
        if self.bias:  # added to whole rows of windows: to a few numbers at a time takes five times
            b = np.tile(self.b, counts[-1])[..., None, :]

        def multiply(some: Any) -> None:
            np.matmul(patches(x[some], windows, self.groups), W, out=self._by_group(y[some]))
            if self.bias:
                self._in_rows(y[some])[...] += b

        side_by_side(multiply, self._pieces(x, windows))
        return y, x

    def backward(self, dy: Array, x: Array) -> Array:
        self.gradients(dy, x)
        windows, W = self._windows_of(x), self._matrix(self.W)
        kernel = W.reshape(*W.shape[:-2], -1, x.shape[-1] // self.groups, W.shape[-1])
        dx = np.empty_like(x)

        def send_back(some: Any) -> None:
            dx[some] = 0
            d, into = self._by_group(dy[some]), self._split(dx[some])
            shape = *into.shape[: -self.axes - 1], *dy.shape[-self.axes - 1 : -1], -1
            for place, (which, where) in enumerate(offsets(windows)):
                sent = product(d, kernel[..., place, :, :].mT).reshape(shape)
                into[where] += sent[which]

        side_by_side(send_back, self._pieces(x, windows))
        return dx

    def gradients(self, dy: Array, x: Array) -> None:
        windows, dW = self._windows_of(x), self._matrix(self.dW)

        def correlate(some: Any) -> tuple[Array, Array | float]:
            dW = patches(x[some], windows, self.groups).mT @ self._by_group(dy[some])
            return dW, self._sum_over_windows(dy[some]) if self.bias else 0.0

        dWs, dbs = zip(*side_by_side(correlate, self._pieces(x, windows)), strict=True)
        dW[...] = sum(dWs)
        if self.bias:
            self.db[...] = sum(dbs)

    def output_shape(self, input_shape: Shape) -> Shape:
        counts, channels = self.counts(input_shape), input_shape[-1]
        of_input = "channel of its input" if channels == 1 else "channels of its input"
        for name, count in ((of_input, channels), ("filters", self.filters)):
            if count % self.groups:
                raise InputError(
                    f"{self.kind}: {count} {name} cannot be divided into {self.groups} groups: "
                    f"expected a multiple of {self.groups}"
                )
        return *counts, self.filters

    def multiply_adds(self, input_shape: Shape) -> int:
        windows = self.windows(input_shape[:-1])
        each = prod(w.kernel for w in windows) * input_shape[-1] // self.groups
        return prod(w.outputs for w in windows) * each * self.filters

    # ---- one window, worked out

    def worked_place(self, place: Place, source: Place) -> Place:
        """With the channel of x to show, counted in its group, after the filter."""
        channels = self.W.shape[-2]
        group, channel = divmod(source[-1], channels)
        return (*place, channel) if group == self._group(place[-1]) else place

    def worked_forward(self, place: Place, x: Array, y: Array, saved: Any) -> Worked:
        patch, kernel, own = self._window(place, x)
        place = place[: x.ndim]
        products = patch * kernel
        total, of_own = float(products.sum()), float(products[..., own].sum())
        others = patch.shape[-1] - 1
        numbers = {"own": of_own, "others": total - of_own, "y": float(y[place])}
        terms = "{own} + {others}" if others else "{own}"
        if self.bias:
            numbers["b"] = float(self.b[place[-1]])
            terms += " + {b}"
        which = f"{others} other channels" if others > 1 else "other channel"
        elsewhere = f"; over the {which} {{others}}" if others else ""
        sums = f"; Σ patch · kernel = {{own}}{elsewhere}"
        if terms == "{own}":  # the sum is y itself
            sums, terms = "", "Σ patch · kernel"
        lines = (
            f"the patch: {self._patch_place(place, x, own)}",
            f"the kernel: {self._kernel_name(place, own)}{sums}",
            f"{at('y', place)} = {terms} = {{y}}",
        )
        shown = {"patch": patch, "kernel": kernel, "patch · kernel": products}
        return Worked(lines, numbers, {name: each[..., own] for name, each in shown.items()})

    def worked_backward(self, place: Place, x: Array, dy: Array, saved: Any) -> Worked:
        patch, kernel, own = self._window(place, x)
        place = place[: x.ndim]
        d = float(dy[place])
        weights, bias = self._kernel_name(place, own), f", dy to db[{place[-1]}]" * self.bias
        lines = (
            f"{at('dy', place)} = {{dy}} adds dy · patch to d{weights}{bias}, "
            f"and dy · kernel to dx where the patch lies: {self._patch_place(place, x, own)}",
        )
        shares = {"dy · patch": d * patch[..., own], "dy · kernel": d * kernel[..., own]}
        return Worked(lines, {"dy": d}, shares)

    def _window(self, place: Place, x: Array) -> tuple[Array, Array, int]:
        """Patch and kernel of one output, (*kernel, channels / groups), and the channel of theirs
        that `worked_place` chose, or else whose products add up to most."""
        sample, *where, own_filter = place[: x.ndim]
        windows = self._windows_of(x)
        counts = [w.outputs for w in windows]
        kernel = self.W[..., own_filter].astype(float)
        rows = patches(x[sample : sample + 1].astype(float), windows, self.groups)
        patch = rows[self._group(own_filter), np.ravel_multi_index(where, counts)]
        patch = patch.reshape(kernel.shape)
        if len(place) > x.ndim:
            return patch, kernel, place[-1]
        by_channel = (patch * kernel).reshape(-1, kernel.shape[-1]).sum(axis=0)
        return patch, kernel, int(np.abs(by_channel).argmax())

    def _group(self, own_filter: int) -> int:
        return own_filter * self.groups // self.filters

    def _kernel_name(self, place: Place, own: int) -> str:
        return f"W[{':, ' * self.axes}{own}, {place[-1]}]"

    def _patch_place(self, place: Place, x: Array, own: int) -> str:
        """Where a patch lies in x, in words."""
        covered = self.covered(place, x)
        channel = self._group(place[-1]) * (x.shape[-1] // self.groups) + own
        inside = all(
            each[0] >= 0 and each[-1] < size
            for each, size in zip(covered, x.shape[1:-1], strict=True)
        )
        padding = "" if inside else ", with zeros outside"
        return f"{self.said(covered)} of x[{place[0]}], channel {channel}{padding}"

    # ---- the same numbers in other shapes, without a copy

    def _windows_of(self, x: Array) -> list[Windows]:
        return self.windows(x.shape[-self.axes - 1 : -1])

    def _pieces(self, x: Array, windows: Sequence[Windows]) -> list[Any]:
        """Indices of a few samples at a time, whose patches and outputs fit into the cache."""
        batch = -self.axes - 2
        patch, outputs = prod(w.kernel for w in windows), prod(w.outputs for w in windows)
        numbers = outputs * (patch * x.shape[-1] + self.filters)
        networks = prod(self.W.shape[:batch])
        behind = [slice(None)] * (self.axes + 1)
        slices = pieces(x.shape[batch], networks * numbers * x.itemsize)
        return [(..., some, *behind) for some in slices]

    def _matrix(self, W: Array) -> Array:
        """(…, *kernel, channels, filters) → (…, groups, kernel · channels, filters / groups)"""
        leading = W.shape[: -self.axes - 2]
        return W.reshape(*leading, -1, self.groups, self.filters // self.groups).swapaxes(-2, -3)

    def _by_group(self, y: Array) -> Array:
        """(…, batch, *counts, filters) → (…, groups, batch · windows, filters / groups)"""
        leading = y.shape[: -self.axes - 2]
        return y.reshape(*leading, -1, self.groups, self.filters // self.groups).swapaxes(-2, -3)

    def _sum_over_windows(self, dy: Array) -> Array:
        """Σ dy over batch and windows: (…, filters)"""
        leading = dy.shape[: -self.axes - 2]
        db = np.empty((*leading, self.filters), dy.dtype)
        sum_over_batch(dy.reshape(*leading, -1, self.filters), out=db)
        return db

    def _in_rows(self, y: Array) -> Array:
        """(…, batch, *counts, filters) → (…, batch · rows, windows in a row · filters)"""
        leading = y.shape[: -self.axes - 2]
        return y.reshape(*leading, -1, y.shape[-2] * self.filters)

    def _split(self, x: Array) -> Array:
        """(…, batch, *sizes, channels) → (…, groups, batch, *sizes, channels / groups)"""
        parted = x.reshape(*x.shape[:-1], self.groups, -1)
        return np.moveaxis(parted, -2, -self.axes - 3)


class Conv2D(Convolution, name="conv2d"):
    """Each filter is laid over every window of a picture: a weighted sum of what it covers.

        forward    y[i, j, f] = Σ x[s·i + d·u − p, s·j + d·v − p, c] W[u, v, c, f] + b[f]
        backward   dW[u, v, c, f] = Σ x[s·i + d·u − p, s·j + d·v − p, c] dy[i, j, f]
                   dx[s·i + d·u − p, s·j + d·v − p, c] += dy[i, j, f] W[u, v, c, f]
                   db = Σ dy over batch, height and width

    with stride s, dilation d and padding p, sums over all that is not on the left (LeCun et al.,
    1989). Shapes: x (…, batch, height, width, channels), y (…, batch, height, width, filters),
    W (…, kernel height, kernel width, channels / groups, filters), b (…, filters).

    - `filters`: the number of channels of y.
    - `kernel=3`, `stride=1`, `dilation=1`: sizes of the window, of its steps, and of the gaps in
      it, in pixels: a whole number, or one for height and one for width.
    - `padding="same"`: so many zeros around the picture that y has ⌈size / stride⌉ (the odd one at
      the end, as in Keras); "valid": none; or their number on every side.
    - `groups=1`: channels and filters fall into so many parts that know nothing of each other; as
      many as channels is the depthwise convolution.
    - `bias=True`, `init="glorot_uniform"`, `bias_init="zeros"`, `activation`: as in `Dense`.

    Raises `InputError` if channels or filters do not part into groups, or no window fits.

    >>> from glassnet import Sequential
    >>> net = Sequential([Conv2D(1, init="constant:value=1")], input_shape=(3, 3, 1))
    >>> net(np.ones((1, 3, 3, 1)))[0, :, :, 0]
    array([[4., 6., 4.],
           [6., 9., 6.],
           [4., 6., 4.]], dtype=float32)
    """

    axes = 2
    example_input = (5, 6, 4)
    examples: ClassVar[Sequence[Settings]] = (
        {"filters": 3},
        {"filters": 2, "kernel": (2, 3), "stride": 2, "bias": False},
        {"filters": 4, "padding": "valid", "dilation": 2, "groups": 2},
        {"filters": 4, "kernel": 2, "stride": (1, 2), "padding": 1, "groups": 4},
    )

    def kernels(self) -> Array:
        return self.W


class Conv1D(Convolution, name="conv1d"):
    """Each filter is laid over every window of a sequence, as `Conv2D` over a picture.

        forward    y[i, f] = Σ x[s·i + d·u − p, c] W[u, c, f] + b[f]

    Shapes: x (…, batch, length, channels), y (…, batch, length, filters), W (…, kernel,
    channels / groups, filters) (Waibel et al., 1989).

    - `filters`: the number of channels of y.
    - `kernel=3`, `stride=1`, `padding="same"`, `dilation=1`, `groups=1`: as in `Conv2D`, in places
      of the sequence.
    - `bias=True`, `init="glorot_uniform"`, `bias_init="zeros"`, `activation`: as in `Dense`.

    Raises `InputError` as `Conv2D` does.

    >>> Conv1D(8, kernel=5, padding="valid").output_shape((20, 3))
    (16, 8)
    """

    axes = 1
    example_input = (7, 4)
    examples: ClassVar[Sequence[Settings]] = (
        {"filters": 3},
        {"filters": 2, "stride": 2, "padding": "valid"},
        {"filters": 4, "kernel": 2, "dilation": 2, "padding": 1, "groups": 2},
    )
