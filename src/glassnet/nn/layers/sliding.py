"""What convolutions and pooling share: the settings of windows over pictures and sequences."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.base.errors import InputError
from glassnet.nn.layers.base import Layer
from glassnet.nn.windows import Windows, same
from glassnet.nn.worked import Place

Sizes = int | Sequence[int]
Padding = str | int | Sequence[int]

INPUTS = {1: "sequences (length, channels)", 2: "pictures (height, width, channels)"}
AXES = {1: ("place",), 2: ("row", "column")}


class Sliding(Layer):
    """Base of layers whose windows slide along the axes between the batch and the channels."""

    in_pieces = True
    axes: ClassVar[int]  # how many: 2 for pictures, 1 for sequences

    stride: Any
    padding: Any

    def windows(self, sizes: Shape) -> list[Windows]:
        """The windows along each axis, for an input of these sizes."""
        raise NotImplementedError(f"{type(self).__name__} has no windows(sizes)")

    def slide(
        self, sizes: Shape, kernel: Sizes, stride: Sizes, padding: Padding, dilation: Sizes = 1
    ) -> list[Windows]:
        """Windows of these settings: one number for all axes, or one for each."""
        found = []
        for axis, size in enumerate(sizes):
            of = _of(kernel, axis), _of(stride, axis), _of(dilation, axis)
            if padding == "same":
                before, after = same(size, *of)
            else:
                before = after = 0 if padding == "valid" else int(_of(padding, axis))
            found.append(Windows(size, *of, before, after))
        return found

    def sizes_setting(self, name: str, given: Any) -> Any:
        """A setting of 1 or more, or one for each axis."""
        if not isinstance(given, (list, tuple)):
            return self.positive_int(name, given)
        if len(given) != self.axes:
            raise InputError(f"{self.kind}: {name} is {given!r}, expected {self._how_many}")
        return tuple(self.positive_int(name, each) for each in given)

    def padding_setting(self, given: Any) -> Any:
        """`"same"`, `"valid"`, a whole number of zeros on every side, or one for each axis."""
        if isinstance(given, str) and given in ("same", "valid"):
            return given
        several = isinstance(given, (list, tuple))
        numbers = list(given) if several else [given]
        whole = all(isinstance(n, (int, np.integer)) and not isinstance(n, bool) for n in numbers)
        if not whole or min(numbers) < 0 or (several and len(numbers) != self.axes):
            zeros = "or a whole number of 0 or more"
            if self.axes > 1:
                zeros = f"a whole number of 0 or more, or {self.axes} of them"
            raise InputError(
                f'{self.kind}: padding is {given!r}, expected "same", "valid", {zeros}'
            )
        return tuple(map(int, numbers)) if several else int(given)

    def output_shape(self, input_shape: Shape) -> Shape:
        return *self.counts(input_shape), input_shape[-1]

    def counts(self, input_shape: Shape) -> Shape:
        """How many windows there are along each axis; `InputError` if there is none."""
        if len(input_shape) != self.axes + 1:
            missing = len(input_shape) == self.axes
            what = f"Reshape({(*input_shape, 1)})" if missing else "a Reshape"
            flat = ", or a Flatten after it" if len(input_shape) == 1 and not missing else ""
            raise InputError(
                f"{self.kind} takes {INPUTS[self.axes]}, got samples of shape {input_shape}: put "
                f"{what} before it{flat}"
            )
        windows = self.windows(input_shape[:-1])
        if any(w.outputs < 1 for w in windows):
            reach = " × ".join(str(w.reach) for w in windows)
            there = " × ".join(str(w.before + w.size + w.after) for w in windows)
            raise InputError(
                f"{self.kind}: a window of {reach} does not fit into {there}, padding included: "
                'expected larger inputs, a smaller kernel, or padding="same"'
            )
        return tuple(w.outputs for w in windows)

    def covered(self, place: Place, x: Array) -> list[range]:
        """Along each axis, which places of x the window of y at `place` covers."""
        windows = self.windows(x.shape[-self.axes - 1 : -1])
        return [w.covered(output) for w, output in zip(windows, place[1:-1], strict=True)]

    def said(self, covered: Sequence[range]) -> str:
        """Such places in words: "rows 2 to 4, columns 3 to 5"."""
        return ", ".join(map(_said, AXES[self.axes], covered))

    @property
    def kind(self) -> str:
        """The name of its class."""
        return type(self).__name__

    @property
    def _how_many(self) -> str:
        return "a whole number" if self.axes == 1 else f"a whole number or {self.axes} of them"


def _of(setting: Any, axis: int) -> Any:
    return setting[axis] if isinstance(setting, (list, tuple)) else setting


def _said(name: str, places: range) -> str:
    if len(places) == 1:
        return f"{name} {places[0]}"
    if places.step == 1:
        return f"{name}s {places[0]} to {places[-1]}"
    return f"{name}s {', '.join(map(str, places))}"
