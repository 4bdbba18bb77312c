"""Which part of each array is shown: one window for each activation, around the followed path.

The window of an activation is chosen once. Output and dy, the next layer's input and dx, and the
rows and columns of W, dW, b and db all take it: so a number can be followed through the layers.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Shape
from glassnet.inspection.document import Shown
from glassnet.inspection.following import Path, moved
from glassnet.inspection.recording import LayerTrace, Recording
from glassnet.nn.worked import Place

Places = tuple[int, ...]

UNITS = 16, 8  # up to so many are all shown, of more so many
SAMPLES = 8, 4
SIDES = 8, 6  # of maps
FEW = 3  # numbers of a map's row, too few for a window of a row of units


class Window(NamedTuple):
    """The places shown along each axis, and the two axes that are drawn as rows and columns."""

    places: tuple[Places, ...]
    axes: tuple[int, int]

    def numbers(self, shape: Shape, row: int | None = None) -> Array:
        """What is in it by its order in a sample; of one row alone, if it is given."""
        each = [
            (row,) if row is not None and axis == self.axes[0] else places
            for axis, places in enumerate(self.places)
        ]
        return np.asarray(np.ravel_multi_index(np.ix_(*each[1:]), shape[1:])).ravel()


class Windows:
    """The windows into all arrays of a step, around a path; into its sample `alone`, or also into
    others."""

    def __init__(self, trace: Recording, path: Path, alone: bool = False) -> None:
        self.trace, self.path, self.alone = trace, path, alone
        self.shapes = {"": trace.layers[0].input.shape}
        self.shapes |= {layer.name: layer.output.shape for layer in trace.layers}
        self.moves = list(self._moves())
        self.needed = self._needs()
        self._known: dict[str, Window] = {}

    # ---- what is shown

    def activation(self, name: str, of: str, values: Array) -> Shown:
        """The window into an activation, the output of the layer `of`, or into its gradient."""
        window, place = self.window(of), self.path.places[of]
        whole, rest = values[list(window.places[0])], "all units"
        if values.ndim > 2:
            what = "channels of " if values.ndim == 4 else "of "
            whole, rest = _flat(values[place[0]]), f"all {what}{name}[{place[0]}]"
        return _shown(name, values, window, place, whole, rest)

    def parameter(self, name: str, traced: LayerTrace, own: str, values: Array) -> Shown:
        """The window into a parameter of a layer, or into its gradient."""
        places = self._places(traced, values)
        place = self._between(traced, values)
        if self.path.weight == f"{traced.name}.{own}":
            place = self.path.place
        for axis, n in enumerate(place or ()):
            if n not in places[axis]:
                drawn = values.ndim < 3 or axis < 2
                places[axis] = _span(n, n, values.shape[axis], UNITS) if drawn else (n,)
        shape, wide = values.shape, values
        if values.ndim == 1:
            wide, places, place = values[None], [(0,), *places], place and (0, *place)
        rest = "all kernels" if wide.ndim > 2 else "all of it"
        axes = (0, 1) if wide.ndim > 2 else (wide.ndim - 2, wide.ndim - 1)
        shown = _shown(name, wide, Window(tuple(places), axes), place, _sheet(wide), rest)
        return shown._replace(shape=shape)

    # ---- windows of activations

    def window(self, of: str) -> Window:
        """The window of an activation."""
        root = self.path.roots[of]
        if root not in self._known:
            self._known[root] = self._carried(root) or self._around(root)
        return self._known[root]

    def _samples(self, n: int, count: int) -> Places:
        return (n,) if self.alone else _span(n, n, count, SAMPLES)

    def _around(self, root: str) -> Window:
        """A window around the followed place, wide enough for what the next layer needs there."""
        shape, place = self.shapes[root], self.path.places[root]
        if len(shape) == 2:
            samples = self._samples(place[0], shape[0])
            return Window((samples, _span(place[1], place[1], shape[1], UNITS)), (0, 1))
        axes = _axes(shape)
        places: list[Places] = [(n,) for n in place]
        for axis in axes:
            low, high = self.needed[root].get(axis, (place[axis], place[axis]))
            low, high = min(low, place[axis]), max(high, place[axis])
            channels = axis == len(shape) - 1
            places[axis] = _span(low, high, shape[axis], UNITS if channels else SIDES)
        return Window(tuple(places), axes)

    def _carried(self, root: str) -> Window | None:
        """The window with the numbers of another one, if they are the same in another shape: of a
        map, if they are many, those of the followed row."""
        shape = self.shapes[root]
        flat = len(shape) == 2
        if flat and shape[1] <= UNITS[0]:
            return None
        for source, target, numbered in self.moves:
            other = source if root == target else target
            if root not in (source, target) or len(self.shapes[other]) == 2:
                continue
            if not flat and (root == source or numbered.size != numbered.max()):
                continue
            known, place = self.window(other), self.path.places[other]
            inside = known.numbers(self.shapes[other])
            if flat and inside.size > UNITS[0]:
                inside = known.numbers(self.shapes[other], place[known.axes[0]])
            if root == target:
                inside = np.flatnonzero(np.isin(numbered, inside + 1))
            else:
                inside = numbered.ravel()[inside] - 1
            if found := self._made_of(root, inside[inside >= 0]):
                return found
        return None

    def _made_of(self, root: str, numbers: Array) -> Window | None:
        """The window with these numbers of a sample, if it holds the followed one and not too few
        others."""
        shape, place = self.shapes[root], self.path.places[root]
        along = np.array(np.unravel_index(numbers, shape[1:]))
        axes = _axes(shape)
        for axis in set(range(1, len(shape))) - set(axes):
            along = along[:, along[axis - 1] == place[axis]]
        places: list[Places] = [(n,) for n in place]
        for axis in set(axes) - {0}:
            places[axis] = tuple(map(int, np.unique(along[axis - 1])))
            if place[axis] not in places[axis]:
                return None
        if len(shape) == 2:
            places[0] = self._samples(place[0], shape[0])
            if len(places[1]) <= FEW:
                return None
        return Window(tuple(places), axes)

    def _moves(self) -> Iterator[tuple[str, str, Array]]:
        """The layers that only rearrange: from which activation to which, and how."""
        layers = dict(self.trace.network.walk())
        for traced in self.trace.layers:
            source, target = (self.path.roots[of] for of in (traced.source, traced.name))
            numbered = moved(layers[traced.name], traced) if source != target else None
            if numbered is not None:
                yield source, target, numbered

    def _needs(self) -> dict[str, dict[int, tuple[int, int]]]:
        """For each activation, the part along each axis that the next layer's window covers for the
        followed place."""
        needed: dict[str, dict[int, tuple[int, int]]] = {of: {} for of in self.shapes}
        layers = dict(self.trace.network.walk())
        for traced in reversed(self.trace.layers):
            source, root = (self.path.roots[of] for of in (traced.source, traced.name))
            place, shape = self.path.places[traced.name], self.shapes[source]
            covered = layers[traced.name].covered(place, traced.input)
            for axis, each in enumerate(covered or (), 1):
                inside = [n for n in each if 0 <= n < shape[axis]]
                if inside:
                    needed[source].setdefault(axis, (inside[0], inside[-1]))
            if covered is None and shape[1:3] == self.shapes[root][1:3] and len(shape) > 2:
                needed[source] = {**needed[root], **needed[source]}
        return needed

    # ---- windows of parameters

    def _places(self, traced: LayerTrace, values: Array) -> list[Places]:
        """Along each axis of a parameter: its last is that of the output, the one before that of
        the input; kernels are those of the followed channel and filter."""
        shape = values.shape
        last = self._channels(traced.name, shape[-1])
        if values.ndim == 1:
            return [last]
        place = self.path.places[traced.source]
        if traced.input.dtype.kind in "iu":  # rows are chosen by x
            row = int(traced.input[place]) % shape[0]
            into = _span(row, row, shape[0], UNITS)
        else:
            into = self._channels(traced.source, shape[-2])
        if values.ndim == 2:
            return [into, last]
        if values.ndim > 3:
            into = (place[-1] % shape[-2],)
        before = [_span(n // 2, n // 2, n, UNITS) for n in shape[:-2]]
        return [*before, into, (self.path.places[traced.name][-1] % shape[-1],)]

    def _between(self, traced: LayerTrace, values: Array) -> Place | None:
        """The number of a matrix or of a bias that the path passes."""
        shapes = self.shapes[traced.source][-1:], self.shapes[traced.name][-1:]
        ends = [self.path.places[of][-1] for of in (traced.source, traced.name)]
        if values.shape == shapes[0] + shapes[1]:
            return tuple(ends)
        return (ends[1],) if values.shape == shapes[1] else None

    def _channels(self, of: str, count: int) -> Places:
        """The places along the last axis of an activation, which has so many in a group."""
        shape, window, n = self.shapes[of], self.window(of), self.path.places[of][-1]
        last = len(shape) - 1
        if shape[last] == count and last in window.axes:
            return window.places[last]
        return _span(n % count, n % count, count, UNITS)


def _shown(
    name: str, values: Array, window: Window, place: Place | None, whole: Array, rest: str
) -> Shown:
    """A window into values; what is not shown of them is in `whole`."""
    top, left = window.axes
    rows, columns = window.places[top], window.places[left]
    part = values[np.ix_(*window.places)].reshape(len(rows), len(columns))
    mark = None if place is None else (rows.index(place[top]), columns.index(place[left]))
    if values.ndim > 2:
        each = [":" if n in window.axes else f"{p[0]}" for n, p in enumerate(window.places)]
        name += f"[{', '.join(each)}]"
    sizes = values.shape[top], values.shape[left]
    more = whole if whole.size > part.size else None
    return Shown(name, part, values.shape, rows, columns, sizes, mark, more, rest)


def _axes(shape: Shape) -> tuple[int, int]:
    """The axes that are drawn: samples and units, or those of a map; of a map of one place, its
    channels."""
    if len(shape) == 2:
        return 0, 1
    return (2, 3) if len(shape) > 3 and shape[1] * shape[2] == 1 else (1, 2)


def _span(low: int, high: int, count: int, sizes: tuple[int, int]) -> Places:
    """All places, or of many so many around those from low to high."""
    most, some = sizes
    if count <= most:
        return tuple(range(count))
    long = max(some, high - low + 1)
    start = min(max((low + high - long + 1) // 2, 0), count - long)
    return tuple(range(start, start + long))


def _flat(sample: Array) -> Array:
    """A sample as rows and columns: the channels of maps are side by side."""
    if sample.ndim == 3:
        sample = sample.transpose(0, 2, 1)
    return sample.reshape(sample.shape[0], -1)


def _sheet(values: Array) -> Array:
    """Parameters as rows and columns: kernels below each other by channel, beside by filter."""
    if values.ndim == 4:
        height, width, channels, filters = values.shape
        sheet = values.transpose(2, 0, 3, 1)
        return sheet.reshape(channels * height, filters * width)
    return values.reshape(-1, values.shape[-1])
