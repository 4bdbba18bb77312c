"""The figures of an evaluation are scikit-learn's, whatever classes are there."""

import json

import numpy as np
import pytest
from sklearn import metrics
from sklearn.dummy import DummyClassifier

import glassnet as gn
from glassnet.nn.functions import sigmoid, softmax
from glassnet.nn.losses import loss_function
from glassnet.workflows.evaluate import evaluate


def network(task: str, outputs: int, loss: str, classes: tuple[str, ...] = ()) -> gn.Sequential:
    net = gn.Sequential([gn.Dense(outputs)], input_shape=3, seed=0)
    net.task, net.loss, net.classes = task, loss_function(loss), classes
    return net


@pytest.mark.parametrize("classes", [("a", "b"), ("a", "b", "c")])
def test_classes(classes: tuple[str, ...]) -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, len(classes), 200)
    z = (np.eye(len(classes))[y] * 1.5 + rng.normal(size=(200, len(classes)))).astype(np.float32)
    result = evaluate(network("classes", len(classes), "cross_entropy", classes), z, y)
    p, answers = softmax(z.astype(float)), z.argmax(axis=1)
    auc = metrics.roc_auc_score(y, p[:, 1] if len(classes) == 2 else p, multi_class="ovr")
    wanted = {
        "accuracy": metrics.accuracy_score(y, answers),
        "base_rate": DummyClassifier(strategy="most_frequent").fit(z, y).score(z, y),
        "balanced_accuracy": metrics.balanced_accuracy_score(y, answers),
        "log_loss": metrics.log_loss(y, p),
        "roc_auc": auc,
    }
    if len(classes) == 2:
        wanted["average_precision"] = metrics.average_precision_score(y, p[:, 1])
    assert result.figures == pytest.approx(wanted, rel=1e-9)
    table = metrics.classification_report(y, answers, target_names=classes, output_dict=True)
    for name in classes:
        assert result.classes[name]["f1"] == pytest.approx(table[name]["f1-score"])
        assert result.classes[name]["precision"] == pytest.approx(table[name]["precision"])
        assert result.classes[name]["recall"] == pytest.approx(table[name]["recall"])
        assert result.classes[name]["rows"] == table[name]["support"]
    assert result.confusion is not None
    assert result.confusion.tolist() == metrics.confusion_matrix(y, answers).tolist()
    assert json.loads(json.dumps(result.as_json()))["rows"] == 200


def test_a_class_that_is_not_there_counts_for_nothing() -> None:
    z, y = np.array([[2.0, 1, 0], [0, 1, 0], [3, 1, 4]]), np.array([0, 1, 0])
    net = network("classes", 3, "cross_entropy", ("a", "b", "c"))
    figures = evaluate(net, z, y).figures
    assert figures["balanced_accuracy"] == pytest.approx((1 / 2 + 1) / 2)
    assert figures["roc_auc"] == 1
    alone = evaluate(net, z[:1], y[:1])
    assert "roc_auc" not in alone.figures
    assert alone.classes["c"] == {"precision": 0, "recall": 0, "f1": 0, "rows": 0}


def test_one_output_for_two_classes() -> None:
    z, y = np.array([[2.0], [-1.0], [0.5], [-3.0]]), np.array([1, 0, 0, 0])
    result = evaluate(network("classes", 1, "binary_cross_entropy", ("no", "yes")), z, y)
    assert result.figures["accuracy"] == 0.75
    assert result.figures["log_loss"] == pytest.approx(metrics.log_loss(y, sigmoid(z[:, 0])))
    assert result.figures["roc_auc"] == 1


def test_independent_labels() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, (50, 3))
    z = y * 2.0 - 1 + rng.normal(size=y.shape)
    result = evaluate(network("labels", 3, "binary_cross_entropy", ("p", "q", "r")), z, y)
    assert result.figures["accuracy"] == ((z > 0) == y).mean()
    assert result.figures["exact_match"] == ((z > 0) == y).all(axis=1).mean()
    assert result.figures["roc_auc"] == pytest.approx(metrics.roc_auc_score(y, z, average="macro"))
    assert result.figures["log_loss"] == pytest.approx(
        np.mean([metrics.log_loss(y[:, n], sigmoid(z[:, n])) for n in range(3)])
    )
    assert result.classes["q"]["f1"] == pytest.approx(metrics.f1_score(y[:, 1], z[:, 1] > 0))
    assert result.confusion is None


def test_values_are_judged_in_their_own_unit() -> None:
    y, z = np.array([1.0, 2, 4]), np.array([[1.0], [3], [4]])
    result = evaluate(network("values", 1, "mean_squared"), z, y)
    assert result.figures == pytest.approx(
        {
            "mean_absolute_error": 1 / 3,
            "mean_predictor": np.abs(y - 7 / 3).mean(),
            "root_mean_squared_error": np.sqrt(1 / 3),
            "r2": metrics.r2_score(y, z[:, 0]),
        }
    )
    assert "r2" not in evaluate(network("values", 1, "mean_squared"), z[:1], y[:1]).figures
    several = evaluate(network("values", 2, "mean_squared"), np.ones((3, 2)), np.eye(3)[:, :2])
    assert several.figures["mean_absolute_error"] == pytest.approx(2 / 3)


def test_no_printed_figure_is_a_negative_zero(capsys: pytest.CaptureFixture[str]) -> None:
    from glassnet.base.confidence import estimate
    from glassnet.base.html import curves
    from glassnet.cli.evaluation import report
    from glassnet.inspection.document import aligned, number
    from glassnet.workflows.evaluate import Evaluation

    report(Evaluation(3, {"r2": -0.0, "mean_absolute_error": np.float32(-0.0)}))
    printed = capsys.readouterr().out
    assert "mean absolute error 0.000\n" in printed
    assert aligned(np.array([[-1e-9, 0.5]])) == [["0.0000", "0.5000"]]
    assert aligned(np.array([[-0.0, 3.0]])) == [["0", "3"]]
    shown = [printed, number(-0.0), str(estimate([-1e-9, -1e-9])), curves({"r2": [-0.0, -0.0]})]
    assert not [text for text in shown if "-0.000" in text or ">-0<" in text or text == "-0"]
