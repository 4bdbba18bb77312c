"""Losses, rules, schedules, layers and weights that scikit-learn's perceptrons have not."""

import inspect
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn import neural_network
from sklearn.utils.class_weight import compute_sample_weight

import glassnet as gn
from glassnet.interop import export
from glassnet.nn.losses import BinaryCrossEntropy
from glassnet.nn.optimizers import OPTIMIZERS
from glassnet.nn.schedules import SCHEDULES
from glassnet.sklearn import MLPClassifier, MLPRegressor
from tests.sklearn.tasks import TASKS, W, X, arrays, made, same

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

RULES = [name for name in OPTIMIZERS if name not in ("sgd", "adam", "lbfgs")]
CLASSES = {"classes": [0, 1, 2], "two classes": [False, True], "labels": [0, 1, 2]}


class Gain(gn.Layer):
    """y = g x, with one g for each feature."""

    def build(self, input_shape: Any) -> Any:
        from glassnet.nn.initializers import initializer
        from glassnet.nn.parameters import Parameter

        return {"g": Parameter(input_shape[-1:], initializer("constant:value=1"))}

    def forward(self, x: Any, rng: Any = None) -> Any:
        return self.g[..., None, :] * x, x

    def backward(self, dy: Any, saved: Any) -> Any:
        self.dg[...] = (dy * saved).sum(axis=-2)
        return dy * self.g[..., None, :]


