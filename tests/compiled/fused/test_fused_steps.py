"""Steps with compiled parts learn what NumPy's learn."""

import threading
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")

from hypothesis import given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet.compiled.fused import fused, fused_loss, fused_metrics, fused_rule
from glassnet.nn.losses import LOSSES
from glassnet.nn.metrics import absolute_error, accuracy, label_accuracy
from glassnet.nn.optimizers import OPTIMIZERS
from glassnet.training.batches import Batches
from glassnet.training.compiled_batches import CompiledBatches
from glassnet.training.step import Step

METRICS = {"accuracy": accuracy, "labels": label_accuracy, "error": absolute_error}
OF_CLASSES = {"accuracy": accuracy}

ACTIVATIONS = [
    "relu",
    "tanh",
    "sigmoid",
    "elu",
    "selu",
    "gelu",
    "silu",
    "softplus",
    "leaky_relu:slope=0.2",
]


def step_of(net: Any, loss: Any, rule: Any, compiled: bool, **settings: Any) -> Step:
    metrics = settings.pop("metrics", OF_CLASSES)
    if compiled:
        loss, rule, metrics = fused_loss(loss), fused_rule(rule), fused_metrics(metrics)

    def not_finite(value: Any, x: Any) -> None:
        raise AssertionError("the loss is not finite")

    given = {"clip_norm": None, **settings}
    step = Step(net, loss, rule, metrics=metrics, not_finite=not_finite, **given)
    if compiled:
        step.root = fused(net.root)
    return step


def learned(
    net: Any, batches: Any, step: Step, epochs: int, steps: int
) -> tuple[np.ndarray, list[float]]:
    order, t, losses = np.random.default_rng(3), 0, []
    for _ in range(epochs):
        for batch in batches.epoch(order):
            if t < steps:
                t += 1
                losses.append(float(step(batch, t, 0.01)["loss"]))
    return net.parameters.vector, losses


def compare(
    make: Any, arrays: Any, loss: Any, rule: Any, *, size: int = 16, dtype: Any = np.float64,
    steps: int = 20, **given: Any,
) -> None:  # fmt: skip
    found = []
    for compiled in (False, True):
        net = make()
        batches = (CompiledBatches if compiled else Batches)(arrays, size, dtype)
        step = step_of(net, loss, rule, compiled, **given)
        found.append(learned(net, batches, step, 40, steps))
    (theta, losses), (twin, also) = found
    tolerance = 1e-12 if dtype == np.float64 else 1e-5
    assert np.abs(twin - theta).max() <= tolerance * max(1.0, np.abs(theta).max())
    np.testing.assert_allclose(also, losses, rtol=100 * tolerance, atol=100 * tolerance)


def randomised(words: Any, shape: Any) -> gn.Sequential:
    """A network with no parameter of 0: the slope of a ReLU at 0 is a matter of rounding."""
    net = gn.Sequential(words, input_shape=shape, seed=0, dtype=np.float64)
    theta = net.parameters.trainable
    theta[...] = 0.5 * np.random.default_rng(5).normal(size=theta.shape)
    return net


def samples(shape: Any, count: int = 70, outputs: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(count, *shape)), rng.integers(0, outputs, count)


# ---- losses, with labels and rows, weights and smoothing


def losses() -> list[Any]:
    made = [kind() for kind in LOSSES.values()]
    return [
        *made,
        gn.CrossEntropy(label_smoothing=0.2),
        gn.Huber(0.3),
        gn.Quantile(0.9, unit=(1.0, 2.0, 0.5)),
    ]


