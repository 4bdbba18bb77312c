"""Layers made of layers. What a container saves is the list of what its parts saved."""

import inspect
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, pairwise
from typing import Any, Self

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.errors import InputError, InputTypeError
from glassnet.nn.layers.activations import activation
from glassnet.nn.layers.base import LAYERS, Layer, Settings, layer_from
from glassnet.nn.layers.words import MANY, layers_from
from glassnet.nn.parameters import Parameter, by_part


class Container(Layer):
    """Base of layers made of layers."""

    def parts(self) -> list[tuple[str, Layer]]:
        raise NotImplementedError(f"{type(self).__name__} has no parts()")

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        shapes = self.part_shapes(input_shape)
        return {
            f"{name}.{own}": spec
            for (name, part), shape in zip(self.parts(), shapes, strict=True)
            for own, spec in part.build(shape).items()
        }

    def bind(self, values: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        theta, gradient = by_part(values), by_part(gradients)
        for name, part in self.parts():
            part.bind(theta.get(name, {}), gradient.get(name, {}))
        self.bound = True

    def observe(self, saved: list[Any]) -> None:
        for (_, part), kept in zip(self.parts(), saved, strict=True):
            part.observe(kept)

    @property
    def observes(self) -> bool:
        return any(part.observes for _, part in self.parts())

    @classmethod
    def made_of(cls, branches: list[list[Layer]]) -> Self:
        """The container of these branches, each a list of layers: what words have in brackets."""
        parameters = inspect.signature(cls).parameters
        if len(branches) > len(parameters):
            raise InputError(
                f"{cls.__name__} has {len(branches)} branches, expected at most "
                f"{len(parameters)}: {' | '.join(parameters)}"
            )
        return cls(*branches)

    def in_branches(self) -> list[list[Layer]]:
        """Its branches as lists of layers, from which `made_of` makes it again."""
        return [p.layers if isinstance(p, Chain) else [p] for _, p in self.parts()]

    @property
    def in_pieces(self) -> bool:  # type: ignore[override]
        return any(part.in_pieces for _, part in self.parts())

    def multiply_adds(self, input_shape: Shape) -> int:
        shapes = self.part_shapes(input_shape)
        pairs = zip(self.parts(), shapes, strict=True)
        return sum(part.multiply_adds(shape) for (_, part), shape in pairs)

    def least_samples(self, input_shape: Shape) -> int:
        shapes = self.part_shapes(input_shape)
        pairs = zip(self.parts(), shapes, strict=True)
        return max((part.least_samples(shape) for (_, part), shape in pairs), default=1)

    @classmethod
    def from_config(cls, config: Settings, known: Mapping[str, type[Layer]] = LAYERS) -> Self:
        return super().from_config({name: _made(value, known) for name, value in config.items()})


class Chain(Container, name="chain"):
    """Layers one after another.

        forward    y = fₙ(… f₂(f₁(x)))
        backward   dx: from dy back through fₙ, …, f₂, f₁

    A `Dense(64, "relu")` in it becomes two layers. A network is a chain, too. ReLU before max
    pooling is computed after it, since max f(x) = f(max x) for an f that never falls: the same
    numbers, with fewer for ReLU to look at.

    - `layers`: in their order, or in words, "dense 8, relu, dense 3": see `layers_from`.

    >>> from glassnet import Dense, ReLU
    >>> Chain([Dense(8, "relu"), Dense(3)]).output_shape((5,))
    (3,)
    """

    examples = ({"layers": [{"kind": "Dense", "units": 4}, {"kind": "Tanh"}]},)

    def __init__(self, layers: str | Iterable[Any]) -> None:
        self.layers: list[Layer] = []
        self.starts: dict[str, Array] = {}  # first values of parameters that are not drawn
        self.first_trainable = 0
        self.maxima_first: list[int] = []  # places of layers that are computed after the next
        for layer in layers_from(layers) if isinstance(layers, str) else layers:
            self.append(layer)

    def append(self, given: Any) -> None:
        """Append one more layer."""
        layer = given if isinstance(given, Layer) else as_layer(given)
        refuse_reuse([*self.layers, layer])
        self.layers.append(layer)
        if shorthand := getattr(layer, "activation", None):
            self.layers.append(activation(shorthand))
            setattr(layer, "activation", None)  # noqa: B010  (it is a layer of its own now)

    def parts(self) -> list[tuple[str, Layer]]:
        return [(str(index), layer) for index, layer in enumerate(self.layers)]

    def in_branches(self) -> list[list[Layer]]:
        return [self.layers]

    def part_shapes(self, input_shape: Shape) -> list[Shape]:
        return self.all_shapes(input_shape)[:-1]

    def output_shape(self, input_shape: Shape) -> Shape:
        return self.all_shapes(input_shape)[-1]

    def all_shapes(self, input_shape: Shape) -> list[Shape]:
        """The shape of one sample before each layer, and after the last."""
        shapes = [input_shape]
        for index, layer in enumerate(self.layers):
            shapes.append(_output_shape(f"layer {index}", layer, shapes[-1]))
        return shapes

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        return {
            name: spec.starting(name, self.starts.get(name))
            for name, spec in super().build(input_shape).items()
        }

    def bind(self, values: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        super().bind(values, gradients)
        trainable = (int(name.partition(".")[0]) for name in gradients)
        self.first_trainable = min(trainable, default=len(self.layers))
        self.maxima_first = [
            at
            for at, (layer, after) in enumerate(pairwise(self.layers))
            if _states(layer, "never_falls") and _states(after, "takes_maxima")
        ]

    @property
    def input_dtype(self) -> str | None:  # type: ignore[override]
        """The input of its first layer that is particular about it."""
        kinds = (layer.input_dtype for layer in self.layers)
        return next((kind for kind in kinds if kind is not None), None)

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, list[Any]]:
        saved = []
        for layer in self.in_order():
            x, kept = layer.forward(x, rng)
            saved.append(kept)
        return x, saved

    def backward(self, dy: Array, saved: list[Any]) -> Array:
        for layer, kept in zip(reversed(self.in_order()), reversed(saved), strict=True):
            dy = layer.backward(dy, kept)
        return dy

    def gradients(self, dy: Array, saved: list[Any]) -> None:
        """Layers before the first trainable one are left out. `saved` is used up: what a layer
        saved is free as soon as its gradient is known."""
        layers, first = self.in_order(), self.first_trainable
        while len(saved) > first + 1:
            layer = layers[len(saved) - 1]
            dy = layer.backward(dy, saved.pop())
        if saved and first < len(layers):
            layers[first].gradients(dy, saved.pop())

    def in_order(self) -> list[Layer]:
        """The layers as they are computed; while a step is recorded, as they were given."""
        order = list(self.layers) if self.maxima_first else self.layers
        for at in self.maxima_first:
            layer, after = order[at : at + 2]
            if "forward" not in vars(layer):
                order[at : at + 2] = after, layer
        return order


class Residual(Container, name="residual"):
    """What its body adds to its input  (He et al., 2016).

        forward    y = x + body(x)                 dx = dy + body′ᵀ(dy)
                   y = projection(x) + body(x)     if the body changes the shape

    - `body`: a layer, or a list of layers that follow one another.
    - `projection`: the same, for the input; without it, the body must keep the shape.

    Raises `InputError` if the shapes of both do not fit.

    >>> from glassnet import Dense
    >>> Residual([Dense(8, "relu"), Dense(5)]).output_shape((5,))
    (5,)
    """

    examples = (
        {"body": [{"kind": "Dense", "units": 6}, {"kind": "Tanh"}]},
        {"body": {"kind": "Dense", "units": 3}, "projection": {"kind": "Dense", "units": 3}},
    )

    def __init__(self, body: Any, projection: Any = None) -> None:
        self.body = as_layer(body)
        self.projection = None if projection is None else as_layer(projection)
        refuse_reuse([layer for _, layer in self.parts()])

    def parts(self) -> list[tuple[str, Layer]]:
        body: list[tuple[str, Layer]] = [("body", self.body)]
        return body if self.projection is None else [*body, ("projection", self.projection)]

    def output_shape(self, input_shape: Shape) -> Shape:
        added = _output_shape("body", self.body, input_shape)
        if self.projection is None:
            if added != input_shape:
                raise InputError(
                    f"Residual: the body turns samples of shape {input_shape} into {added}: "
                    "expected the same shape, or a projection=… that makes it of the input"
                )
            return added
        projected = _output_shape("projection", self.projection, input_shape)
        if projected != added:
            raise InputError(
                f"Residual: the body gives samples of shape {added}, the projection {projected}: "
                "expected the same shape"
            )
        return added

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, list[Any]]:
        y, saved = self.body.forward(x, rng)
        if self.projection is None:
            return x + y, [saved]
        projected, also = self.projection.forward(x, rng)
        return projected + y, [saved, also]

    def backward(self, dy: Array, saved: list[Any]) -> Array:
        dx = self.body.backward(dy, saved[0])
        if self.projection is None:
            return dx + dy
        return dx + self.projection.backward(dy, saved[1])


