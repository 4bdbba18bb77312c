"""Tasks of chapters 7 to 11: batches, rules, first weights, overfitting, many seeds."""

import numpy as np

from glassnet.base.confidence import estimate
from glassnet.lab.course.card import Card, Verdict, judged, starting
from glassnet.lab.course.measured import (
    at_least,
    at_most,
    dense,
    found,
    weights,
    within,
)
from glassnet.lab.state.session import Session
from glassnet.lab.state.verdicts import clear
from glassnet.nn.optimizers import optimizer

APART = 1e-3  # of the weights of two units
WIDE = 64
ABOVE_BEST = 1.1  # the last test loss may be so many times the lowest
ENOUGH_SEEDS = 50


def _large(session: Session, entered: str) -> Verdict:
    training = session.run.training
    size, samples = training.batch_size, len(session.run.data.x_train)
    rule = type(optimizer(training.optimizer)).__name__
    return judged(
        f"Batches of {size}: {found(session, 'loss')} after {session.run.epochs_done} epochs.",
        (size == "full" or size >= 100, f"The batch size is {size}: at least 100 is asked for, of "
                                        f"{samples} samples."),
        (rule == "SGD", f"The optimizer is {rule}: this task is for sgd."),
        within(session, 20),
        at_most(session, "loss", 0.3),
    )  # fmt: skip


def _ruled(session: Session, entered: str) -> Verdict:
    training = session.run.training
    rule = type(optimizer(training.optimizer)).__name__
    return judged(
        f"{rule} takes {session.run.epochs_done} epochs: {found(session, 'loss')}.",
        (rule != "SGD", "The optimizer is sgd: choose another rule."),
        (training.batch_size == 10, f"The batch size is {training.batch_size}: leave it at 10."),
        within(session, 30),
        at_most(session, "loss", 0.05),
    )


def _unequal(session: Session, entered: str) -> Verdict:
    hidden = len(dense(session)) - 1
    if hidden < 1:
        return Verdict(False, "There is no hidden layer: one is asked for.")
    name, W = next(iter(weights(session).items()))
    pairs = np.abs(W[:, :, None] - W[:, None, :]).max(axis=0)[np.triu_indices(W.shape[1], 1)]
    least = float(pairs.min()) if len(pairs) else 0.0
    return judged(
        f"The units differ, and they learn: {found(session, 'val_accuracy')}.",
        (least > APART, f"Two units of {name} have the same weights: they differ by {least:.1e}."),
        at_least(session, "val_accuracy", 0.95),
    )


def _calm(session: Session, entered: str) -> Verdict:
    run, widest = session.run, max((each.units for each in dense(session)), default=0)
    losses = run.columns.get("val_loss", [])[: run.epochs_done] or [np.inf]
    last, best = losses[-1], min(losses)
    return judged(
        f"After {run.epochs_done} epochs the test loss is {last:.4f}, its lowest was {best:.4f}.",
        (widest >= WIDE, f"The widest layer has {widest} units: leave it at {WIDE}."),
        (run.epochs_done >= 200, f"{run.epochs_done} epochs have ended: train all 200."),
        at_least(session, "accuracy", 0.8),
        (last <= ABOVE_BEST * best, f"The test loss ends at {last:.4f}, its lowest was "
                                    f"{best:.4f}: more than a tenth above it."),
    )  # fmt: skip


def _certain(session: Session, entered: str) -> Verdict:
    study = session.seeds.study
    groups = {} if study is None or study.running else study.found
    if len(groups) < 2 or "" not in groups:
        return Verdict(False, "Fork the run, and train the main run and the fork from many seeds.")
    main, fork = groups.values()
    a, b = (dict(zip(each.seeds, each.finals, strict=True)) for each in (main, fork))
    both = sorted({*a} & {*b})
    if len(both) < ENOUGH_SEEDS:
        return Verdict(False, f"{len(both)} pairs of seeds: at least {ENOUGH_SEEDS} are asked for.")
    apart = estimate([b[seed] - a[seed] for seed in both])
    interval = f"{apart.low:z.4f} to {apart.high:z.4f}"
    return judged(
        f"The difference is {apart.mean:z.4f}, its 95 % interval {interval}: that is no chance.",
        (clear(apart), f"The 95 % interval of the difference is {interval}, and contains 0: fork "
                       "a larger change."),
    )  # fmt: skip


LEARNING = (
    Card(
        "07-batches", "7 Batches", "Few steps, long steps",
        "A batch of 100 takes a tenth of the steps of a batch of 10, with a calmer gradient. Reach "
        "a training loss of 0.3 within 20 epochs of sgd with batches of at least 100.",
        starting(["dense 4", "tanh"], batch_size=100,
                 optimizer={"kind": "sgd", "learning_rate": 0.02}), _large,
    ),
    Card(
        "08-optimizers", "8 Momentum, AdaGrad, RMSProp, Adam", "Another rule",
        "Plain sgd would take hundreds of epochs here. Leave the batch size at 10, choose another "
        "rule, and reach a training loss of 0.05 within 30 epochs.",
        starting(["dense 8", "tanh"]), _ruled,
    ),
    Card(
        "09-first-weights", "9 Where weights start", "Equal for ever",
        "All weights start at 0.5, so all hidden units stay equal and learn as one. Choose first "
        "weights that tell them apart, and reach a test accuracy of 0.95.",
        starting(["dense 8", "tanh"], "moons", {"init": "constant:value=0.5"},
                 optimizer={"kind": "adam", "learning_rate": 0.03}), _unequal,
    ),
    Card(
        "10-overfitting", "10 Overfitting", "It should not get worse",
        "This network learns its few training samples by heart, and its test loss rises. Keep its "
        "64 units and 200 epochs, and end with a test loss at most a tenth above its lowest.",
        starting(["dense 64", "relu"],
                 {"name": "moons", "options": {"samples": 120, "noise": 0.35}},
                 optimizer={"kind": "adam", "learning_rate": 0.02}), _calm,
    ),
    Card(
        "11-a-hundred-networks", "11 One number is no number", "No chance",
        "One run says little. Fork the run with a change of your own, train both from at least 50 "
        "seeds, and find a difference whose 95 % interval leaves 0 out.",
        starting(["dense 4", "tanh"], {"name": "moons", "options": {"samples": 200, "noise": 0.3}},
                 optimizer={"kind": "adam", "learning_rate": 0.01}, epochs=30), _certain,
    ),
)  # fmt: skip
