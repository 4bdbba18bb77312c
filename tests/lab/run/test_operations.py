"""Inside a step: its operations forward and back, and the weights that are shown meanwhile."""

import numpy as np
import pytest

from glassnet.base.errors import InputError
from glassnet.inspection.walkthrough import walk
from glassnet.lab.asked import inside, transport
from glassnet.lab.shown.frame import frame
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings

NAMES = [
    "the samples", "forward of layer 0", "forward of layer 1", "forward of layer 2", "the loss",
    "backward of layer 2", "backward of layer 1", "backward of layer 0", "the update",
]  # fmt: skip


def session(layers="dense 4, tanh", epochs=3, **training):
    return Session(Settings(
        data={"name": "moons", "options": {"samples": 80}}, network={"layers": layers.split(", ")},
        training={"epochs": epochs, "batch_size": 16, **training},
    ))  # fmt: skip


def place(lab):
    return lab.run.t, lab.operation


def theta(lab):
    return lab.network.parameters.vector.copy()


def test_operations_forward_to_the_end_and_back_to_the_begin():
    lab, plain = session(), session()
    seen, after = [], {0: theta(plain)}
    while plain.run.step():
        after[plain.run.t] = theta(plain)
    while lab.next_operation():
        t, at = place(lab)
        assert at == len(seen) % 9 and t == len(seen) // 9 + 1
        assert lab.operations[at].name == NAMES[at]
        shown = t if at == 8 else t - 1
        np.testing.assert_array_equal(theta(lab), after[shown])
        seen.append((place(lab), theta(lab)))
    assert len(seen) == 9 * plain.run.end and place(lab) == (plain.run.end, None)
    while place(lab) != (0, None):
        lab.operation_before()
        if seen:
            where, numbers = seen.pop()
            assert place(lab) == where
            np.testing.assert_array_equal(theta(lab), numbers)
    assert not seen
    np.testing.assert_array_equal(theta(lab), after[0])


def test_a_step_or_an_epoch_from_inside_a_step_is_its_rest():
    lab = session()
    per_epoch = lab.run.trainer.steps_per_epoch
    transport.operation(lab, 3)
    transport.step(lab)
    assert place(lab) == (1, None)
    transport.operation(lab, 9)  # all of the next step
    transport.step(lab)
    assert place(lab) == (3, None)
    transport.goto(lab, 2)
    transport.step(lab, per_epoch - 3)
    transport.operation(lab)
    transport.epoch(lab)
    assert place(lab) == (per_epoch, None)
    transport.epoch(lab, 1)
    assert place(lab) == (2 * per_epoch, None)
    transport.step(lab)
    transport.epoch(lab, -1)
    assert place(lab) == (2 * per_epoch, None)
    transport.epoch(lab, -2)
    assert place(lab) == (0, None)
    transport.epoch(lab, -1)
    transport.step(lab, -1)
    transport.operation(lab, -1)
    assert place(lab) == (0, None)


def test_the_frame_says_where_it_stands_and_has_the_weights_of_before():
    lab = session()
    transport.operation(lab, 2)
    made = frame(lab)
    assert made["t"] == 1
    assert made["operation"] == {
        "number": 2, "of": 9, "name": "forward of layer 0", "layer": "0", "way": "forward",
    }  # fmt: skip
    before = made["weights"]
    transport.look(lab, 9)
    assert frame(lab)["weights"] != before
    transport.step(lab)
    assert frame(lab)["operation"] is None
    with pytest.raises(InputError, match="look into a step first"):
        transport.look(lab, 1)


def test_it_plays_by_operations():
    lab = session(epochs=1)
    transport.play(lab, by="operation")
    count = 0
    while lab.playing:
        lab.advance(1.0)
        count += 1
    assert count == 9 * lab.run.end + 1 and lab.run.finished
    transport.operation(lab, -2)
    assert lab.operations[lab.operation].name == "backward of layer 0"
    transport.play(lab, by="operation")
    lab.advance(1.0)
    assert lab.operations[lab.operation].name == "the update" and lab.playing


def test_what_is_shown_is_the_walk_of_the_trace():
    lab = session("dense 4, tanh, dense 3, relu")
    assert inside.inside(lab) == {"of": 0}
    transport.operation(lab, 3)
    shown = inside.inside(lab)
    parts = walk(lab.trace, lab.run.data.classes, inputs=True)
    assert [p.title for each in lab.operations for p in each.parts] == [p.title for p in parts]
    assert shown["number"] == 3 and shown["samples"] == 16 and shown["followed"] is None
    first = lab.trace.layers[0]
    assert shown["ledger"][0] == {
        "layer": "0", "kind": "Dense(4)", "x": "16 × 2", "y": "16 × 4", "dy": "16 × 4", "dx": "",
        "parameters": "W 2 × 4, b 4",
    }  # fmt: skip
    assert first.dx is None
    inside.follow(lab, 15)
    assert "shown row 15" in inside.inside(lab)["html"]
    assert "sample 16 of 16 samples" in inside.inside(lab, whole=True)["html"]
    inside.follow(lab, 99)  # no batch has as many: several are shown
    assert "shown rows" in inside.inside(lab)["html"]


def test_a_step_that_diverges_is_not_looked_into():
    lab = session("dense 4, relu", optimizer={"kind": "sgd", "learning_rate": 1e30})
    while lab.next_operation():
        pass
    assert lab.run.diverged and lab.operation is None
    transport.operation(lab, -1)
    assert lab.operation == 8


def test_names_of_a_file_are_escaped():
    lab = session()
    lab.run.network.feature_names = ("<img src=x onerror=alert(1)>", "y")
    transport.operation(lab)
    assert "<img" not in inside.inside(lab)["html"]
    assert "&lt;img" in inside.inside(lab)["html"]
