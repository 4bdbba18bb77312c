"""Networks of other libraries: the same predictions here, and anything else is refused by name."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from test_export import TASKS, X, cases, imported, made, there, trained
from test_export_pictures import NETWORKS, random_layer
from test_export_pictures import made as network_of

import glassnet as gn
from glassnet import interop as convert
from glassnet.interop import export
from glassnet.interop.spellings import SPELLINGS

ROWS = np.random.default_rng(0).normal(size=(30, 6)).astype(np.float32)


@pytest.mark.parametrize("hidden", [(), (8,), (8, 5)])
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
@pytest.mark.filterwarnings("ignore:.*Maximum iterations")
def test_scikit_learns_networks(hidden: tuple[int, ...], activation: str) -> None:
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    how: dict[str, Any] = {"hidden_layer_sizes": hidden, "activation": activation, "max_iter": 3}
    names = np.array(["red", "green", "blue"])
    for y in (names[np.arange(30) % 3], names[np.arange(30) % 2], (ROWS[:, :2] > 0).astype(int)):
        theirs = MLPClassifier(**how, random_state=0).fit(ROWS, y)
        ours = convert.from_sklearn(theirs)
        p = theirs.predict_proba(ROWS)
        assert ours.predict_proba(ROWS) == pytest.approx(p, abs=1e-6)
        if y.ndim == 1:
            assert [ours.classes[k] for k in ours.predict(ROWS)] == theirs.predict(ROWS).tolist()
        else:
            assert (ours.predict(ROWS) == theirs.predict(ROWS)).all()
    for values in (ROWS[:, 0], ROWS[:, :2]):
        regressor = MLPRegressor(**how, random_state=0).fit(ROWS, values)
        ours = convert.from_sklearn(regressor)
        assert ours.predict(ROWS) == pytest.approx(regressor.predict(ROWS), abs=1e-5)


def test_a_network_of_scikit_learn_that_is_not_fitted() -> None:
    from sklearn.neural_network import MLPClassifier

    with pytest.raises(gn.GlassnetError, match="MLPClassifier is not fitted: call its fit first"):
        convert.from_sklearn(MLPClassifier())


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_estimators_that_compute_more_than_a_network() -> None:
    from sklearn.model_selection import GridSearchCV
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from glassnet import sklearn as ours

    class Turned(MLPClassifier):
        def predict_proba(self, X: Any) -> Any:
            return super().predict_proba(X)[:, ::-1]

    y, mlp = np.arange(30) % 3, MLPClassifier(max_iter=2)
    for estimator, said in (
        (make_pipeline(StandardScaler(), mlp), r"got Pipeline .* last step, pipeline\[-1\]"),
        (GridSearchCV(mlp, {"alpha": [1.0]}, cv=2), "got GridSearchCV .* its best_estimator_"),
        (ours.MLPClassifier(max_iter=2, n_ensemble=2), r"this one has to_network\(\)"),
        (Turned(max_iter=2), "got Turned of test_convert, expected scikit-learn's MLPClassifier"),
        (MLPRegressor(max_iter=2, loss="poisson"), "the activation 'exp' cannot be converted"),
    ):
        with pytest.raises(gn.GlassnetError, match=said):
            convert.from_sklearn(estimator.fit(ROWS, y))
    with pytest.raises(gn.GlassnetError, match="was fitted on one class"):
        convert.from_sklearn(mlp.fit(ROWS, 0 * y))
    for given in ("mlp.pkl", None, MLPClassifier):
        with pytest.raises(gn.GlassnetError, match="expected scikit-learn's MLPClassifier or"):
            convert.from_sklearn(given)


def read_again(net: gn.Sequential, form: str, folder: Path) -> gn.Sequential:
    """The network, after it was exported, from what was written."""
    there(form)
    if form == "onnx":
        pytest.importorskip("onnx")
    path = export(net, form, folder / "net")[0]
    if form == "onnx":
        return convert.from_onnx(path)
    script = "" if form == "onnx" else path.read_text()
    if form == "keras" and ("lambda x" in script or "(layers.Layer)" in script):
        pytest.skip("a function or a class of the script says nothing to a reader")
    model = imported(path).network()
    if form == "torch":
        return convert.from_torch(model, input_shape=net.input_shape, loss="cross_entropy")
    return convert.from_keras(model, loss="cross_entropy")


def kinds(net: gn.Sequential) -> list[str]:
    """The layers but those that do nothing in prediction, or to rows."""
    layers = [layer for _, layer in net.walk() if layer.name not in ("flatten", "chain")]
    return [type(layer).__name__ for layer in layers if not layer.random]


def assert_the_same(net: gn.Sequential, x: Any, form: str, folder: Path) -> None:
    again = read_again(net, form, folder)
    np.testing.assert_allclose(again(x), net(x), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(again.predict_proba(x), net.predict_proba(x), atol=1e-5)
    assert form == "keras" or kinds(again) == kinds(net)  # where padding may be its own layer
    again.fit(x, np.arange(len(x)) % 3, epochs=1)  # and goes on with the training


@pytest.mark.parametrize("form", ["torch", "keras", "onnx"])
@pytest.mark.parametrize("kind", SPELLINGS)
def test_there_and_back_again(tmp_path: Path, form: str, kind: str) -> None:
    for net, x in cases(kind):
        assert_the_same(net, x, form, tmp_path)


@pytest.mark.parametrize("form", ["torch", "keras", "onnx"])
@pytest.mark.parametrize("name", NETWORKS)
def test_whole_networks_there_and_back_again(tmp_path: Path, form: str, name: str) -> None:
    net, x = network_of(name)
    if form == "keras" and name in ("residuals", "words"):  # which have branches
        with pytest.raises(gn.GlassnetError, match="is read by"):
            read_again(net, form, tmp_path)
    else:
        assert_the_same(net, x, form, tmp_path)


@pytest.mark.parametrize("form", ["torch", "onnx"])
@pytest.mark.parametrize("seed", range(20))
def test_random_windows_there_and_back_again(tmp_path: Path, form: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    layer, shape = random_layer(rng)
    net = trained([layer], shape)
    assert_the_same(net, rng.normal(size=(3, *shape)).astype(np.float32), form, tmp_path)


def test_what_torch_has_and_glassnet_has_not_is_named() -> None:
    torch = pytest.importorskip("torch")
    nn = torch.nn
    for module, named in (
        (nn.Sequential(nn.Linear(2, 2), nn.Conv2d(1, 1, 1)), "Conv2d of samples"),
        (nn.Sequential(nn.Linear(2, 2), nn.Softplus(beta=2)), "Softplus with beta 2"),
        (nn.Sequential(), "no layer to convert"),
        (nn.ReLU(), "no dense layer to convert"),
    ):
        with pytest.raises(gn.GlassnetError, match=named):
            convert.from_torch(module)


def test_what_keras_has_and_glassnet_has_not_is_named() -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Conv2DTranspose(2, 2)])
    with pytest.raises(gn.GlassnetError, match="layer Conv2DTranspose cannot be converted"):
        convert.from_keras(model)


def test_a_last_softmax_becomes_the_loss() -> None:
    keras = pytest.importorskip("keras")
    layers = keras.layers
    model = keras.Sequential(
        [keras.Input((6,)), layers.Dense(4, "swish"), layers.Dense(3, "softmax")]
    )
    ours = convert.from_keras(model)
    assert ours.predict_proba(ROWS) == pytest.approx(model.predict(ROWS, verbose=0), abs=1e-6)
    assert [type(layer).__name__ for layer in ours.layers] == ["Dense", "SiLU", "Dense"]


@pytest.mark.parametrize("task", TASKS)
def test_onnx_files_of_every_task(tmp_path: Path, task: str) -> None:
    pytest.importorskip("onnx")
    net = made(task)
    (path,) = export(net, "onnx", tmp_path / "net")
    again = convert.from_onnx(path, loss=net.loss)
    assert again.input_shape == net.input_shape
    assert again(X) == pytest.approx(net(X), abs=1e-5)
    if task != "classes by distances":  # which the file does not tell from values
        assert again.task == net.task
        assert again.predict(X) == pytest.approx(net.predict(X), abs=1e-5)


def test_onnx_files_of_pytorchs_kind(tmp_path: Path) -> None:
    """Gemm with transposed weights, as PyTorch writes them."""
    onnx = pytest.importorskip("onnx")
    helper, arrays = onnx.helper, onnx.numpy_helper
    W, b = ROWS[:4], ROWS[0, :4]
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node("Gemm", ["x", "W", "b"], ["h"], transB=1),
         helper.make_node("Relu", ["h"], ["y"])],
        "g", [info("x", 1, ["n", 6])], [info("y", 1, ["n", 4])],
        [arrays.from_array(W, "W"), arrays.from_array(b, "b")],
    )  # fmt: skip
    onnx.save(helper.make_model(graph), str(tmp_path / "a.onnx"))
    ours = convert.from_onnx(tmp_path / "a.onnx")
    assert ours(ROWS) == pytest.approx(np.maximum(ROWS @ W.T + b, 0), abs=1e-5)
    (tmp_path / "b.onnx").write_text("no ONNX")
    with pytest.raises(gn.GlassnetError, match="cannot be read as ONNX"):
        convert.from_onnx(tmp_path / "b.onnx")
    graph.node[1].op_type = "Celu"
    onnx.save(helper.make_model(graph), str(tmp_path / "c.onnx"))
    with pytest.raises(gn.GlassnetError, match=r"operator Celu 'y' \(node 1\) cannot be converted"):
        convert.from_onnx(tmp_path / "c.onnx")
