"""A network: its layers, its one vector of parameters, forward and backward."""

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Self, overload

import numpy as np

from glassnet.base.arrays import Array, FilePath, Rng, Shape, numeric, sizes
from glassnet.base.configurable import choose, element
from glassnet.base.errors import InputError, InputTypeError, ModelFileError
from glassnet.base.states import check_meaning
from glassnet.data.tables.schema import Schema
from glassnet.nn.layers import LAYERS, Layer, activation
from glassnet.nn.losses import Loss, loss_function
from glassnet.nn.metrics import decide
from glassnet.nn.parameters import Parameter, Parameters
from glassnet.nn.summary import Summary, health, summarize

# Rows that go through the layers at once in prediction: their activations stay in the cache, and
# of 64 units they are small enough for memory that is at hand (1,024 rows took four times as long).
ROWS_AT_ONCE = 512

WHAT_BUILD_MAKES = ("layers", "_theta", "_g", "_first_learning")


class Network:
    """Layers in a row, their parameters in one vector, and what can be asked of them.

    `input_shape` is one sample's shape, or its width; without it the first data tells.
    `seed` starts the one generator that draws weights, order and noise; `dtype` is float32 or
    float64, for parameters and every step. Raises `InputError` where layers do not fit together.

    A network follows the layers' own protocol, `forward(x, rng)` and `backward(dy, saved)`, and is
    a sequence of its layers: `net[0]`, `len(net)`, `for layer in net`. The activation of a
    `Dense(64, "relu")` is a layer too.
    """

    def __init__(
        self,
        layers: Iterable[Layer] = (),
        *,
        input_shape: int | Sequence[int] | None = None,
        seed: int | None = None,
        dtype: Any = np.float32,
    ) -> None:
        if dtype not in (np.float32, np.float64, "float32", "float64", float):
            raise InputError(f"dtype is {dtype}, expected float32 or float64")
        plain = isinstance(seed, (int, np.integer)) and not isinstance(seed, bool)
        if seed is not None and not (plain and seed >= 0):
            raise InputError(f"seed is {seed!r}, expected a whole number of 0 or more, or None")
        self.dtype = np.dtype(dtype)
        self.layers: list[Layer] = []
        self.input_shape = None if input_shape is None else sizes("input_shape", input_shape)
        self.seed = seed
        self.rng: Rng = np.random.default_rng(seed)
        self.loss: Loss | None = None
        self.task: str | None = None
        self.classes: tuple[str, ...] = ()
        self.schema: Schema | None = None
        self.feature_names: tuple[str, ...] = ()
        self.target: str | None = None
        self.trained: dict[str, Any] = {}  # how, and to which figures, as plain data
        self._theta: Parameters | None = None
        for layer in layers:
            self.add(layer)
        if self.layers and self.input_shape is not None:
            self.build(self.input_shape)

    def add(self, layer: Layer) -> Self:
        """Put a layer behind the others; returns the network."""
        if not isinstance(layer, Layer):
            raise InputTypeError(f"expected a layer, got {layer!r}: for example Dense(64)")
        if self._theta is not None:
            raise InputError(
                "this network has its weights already: add layers before they are made"
            )
        if layer.bound or any(layer is other for other in self.layers):
            raise InputError(f"{layer!r} is already part of a network: make a new layer")
        self.layers.append(layer)
        if shorthand := getattr(layer, "activation", None):
            self.layers.append(activation(shorthand))
            setattr(layer, "activation", None)  # noqa: B010  (it stands in the list now)
        return self

    @overload
    def __getitem__(self, place: int) -> Layer: ...
    @overload
    def __getitem__(self, place: slice) -> list[Layer]: ...
    def __getitem__(self, place: Any) -> Any:
        """`net[0]` is the first layer, `net[-1]` the last, `net[:2]` a list of the first two."""
        return element("layer", self.layers, place)

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    def __bool__(self) -> bool:
        return True  # without layers it is a network still

    # ---- shapes and parameters

    def shapes(self, input_shape: Shape) -> list[Shape]:
        """The shape of one sample before each layer, and after the last."""
        if not self.layers:
            raise InputError("this network has no layers: add one, for example Dense(10)")
        shapes = [input_shape]
        for index, layer in enumerate(self.layers):
            try:
                shapes.append(layer.output_shape(shapes[-1]))
            except InputError as error:
                raise InputError(f"layer {index}: {error}") from None
        return shapes

    def specs(self, input_shape: Shape) -> dict[str, Parameter]:
        """What every parameter will be for inputs of this shape, by name; nothing is made yet."""
        specs: dict[str, Parameter] = {}
        shapes = self.shapes(input_shape)
        for index, (layer, shape) in enumerate(zip(self.layers, shapes, strict=False)):
            specs |= {f"{index}.{name}": spec for name, spec in layer.build(shape).items()}
        return specs

    def build(self, input_shape: Shape, leading: Shape = (), vector: Array | None = None) -> None:
        """Make the parameters for inputs of this shape and draw their first values.

        `leading=(K,)` makes K networks in one: every array has K in front. Where there is a
        `vector` already, or K of them, the parameters look into that and nothing is drawn.
        """
        shapes = self.shapes(input_shape)
        for layer in self.layers:
            if layer.bound and not self.built:
                raise InputError(f"{layer!r} is already part of a network: make a new layer")
        specs = self.specs(input_shape)
        theta = Parameters(specs, self.dtype, leading, vector)
        if vector is None:
            theta.initialize(self.rng)
        learning = [int(key.partition(".")[0]) for key in specs]
        self._first_learning = learning[0] if learning else len(self.layers)
        self.input_shape, self.output_shape = input_shape, shapes[-1]
        self.bind(theta, theta.like())

    def bind(self, theta: Parameters, gradient: Parameters) -> None:
        """Let the layers look into these parameters and gradients from now on."""
        self._theta, self._g = theta, gradient
        for index, layer in enumerate(self.layers):
            keys = [key for key in theta if key.startswith(f"{index}.")]
            layer.bind(
                {key.partition(".")[2]: theta[key] for key in keys},
                {key.partition(".")[2]: gradient[key] for key in keys},
            )

    @property
    def built(self) -> bool:
        """Whether the parameters exist; they need the input shape."""
        return self._theta is not None

    @property
    def parameters(self) -> Parameters:
        """Every parameter by name, `"0.W"`, as a view into one vector, `parameters.vector`."""
        if self._theta is None:
            if self.input_shape is None:
                raise InputError("the input width is not known: give input_shape=…, or call fit")
            self.build(self.input_shape)
        assert self._theta is not None
        return self._theta

    @property
    def gradient(self) -> Parameters:
        """The gradients that backward assigned last, by the parameters' names."""
        _ = self.parameters
        return self._g

    # ---- the mathematics

    def forward(
        self, x: Array, rng: Rng | None = None, trace: Any = None
    ) -> tuple[Array, list[Any]]:
        """The outputs, and what each layer saved for backward. `rng` means training; a `trace` is
        told what each layer made."""
        saved = []
        for index, layer in enumerate(self.layers):
            y, kept = layer.forward(x, rng)
            if trace is not None:
                trace.forward(index, layer, x, y, kept)
            saved.append(kept)
            x = y
        return x, saved

    def backward(self, dy: Array, saved: list[Any]) -> Array:
        """dL/dx from dL/dy; assigns every parameter's gradient."""
        for layer, kept in zip(reversed(self.layers), reversed(saved), strict=True):
            dy = layer.backward(dy, kept)
        return dy

    def gradients(self, dy: Array, saved: list[Any], trace: Any = None) -> None:
        """Assign every parameter's gradient; layers before the first that learns are left out.

        `saved` is used up: what a layer kept is free as soon as its gradient is known.
        """
        first = self._first_learning
        while len(saved) > first + 1:
            index = len(saved) - 1
            dx = self.layers[index].backward(dy, saved.pop())
            if trace is not None:
                trace.backward(index, dy, dx)
            dy = dx
        if first < len(self.layers):
            self.layers[first].gradients(dy, saved.pop())
            if trace is not None:
                trace.backward(first, dy, None)

    def __call__(self, x: Any) -> Array:
        """The outputs for `x` (samples, …): logits, before any softmax or sigmoid of the loss."""
        x = self.check_inputs(x)
        _ = self.parameters
        return self.outputs(x)

    def outputs(self, x: Array) -> Array:
        """The same for an array that `check_inputs` has passed."""
        if len(x) <= ROWS_AT_ONCE:
            return self._few(x[:])
        y = np.empty((len(x), *self.output_shape), self.dtype)
        for start in range(0, len(x), ROWS_AT_ONCE):
            rows = slice(start, start + ROWS_AT_ONCE)
            y[rows] = self._few(x[rows])
        return y

    def _few(self, x: Array) -> Array:
        y = x.astype(self.dtype, copy=False)
        for layer in self.layers:
            y, _ = layer.forward(y)
        return y if y.base is None and y is not x else y.copy()

    def check_inputs(self, given: Any) -> Array:
        """The array this network can take, or an `InputError` that says why not.

        A pandas table is encoded by the schema that came with the data of the training.
        """
        if self.schema is not None and hasattr(given, "iloc"):
            given = self.schema.encode(given)
        x = numeric("x", given, self.dtype)
        if self.input_shape is not None and x.shape[1:] != self.input_shape:
            wanted = ", ".join(["samples", *map(str, self.input_shape)])
            hint = ": for one sample use x[None]" if x.shape == self.input_shape else ""
            raise InputError(f"x has shape {x.shape}, expected ({wanted}){hint}")
        if x.ndim < 2:
            raise InputError(f"x has shape {x.shape}, expected (samples, features)")
        return x

    # ---- answers

    def predict_proba(self, x: Any) -> Array:
        """The probability of every class, (samples, classes), or of every independent label."""
        return self.trained_loss().probabilities(self(x))

    def predict(self, x: Any) -> Array:
        """The most likely class (samples,), 0 or 1 for each label, or the predicted values."""
        self.trained_loss()
        return decide(self(x), self.task or "values")

    def trained_loss(self) -> Loss:
        """The loss that gives the outputs their meaning; `InputError` before training."""
        if self.loss is None:
            raise InputError(
                "this network has no loss yet, so outputs have no meaning: call fit first"
            )
        return self.loss

    # ---- looking and keeping

    def summary(self) -> Summary:
        """Per layer: output shape, parameters, multiply-adds, bytes; and the totals."""
        _ = self.parameters
        assert self.input_shape is not None
        return summarize(self.layers, self.shapes(self.input_shape), self.parameters)

    def _repr_html_(self) -> str | None:
        """In a notebook: the table of layers, once their shapes are known, and how they learned in
        the last step."""
        if not self.layers or self.input_shape is None:
            return None
        summary = self.summary()
        return summary.beside(*health(summary, self.gradient))

    def config(self) -> dict[str, Any]:
        """The architecture as plain data."""
        layers = [layer.config() for layer in self.layers]
        return {"layers": layers, "input_shape": self.input_shape, "dtype": str(self.dtype)}

    @classmethod
    def from_config(
        cls,
        config: Mapping[str, Any],
        layers: Iterable[type[Layer]] = (),
        seed: int | None = None,
    ) -> Self:
        """A network of this architecture with new weights; `layers` are classes of your own."""
        known = LAYERS | {kind.__name__: kind for kind in layers}
        made = []
        for settings in config["layers"]:
            kind = choose("kind of layer", settings["kind"], known)
            made.append(known[kind].from_config(settings))
        return cls(made, input_shape=config["input_shape"], seed=seed, dtype=config["dtype"])

    def copy(self, dtype: Any = None) -> Self:
        """The same network apart from this one, in another precision where `dtype` is given."""
        kinds = [type(layer) for layer in self.layers]
        config = {**self.config(), "dtype": str(np.dtype(dtype or self.dtype))}
        twin = type(self).from_config(config, kinds)
        if self.built:
            twin.parameters.vector[...] = self.parameters.vector
        twin.take_meaning(self)
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle and deepcopy: parameters are views into one vector, so it goes apart."""
        kinds = [type(layer) for layer in self.layers]
        vector = self.parameters.vector if self.built else None
        state = {name: value for name, value in vars(self).items() if name not in WHAT_BUILD_MAKES}
        return _rebuilt, (type(self), self.config(), kinds, vector, state)

    def take_meaning(self, other: "Network") -> None:
        """Let inputs and outputs mean what they do in the other network."""
        for name in ("loss", "task", "classes", "schema", "feature_names", "target", "trained"):
            setattr(self, name, getattr(other, name))

    def save(self, path: FilePath) -> None:
        """Write the network to one .safetensors file, whole or not at all."""
        from glassnet.base import files

        files.write(path, dict(self.parameters), {"network": self.config(), **self.meaning()})

    def meaning(self) -> dict[str, Any]:
        """What the outputs mean and what the inputs were made of, as plain data."""
        return {
            "loss": self.loss.config() if self.loss else None,
            "task": self.task,
            "classes": list(self.classes),
            "schema": self.schema.config() if self.schema else None,
            "feature_names": list(self.feature_names),
            "target": self.target,
            "trained": self.trained,
        }

    @classmethod
    def load(
        cls,
        path: FilePath,
        layers: Iterable[type[Layer]] = (),
        losses: Iterable[type[Loss]] = (),
    ) -> Self:
        """The network of a file; `layers` and `losses` are classes of your own that it uses."""
        from glassnet.base import files

        tensors, header = files.read(path)
        for what, hint in (("stack", "read it with Stack.load"), ("checkpoint", "fit(resume=…)")):
            if what in header:
                raise ModelFileError(f"{path} holds a {what}, not one network: {hint}")
        with files.loading(path):
            return cls.restored(tensors, header, layers, losses)

    @classmethod
    def restored(
        cls,
        tensors: Mapping[str, Array],
        header: Mapping[str, Any],
        layers: Iterable[type[Layer]] = (),
        losses: Iterable[type[Loss]] = (),
    ) -> Self:
        """The network of a file's tensors and header."""
        network = cls.from_config({**header["network"], "input_shape": None}, layers)
        shape = sizes("input_shape", header["network"]["input_shape"])
        # Compared before anything of the size that the header claims is made.
        wanted = {name: (spec.shape, network.dtype) for name, spec in network.specs(shape).items()}
        if wanted != {name: (values.shape, values.dtype) for name, values in tensors.items()}:
            raise ModelFileError("its tensors are not those of its layers")
        network.build(shape)
        check_meaning(header, network.output_shape[0])
        network.loss = loss_function(header["loss"], losses) if header["loss"] else None
        network.task, network.classes = header["task"], tuple(header["classes"])
        if schema := header.get("schema"):
            network.schema = Schema.from_config(schema)
        # What follows is not in the oldest files.
        network.feature_names = tuple(header.get("feature_names", ()))
        network.target, network.trained = header.get("target"), dict(header.get("trained", {}))
        for name, values in tensors.items():
            network.parameters[name] = values
        wrong = [name for name, values in tensors.items() if not np.isfinite(values).all()]
        if wrong:
            warnings.warn(f"{' and '.join(wrong)} have values that are not finite", stacklevel=2)
        return network

    def __repr__(self) -> str:
        layers = ", ".join(map(repr, self.layers))
        return f"{type(self).__name__}([{layers}], input_shape={self.input_shape})"


def _rebuilt(kind: type[Network], config: Any, layers: Any, vector: Any, state: Any) -> Network:
    network = kind.from_config({**config, "input_shape": None}, layers)
    vars(network).update(state)
    if network.input_shape is not None and vector is not None:
        network.build(network.input_shape, vector=vector)
    return network
