"""The path of one weight: which number of each layer's output it goes through to the loss."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.inspection.recording import LayerTrace, Recording
from glassnet.nn.layers import Layer
from glassnet.nn.worked import Place

LOOKED_AT = 1024  # samples, one of which is followed
STEP = 1e-5  # by which a number is nudged to see what it changes


class Path(NamedTuple):
    """A weight by its name and place, and the place it goes through in each activation.

    Activations are named after the layer that makes them, the samples `""`. Those that have one
    place for one number, such as x and y of tanh, have the same root: what is shown of one is
    shown of all.
    """

    weight: str
    place: Place
    places: Mapping[str, Place]
    roots: Mapping[str, str]


def follow(
    trace: Recording, weight: tuple[str, Place] | None = None, sample: int | None = None
) -> Path:
    """The path of a weight, by default the one with the largest gradient in the first trainable
    layer: where a layer mixes numbers, the path goes on to the one through which it changes the
    loss most; in this sample of the batch, if it is given."""
    first, last = (0, LOOKED_AT) if sample is None else (sample, sample + 1)
    finder = _Finder(trace, slice(first, last))
    roots, places = finder.roots(), dict[str, Place]()
    weight = weight or (trace.steepest() if trace.before else None)
    if weight is None:
        x = trace.layers[0].input
        places[roots[""]] = first, *_largest(np.abs(x[first].astype(float)))
    else:
        traced, x_place, y_place = finder.between(*weight)
        places[roots[traced.name]] = y_place
        places.setdefault(roots[traced.source], x_place)
        while traced.source:  # back to the samples
            traced = finder.traced[traced.source]
            if roots[traced.source] not in places:
                places[roots[traced.source]] = finder.before(traced, places[roots[traced.name]])
    for traced in trace.layers:
        if roots[traced.name] not in places:
            places[roots[traced.name]] = finder.after(
                traced, {name: places[root] for name, root in roots.items() if root in places}
            )
    name, place = weight or ("", ())
    return Path(name, place, {name: places[root] for name, root in roots.items()}, roots)


def moved(layer: Layer, traced: LayerTrace) -> Array | None:
    """From which number of a sample's x each number of y is, counted from 1, and 0 for a padded
    zero; None unless rearranging is all that the layer does."""
    if layer.input_dtype is not None or layer.parts() or traced.gradients:
        return None
    x, y = traced.input[:1], traced.output[0]
    numbered: Array = layer.forward(np.arange(1, x.size + 1).reshape(x.shape))[0][0]
    same = np.array_equal(np.append(0, x).astype(y.dtype)[numbered], y, equal_nan=True)
    return numbered if same else None


class _Finder:
    """What leads where in a step, by a twin of its network in float64, among some samples."""

    def __init__(self, trace: Recording, samples: slice) -> None:
        self.samples = samples
        twin = trace.network.copy(np.float64)
        self.parameters, self.layers = twin.parameters, dict(twin.walk())
        self.trace = trace
        self.traced = {layer.name: layer for layer in trace.layers}
        self.ends = dict(_ends(trace))

    def roots(self) -> dict[str, str]:
        """For each activation, the first of those that have one place for one number."""
        found = {"": ""}
        for traced in self.trace.layers:
            found[traced.name] = traced.name
            alike = [traced.source] if self._alike(traced) else []
            ends = self.ends.get(traced.name, [])
            alike += [end.name for end in ends if end.output.shape == traced.output.shape]
            for other in alike:
                old, new = found[other], found[traced.name]
                found = {name: new if root == old else root for name, root in found.items()}
        return found

    def _alike(self, traced: LayerTrace) -> bool:
        """Whether a number of y stands where the one of x stood that it is made of."""
        layer, x, y = self.layers[traced.name], traced.input, traced.output
        if x.shape != y.shape or layer.weight_matrix() is not None:
            return False
        numbered = moved(layer, traced)
        if numbered is not None:
            return np.array_equal(numbered.ravel(), np.arange(1, numbered.size + 1))
        return layer.covered((0,) * y.ndim, x) is None

    # ---- from one number to the next

    def between(self, name: str, place: Place) -> tuple[LayerTrace, Place, Place]:
        """A parameter's layer, and the numbers of its x and y that the parameter lies between: the
        y through which it changes the loss most."""
        owner, _, _ = name.rpartition(".")
        layer, traced, view = self.layers[owner], self.traced[owner], self.parameters[name]
        start, x = float(view[place]), _wide(traced.input[self.samples])
        dy = None if traced.dy is None else traced.dy[self.samples]

        def forward(w: float, rows: slice) -> tuple[Array, Any]:
            view[place] = w
            return layer.forward(x[rows])

        def backward(w: float) -> Array:
            y, saved = forward(w, slice(y_place[0], y_place[0] + 1))
            return layer.backward(_only(y, y_place), saved)

        everything = slice(None)
        change = forward(start + STEP, everything)[0] - forward(start - STEP, everything)[0]
        if not change.any():  # its input is 0
            change[..., place[-1] % change.shape[-1]] = 1
        y_place = _largest(_share(change, dy))
        mixed = backward(start + STEP) - backward(start - STEP)
        view[place] = start
        y_place = self.samples.start + y_place[0], *y_place[1:]
        if not np.any(mixed):  # no number of x is multiplied by it
            return traced, self.before(traced, y_place), y_place
        return traced, (y_place[0], *_largest(np.abs(mixed[0]))), y_place

    def before(self, traced: LayerTrace, place: Place) -> Place:
        """The number of x that weighs most in y at this place."""
        x = _wide(traced.input[place[0] : place[0] + 1])
        y, saved = self.layers[traced.name].forward(x)
        dx = np.abs(self.layers[traced.name].backward(_only(y, place), saved))[0]
        if not dx.any():  # of indices
            return place[: x.ndim]
        return place[0], *_largest(_share(dx, x[0]))

    def after(self, traced: LayerTrace, places: Mapping[str, Place]) -> Place:
        """The number of y through which the one of x changes the loss most."""
        if beside := self._beside(traced, places):
            return beside
        place = places[traced.source]
        sample = slice(place[0], place[0] + 1)
        dy = None if traced.dy is None else traced.dy[sample]
        x, y = _wide(traced.input[sample]), traced.output[sample]
        if x.dtype.kind in "iu":
            own = np.zeros_like(y)
            own[(0, *place[1:])] = 1
            return place[0], *_largest(_share(own, dy)[0])
        far = 2 * float(np.abs(x).max()) + 1  # makes any number the largest of its window
        for step in (STEP, far):
            up, down = x.copy(), x.copy()
            up[(0, *place[1:])] += step
            down[(0, *place[1:])] -= step
            layer = self.layers[traced.name]
            change = layer.forward(up)[0] - layer.forward(down)[0]
            if change.any():
                break
        return place[0], *_largest(_share(change, dy)[0])

    def _beside(self, traced: LayerTrace, places: Mapping[str, Place]) -> Place | None:
        """Where a container's branches stand side by side in y: the place of that branch's number
        which changes the loss most."""
        y, found = traced.output, []
        for end in self.ends.get(traced.name, []):
            wide = end.output.shape[-1]
            for left in range(y.shape[-1] - wide + 1):
                if np.array_equal(y[..., left : left + wide], end.output):
                    *front, unit = places[end.name]
                    found.append((*front, left + unit))
                    break
        size = _share(y, traced.dy)
        return max(found, key=lambda place: float(size[place]), default=None)


def _ends(trace: Recording) -> Iterator[tuple[str, list[LayerTrace]]]:
    """The last layers of each container's branches; parts come before their container."""
    taken = {layer.source for layer in trace.layers}
    for layer in trace.layers:
        parts = [part for part in trace.layers if part.name.startswith(f"{layer.name}.")]
        own = [part for part in parts if part.name not in taken]
        taken |= {part.name for part in own}
        if own:
            yield layer.name, own


def _wide(x: Array) -> Array:
    return x if x.dtype.kind in "iu" else x.astype(float)


def _only(y: Array, place: Place) -> Array:
    """1 at the place of a sample's y, else 0."""
    one = np.zeros_like(y)
    one[(0, *place[1:])] = 1
    return one


def _share(change: Array, dy: Array | None) -> Array:
    """What a change of y makes of the loss, or the change alone if that is nothing."""
    share: Array = np.abs(np.nan_to_num(change.astype(float)))
    if dy is not None and (share * dy).any():
        share = share * np.abs(np.nan_to_num(dy.astype(float)))
    return share


def _largest(size: Array) -> Place:
    """The place of the largest number, the first of equal ones."""
    return tuple(map(int, np.unravel_index(size.argmax(), size.shape)))
