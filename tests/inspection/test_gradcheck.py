"""backward is the derivative of forward, for everything, on shapes drawn at random."""

from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import glassnet as gn
from glassnet.inspection.gradcheck import compare
from glassnet.nn.layers import ACTIVATIONS, LAYERS, Layer
from glassnet.nn.losses import LOSSES, Loss, loss_function

CLOSE = 1e-6
SIZES = st.integers(1, 7)
SEEDS = st.integers(0, 2**31)
LEADING = st.sampled_from([(), (1,), (3,), (2, 2)])
some = settings(max_examples=12, derandomize=True, deadline=None)

NEEDING_SETTINGS: dict[str, Any] = {
    "Dense": gn.Dense,
    "Dropout": lambda units: gn.Dropout(units / 10),
    "Reshape": lambda units: gn.Reshape((1, -1)),
    "Scale": lambda units: gn.Scale(units / 3),
    "Chain": lambda units: gn.Chain([gn.Dense(units, "tanh"), gn.Dense(2)]),
    "Residual": lambda units: gn.Residual([gn.Dense(units), gn.Tanh()], projection=gn.Dense(units)),
    "Concat": lambda units: gn.Concat([gn.Dense(units), [gn.Tanh()], []]),
}
OF_ROWS = {name: kind for name, kind in LAYERS.items() if len(kind.example_input) == 1}
VARIANTS: dict[str, Any] = {
    **{name: lambda units, kind=kind: kind() for name, kind in OF_ROWS.items()},
    **NEEDING_SETTINGS,
    "Dense without bias": lambda units: gn.Dense(units, bias=False),
    "PeriodicEmbedding": lambda units: gn.PeriodicEmbedding(units, 3, std=0.5),
    "PeriodicEmbedding of some": lambda units: gn.PeriodicEmbedding(units, 2, columns=[0]),
    "GELU by tanh": lambda units: gn.GELU(approximate=True),
}
del VARIANTS["Embedding"]  # whole numbers have no derivative

ROWS_ONLY = {
    "PeriodicEmbedding", "PeriodicEmbedding of some",
    "Dense", "Dense without bias", "Chain", "Residual", "Concat", "PerFeature", "Standardize",
}  # fmt: skip


def differences(net: gn.Sequential, x: np.ndarray, judge: Any, seed: int) -> float:
    """The largest relative error of the input's and every parameter's gradient."""
    rng = np.random.default_rng(seed)

    def value() -> float:
        return float(np.sum(judge(net.forward(x, np.random.default_rng(seed))[0])[0]))

    z, saved = net.forward(x, np.random.default_rng(seed))
    dx = net.backward(judge(z)[1], saved)
    gradients = {name: g.copy() for name, g in net.gradient.items()}
    errors = [compare(value, x, dx, rng)]
    errors += [compare(value, net.parameters[name], g, rng) for name, g in gradients.items()]
    return max(errors)


@pytest.mark.parametrize("name", VARIANTS)
@given(samples=SIZES, inputs=SIZES, units=SIZES, seed=SEEDS)
@some
def test_the_check_passes_every_layer(
    name: str, samples: int, inputs: int, units: int, seed: int
) -> None:
    x = np.random.default_rng(seed).normal(size=(samples, inputs))
    report = gn.gradcheck(VARIANTS[name](units), x, seed=seed, show=False)
    assert report.error < CLOSE, str(report)


