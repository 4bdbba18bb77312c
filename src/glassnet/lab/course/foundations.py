"""Tasks of chapters 1 to 6: from one neuron to gradient checks."""

import math
import secrets

import numpy as np

from glassnet.inspection.gradcheck import gradcheck
from glassnet.lab.course.card import Card, Verdict, judged, starting
from glassnet.lab.course.measured import (
    at_least,
    before_training,
    checked,
    count,
    dense,
    found,
    gradients,
    weights,
    within,
)
from glassnet.lab.state.session import Session

PARAMETERS = 27
EQUAL = 0.02  # from the logarithm of the number of classes
NOTHING, SOMETHING = 1e-6, 1e-4  # of gradients
DEPTH = 6


def _straight(session: Session, entered: str) -> Verdict:
    hidden = len(dense(session)) - 1
    return judged(
        f"A straight line, found in time: {found(session, 'val_accuracy')}.",
        (hidden == 0, f"There are {hidden} hidden layers: this task is for none."),
        within(session, 10),
        at_least(session, "val_accuracy", 0.8),
    )


def _counted(session: Session, entered: str) -> Verdict:
    hidden, has = len(dense(session)) - 1, count(session)
    return judged(
        f"{has} parameters: 2 · 5 + 5 lead to five hidden units, 5 · 2 + 2 to two outputs.",
        (hidden == 1, f"There are {hidden} hidden layers: one is asked for."),
        (has == PARAMETERS, f"The network has {has} parameters: {PARAMETERS} are asked for."),
    )


def _undecided(session: Session, entered: str) -> Verdict:
    data = session.run.data
    loss = session.run.network.evaluate(data.x_train, data.y_train)["loss"]
    aim = math.log(data.outputs)
    return judged(
        f"The loss before the first step is {loss:.4f}, and ln {data.outputs} is {aim:.4f}.",
        before_training(session),
        (abs(loss - aim) <= EQUAL, f"The loss before the first step is {loss:.4f}: expected "
                                   f"{aim:.4f} ± {EQUAL:g}."),
    )  # fmt: skip


def _cut_off(session: Session, entered: str) -> Verdict:
    hidden = len(dense(session)) - 1
    if hidden != 1:
        return Verdict(False, f"There are {hidden} hidden layers: one is asked for.")
    name = next(iter(weights(session)))
    gradient = np.abs(gradients(session)[name])
    first, others = gradient[:, 0].max(), gradient[:, 1:].max()
    return judged(
        f"No gradient arrives at the first unit: the largest in {name}[:, 0] is {first:.1e}.",
        (first <= NOTHING, f"The largest gradient in {name}[:, 0] is {first:.1e}: expected 0."),
        (others >= SOMETHING, f"The other units have no gradient either: the largest is "
                              f"{others:.1e}. They should still learn."),
    )  # fmt: skip


def _deep(session: Session, entered: str) -> Verdict:
    depth = len(dense(session))
    return judged(
        f"{depth} layers with weights: {found(session, 'val_accuracy')}.",
        (depth >= DEPTH, f"{depth} layers have weights: {DEPTH} are asked for."),
        at_least(session, "val_accuracy", 0.95),
    )


def _wrong(session: Session, entered: str) -> Verdict:
    network = session.run.network
    if checked(session):
        return Verdict(False, "Every gradient of this network is right: begin the task first.")
    if not entered.isdecimal() or int(entered) >= len(network.layers):
        return Verdict(False, "Choose the layer whose backward is wrong.")
    report = gradcheck(network.layers[int(entered)], show=False)
    return judged(
        f"Yes: checked alone, layer {entered} has a relative error of {report.error:.1e}.",
        (not report, f"Layer {entered} is right: checked alone, its relative error is "
                     f"{report.error:.1e}."),
    )  # fmt: skip


def hidden_fault() -> int:
    """Which fault is planted when the task of chapter 6 begins: any, so that it has to be found."""
    return secrets.randbelow(4)


FOUNDATIONS = (
    Card(
        "01-one-neuron", "1 One neuron", "A straight line, soon",
        "Without a hidden layer the network draws a straight line, and its steps are far too "
        "short. Reach a test accuracy of 0.8 within 10 epochs.",
        starting([], optimizer={"kind": "sgd", "learning_rate": 0.0005}), _straight,
    ),
    Card(
        "02-a-layer", "2 A layer is x W + b", "Twenty-seven parameters",
        "Each unit has a weight for every input, and a bias. Give this network one hidden layer "
        "of such a size that it has 27 parameters.",
        starting(["dense 4", "tanh"]), _counted,
    ),
    Card(
        "03-softmax", "3 Softmax, cross-entropy and why p − t", "Undecided at first",
        "A network that knows nothing should give each of three classes a third: a loss of ln 3. "
        "Choose first weights (their initializer) that start there, within 0.02, before any step.",
        starting(["dense 8", "tanh"], "iris", {"init": "normal:std=2"}), _undecided,
    ),
    Card(
        "04-chain-rule", "4 The chain rule through one hidden layer", "Make this gradient zero",
        "The first layer's weights hear of the loss through those that follow. Edit weights by "
        "hand so that the first hidden unit's gradients are 0, while the other units still learn.",
        starting(["dense 3", "tanh"]), _cut_off,
    ),
    Card(
        "05-any-depth", "5 Any depth: the loop", "Six layers",
        "The loop over layers trains any number of them. Build a network that has at least six "
        "layers with weights, and reach a test accuracy of 0.95.",
        starting(["dense 8", "relu"], optimizer={"kind": "adam", "learning_rate": 0.01}), _deep,
    ),
    Card(
        "06-gradient-checks", "6 Is it right?", "One backward is wrong",
        "One layer of this network computes wrong gradients; another one each time you begin. "
        "Compare backward with differences, and name the layer.",
        starting(["dense 6", "tanh", "dense 5", "sigmoid", "dense 4", "tanh"]), _wrong, "layer",
    ),
)  # fmt: skip
