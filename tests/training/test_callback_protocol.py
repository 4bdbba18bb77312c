"""What a callback may use of its trainer is written down, and true alone and in a stack."""

import inspect
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.training.callbacks.protocol import HOOKS, Training

pytestmark = pytest.mark.usefixtures("engine")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(50, 3))
Y = (X[:, 0] > 0).astype(int)
MEMBERS = [*Training.__annotations__, *(n for n in vars(Training) if not n.startswith("_"))]


class Uses:
    """A callback that uses everything of the protocol in every hook."""

    trainer: Training

    def __init__(self) -> None:
        self.seen: dict[str, list[Any]] = {}

    def __getattr__(self, name: str) -> Any:
        if name not in HOOKS:
            raise AttributeError(name)

        def hook(*arguments: Any) -> None:
            trainer = self.trainer
            x, targets = trainer.probe_samples(7)
            self.seen.setdefault(name, []).append(
                (trainer.epochs, trainer.steps_per_epoch, round(float(trainer.learning_rate), 6),
                 trainer.history.epochs, trainer.weighted, trainer.clip_norm,
                 type(trainer.optimizer).__name__, x.tobytes(), targets.tolist(),
                 trainer.network.parameters.vector.size, trainer.network.gradient.vector.size)
            )  # fmt: skip
            assert trainer.network(x).shape == (7, 2)

        return hook


SETTINGS: dict[str, Any] = {
    "epochs": 3, "batch_size": 16, "optimizer": "momentum:learning_rate=0.05", "clip_norm": 1.0,
    "schedule": "exponential:gamma=0.9", "sample_weight": np.linspace(1, 2, 50),
}  # fmt: skip


def network(seed: int) -> gn.Sequential:
    return gn.Sequential([gn.Dense(4, "tanh"), gn.Dense(2)], seed=seed)


def test_one_network_and_one_of_a_stack_show_their_callbacks_the_same() -> None:
    alone, together = Uses(), Uses()
    network(1).fit(X, Y, **SETTINGS, callbacks=[alone])
    gn.Stack(network(seed) for seed in range(3)).fit(
        X, Y, **SETTINGS, callbacks=lambda k: [together] if k == 1 else []
    )
    assert set(alone.seen) == set(HOOKS)
    assert together.seen == alone.seen


@pytest.mark.parametrize("kind", ["alone", "in a stack"])
def test_each_has_every_member_of_the_protocol(kind: str) -> None:
    class Asks:
        trainer: Any

        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            assert all(hasattr(self.trainer, name) for name in MEMBERS)
            assert inspect.signature(self.trainer.probe_samples).parameters.keys() == {"count"}
            self.trainer.stop("enough")

    if kind == "alone":
        history = network(0).fit(X, Y, epochs=5, callbacks=[Asks()])
    else:
        history = gn.Stack(network(k) for k in range(2)).fit(X, Y, epochs=5, callbacks=[Asks()])[1]
    assert history.interrupted == "enough"
    assert history.epochs == 1