@pytest.mark.parametrize("loss", losses(), ids=repr)
@pytest.mark.parametrize("rows", [1, 7, 500])
@pytest.mark.parametrize("kind", ["labels", "rows"])
@pytest.mark.parametrize("weighted", ["no", "samples", "outputs", "zero"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_losses_agree(loss: Any, rows: int, kind: str, weighted: str, dtype: Any) -> None:
    rng, outputs = np.random.default_rng(rows), 3
    z = (3 * rng.normal(size=(rows, outputs))).astype(dtype)
    targets = rng.dirichlet(np.ones(outputs), rows).astype(dtype)
    if kind == "labels":
        targets = rng.integers(0, outputs, rows)
    weight = {
        "no": None,
        "samples": rng.random(rows).astype(dtype),
        "outputs": rng.random((rows, 1 if isinstance(loss, gn.CrossEntropy) else outputs)).astype(
            dtype
        ),
        "zero": np.zeros(rows, dtype),
    }[weighted]
    value, dz = loss(z, targets, weight)
    compiled, gradient = fused_loss(loss)(z, targets, weight)
    tolerance = 1e-13 if dtype == np.float64 else 2e-6
    assert compiled == pytest.approx(float(value), rel=tolerance, abs=tolerance)
    assert gradient.dtype == dtype
    np.testing.assert_allclose(gradient, dz, atol=tolerance * max(1e-3, np.abs(dz).max()))


@pytest.mark.parametrize("classes", [2, 10, 300, 5000])
def test_cross_entropy_takes_any_number_of_classes(classes: int) -> None:
    rng = np.random.default_rng(0)
    z, labels = rng.normal(size=(130, classes)), rng.integers(0, classes, 130)
    value, dz = gn.CrossEntropy()(z, labels)
    compiled, gradient = fused_loss(gn.CrossEntropy())(z, labels)
    assert compiled == pytest.approx(float(value), rel=1e-13)
    np.testing.assert_allclose(gradient, dz, rtol=1e-12, atol=1e-18)


@pytest.mark.parametrize("z", [[[1e30, -1e30, 0]], [[-1e38, 3e38, 1]], [[0, 0, 0]]])
def test_cross_entropy_of_far_outputs(z: Any) -> None:
    z = np.array(z, np.float32)
    for label in range(3):
        with np.errstate(over="ignore"):
            _, dz = gn.CrossEntropy()(z, np.array([label]))
        _, gradient = fused_loss(gn.CrossEntropy())(z, np.array([label]))
        np.testing.assert_allclose(gradient, dz, atol=1e-7)


def test_one_output_has_labels_of_0_and_1() -> None:
    z, labels = np.random.default_rng(0).normal(size=(9, 1)), np.arange(9) % 2
    value, dz = gn.BinaryCrossEntropy()(z, labels)
    compiled, gradient = fused_loss(gn.BinaryCrossEntropy())(z, labels)
    assert compiled == pytest.approx(float(value), rel=1e-13)
    np.testing.assert_allclose(gradient, dz, rtol=1e-12)


@pytest.mark.parametrize("rows", [1, 5, 64])
@pytest.mark.parametrize("outputs", [1, 2, 10])
def test_metrics_agree(rows: int, outputs: int) -> None:
    rng = np.random.default_rng(0)
    z, labels = (
        np.round(rng.normal(size=(rows, outputs)), 1),
        rng.integers(0, max(outputs, 2), rows),
    )
    for name, metric in fused_metrics(OF_CLASSES).items():
        assert metric(z, labels) == METRICS[name](z, labels)
    for name, metric in fused_metrics(METRICS).items():
        assert metric(z, np.abs(z)) == METRICS[name](z, np.abs(z))


# ---- rules


def rules(**given: Any) -> list[Any]:
    kinds = [kind for kind in OPTIMIZERS.values() if "LBFGS" not in kind.__name__]
    return [kind(**given) for kind in kinds]


@pytest.mark.parametrize("rule", [*rules(), *rules(weight_decay=0.1)], ids=repr)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rules_agree(rule: Any, dtype: Any) -> None:
    rng = np.random.default_rng(0)
    decays = (rng.random(500) > 0.3).astype(dtype)
    compiled = fused_rule(rule)
    thetas = [np.linspace(-1, 1, 500).astype(dtype) for _ in range(2)]
    moments = [rule.start(thetas[0]), compiled.start(thetas[1])]
    for t in range(1, 202):
        g = (rng.normal(size=500) * 10.0 ** rng.integers(-20, 3, 500) * (t < 50)).astype(dtype)
        for each, theta, kept in zip((rule, compiled), thetas, moments, strict=True):
            each.step(theta, g.copy(), kept, t, 0.01 / t, decays)
    tolerance = 1e-13 if dtype == np.float64 else 2e-5
    np.testing.assert_allclose(thetas[1], thetas[0], rtol=tolerance, atol=tolerance)
    for name, moment in moments[0].items():
        np.testing.assert_allclose(
            moments[1][name], moment, rtol=tolerance, atol=tolerance * np.abs(moment).max()
        )
        tiny = np.abs(moments[1][name])
        assert t % 100 or not ((tiny > 0) & (tiny < np.finfo(dtype).tiny)).any()


@pytest.mark.parametrize("rule", rules(), ids=repr)
@pytest.mark.parametrize("size", [1e15, 1e25, 1e37])
def test_huge_gradients_are_held_alike(rule: Any, size: float) -> None:
    found = []
    for each in (rule, fused_rule(rule)):
        theta = np.zeros(3, np.float32)
        moments = each.start(theta)
        with np.errstate(over="ignore"):
            for t in (1, 2):
                each.step(theta, np.array([size, -size, 1], np.float32), moments, t, 0.01)
        found.append(theta)
    np.testing.assert_allclose(found[1], found[0], rtol=1e-5)


def test_a_rule_or_loss_of_ones_own_comes_back_as_it_is() -> None:
    class Signs(gn.SGD):
        def rule(self, theta: Any, g: Any, *, t: int, rate: Any) -> None:
            theta -= rate * np.sign(g)

    class Doubled(gn.MeanSquared):
        def formula(self, z: Any, t: Any) -> Any:
            each, dz = super().formula(z, t)
            return 2 * each, 2 * dz

    rule, loss = Signs(), Doubled()
    assert fused_rule(rule) is rule
    assert fused_loss(loss) is loss


# ---- whole steps


@st.composite
def networks(draw: Any) -> tuple[str, tuple[int, ...]]:
    words = draw(st.lists(st.sampled_from(PIECES), min_size=1, max_size=4))
    return ", ".join([*words, "dense 3"]), (5,)


PIECES = [
    *(f"dense {4 + at}, {name}" for at, name in enumerate(ACTIVATIONS)),
    *ACTIVATIONS[1:3],
    "dense 6", "dropout 0.3", "layer_norm", "scale 0.5",
    "dense 5, sigmoid, batch_norm",  # straight after sums, their biases have a gradient of 0
    "residual(dense 5, tanh, dense 5, relu | dense 5)",
    "concat(dense 3, sigmoid | dense 2 | tanh)",
]  # fmt: skip


LEARNED = [gn.CrossEntropy(), gn.CrossEntropy(0.1), gn.BinaryCrossEntropy(), gn.MeanSquared()]


@settings(max_examples=60, deadline=None)
@given(
    network=networks(),
    rule=st.sampled_from([*rules(), *rules(weight_decay=0.05)]),
    loss=st.sampled_from(LEARNED),
    weighted=st.booleans(),
    size=st.sampled_from([12, 16, 70]),
    clip=st.sampled_from([None, 0.5]),
    longest=st.sampled_from([None, 0.7]),
)  # fmt: skip
def test_networks_learn_alike(
    network: Any, rule: Any, loss: Any, weighted: bool, size: int, clip: Any, longest: Any
) -> None:
    words, shape = network
    x, labels = samples(shape)
    targets = np.eye(3)[labels] if isinstance(loss, gn.MeanSquared) else labels
    arrays = (x, targets, np.random.default_rng(1).random(len(x))) if weighted else (x, targets)
    compare(
        lambda: randomised(words, shape),
        arrays, loss, rule, size=size, clip_norm=clip, max_norm=longest,
    )  # fmt: skip


OF_PICTURES = [
    *(f"conv {3 + at} {1 + at % 3}, {name}" for at, name in enumerate(ACTIVATIONS[::2])),
    "conv 4 stride=2, relu, maxpool 2 padding=same", "conv 4 dilation=2, tanh, maxpool 2 1",
    "conv 5, maxpool 3 2 same", "maxpool 2 padding=same", "averagepool 2 padding=same", "conv 3",
    "dropout 0.2", "group_norm 1", "conv 4, sigmoid, batch_norm, relu",
    # Of a place where all is 0, as after a ReLU, they make rounding large.
    "conv 5, tanh, layer_norm", "conv 5, tanh, rms_norm",
    "residual(conv 3, relu | conv 3 1)", "concat(conv 2, sigmoid | conv 3 1)",
]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    pieces=st.lists(st.sampled_from(OF_PICTURES), min_size=1, max_size=3),
    end=st.sampled_from(["flatten", "global_max_pool", "global_average_pool"]),
    rule=st.sampled_from([gn.SGD(), gn.Momentum(), gn.Nesterov(weight_decay=0.05)]),
    size=st.sampled_from([12, 16]),
)  # fmt: skip
def test_networks_of_pictures_learn_alike(pieces: Any, end: str, rule: Any, size: int) -> None:
    words = ", ".join([*pieces, end, "dense 3"])
    compare(
        lambda: randomised(words, (7, 6, 2)), samples((7, 6, 2)), gn.CrossEntropy(), rule, size=size
    )


@pytest.mark.parametrize("rule", rules(), ids=repr)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_epoch_in_single_precision(rule: Any, name: str) -> None:
    x, labels = samples((20,), 1000, outputs=5)
    words = f"dense 32, {name}, dense 16, {name}, dense 5"
    compare(
        lambda: gn.Sequential(words, input_shape=20, seed=0),
        (x.astype(np.float32), labels), gn.CrossEntropy(), rule,
        size=64, dtype=np.float32, steps=16,
    )  # fmt: skip


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(12,), (3, 4), (255,), (256,), (20, 20)])
def test_batches_of_another_type(dtype: Any, shape: Any) -> None:
    x = np.random.default_rng(0).integers(0, 120, (50, *shape)).astype(dtype)
    arrays = (x, np.arange(50))
    for size in (7, 8, 50):
        pairs = zip(
            Batches(arrays, size, np.float32).epoch(np.random.default_rng(1)),
            CompiledBatches(arrays, size, np.float32).epoch(np.random.default_rng(1)),
            strict=True,
        )
        for (a, labels), (b, also) in pairs:
            assert b.dtype == np.float32
            np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(labels, also)


def test_two_networks_learn_in_two_threads() -> None:
    x, labels = samples((5,), 400)

    def train(seed: int) -> np.ndarray:
        net = gn.Sequential("dense 32, tanh, dense 3", input_shape=5, seed=seed, dtype=np.float64)
        step = step_of(net, gn.CrossEntropy(), gn.Adam(), compiled=True)
        return learned(net, CompiledBatches((x, labels), 16, np.float64), step, 5, 1000)[0]

    alone = [train(seed) for seed in range(2)]
    found: dict[int, np.ndarray] = {}
    threads = [
        threading.Thread(target=lambda seed=seed: found.update({seed: train(seed)}))
        for seed in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for seed in range(2):
        np.testing.assert_array_equal(found[seed], alone[seed])
