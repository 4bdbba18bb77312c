"""One vector holds every parameter of a network; the names are windows into it."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array, Rng, Shape, as_array
from glassnet.base.errors import InputError
from glassnet.nn.initializers import Initializer


class Parameter(NamedTuple):
    """What a layer asks for: a shape, where its values start, and whether weight decay applies."""

    shape: Shape
    init: Initializer
    decay: bool = True


class Parameters(Mapping[str, Array]):
    """Named arrays that are views into one contiguous vector θ.

    `leading` are axes before the vector's own: θ of shape (K, n) holds K networks, and each view
    has K in front. `vector` is the one to look into, where it is there already.

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
        sizes = [int(np.prod(spec.shape)) for spec in self.specs.values()]
        self.vector = np.zeros((*leading, sum(sizes)), dtype) if vector is None else vector
        leading = self.vector.shape[:-1]
        self._views: dict[str, Array] = {}
        end = np.cumsum(sizes, dtype=int)
        for (name, spec), size, stop in zip(self.specs.items(), sizes, end, strict=True):
            window = self.vector[..., stop - size : stop]
            self._views[name] = window.reshape(*leading, *spec.shape)

    def initialize(self, rng: Rng) -> None:
        """Draw every parameter, in order, one network after another."""
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
        """The same names over a vector of zeros: gradients, for one."""
        return Parameters(self.specs, self.vector.dtype, self.vector.shape[:-1])

    def part(self, networks: slice) -> "Parameters":
        """These of K networks: windows into the same numbers."""
        return Parameters(self.specs, vector=self.vector[networks])

    def decay_mask(self) -> Array:
        """1 where weight decay applies (weights), 0 where it does not (biases); shape (n,)."""
        parts = [np.full(int(np.prod(s.shape)), s.decay) for s in self.specs.values()]
        return np.concatenate([*parts, np.empty(0, bool)]).astype(self.vector.dtype)

    def __setitem__(self, name: str, values: Any) -> None:
        view, values = self[name], as_array(name, values)
        if view.shape != values.shape:
            raise InputError(f"{name} has shape {view.shape}, got values of shape {values.shape}")
        view[...] = values

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
