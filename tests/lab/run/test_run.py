"""A training in the lab is the training that `fit` does, and goes back to the bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glassnet.base.errors import InputError
from glassnet.data import load
from glassnet.lab.run.run import Run
from glassnet.lab.sources import Formula
from glassnet.lab.sources.shelf import Shelf
from glassnet.workflows.networks import network_of
from glassnet.workflows.run import train
from glassnet.workflows.spec import Data, Experiment, Net, Training

MOONS = load("moons", samples=80)
WAYS = {
    "adam, noise": (["dense 6", "relu", "dropout 0.2"], {"optimizer": "adam"}),
    "warm-up": (["dense 4", "tanh"], {"optimizer": "momentum", "schedule": "warm_up"}),
    "plateau": (["dense 4", "tanh"], {"schedule": "on_plateau:patience=1"}),
    "statistics": (["dense 4", "batchnorm", "relu"], {"optimizer": "sgd", "clip_norm": 1.0}),
}


def begun(way="adam, noise", epochs=6, batch_size=16, **more):
    layers, settings = WAYS[way]
    training = Training(epochs=epochs, batch_size=batch_size, **(settings | more))
    return Run(network_of(Net(layers=layers), 3, MOONS), MOONS, training)


def test_distances_count_in_the_spread_of_the_target():
    data = Formula(text="y = 1e6 * x", samples=60).load(Shelf(), 0)
    training = Training(optimizer={"kind": "sgd", "learning_rate": 0.1}, epochs=3, batch_size=15)
    run = Run(network_of(Net(hidden=[4]), 0, data), data, training)
    while run.step():
        pass
    expected = train(
        Experiment(
            data=Data(name="", options={}),
            network=Net(hidden=[4]),
            training=training.model_copy(update={"engine": "numpy"}),
        ),
        data,
        0,
    )
    assert run.columns["loss"] == expected.history["loss"] and run.columns["loss"][-1] < 1


@pytest.mark.parametrize("way", WAYS)
def test_it_learns_what_fit_learns(way):
    run = begun(way)
    while run.step():
        pass
    layers, settings = WAYS[way]
    alone = network_of(Net(layers=layers), 3, MOONS)
    history = alone.fit(
        MOONS.x_train, MOONS.y_train, validation=(MOONS.x_test, MOONS.y_test),
        epochs=6, batch_size=16, engine="numpy", **settings,
    )  # fmt: skip
    np.testing.assert_array_equal(run.network.parameters.vector, alone.parameters.vector)
    assert run.t == run.end == 6 * 4 and run.epoch_ends == [4, 8, 12, 16, 20, 24]
    for name in ("loss", "accuracy", "val_loss"):
        assert run.columns[name] == history[name]


@pytest.mark.parametrize("way", WAYS)
@settings(max_examples=15, deadline=None)
@given(jumps=st.lists(st.integers(0, 24), min_size=1, max_size=5))
def test_every_step_is_reached_again_to_the_bit(way, jumps):
    run = begun(way)
    seen = [run.network.parameters.vector.copy()]
    while run.step():
        seen.append(run.network.parameters.vector.copy())
    for t in jumps:
        run.go(t)
        assert run.t == t and run.end == 24
        np.testing.assert_array_equal(run.network.parameters.vector, seen[t])
        losses = run.columns["val_loss"][: run.epochs_done]
        assert run.trainer.history.get("val_loss", []) == losses
    while run.step():
        pass
    np.testing.assert_array_equal(run.network.parameters.vector, seen[24])


def test_a_recorded_step_is_the_step():
    run, plain = begun(), begun()
    for _ in range(5):
        run.step(), plain.step()
    trace = run.record()
    plain.step()
    np.testing.assert_array_equal(run.network.parameters.vector, plain.network.parameters.vector)
    assert trace.value == plain.step_losses()[-1] == run.step_losses()[-1]
    np.testing.assert_array_equal(trace.after["0.W"], plain.network.parameters["0.W"])


def test_other_settings_from_here_and_back_before_them():
    run = begun()
    run.go(0)
    for _ in range(12):
        run.step()
    seen = run.network.parameters.vector.copy()
    run.go(8)
    run.change(Training(optimizer="sgd:learning_rate=0.5", batch_size=30, epochs=6))
    assert run.end == 8 and run.epoch_ends == [4, 8]
    for _ in range(4):
        run.step()
    assert run.epoch_ends == [4, 8, 10, 12]
    other = run.network.parameters.vector.copy()
    run.go(3)
    run.go(12)
    np.testing.assert_array_equal(run.network.parameters.vector, other)
    assert not np.array_equal(seen, other)


@pytest.mark.parametrize("steps", [0, 4])
def test_another_batch_size_before_an_epoch_is_the_same_from_the_start(steps):
    """The order of the next epoch is drawn by the generator as it is, and not drawn again."""
    run = begun("plateau")
    for _ in range(steps):
        run.step()
    state = run.network.rng.bit_generator.state
    run.change(Training(batch_size=20, epochs=6))
    assert run.network.rng.bit_generator.state == state
    assert run.step() and run.t == steps + 1


def test_settings_that_do_not_fit_leave_it_as_it_is():
    run = begun()
    run.step()
    before = run.network.parameters.vector.copy()
    with pytest.raises(InputError, match="no single step"):
        run.change(Training(optimizer="lbfgs"))
    np.testing.assert_array_equal(run.network.parameters.vector, before)
    assert run.step() and run.t == 2


def test_a_weight_set_by_hand_is_kept_when_going_back():
    run = begun()
    for _ in range(6):
        run.step()
    run.edit("0.W", (0, 1), 2.5)
    assert run.end == 6
    run.step()
    after = run.network.parameters.vector.copy()
    run.go(2)
    run.go(6)
    assert run.network.parameters["0.W"][0, 1] == 2.5
    run.go(7)
    np.testing.assert_array_equal(run.network.parameters.vector, after)
    assert (6, 2.5) in list(run.course_of("0.W", (0, 1)))


def test_divergence_stops_it_before_that_step_and_going_back_goes_on():
    run = begun(optimizer="sgd:learning_rate=1e30")
    seen = [run.network.parameters.vector.copy()]
    while run.step():
        seen.append(run.network.parameters.vector.copy())
    t = run.t
    assert t < 4 and run.end == t
    said = f"The training diverged in step {t + 1} (epoch 1, step {t + 1}): first not finite: "
    assert run.diverged.startswith(said) and "layer" in run.diverged
    np.testing.assert_array_equal(run.network.parameters.vector, seen[-1])
    run.go(0)
    assert not run.diverged and run.step()
    np.testing.assert_array_equal(run.network.parameters.vector, seen[1])
    run.go(t)
    assert run.record() is None and run.diverged.startswith(said)
    np.testing.assert_array_equal(run.network.parameters.vector, seen[-1])


def test_steps_across_a_change_of_settings_are_those_that_were_taken():
    run = begun()
    for _ in range(6):
        run.step()
    run.change(Training(optimizer="sgd:learning_rate=0.5", batch_size=16, epochs=6))
    seen = {}
    while run.step():
        seen[run.t] = run.network.parameters.vector.copy()
    run.go(3)
    while run.step():
        if run.t > 6:
            np.testing.assert_array_equal(run.network.parameters.vector, seen[run.t])
    assert run.t == run.end == 24


@pytest.mark.parametrize("way", WAYS)
def test_every_step_can_be_recorded_also_the_last_of_an_epoch(way):
    run, plain = begun(way), begun(way)
    while not plain.finished:
        trace = run.record()
        plain.step()
        assert len(trace.layers) == len(run.network.layers)
        assert trace.t == run.t and trace.value == plain.step_losses()[-1]
        np.testing.assert_array_equal(
            run.network.parameters.vector, plain.network.parameters.vector
        )
        z, _ = trace.network.forward(trace.x, trace.network.rng)
        np.testing.assert_array_equal(z, trace.z)  # with the noise of the step
        assert run.network.rng.bit_generator.state == plain.network.rng.bit_generator.state
    assert run.record() is None and not run.diverged


def test_looking_at_the_next_step_does_not_take_it():
    run, plain = begun(), begun()
    while not plain.finished:
        trace = run.peek()
        assert (run.t, run.end, run.epoch_ends) == (plain.t, plain.end, plain.epoch_ends)
        assert run.columns.get("val_loss", []) == plain.columns.get("val_loss", [])
        run.step(), plain.step()
        assert trace.value == plain.step_losses()[-1] == run.step_losses()[-1]
        np.testing.assert_array_equal(
            run.network.parameters.vector, plain.network.parameters.vector
        )
    assert run.peek() is None


def test_what_was_changed_is_changed_again_on_the_way_forward():
    run = begun()
    for _ in range(6):
        run.step()
    run.edit("0.W", (0, 1), 2.5)
    seen = {}
    for _ in range(5):
        run.step()
        if run.t == 9:
            run.change(Training(optimizer="sgd:learning_rate=0.5", batch_size=16, epochs=6))
        seen[run.t] = run.network.parameters.vector.copy()
    run.go(2)
    for t in range(3, 12):
        run.step()
        if t in seen:
            np.testing.assert_array_equal(run.network.parameters.vector, seen[t])
    assert run.training.batch_size == 16 and run.end == 11


@pytest.mark.parametrize("t", [0, 3, 4, 6])
def test_what_was_set_by_hand_is_taken_back(t):
    run = begun()
    for _ in range(t):
        run.step()
    before, losses = run.network.parameters.vector.copy(), run.step_losses().tolist()
    assert not run.edited
    run.edit("0.W", (0, 1), 2.5)
    run.edit("0.W", (0, 2), 3.5)
    assert run.edited and run.network.parameters["0.W"][0, 2] == 3.5
    run.step()
    assert not run.edited
    run.go(t)
    run.undo()
    assert (run.t, run.end) == (t, t)
    np.testing.assert_array_equal(run.network.parameters.vector, before)
    assert run.step_losses().tolist() == losses
    with pytest.raises(InputError, match="nothing can be undone"):
        run.undo()


def test_the_loss_of_a_step_is_the_same_after_going_back():
    run, seen = begun(), []
    while run.step():
        seen.append(run.step_losses().tolist())
    for t in reversed(range(1, 25)):
        run.go(t)
        assert run.step_losses().tolist() == seen[t - 1]
    run.go(0)
    assert run.step_losses().tolist() == []


# ---- what is wrong is found once

TOO_FAST = {"optimizer": "sgd:learning_rate=30"}


def found(run):
    return [(each.kind, each.sentence) for each in run.findings]


def test_what_is_wrong_is_found_once_and_at_its_step():
    run = begun("warm-up", **TOO_FAST, schedule="constant")
    plain = begun("warm-up", **TOO_FAST, schedule="constant")
    plain.watch.on_epoch_end = plain.watch.on_train_batch_end = lambda *given: None
    assert not run.findings
    while run.step() and plain.step():
        np.testing.assert_array_equal(
            run.network.parameters.vector, plain.network.parameters.vector
        )
    [(kind, sentence), *_] = at_the_end = found(run)
    assert kind == "large steps" and sentence.endswith("is usual: lower the learning rate")
    run.go(3)
    assert not run.findings
    run.go(4)
    assert found(run)[0] == (kind, sentence)
    while run.step():
        pass
    assert found(run) == at_the_end


def test_other_settings_are_looked_at_afresh():
    run = begun("warm-up", **TOO_FAST, schedule="constant")
    for _ in range(8):
        run.step()
    assert run.findings
    run.change(Training(optimizer="sgd:learning_rate=0.01", batch_size=16, epochs=6))
    assert not run.findings
    run.go(7)
    assert run.findings
