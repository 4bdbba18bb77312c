"""Folds find how long to train on a small table, and then all rows are learned from."""

import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

import glassnet as gn
from glassnet.base.errors import InputError, ResumeError
from glassnet.data import Dataset, load
from glassnet.training.callbacks.history import History
from glassnet.training.callbacks.stopping import EarlyStopping
from glassnet.training.checkpoint import Checkpoint
from glassnet.workflows import stopping_epoch
from glassnet.workflows.fit_settings import settings_of
from glassnet.workflows.fitting import fitted
from glassnet.workflows.folds import fold_rows
from glassnet.workflows.intervals import half_width
from glassnet.workflows.networks import network_of
from glassnet.workflows.run import run_experiment, train
from glassnet.workflows.spec import Data, Experiment, Net, Study, Training
from glassnet.workflows.stopping_epoch import best_epochs

Array = np.ndarray
MOONS = load("moons", samples=160, noise=0.3)
ROWS = len(MOONS.x_train)


def experiment(**training: Any) -> Experiment:
    how = {"epochs": 60, "folds": 5, "patience": 5, "engine": "numpy",
           "optimizer": "adam:learning_rate=0.02", **training}  # fmt: skip
    return Experiment(data=Data(name="moons"), network=Net(hidden=[16]), training=Training(**how))


