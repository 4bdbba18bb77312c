"""An experiment with several networks: one network, the mean of all, that stops by itself."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.data import load
from glassnet.data.dataset import shares
from glassnet.stack import Stack
from glassnet.workflows.fit_settings import settings_of
from glassnet.workflows.networks import network_of
from glassnet.workflows.run import run_experiment, train
from glassnet.workflows.spec import Data, Experiment, Net, Repeat, Study, Training

MOONS = load("moons", samples=400, noise=0.3)


def experiment(**training: Any) -> Experiment:
    how = {"epochs": 60, "validation": 0.2, "optimizer": "adam:learning_rate=0.02", **training}
    return Experiment(data=Data(name="moons"), network=Net(hidden=[16]), training=Training(**how))


def test_it_is_the_mean_of_networks_that_have_the_same_rows_held_out() -> None:
    how = experiment(networks=3, epochs=4)
    run = train(how, MOONS, seed=5)
    rows, held = shares(MOONS.y_train, 0.2, 5)
    settings = settings_of(how.training, MOONS)
    settings["validation"] = MOONS.x_train[held], MOONS.y_train[held]
    stack = Stack(network_of(how.network, seed, MOONS) for seed in (5, 6, 7))
    histories = stack.fit(MOONS.x_train, MOONS.y_train, samples=[rows] * 3, **settings)
    np.testing.assert_array_equal(run.network(MOONS.x_test), stack.merged()(MOONS.x_test))
    assert run.history["val_loss"] == histories[0]["val_loss"]
    assert run.figures == run.network.evaluate(MOONS.x_test, MOONS.y_test)


def test_a_training_stops_by_itself_and_keeps_the_best() -> None:
    run = train(experiment(patience=3, epochs=500), MOONS, seed=0)
    losses = run.history["val_loss"]
    assert len(losses) < 500
    assert int(np.argmin(losses)) == len(losses) - 4
    assert run.history.interrupted == "val_loss has not improved for 3 epochs"


def test_each_of_many_networks_stops_by_itself() -> None:
    repeated = experiment(patience=3, epochs=500).model_copy(update={"repeat": Repeat(times=3)})
    outcome = run_experiment(repeated, MOONS)
    assert len({history.epochs for history in outcome.histories}) > 1
    assert not outcome.interrupted and len(outcome.accuracies[0]) == 3


def test_means_are_repeated_from_seeds_that_they_do_not_share() -> None:
    how = experiment(networks=3, epochs=2)
    outcome = run_experiment(how.model_copy(update={"repeat": Repeat(times=2)}), MOONS, seed=4)
    alone = [train(how, MOONS, seed).figures["accuracy"] for seed in (4, 7)]
    assert outcome.accuracies == {0: alone}
    assert len(outcome.first.network.layers[0].branches) == 3


def test_a_training_that_diverges_is_left_out_and_the_others_are_reported() -> None:
    far = np.array(MOONS.x_train)
    far[shares(MOONS.y_train, 0.2, 0)[1]] *= 1e30  # held out by the first, learned by the second
    data = replace(MOONS, x_train=far)
    how = experiment(networks=2, epochs=2, optimizer="sgd:learning_rate=0.02")
    how = how.model_copy(update={"repeat": Repeat(times=2)})
    lines = list[str]()
    outcome = run_experiment(how, data, say=lines.append)
    assert len(outcome.judged) == 1 and not outcome.interrupted
    assert lines[0].startswith("seed 0: accuracy") and "left out" in lines[1]


def test_the_network_that_a_repeated_training_keeps_is_calibrated() -> None:
    how = {"epochs": 300, "calibrate": True}
    alone = train(experiment(**how), MOONS, seed=0)
    repeated = experiment(**how).model_copy(update={"repeat": Repeat(times=2)})
    first = run_experiment(repeated, MOONS).first
    found, same = (run.network.trained["calibration"] for run in (first, alone))
    assert found["rows"] == same["rows"] == round(0.2 * len(MOONS.x_train))
    assert found["temperature"] == pytest.approx(same["temperature"], rel=1e-3)
    assert first.figures["loss"] == pytest.approx(alone.figures["loss"], rel=1e-3)


def test_an_ensemble_is_calibrated_on_the_rows_held_out() -> None:
    run = train(experiment(networks=2, epochs=300, calibrate=True), MOONS, seed=0)
    before, after = run.network.trained["calibration"]["log_loss"]
    assert after < before
    rows = run.network.trained["calibration"]["rows"]
    assert rows == round(0.2 * len(MOONS.x_train))


def test_settings_without_effect_are_refused() -> None:
    with pytest.raises(ValueError, match="watch_test is not to choose by"):
        experiment(patience=3, watch_test=True, validation=0.0)
    study = Study(first=1, last=2, judged_from=1)
    with pytest.raises(ValueError, match="a study trains single networks"):
        Experiment(data=Data(name="moons"), training=Training(networks=2), study=study)


def test_networks_that_all_diverge_are_an_error() -> None:
    with pytest.raises(gn.GlassnetError, match="every network of this stack diverged"):
        train(experiment(networks=2, optimizer="sgd:learning_rate=1e30"), MOONS, seed=0)
