"""Activations: one formula each, applied to every number.

Where the formula allows, the derivative is written in terms of the output y, so that the output is
all that has to be kept.

`curve` and `derivative` are the formulas of a number. Where NumPy is faster with another form of
the same, by more than a twentieth, `forward` and `backward` have that; tests hold them together.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np

from glassnet.base.arrays import Array, Rng
from glassnet.base.configurable import resolve
from glassnet.nn.functions import (
    erf,
    exp,
    expm1,
    mask_positive,
    sigmoid,
    softplus,
    tanh,
    where,
)
from glassnet.nn.layers.base import Layer, register
from glassnet.nn.worked import Place, Worked, at

ACTIVATIONS: dict[str, type[Layer]] = {}
"""Every registered activation, by its name."""

SATURATED = 40.0  # beyond it Φ(x) is 0 or 1 to the last bit, and x³ need not overflow


class Activation(Layer):
    """Base of activations: no parameters, and unless it says otherwise, elementwise.

    `curve(x)` is the formula and `derivative(y)` its derivative, written in terms of the output, or
    with `from_output = False` of the input. One of your own may have `forward` and `backward`
    instead. A registered one can be given by its name.

    >>> from glassnet import Dense
    >>> class Cube(Activation):  # Cube(Activation, name="cube") registers it
    ...     from_output = False
    ...     @staticmethod
    ...     def curve(x):
    ...         return x**3
    ...     @staticmethod
    ...     def derivative(x):
    ...         return 3 * x**2
    >>> Dense(8, Cube())
    Dense(8, activation=Cube())
    """

    elementwise = True
    keeps_padding = True
    from_output: ClassVar[bool] = True  # the derivative is a formula of y, not of x
    curve: ClassVar[Callable[..., Any] | None] = None
    derivative: ClassVar[Callable[..., Any] | None] = None

    @property
    def constants(self) -> tuple[float, ...]:
        """The settings that both formulas take after their variable."""
        return ()

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Any]:
        if self.curve is None:
            return super().forward(x, rng)
        y = self.curve(x, *self.constants)
        return y, y if self.from_output else x

    def backward(self, dy: Array, saved: Any) -> Array:
        if self.derivative is None:
            return super().backward(dy, saved)
        slope: Array = self.derivative(saved, *self.constants)
        kept = slope is saved  # by a formula such as y itself
        dx: Array = np.multiply(slope, dy, out=None if kept else slope)
        return dx

    def worked_forward(self, place: Place, x: Array, y: Array, saved: Any) -> Worked:
        line = f"{at('y', place)} = {self.name or type(self).__name__} {{x}} = {{y}}"
        return Worked((line,), {"x": float(x[place]), "y": float(y[place])})

    def worked_backward(self, place: Place, x: Array, dy: Array, saved: Any) -> Worked:
        slope = float(self.backward(np.ones_like(dy), saved)[place])
        dx = float(self.backward(dy, saved)[place])
        line = f"{at('dx', place)} = dy · slope = {{dy}} · {{slope}} = {{dx}}"
        return Worked((line,), {"dy": float(dy[place]), "slope": slope, "dx": dx})

    def __init_subclass__(cls, name: str | None = None) -> None:
        super().__init_subclass__(name)
        if name is not None:
            register(cls, ACTIVATIONS, name)


class ReLU(Activation, name="relu"):
    """y = max(0, x);  dx = dy where y > 0, else 0  (Nair & Hinton, 2010).

    >>> ReLU().forward(np.array([-2.0, 3.0]))[0].round(4).tolist()
    [0.0, 3.0]
    """

    output_range = (0.0, math.inf)
    never_falls = True

    @staticmethod
    def curve(x: Any) -> Any:
        return np.maximum(x, 0)

    @staticmethod
    def derivative(y: Any) -> Any:
        return where(y > 0, 1, 0)

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Array]:
        y = np.zeros_like(x)
        np.maximum(x, y, out=y)  # against an array of zeros in half the time of one zero
        return y, y

    def backward(self, dy: Array, saved: Array) -> Array:
        return mask_positive(dy, saved)


class LeakyReLU(Activation, name="leaky_relu"):
    """y = max(slope·x, x);  dx = dy where y > 0, else slope·dy  (Maas et al., 2013).

    - `slope=0.01`: of the line below 0.

    >>> LeakyReLU(0.1).forward(np.array([-2.0, 3.0]))[0].tolist()
    [-0.2, 3.0]
    """

    examples = ({}, {"slope": 0.2})

    def __init__(self, slope: float = 0.01) -> None:
        self.slope = self.number("slope", slope, "[0, 1]")

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.slope,)

    @staticmethod
    def curve(x: Any, slope: float) -> Any:
        return np.maximum(slope * x, x)

    @staticmethod
    def derivative(y: Any, slope: float) -> Any:
        return where(y > 0, 1, slope)

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, Array]:
        y = self.slope * x
        np.maximum(x, y, out=y)
        return y, y

    def backward(self, dy: Array, saved: Array) -> Array:
        dx = mask_positive(dy, saved)
        below = dy - dx
        below *= self.slope
        dx += below
        return dx


class ELU(Activation, name="elu"):
    """y = x where x > 0, else α(eˣ − 1);  dx = dy where y > 0, else (y + α) dy  (Clevert, 2016).

    - `alpha=1.0`: α; for very negative x, y comes near to −α.

    >>> ELU().forward(np.array([-2.0, 3.0]))[0].round(4).tolist()
    [-0.8647, 3.0]
    """

    examples = ({}, {"alpha": 0.5})

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = self.number("alpha", alpha, "[0, inf)")
        self.output_range = (-self.alpha, math.inf)

    @property
    def constants(self) -> tuple[float, ...]:
        return (self.alpha,)

    @staticmethod
    def curve(x: Any, alpha: float) -> Any:
        return np.maximum(x, 0) + alpha * expm1(np.minimum(x, 0))

    @staticmethod
    def derivative(y: Any, alpha: float) -> Any:
        return where(y > 0, 1, y + alpha)

    def backward(self, dy: Array, saved: Array) -> Array:
        dx = mask_positive(dy, saved)
        below = dy - dx
        below *= saved + self.alpha
        dx += below
        return dx


class SELU(Activation, name="selu"):
    """y = λx where x > 0, else λα(eˣ − 1);  dx = λ dy where y > 0, else (y + λα) dy.

    λ = 1.0507…, α = 1.6733…: mean 0 and variance 1 are a fixed point (Klambauer et al., 2017).

    >>> SELU().forward(np.array([-2.0, 3.0]))[0].round(4).tolist()
    [-1.5202, 3.1521]
    """

    ALPHA = 1.6732632423543772
    LAMBDA = 1.0507009873554805
    output_range = (-LAMBDA * ALPHA, math.inf)

    @property
    def constants(self) -> tuple[float, ...]:
        return self.LAMBDA, self.LAMBDA * self.ALPHA

    @staticmethod
    def curve(x: Any, scale: float, depth: float) -> Any:
        return scale * np.maximum(x, 0) + depth * expm1(np.minimum(x, 0))

    @staticmethod
    def derivative(y: Any, scale: float, depth: float) -> Any:
        return where(y > 0, scale, y + depth)

    def backward(self, dy: Array, saved: Array) -> Array:
        dx = mask_positive(dy, saved)
        below = dy - dx
        below *= saved + self.LAMBDA * self.ALPHA
        dx *= self.LAMBDA
        dx += below
        return dx


class GELU(Activation, name="gelu"):
    """y = x Φ(x), Φ the normal distribution's cumulative function  (Hendrycks & Gimpel, 2016).

    exact         Φ(x) = (1 + erf(x/√2)) / 2          Φ′(x) = e^(−x²/2) / √(2π)
    approximate   Φ(x) ≈ (1 + tanh(√(2/π) (x + 0.044715 x³))) / 2
    backward      dx = dy (Φ(x) + x Φ′(x))

    - `approximate=False`: whether to take the tanh formula.

    >>> GELU().forward(np.array([-2.0, 3.0]))[0].round(4).tolist()
    [-0.0455, 2.996]
    """

    examples = ({}, {"approximate": True})
    from_output = False

    def __init__(self, approximate: bool = False) -> None:
        self.approximate = approximate

    @property
    def constants(self) -> tuple[float, ...]:
        return (float(self.approximate),)

    @staticmethod
    def curve(x: Any, approximate: float) -> Any:
        if approximate:
            return x * sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))
        return x * (1 + erf(x / math.sqrt(2))) / 2

    @staticmethod
    def derivative(x: Any, approximate: float) -> Any:
        if approximate:  # Φ = σ(2u) has the derivative 2Φ (1 − Φ) u′
            x = np.maximum(np.minimum(x, SATURATED), -SATURATED)
            phi = sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))
            du = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
            return phi + x * 2 * phi * (1 - phi) * du
        density = exp(-x * x / 2) / math.sqrt(2 * math.pi)
        return (1 + erf(x / math.sqrt(2))) / 2 + x * density

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, tuple[Array, Array]]:
        phi = self._phi(np.clip(x, -SATURATED, SATURATED))
        return x * phi, (x, phi)

    def backward(self, dy: Array, saved: tuple[Array, Array]) -> Array:
        x, phi = saved
        dx = self._slope(np.clip(x, -SATURATED, SATURATED), phi)
        dx *= x
        dx += phi
        dx *= dy
        return dx

    def _phi(self, x: Array) -> Array:
        if self.approximate:
            phi = np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))
        else:
            phi = erf(x / math.sqrt(2))
        phi += 1
        phi /= 2
        return phi

    def _slope(self, x: Array, phi: Array) -> Array:
        slope: Array
        if self.approximate:  # (1 + tanh u)/2 has the derivative 2Φ (1 − Φ) u′
            du = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
            slope = 2 * phi * (1 - phi) * du
        else:
            slope = x * x
            slope /= -2
            np.exp(slope, out=slope)
            slope /= math.sqrt(2 * math.pi)
        return slope


class SiLU(Activation, name="silu"):
    """y = x σ(x);  dx = dy σ(x) (1 + x (1 − σ(x)))  (Elfwing et al., 2018; "swish").

    >>> SiLU().forward(np.array([-2.0, 3.0]))[0].round(4).tolist()
    [-0.2384, 2.8577]
    """

    from_output = False

    @staticmethod
    def curve(x: Any) -> Any:
        return x * sigmoid(x)

    @staticmethod
    def derivative(x: Any) -> Any:
        return sigmoid(x) * (1 + x * (1 - sigmoid(x)))

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, tuple[Array, Array]]:
        s = sigmoid(x)
        return x * s, (x, s)

    def backward(self, dy: Array, saved: tuple[Array, Array]) -> Array:
        x, s = saved
        dx = 1 - s
        dx *= x
        dx += 1
        dx *= s
        dx *= dy
        return dx


class Sigmoid(Activation, name="sigmoid"):
    """y = 1 / (1 + e⁻ˣ);  dx = dy y (1 − y).

    >>> Sigmoid().forward(np.array([-2.0, 3.0]))[0].round(4).tolist()
    [0.1192, 0.9526]
    """

    output_range = (0.0, 1.0)

    @staticmethod
    def curve(x: Any) -> Any:
        return sigmoid(x)

    @staticmethod
    def derivative(y: Any) -> Any:
        return y * (1 - y)


class Tanh(Activation, name="tanh"):
    """y = tanh x;  dx = dy (1 − y²).

    >>> Tanh().forward(np.array([-2.0, 3.0]))[0].round(4).tolist()
    [-0.964, 0.9951]
    """

    output_range = (-1.0, 1.0)

    @staticmethod
    def curve(x: Any) -> Any:
        return tanh(x)

    @staticmethod
    def derivative(y: Any) -> Any:
        return 1 - y * y

    def backward(self, dy: Array, saved: Array) -> Array:
        dx = saved * saved  # in place: one array of memory, not two
        np.subtract(1, dx, out=dx)
        dx *= dy
        return dx


class Softplus(Activation, name="softplus"):
    """y = log(1 + eˣ);  dx = dy (1 − e⁻ʸ), since σ(x) = 1 − e⁻ʸ  (Dugas et al., 2001).

    >>> Softplus().forward(np.array([-2.0, 3.0]))[0].round(4).tolist()
    [0.1269, 3.0486]
    """

    output_range = (0.0, math.inf)

    @staticmethod
    def curve(x: Any) -> Any:
        return softplus(x)

    @staticmethod
    def derivative(y: Any) -> Any:
        return -expm1(-y)


def activation(given: "str | Mapping[str, Any] | Layer") -> Layer:
    """An activation from its name, `"leaky_relu:slope=0.1"`, its config, or itself."""
    return resolve("activation", given, ACTIVATIONS, Layer)
