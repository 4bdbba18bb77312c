"""A network: its layers, its one vector of parameters, forward and backward."""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import prod
from typing import Any, Self, overload

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape, numeric, sizes
from glassnet.base.configurable import checked, element
from glassnet.base.errors import InputError
from glassnet.base.frames import is_table
from glassnet.base.memory import keep_freed_memory
from glassnet.base.threads import one_blas_thread
from glassnet.nn.layers import LAYERS, Chain, Layer, layers_from, walk
from glassnet.nn.layers.base import Settings, layer_from
from glassnet.nn.losses import Loss
from glassnet.nn.parameters import Parameter, Parameters
from glassnet.nn.protocol import check_first_step
from glassnet.nn.summary import Summary, health, summarize
from glassnet.nn.task import VALUES, Task, task_named

# Rows that go through the layers at once in prediction: their activations stay in the cache, and
# of 64 units they are small enough for memory that is at hand (1,024 rows took four times as long).
ROWS_AT_ONCE = 512
# Numbers that a layer makes of them at most: of large pictures fewer go at once.
NUMBERS_AT_ONCE = 2**25

NOT_PICKLED = ("root", "_theta", "_g")  # views into one vector, made again

Kinds = Iterable[type[Layer]]


class Network:
    """A root layer, its parameters in one vector, and all that follows from them.

    - `layers`: in their order, or in words, "dense 64, relu, dense 10": see `layers_from`. None at
      first is fine: see `add`.
    - `input_shape`: of one sample, or its width; without it, the first data decides.
    - `seed`: starts the one generator that draws weights, order of samples and noise; without it,
      every network is different.
    - `dtype=float32`: of parameters and every step; or float64.

    >>> from glassnet import Dense
    >>> net = Network([Dense(3)], input_shape=2, seed=0)
    >>> net([[1.0, 2.0]]).shape, len(net)
    ((1, 3), 1)

    Raises `InputError` if layers do not fit together.

    A network follows the layers' own protocol, `forward(x, rng)` and `backward(dy, saved)`, and is
    a sequence of its layers: `net[0]`, `len(net)`, `for layer in net`. The activation of a
    `Dense(64, "relu")` is a layer too.
    """

    @checked
    def __init__(
        self,
        layers: str | Iterable[Layer] = (),
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
        self.root = Chain([])
        self.input_shape = None if input_shape is None else sizes("input_shape", input_shape)
        self.seed = seed
        self.rng: Rng = np.random.default_rng(seed)
        self.loss: Loss | None = None
        self._task: Task | None = None
        self.classes: tuple[str, ...] = ()
        self.schema: Any = None  # what encodes a table of the user's, `data`'s `Schema`
        self.feature_names: tuple[str, ...] = ()
        self.target: str | None = None
        self.trained: dict[str, Any] = {}  # how, and to which metrics, as plain data
        self._theta: Parameters | None = None
        self._largest = 1  # numbers that a layer makes of a sample
        self.input_dtype = self.dtype  # of what the first layer takes: int64 for indices
        for layer in layers_from(layers) if isinstance(layers, str) else layers:
            self.add(layer)
        if self.layers and self.input_shape is not None:
            self.build(self.input_shape)

    @checked
    def add(self, layer: Any) -> Self:
        """Append a `layer`, a list of layers or a network; returns this network. Raises
        `InputError` once the weights exist.

        >>> from glassnet import Dense, Sequential
        >>> len(Sequential(input_shape=2).add(Dense(16, "relu")).add(Dense(2)))
        3
        """
        if self._theta is not None:
            raise InputError(
                "this network has its weights already: add layers before they are made"
            )
        self.root.append(layer)
        self.input_dtype = np.dtype(np.int64) if self.root.input_dtype == "int" else self.dtype
        return self

    @property
    def layers(self) -> list[Layer]:
        """The layers in their order; those of a container are its own."""
        return self.root.layers

    @property
    def task(self) -> Task | None:
        """What the outputs mean, once that is known; it may be set by its name."""
        return self._task

    @task.setter
    def task(self, given: str | None) -> None:
        self._task = None if given is None else task_named(given)

    def walk(self) -> Iterator[tuple[str, Layer]]:
        """Every layer with its name, those of containers too: `"2"`, `"2.body"`, `"2.body.0"`."""
        return walk(self.root.parts())

    def label(self, name: int | str) -> str:
        """A layer in words: `layer 2 (Dense)`; `name` is its number, or its name in a container."""
        kinds = {each: type(layer).__name__ for each, layer in self.walk()}
        return f"layer {name} ({kinds[str(name)]})"

    def as_layer(self) -> Chain:
        """A copy as one layer of another network, where it starts from the weights it has here."""
        chain = Chain.from_config(self.root.config(), self._known())
        if self.built:
            chain.starts = {name: values.copy() for name, values in self.parameters.items()}
        return chain

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
        """The shape of one sample before each layer, and after the last, for this `input_shape`.

        >>> from glassnet import Dense, Sequential
        >>> Sequential([Dense(16, "relu"), Dense(2)]).shapes((8,))
        [(8,), (16,), (16,), (2,)]
        """
        if not self.layers:
            raise InputError("this network has no layers: add one, for example Dense(10)")
        return self.root.all_shapes(input_shape)

    def specs(self, input_shape: Shape) -> dict[str, Parameter]:
        """What every parameter will be for samples of this `input_shape`, by name; nothing is made
        yet.
        """
        _ = self.shapes(input_shape)
        return self.root.build(input_shape)

    def build(self, input_shape: Shape, leading: Shape = (), vector: Array | None = None) -> None:
        """Make the parameters and draw their first values.

        - `input_shape`: of one sample.
        - `leading`: (K,) makes K networks in one: every array has K in front.
        - `vector`: (n,) or (K, n) that exists already: the parameters then look into it, and
          nothing is drawn.
        """
        for _, layer in self.walk():
            if layer.bound and not self.built:
                raise InputError(f"{layer!r} is already part of a network: make a new layer")
        keep_freed_memory()
        shapes = self.shapes(input_shape)
        theta = Parameters(self.root.build(input_shape), self.dtype, leading, vector)
        if vector is None:
            theta.initialize(self.rng)
        self.input_shape, self.output_shape = input_shape, shapes[-1]
        self._largest = max(map(prod, shapes))
        self.bind(theta, theta.like())
        check_first_step(self.root, input_shape)

    def bind(self, theta: Parameters, gradient: Parameters) -> None:
        """Let the layers look into `theta` and `gradient` from now on."""
        self._theta, self._g = theta, gradient
        self.root.bind(theta, gradient)

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
        """The gradients that backward assigned last, by the names of the trainable parameters."""
        _ = self.parameters
        return self._g

    # ---- the mathematics

    def forward(self, x: Array, rng: Rng | None = None) -> tuple[Array, list[Any]]:
        """The outputs for x, and what each layer saved for backward; `rng` is a generator in
        training, else None.
        """
        return self.root.forward(x, rng)

    def backward(self, dy: Array, saved: list[Any]) -> Array:
        """dL/dx from `dy`, which is dL/dy, and what forward `saved`; assigns every parameter's
        gradient.
        """
        return self.root.backward(dy, saved)

    def gradients(self, dy: Array, saved: list[Any]) -> None:
        """Assign every parameter's gradient from `dy` and what forward `saved`, without dL/dx; uses
        up what was saved.
        """
        self.root.gradients(dy, saved)

    def __call__(self, x: Any) -> Array:
        """The outputs for `x` (samples, …): logits, before any softmax or sigmoid of the loss."""
        x = self.check_inputs(x)
        _ = self.parameters
        return self.outputs(x)

    def activations(self, x: Array) -> Iterator[Array]:
        """The output of each layer in turn, in prediction, for an array x that `check_inputs`
        returned.
        """
        x = x.astype(self.input_dtype, copy=False)
        for layer in self.layers:
            x, _ = layer.forward(x)
            yield x

    def outputs(self, x: Array) -> Array:
        """The outputs for an array x that `check_inputs` returned: logits (samples, outputs)."""
        step = self.rows_at_once
        if len(x) <= step:
            return self._predict_batch(x[:])
        y = np.empty((len(x), *self.output_shape), self.dtype)
        with one_blas_thread(self.root.in_pieces):
            for start in range(0, len(x), step):
                rows = slice(start, start + step)
                y[rows] = self._predict_batch(x[rows])
        return y

    @property
    def rows_at_once(self) -> int:
        """How many rows go through the layers at once in prediction: 512, or fewer of large
        pictures, so that memory does not depend on how many there are.

        >>> from glassnet import Sequential
        >>> [Sequential("conv 32", input_shape=(n, n, 3)).rows_at_once for n in (28, 224)]
        [512, 20]
        """
        return max(1, min(ROWS_AT_ONCE, NUMBERS_AT_ONCE // self._largest))

    def _predict_batch(self, x: Array) -> Array:
        y = x = x.astype(self.input_dtype, copy=False)
        for layer in self.root.in_order():
            y, _ = layer.forward(y)
        return y if y.base is None and y is not x else y.copy()

    def check_inputs(self, given: Any) -> Array:
        """The array this network can take, from what was `given`, or an `InputError` that says why
        not.

        A table of pandas, polars or Arrow is encoded by the schema that came with the data of the
        training.
        """
        if self.schema is not None and is_table(given):
            given = self.schema.encode_table(given)
        x = numeric("x", given, self.dtype)
        if self.input_dtype.kind == "i":
            x = _whole_numbers(x, self.layers[0])
        if self.input_shape is not None and x.shape[1:] != self.input_shape:
            wanted = ", ".join(["samples", *map(str, self.input_shape)])
            hint = ": for one sample use x[None]" if x.shape == self.input_shape else ""
            raise InputError(f"x has shape {x.shape}, expected ({wanted}){hint}")
        if x.ndim < 2:
            raise InputError(f"x has shape {x.shape}, expected (samples, features)")
        return x

    # ---- predictions

    @checked
    def predict_proba(self, x: Any) -> Array:
        """The probability of every class for x (samples, …): (samples, classes), or of every
        independent label. Raises `InputError` before training, and for values.
        """
        return self.trained_loss().probabilities(self(x))

    @checked
    def predict(self, x: Any) -> Array:
        """The most likely class of each of x (samples, …): (samples,), 0 or 1 for each label, or
        the predicted values. Raises `InputError` before training.
        """
        self.trained_loss()
        return (self.task or VALUES).decide(self(x))

    def trained_loss(self) -> Loss:
        """The loss that gives the outputs their meaning; `InputError` before training."""
        if self.loss is None:
            raise InputError(
                "this network has no loss yet, so outputs have no meaning: call fit first"
            )
        return self.loss

    # ---- looking and keeping

    def summary(self) -> Summary:
        """Per layer: output shape, parameters, multiply-adds, bytes; and the totals. Below them, if
        it was not NumPy, the engine that trained it."""
        _ = self.parameters
        assert self.input_shape is not None
        summary = summarize(self.root, self.input_shape, self.parameters)
        engine = self.trained.get("settings", {}).get("engine", "numpy")
        return summary if engine == "numpy" else summary._replace(note=f"trained by {engine} steps")

    def _repr_html_(self) -> str | None:
        """In a notebook: the table of layers, once their shapes are known, and how they learned in
        the last step."""
        if not self.layers or self.input_shape is None:
            return None
        summary = self.summary()
        headings, bars = health(summary, self.gradient)
        return summary.beside(headings, bars) if headings else summary._repr_html_()

    def config(self) -> dict[str, Any]:
        """The architecture as plain data."""
        layers = [layer.config() for layer in self.layers]
        return {"layers": layers, "input_shape": self.input_shape, "dtype": str(self.dtype)}

    @classmethod
    def from_config(cls, config: Settings, layers: Kinds = (), seed: int | None = None) -> Self:
        """A network of this architecture with new weights.

        - `config`: what `config()` returned.
        - `layers`: classes of your own that it uses.
        - `seed`: of the new network.
        """
        known = LAYERS | {kind.__name__: kind for kind in layers}
        made = [layer_from(each, known) for each in config["layers"]]
        return cls(made, input_shape=config["input_shape"], seed=seed, dtype=config["dtype"])

    def kinds(self) -> list[type[Layer]]:
        """The classes of its layers, those in containers too."""
        return [type(layer) for _, layer in self.walk()]

    def _known(self) -> Mapping[str, type[Layer]]:
        return LAYERS | {kind.__name__: kind for kind in self.kinds()}

    @checked
    def copy(self, dtype: Any = None) -> Self:
        """An independent copy of the network, in another precision if a `dtype` is given."""
        if not self.built:
            twin = copy.deepcopy(self)
            if dtype is not None:
                integer = self.input_dtype.kind == "i"
                twin.dtype = np.dtype(dtype)
                twin.input_dtype = self.input_dtype if integer else twin.dtype
            return twin
        config = {**self.config(), "dtype": str(np.dtype(dtype or self.dtype))}
        twin = type(self).from_config(config, self.kinds())
        twin.parameters.vector[...] = self.parameters.vector
        twin.copy_task(self)
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        """For pickle and deepcopy: parameters are views into one vector, which is stored apart."""
        if not self.built:
            return _with_state, (type(self), vars(self))
        state = {name: value for name, value in vars(self).items() if name not in NOT_PICKLED}
        return _rebuilt, (type(self), self.config(), self.kinds(), self.parameters.vector, state)

    def copy_task(self, other: "Network") -> None:
        """Take the meaning of inputs and outputs from the `other` network."""
        for name in ("loss", "task", "classes", "schema", "feature_names", "target", "trained"):
            setattr(self, name, getattr(other, name))

    def __repr__(self) -> str:
        layers = ", ".join(map(repr, self.layers))
        return f"{type(self).__name__}([{layers}], input_shape={self.input_shape})"


def _with_state(kind: type[Network], state: Any) -> Network:
    network = kind.__new__(kind)
    vars(network).update(state)
    return network


def _rebuilt(kind: type[Network], config: Any, layers: Any, vector: Any, state: Any) -> Network:
    network = kind.from_config({**config, "input_shape": None}, layers)
    network.build(config["input_shape"], vector=vector)
    vars(network).update(state)
    return network


def _whole_numbers(x: Array, layer: Layer) -> Array:
    """x as int64, or an `InputError` that names the first number that is not whole."""
    x = x[:]
    wrong = np.argwhere(x != np.floor(x))
    if len(wrong):
        place: tuple[int, ...] = tuple(map(int, wrong[0]))
        raise InputError(
            f"x has {x[place]:g} at {place}: expected whole numbers, which {layer!r} takes"
        )
    return x.astype(np.int64)