class Concat(Container, name="concat"):
    """The outputs of several branches side by side, along the last axis.

        forward    y = [f₁(x), f₂(x), …]
        backward   dx = f₁′ᵀ(dy₁) + f₂′ᵀ(dy₂) + …,  with dy = [dy₁, dy₂, …]

    - `branches`: each a layer, or a list of layers that follow one another; an empty list hands x
      on.

    Raises `InputError` if their outputs differ in more than the last axis.

    >>> from glassnet import Dense
    >>> Concat([[Dense(8, "relu")], Dense(3), []]).output_shape((5,))
    (16,)
    """

    examples = (
        {"branches": [{"kind": "Dense", "units": 2}, [{"kind": "Tanh"}], []]},
    )  # fmt: skip

    def __init__(self, branches: Iterable[Any]) -> None:
        self.branches = [as_layer(branch) for branch in branches]
        if not self.branches:
            raise InputError("Concat: branches is empty, expected one branch or more")
        refuse_reuse(self.branches)

    @classmethod
    def made_of(cls, branches: list[list[Layer]]) -> Self:
        return cls(branches)

    def parts(self) -> list[tuple[str, Layer]]:
        return [(str(index), branch) for index, branch in enumerate(self.branches)]

    def output_shape(self, input_shape: Shape) -> Shape:
        shapes = [
            _output_shape(f"branch {index}", branch, input_shape)
            for index, branch in enumerate(self.branches)
        ]
        if len({shape[:-1] for shape in shapes}) > 1 or not all(shapes):
            raise InputError(
                f"Concat: the branches give samples of shapes {', '.join(map(str, shapes))}: "
                "expected shapes that differ on the last axis only"
            )
        return *shapes[0][:-1], sum(shape[-1] for shape in shapes)

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, list[Any]]:
        outputs, saved = [], []
        for branch in self.branches:
            y, kept = branch.forward(x, rng)
            outputs.append(y)
            saved.append((y.shape[-1], kept))
        return np.concatenate(outputs, axis=-1), saved

    def backward(self, dy: Array, saved: list[Any]) -> Array:
        dx, start = None, 0
        for branch, (width, kept) in zip(self.branches, saved, strict=True):
            own = branch.backward(dy[..., start : start + width], kept)
            dx = own if dx is None else dx + own
            start += width
        assert dx is not None
        return dx

    def observe(self, saved: list[Any]) -> None:
        super().observe([kept for _, kept in saved])


