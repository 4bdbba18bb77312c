"""One-hot rows are labels, by whichever way they come."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(60, 4)), RNG.integers(0, 3, 60)
ROWS = np.eye(3)[Y]


def network(outputs: int = 3) -> gn.Sequential:
    return gn.Sequential([gn.Dense(8, "relu"), gn.Dense(outputs)], seed=0)


def trained(y: Any, **how: Any) -> gn.Sequential:
    net = network()
    net.fit(X, y, epochs=3, validation=0.2, **how)
    return net


@pytest.mark.parametrize("dtype", [float, np.float32, int, bool, np.uint8])
def test_one_hot_rows_learn_what_their_labels_learn_and_say_so(dtype: Any) -> None:
    expected = trained(Y)
    with pytest.warns(UserWarning, match="one-hot rows: taken as labels of 3 classes"):
        got = trained(ROWS.astype(dtype))
    np.testing.assert_array_equal(got.parameters.vector, expected.parameters.vector)
    assert got.task == "classes"
    assert got.evaluate(X, Y) == expected.evaluate(X, Y) == got.evaluate(X, ROWS)
    assert got.predict(X).tolist() == expected.predict(X).tolist()


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_with_the_loss_given_nothing_needs_to_be_said(smoothing: float) -> None:
    how = {"loss": gn.CrossEntropy(smoothing), "class_weight": {0: 2.0}}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        got, expected = trained(ROWS, **how), trained(Y, **how)
    np.testing.assert_array_equal(got.parameters.vector, expected.parameters.vector)


@pytest.mark.parametrize("y", [ROWS * 2, ROWS + 0.1, np.ones((60, 3)), -ROWS])
def test_other_rows_are_values(y: np.ndarray) -> None:
    assert trained(y).task == "values"


def test_a_network_of_values_stays_one() -> None:
    net = trained(ROWS, loss="mean_squared")
    assert net.task == "values"
    assert set(net.evaluate(X, ROWS)) == {"loss", "mean_absolute"}
    with pytest.raises(gn.GlassnetError, match="y has a label for each sample, and the network"):
        net.evaluate(X, Y)
    with pytest.raises(gn.GlassnetError, match="validation y has a label for each sample"):
        network().fit(X, ROWS, loss="mean_squared", epochs=1, validation=(X, Y))


def test_independent_labels_are_not_judged_by_classes() -> None:
    net = network()
    net.fit(X, ROWS, loss="binary_cross_entropy", epochs=1)
    with pytest.raises(gn.GlassnetError, match="the network has learned labels"):
        net.evaluate(X, Y)


def test_a_stack_takes_them_too() -> None:
    stack, alone = gn.Stack([network(), network()]), trained(Y)
    with pytest.warns(UserWarning, match="one-hot rows"):
        stack.fit(X, ROWS, epochs=3, validation=0.2)
    np.testing.assert_allclose(stack[0].parameters.vector, alone.parameters.vector, atol=1e-6)
    assert stack.evaluate(X, Y)["accuracy"].shape == (2,)


@pytest.mark.parametrize("names", [
    np.unique(Y), np.unique(Y).astype(str), np.unique(Y) * 1.5, np.array([True, False, True]),
])  # fmt: skip
def test_names_of_classes_from_numpy_are_saved(tmp_path: Path, names: np.ndarray) -> None:
    net = trained(Y)
    net.classes = tuple(names)
    net.save(tmp_path / "net.safetensors")
    assert gn.load(tmp_path / "net.safetensors").classes == tuple(names.tolist())


def test_what_no_file_can_hold_is_named(tmp_path: Path) -> None:
    net: Any = trained(Y)
    net.classes = ({1, 2},)
    with pytest.raises(gn.GlassnetError, match=r"net.safetensors: its header would hold .1, 2."):
        net.save(tmp_path / "net.safetensors")
    assert not list(tmp_path.iterdir())


def test_settings_may_be_numbers_of_numpy(tmp_path: Path) -> None:
    net = network()
    rule = gn.Adam(np.float32(0.1), weight_decay=np.float64(0.01))
    net.fit(
        X,
        Y,
        epochs=np.int64(2),
        batch_size=np.int32(16),
        optimizer=rule,
        clip_norm=np.float32(1),
        validation=np.float64(0.25),
    )
    net.save(tmp_path / "net.safetensors")
    assert gn.load(tmp_path / "net.safetensors").trained == net.trained
