"""The figures of an epoch: what `evaluate` would say if the parameters stood still."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.losses import LOSSES, loss_function

pytestmark = pytest.mark.usefixtures("engine")

RNG = np.random.default_rng(0)
X = RNG.normal(size=(103, 4))  # the last batch of 10 is short
W = np.where(np.arange(103) < 11, 0.0, RNG.exponential(size=103) ** 3)
STILL = "sgd:learning_rate=0"


def task(loss: str, outputs: int) -> np.ndarray:
    if loss_function(loss).from_logits:
        return np.arange(103) % max(outputs, 2)
    return RNG.normal(size=(103, outputs))


def fitted(y: Any, weight: Any = None, *, x: Any = X, outputs: int = 1, **how: Any) -> Any:
    net = gn.Sequential([gn.Dense(5, "tanh"), gn.Dense(outputs)], seed=1)
    how = {"epochs": 2, "batch_size": 10, "optimizer": STILL} | how
    return net, net.fit(x, y, sample_weight=weight, **how)


@pytest.mark.parametrize(
    ("y", "weight", "expected"),
    [([1, 1, 1, 1], [1, 1, 0, 0], 1.0), ([1, 1, 3, 3], [9, 9, 1, 1], 1.8)],
)
def test_the_loss_is_that_of_all_weighted_samples(y: Any, weight: Any, expected: float) -> None:
    """By hand: outputs are 0, so Σ w t² / Σ w is (1·1 + 1·1) / 2 and (9 + 9 + 9 + 9) / 20."""
    net = gn.Sequential([gn.Dense(1, init="zeros")], seed=0)
    x, y = np.ones((4, 1)), np.array(y, float)
    how: dict[str, Any] = {"sample_weight": weight, "batch_size": 2, "optimizer": STILL}
    assert net.fit(x, y, epochs=2, **how)["loss"] == pytest.approx([expected] * 2)
    assert net.evaluate(x, y, weight)["loss"] == pytest.approx(expected)
    stack = gn.Stack(gn.Sequential([gn.Dense(1, init="zeros")], seed=s) for s in range(2))
    for history in stack.fit(x, y, epochs=2, **how):
        assert history["loss"] == pytest.approx([expected] * 2)


@pytest.mark.parametrize("weight", [None, W], ids=["", "weighted"])
@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("loss", LOSSES)
def test_history_is_what_evaluate_says(loss: str, outputs: int, weight: Any) -> None:
    if loss == "cross_entropy" and outputs == 1:
        outputs = 2
    y = task(loss, outputs)
    net, history = fitted(y, weight, outputs=outputs, loss=loss)
    said = net.evaluate(X, y, weight)
    assert history.keys() - {"seconds"} == said.keys()
    for name, value in said.items():
        assert history[name] == pytest.approx([value] * 2, rel=1e-6)


@pytest.mark.parametrize("batch", [1, 10, 64, "full"])
def test_so_are_those_of_each_network_of_a_stack(batch: Any) -> None:
    y, rows = np.arange(103) % 3, [np.arange(103), np.arange(50, 103), np.arange(20)]
    nets = [gn.Sequential([gn.Dense(4, "relu"), gn.Dense(3)], seed=s) for s in range(3)]
    stack = gn.Stack(nets)
    histories = stack.fit(
        X, y, sample_weight=W, samples=rows, batch_size=batch, epochs=2, optimizer=STILL
    )
    for net, history, own in zip(nets, histories, rows, strict=True):
        for name, value in net.evaluate(X[own], y[own], W[own]).items():
            assert history[name] == pytest.approx([value] * 2, rel=1e-6)


def test_weights_of_classes_count_alike() -> None:
    y = np.arange(103) % 3
    net, history = fitted(y, outputs=3, class_weight={2: 9.0})
    expected = net.evaluate(X, y, np.where(y == 2, 9.0, 1.0))["loss"]
    assert history["loss"] == pytest.approx([expected] * 2, rel=1e-6)


def test_weights_of_independent_labels_count_by_output() -> None:
    y = (RNG.random((103, 2)) < 0.3).astype(float)
    each = np.array([1.0, 5.0])
    net, history = fitted(y, outputs=2, loss="binary_cross_entropy", class_weight=each)
    z = net(X).astype(float)
    expected = (each * (np.logaddexp(0, z) - y * z)).sum() / (each.sum() * 103)
    assert history["loss"] == pytest.approx([expected] * 2, rel=1e-6)


def test_a_plateau_is_seen_in_the_weighted_loss() -> None:
    """Samples of weight 0 have another loss in every order of the batches, and must not count."""
    y = RNG.normal(size=(103, 1)) * np.where(W > 0, 1, 1e3)[:, None]
    how = {"optimizer": "sgd:learning_rate=1e-12", "epochs": 7, "batch_size": 7}
    stop = gn.EarlyStopping("loss", patience=3, min_delta=1e-5)
    _, history = fitted(y, W, callbacks=[stop], **how)
    assert history.epochs == 4
    rates = {"schedule": "on_plateau:patience=2,gamma=0.5", "callbacks": [gn.LearningRateLogger()]}
    _, history = fitted(y, W, **how, **rates)
    assert history["learning_rate"] == pytest.approx(
        [1e-12] * 3 + [5e-13] * 2 + [2.5e-13] * 2, rel=1e-6
    )


class StopAt:
    """Break training off in the middle of an epoch."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def on_train_batch_begin(self, batch: int, logs: Any) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


@pytest.mark.parametrize("many", [False, True])
def test_a_resumed_epoch_has_the_same_loss(tmp_path: Path, many: bool) -> None:
    y = np.arange(103) % 2

    def fit(**how: Any) -> Any:
        nets = [gn.Sequential([gn.Dense(3), gn.Dense(2)], seed=s) for s in range(2)]
        subject: Any = gn.Stack(nets) if many else nets[0]
        found = subject.fit(X, y, sample_weight=W, epochs=3, batch_size=10, **how)
        return [each["loss"] for each in (found if many else [found])]

    expected, path = fit(), tmp_path / "c"
    with pytest.raises(KeyboardInterrupt):
        fit(checkpoint=gn.Checkpoint(path, every=1), callbacks=[StopAt(15)])
    assert fit(resume=path) == expected


def test_where_nothing_that_is_learned_from_weighs_anything_the_loss_is_0() -> None:
    y, weight = np.arange(103.0), np.zeros(103)
    weight[0] = 1
    stack = gn.Stack(gn.Sequential([gn.Dense(1)], seed=s) for s in range(2))
    rows = [np.arange(50), np.arange(50, 103)]
    _, second = stack.fit(X, y, sample_weight=weight, samples=rows, batch_size=10, epochs=2)
    assert second["loss"] == [0, 0]
