"""What a layer is: a formula, and its derivative."""

from collections.abc import Mapping
from typing import Any, ClassVar

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.configurable import Described
from glassnet.base.errors import GlassnetError
from glassnet.nn.parameters import Parameter


class Layer(Described):
    """Base of all layers. A layer of your own needs `forward` and `backward`.

    - `forward(x, rng)` returns the output and whatever `backward` will need. It keeps nothing: the
      caller holds the batch, so a layer may predict in the middle of training, in many threads.
      `rng` is a generator in training and None in prediction.
    - `backward(dy, saved)` takes dL/dy and returns dL/dx, of the shape of x. A layer with
      parameters also writes their gradients: `self.dW[...] = …`, assigned, never added.
    - A layer with parameters lists them in `build`; the network then sets `self.W`, `self.dW`.
    - Shapes leave room in front: `(…, batch, features)`. Speak of the last axes only.
    - Write only into arrays that the same call created.

    >>> class Square(Layer):
    ...     def forward(self, x, rng=None):
    ...         return x * x, x
    ...     def backward(self, dy, saved):
    ...         return 2 * saved * dy
    """

    bound: bool = False
    inputs_wanted: ClassVar[str] = "any input"

    def build(self, input_shape: Shape) -> dict[str, Parameter]:
        """The parameters for inputs of this shape (one sample's, without the batch)."""
        return {}

    def output_shape(self, input_shape: Shape) -> Shape:
        """The shape of one sample's output; raises `InputError` where the input does not fit."""
        return input_shape

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        """y = f(x), and what backward needs."""
        raise NotImplementedError(f"{type(self).__name__} has no forward(x, rng)")

    def backward(self, dy: Array, saved: Any) -> Array:
        """dL/dx from dL/dy; assigns the gradients of the parameters."""
        raise NotImplementedError(f"{type(self).__name__} has no backward(dy, saved)")

    def gradients(self, dy: Array, saved: Any) -> None:
        """The parameters' gradients alone, for the first layer: nobody asks for its dL/dx."""
        self.backward(dy, saved)

    def multiply_adds(self, input_shape: Shape) -> int:
        """Multiplications with addition that one sample's forward costs."""
        return 0

    def bind(self, values: Mapping[str, Array], gradients: Mapping[str, Array]) -> None:
        """Receive the views: `self.W` into the network's θ, `self.dW` into its gradient."""
        for name in values:
            setattr(self, name, values[name])
            setattr(self, f"d{name}", gradients[name])
        self.bound = True

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
