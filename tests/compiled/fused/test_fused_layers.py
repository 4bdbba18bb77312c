"""Every layer in its compiled form keeps the contract, and computes what NumPy computes."""

import threading
from typing import Any

import numpy as np
import pytest

pytest.importorskip("numba")

import glassnet as gn
from glassnet.compiled.fused import fused, pooling
from glassnet.nn.layers import ACTIVATIONS, LAYERS, Layer

BEFORE_ACTIVATIONS = ("Dense", "Conv2D", "Conv1D", "BatchNorm")  # in runs that become one


def runs() -> list[Any]:
    """Every layer alone, and those that take an activation with each of them."""
    found = []
    for name, kind in LAYERS.items():
        found += [[kind.from_config(each)] for each in kind.examples]
        if name in BEFORE_ACTIVATIONS:
            every = [a.from_config(each) for a in ACTIVATIONS.values() for each in a.examples]
            found += [
                [kind.from_config(kind.examples[0]), a] for a in every[:: 1 + 3 * (name != "Dense")]
            ]
            found += [[kind.from_config(each), gn.ReLU()] for each in kind.examples[1:]]
    for conv, pool in ((gn.Conv2D, gn.MaxPool2D), (gn.Conv1D, gn.MaxPool1D)):
        for each in conv.examples:
            found.append([conv.from_config(each), pool(padding="same")])
            found.append([conv.from_config(each), gn.Tanh(), pool(2, padding=1)])
            found.append([conv.from_config(each), gn.ReLU(), pool(3, stride=1, padding="same")])
        found.append([conv(3), gn.GELU(), pool()])
        found.append([conv(3, kernel=2, padding=4), gn.ReLU()])
        found.append([conv(3, kernel=2, padding=4, dilation=3)])
        found.append([conv(3, kernel=5, padding=3, stride=4)])
        found.append([pool(3, stride=4)])
        found.append([conv(8, groups=2), gn.ReLU(), pool()])
        found.append([conv(8, groups=4, padding="valid"), gn.Tanh(), pool()])
        found.append([conv(20, kernel=2), gn.ReLU(), pool(), conv(34, groups=2), conv(9, stride=2)])
        found.append([conv(12), conv(12, groups=12, stride=2), gn.GELU(), gn.GroupNorm(3)])
        found.append([conv(12), conv(36, groups=12, dilation=2), gn.GlobalMaxPool()])
        found.append(
            [
                gn.Reshape((-1, 2, 1) if conv is gn.Conv2D else (-1, 1)),
                conv(3, kernel=2, padding=4, stride=3),
            ]
        )
    return [pytest.param(run, id=", ".join(map(repr, run))) for run in found]


every_run = pytest.mark.parametrize("run", runs())
both_precisions = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def made(run: list[Layer], dtype: Any = np.float64, seed: int = 0) -> gn.Sequential:
    fresh = [type(layer).from_config(layer.config()) for layer in run]
    net = gn.Sequential(fresh, input_shape=run[0].example_input, dtype=dtype)
    theta = net.parameters.trainable
    theta[...] = np.random.default_rng(seed).normal(size=theta.shape)
    return net


def batch(run: list[Layer], dtype: Any = np.float64, rows: int = 5, seed: int = 1) -> np.ndarray:
    rng, shape = np.random.default_rng(seed), (rows, *run[0].example_input)
    if run[0].input_dtype == "int":
        return rng.integers(0, 2, shape)
    return rng.normal(size=shape).astype(dtype)


def noise() -> np.random.Generator:
    return np.random.default_rng(99)


def random_dy(y: np.ndarray) -> np.ndarray:
    return np.random.default_rng(2).normal(size=y.shape).astype(y.dtype)


def near(actual: Any, expected: Any, dtype: Any) -> None:
    exact = np.dtype(dtype) == np.float64
    size = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(
        actual, expected, rtol=1e-11 if exact else 2e-4, atol=size * (1e-12 if exact else 1e-5)
    )


@every_run
@both_precisions
@pytest.mark.parametrize("rows", [1, 5, 300])
def test_both_engines_agree(run: list[Layer], dtype: Any, rows: int) -> None:
    net, x = made(run, dtype), batch(run, dtype, rows)
    for training in (False, rows > 1):
        y, saved = net.root.forward(x, noise() if training else None)
        compiled = fused(net.root)
        z, kept = compiled.forward(x, noise() if training else None)
        assert z.shape == y.shape
        assert z.dtype == y.dtype
        near(z, y, dtype)
        dy = random_dy(y)
        dx, gradient = net.root.backward(dy, saved), net.gradient.vector.copy()
        net.gradient.vector[...] = 7
        near(compiled.backward(dy, kept), dx, dtype)
        near(net.gradient.vector, gradient, dtype)


