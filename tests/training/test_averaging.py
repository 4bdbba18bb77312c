"""AveragedWeights: averages by hand and PyTorch's, state, early stopping, stacks, checkpoints."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from tests.own_layers import Standardize

pytestmark = pytest.mark.usefixtures("engine")

X = np.random.default_rng(0).normal(loc=2.0, scale=3.0, size=(90, 4))
Y = (X[:, 0] * X[:, 1] > 4).astype(int)
HOW: dict[str, Any] = {"epochs": 5, "batch_size": 16, "optimizer": "adam:learning_rate=0.02"}
EITHER = pytest.mark.parametrize("how", [{"decay": 0.8}, {"start": 2}], ids=str)


def network(seed: int = 0, dtype: str = "float64", state: Any = Standardize) -> gn.Sequential:
    between = [] if state is None else [state()]
    layers = [gn.Dense(6), *between, gn.Tanh(), gn.Dropout(0.1), gn.Dense(2)]
    return gn.Sequential(layers, input_shape=4, seed=seed, dtype=dtype)


class Course:
    """The parameters after every step, and after every epoch."""

    trainer: Any

    def __init__(self) -> None:
        self.steps: list[np.ndarray] = []
        self.epochs: list[np.ndarray] = []

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        self.steps.append(self.trainer.network.parameters.vector.copy())

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        self.epochs.append(self.trainer.network.parameters.vector.copy())


def trained(*callbacks: Any, net: gn.Sequential | None = None, **more: Any) -> gn.Sequential:
    net = net or network()
    net.fit(X, Y, **{**HOW, **more, "callbacks": callbacks})
    return net


def moving(steps: list[np.ndarray], decay: float) -> np.ndarray:
    average = steps[0].copy()
    for theta in steps[1:]:
        average = decay * average + (1 - decay) * theta
    return average


# ---- values


def test_an_exponential_average_is_of_every_step_state_too() -> None:
    course = Course()
    net = trained(gn.AveragedWeights(decay=0.8), course)
    expected = moving(course.steps, 0.8)
    np.testing.assert_allclose(net.parameters.vector, expected, rtol=1e-12)
    assert np.abs(expected - course.steps[-1]).max() > 0.01


def test_its_decay_is_0_999_unless_said() -> None:
    course = Course()
    net = trained(gn.AveragedWeights(), course)
    np.testing.assert_allclose(net.parameters.vector, moving(course.steps, 0.999), rtol=1e-12)


@pytest.mark.parametrize("start", [0, 3, 4])
def test_a_mean_is_of_the_epochs_from_start_on(start: int) -> None:
    course = Course()
    net = trained(gn.AveragedWeights(start=start), course, net=network(state=None))
    expected = np.mean(course.epochs[start:], axis=0)
    np.testing.assert_allclose(net.parameters.vector, expected, rtol=1e-12)


def test_training_itself_is_as_without() -> None:
    plain, averaged = Course(), Course()
    trained(plain)
    trained(gn.AveragedWeights(0.5), gn.AveragedWeights(start=1), averaged)
    for one, other in zip(plain.steps, averaged.steps, strict=True):
        np.testing.assert_array_equal(one, other)


@EITHER
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_it_is_pytorchs(how: dict[str, Any], dtype: str) -> None:
    torch = pytest.importorskip("torch")
    from torch.optim import swa_utils

    course = Course()
    net = trained(gn.AveragedWeights(**how), course, net=network(state=None, dtype=dtype))
    model = torch.nn.Linear(course.steps[0].size, 1, bias=False, dtype=getattr(torch, dtype))
    average = swa_utils.get_ema_multi_avg_fn(0.8) if "decay" in how else None
    averaged = swa_utils.AveragedModel(model, multi_avg_fn=average)
    for theta in course.steps if "decay" in how else course.epochs[2:]:
        with torch.no_grad():
            model.weight[0] = torch.as_tensor(theta)
        averaged.update_parameters(model)
    expected = averaged.module.weight[0].detach().numpy()
    tolerance = 1e-5 if dtype == "float32" else 1e-10
    np.testing.assert_allclose(net.parameters.vector, expected, rtol=tolerance, atol=tolerance)


# ---- state


@pytest.mark.parametrize("kind", [Standardize, gn.BatchNorm], ids=lambda kind: kind.__name__)
def test_after_a_mean_running_statistics_are_those_of_the_averaged_weights(kind: Any) -> None:
    course = Course()
    averaging = gn.AveragedWeights(start=0)
    net = trained(averaging, course, net=network(state=kind), batch_size=30, epochs=8)
    theta = net.parameters
    learned = theta.trainable.size
    mean = np.mean(course.epochs, axis=0)
    np.testing.assert_allclose(theta.trainable, mean[:learned], rtol=1e-12)
    z = X @ theta["0.W"] + theta["0.b"]
    np.testing.assert_allclose(theta["1.mean"], z.mean(axis=0), atol=0.1 * z.std())
    np.testing.assert_allclose(theta["1.var"], z.var(axis=0), rtol=0.2)
    assert np.abs(mean[learned:] - theta.vector[learned:]).max() > 0.5  # the averages of before


def test_by_hand_statistics_follow_the_batches_of_more_passes() -> None:
    """One batch of all samples, so every pass sees the same mean: 100 steps of a tenth."""
    net = gn.Sequential([Standardize(), gn.Dense(2)], input_shape=4, seed=0, dtype="float64")
    trained(gn.AveragedWeights(start=0), net=net, epochs=2, batch_size="full")
    first = X.mean(axis=0) * (0.1 + 0.19) / 2  # the average over the two epochs
    expected = X.mean(axis=0) + 0.9**100 * (first - X.mean(axis=0))
    np.testing.assert_allclose(net.parameters["0.mean"], expected, rtol=1e-10)


# ---- with other callbacks


@EITHER
def test_with_early_stopping_it_is_the_average_after_the_best_epoch(how: dict[str, Any]) -> None:
    def made() -> gn.Sequential:
        return network(state=None)

    more: dict[str, Any] = {"epochs": 60, "validation": 0.3}
    stopping, course = gn.EarlyStopping(patience=3), Course()
    net = trained(stopping, gn.AveragedWeights(**how), course, net=made(), **more)
    best = stopping.best_epoch
    assert best is not None
    assert 3 < best < len(course.epochs) - 1
    per_epoch = len(course.steps) // len(course.epochs)
    expected = (
        moving(course.steps[: (best + 1) * per_epoch], 0.8)
        if "decay" in how
        else np.mean(course.epochs[2 : best + 1], axis=0)
    )
    np.testing.assert_allclose(net.parameters.vector, expected, rtol=1e-10, atol=1e-12)


def test_without_an_average_at_the_best_epoch_the_best_weights_stay() -> None:
    stopping, course = gn.EarlyStopping("loss", patience=2, min_delta=5.0), Course()
    net = trained(stopping, gn.AveragedWeights(start=1), course, net=network(state=None))
    assert stopping.best_epoch == 0
    np.testing.assert_array_equal(net.parameters.vector, course.epochs[0])


def test_early_stopping_that_restores_nothing_leaves_the_last_average() -> None:
    stopping = gn.EarlyStopping("loss", patience=1, min_delta=5.0, restore_best_weights=False)
    course = Course()
    net = trained(gn.AveragedWeights(0.8), stopping, course, net=network(state=None))
    assert len(course.epochs) == 2
    np.testing.assert_allclose(net.parameters.vector, moving(course.steps, 0.8), rtol=1e-12)


def test_stopped_before_the_start_the_last_weights_stay() -> None:
    class Stop:
        trainer: Any

        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            self.trainer.stop("enough")

    course = Course()
    net = trained(gn.AveragedWeights(start=3), Stop(), course)
    np.testing.assert_array_equal(net.parameters.vector, course.epochs[0])


def test_a_diverged_training_keeps_numbers() -> None:
    layers = [gn.Dense(6, "relu"), gn.Dense(6, "relu"), gn.Dense(2)]
    net = gn.Sequential(layers, input_shape=4, seed=0)
    with pytest.raises(gn.DivergedError):
        trained(gn.AveragedWeights(0.8), net=net, optimizer="sgd:learning_rate=1e30")
    assert np.isfinite(net.parameters.vector).all()


# ---- stacks and checkpoints


@EITHER
def test_in_a_stack_each_has_the_average_that_it_would_have_alone(how: dict[str, Any]) -> None:
    def networks() -> list[gn.Sequential]:
        return [network(seed) for seed in range(3)]

    rows = [np.arange(90), np.arange(40), np.arange(20, 85)]
    stack = gn.Stack(networks())
    stack.fit(X, Y, **HOW, samples=rows, callbacks=[gn.AveragedWeights(**how)])
    for together, alone, own in zip(stack, networks(), rows, strict=True):
        alone.fit(X[own], Y[own], **HOW, callbacks=[gn.AveragedWeights(**how)])
        np.testing.assert_allclose(
            together.parameters.vector, alone.parameters.vector, rtol=1e-9, atol=1e-12
        )


@EITHER
def test_in_a_stack_each_stops_at_its_own_best_average(how: dict[str, Any]) -> None:
    def callbacks() -> list[Any]:
        return [gn.EarlyStopping(patience=2), gn.AveragedWeights(**how)]

    more = {**HOW, "epochs": 30, "validation": 0.3}
    stack = gn.Stack(network(seed) for seed in range(3))
    histories = stack.fit(X, Y, **more, callbacks=callbacks())
    assert len({history.epochs for history in histories}) > 1
    for seed, together in enumerate(stack):
        alone = network(seed)
        alone.fit(X, Y, **more, callbacks=callbacks())
        np.testing.assert_allclose(
            together.parameters.vector, alone.parameters.vector, rtol=1e-9, atol=1e-12
        )


class PulledError(Exception):
    """The plug is pulled."""


class KillAfter:
    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        self.steps -= 1
        if not self.steps:
            raise PulledError


@EITHER
@pytest.mark.parametrize("steps", [2, 13, 18, 24])
@pytest.mark.parametrize("many", [False, True], ids=["alone", "in a stack"])
def test_a_killed_training_resumes_to_the_same_bytes(
    tmp_path: Path, how: dict[str, Any], steps: int, many: bool
) -> None:
    def made() -> Any:
        return gn.Stack(network(k) for k in range(2)) if many else network()

    def theta(subject: Any) -> list[bytes]:
        each = subject if many else [subject]
        return [one.parameters.vector.tobytes() for one in each]

    def callbacks(*more: Any) -> list[Any]:
        return [gn.EarlyStopping(patience=4), gn.AveragedWeights(**how), *more]

    whole, again, path = made(), made(), tmp_path / "c"
    settings = {**HOW, "validation": 0.2}
    whole.fit(X, Y, **settings | {"callbacks": callbacks()})
    with pytest.raises(PulledError):
        settings["callbacks"] = callbacks(KillAfter(steps))
        made().fit(X, Y, **settings, checkpoint=gn.Checkpoint(path, 1))
    again.fit(X, Y, **settings | {"callbacks": callbacks()}, resume=path)
    assert theta(again) == theta(whole)


# ---- what is refused


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: gn.AveragedWeights(decay=1), "decay is 1, expected a number in"),
        (lambda: gn.AveragedWeights(decay=0.0), "decay is 0.0"),
        (lambda: gn.AveragedWeights(start=-1), "start is -1, expected the number of an epoch"),
        (lambda: gn.AveragedWeights(start=0.5), "start is 0.5"),
        (lambda: gn.AveragedWeights(start=True), "start is True"),
        (lambda: gn.AveragedWeights(0.9, 3), "expected decay or start, not both"),
    ],
)
def test_wrong_settings_are_refused(make: Any, says: str) -> None:
    with pytest.raises(gn.GlassnetError, match=says):
        make()


@pytest.mark.parametrize(
    ("callbacks", "says"),
    [
        ([gn.AveragedWeights(start=5)], "start is 5 and there are 5 epochs: expected 0 to 4"),
        ([gn.AveragedWeights(), gn.EarlyStopping("loss")], "put it before AveragedWeights"),
    ],
)
def test_what_would_have_no_effect_is_refused_before_anything_changes(
    callbacks: list[Any], says: str
) -> None:
    net = network()
    before = net.parameters.vector.copy()
    with pytest.raises(gn.GlassnetError, match=says):
        trained(*callbacks, net=net)
    with pytest.raises(gn.GlassnetError, match=says):
        gn.Stack([net, network(1)]).fit(X, Y, **HOW, callbacks=callbacks)
    np.testing.assert_array_equal(net.parameters.vector, before)
