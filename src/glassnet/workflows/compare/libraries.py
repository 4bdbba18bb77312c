"""Exported scripts of other libraries, driven an epoch at a time."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.optional import need
from glassnet.interop import to_keras, to_torch
from glassnet.nn.network import Network
from glassnet.training.plan import Plan


class Library(Protocol):
    """A network there, with what it learns from."""

    name: str

    def epoch(self, order: Array) -> None:
        """Learn from all rows in this order."""

    def outputs(self, x: Array) -> Array:
        """What the network puts out."""

    def weights(self, network: Network) -> dict[str, Array]:
        """Its arrays, as glassnet has them."""


class Torch:
    """PyTorch, by its own loop over batches."""

    def __init__(self, script: Any, plan: Plan) -> None:
        self.torch = need("torch", "compare")
        self.name = f"PyTorch {self.torch.__version__.partition('+')[0]}"
        self.script, self.model = script, script.network()
        self.x = self.torch.as_tensor(plan.whole[0], dtype=script.DTYPE)
        self.y, self.size = script.targets(plan.whole[1]), plan.settings["batch_size"]
        self.optimizer = script.optimizer_of(self.model)

    def epoch(self, order: Array) -> None:
        """Learn from all rows in this order."""
        self.model.train()
        for rows in self.torch.as_tensor(order).split(self.size):
            self.optimizer.zero_grad()
            self.script.loss_of(self.model(self.x[rows]), self.y[rows]).backward()
            self.optimizer.step()

    def outputs(self, x: Array) -> Array:
        """What the network puts out."""
        self.model.eval()
        with self.torch.no_grad():
            return np.asarray(self.model(self.torch.as_tensor(x, dtype=self.script.DTYPE)))

    def weights(self, network: Network) -> dict[str, Array]:
        """Its arrays, as glassnet has them."""
        return to_torch.weights_of(network, self.model)


class Keras:
    """Keras, by `fit`, an epoch at a time."""

    def __init__(self, script: Any, plan: Plan) -> None:
        keras = need("keras", "compare")
        self.name = f"Keras {keras.__version__} on {keras.backend.backend()}"
        self.model = script.network()
        self.x, self.y = (
            np.asarray(plan.whole[0], keras.config.floatx()),
            script.targets(plan.whole[1]),
        )
        self.size = plan.settings["batch_size"]

    def epoch(self, order: Array) -> None:
        """Learn from all rows in this order."""
        x, y = self.x[order], self.y[order]
        self.model.fit(x, y, batch_size=self.size, shuffle=False, verbose=0)

    def outputs(self, x: Array) -> Array:
        """What the network puts out."""
        return np.asarray(self.model.predict(x, batch_size=512, verbose=0))

    def weights(self, network: Network) -> dict[str, Array]:
        """Its arrays, as glassnet has them."""
        return to_keras.weights_of(network, self.model)


LIBRARIES: dict[str, type[Torch] | type[Keras]] = {"torch": Torch, "keras": Keras}


def installed() -> list[str]:
    """Those of the libraries that are here."""
    return [name for name in LIBRARIES if importlib.util.find_spec(name)]


def require(library: str) -> None:
    """Raise MissingPackageError if it is not installed; give Keras a backend that is."""
    if not (os.environ.get("KERAS_BACKEND") or importlib.util.find_spec("tensorflow")):
        here = (name for name in ("jax", "torch") if importlib.util.find_spec(name))
        os.environ["KERAS_BACKEND"] = next(here, "tensorflow")
    need(library, "compare")


def imported(path: Path) -> ModuleType:
    """A script as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