@every_run
def test_state_that_is_not_learned_changes_alike(run: list[Layer]) -> None:
    net, twin = made(run), made(run)
    compiled = fused(twin.root)
    assert compiled.observes == net.root.observes
    assert compiled.in_pieces == net.root.in_pieces
    net.root.observe(net.root.forward(batch(run), noise())[1])
    compiled.observe(compiled.forward(batch(run), noise())[1])
    near(twin.parameters.vector, net.parameters.vector, np.float64)


@every_run
def test_input_output_and_dy_are_left_alone(run: list[Layer]) -> None:
    part, x = fused(made(run).root), batch(run)
    y, saved = part.forward(x, noise())
    before, dy = y.copy(), random_dy(y)
    dx = part.backward(dy, saved)
    np.testing.assert_array_equal(x, batch(run))
    np.testing.assert_array_equal(dy, random_dy(y))
    np.testing.assert_array_equal(y, before)
    kept = dx.copy()
    later, also = part.forward(batch(run, seed=5), noise())
    part.backward(random_dy(later) + 1, also)
    np.testing.assert_array_equal(y, before)
    np.testing.assert_array_equal(dx, kept)


@pytest.mark.parametrize(
    "layers", ["flatten, dense 3, tanh", "conv 3, relu, maxpool 2, batch_norm"]
)
def test_input_and_dy_may_be_read_only(layers: str) -> None:
    """Numba compiles kernels again for these, so not for every layer."""
    net = gn.Sequential(layers, input_shape=(6, 8, 3), seed=0)
    found, part = [], fused(net.root)
    for writable in (True, False):
        x = np.random.default_rng(0).normal(size=(5, 6, 8, 3)).astype(np.float32)
        x.setflags(write=writable)
        y, saved = part.forward(x, noise())
        dy = random_dy(y)
        dy.setflags(write=writable)
        found.append((y, part.backward(dy, saved)))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@every_run
def test_saved_is_all_the_memory_of_a_batch(run: list[Layer]) -> None:
    net = made(run)
    part = fused(net.root)
    y, saved = part.forward(batch(run), noise())
    dx = part.backward(random_dy(y), saved)
    gradient = net.gradient.vector.copy()
    for seed in (7, 8):
        part.forward(batch(run, rows=9, seed=seed))
    np.testing.assert_array_equal(part.backward(random_dy(y), saved), dx)
    np.testing.assert_array_equal(net.gradient.vector, gradient)
    net.gradient.vector[...] = 7
    part.gradients(random_dy(y), saved)
    np.testing.assert_array_equal(net.gradient.vector, gradient)


@every_run
def test_numbers_need_not_lie_side_by_side(run: list[Layer]) -> None:
    net = made(run)
    part, x = fused(net.root), batch(run)
    y, saved = part.forward(x, noise())
    dx, gradient = part.backward(random_dy(y), saved), net.gradient.vector.copy()
    apart, kept = part.forward(every_other(x), noise())
    np.testing.assert_allclose(apart, y, rtol=1e-12)
    np.testing.assert_allclose(part.backward(every_other(random_dy(y)), kept), dx, atol=1e-12)
    np.testing.assert_allclose(net.gradient.vector, gradient, atol=1e-12)


def every_other(values: np.ndarray) -> np.ndarray:
    return np.repeat(values, 2, axis=-1)[..., ::2]


@every_run
def test_many_threads_get_their_own_outputs(run: list[Layer]) -> None:
    part = fused(made(run).root)
    batches = [batch(run, rows=64, seed=seed) for seed in range(4)]
    expected = [part.forward(x)[0] for x in batches]
    wrong: list[int] = []

    def work(index: int) -> None:
        for _ in range(20):
            if not np.array_equal(part.forward(batches[index])[0], expected[index]):
                wrong.append(index)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.parametrize("run", [case for case in runs() if case.values[0][0].input_dtype != "int"])
@pytest.mark.parametrize("size", [1e4, 1e30])
def test_huge_inputs_stay_numbers(run: list[Layer], size: float) -> None:
    net = made(run, np.float32)
    x = np.sign(batch(run, np.float32)) * np.float32(size)
    with np.errstate(over="ignore"):
        y, saved = net.root.forward(x)
        finite = np.isfinite(net.root.backward(np.ones_like(y), saved)).all()
        z, kept = fused(net.root).forward(x)
        dx = fused(net.root).backward(np.ones_like(z), kept)
    if np.isfinite(y).all() and finite:
        assert np.isfinite(z).all()
        assert np.isfinite(dx).all()


