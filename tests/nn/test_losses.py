"""Losses: values that can be checked by hand, stability, weights, and what they refuse."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import glassnet as gn
from glassnet.nn.losses import LOSSES, loss_function, sample_weights

Z = np.array([[2.0, 0.0, -1.0], [0.5, 0.5, 3.0]])


def value(loss: str, z: Any, t: Any, weight: Any = None) -> float:
    return float(loss_function(loss)(np.asarray(z, float), np.asarray(t), weight)[0])


def test_values_by_hand() -> None:
    two = np.log(2)
    assert value("cross_entropy", [[0, 0]], [1]) == pytest.approx(two)
    assert value("binary_cross_entropy", [[0.0]], [1]) == pytest.approx(two)
    assert value("mean_squared", [[1.0, 3.0]], [[0.0, 1.0]]) == pytest.approx((1 + 4) / 2)
    assert value("mean_absolute", [[1.0, 3.0]], [[0.0, 1.0]]) == pytest.approx((1 + 2) / 2)
    assert value("huber", [[0.5, 3.0]], [[0.0, 0.0]]) == pytest.approx((0.125 + 2.5) / 2)
    assert value("quantile:q=0.9", [[-2.0, 3.0]], [[0.0, 0.0]]) == pytest.approx((1.8 + 0.3) / 2)
    smooth = value("cross_entropy:label_smoothing=0.5", [[1.0, 0.0]], [0])
    log_p = np.log(np.exp([1.0, 0.0]) / np.exp([1.0, 0.0]).sum())
    assert smooth == pytest.approx(float(-(0.75 * log_p[0] + 0.25 * log_p[1])))


def test_the_gradient_at_the_logits_is_p_minus_t() -> None:
    p = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
    _, dz = gn.CrossEntropy()(Z, np.array([0, 2]))
    np.testing.assert_allclose(dz, (p - np.eye(3)[[0, 2]]) / 2, rtol=1e-12)


@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy", "mean_squared"])
def test_labels_and_one_hot_rows_are_the_same(name: str) -> None:
    labels = np.array([0, 2])
    one, two = (loss_function(name)(Z, t) for t in (labels, np.eye(3)[labels]))
    assert one[0] == two[0]
    np.testing.assert_array_equal(one[1], two[1])


def test_cross_entropy_does_not_see_a_shift_of_the_logits() -> None:
    labels = np.array([0, 2])
    near, far = (gn.CrossEntropy()(Z + shift, labels) for shift in (0, 1e6))
    assert far[0] == pytest.approx(near[0], rel=1e-9)
    np.testing.assert_allclose(far[1], near[1], rtol=1e-9)


@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("size", [1e2, 1e4, 1e30])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_any_finite_logit_gives_a_finite_loss(name: str, size: float, dtype: Any) -> None:
    z = (np.array([[1, -1, 0], [-1, 1, 0]]) * size).astype(dtype)
    loss, dz = loss_function(name)(z, np.array([0, 0]))
    assert np.isfinite(loss)
    assert np.isfinite(dz).all()
    assert np.abs(dz).max() <= 1


HUGE = float(np.float32(1e30))
LOGITS_SO = st.tuples(st.integers(1, 5), st.integers(2, 5)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.floats(-HUGE, HUGE, width=32))
)


@pytest.mark.parametrize("name", ["cross_entropy", "binary_cross_entropy", "mean_absolute"])
@given(z=LOGITS_SO, seed=st.integers(0, 99))
@settings(max_examples=40, derandomize=True, deadline=None)
def test_logits_of_any_size_beside_each_other(name: str, z: np.ndarray, seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, z.shape[1], len(z))
    loss, dz = loss_function(name)(z, labels)
    exact, exact_dz = loss_function(name)(z.astype(float), labels)
    assert loss == pytest.approx(exact, rel=1e-5, abs=1e-6)
    np.testing.assert_allclose(dz, exact_dz, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept(name: str, dtype: Any) -> None:
    loss = loss_function(name)
    targets = loss.targets([0, 2], 3, dtype)
    for weight in (None, np.array([1, 2], dtype)):
        result, dz = loss(Z.astype(dtype), targets, weight)
        assert dz.dtype == result.dtype == dtype


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"cross_entropy"}))
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype_is_kept_with_one_output(name: str, dtype: Any) -> None:
    loss = loss_function(name)
    labels, rows = np.array([0, 1]), loss.targets([0.0, 1.0], 1, dtype)
    assert rows.dtype == dtype
    assert loss.rows(labels, Z[:, :1].astype(dtype)).dtype == dtype
    result, dz = loss(Z[:, :1].astype(dtype), rows)
    assert dz.dtype == result.dtype == dtype


@pytest.mark.parametrize("loss", [gn.Huber(np.float64(0.5)), gn.CrossEntropy(np.float64(0.1))])
def test_a_setting_that_is_a_numpy_number_keeps_the_dtype(loss: gn.Loss) -> None:
    result, dz = loss(Z.astype(np.float32), np.array([0, 2]))
    assert dz.dtype == result.dtype == np.float32


@pytest.mark.parametrize("name", ["mean_squared", "mean_absolute", "huber", "quantile"])
@pytest.mark.parametrize("unit", [4.0, (4.0, 0.5, 100.0)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_distance_counts_in_its_unit(name: str, unit: Any, dtype: Any) -> None:
    size = np.asarray(unit, dtype)
    targets = np.random.default_rng(0).normal(size=Z.shape).astype(dtype)
    settings = {"kind": name, "unit": unit}
    in_units, dz = loss_function(settings)(Z.astype(dtype) * size, targets * size)
    plain, dz_plain = loss_function(name)(Z.astype(dtype), targets)
    assert in_units == pytest.approx(plain, rel=1e-5)
    np.testing.assert_allclose(dz, dz_plain / size, rtol=1e-4)
    assert dz.dtype == in_units.dtype == dtype
    again = loss_function(loss_function(settings).config())
    assert again(Z.astype(dtype) * size, targets * size)[0] == in_units


@pytest.mark.parametrize("name", LOSSES)
def test_many_networks_are_a_loop(name: str) -> None:
    z = np.stack([Z, 2 * Z, Z - 1])
    t, weight = np.eye(3)[[[0, 1], [2, 1], [0, 0]]], np.array([[1.0, 2], [0, 1], [3, 1]])
    for w in (None, weight):
        together, dz = loss_function(name)(z, t, w)
        for k in range(3):
            alone, dz_alone = loss_function(name)(z[k], t[k], None if w is None else w[k])
            assert together[k] == pytest.approx(alone, rel=1e-12)
            np.testing.assert_allclose(dz[k], dz_alone, rtol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_inputs_are_left_alone(name: str) -> None:
    z, targets, weight = Z.copy(), np.eye(3)[[0, 1]], np.array([1.0, 2.0])
    for array in (z, targets, weight):
        array.setflags(write=False)
    loss_function(name)(z, targets, weight)


@pytest.mark.parametrize("name", LOSSES)
def test_weight_2_is_the_sample_given_twice(name: str) -> None:
    loss, t = loss_function(name), np.eye(3)[[0, 1]]
    weighted, dz = loss(Z, t, np.array([1.0, 2.0]))
    repeated, dz_repeated = loss(Z[[0, 1, 1]], t[[0, 1, 1]])
    assert weighted == pytest.approx(repeated, rel=1e-12)
    np.testing.assert_allclose(dz[0], dz_repeated[0], rtol=1e-12)
    np.testing.assert_allclose(dz[1], dz_repeated[1:].sum(axis=0), rtol=1e-12)


@pytest.mark.parametrize("name", ["binary_cross_entropy", "mean_squared", "huber"])
def test_an_output_of_weight_0_is_as_if_it_were_not_there(name: str) -> None:
    loss, t = loss_function(name), np.eye(3)[[0, 1]]
    weighted, dz = loss(Z, t, np.array([[1.0, 0.0, 1.0]] * 2))
    without, dz_without = loss(Z[:, [0, 2]], t[:, [0, 2]])
    assert weighted == pytest.approx(without, rel=1e-12)
    np.testing.assert_allclose(dz[:, [0, 2]], dz_without, rtol=1e-12)
    assert not dz[:, 1].any()


@pytest.mark.parametrize("name", LOSSES)
def test_a_batch_without_weight_teaches_nothing(name: str) -> None:
    loss, dz = loss_function(name)(Z, np.eye(3)[[0, 1]], np.zeros(2))
    assert loss == 0
    assert not dz.any()


def test_class_weights() -> None:
    labels = np.array([0, 0, 0, 1])
    assert sample_weights(labels, class_weight={1: 3}).tolist() == [1, 1, 1, 3]
    assert sample_weights(labels, class_weight=np.array([2, 5])).tolist() == [2, 2, 2, 5]
    balanced = sample_weights(labels, class_weight="balanced", dtype=float)
    assert balanced == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2])
    one_hot = sample_weights(np.eye(2)[labels], class_weight={1: 3}, dtype=float)
    assert one_hot.tolist() == [1, 1, 1, 3]
    both = sample_weights(labels, sample_weight=[1, 0, 2, 1], class_weight={0: 2})
    assert both.tolist() == [2, 0, 4, 1]


def test_class_weights_of_independent_labels_are_one_for_each_output() -> None:
    labels = np.array([[1.0, 1.0], [0.0, 1.0]])
    settings: dict[str, Any] = {"dtype": float, "independent": True}
    weight = sample_weights(labels, sample_weight=[1, 2], class_weight={1: 3}, **settings)
    assert weight.tolist() == [[1, 3], [2, 6]]
    balanced = sample_weights(labels, class_weight="balanced", **settings)
    assert balanced.tolist() == [[1, 0.5], [1, 0.5]]  # 2 samples / (2 labels · their count)
    array = sample_weights(labels, class_weight=np.array([2, 5]), **settings)
    assert array.tolist() == [[2, 5], [2, 5]]


WEIGHTS_OF_CLASSES = [{0: 0.5, 1: 3.0}, {1: 3.0}, np.array([0.5, 3.0]), [0.5, 3.0], "balanced"]


@pytest.mark.parametrize("class_weight", WEIGHTS_OF_CLASSES, ids=str)
@pytest.mark.parametrize("rows", ["one-hot", "column"])
def test_class_weights_of_rows_are_those_of_labels(rows: str, class_weight: Any) -> None:
    """A column of 0 and 1 is what binary cross-entropy makes of a vector of floats."""
    labels = np.array([0, 0, 0, 1])
    targets = np.eye(2)[labels] if rows == "one-hot" else labels[:, None].astype(float)
    weight = sample_weights(targets, class_weight=class_weight, dtype=float)
    expected = sample_weights(labels, class_weight=class_weight, dtype=float)
    np.testing.assert_allclose(weight.reshape(-1), expected, rtol=1e-12)


def test_balanced_leaves_out_a_class_that_never_comes() -> None:
    weight = sample_weights(np.array([0, 0, 2]), class_weight="balanced", dtype=float)
    np.testing.assert_allclose(weight, [0.75, 0.75, 1.5])


BAD_TARGETS: list[tuple[str, Any, int, str]] = [
    ("cross_entropy", [0, 3], 3, "label 3: expected 0 to 2"),
    ("cross_entropy", [0, -1], 3, "label -1"),
    ("cross_entropy", [0.0, 1.0], 3, "shape"),
    ("cross_entropy", ["a", "b"], 3, "np.unique"),
    ("cross_entropy", [[0.5, 0.1, 0.1]], 3, r"y\[0\] sums to 0.7"),
    ("cross_entropy", [[1.5, -0.5, 0.0]], 3, r"y\[0\]"),
    ("cross_entropy", [[1.0, 0.0]], 3, "shape"),
    ("cross_entropy", [0, 1], 1, "binary_cross_entropy"),
    ("cross_entropy", [], 3, "empty"),
    ("binary_cross_entropy", [[0.0, 2.0, 0.0]], 3, r"y\[0\] has values outside 0 to 1"),
    ("binary_cross_entropy", [0, 2], 1, "label 2: expected 0 to 1"),
    ("mean_squared", [1.0, float("nan")], 1, "index 1"),
    ("mean_squared", [[1.0, 2.0]], 1, "shape"),
    ("cross_entropy", [[0.5, float("nan")], [1.0, 0.0]], 2, "first at index 0"),
    ("cross_entropy", 1, 3, "empty"),
    ("binary_cross_entropy", [[0, 1], [1, -1]], 2, r"y\[1\] has values outside 0 to 1"),
    ("binary_cross_entropy", ["yes", "no"], 1, "np.unique"),
    ("mean_absolute", [[1.0, float("inf")]], 2, "index 0"),
    ("huber", [[[1.0]]], 1, "shape"),
    ("mean_squared", [1.0, 2.0], 3, "integer labels"),
    ("mean_squared", [object()], 1, "dtype object"),
    ("mean_squared", [[1.0], [1.0, 2.0]], 1, "ragged"),
]


@pytest.mark.parametrize(("name", "y", "outputs", "says"), BAD_TARGETS)
def test_targets_that_make_no_sense(name: str, y: Any, outputs: int, says: str) -> None:
    with pytest.raises(gn.GlassnetError, match=says) as error:
        loss_function(name).targets(y, outputs)
    assert "\n" not in str(error.value)
    assert isinstance(error.value, (ValueError, TypeError))


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ({"sample_weight": [1.0]}, "shape"),
        ({"sample_weight": [1.0, -1.0]}, "0 or more"),
        ({"sample_weight": [0.0, 0.0]}, "not all 0"),
        ({"sample_weight": [1.0, float("inf")]}, "infinite"),
        ({"class_weight": "even"}, "balanced"),
        ({"class_weight": {0: -1.0}}, "0 or more"),
        ({"class_weight": [1.0]}, "expected 2 weights"),
        ({"class_weight": {"cat": 2.0}}, "class_weight"),
        ({"class_weight": {0: None}}, "class_weight"),
    ],
)
def test_weights_that_make_no_sense(weights: dict[str, Any], says: str) -> None:
    with pytest.raises(gn.GlassnetError, match=says):
        sample_weights(np.array([0, 1]), **weights)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: gn.CrossEntropy(label_smoothing=1), "label_smoothing is 1"),
        (lambda: gn.Huber(delta=0), "delta is 0"),
        (lambda: gn.MeanSquared(unit=0), "unit is 0"),
        (lambda: gn.MeanAbsolute(unit=[1, -2]), "unit is -2"),
        (lambda: gn.MeanSquared(unit=[[1]]), "unit is"),
        (lambda: loss_function("cros-entropy"), "did you mean 'cross_entropy'"),
        (lambda: loss_function("huber:dleta=1"), "did you mean 'delta'"),
        (lambda: loss_function(3), "expected a Loss"),
        (lambda: gn.MeanSquared().probabilities(Z), "gives values, not probabilities"),
    ],
)
def test_settings_that_make_no_sense(make: Any, says: str) -> None:
    with pytest.raises(gn.GlassnetError, match=says):
        make()