@pytest.mark.parametrize("kind", ["MLPClassifier", "MLPRegressor"])
def test_parameters_of_scikit_learn_keep_their_names_and_defaults(kind: str) -> None:
    theirs = inspect.signature(getattr(neural_network, kind)).parameters
    ours = inspect.signature(getattr(gn.sklearn, kind)).parameters
    for name, parameter in theirs.items():
        same = (
            parameter.default if name != "early_stopping" else "auto"
        )  # without preprocess, False
        assert ours[name].default == same
        assert ours[name].kind == parameter.kind
    positional = [n for n, p in theirs.items() if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert list(ours)[: len(positional)] == positional


def as_the_engine(how: dict[str, Any], engine: dict[str, Any], task: str = "classes") -> None:
    """An estimator learns what glassnet's own `fit` learns from the same weights."""
    y, epochs = TASKS[task][1], 4
    model = made(task, alpha=0, shuffle=False, max_iter=epochs, batch_size=64, **how)
    model.n_iter_no_change = np.inf
    start = made(task, alpha=0, max_iter=1, learning_rate_init=1e-300, solver="sgd", momentum=0)
    network = start.fit(X, y).to_network()
    history = network.fit(X, y, epochs=epochs, batch_size=64, shuffle=False, **engine)
    model.fit(X, y)
    for key, mine in zip([0, 2, 4], model.coefs_, strict=True):
        np.testing.assert_allclose(mine, network.parameters[f"{key}.W"], atol=1e-9)
    assert model.loss_curve_ == pytest.approx(history["loss"], abs=1e-9)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_that_of_the_engine(rule: str) -> None:
    as_the_engine(
        {"solver": rule, "learning_rate_init": 0.02},
        {"optimizer": {"kind": rule, "learning_rate": 0.02}},
    )


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_every_schedule_is_that_of_the_engine(schedule: str) -> None:
    engine = {"optimizer": gn.RMSProp(0.02, rho=0.8), "schedule": schedule}
    how = {"solver": "rmsprop:rho=0.8", "learning_rate": schedule, "learning_rate_init": 0.02}
    as_the_engine(how, engine)


@pytest.mark.parametrize(
    "loss", ["absolute_error", "mean_absolute", "huber:delta=0.1", "quantile:q=0.8"]
)
@pytest.mark.parametrize("task", ["values", "two values"])
def test_every_loss_is_that_of_the_engine(loss: str, task: str) -> None:
    name = "mean_absolute" if loss == "absolute_error" else loss
    how = {"loss": loss, "solver": "momentum", "learning_rate_init": 0.02}
    as_the_engine(how, {"loss": name, "optimizer": gn.Momentum(0.02)}, task)


def test_decay_clipping_and_smoothing_are_those_of_the_engine() -> None:
    plain = {"solver": "momentum", "learning_rate_init": 0.02}
    as_the_engine(
        {**plain, "weight_decay": 0.1}, {"optimizer": gn.Momentum(0.02, weight_decay=0.1)}
    )
    as_the_engine({**plain, "clip_norm": 0.01}, {"optimizer": gn.Momentum(0.02), "clip_norm": 0.01})
    as_the_engine(
        {**plain, "loss": "cross_entropy:label_smoothing=0.2"},
        {"optimizer": gn.Momentum(0.02), "loss": gn.CrossEntropy(0.2)},
    )


@pytest.mark.parametrize("task", ["two classes", "labels"])
def test_labels_are_smoothed_too(task: str) -> None:
    y = TASKS[task][1]
    model = made(task, loss="cross_entropy:label_smoothing=0.3", alpha=0, max_iter=300).fit(X, y)
    z = model.to_network()(X)
    smooth = 0.7 * y.reshape(len(y), -1) + 0.15
    value, _ = BinaryCrossEntropy()(z, smooth)
    assert model.fit(X, y).loss_ == pytest.approx(float(value) * z.shape[1], abs=1e-2)
    assert model.predict_proba(X).max() < made(task, max_iter=300).fit(X, y).predict_proba(X).max()


def test_quantiles_have_so_many_targets_below() -> None:
    y = X[:, 0] + np.random.default_rng(1).normal(size=len(X))
    for q in (0.1, 0.9):
        model = made("values", loss=f"quantile:q={q}", max_iter=400, learning_rate_init=0.01)
        assert np.mean(y < model.fit(X, y).predict(X)) == pytest.approx(q, abs=0.06)


# ---- weights


@pytest.mark.parametrize("solver", ["lbfgs", "sgd", "adam", "rmsprop"])
@pytest.mark.parametrize("task", TASKS)
def test_weight_two_is_the_row_given_twice(task: str, solver: str) -> None:
    y, twice = TASKS[task][1], np.arange(len(X)) < 100
    how = {"solver": solver, "shuffle": False, "batch_size": 400, "max_iter": 15, "alpha": 0.1}
    weighted = made(task, **how, early_stopping=False)
    with pytest.warns(UserWarning, match="batch_size") if solver != "lbfgs" else _nothing():
        weighted.fit(X, y, sample_weight=1.0 + twice)
    doubled = made(task, **how).fit(np.vstack([X, X[twice]]), np.concatenate([y, y[twice]]))
    assert weighted.loss_ == pytest.approx(doubled.loss_, rel=1e-6)
    for a, b in zip(arrays(weighted), arrays(doubled), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def _nothing() -> Any:
    from contextlib import nullcontext

    return nullcontext()


@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("weight", [None, W])
@pytest.mark.parametrize("of_classes", ["balanced", {"blue": 3.0, "green": 0.5}])
def test_weights_of_classes_are_weights_of_their_samples(
    solver: str, weight: Any, of_classes: Any
) -> None:
    names = np.array(["blue", "green"])[(X[:, 0] > 1).astype(int)]
    model = made("classes", class_weight=of_classes, solver=solver)
    model.fit(X, names, sample_weight=weight)
    own = compute_sample_weight(of_classes, names) * (1 if weight is None else weight)
    assert model.loss_ == made("classes", solver=solver).fit(X, names, sample_weight=own).loss_
    assert model.loss_ != made("classes", solver=solver).fit(X, names, sample_weight=weight).loss_


def test_rare_classes_are_found_where_they_weigh_more() -> None:
    y = (X[:, 0] + np.random.default_rng(2).normal(size=len(X)) > 1.8).astype(int)
    found = made("classes", class_weight="balanced", max_iter=60).fit(X, y).predict(X)
    assert found[y == 1].mean() > made("classes", max_iter=60).fit(X, y).predict(X)[y == 1].mean()
    assert made("labels", class_weight="balanced").fit(X, TASKS["labels"][1]).n_outputs_ == 3
    with pytest.raises(AttributeError, match="partial_fit"):
        made("classes", class_weight="balanced").partial_fit(X, y, classes=[0, 1])
    made("classes", class_weight={0: 1, 1: 9}).partial_fit(X, y, classes=[0, 1])


# ---- layers


def test_dropout_is_between_the_layers_and_drops_nothing_in_prediction() -> None:
    y = TASKS["classes"][1]
    model = made("classes", dropout=0.3, max_iter=20).fit(X, y)
    kinds = [type(layer).__name__ for layer in model.to_network().layers]
    assert kinds == ["Dense", "ReLU", "Dropout", "Dense", "ReLU", "Dropout", "Dense"]
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(X))
    assert same(model, made("classes", dropout=0.3, max_iter=20).fit(X, y))
    assert not same(model, made("classes", max_iter=20).fit(X, y))
    assert same(made("classes", dropout=[0, 0]).fit(X, y), made("classes").fit(X, y))
    rates = made("classes", dropout=[0.0, 0.5]).fit(X, y).to_network().layers
    assert [layer.rate for layer in rates if isinstance(layer, gn.Dropout)] == [0.5]


@pytest.mark.parametrize("task", ["classes", "two classes", "labels", "values", "two values"])
def test_layers_of_any_kind(task: str) -> None:
    y = TASKS[task][1]
    layers = [gn.Dense(7, "gelu"), Gain(), gn.Dropout(0.1), gn.Dense(5, bias=False), gn.Tanh()]
    model = made(task, layers=layers, learning_rate_init=0.01).fit(X, y)
    outputs = model.n_outputs_
    assert [W.shape for W in model.coefs_] == [(6, 7), (7, 5), (5, outputs)]
    assert [b.shape for b in model.intercepts_] == [(7,), (5,), (outputs,)]
    assert model.n_layers_ == 4 and not model.intercepts_[1].any()
    network = model.to_network()
    assert not np.allclose(network.parameters["2.g"], 1)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    assert same(made(task, layers=layers, learning_rate_init=0.01).fit(X, y), model)
    assert not layers[0].bound  # the user's own are as they were


@pytest.mark.parametrize(
    "how",
    [
        {"dropout": 0.3},
        {"layers": [gn.Dense(7, "silu"), gn.Dropout(0.3)]},
        {"solver": "rmsprop", "learning_rate": "step:every=3,gamma=0.5"},
        {"learning_rate": "cosine", "max_iter": 12},
        {"learning_rate": "on_plateau:patience=1", "learning_rate_init": 0.3},
        {"class_weight": {0: 2.0, 1: 3.0}},
    ],
    ids=str,
)
@pytest.mark.parametrize("task", ["classes", "labels"])
def test_parts_are_as_the_whole(task: str, how: dict[str, Any]) -> None:
    y = TASKS[task][1]
    if "class_weight" in how and task == "labels":
        how = {"class_weight": [{0: 2.0, 1: 1.0}] * 3}
    whole = made(task, **{**how, "max_iter": 12}, tol=0).fit(X, y)
    parts = made(task, **how)
    for number in range(12):
        parts = pickle.loads(pickle.dumps(parts)) if number == 5 else parts
        parts.partial_fit(X, y, classes=CLASSES[task])
    assert same(parts, whole)
    if how.get("learning_rate") == "cosine":
        return  # which ends with each fit
    warm = made(task, **{**how, "max_iter": 7}, warm_start=True, tol=0).fit(X, y)
    assert same(warm.set_params(max_iter=5).fit(X, y), whole)


@pytest.mark.parametrize(
    "change", [{"hidden_layer_sizes": (8, 4)}, {"dropout": 0.1}, {"layers": [gn.Dense(3)]}], ids=str
)
def test_what_goes_on_has_the_same_layers(change: dict[str, Any]) -> None:
    y = TASKS["classes"][1]
    model = made("classes", warm_start=True).fit(X, y).set_params(**change)
    with pytest.raises(gn.GlassnetError, match="the network that was begun has the layers"):
        model.fit(X, y)
    with pytest.raises(gn.GlassnetError, match="fit afresh with warm_start=False"):
        model.partial_fit(X, y)
    assert model.set_params(warm_start=False).fit(X, y).score(X, y) > 0


def test_weights_below_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        made("values").fit(X, TASKS["values"][1], sample_weight=-W)
    with pytest.raises(ValueError, match=r"[Nn]egative"):
        made("values").fit(X, TASKS["values"][1], validation_data=(X, X[:, 0], -W))


def test_more_activations() -> None:
    for name in ("gelu", "leaky_relu:slope=0.2", "softplus"):
        model = made("values", activation=name).fit(X, TASKS["values"][1])
        kind = type(model.to_network().layers[1]).__name__
        assert kind.lower() == name.partition(":")[0].replace("_", "")


def test_one_weight_may_be_replaced() -> None:
    model = made("values").fit(X, TASKS["values"][1])
    expected = model.predict(X)
    model.coefs_[0] = np.zeros_like(model.coefs_[0])
    assert np.ptp(model.predict(X)) == 0
    assert model.coefs_[0].base is not None  # a view of the network again
    model.set_params(random_state=1).fit(X, TASKS["values"][1])
    np.testing.assert_array_equal(model.predict(X), expected)
    model.coefs_[0] = np.zeros((2, 2))
    with pytest.raises(gn.GlassnetError, match=r"shape \(2, 2\), expected the shape \(6, 8\)"):
        model.predict(X)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"solver": "adm"}, "did you mean 'adam'"),
        ({"solver": "rmsprop:learning_rate=0.1"}, "beside learning_rate_init"),
        ({"solver": gn.RMSProp()}, "expected a name"),
        ({"activation": "rleu"}, "did you mean 'relu'"),
        ({"learning_rate": "cosin"}, "did you mean 'cosine'"),
        ({"learning_rate": "cosine", "solver": "lbfgs"}, "chooses its own steps"),
        ({"clip_norm": 1.0, "solver": "lbfgs"}, "chooses its own steps"),
        ({"clip_norm": 0}, "clip_norm is 0, expected a number above 0"),
        ({"clip_norm": "long"}, "clip_norm is 'long'"),
        ({"weight_decay": -1}, "weight_decay is -1"),
        ({"dropout": 1.0}, r"rate is 1.0, expected a number in \[0, 1\)"),
        ({"dropout": [0.1]}, "dropout has 1 rates and there are 2 hidden layers"),
        ({"dropout": "much"}, "rate is 'much'"),
        ({"layers": [gn.Dense(3)], "dropout": 0.1}, "put Dropout into layers"),
        ({"layers": ["dense"]}, "expected glassnet's layers"),
        ({"layers": 3}, "expected glassnet's layers"),
        ({"n_ensemble": 0}, "n_ensemble is 0"),
        ({"n_ensemble": 2.5}, "n_ensemble is 2.5"),
        ({"loss": "huber"}, "expected 'log_loss'"),
        ({"loss": "log_los"}, "unknown loss"),
        ({"scoring": "acuracy", "early_stopping": True}, "scoring"),
        ({"callbacks": [3]}, "is not a callback"),
        ({"preprocess": "yes"}, "preprocess is 'yes'"),
        ({"class_weight": {7: 1.0}}, "class"),
        ({"class_weight": "even"}, "class_weight"),
        ({"hidden_layer_sizes": (8, 0)}, "must be > 0"),
        ({"hidden_layer_sizes": (8, -1)}, "must be > 0"),
        ({"alpha": -1}, "alpha"),
        ({"early_stopping": "yes"}, "early_stopping"),
    ],
    ids=str,
)
def test_what_cannot_be_is_told_before_anything_is_done(how: Any, message: str) -> None:
    model = made("classes", **how)
    with pytest.raises((ValueError, TypeError), match=message):
        model.fit(X, TASKS["classes"][1])
    assert not hasattr(model, "coefs_")


