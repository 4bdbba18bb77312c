"""One vector holds every parameter of a network; the names are windows into it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape, as_array
from glassnet.base.errors import InputError
from glassnet.nn.initializers import Initializer


class Given(Initializer):
    """These values."""

    def __init__(self, values: Array) -> None:
        self.values = values

    def __call__(self, rng: Rng, shape: Shape) -> Array:
        return self.values


class Parameter(NamedTuple):
    """What a layer asks for in `build`.

    - `shape`: of the array.
    - `init`: the initializer of its values.
    - `decay=True`: whether weight decay applies.
    - `trainable=True`: whether it is learned; if not, it is state, such as running statistics.

    >>> from glassnet.nn.initializers import Zeros
    >>> Parameter((3,), Zeros(), decay=False)
    Parameter(shape=(3,), init=Zeros(), decay=False, trainable=True)
    """

    shape: Shape
    init: Initializer
    decay: bool = True
    trainable: bool = True

    def starting(self, name: str, values: Array | None) -> "Parameter":
        """The same with given first `values`, if there are any; `name` is the parameter's, for the
        error if they do not fit.
        """
        if values is None:
            return self
        if values.shape != self.shape:
            raise InputError(
                f"{name} has shape {self.shape}, and the network it comes from {values.shape}: "
                "expected inputs of the same width"
            )
        return self._replace(init=Given(values))


class Parameters(Mapping[str, Array]):
    """Named arrays that are views into one contiguous vector θ = [trainable | state].

    Its attribute `vector` is θ, and `trainable` the part of θ that gradients and rules see.

    - `specs`: what each array is, by name.
    - `dtype=float32`: of all.
    - `leading`: axes before the vector's own: θ of shape (K, n) holds K networks, and each view has
      K in front.
    - `vector`: the one to look into, if it exists already.

    >>> from glassnet.nn.initializers import Zeros
    >>> theta = Parameters({"0.W": Parameter((3, 2), Zeros()), "0.b": Parameter((2,), Zeros())})
    >>> theta["0.b"] = [5, 6]
    >>> theta.vector
    array([0., 0., 0., 0., 0., 0., 5., 6.], dtype=float32)
    """

    def __init__(
        self,
        specs: Mapping[str, Parameter],
        dtype: Any = np.float32,
        leading: Shape = (),
        vector: Array | None = None,
    ) -> None:
        self.specs = dict(specs)
        sizes = {name: int(np.prod(spec.shape)) for name, spec in self.specs.items()}
        count = sum(sizes.values())
        self.vector = np.zeros((*leading, count), dtype) if vector is None else vector
        leading = self.vector.shape[:-1]
        self._views: dict[str, Array] = dict.fromkeys(self.specs, self.vector)  # in this order
        start = 0
        for name in sorted(self.specs, key=lambda name: not self.specs[name].trainable):
            window = self.vector[..., start : start + sizes[name]]
            self._views[name] = window.reshape(*leading, *self.specs[name].shape)
            start += sizes[name]
        learned = sum(size for name, size in sizes.items() if self.specs[name].trainable)
        self.trainable = self.vector[..., :learned]

    def initialize(self, rng: Rng) -> None:
        """Draw every parameter from `rng`, in order, one network after another."""
        leading = self.vector.shape[:-1]
        for index in np.ndindex(leading):
            for name, spec in self.specs.items():
                with np.errstate(over="ignore"):
                    self._views[name][index] = spec.init(rng, spec.shape)
                if not np.isfinite(self._views[name][index]).all():
                    raise InputError(
                        f"{name}: {spec.init!r} gives values too large for {self.vector.dtype}: "
                        "expected finite first values"
                    )

    def like(self) -> "Parameters":
        """The trainable names over a vector of zeros: gradients, for one."""
        learned = {name: spec for name, spec in self.specs.items() if spec.trainable}
        return Parameters(learned, self.vector.dtype, self.vector.shape[:-1])

    def part(self, networks: slice | list[int]) -> "Parameters":
        """The parameters of some of K `networks`: of a slice windows into the same numbers, of a
        list copies.
        """
        return Parameters(self.specs, vector=self.vector[networks])

    def decay_mask(self) -> Array:
        """1 where weight decay applies (weights), 0 where it does not (biases): one number for each
        of the trainable."""
        learned = [spec for spec in self.specs.values() if spec.trainable]
        parts = [np.full(int(np.prod(spec.shape)), spec.decay) for spec in learned]
        return np.concatenate([*parts, np.empty(0, bool)]).astype(self.vector.dtype)

    def __setitem__(self, name: str, values: Any) -> None:
        view, values = self[name], as_array(name, values)
        if view.shape != values.shape:
            raise InputError(f"{name} has shape {view.shape}, got values of shape {values.shape}")
        view[...] = values

    def of(self, layer: int | str) -> dict[str, Array]:
        """The arrays of one layer by their own names: `theta.of(0)["W"]`, `theta.of("2.body")`."""
        return under(self._views, str(layer))

    def __getitem__(self, name: str) -> Array:
        if name not in self._views:
            raise KeyError(f"no parameter {name!r}: there are {', '.join(self._views) or 'none'}")
        return self._views[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __repr__(self) -> str:
        shapes = ", ".join(f"{name}: {view.shape}" for name, view in self._views.items())
        return f"<{self.vector.size:,} parameters, {self.vector.dtype}: {shapes}>"


def by_part(named: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """The same by the first part of each name, then by the rest.

    >>> by_part({"0.W": 1, "0.b": 2, "1.body.W": 3})
    {'0': {'W': 1, 'b': 2}, '1': {'body.W': 3}}
    """
    found: dict[str, dict[str, Array]] = {}
    for name, values in named.items():
        part, _, rest = name.partition(".")
        found.setdefault(part, {})[rest] = values
    return found


def under(named: Mapping[str, Array], name: str) -> dict[str, Array]:
    """What stands under a name, by the rest of its names.

    >>> under({"0.W": 1, "0.b": 2, "1.W": 3}, "0")
    {'W': 1, 'b': 2}
    """
    start = f"{name}."
    return {key.removeprefix(start): each for key, each in named.items() if key.startswith(start)}