def alike(parts: Iterable[tuple[str, Layer]]) -> Iterator[list[tuple[str, Layer]]]:
    """Parts next to each other that are alike, together if they are many; fewer are each alone.

    >>> from glassnet import Dense, Tanh
    >>> concat = Concat([Tanh(), *(Dense(2) for _ in range(3))])
    >>> [[name for name, _ in run] for run in alike(concat.parts())]
    [['0'], ['1', '2', '3']]
    """
    for _, same in groupby(parts, key=lambda part: part[1].config()):
        run = [*same]
        yield from [run] if len(run) >= MANY else [[part] for part in run]


def as_layer(given: Any) -> Layer:
    """A layer from itself, its settings or words, a list of layers, or a network."""
    if hasattr(given, "as_layer"):  # a network
        made: Layer = given.as_layer()
        return made
    if isinstance(given, Layer):
        return Chain([given]) if getattr(given, "activation", None) else given
    if isinstance(given, Mapping) and "kind" in given:
        return as_layer(layer_from(given))
    if isinstance(given, str):
        given = layers_from(given)
        return as_layer(given[0] if len(given) == 1 else given)
    if isinstance(given, (list, tuple)):
        return Chain(given)
    raise InputTypeError(f"expected a layer, got {given!r}: for example Dense(64)")


def walk(layers: Iterable[tuple[str, Layer]], before: str = "") -> Iterator[tuple[str, Layer]]:
    """Every layer with its name, `"2.body.0"`: a container, then its parts.

    >>> from glassnet import Dense
    >>> [name for name, _ in walk(Chain([Dense(3), Residual([Dense(3)])]).parts())]
    ['0', '1', '1.body', '1.body.0']
    """
    for name, layer in layers:
        yield f"{before}{name}", layer
        yield from walk(layer.parts(), f"{before}{name}.")


def in_sequence(
    layers: Iterable[tuple[str, Layer]], before: str = ""
) -> Iterator[tuple[str, Layer]]:
    """The layers that follow one another, with their names: chains are opened, containers that
    branch are not.

    >>> from glassnet import Dense
    >>> [name for name, _ in in_sequence(Chain([Chain([Dense(3)]), Residual([Dense(3)])]).parts())]
    ['0.0', '1']
    """
    for name, layer in layers:
        if isinstance(layer, Chain):
            yield from in_sequence(layer.parts(), f"{before}{name}.")
        else:
            yield f"{before}{name}", layer


def _states(layer: Layer, fact: str) -> bool:
    """Whether the layer's own class states this fact: a subclass may compute something else."""
    return fact in vars(type(layer))


def refuse_reuse(layers: Iterable[Layer]) -> None:
    """Raise InputError if a layer belongs to a network, or appears here twice."""
    seen: set[int] = set()
    for _, layer in walk(("", layer) for layer in layers):
        if layer.bound or id(layer) in seen:
            raise InputError(f"{layer!r} is already part of a network: make a new layer")
        seen.add(id(layer))


def _output_shape(place: str, layer: Layer, input_shape: Shape) -> Shape:
    try:
        return layer.output_shape(input_shape)
    except InputError as error:
        raise InputError(f"{place}: {error}") from None


def _made(value: Any, known: Mapping[str, type[Layer]]) -> Any:
    """Settings that describe layers, as layers."""
    if isinstance(value, Mapping) and "kind" in value:
        return layer_from(value, known)
    if isinstance(value, (list, tuple)):
        return [_made(each, known) for each in value]
    return value
