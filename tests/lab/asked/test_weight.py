"""A weight under the glass: the numbers are the engine's, and looking disturbs nothing."""

import numpy as np
import pytest

from glassnet.base.errors import InputError
from glassnet.lab.asked import inside, transport, weight
from tests.lab.run.test_operations import session, theta

WAYS = {
    "dropout, adam": ("dense 6, relu, dropout 0.3", {"optimizer": "adam"}),
    "momentum": ("dense 4, tanh", {"optimizer": "momentum"}),
    "batchnorm": ("dense 4, batchnorm, relu", {"optimizer": "sgd", "clip_norm": 0.1}),
    "max norm": ("dense 4, tanh", {"optimizer": "sgd", "max_norm": 0.5}),
}
PLACE = [1, 2]


@pytest.mark.parametrize("way", WAYS)
def test_its_numbers_are_those_of_the_step_which_is_not_taken(way):
    layers, settings = WAYS[way]
    lab, plain = session(layers, **settings), session(layers, **settings)
    for t in range(6):
        found = weight.weight(lab, "0.W", PLACE)
        assert found["t"] == t and found["value"] == lab.run.network.parameters["0.W"][1, 2]
        step, trace = found["step"], plain.run.record()
        assert step["t"] == t + 1
        assert step["before"] == trace.before["0.W"][1, 2] == found["value"]
        assert (
            step["after"] == trace.after["0.W"][1, 2] == plain.run.network.parameters["0.W"][1, 2]
        )
        assert step["gradient"] == trace.layers[0].gradients["W"][1, 2]
        assert step["differences"] == trace.difference("0.W", (1, 2))
        assert step["differences"] == pytest.approx(step["gradient"], rel=2e-3, abs=1e-6)
        assert (step["loss"], step["loss_after"]) == (trace.value, trace.value_after)
        curve = weight.along(lab, "batch", 0.5)
        assert curve["values"][20] == found["value"] and curve["losses"][20] == trace.value
        assert weight.along(lab, "training", 0.5)["samples"] == len(lab.run.data.x_train)
        lab.run.step()
        np.testing.assert_array_equal(theta(lab), theta(plain))


def test_the_loss_along_it_is_the_engines():
    lab = session()
    transport.step(lab, 3)
    weight.weight(lab, "2.W", [3, 1])
    curve = weight.along(lab, "training", 2.0)
    network, data = lab.run.network.copy(), lab.run.data
    for w, loss in zip(curve["values"], curve["losses"], strict=True):
        network.parameters["2.W"][3, 1] = w
        z = network.outputs(data.x_train)
        assert loss == float(lab.run.trainer.loss.mean(z, data.y_train))


def test_its_course_is_its_value_at_each_step():
    lab = session(epochs=30)
    values = {0: theta(lab)}
    while lab.run.step():
        values[lab.run.t] = theta(lab)
    transport.goto(lab, 53)
    found = weight.weight(lab, "0.b", [3])
    course = found["course"]
    assert course["t"] == sorted(course["t"]) and {0, 53, 112} <= set(course["t"])
    at = lab.run.network.parameters["0.W"].size + 3
    for t, value in zip(course["t"], course["values"], strict=True):
        assert value == values[t][at]


def test_it_is_set_by_hand_also_inside_a_step_and_taken_back():
    lab = session()
    transport.step(lab, 3)
    before = theta(lab)
    transport.operation(lab, 4)
    loss = lab.trace.value
    weight.edit(lab, "0.W", PLACE, 1.5)
    assert (lab.run.t, lab.operation) == (4, 3) and lab.trace.before["0.W"][1, 2] == 1.5
    assert lab.network.parameters["0.W"][1, 2] == 1.5 and lab.trace.value != loss
    weight.undo(lab)
    assert (lab.run.t, lab.operation) == (4, 3) and lab.trace.value == loss
    np.testing.assert_array_equal(theta(lab), before)
    transport.step(lab, -1)
    weight.edit(lab, "0.W", PLACE, -2.0)
    assert weight.weight(lab, "0.W", PLACE)["edited"]
    transport.step(lab, -1)
    assert not weight.weight(lab, "0.W", PLACE)["edited"]
    transport.step(lab)
    assert lab.run.network.parameters["0.W"][1, 2] == -2.0


def test_what_is_no_weight_is_refused():
    lab = session("dense 4, batchnorm, tanh")
    assert set(weight.weights(lab)["shapes"]) == {
        "0.W", "0.b", "1.gamma", "1.beta", "3.W", "3.b",
    }  # fmt: skip
    with pytest.raises(InputError, match="no weight is chosen"):
        weight.along(lab)
    for name, place in [("0.X", [0, 0]), ("0.W", [0]), ("0.W", [2, 0])]:
        with pytest.raises(InputError, match=r"0\.[XW]"):
            weight.weight(lab, name, place)
    with pytest.raises(InputError, match="expected a trainable parameter"):
        weight.weight(lab, "1.mean", [0])
    with pytest.raises(InputError, match="expected a finite number"):
        weight.edit(lab, "0.W", [0, 0], float("inf"))


def test_the_step_follows_the_chosen_weight():
    lab = session()
    transport.operation(lab, 9)
    weight.weight(lab, "2.W", [3, 1])
    assert "update of W[3, 1] in layer 2" in inside.inside(lab)["html"]
