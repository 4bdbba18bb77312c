"""The layers' protocol, checked in the first step of a layer of the user's own.

Until then its methods check what they return; afterwards they are the layer's own again.
"""

import inspect
from typing import Any

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape
from glassnet.base.errors import LayerError
from glassnet.nn.layers.base import Layer

CALLED_AS = {"forward": "forward(x, rng)", "backward": "backward(dy, saved)"}


def check_first_step(layer: Layer, input_shape: Shape, before: str = "") -> None:
    """Let this layer's first step, or those of its parts, raise LayerError if they are not as the
    protocol has them; `before` is the layer's name and a dot."""
    for (name, part), shape in zip(layer.parts(), layer.part_shapes(input_shape), strict=True):
        if type(part).__module__.partition(".")[0] != __name__.partition(".")[0]:
            Trial(f"layer {before}{name} ({type(part).__name__})", part, shape)
        check_first_step(part, shape, f"{before}{name}.")


class Trial:
    """A layer whose methods check themselves until one backward was right."""

    def __init__(self, label: str, layer: Layer, input_shape: Shape) -> None:
        self.label, self.layer = label, layer
        self.input_shape, self.output_shape = input_shape, layer.output_shape(input_shape)
        self.specs = layer.build(input_shape)
        for method in CALLED_AS:
            self._check_arguments(method)
        self.own = {name: getattr(layer, name) for name in (*CALLED_AS, "gradients")}
        vars(layer).update(forward=self.forward, backward=self.backward, gradients=self.gradients)

    def forward(self, x: Array, rng: Rng | None = None) -> Any:
        """The layer's forward, which must return two things, the first of the right shape."""
        views = self._views()
        made = self.own["forward"](x, rng)
        self._check_views(views)
        if not (isinstance(made, tuple) and len(made) == 2):
            raise LayerError(
                f"{self.label}: forward returned {_what(made)}, expected (y, saved): the output, "
                "and what backward needs"
            )
        expected = (*x.shape[: x.ndim - len(self.input_shape)], *self.output_shape)
        shape = np.shape(made[0])
        if shape[-len(self.output_shape) - 1 :] != expected[-len(self.output_shape) - 1 :]:
            raise LayerError(
                f"{self.label}: forward returned y of shape {shape}, expected {expected}: "
                "output_shape(input_shape) must say what forward makes"
            )
        return made

    def backward(self, dy: Array, saved: Any) -> Array:
        """The layer's backward, which must return dL/dx and assign its gradients."""
        dx = self._twice("backward", dy, saved)
        expected = (*dy.shape[: dy.ndim - len(self.output_shape)], *self.input_shape)
        if not isinstance(dx, np.ndarray) or dx.shape != expected:
            raise LayerError(
                f"{self.label}: backward returned {_what(dx)}, expected dL/dx, an array of the "
                f"shape of x, {expected}"
            )
        self._end()
        return dx

    def gradients(self, dy: Array, saved: Any) -> None:
        """The same for the first trainable layer: its own gradients, or those of backward."""
        if type(self.layer).gradients is Layer.gradients:
            self.backward(dy, saved)
            return
        self._twice("gradients", dy, saved)
        self._end()

    def _twice(self, method: str, dy: Array, saved: Any) -> Any:
        """The method's result. It is called a second time, since only then a sum would show."""
        views = self._views()
        learned = [name for name, spec in self.specs.items() if spec.trainable and "." not in name]
        gradients = {f"d{name}": views[f"d{name}"] for name in learned}
        found = []
        for fill in (0, 1):
            for view in gradients.values():
                view[...] = fill
            dx = self.own[method](dy, saved)
            self._check_views(views)
            found.append([view.copy() for view in gradients.values()])
        for name, first, second in zip(gradients, *found, strict=True):
            if not np.array_equal(first, second, equal_nan=True):
                raise LayerError(
                    f"{self.label}: {method} does not assign self.{name}, or adds to it: write "
                    f"self.{name}[...] = …, without +="
                )
        return dx

    def _end(self) -> None:
        for method in self.own:
            vars(self.layer).pop(method, None)

    def _views(self) -> dict[str, Array]:
        """The parameters and their gradients, which look into the network's vectors."""
        wanted = [*self.specs, *(f"d{name}" for name in self.specs)]
        return {name: vars(self.layer)[name] for name in wanted if name in vars(self.layer)}

    def _check_views(self, views: dict[str, Array]) -> None:
        for name, view in views.items():
            if getattr(self.layer, name) is not view:
                raise LayerError(
                    f"{self.label}: self.{name} = … put a new array in place of the network's own, "
                    f"so it would never learn: write into it, self.{name}[...] = …"
                )

    def _check_arguments(self, method: str) -> None:
        signature = inspect.signature(getattr(self.layer, method))
        try:
            signature.bind(None, None)
        except TypeError:
            raise LayerError(
                f"{self.label}: {method}{signature} is called as {CALLED_AS[method]}: let it take "
                "these two arguments"
            ) from None


def _what(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    if isinstance(value, tuple):
        return f"a tuple of {len(value)}"
    return "None" if value is None else f"a {type(value).__name__}"