class Own(gn.Dense):
    """A layer of one's own that is almost one of glassnet's."""

    def forward(self, x: Any, rng: Any = None) -> Any:
        y, saved = super().forward(x, rng)
        return 2 * y, saved

    def backward(self, dy: Any, saved: Any) -> Any:
        return super().backward(2 * dy, saved)

    def gradients(self, dy: Any, saved: Any) -> None:
        super().gradients(2 * dy, saved)


def test_a_layer_of_ones_own_is_left_as_it_is() -> None:
    own = Own(4)
    net = gn.Sequential([gn.Dense(3), own, gn.Tanh()], input_shape=5)
    assert any(layer is own for layer in fused(net.root).layers)


def test_layers_before_the_first_that_learns_are_left_out_of_the_way_back() -> None:
    class Last(gn.Layer):
        def forward(self, x: Any, rng: Any = None) -> Any:
            return 3 * x, None

        def backward(self, dy: Any, saved: Any) -> Any:
            raise AssertionError("this gradient is not needed")

    layers = [Last(), gn.Chain([Last(), gn.Tanh(), gn.Dense(4, "relu")]), gn.Dense(2)]
    net = gn.Sequential(layers, input_shape=5, dtype=np.float64)
    x = np.random.default_rng(0).normal(size=(6, 5))
    expected = np.concatenate([g.ravel() for g in gradients_of(net, net.root, x)])
    actual = np.concatenate([g.ravel() for g in gradients_of(net, fused(net.root), x)])
    near(actual, expected, np.float64)


def gradients_of(net: Any, root: Any, x: np.ndarray) -> list[np.ndarray]:
    y, saved = root.forward(x, None)
    root.gradients(random_dy(y), saved)
    return [g.copy() for g in net.gradient.values()]


@pytest.mark.parametrize("centre", [0.0, 1e4, -1e6])
@pytest.mark.parametrize("rows", [2, 6, 5000])
def test_batch_statistics_far_from_0_are_as_exact_as_numpys(centre: float, rows: int) -> None:
    net = made([gn.BatchNorm()], np.float32)
    x = np.random.default_rng(0).normal(size=(rows, 3, 2, 4))
    x = (centre + x).astype(np.float32)
    exact = x.astype(np.float64).reshape(-1, 4)
    for root in (net.root, fused(net.root)):
        _, (saved,) = root.forward(x, noise())
        mean, var, count = saved[2]
        assert count == len(exact)
        np.testing.assert_allclose(mean, exact.mean(axis=0), rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(var, exact.var(axis=0), rtol=2e-5)


def test_a_batch_of_one_sample_has_no_variance() -> None:
    net = gn.Sequential([gn.BatchNorm()], input_shape=3)
    with pytest.raises(gn.GlassnetError, match="no variance"):
        fused(net.root).forward(np.ones((1, 3), np.float32), noise())


@pytest.mark.parametrize("layers", ["conv 6, relu, maxpool 2", "batch_norm, tanh", "maxpool 2"])
def test_pieces_of_any_size_come_to_the_same(layers: str, monkeypatch: Any) -> None:
    net = gn.Sequential(layers, input_shape=(6, 8, 3), seed=0, dtype=np.float64)
    x, found = np.random.default_rng(0).normal(size=(13, 6, 8, 3)), []
    large = 10**9
    for cache, few, sums in ((1, 0, 0), (20_000, 0, 0), (large, large, 0), (1, large, large),
                             (large, large, large)):  # fmt: skip
        monkeypatch.setattr(pooling, "CACHE", cache)
        monkeypatch.setattr(pooling, "FEW_BYTES", few)
        monkeypatch.setattr(pooling, "FEW_SUMS", sums)
        root = fused(net.root)
        y, saved = root.forward(x, noise())
        found.append((y, root.backward(random_dy(y), saved), net.gradient.vector.copy()))
    for each in found[1:]:
        for actual, expected in zip(each, found[0], strict=True):
            near(actual, expected, np.float64)


@both_precisions
@pytest.mark.parametrize("layers", ["conv 3 5", "conv 6 groups=2", "conv 4 groups=2 stride=2"])
def test_pictures_of_many_windows_agree(layers: str, dtype: Any) -> None:
    net = gn.Sequential(layers, input_shape=(61, 70, 2), seed=0, dtype=dtype)
    x = np.random.default_rng(0).normal(size=(3, 61, 70, 2)).astype(dtype)
    y, saved = net.root.forward(x, None)
    compiled = fused(net.root)
    z, kept = compiled.forward(x, None)
    near(z, y, dtype)
    dx, gradient = net.root.backward(random_dy(y), saved), net.gradient.vector.copy()
    near(compiled.backward(random_dy(y), kept), dx, dtype)
    near(net.gradient.vector, gradient, dtype)
