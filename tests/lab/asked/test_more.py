"""A training that is done continues, as if more epochs had been asked for at once."""

import numpy as np
import pytest

from glassnet.lab.commands import answer
from glassnet.lab.shown.frame import frame
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings

HOW = {"batch_size": 100, "optimizer": "adam:learning_rate=0.01"}


def lab(epochs, **more):
    training = {**HOW, "epochs": epochs, **more}
    network = {"layers": ["dense 4", "relu"]}
    return Session(Settings.model_validate({"network": network, "training": training, "seed": 4}))


@pytest.mark.parametrize("schedule", ["constant", "step:every=2"])
def test_more_epochs_come_to_the_same_bits(schedule):
    session, whole = lab(3, schedule=schedule), lab(9, schedule=schedule)
    for _ in range(2):
        while session.run.step():
            pass
        assert frame(session)["more"] == 3
        assert answer(session, {"do": "more", "epochs": 3})["settings"]["training"]["epochs"]
        assert session.playing and not session.run.finished and frame(session)["more"] is None
    while session.run.step() or whole.run.step():
        pass
    assert session.settings.training.epochs == 9 == session.run.epochs_done
    np.testing.assert_array_equal(session.run.network.parameters.vector,
                                  whole.run.network.parameters.vector)  # fmt: skip
    for name in whole.run.columns.keys() - {"seconds"}:
        assert session.run.columns[name] == whole.run.columns[name]
    session.run.go(2)
    whole.run.go(2)
    np.testing.assert_array_equal(session.run.network.parameters.vector,
                                  whole.run.network.parameters.vector)  # fmt: skip


def test_a_training_that_is_not_done_is_told_to_play():
    session = lab(3)
    session.run.step()
    assert "not done yet" in answer(session, {"do": "more", "epochs": 3})["sentence"]
    assert frame(session)["more"] is None
    wild = lab(3, optimizer="sgd:learning_rate=1e30", batch_size=10)
    while wild.run.step():
        pass
    assert wild.run.diverged
    assert "not done yet" in answer(wild, {"do": "more", "epochs": 3})["sentence"]
    assert frame(wild)["more"] is None


def test_forks_that_are_done_continue_too():
    session = lab(3)
    fork = session.forks.add(session.run, session.settings, "learning rate", 0.002)
    while session.run.step() or fork.run.step():
        pass
    answer(session, {"do": "more", "epochs": 2})
    while session.run.step() or fork.run.step():
        pass
    assert fork.run.epochs_done == session.run.epochs_done == fork.settings.training.epochs == 5
