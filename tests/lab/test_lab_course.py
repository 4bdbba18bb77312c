"""Every task has a solution that passes, and does not pass at its start."""

from pathlib import Path

import numpy as np
import pytest

from glassnet.inspection.gradcheck import gradcheck
from glassnet.lab.commands import answer
from glassnet.lab.course.cards import CARDS
from glassnet.lab.course.measured import checked, gradients, weights
from glassnet.lab.faults import FAULTS
from glassnet.lab.server import app
from glassnet.lab.shown.facts import facts
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.nn.layers import LAYERS

assert app.COMMANDS_OF
COURSE = Path(__file__).parents[2] / "docs" / "course"


def ask(own, what, **given):
    found = answer(own, {"do": what, **given})
    assert found["is"] == what, found
    return found


def begun(page):
    own = Session(Settings())
    ask(own, "task_begin", page=page)
    return own


def verdict(own, page, entered=""):
    return ask(own, "task_check", page=page, entered=entered)


def training(own, **change):
    ask(own, "settings", training=own.settings.training.model_dump() | change)


def network(own, **change):
    ask(own, "settings", network=own.settings.network.model_dump() | change)


def epochs(own, count):
    while own.run.epochs_done < count and own.run.step():
        pass


def rule(kind, rate, **more):
    return {"kind": kind, "learning_rate": rate, **more}


def one_neuron(own):
    training(own, optimizer=rule("sgd", 0.1))
    epochs(own, 10)


def a_layer(own):
    network(own, layers=["dense 5", "tanh"])


def softmax(own):
    network(own, init="normal:std=0.01")


def chain_rule(own):
    name = list(weights(own))[1]
    for column in range(own.run.network.parameters[name].shape[1]):
        own.run.edit(name, (0, column), 0.0)


def any_depth(own):
    network(own, layers=["5 x (dense 8, relu)"])
    epochs(own, 60)


def gradient_checks(own):
    wrong = [n for n, each in enumerate(own.run.network.layers) if type(each) in FAULTS]
    return str(wrong[0])


def batches(own):
    training(own, optimizer=rule("sgd", 2.0))
    epochs(own, 20)


def optimizers(own):
    training(own, optimizer=rule("adam", 0.03))
    epochs(own, 30)


def first_weights(own):
    network(own, init="glorot_uniform")
    epochs(own, 60)


def overfitting(own):
    training(own, optimizer=rule("adamw", 0.02, weight_decay=1.0))
    epochs(own, 200)


def a_hundred_networks(own):
    ask(own, "fork", change="learning rate", value=0.001)
    ask(own, "seeds_begin", times=50, fork="A")
    own.seeds.study.thread.join(60)


def convolution(own):
    network(own, layers=["conv 4", "relu", "maxpool", "flatten"])
    epochs(own, 30)


def normalization(own):
    network(own, layers=["10 x (dense 8, batchnorm, relu)"])
    epochs(own, 30)


def attention(own):
    training(own, optimizer=rule("adam", 0.05))
    epochs(own, 100)


def floats(own):
    training(own, optimizer=rule("sgd", 1e30))
    epochs(own, 1)


def speed(own):
    network(own, layers=["dense 16", "relu"])
    epochs(own, 60)


SOLUTIONS = dict(zip(CARDS, [
    one_neuron, a_layer, softmax, chain_rule, any_depth, gradient_checks, batches, optimizers,
    first_weights, overfitting, a_hundred_networks, convolution, normalization, attention, floats,
    speed,
], strict=True))  # fmt: skip


@pytest.mark.parametrize("page", CARDS)
def test_the_start_does_not_pass_and_the_solution_does(page):
    own = begun(page)
    assert not verdict(own, page)["done"]
    entered = SOLUTIONS[page](own) or ""
    found = verdict(own, page, entered)
    assert found["done"], found["sentence"]


@pytest.mark.parametrize("page", [p for p in CARDS if p not in (
    "02-a-layer", "03-softmax", "04-chain-rule", "06-gradient-checks", "11-a-hundred-networks",
)])  # fmt: skip
def test_training_alone_does_not_pass(page):
    own = begun(page)
    for count in (5, 10, 20, 30, 200):
        epochs(own, count)
        found = verdict(own, page)
        assert not found["done"], found["sentence"]


def test_every_chapter_has_a_task_and_its_title():
    titles = {
        page.stem: page.read_text().splitlines()[0] for page in sorted(COURSE.glob("[01]*.md"))
    }
    assert list(titles) == list(CARDS)
    listed = ask(Session(Settings()), "tasks")["cards"]
    for each in listed:
        assert titles[each["page"]] == f"# {each['chapter']}"
        assert (COURSE.parents[1] / each["path"]).is_file()
        assert each["task"].count(". ") == 1 and each["task"].endswith(".")


@pytest.mark.parametrize("fault", range(len(FAULTS)))
def test_a_planted_fault_is_the_only_one_and_looks_like_the_right_layer(fault):
    card = CARDS["06-gradient-checks"]
    own = Session(card.start.model_copy(update={"fault": fault}))
    right = Session(card.start)
    np.testing.assert_array_equal(
        own.run.network.parameters.vector, right.run.network.parameters.vector
    )
    assert facts(own)["layers"] == facts(right)["layers"]
    assert not checked(own) and checked(right)
    wrong = [n for n, each in enumerate(own.run.network.layers) if not gradcheck(each, show=False)]
    assert len(wrong) == 1
    own.run.step()
    for n in range(len(own.run.network.layers)):
        assert verdict(own, card.page, str(n))["done"] == (n in wrong)
    table = ask(own, "task_gradients")
    assert {each["name"] for each in table["checks"] if not each["right"]}
    assert len(table["layers"]) == len(own.run.network.layers)
    assert FAULTS[fault] not in LAYERS.values()
    for entered in ("", "x", "99"):
        assert not verdict(own, card.page, entered)["done"]


def test_the_fault_stays_when_training_changes_and_goes_with_the_task():
    own = begun("06-gradient-checks")
    ask(own, "restart")
    training(own, epochs=5)
    assert not checked(own)
    ask(own, "task_begin", page="02-a-layer")
    assert checked(own)
    assert "begin" in verdict(own, "06-gradient-checks", "1")["sentence"]


def test_a_task_on_other_data_asks_to_begin():
    own = begun("01-one-neuron")
    assert (
        verdict(own, "12-convolution")["sentence"] == "This task has its own data: begin it first."
    )
    assert "unknown task" in answer(own, {"do": "task_check", "page": "17"})["sentence"]


def test_gradients_are_those_of_differences():
    own = begun("04-chain-rule")
    name = next(iter(weights(own)))
    slope, data = gradients(own)[name][1, 2], own.run.data
    theta = own.run.network.parameters[name]
    at, losses = float(theta[1, 2]), []
    for step in (1e-2, -1e-2):
        theta[1, 2] = at + step
        losses.append(own.run.network.evaluate(data.x_train, data.y_train)["loss"])
    assert slope == pytest.approx((losses[0] - losses[1]) / 2e-2, rel=1e-2)