def test_lbfgs_has_settings_too() -> None:
    y = TASKS["values"][1]
    plain = made("values", solver="lbfgs").fit(X, y)
    assert same(made("values", solver="lbfgs:history=10").fit(X, y), plain)
    short = made("values", solver="lbfgs:history=2").fit(X, y)
    assert short.t_ == plain.t_ == 0 and not same(short, plain)


def test_a_regressor_has_losses_of_its_own() -> None:
    with pytest.raises(ValueError, match="expected 'squared_error'"):
        MLPRegressor(loss="log_loss").fit(X, X[:, 0])
    assert not hasattr(MLPClassifier(solver="lbfgs"), "partial_fit")
    with pytest.raises(AttributeError, match="partial_fit"):
        MLPRegressor(solver="lbfgs").partial_fit(X, X[:, 0])
    assert hasattr(MLPClassifier(solver="rmsprop"), "partial_fit")


# ---- what becomes of it


@pytest.mark.parametrize("task", ["classes", "two classes", "labels", "values", "two values"])
def test_its_network_is_exported(tmp_path: Path, task: str) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    model = made(task, dropout=0.2, activation="tanh").fit(X.astype(np.float32), TASKS[task][1])
    (path,) = export(model.to_network(), "onnx", tmp_path / "net.onnx")
    x = X.astype(np.float32)
    session = onnxruntime.InferenceSession(str(path))
    names = [each.name for each in session.get_outputs()]
    found = dict(zip(names, session.run(None, {"x": x}), strict=True))
    if hasattr(model, "classes_"):
        expected = model.predict_proba(x)
        np.testing.assert_allclose(found["probabilities"], expected, atol=1e-5)
    else:
        expected = model.predict(x)
        np.testing.assert_allclose(found["prediction"].reshape(expected.shape), expected, atol=1e-5)


