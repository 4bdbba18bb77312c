"""What a layer is: a formula, its derivative, and the facts that other rooms read."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.configurable import Described, choose
from glassnet.base.errors import GlassnetError, InputError
from glassnet.nn.parameters import Parameter
from glassnet.nn.worked import Place, Worked

LAYERS: dict[str, "type[Layer]"] = {}
"""Every registered layer, by the name of its class."""

Settings = Mapping[str, Any]


class Layer(Described):
    """Base of all layers. A layer of your own needs `forward` and `backward`.

    - `forward(x, rng)` returns the output and whatever `backward` will need. It keeps nothing: the
      caller holds the batch, so a layer may predict in the middle of training, in many threads.
      `rng` is a generator in training and None in prediction.
    - `backward(dy, saved)` takes dL/dy and returns dL/dx, of the shape of x. A layer with
      parameters also writes their gradients: `self.dW[...] = …`, assigned, never added.
    - A layer with parameters lists them in `build`; the network then sets `self.W`, `self.dW`.
    - A layer with state that is not learned, such as running statistics, lists it there too, with
      `trainable=False`, and changes it in `observe`.
    - Shapes leave room in front: `(…, batch, features)`. Speak of the last axes only.
    - Write only into arrays that the same call created.

    Everything else is a fact with a default. `class Square(Layer, name="square")` registers the
    layer, so that files find it.

    >>> class Square(Layer):
    ...     def forward(self, x, rng=None):
    ...         return x * x, x
    ...     def backward(self, dy, saved):
    ...         return 2 * saved * dy
    """

    name: ClassVar[str | None] = None  # by which it is registered
    elementwise: bool = False  # an output depends on the input at its own place alone
    output_range: tuple[float, float] = (-math.inf, math.inf)
    random: ClassVar[bool] = False  # draws noise in training
    keeps_padding: ClassVar[bool] = False  # units and inputs that are all 0 stay without effect
    input_dtype: ClassVar[str | None] = "float"  # or "int"; None: whatever the next layer takes
    never_falls: ClassVar[bool] = False  # elementwise, and a larger x never has a smaller y
    takes_maxima: ClassVar[bool] = False  # each output is the largest of some inputs
    in_pieces: bool = False  # works on pieces of a batch, side by side in threads
    examples: ClassVar[Sequence[Settings]] = ({},)  # settings to check and to test it with
    example_input: ClassVar[Shape] = (6,)  # a shape of one sample that it takes

    bound: bool = False

    def __init_subclass__(cls, name: str | None = None) -> None:
        super().__init_subclass__()
        cls.name = name
        if name is not None:
            register(cls, LAYERS, cls.__name__)

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        """The parameters by name, for samples of this `input_shape` (without the batch)."""
        return {}

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of one sample's output for this `input_shape`; raises `InputError` if it does
        not fit.
        """
        return input_shape

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        """y = f(x), and what backward needs; `rng` is a generator in training, else None."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(x, rng)")

    def backward(self, dy: Array, saved: Any) -> Array:
        """dL/dx from dL/dy and what forward saved; assigns the gradients of the parameters.

        - `dy`: of the shape of y.
        - `saved`: what forward returned beside y; it may be used up.
        """
        raise NotImplementedError(f"{type(self).__name__} has no backward(dy, saved)")

    def gradients(self, dy: Array, saved: Any) -> None:
        """The parameters' gradients alone, from the same `dy` and `saved` as backward: the dL/dx of
        the first trainable layer is not needed.
        """
        self.backward(dy, saved)

    def observe(self, saved: Any) -> None:
        """Change the state that is not learned, from what forward `saved` in a training step."""

    @property
    def observes(self) -> bool:
        """Whether it has state to change."""
        return type(self).observe is not Layer.observe

    def parts(self) -> list[tuple[str, "Layer"]]:
        """The layers that it is made of, by name; none, unless it is a container."""
        return []

    def part_shapes(self, input_shape: Shape) -> list[Shape]:
        """The shape of one sample that each of its parts receives, from this `input_shape`."""
        return [input_shape for _ in self.parts()]

    def weight_matrix(self) -> Array | None:
        """W (…, inputs, units), if y = x W + b is what it computes."""
        return None

    def kernels(self) -> Array | None:
        """Filters (…, height, width, channels, filters), if it lays them over pictures."""
        return None

    def multiply_adds(self, input_shape: Shape) -> int:
        """Multiplications with addition that forward costs for one sample of this `input_shape`."""
        return 0

    def least_samples(self, input_shape: Shape) -> int:
        """The smallest batch it can learn from, if samples have this `input_shape`."""
        return 1

    def covered(self, place: Place, x: Array) -> list[range] | None:
        """Along each axis between batch and channels, which places of x its window covers for y at
        `place`; None if no window slides over x."""
        return None

    def worked_place(self, place: Place, source: Place) -> Place:
        """What to give to the next two for y at `place`, if x at `source` is what is followed."""
        return place

    def worked_forward(self, place: Place, x: Array, y: Array, saved: Any) -> Worked | None:
        """How one number of y came to be, step by step; None if the formula says it all.

        - `place`: the indices of that number in `y`.
        - `x`, `y`, `saved`: what forward took, and what it returned.
        """
        return None

    def worked_backward(self, place: Place, x: Array, dy: Array, saved: Any) -> Worked | None:
        """What follows from one number of dy, step by step; None if the formula says it all.

        - `place`: the indices of that number in `dy`.
        - `x`, `saved`: what forward took and saved.
        """
        return None

    def bind(self, values: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Receive views, by the parameters' names: `self.W` into the network's θ, `self.dW` into
        its gradient.

        - `values`: all parameters, those that are not trained too.
        - `gradients`: of those that are trained.
        """
        for name, value in values.items():
            setattr(self, name, value)
            if name in gradients:
                setattr(self, f"d{name}", gradients[name])
        self.bound = True

    @classmethod
    def from_config(cls, config: Settings, known: "Mapping[str, type[Layer]]" = LAYERS) -> Self:
        """The layer again, from its settings.

        - `config`: what `config()` returned.
        - `known`: the classes that its parts may have, by name.
        """
        return super().from_config(config)

    def __getattr__(self, name: str) -> Any:
        # Reached only for what is not there: the parameters of a layer that no network holds yet.
        if name.startswith("_") or self.bound:
            raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")
        raise UnboundLayerError(
            f"{type(self).__name__} has no {name!r} yet: a layer gets its parameters from a "
            "network, for example Sequential([layer], input_shape=…)"
        )


class UnboundLayerError(GlassnetError, AttributeError):
    """A layer was used before a network gave it its parameters."""


def register(kind: type[Layer], table: dict[str, type[Layer]], name: str) -> None:
    """Put a class into a table. One defined again, as in a notebook, takes its own place."""
    there = table.get(name, kind)
    if (there.__module__, there.__qualname__) != (kind.__module__, kind.__qualname__):
        raise InputError(
            f"{kind.__name__}: {name!r} is the name of {there.__module__}.{there.__qualname__}: "
            "choose a different one"
        )
    table[name] = kind


def layer_from(config: Settings, known: Mapping[str, type[Layer]] = LAYERS) -> Layer:
    """A layer from its kind and settings."""
    kind = choose("kind of layer", str(config["kind"]), known)
    return known[kind].from_config(config, known)
