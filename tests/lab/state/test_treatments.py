"""What a remedy would set: a change that the lab takes, and that does what its words say."""

import numpy as np
import pytest

from glassnet.data import Dataset
from glassnet.inspection.remedies import REMEDIES
from glassnet.lab.commands import answer
from glassnet.lab.shown.diagnosis import diagnosis
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.lab.state.treatments import TREATMENTS, treatments

# What has no button: it is done by hand, in the data or in a layer of one's own.
BY_HAND = {"momentum", "labels", "data", "rescale", "standardise"}
SAYS = {
    "lower rate": "Learning rate 0.01 instead of 0.1",
    "raise rate": "Learning rate 1 instead of 0.1",
    "clip": "Clip the gradient at norm 1",
    "scale": "Scale the inputs before the first layer",
    "he_normal": "Begin with weights of he_normal",
    "relu": "relu as activation",
    "leaky_relu": "leaky_relu as activation",
    "shallow": "Leave out the last hidden layer",
    "longer": "20 epochs instead of 10",
    "batch": "Batches of 20 instead of 10",
    "dropout": "Dropout of 0.2 before the outputs",
    "decay": "Weight decay 0.001",
}


def session_of(network=None, **training):
    given = {
        "data": {"name": "moons", "options": {"samples": 80}},
        "network": network or {"layers": ["dense 4", "tanh", "dense 3", "tanh"]},
        "training": {"optimizer": "sgd:learning_rate=0.1", "batch_size": 10, "epochs": 10}
        | training,
    }
    return Session(Settings.model_validate(given))


def test_every_remedy_of_the_lab_has_a_button_or_is_done_by_hand():
    of_the_lab = {name for name, remedy in REMEDIES.items() if remedy.lab is not None}
    assert set(TREATMENTS) | BY_HAND == of_the_lab
    assert not set(TREATMENTS) & BY_HAND


@pytest.mark.parametrize("remedy", SAYS)
def test_it_changes_what_it_says_and_can_be_tried(remedy):
    session = session_of()
    session.run.step()
    [treatment] = treatments(session, [remedy])
    assert treatment.words == SAYS[remedy] and treatment.settings != session.settings
    reply = answer(session, {"do": "treat", "remedy": remedy})
    assert reply["is"] == "treat", reply
    assert session.settings == treatment.settings and session.playing
    assert session.run.t == (0 if treatment.afresh(session_of()) else 1)
    assert session.run.step()


def test_a_multilayer_perceptron_can_be_treated_too():
    session = session_of({"hidden": [4], "activation": "tanh"})
    [relu] = treatments(session, ["relu"])
    assert relu.settings.network.activation == "relu"
    [dropout] = treatments(session, ["dropout"])
    assert dropout.settings.network.dropout == 0.2
    assert treatments(session, ["scale", "shallow"]) == []


def test_another_rate_may_be_lower_or_higher():
    session = session_of()
    lower, higher = treatments(session, ["other rate"])
    answer(session, {"do": "treat", "remedy": "other rate", "n": 1})
    assert session.settings.training.optimizer == higher.settings.training.optimizer
    assert lower.settings.training.optimizer["learning_rate"] == 0.01


def test_from_the_start_begins_again():
    session = session_of()
    session.run.step()
    answer(session, {"do": "treat", "remedy": "lower rate", "start": True})
    assert session.run.t == 0 and session.run.training.optimizer["learning_rate"] == 0.01


def test_what_would_change_nothing_is_refused():
    session = session_of(clip_norm=1.0)
    reply = answer(session, {"do": "treat", "remedy": "clip"})
    assert reply["is"] == "error" and "would change nothing" in reply["sentence"]


def test_scaling_brings_inputs_near_one(learning_from):
    rng = np.random.default_rng(0)
    x = rng.normal([500, -3], [100, 0.1], size=(60, 2))
    data = Dataset("far", x, (x[:, 0] > 500).astype(int), x[:9], np.zeros(9, int), ("a", "b"))
    learning_from(data)
    session = session_of()
    [wrong] = diagnosis(session)
    assert wrong["kind"] == "inputs" and wrong["sentence"].endswith("scale them to about −1 to 1.")
    [button] = wrong["tries"]
    assert not button["here"]  # a changed network starts afresh
    answer(session, {"do": "treat", "remedy": "scale", "start": True})
    scaled = next(session.run.network.activations(x))
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-2)
    np.testing.assert_allclose(scaled.std(axis=0), 1, atol=1e-2)
    assert diagnosis(session) == []


def test_back_to_the_best_epoch():
    session = session_of()
    while session.run.step():
        pass
    session.run.columns["val_loss"] = [0.5, 0.3, 0.2, 0.4, *[0.5] * 6]
    [back] = treatments(session, ["shorter"])
    assert back.words == "Go back to epoch 3, the best so far"
    answer(session, {"do": "treat", "remedy": "shorter"})
    assert session.run.epochs_done == 3 and not session.playing


def test_after_divergence_a_lower_rate_is_advised_from_the_start():
    session = session_of({"layers": ["dense 4", "relu"]}, optimizer="sgd:learning_rate=1e30")
    while session.run.step():
        pass
    first = diagnosis(session)[0]
    assert first["kind"] == "diverged" and first["sentence"].startswith("The training diverged in")
    rate, clip = first["tries"]
    assert rate["words"] == "Learning rate 1e+29 instead of 1e+30" and not rate["here"]
    assert clip["words"] == SAYS["clip"]
