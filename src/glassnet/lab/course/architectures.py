"""Tasks of chapters 12 to 16: pictures, depth, words, floats and speed."""

import numpy as np

from glassnet.base.arrays import Array
from glassnet.lab.course.card import Card, Verdict, judged, starting
from glassnet.lab.course.measured import (
    at_least,
    count,
    dense,
    found,
    multiply_adds,
    names,
    weights,
    within,
)
from glassnet.lab.sources.sentences import GLAD, SAD
from glassnet.lab.state.session import Session

FEW_PARAMETERS = 700
HELPING = ("batch_norm", "layer_norm", "group_norm", "rms_norm", "residual")
MANY = 10
CHEAP = 100  # multiply-adds


def _small(session: Session, entered: str) -> Verdict:
    has, convolutions = count(session), sum("conv" in name for name in names(session))
    return judged(
        f"{has} parameters: {found(session, 'val_accuracy')}.",
        (convolutions > 0, "There is no convolution: add one, then flatten its maps."),
        (has <= FEW_PARAMETERS, f"The network has {has} parameters: at most {FEW_PARAMETERS} are "
                                "allowed."),
        at_least(session, "val_accuracy", 0.95),
    )  # fmt: skip


def _normal(session: Session, entered: str) -> Verdict:
    depth, helping = len(dense(session)) - 1, [n for n in names(session) if n in HELPING]
    return judged(
        f"{depth} hidden layers with {helping[0] if helping else ''}: "
        f"{found(session, 'val_accuracy')}.",
        (depth >= MANY, f"There are {depth} hidden layers: {MANY} are asked for."),
        (bool(helping), f"There is none of {', '.join(HELPING)}: add some."),
        within(session, 30),
        at_least(session, "val_accuracy", 0.95),
    )


def _alike(session: Session, entered: str) -> Verdict:
    if "embedding" not in names(session):
        return Verdict(False, "There is no embedding: this task is about its table.")
    table = next(iter(weights(session).values()))
    least, most = _cosines(table)
    return judged(
        f"Glad words point one way (cosine at least {least:.2f}), sad ones another (at most "
        f"{most:.2f}).",
        (least >= 0.9, f"Two words of one mood have a cosine of {least:.2f}: at least 0.9 is "
                       "asked for."),
        (most <= 0, f"A glad and a sad word have a cosine of {most:.2f}: at most 0 is asked for."),
    )  # fmt: skip


def _cosines(table: Array) -> tuple[float, float]:
    """The least cosine of two words of one mood, and the largest of a glad and a sad word."""
    rows = table / np.maximum(np.linalg.norm(table, axis=1, keepdims=True), 1e-12)
    glad, sad = rows[list(GLAD)], rows[list(SAD)]
    return float(min((glad @ glad.T).min(), (sad @ sad.T).min())), float((glad @ sad.T).max())


def _overflowed(session: Session, entered: str) -> Verdict:
    run = session.run
    return judged(run.diverged, (bool(run.diverged), f"All numbers are finite at step {run.t}."))


def _cheap(session: Session, entered: str) -> Verdict:
    cost = multiply_adds(session)
    return judged(
        f"{cost} multiplications for a prediction: {found(session, 'val_accuracy')}.",
        (cost <= CHEAP, f"A prediction takes {cost:,} multiplications: at most {CHEAP} are asked "
                        "for."),
        at_least(session, "val_accuracy", 0.97),
    )  # fmt: skip


ADAM = {"kind": "adam", "learning_rate": 0.01}

ARCHITECTURES = (
    Card(
        "12-convolution", "12 Convolution and pooling", "The same few weights",
        "This network has 2,410 parameters, as each pixel has its own weights. Use a convolution "
        "and pooling, so that at most 700 parameters reach a test accuracy of 0.95.",
        starting(["flatten", "dense 32", "relu"], "digits", optimizer=ADAM, batch_size=32,
                 epochs=30), _small,
    ),
    Card(
        "13-normalization", "13 Normalization and residual paths", "Ten layers that learn",
        "Ten hidden layers of sigmoids hardly learn, as the gradient shrinks in each. Keep at "
        "least ten, add normalization or residual paths, and reach 0.95 within 30 epochs.",
        starting(["10 x (dense 8, sigmoid)"], optimizer=ADAM), _normal,
    ),
    Card(
        "14-attention", "14 Embeddings and attention", "Words of one mood",
        "Sentences of three words are glad or sad, and each word is a row of a table. Train so "
        "that words of one mood point the same way: a cosine of 0.9, and 0 or less to the others.",
        starting(["embedding 9 2", "flatten"], {"kind": "sentences"},
                 optimizer={"kind": "sgd", "learning_rate": 0.001}, epochs=100), _alike,
    ),
    Card(
        "15-floats", "15 What floats do", "Beyond the largest number",
        "A float32 ends at 3.4 · 10³⁸. Make the numbers of this training overflow, and read in "
        "which layer it happened first.",
        starting(["dense 4", "relu"]), _overflowed,
    ),
    Card(
        "16-speed", "16 Why it is fast", "A prediction for a hundred",
        "A prediction of this network takes 4,352 multiplications. Reach a test accuracy of 0.97 "
        "with at most 100.",
        starting(["dense 64", "relu", "dense 64", "relu"], optimizer=ADAM), _cheap,
    ),
)  # fmt: skip