def test_its_network_learns_on(tmp_path: Path) -> None:
    y = TASKS["classes"][1]
    model = made("classes").fit(X, y)
    before = model.predict_proba(X)
    network = model.to_network()
    network.save(tmp_path / "net.safetensors")
    again = gn.load(tmp_path / "net.safetensors")
    np.testing.assert_array_equal(again.predict_proba(X), network.predict_proba(X))
    network.fit(X, y, epochs=5)
    np.testing.assert_array_equal(model.predict_proba(X), before)  # apart from the estimator
    theirs = made("classes", ours=False).fit(X, y)
    ours = MLPClassifier.from_sklearn(theirs)
    loss = ours.loss_
    assert ours.partial_fit(X, y).loss_ < loss
    assert ours.n_layers_ == theirs.n_layers_ and theirs.loss_ == loss


@pytest.mark.parametrize(
    "more",
    [{}, {"solver": "lbfgs"}, {"batch_size": 1000}, {"n_ensemble": 2}],
    ids=lambda each: ", ".join(each) or "adam",
)
def test_a_warning_names_the_line_that_called_fit(more: dict[str, Any]) -> None:
    with pytest.warns(UserWarning) as caught:
        MLPClassifier([4], max_iter=2, random_state=0, **more).fit(X, X[:, 0] > 0)
    assert {each.filename for each in caught} == {__file__}
