"""Early stopping: which epoch is kept, how good it is in hindsight, and what it never sees."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits

import glassnet as gn
from glassnet.data import Dataset, split
from glassnet.data.dataset import center_and_unit
from glassnet.training.callbacks.history import DIVERGED
from glassnet.workflows.run import run_experiment, train
from glassnet.workflows.spec import Data, Experiment, Net, Repeat, Training
from glassnet.workflows.stopping import KEPT, best_epoch, kept
from glassnet.workflows.stopping_epoch import best_epochs
from glassnet.workflows.studies import cross_validate
from glassnet.workflows.sweep.sweep import Trial, run_unit

STOPPING = {"epochs": 200, "patience": 20, "validation": 0.2}
TABLES = {"digits": load_digits, "cancer": load_breast_cancer, "diabetes": load_diabetes}


def test_a_loss_that_is_nearly_zero_has_stopped_improving() -> None:
    losses = [1e-3, 5e-7, 4e-7, 3e-7, 2e-7, 1e-7]
    history, how = gn.History(val_loss=losses, val_roc_auc=losses), Training(**STOPPING)
    assert best_epoch(history, how) == 2
    assert best_epoch(history, how.model_copy(update={"metric": "roc_auc"})) == 1
    assert best_epochs([history, history], "val_loss", patience=3) == 2
    slow = gn.History(val_loss=[1 - 4e-7 * epoch for epoch in range(30)])
    assert best_epoch(slow, how) == 28, "small steps count when they have added up"


def table(name: str) -> Dataset:
    """A table of scikit-learn, standardised by its training part."""
    found = TABLES[name]()
    y = found.target.astype(np.int64 if name != "diabetes" else np.float64)
    x_train, y_train, x_test, y_test = split(found.data, y, 0.3, seed=0)
    center, unit = center_and_unit(x_train)
    classes = () if name == "diabetes" else tuple(map(str, found.target_names))
    return Dataset(name, x_train, y_train, x_test, y_test, classes, 1 / unit, shift=-center / unit)


def experiment(hidden: int = 32, **how: Any) -> Experiment:
    given: dict[str, Any] = {**STOPPING, "engine": "numpy", **how}
    return Experiment(
        data=Data(name="table"), network=Net(hidden=[hidden]), training=Training(**given)
    )


def theta(network: gn.Sequential) -> list[float]:
    found: list[float] = network.parameters.vector.tolist()
    return found


def with_noise(data: Dataset, rows: Any, part: str = "train") -> Dataset:
    """The data with other numbers in these rows."""
    x = getattr(data, f"x_{part}").copy()
    x[rows] = np.random.default_rng(9).normal(size=x[rows].shape) * 1e3
    return replace(data, **{f"x_{part}": x})


@pytest.fixture(scope="module")
def diabetes() -> Dataset:
    return table("diabetes")


# ---- which epoch


def test_the_weights_are_those_of_the_epoch_that_is_named(diabetes: Dataset) -> None:
    stopped = train(experiment(), diabetes, seed=3)
    found = stopped.network.trained[KEPT]
    best = found["best"][0]
    losses = stopped.history["val_loss"]
    assert losses.index(min(losses)) + 1 == best
    assert found["epochs"] == [best + 20] == [stopped.history.epochs]
    assert found["judged_by"] == "62 validation samples"
    there = train(experiment(epochs=best, patience=None), diabetes, seed=3)
    assert theta(there.network) == theta(stopped.network)
    assert there.network.trained["figures"] == stopped.network.trained["figures"]
    assert there.figures == stopped.figures


def test_the_metric_that_is_asked_for_stops_it() -> None:
    run = train(experiment(metric="roc_auc", patience=5), table("cancer"), seed=0)
    scores = run.history["val_roc_auc"]
    found = run.network.trained[KEPT]
    assert found["best"] == [scores.index(max(scores)) + 1] == [len(scores) - 5]
    assert scores.index(max(scores)) != int(np.argmin(run.history["val_loss"]))
    assert "highest ROC AUC on 80 validation samples" in str(kept([run.history], experiment(
        metric="roc_auc").training, found["judged_by"]))  # fmt: skip


def test_a_network_that_diverged_counts_for_nothing() -> None:
    fine, lost = gn.History(val_loss=[0.5, 0.4]), gn.History(val_loss=[0.3])
    lost.interrupted = f"{DIVERGED} in epoch 2"
    how = experiment().training
    found = kept([lost, fine], how)
    assert found is not None and found.best == [2]
    assert kept([lost], how) is None
    assert kept([fine], experiment(patience=None).training) is None
    assert best_epoch(gn.History(val_loss=[np.nan, np.nan]), how) == 2


# ---- how good it is


class InHindsight:
    """A callback that judges each epoch by the test part, which no training does."""

    trainer: Any

    def __init__(self, data: Dataset) -> None:
        self.data, self.losses = data, list[float]()

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        network = self.trainer.network
        self.losses.append(network.evaluate(self.data.x_test, self.data.y_test)["loss"])


@pytest.mark.parametrize("name", TABLES)
def test_it_stops_near_the_best_epoch_in_hindsight(name: str) -> None:
    data = table(name)
    seen = InHindsight(data)
    train(experiment(64, patience=None), data, seed=0, callbacks=[seen])
    stopped = train(experiment(64), data, seed=0).figures["loss"]
    best, last = min(seen.losses), seen.losses[-1]
    assert stopped in seen.losses  # it is one of those epochs
    assert stopped - best < 0.3 * (last - best)
    assert stopped - best < 0.05 * (max(seen.losses) - best)


# ---- what it sees


def test_nothing_of_the_test_part_is_seen(diabetes: Dataset) -> None:
    other = with_noise(diabetes, slice(None), "test")
    runs = [train(experiment(), data, seed=0) for data in (diabetes, other)]
    assert theta(runs[0].network) == theta(runs[1].network)
    assert runs[0].history["val_loss"] == runs[1].history["val_loss"]
    assert runs[0].figures != runs[1].figures


def test_nothing_of_its_fold_is_seen_by_a_network_of_a_cross_validation() -> None:
    from sklearn.model_selection import StratifiedKFold

    data, how = table("cancer"), experiment(32, epochs=80, patience=4)
    rows = StratifiedKFold(4, shuffle=True, random_state=0).split(data.x_train, data.y_train)
    held = [fold for _, fold in rows]
    whole = cross_validate(how, data, seed=0, folds=4)
    other = cross_validate(how, with_noise(data, held[2]), seed=0, folds=4)
    same = [theta(a) == theta(b) for a, b in zip(whole.networks, other.networks, strict=True)]
    assert same == [False, False, True, False]
    assert whole.kept is not None and len(whole.kept.best) == 4
    assert min(whole.kept.epochs) < 80


def test_a_fold_stops_by_a_share_of_its_own_rows() -> None:
    data, how = table("cancer"), experiment(8, epochs=40, patience=3)
    found = cross_validate(how, data, seed=0, folds=3)
    assert found.kept is not None
    assert str(found.kept).endswith("lowest loss on 20 % of its training samples")
    plain = cross_validate(experiment(8, epochs=5, patience=None), data, seed=0, folds=3)
    assert plain.kept is None
    assert all(network.trained["settings"]["validation"] == 0 for network in plain.networks)
    assert all(network.trained["settings"]["validation"] == 0.2 for network in found.networks)


def test_each_network_of_a_repetition_stops_as_it_would_alone(diabetes: Dataset) -> None:
    how = experiment(patience=5)
    many = run_experiment(how.model_copy(update={"repeat": Repeat(times=3)}), diabetes, seed=1)
    alone = [train(how, diabetes, seed) for seed in (1, 2, 3)]
    assert many.kept is not None
    assert many.kept.best == [run.network.trained[KEPT]["best"][0] for run in alone]
    assert many.judged == pytest.approx([run.figures["mean_absolute"] for run in alone], rel=1e-4)


# ---- sweeps


def test_a_sweep_judges_each_run_by_the_epoch_that_it_kept(diabetes: Dataset) -> None:
    point = {"hidden": "32"}, experiment(patience=5)
    unit = [Trial(*point, seed) for seed in (0, 1, 2)]
    rows = run_unit(unit, diabetes)
    alone = [train(point[1], diabetes, seed) for seed in (0, 1, 2)]
    for row, run in zip(rows, alone, strict=True):
        best = run.network.trained[KEPT]["best"][0]
        assert row["best_epoch"] == best and row["epochs"] == 200
        for column in ("loss", "mean_absolute"):
            value = run.history[f"val_{column}"][best - 1]
            assert row[f"val_{column}"] == pytest.approx(value, rel=1e-4)
    (plain,) = run_unit([Trial({"hidden": "32"}, experiment(epochs=4, patience=None), 0)], diabetes)
    assert "best_epoch" not in plain


def test_nothing_of_the_test_part_is_seen_by_a_sweep(diabetes: Dataset) -> None:
    unit = [Trial({"hidden": "32"}, experiment(patience=3), seed=0)]
    other = with_noise(diabetes, slice(None), "test")
    first, second = ({**run_unit(unit, data)[0], "seconds": 0} for data in (diabetes, other))
    assert first == second
