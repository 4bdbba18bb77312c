"""A fork has the past of its run to the bit, and continues by itself."""

import time

import numpy as np
import pytest

from glassnet.base.errors import InputError
from glassnet.lab.commands import COMMANDS, answer
from glassnet.lab.server import app
from glassnet.lab.shown.frame import frame
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.workflows.spec import Net, Training

assert app.COMMANDS_OF and "fork" in COMMANDS


def session(layers=("dense 4", "tanh"), **training):
    settings = {"optimizer": "adam", "batch_size": 20, "epochs": 6} | training
    return Session(Settings(
        data={"name": "moons", "options": {"samples": 80}},
        network=Net(layers=list(layers)), training=Training(**settings),
    ))  # fmt: skip


def ask(own, what, **given):
    found = answer(own, {"do": what, **given})
    assert found["is"] == what, found
    return found


def theta(run):
    return run.network.parameters.vector.copy()


def finish(run):
    while run.step():
        pass
    return theta(run)


def caught_up(own):
    while own.forks.behind(own.run):
        own.forks.follow(own.run, time.perf_counter() + 1)


@pytest.mark.parametrize("at", [0, 2, 3, 7])
def test_a_fork_with_the_same_settings_is_the_same_run(at):
    own = session(["dense 4", "dropout 0.1", "tanh"])
    ask(own, "step", count=at)
    twin = own.run.fork()
    np.testing.assert_array_equal(finish(twin), finish(own.run))
    assert twin.columns == own.run.columns | {"seconds": twin.columns["seconds"]}
    twin.go(1), own.run.go(1)
    np.testing.assert_array_equal(theta(twin), theta(own.run))


@pytest.mark.parametrize("change, value", [("learning rate", 0.3), ("optimizer", "sgd"),
                                           ("batch size", 30), ("order", 5)])  # fmt: skip
def test_training_settings_continue_from_the_step(change, value):
    own = session()
    ask(own, "step", count=7)
    before = theta(own.run)
    letter = ask(own, "fork", change=change, value=value)["letter"]
    fork = own.forks.get(letter)
    assert fork.since == 7 and fork.run.t == 7
    np.testing.assert_array_equal(theta(fork.run), before)
    main, other = finish(own.run), finish(fork.run)
    assert not np.array_equal(main, other)
    alone = session()
    ask(alone, "step", count=7)
    if change == "order":
        alone.run.reseed(5)
    else:
        alone.run.change(fork.settings.training)
    np.testing.assert_array_equal(other, finish(alone.run))
    np.testing.assert_array_equal(main, finish(session().run))


@pytest.mark.parametrize("change, value", [("activation", "relu"), ("first weights", 9)])
def test_what_alters_the_network_starts_afresh(change, value):
    own = session()
    ask(own, "step", count=9)
    fork = own.forks.get(ask(own, "fork", change=change, value=value)["letter"])
    assert fork.since == fork.run.t == 0
    caught_up(own)
    assert fork.run.progress == own.run.progress == 3
    assert "relu" in fork.settings.network.layers or change == "first weights"


def test_forks_follow_while_it_plays_and_after_single_steps():
    own = session()
    ask(own, "fork", change="batch size", value=60)
    ask(own, "play")
    while own.busy:
        own.advance(0.05)
    assert own.run.finished and own.forks.get("A").run.finished
    shown = frame(own)["forks"][0]
    assert shown["curves"]["first"] == 0 and len(shown["curves"]["columns"]["loss"]) == 6
    assert frame(own)["forks"][0]["curves"]["first"] == 6
    run, main = own.forks.get("A").run, own.run
    apart = run.columns["val_accuracy"][-1] - main.columns["val_accuracy"][-1]
    assert f"{abs(apart):.4f}" in shown["difference"] or apart == 0


def test_a_fork_becomes_the_main_run_and_the_main_run_a_fork():
    own = session()
    ask(own, "step", count=4)
    ask(own, "fork", change="learning rate", value=0.3)
    caught_up(own)
    main, fork = own.run, own.forks.get("A").run
    ask(own, "fork_name", letter="A", name="faster")
    facts = ask(own, "fork_main", letter="A")
    assert own.run is fork and own.forks.get("A").run is main
    assert facts["settings"]["training"]["optimizer"]["learning_rate"] == 0.3
    ask(own, "goto", t=2)
    np.testing.assert_array_equal(theta(own.run), theta_at(2))


def theta_at(t):
    own = session()
    ask(own, "step", count=t)
    return theta(own.run)


def test_forks_are_bounded_named_and_removed():
    own = session()
    for n in range(6):
        ask(own, "fork", change="order", value=n)
    assert (
        "remove one first" in answer(own, {"do": "fork", "change": "order", "value": 9})["sentence"]
    )
    ask(own, "fork_remove", letter="C")
    assert ask(own, "fork", change="order", value=9)["letter"] == "C"
    ask(own, "fork_name", letter="C", name="  ")
    assert own.forks.get("C").name == own.forks.get("C").change
    own.begin(own.settings.model_copy(update={"seed": 4}))
    assert not own.forks.each
    with pytest.raises(InputError, match="no fork C"):
        own.forks.get("C")


@pytest.mark.parametrize("change, value, sentence", [
    ("learning rate", -1, "learning_rate"),
    ("learning rate", "x", "learning_rate"),
    ("optimizer", "adm", "did you mean 'adam'"),
    ("batch size", 0, "expected 1 or more"),
    ("batch size", 20, "nothing would change"),
    ("order", -3, "whole number of 0 or more"),
    ("activation", "tanh", "already"),
    ("size", 3, "unknown change"),
])  # fmt: skip
def test_what_cannot_be_changed_is_said(change, value, sentence):
    own = session()
    found = answer(own, {"do": "fork", "change": change, "value": value})
    assert found["is"] == "error" and sentence in found["sentence"] and not own.forks.each


def test_a_run_that_diverged_is_not_forked():
    own = session(["dense 4", "relu"], optimizer="sgd:learning_rate=1e30")
    finish(own.run)
    assert own.run.diverged
    found = answer(own, {"do": "fork", "change": "learning rate", "value": 0.1})
    assert "go back" in found["sentence"]
