"""Layers of pictures and sequences: their values by the formula, and what they refuse."""

import itertools
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.windows import Windows

Array = np.ndarray


def made(layer: gn.Layer, shape: tuple[int, ...], seed: int = 0) -> gn.Sequential:
    """A network of one layer, in float64, whose parameters are random."""
    net = gn.Sequential([layer], input_shape=shape, dtype="float64")
    net.parameters.vector[...] = np.random.default_rng(seed).normal(
        size=net.parameters.vector.shape
    )
    return net


def windows(
    size: int, kernel: int, stride: int, padding: Any, dilation: int = 1
) -> list[list[int]]:
    """The places of every window along an axis; those outside it are padding."""
    reach = dilation * (kernel - 1) + 1
    before = after = 0 if padding in ("same", "valid") else padding
    if padding == "same":
        total = max((-(-size // stride) - 1) * stride + reach - size, 0)
        before, after = total // 2, total - total // 2
    starts = range(-before, size + after - reach + 1, stride)
    return [[start + dilation * u for u in range(kernel)] for start in starts]


def convolved(x: Array, W: Array, b: Array, ways: Any, groups: int) -> Array:
    """The sum of the formula, number by number."""
    rows, columns = ways
    _, _, channels, filters = W.shape
    y = np.zeros((len(x), len(rows), len(columns), filters))
    for i, j, f in itertools.product(range(len(rows)), range(len(columns)), range(filters)):
        first = f // (filters // groups) * channels
        for (u, r), (v, s) in itertools.product(enumerate(rows[i]), enumerate(columns[j])):
            if 0 <= r < x.shape[1] and 0 <= s < x.shape[2]:
                y[:, i, j, f] += x[:, r, s, first : first + channels] @ W[u, v, :, f]
    return y + b


@pytest.mark.parametrize("padding", ["same", "valid", 0, 1, 3])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("kernel", [1, 2, 3, 5])
@pytest.mark.parametrize(("groups", "dilation"), [(1, 1), (2, 1), (4, 2)])
def test_a_convolution_is_its_sum(
    padding: Any, stride: int, kernel: int, groups: int, dilation: int
) -> None:
    layer = gn.Conv2D(
        4, kernel=(kernel, 2), stride=stride, padding=padding, dilation=dilation, groups=groups
    )
    x = np.random.default_rng(1).normal(size=(2, 9, 7, 4))
    ways = [windows(n, k, stride, padding, dilation) for n, k in ((9, kernel), (7, 2))]
    net = made(layer, (9, 7, 4))
    expected = convolved(x, net.parameters["0.W"], net.parameters["0.b"], ways, groups)
    np.testing.assert_allclose(net(x), expected, rtol=1e-12, atol=1e-12)
    assert net.output_shape == expected.shape[1:]


@pytest.mark.parametrize("padding", ["same", "valid", 1])
@pytest.mark.parametrize("stride", [1, 2, 3])
def test_a_sequence_is_a_picture_with_one_row(padding: Any, stride: int) -> None:
    layer = gn.Conv1D(4, stride=stride, padding=padding, groups=2)
    net = made(layer, (8, 4))
    x = np.random.default_rng(1).normal(size=(2, 8, 4))
    ways = [[[0]], windows(8, 3, stride, padding)]
    W, b = net.parameters["0.W"], net.parameters["0.b"]
    expected = convolved(x[:, None], W[None], b, ways, groups=2)[:, 0]
    np.testing.assert_allclose(net(x), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("kind", [gn.MaxPool2D, gn.AveragePool2D])
@pytest.mark.parametrize("padding", ["same", "valid", 1])
@pytest.mark.parametrize("stride", [None, 1, 3])
def test_pooling_is_of_the_numbers_that_are_there(kind: Any, padding: Any, stride: Any) -> None:
    x = np.random.default_rng(1).normal(size=(2, 7, 8, 3))
    ways = [windows(n, k, stride or k, padding) for n, k in ((7, 2), (8, 3))]
    y, _ = kind((2, 3), stride=stride, padding=padding).forward(x)
    take = np.max if kind is gn.MaxPool2D else np.mean
    for (i, rows), (j, columns) in itertools.product(enumerate(ways[0]), enumerate(ways[1])):
        inside = x[:, [r for r in rows if 0 <= r < 7]][:, :, [c for c in columns if 0 <= c < 8]]
        np.testing.assert_allclose(y[:, i, j], take(inside, axis=(1, 2)), rtol=1e-12)
    assert y.shape[1:3] == (len(ways[0]), len(ways[1]))


def test_of_equal_maxima_the_first_gets_the_gradient() -> None:
    layer = gn.MaxPool2D()
    y, saved = layer.forward(np.ones((1, 2, 4, 1)))
    dx = layer.backward(np.full_like(y, 5.0), saved)
    assert dx[0, :, :, 0].tolist() == [[5, 0, 5, 0], [0, 0, 0, 0]]
    net = made(gn.GlobalMaxPool(), (2, 4, 1))
    y, saved = net.forward(np.ones((1, 2, 4, 1)))
    assert np.argwhere(net.backward(y, saved)).tolist() == [[0, 0, 0, 0]]


@pytest.mark.parametrize("size", [1, 2, 3, (2, 4), (3, 1)])
@pytest.mark.parametrize("shape", [(6, 12), (2, 4, 3, 12)])  # pictures; with leading axes
def test_windows_that_fill_a_picture_share_as_any_others(
    size: Any, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, layer = np.random.default_rng(0), gn.MaxPool2D(size)
    x = rng.integers(0, 3, (*shape, 12, 5)).astype(float)  # many equal maxima
    assert all(along.tiles for along in layer.windows((12, 12)))
    y, saved = layer.forward(x)
    dy = rng.normal(size=y.shape)
    found = layer.backward(dy, saved)
    monkeypatch.setattr(Windows, "tiles", False)
    np.testing.assert_array_equal(found, layer.backward(dy, saved))
    np.testing.assert_array_equal(np.count_nonzero(found), dy.size)


def test_repeated_words_add_up() -> None:
    net = made(gn.Embedding(4, 2), (3,))
    _, saved = net.forward(np.array([[1, 1, 3], [1, 0, 3]]))
    dy = np.arange(12.0).reshape(2, 3, 2)
    net.backward(dy, saved)
    by_hand = [[8, 9], [0 + 2 + 6, 1 + 3 + 7], [0, 0], [4 + 10, 5 + 11]]
    assert net.gradient["0.W"].tolist() == by_hand


def test_words_outside_the_table_are_refused() -> None:
    net = made(gn.Embedding(4, 2), (3,))
    for wrong in (4, -1):
        with pytest.raises(gn.GlassnetError, match=rf"got {wrong}, .* from 0 to 3"):
            net([[0, 1, wrong]])
    with pytest.raises(gn.GlassnetError, match="whole numbers"):
        net([[0, 1, 0.5]])


def test_batch_normalization_has_the_statistics_of_the_paper() -> None:
    net = gn.Sequential([gn.BatchNorm(momentum=0.8)], input_shape=(2, 3, 4), dtype="float64")
    x = np.random.default_rng(0).normal(3, 5, size=(6, 2, 3, 4))
    y, saved = net.forward(x, net.rng)
    np.testing.assert_allclose(y.mean(axis=(0, 1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=(0, 1, 2)), 1, atol=1e-5)
    net.layers[0].observe(saved[0])
    np.testing.assert_allclose(net.parameters["0.mean"], 0.2 * x.mean(axis=(0, 1, 2)))
    np.testing.assert_allclose(net.parameters["0.var"], 0.8 + 0.2 * x.var(axis=(0, 1, 2), ddof=1))


def test_float32_statistics_are_exact_far_from_zero() -> None:
    net = gn.Sequential([gn.BatchNorm()], input_shape=(16, 16, 2))
    x = np.random.default_rng(0).normal(1000, 1, size=(256, 16, 16, 2))
    y, _ = net.forward(x.astype(np.float32), net.rng)
    exact = x.astype(np.float32).astype(float)
    exact = (exact - exact.mean(axis=(0, 1, 2))) / exact.std(axis=(0, 1, 2))
    np.testing.assert_allclose(y, exact, atol=1e-3)


@pytest.mark.parametrize(
    ("samples", "batch_size", "says"),
    [
        (33, 32, "33 samples in batches of 32.*'full'"),
        (9, 1, "for example 3"),
    ],
)
def test_a_batch_without_a_variance_is_refused_at_once(
    samples: int, batch_size: int, says: str
) -> None:
    net = gn.Sequential([gn.Dense(4), gn.Residual([gn.BatchNorm()]), gn.Dense(2)], seed=0)
    x, y = np.random.default_rng(0).normal(size=(samples, 3)), np.arange(samples) % 2
    with pytest.raises(gn.GlassnetError, match=f"Residual learns from batches of 2.*{says}"):
        net.fit(x, y, batch_size=batch_size, epochs=1)
    assert not net.built
    net.fit(x, y, batch_size=11 if samples == 33 else 3, epochs=1)


def test_one_sample_for_a_variance_asks_for_more() -> None:
    net = gn.Sequential([gn.Dense(4), gn.BatchNorm(), gn.Dense(2)], seed=0)
    with pytest.raises(gn.GlassnetError, match="there is 1 to learn from: expected more samples"):
        net.fit(np.ones((1, 3)), [0], epochs=1)


def test_a_batch_of_one_picture_has_a_variance() -> None:
    net = gn.Sequential([gn.Conv2D(2), gn.BatchNorm(), gn.Flatten(), gn.Dense(2)], seed=0)
    net.fit(np.random.default_rng(0).normal(size=(3, 4, 4, 1)), [0, 1, 0], batch_size=1, epochs=1)
    with pytest.raises(gn.GlassnetError, match="a batch of one sample has no variance"):
        made(gn.BatchNorm(), (3,)).forward(np.ones((1, 3)), np.random.default_rng(0))


@pytest.mark.parametrize("leading", [(2,), (2, 2)])
def test_normalization_of_a_stack_is_of_each_network(leading: tuple[int, ...]) -> None:
    net = gn.Sequential([gn.BatchNorm()], input_shape=(4, 3), dtype="float64", seed=0)
    net.build((4, 3), leading)
    x = np.random.default_rng(0).normal(size=(*leading, 5, 4, 3))
    x[0] += 7
    y, saved = net.forward(x, net.rng)
    net.layers[0].observe(saved[0])
    np.testing.assert_allclose(y.mean(axis=(-3, -2)), 0, atol=1e-12)
    np.testing.assert_allclose(net.parameters["0.mean"], 0.1 * x.mean(axis=(-3, -2)))


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: gn.Conv2D(0), "filters is 0"),
        (lambda: gn.Conv2D(3, kernel=(3, 3, 3)), r"kernel is \(3, 3, 3\).*a whole number or 2"),
        (lambda: gn.Conv2D(3, stride=0), "stride is 0"),
        (lambda: gn.Conv2D(3, padding="full"), "padding is 'full', expected \"same\""),
        (lambda: gn.Conv2D(3, padding=-1), "padding"),
        (lambda: gn.Conv2D(3, padding=True), "padding"),
        (lambda: gn.Conv2D(3, init="glorot"), "unknown initializer"),
        (lambda: gn.Conv2D(3, activation="rleu"), "did you mean 'relu'"),
        (lambda: gn.Conv2D(3, bias=False, bias_init="normal"), "there is no bias"),
        (lambda: gn.Conv2D(3).output_shape((28, 28)), r"Reshape\(\(28, 28, 1\)\)"),
        (lambda: gn.Conv2D(3).output_shape((784,)), "takes pictures.*Reshape .*Flatten after it"),
        (lambda: gn.Conv1D(3).output_shape((28, 28, 1)), "takes sequences.*Reshape before it$"),
        (
            lambda: gn.Conv2D(3, padding="full"),
            '"valid", a whole number of 0 or more, or 2 of them',
        ),
        (lambda: gn.Conv1D(3, padding=-1), '"valid", or a whole number of 0 or more$'),
        (lambda: gn.Conv2D(3, groups=3).output_shape((8, 8, 1)), "1 channel of its input cannot"),
        (lambda: gn.Conv2D(3, groups=2).output_shape((8, 8, 2)), "3 filters cannot be"),
        (lambda: gn.Conv2D(4, groups=2).output_shape((8, 8, 3)), "3 channels of its input"),
        (lambda: gn.Conv2D(3, 9, padding="valid").output_shape((8, 8, 1)), "9 × 9 does not fit"),
        (lambda: gn.MaxPool2D(0), "size is 0"),
        (lambda: gn.MaxPool2D(2, padding=2).output_shape((8, 8, 1)), "windows of padding alone"),
        (lambda: gn.MaxPool2D(3).output_shape((2, 2, 1)), "3 × 3 does not fit into 2 × 2"),
        (lambda: gn.GlobalAveragePool().output_shape((5,)), "GlobalAveragePool takes pictures"),
        (lambda: gn.GroupNorm(3).output_shape((8, 8, 4)), "4 channels cannot be divided into 3"),
        (lambda: gn.BatchNorm(momentum=1), "momentum is 1"),
        (lambda: gn.LayerNorm(epsilon=0), "epsilon is 0"),
        (lambda: gn.Permute((0, 0)), "every axis once"),
        (lambda: gn.Permute((1, 0)).output_shape((2, 3, 4)), "samples with 2 axes"),
        (lambda: gn.ZeroPad2D(-1), "zeros of 0 or more"),
        (lambda: gn.ZeroPad2D(((1, 1), 2.5)), "ZeroPad2D: padding is"),
        (lambda: gn.UpSample2D((1, 2, 3)), "2 of them"),
        (lambda: gn.UpSample2D().output_shape((3, 3)), r"Reshape\(\(3, 3, 1\)\)"),
        (lambda: gn.Embedding(0, 3), "count is 0"),
    ],
)
def test_what_makes_no_sense_is_refused(make: Any, says: str) -> None:
    with pytest.raises(gn.GlassnetError, match=says):
        make()


def pictures(samples: int = 60, seed: int = 0) -> tuple[Array, Array]:
    """Bars that stand or lie, in noise."""
    rng = np.random.default_rng(seed)
    x, y = rng.normal(scale=0.3, size=(samples, 8, 8, 1)), rng.integers(0, 2, samples)
    for picture, label in zip(x, y, strict=True):
        place = rng.integers(1, 7)
        picture[(slice(None), place) if label else (place, slice(None))] += 1
    return x, y


def small(seed: int) -> gn.Sequential:
    layers = [
        gn.Conv2D(4, activation="relu"), gn.BatchNorm(), gn.MaxPool2D(),
        gn.Residual([gn.Conv2D(4), gn.ReLU()]), gn.GlobalAveragePool(), gn.Dropout(0.1),
        gn.Dense(2),
    ]  # fmt: skip
    return gn.Sequential(layers, input_shape=(8, 8, 1), seed=seed, dtype="float64")


def test_a_network_of_convolutions_learns_and_is_kept(tmp_path: Any) -> None:
    x, y = pictures(400)
    net = small(0)
    net.fit(x, y, epochs=25, optimizer="adam:learning_rate=0.01")
    assert net.evaluate(*pictures(200, seed=1))["accuracy"] > 0.9
    net.save(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(gn.load(tmp_path / "net.safetensors")(x), net(x))


def test_a_stack_of_them_equals_networks_trained_alone() -> None:
    x, y = pictures()
    alone = [small(seed) for seed in range(3)]
    for net in alone:
        net.fit(x, y, epochs=2, validation=0.2)
    stack = gn.Stack([small(seed) for seed in range(3)])
    stack.fit(x, y, epochs=2, validation=0.2)
    for one, other in zip(alone, stack, strict=True):
        np.testing.assert_allclose(
            one.parameters.vector, other.parameters.vector, rtol=1e-9, atol=1e-12
        )


def test_summary_counts_multiply_adds() -> None:
    layers = [gn.Conv2D(8, kernel=(3, 5), stride=2), gn.Conv2D(8, groups=8), gn.MaxPool2D()]
    net = gn.Sequential(layers, input_shape=(9, 10, 3))
    first = (5 * 5) * (3 * 5 * 3) * 8  # places × numbers of a patch × filters
    depthwise = (5 * 5) * (3 * 3) * 8
    assert [row.multiply_adds for row in net.summary().rows] == [first, depthwise, 0]
