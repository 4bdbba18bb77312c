"""Bad input: one clear line before any work, and nothing changed."""

from typing import Any

import numpy as np
import pytest

import glassnet as gn

X = np.random.default_rng(0).normal(size=(20, 4))
Y = np.arange(20) % 3


def spoiled(row: int, value: float) -> np.ndarray:
    x = X.copy()
    x[row, 1] = value
    return x


BAD_X: dict[str, tuple[Any, str]] = {
    "NaN": (spoiled(7, np.nan), "index 7"),
    "infinity": (spoiled(3, np.inf), "index 3"),
    "one row": (X[0], r"shape \(4,\)"),
    "no rows": (X[:0], "empty"),
    "objects": (X.astype(object), "dtype object"),
    "text": (X.astype(str), "encode text"),
    "complex": (X.astype(complex), "complex"),
    "ragged": ([[1.0, 2.0], [3.0]], "ragged"),
    "a number": (3.0, "empty"),
    "nothing": (None, "dtype object"),
}
WRONG_WIDTH = (X[:, :3], r"shape \(20, 3\), expected \(samples, 4\)")

BAD_FIT: dict[str, tuple[dict[str, Any], str]] = {
    "label too large": ({"y": Y + 1}, "label 3: expected 0 to 2"),
    "label below 0": ({"y": Y - 1}, "label -1"),
    "lengths differ": ({"y": Y[:19]}, "x has 20 samples and y has 19"),
    "names as labels": ({"y": np.array(list("abc"))[Y]}, "np.unique"),
    "ragged y": ({"y": [[1.0], [1.0, 2.0]]}, "ragged"),
    "NaN in y": ({"y": np.where(Y == 1, np.nan, 0.5), "loss": "mean_squared"}, "NaN"),
    "empty y": ({"y": []}, "empty"),
    "batch 0": ({"batch_size": 0}, "batch_size is 0"),
    "batch below 0": ({"batch_size": -5}, "batch_size is -5"),
    "batch 1.5": ({"batch_size": 1.5}, "batch_size is 1.5"),
    "batch True": ({"batch_size": True}, "batch_size is True"),
    "batch word": ({"batch_size": "half"}, "'full'"),
    "epochs 0": ({"epochs": 0}, "epochs is 0"),
    "epochs 2.5": ({"epochs": 2.5}, "epochs is 2.5"),
    "validation 1": ({"validation": 1.0}, "validation is 1.0"),
    "validation below 0": ({"validation": -0.1}, "validation is -0.1"),
    "validation word": ({"validation": "some"}, "validation is 'some'"),
    "validation of nobody": ({"validation": 0.001}, "holds out none"),
    "validation x alone": ({"validation": (X,)}, r"expected a fraction, \(x, y\)"),
    "validation too narrow": ({"validation": (X[:, :2], Y)}, r"shape"),
    "validation lengths": ({"validation": (X, Y[:5])}, "20 samples and y has 5"),
    "validation NaN": ({"validation": (spoiled(2, np.nan), Y)}, "index 2"),
    "optimizer": ({"optimizer": "adm"}, "did you mean 'adam'"),
    "optimizer setting": ({"optimizer": "adam:beta3=1"}, "did you mean"),
    "loss": ({"loss": "crosentropy"}, "did you mean 'cross_entropy'"),
    "schedule": ({"schedule": "cosin"}, "did you mean 'cosine'"),
    "sample_weight length": ({"sample_weight": [1.0]}, "sample_weight has shape"),
    "sample_weight below 0": ({"sample_weight": -np.ones(20)}, "0 or more"),
    "class_weight word": ({"class_weight": "even"}, "balanced"),
    "class_weight of values": (
        {"class_weight": "balanced", "y": X[:, :3], "loss": "mean_squared"},
        "class_weight needs class labels",
    ),
    "callback class": ({"callbacks": [gn.EarlyStopping]}, "is not a callback"),
    "callback without hooks": ({"callbacks": [object()]}, "is not a callback"),
    "clip 0": ({"clip_norm": 0}, "clip_norm is 0"),
    "clip NaN": ({"clip_norm": float("nan")}, "clip_norm is nan"),
}


def network(built: bool) -> gn.Sequential:
    shape = 4 if built else None
    return gn.Sequential([gn.Dense(5, "relu"), gn.Dense(3)], input_shape=shape, seed=0)


def state(net: gn.Sequential) -> tuple[Any, ...]:
    theta = net.parameters.vector.tobytes() if net.built else None
    return net.built, net.input_shape, theta, net.loss, net.task, net.rng.bit_generator.state


def refused(net: gn.Sequential, act: Any, says: str) -> None:
    before = state(net)
    with pytest.raises(gn.GlassnetError, match=says) as error:
        act()
    assert isinstance(error.value, (ValueError, TypeError))
    assert "\n" not in str(error.value)
    assert state(net) == before


@pytest.mark.parametrize("built", [True, False])
@pytest.mark.parametrize("case", BAD_FIT)
def test_fit(case: str, built: bool) -> None:
    settings, says = BAD_FIT[case]
    net = network(built)
    y = settings.get("y", Y)
    rest = {name: value for name, value in settings.items() if name != "y"}
    refused(net, lambda: net.fit(X, y, **rest), says)


@pytest.mark.parametrize("built", [True, False])
@pytest.mark.parametrize("case", BAD_X)
def test_fit_x(case: str, built: bool) -> None:
    x, says = BAD_X[case]
    net = network(built)
    refused(net, lambda: net.fit(x, Y), says)


def test_fit_of_another_width() -> None:
    net = network(built=True)
    refused(net, lambda: net.fit(WRONG_WIDTH[0], Y), WRONG_WIDTH[1])


@pytest.mark.parametrize("ask", ["__call__", "predict", "predict_proba", "evaluate"])
@pytest.mark.parametrize("case", [*BAD_X, "another width"])
def test_questions(ask: str, case: str) -> None:
    x, says = {**BAD_X, "another width": WRONG_WIDTH}[case]
    net = network(built=False)
    net.fit(X, Y, epochs=1)
    arguments = (x, Y) if ask == "evaluate" else (x,)
    refused(net, lambda: getattr(net, ask)(*arguments), says)


def test_a_single_sample_is_told_how_to_be_a_batch() -> None:
    net = network(built=True)
    with pytest.raises(gn.GlassnetError, match=r"for one sample use x\[None\]"):
        net(X[0])
    assert net(X[0][None]).shape == (1, 3)


def test_softmax_is_not_applied_twice() -> None:
    net = gn.Sequential([gn.Dense(3), gn.Softmax()], seed=0)
    refused(net, lambda: net.fit(X, Y), "applies softmax itself: leave the layer out")
    net = gn.Sequential([gn.Dense(1), gn.Sigmoid()], seed=0)
    refused(net, lambda: net.fit(X, Y % 2), "applies sigmoid itself: leave the layer out")
    net.fit(X, Y % 2 * 1.0, loss="mean_squared", epochs=1)  # there it means something


def test_one_output_tells_two_classes() -> None:
    net = gn.Sequential([gn.Dense(1)], seed=0)
    refused(net, lambda: net.fit(X, Y), "for values, not classes, use loss='mean_squared'")
    refused(net, lambda: net.fit(X, Y, loss="cross_entropy"), "binary_cross_entropy")


def test_labels_of_every_whole_kind_are_taken() -> None:
    for y in (Y.astype(np.uint8), Y.tolist(), Y.astype(np.int16)):
        network(built=True).fit(X, y, epochs=1)
    gn.Sequential([gn.Dense(1)]).fit(X, Y > 0, epochs=1)
