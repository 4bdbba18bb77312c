"""Samples of a library that has channels first, while its layers are read: how they lie here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from glassnet.base.arrays import Array, Shape
from glassnet.interop.assemble import Part, container
from glassnet.interop.pieces import check_weights
from glassnet.nn.layers import Flatten, Layer, Permute, Reshape


def aligned(ends: Sequence["Layout"]) -> None:
    """Bring the samples of branches into one order."""
    for again in (Layout.finish, Layout.settle):
        if len({each.axes for each in ends}) > 1:
            for end in ends:
                again(end)


@dataclass(kw_only=True)
class Layout:
    """The layers so far, and the samples that come out of them, here and there.

    `axes` has for each axis there the one here, or None for one of size 1 that is not here. So an
    exchange of axes there costs nothing here until a layer needs them in an order.
    """

    here: Shape
    axes: tuple[int | None, ...]
    channel: int | None = None  # which axis there has the channels, if that is known
    parts: list[Part] = field(default_factory=list)

    @property
    def shape(self) -> Shape:
        """The shape of a sample there; () is one number, which is a row of one here."""
        return tuple(1 if axis is None else self.here[axis] for axis in self.axes)

    def put(self, layer: Layer, arrays: Mapping[str, Array] | None = None) -> None:
        """Add a layer; `InputError` if it does not take these samples, or has other weights."""
        part = Part(layer, arrays or {})
        after = layer.output_shape(self.here)
        check_weights(part, self.here)
        self.parts.append(part)
        self.here = after

    def arrange(self, axes: Sequence[int]) -> None:
        """Bring the samples here into this order, by an exchange of axes where it takes one."""
        goal, order = list(self.shape), list(self.axes)
        for there, here in enumerate(axes):
            goal[here], order[here] = self.shape[there], self.axes[there]
        if self._in_order(order):
            self._reshape(tuple(goal) or (1,))
        else:
            self.put(Permute([axis for axis in order if axis is not None]))
        self.axes = tuple(axes)

    def settle(self) -> None:
        """Bring the samples here into the order that they have there."""
        self.arrange(range(len(self.axes)))

    def pictures(self) -> None:
        """Channels are first there: bring them last here."""
        places = len(self.axes) - 1
        self.arrange([places, *range(places)])
        self.channel = 0

    def bring_last(self, axis: int) -> None:
        """Bring an axis there, the first or the last, last here."""
        if self.axes[axis] != len(self.here) - 1:
            channel = self.channel
            self.pictures() if axis == 0 else self.settle()
            self.channel = channel

    def pool(self, layer: Layer) -> None:
        """Add a layer that leaves one number of each channel, which is the first axis there."""
        self.pictures()
        self.put(layer)
        self.axes = (0, *[None] * (len(self.axes) - 1))

    def reshape(self, shape: Shape) -> None:
        """The same numbers in a different shape there."""
        if not self._in_order(self.axes):
            self.settle()
        self._reshape(shape or (1,))
        self.axes, self.channel = tuple(range(len(shape))), None

    def exchange(self, order: Sequence[int]) -> None:
        """Axes there in a different order."""
        self.axes = tuple(self.axes[axis] for axis in order)
        if self.channel is not None:
            self.channel = list(order).index(self.channel)

    def finish(self) -> None:
        """Channels that are first there are last here; all else is as it is there."""
        if self.channel == 0 and len(self.axes) > 1:
            self.pictures()
        else:
            self.settle()

    def join(self, layer: Layer, names: Sequence[str], ends: Sequence["Layout"]) -> None:
        """Add a container whose parts, by their names, are the layers of branches from here."""
        self.put(*container(layer, names, [end.parts for end in ends]))
        self.axes, self.channel = ends[0].axes, ends[0].channel

    def _in_order(self, axes: Sequence[int | None]) -> bool:
        """Whether the numbers stay in their order if axes come in this one."""
        moved = [axis for axis in axes if axis is not None and self.here[axis] > 1]
        return moved == sorted(moved)

    def _reshape(self, shape: Shape) -> None:
        if shape != self.here:
            self.put(Flatten() if len(shape) == 1 else Reshape(shape))