def noisy(rows: int, seed: int) -> Dataset:
    """Of 20 numbers five count, and half of the variance is noise."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(rows + 2000, 20)).astype(np.float32)
    y = x[:, :5].sum(axis=1) + rng.normal(size=len(x)) * np.sqrt(5)
    return Dataset("noisy", x[:rows], y[:rows], x[rows:], y[rows:])


def sure(rows: int, seed: int) -> Dataset:
    """Classes by the sign of that, which networks soon predict with too high probabilities."""
    data = noisy(rows, seed)
    labels = [(y > 0).astype(int) for y in (data.y_train, data.y_test)]
    return replace(data, y_train=labels[0], y_test=labels[1], classes=("no", "yes"))


SURE: dict[str, Any] = {"patience": None, "epochs": 40, "calibrate": True, "metric": "accuracy"}


# ---- the rule


def test_it_is_the_epoch_at_which_the_mean_over_folds_is_best_and_all_rows_are_learned() -> None:
    how = experiment()
    run = train(how, MOONS, seed=3)
    held = fold_rows(MOONS, 5, 3)
    curves = []
    for k, rows in enumerate(held):  # each alone
        others, part = (
            np.setdiff1d(np.arange(ROWS), rows),
            (MOONS.x_train[rows], MOONS.y_train[rows]),
        )
        alone = network_of(how.network, 3 + k, MOONS)
        settings = {**settings_of(how.training, MOONS), "validation": part}
        curves.append(
            alone.fit(MOONS.x_train[others], MOONS.y_train[others], **settings)["val_loss"]
        )
    mean = np.mean(curves, axis=0)
    best = next(k for k in range(60) if mean[k] == mean[: k + 6].min())
    assert run.history.epochs == best + 1 < 60
    assert run.network.trained["folds"] == {"folds": 5, "epochs": best + 1}
    assert run.network.trained["samples"] == ROWS

    whole = network_of(how.network, 3, MOONS)
    whole.fit(MOONS.x_train, MOONS.y_train, epochs=best + 1, engine="numpy",
              optimizer="adam:learning_rate=0.02")  # fmt: skip
    np.testing.assert_allclose(run.network(MOONS.x_test), whole(MOONS.x_test), rtol=2e-4, atol=1e-5)


def test_epochs_after_the_patience_do_not_count() -> None:
    late = [History(val_loss=[3.0, 2.0, 4.0, 4.0, 1.0])]
    assert best_epochs(late, "val_loss", 2) == 2
    assert best_epochs(late, "val_loss", 3) == best_epochs(late, "val_loss", None) == 5


def test_a_score_is_to_rise_and_folds_in_which_it_has_no_value_are_left_out() -> None:
    folds = [History(val_roc_auc=[0.5, 0.9, 0.8]), History(val_roc_auc=[np.nan] * 3)]
    assert best_epochs(folds, "val_roc_auc", None) == 2


def test_only_epochs_count_that_all_folds_have() -> None:
    assert (
        best_epochs([History(val_loss=[3.0, 2.0, 1.0]), History(val_loss=[3.0])], "val_loss", 2)
        == 1
    )


def test_a_schedule_has_the_rates_that_folds_had_in_these_epochs() -> None:
    seen: list[float] = []

    class Rates:
        trainer: Any

        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            seen.append(float(self.trainer.learning_rate))

    run = train(experiment(schedule="exponential:gamma=0.9"), MOONS, 0, [Rates()])
    assert run.history.epochs == len(seen) > 1
    np.testing.assert_allclose(seen, 0.02 * 0.9 ** np.arange(len(seen)), rtol=1e-6)
    cosine = train(experiment(schedule="cosine"), MOONS, 0, [LastRate := Rates()])
    assert cosine.history.epochs < 60 and LastRate.trainer.learning_rate > 0.002


def test_it_is_nearer_to_the_best_epoch_in_hindsight_than_a_single_split() -> None:
    over = []
    for seed in range(8):
        data = noisy(150, seed)
        how = experiment(epochs=150, patience=15, optimizer="adam:learning_rate=0.003")
        how = how.model_copy(update={"network": Net(hidden=[64])})
        settings = {**settings_of(how.training, data), "validation": 0.2}
        split, stop = network_of(how.network, seed, data), EarlyStopping(patience=15)
        split.fit(data.x_train, data.y_train, callbacks=[stop], **settings)
        whole = network_of(how.network, seed, data)
        further = {**settings, "validation": (data.x_test, data.y_test)}
        best = min(whole.fit(data.x_train, data.y_train, **further)["val_loss"])
        losses = [train(how, data, seed).figures["loss"],
                  split.evaluate(data.x_test, data.y_test)["loss"]]  # fmt: skip
        over.append([loss / best - 1 for loss in losses])
    of_folds, of_split = np.mean(over, axis=0)
    assert of_folds < 0.05
    assert of_folds < of_split / 2


# ---- what folds say of the network


@pytest.mark.parametrize("networks", [1, 4])
def test_intervals_come_from_rows_that_no_network_had_seen(networks: int) -> None:
    inside = []
    for seed in range(8):
        data = noisy(120, seed)
        run = train(experiment(networks=networks), data, seed)
        assert run.network.trained["residuals"]["rows"] == 120
        apart = np.abs(run.network(data.x_test)[:, 0] - data.y_test)
        inside.append(np.mean(apart <= half_width(run.network, 0.9)[0]))
    assert 0.87 < np.mean(inside) < 0.95


def out_of_fold(how: Experiment, data: Dataset, seed: int, epochs: int) -> Array:
    """For each training row the mean output of networks that learned, each alone, from the rows of
    the other folds."""
    settings = {**settings_of(how.training, data), "epochs": epochs, "validation": 0.0}
    count, z = how.training.networks, np.zeros((len(data.x_train), data.outputs))
    for fold, rows in enumerate(fold_rows(data, 5, seed)):
        others = np.setdiff1d(np.arange(len(data.x_train)), rows)
        for k in range(count):
            one = network_of(how.network, seed + fold * count + k, data)
            one.fit(data.x_train[others], data.y_train[others], **settings)
            z[rows] += one(data.x_train[rows]) / count
    return z


@pytest.mark.parametrize("networks", [1, 3])
def test_the_temperature_is_that_of_what_folds_predict_for_rows_they_have_not_seen(
    networks: int,
) -> None:
    data, how = sure(120, 1), experiment(**SURE, networks=networks)
    network = train(how, data, seed=1).network
    z, y = out_of_fold(how, data, 1, network.trained["folds"]["epochs"]), data.y_train

    def log_loss(temperature: float) -> float:
        own = np.exp(z / temperature)
        return float(-np.log(own[np.arange(len(y)), y] / own.sum(axis=1)).mean())

    best = minimize_scalar(log_loss, bounds=(0.1, 10), method="bounded")
    found = network.trained["calibration"]
    assert found["rows"] == len(y) and found["temperature"] > 1.1
    assert found["temperature"] == pytest.approx(best.x, rel=2e-3)
    assert found["log_loss"] == pytest.approx([log_loss(1), best.fun], rel=1e-3)


def test_a_mean_of_networks_is_not_as_sure_as_each_of_them() -> None:
    one, four = (
        train(experiment(**SURE, networks=count), sure(120, 1), 1).network.trained["calibration"]
        for count in (1, 4)
    )
    assert four["temperature"] < one["temperature"]


def test_errors_are_those_of_the_mean_of_networks_without_the_row() -> None:
    data, how = noisy(60, 0), experiment(networks=2)
    network = train(how, data, 0).network
    z = out_of_fold(how, data, 0, network.trained["folds"]["epochs"])
    errors = np.sort(np.abs(z[:, 0] - data.y_train))
    np.testing.assert_allclose(network.trained["residuals"]["absolute"][0], errors, rtol=1e-3)


def test_a_fold_without_which_all_networks_diverge_says_nothing() -> None:
    data = noisy(60, 0)
    one = network_of(Net(hidden=[4]), 0, data)
    one.fit(data.x_train, data.y_train, epochs=1)
    held = [np.arange(20), np.arange(20, 60)]
    refit = stopping_epoch.Refit(lambda seed: one, data, {}, 2)
    assert refit.trusted(one, [[], [one]], held).trained["residuals"]["rows"] == 40
    one.trained.pop("residuals")
    assert "residuals" not in refit.trusted(one, [[], []], held).trained


def test_several_networks_are_one_that_is_their_mean() -> None:
    run = train(experiment(networks=3), MOONS, seed=0)
    alone = train(experiment(), MOONS, seed=0)
    assert run.network.trained["folds"] == alone.network.trained["folds"]
    assert "Concat([Chain" in repr(run.network.layers[0])
    assert run.network.layers[0].name == "concat"
    np.testing.assert_allclose(run.history["loss"], alone.history["loss"], rtol=1e-5)


# ---- long work


class Killed(Checkpoint):
    """A checkpoint of a training that is killed after so many steps."""

    def __init__(self, path: Path, after: int) -> None:
        super().__init__(path, every=7)
        self.left = after

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        super().on_train_batch_end(batch, logs)
        self.left -= 1
        if not self.left:
            self.wait()
            raise SystemError("killed")


@pytest.mark.parametrize("networks", [1, 2])
@pytest.mark.parametrize("after", [9, 70, "all folds", "and a few"])
def test_a_training_that_is_killed_resumes_to_the_same_bytes(
    tmp_path: Path, networks: int, after: Any
) -> None:
    how, file = experiment(networks=networks, calibrate=True), tmp_path / "c"
    whole, history = fitted(how, MOONS, 1)
    whole.save(tmp_path / "whole")
    steps = 3 * (history.epochs + 6)  # of the folds: 77 rows or 76 in batches of 32
    after = {"all folds": steps, "and a few": steps + 12}.get(after, after)
    with pytest.raises(SystemError):
        fitted(how, MOONS, 1, checkpoint=Killed(file, after))
    again, resumed = fitted(how, MOONS, 1, checkpoint=Checkpoint(file, 7), resume=file)
    again.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "whole").read_bytes()
    assert resumed["loss"] == history["loss"]


def test_a_checkpoint_of_another_training_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "c"
    single = experiment(folds=None, validation=0.2)
    fitted(single, MOONS, 1, checkpoint=Checkpoint(file, 5))
    with pytest.raises(ResumeError, match="different network"):
        fitted(experiment(), MOONS, 1, resume=file)
    fitted(experiment(), MOONS, 1, checkpoint=Checkpoint(file, 5))
    with pytest.raises(ResumeError, match=r"learning_rate was 0\.02, is 0\.001"):
        fitted(experiment(optimizer="adam"), MOONS, 1, resume=file)


@pytest.mark.parametrize("when", ["folds", "all rows"])
def test_ctrl_c_keeps_what_there_is(when: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = stopping_epoch.StopTogether if when == "folds" else stopping_epoch.LastEpoch
    usual = kind.on_epoch_end

    pressing = iter([2])

    def pressed(self: Any, epoch: int, logs: Any) -> None:
        if epoch == 2 and next(pressing, None):
            signal.raise_signal(signal.SIGINT)
        usual(self, epoch, logs)

    monkeypatch.setattr(kind, "on_epoch_end", pressed)
    network, history = fitted(experiment(), MOONS, 0)
    assert history.interrupted == "interrupted by Ctrl-C"
    assert history.epochs == 3
    assert network.trained["epochs"] == 3
    assert network.trained["samples"] == (ROWS if when == "all rows" else ROWS - ROWS // 5)


def test_folds_that_all_diverge_are_an_error_and_one_that_does_is_left_out() -> None:
    with pytest.raises(gn.DivergedError, match="every fold diverged in epoch 1"):
        train(experiment(optimizer="sgd:learning_rate=1e30"), MOONS, 0)
    data = noisy(60, 0)
    rows = fold_rows(data, 5, 0)[0]
    far = np.array(data.x_train)
    far[rows] *= 1e18  # in all folds but the first they are learned from
    broken = replace(data, x_train=far)
    with pytest.raises(gn.DivergedError, match="Try this: lower the learning rate"):
        train(experiment(optimizer="sgd:learning_rate=0.01"), broken, 0)


def test_settings_that_go_against_folds_are_refused() -> None:
    with pytest.raises(ValueError, match="folds take the place of a validation part"):
        experiment(validation=0.1)
    study = Study(first=1, last=2, judged_from=1)
    with pytest.raises(ValueError, match="a study has no folds"):
        Experiment(data=Data(name="moons"), training=Training(folds=5), study=study)
    with pytest.raises(InputError, match="folds is 500: expected 2 to 120"):
        train(experiment(folds=500), MOONS, 0)


def test_a_recipe_has_them() -> None:
    outcome = run_experiment(experiment(), MOONS, seed=4)
    assert outcome.first.network.trained["folds"] == train(
        experiment(), MOONS, 4
    ).network.trained["folds"]  # fmt: skip