@pytest.mark.parametrize("name", sorted(VARIANTS.keys() - ROWS_ONLY))
@given(samples=SIZES, shape=st.tuples(SIZES, SIZES, SIZES), leading=LEADING, seed=SEEDS)
@some
def test_layers_of_images(
    name: str, samples: int, shape: tuple[int, ...], leading: tuple[int, ...], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    net = gn.Sequential([VARIANTS[name](2)], input_shape=shape, seed=seed, dtype=np.float64)
    net.build(shape, leading)
    x = rng.normal(size=(*leading, samples, *shape))
    weights = rng.normal(size=net.forward(x)[0].shape)
    assert differences(net, x, lambda y: (np.sum(y * weights), weights), seed) < CLOSE


@pytest.mark.parametrize("name", VARIANTS)
@given(samples=SIZES, inputs=SIZES, units=SIZES, leading=LEADING, seed=SEEDS)
@some
def test_layers(
    name: str, samples: int, inputs: int, units: int, leading: tuple[int, ...], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    net = gn.Sequential([VARIANTS[name](units)], input_shape=inputs, seed=seed, dtype=np.float64)
    net.build((inputs,), leading)
    x = rng.normal(size=(*leading, samples, inputs))
    weights = rng.normal(size=net.forward(x)[0].shape)
    assert differences(net, x, lambda y: (np.sum(y * weights), weights), seed) < CLOSE


def each(axes: int, low: int, high: int) -> Any:
    """One number for all axes, or one for each."""
    return st.integers(low, high) | st.tuples(*[st.integers(low, high)] * axes)


def convolutions(axes: int) -> Any:
    """Settings of convolutions, and how many channels a group has."""
    return st.builds(
        lambda groups, filters, **more: {"groups": groups, "filters": groups * filters, **more},
        groups=st.integers(1, 3),
        filters=st.integers(1, 3),
        kernel=each(axes, 1, 3),
        stride=each(axes, 1, 3),
        dilation=each(axes, 1, 2),
        padding=st.sampled_from(["same", "valid"]) | each(axes, 0, 2),
        bias=st.booleans(),
    )


def pools(axes: int) -> Any:
    """Settings of pooling."""
    return st.fixed_dictionaries(
        {
            "size": each(axes, 2, 3),
            "stride": st.none() | each(axes, 1, 3),
            "padding": st.sampled_from(["same", "valid"]) | each(axes, 0, 1),
        }
    )


OF_PICTURES: dict[str, Any] = {
    "Conv2D": convolutions(2),
    "Conv1D": convolutions(1),
    "MaxPool2D": pools(2),
    "MaxPool1D": pools(1),
    "AveragePool2D": pools(2),
    "AveragePool1D": pools(1),
    "ZeroPad2D": st.fixed_dictionaries(
        {"padding": each(2, 0, 2) | st.tuples(*[st.tuples(*[st.integers(0, 2)] * 2)] * 2)}
    ),
    "UpSample2D": st.fixed_dictionaries({"size": each(2, 1, 3)}),
    "BatchNorm": st.just({}),
    "LayerNorm": st.fixed_dictionaries({"epsilon": st.sampled_from([1e-2, 1.0])}),
    "RMSNorm": st.fixed_dictionaries({"epsilon": st.sampled_from([1e-2, 1.0])}),
    "GroupNorm": st.fixed_dictionaries({"groups": st.sampled_from([1, 2, 4])}),
    "GlobalAveragePool": st.just({}),
    "GlobalMaxPool": st.just({}),
    "RandomShift": st.fixed_dictionaries({"shift": st.integers(1, 3), "fill": st.just(0.5)}),
    "RandomFlip": st.fixed_dictionaries({"vertical": st.booleans()}),
    "RandomErase": st.fixed_dictionaries({"rate": st.sampled_from([0.5, 1.0])}),
    "RandomRotation": st.fixed_dictionaries({"degrees": st.sampled_from([10.0, 180.0])}),
    "RandomAffine": st.fixed_dictionaries({"shift": st.sampled_from([0.0, 0.3, 2.0])}),
    "ElasticDistortion": st.fixed_dictionaries({"sigma": st.sampled_from([0.5, 4.0])}),
    "Permute": st.just({"order": (1, 2, 0)}),
    "Flatten": st.just({}),
}


def test_no_layer_is_left_out() -> None:
    assert set(LAYERS) <= {*VARIANTS, *OF_PICTURES, "Embedding"}


@pytest.mark.parametrize("name", OF_PICTURES)
@given(
    data=st.data(),
    samples=st.integers(2, 4),
    sizes=st.tuples(st.integers(2, 6), st.integers(2, 6)),
    channels=st.integers(1, 2),
    leading=LEADING,
    seed=SEEDS,
)
@settings(max_examples=40, derandomize=True, deadline=None)
def test_layers_of_pictures(
    name: str,
    data: Any,
    samples: int,
    sizes: tuple[int, ...],
    channels: int,
    leading: tuple[int, ...],
    seed: int,
) -> None:
    given_settings = data.draw(OF_PICTURES[name])
    layer = LAYERS[name](**given_settings)
    axes = getattr(layer, "axes", 2)
    shape = (*sizes[:axes], channels * given_settings.get("groups", 2))
    try:
        layer.output_shape(shape)
    except gn.GlassnetError:
        assume(False)  # no window fits
    net = gn.Sequential([layer], input_shape=shape, seed=seed, dtype=np.float64)
    net.build(shape, leading)
    theta = net.parameters.trainable
    rng = np.random.default_rng(seed)
    theta[...] = rng.normal(size=theta.shape)
    x = rng.normal(size=(*leading, samples, *shape))
    weights = rng.normal(size=net.forward(x)[0].shape)
    assert differences(net, x, lambda y: (np.sum(y * weights), weights), seed) < CLOSE


@pytest.mark.parametrize("leading", [(), (3,), (2, 2)])
def test_the_table_of_an_embedding(leading: tuple[int, ...]) -> None:
    net = gn.Sequential([gn.Embedding(4, 3)], input_shape=5, seed=0, dtype=np.float64)
    net.build((5,), leading)
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, (*leading, 6, 5))
    weights = rng.normal(size=(*leading, 6, 5, 3))

    def value() -> float:
        return float(np.sum(net.forward(x)[0] * weights))

    net.backward(weights, net.forward(x)[1])
    assert compare(value, net.parameters["0.W"], net.gradient["0.W"], rng) < CLOSE


@pytest.mark.parametrize("name", ACTIVATIONS)
@given(samples=SIZES, widths=st.lists(SIZES, min_size=2, max_size=4), leading=LEADING, seed=SEEDS)
@some
def test_networks(
    name: str, samples: int, widths: list[int], leading: tuple[int, ...], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    # A bias of 0 behind units that are off is exactly at the kink of a ReLU: no derivative there.
    hidden = [gn.Dense(units, name, bias_init="normal") for units in widths[1:]]
    net = gn.Sequential([*hidden, gn.Dropout(0.2), gn.Dense(3)], seed=seed, dtype=np.float64)
    net.build((widths[0],), leading)
    x = rng.normal(size=(*leading, samples, widths[0]))
    labels = rng.integers(0, 3, (*leading, samples))
    assert differences(net, x, lambda z: gn.CrossEntropy()(z, labels), seed) < CLOSE


def rows(kind: str, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Targets of every kind that a loss takes."""
    if kind == "labels":
        return rng.integers(0, shape[-1], shape[:-1])
    if kind == "one-hot":
        return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]
    if kind == "probabilities":
        raw = rng.random(shape) + 0.1
        return raw / raw.sum(axis=-1, keepdims=True)
    return rng.integers(0, 2, shape) * 1.0 if kind == "independent" else rng.normal(size=shape)


TARGETS = {
    "cross_entropy": ["labels", "one-hot", "probabilities"],
    "cross_entropy:label_smoothing=0.2": ["labels", "one-hot", "probabilities"],
    "binary_cross_entropy": ["labels", "one-hot", "probabilities", "independent"],
    "mean_squared": ["labels", "values"],
    "mean_absolute": ["values"],
    "huber": ["values"],
    "huber:delta=0.3": ["values"],
    "huber:delta=0.3,unit=2.5": ["values"],
    "mean_squared:unit=0.2": ["values"],
    "mean_absolute:unit=3": ["values"],
    "quantile": ["values"],
    "quantile:q=0.9,unit=2": ["values"],
}


def test_no_loss_is_left_out() -> None:
    assert {type(loss_function(name)) for name in TARGETS} == set(LOSSES.values())


LOSS_CASES = [
    (name, kind, weighted)
    for name, kinds in TARGETS.items()
    for kind in kinds
    for weighted in ("evenly", "by sample", "by output")
    if not (weighted == "by output" and name.startswith("cross_entropy"))  # one loss a sample
]


@pytest.mark.parametrize(("name", "kind", "weighted"), LOSS_CASES)
@given(samples=SIZES, outputs=st.integers(2, 6), leading=LEADING, seed=SEEDS)
@some
def test_losses(
    name: str, kind: str, weighted: str, samples: int, outputs: int, leading: Any, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(*leading, samples, outputs))
    targets = rows(kind, z.shape, rng)
    shape = {"evenly": None, "by sample": z.shape[:-1], "by output": z.shape}[weighted]
    weight = None if shape is None else rng.random(shape) + 0.1
    loss = loss_function(name)
    _, dz = loss(z, targets, weight)
    error = compare(lambda: float(np.sum(loss(z, targets, weight)[0])), z, dz, rng)
    assert error < CLOSE


@given(samples=SIZES, leading=LEADING, seed=SEEDS)
@some
def test_two_classes_with_one_output(samples: int, leading: Any, seed: int) -> None:
    rng = np.random.default_rng(seed)
    z, labels = rng.normal(size=(*leading, samples, 1)), rng.integers(0, 2, (*leading, samples))
    loss = gn.BinaryCrossEntropy()
    _, dz = loss(z, labels)
    assert compare(lambda: float(np.sum(loss(z, labels)[0])), z, dz, rng) < CLOSE


def test_the_report_names_every_parameter(capsys: pytest.CaptureFixture[str]) -> None:
    net = gn.Sequential([gn.Dense(4, "tanh"), gn.Dense(3)], input_shape=5, seed=0)
    report = gn.gradcheck(net)
    text = capsys.readouterr().out
    assert text == f"{report}\n"
    for name in ("x", "0.W", "0.b", "2.W", "2.b", "5 × 4"):
        assert name in text
    assert report
    assert "WRONG" not in text


def test_the_network_is_left_as_it_is() -> None:
    net = gn.Sequential([gn.Dense(4, "tanh"), gn.Dense(3)], input_shape=5, seed=0)
    before = net.parameters.vector.copy(), net.rng.bit_generator.state
    gn.gradcheck(net, show=False)
    np.testing.assert_array_equal(net.parameters.vector, before[0])
    assert net.rng.bit_generator.state == before[1]
    assert net.dtype == np.float32


def test_data_of_ones_own_is_used() -> None:
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    net = gn.Sequential([gn.Dense(1)], input_shape=2, seed=0)
    assert gn.gradcheck(net, x, np.array([0.5, 2.0]), loss=gn.MeanSquared(), show=False)


class WrongSign(gn.Layer):
    def forward(self, x: Any, rng: Any = None) -> Any:
        return np.cos(x), x

    def backward(self, dy: Any, saved: Any) -> Any:
        return dy * np.sin(saved)


class ForgetsTheScale(gn.Scale):
    """The factor is missing on the way back."""

    def backward(self, dy: Any, saved: Any) -> Any:
        return dy


class NotANumber(gn.Tanh):
    def backward(self, dy: Any, saved: Any) -> Any:
        return dy * np.nan


class OneBiasGradient(gn.Dense):
    """The bias gradient as one number for the whole layer: a published fault."""

    def gradients(self, dy: Any, saved: Any) -> None:
        super().gradients(dy, saved)
        self.db[...] = dy.sum()


class SlopeOfOne(gn.ReLU):
    """A ReLU whose derivative is 1 everywhere: another."""

    def backward(self, dy: Any, saved: Any) -> Any:
        return dy


class ForgetsTheTwo(Loss):
    def formula(self, z: Any, t: Any) -> Any:
        return (z - t) ** 2, z - t


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        (WrongSign(), ["x"]),
        (ForgetsTheScale(0.5), ["x"]),
        (NotANumber(), ["x"]),
        (OneBiasGradient(3), ["b"]),
        (SlopeOfOne(), ["x"]),
        (ForgetsTheTwo(), ["z"]),
    ],
)
def test_a_wrong_gradient_is_found_and_named(wrong: Layer | Loss, named: list[str]) -> None:
    report = gn.gradcheck(wrong, show=False)
    assert not report
    bad = [check.name.removeprefix("0.") for check in report.checks if not check.error < 1e-3]
    assert bad == named
    assert str(report).count("WRONG") == len(named)


def test_in_a_network_the_wrong_parameter_is_named_and_no_other() -> None:
    layers = [gn.Dense(4, "tanh"), OneBiasGradient(3), gn.Tanh(), gn.Dense(2)]
    report = gn.gradcheck(gn.Sequential(layers, input_shape=5, seed=0), show=False)
    assert [check.name for check in report.checks if check.error > 1e-3] == ["2.b"]
    assert [line.split()[0] for line in str(report).splitlines() if "WRONG" in line] == ["2.b"]


def test_a_wrong_layer_behind_others_is_seen_in_what_comes_before_it() -> None:
    layers = [gn.Dense(4), WrongSign(), gn.Dense(2)]
    report = gn.gradcheck(gn.Sequential(layers, input_shape=5, seed=0), show=False)
    assert [check.name for check in report.checks if check.error > 1e-3] == ["x", "0.W", "0.b"]


@pytest.mark.parametrize("loss", [*(kind() for kind in LOSSES.values())], ids=repr)
@pytest.mark.parametrize("outputs", [2, 5])
def test_the_check_passes_every_loss_alone_and_behind_a_network(loss: Loss, outputs: int) -> None:
    assert gn.gradcheck(loss, np.random.default_rng(1).normal(size=(7, outputs)), show=False)
    net = gn.Sequential([gn.Dense(4, "tanh"), gn.Dense(outputs)], input_shape=3, seed=0)
    assert gn.gradcheck(net, loss=loss, show=False)


def test_other_things_are_refused() -> None:
    with pytest.raises(gn.GlassnetError, match="expected a network, a layer or a loss"):
        gn.gradcheck("relu")  # type: ignore[arg-type]
