"""Every metric is scikit-learn's to 1e-12: with ties, absent classes, weights, a single row."""

import math
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn import metrics as sk

import glassnet as gn
from glassnet.nn import metrics
from glassnet.nn.metrics import SCORES, Judged, rises, score_named
from glassnet.nn.metrics.ranking import precision_recall, roc_auc, roc_curve

Array = np.ndarray


def close(value: float) -> object:
    return pytest.approx(value, rel=1e-12, abs=1e-12, nan_ok=True)


def cases(classes: int) -> Iterator[Judged]:
    """Random predictions: probabilities with many ties, weights with zeros, few and many rows."""
    rng = np.random.default_rng(classes)
    for rows in (1, 2, 3, 7, 40):
        for weighted in (False, True):
            y = rng.integers(0, classes, rows)
            p = rng.integers(1, 5, (rows, classes)) / 1.0
            p /= p.sum(axis=1, keepdims=True)
            weight = rng.integers(1, 4, rows) * 0.5 if weighted else None
            yield Judged(y, p.argmax(axis=1), p, weight)


TWO, MORE = list(cases(2)), list(cases(4))


def quiet(function: object, *args: object, **settings: object) -> float:
    """scikit-learn's metric without its warnings of what is not defined."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(function(*args, **settings))  # type: ignore[operator]


@pytest.mark.parametrize("case", TWO, ids=range(len(TWO)))
def test_of_two_classes(case: Judged) -> None:
    y, predicted, p, w = case
    assert p is not None
    how = {"sample_weight": w}
    wanted = {
        "accuracy": quiet(sk.accuracy_score, y, predicted, **how),
        "balanced_accuracy": quiet(sk.balanced_accuracy_score, y, predicted, **how),
        "log_loss": quiet(sk.log_loss, y, p, labels=[0, 1], **how),
        "brier": quiet(sk.brier_score_loss, y, p[:, 1], pos_label=1, **how),
        "f1": quiet(sk.f1_score, y, predicted, zero_division=0, **how),
        "f1_macro": quiet(sk.f1_score, y, predicted, average="macro", zero_division=0, **how),
        "roc_auc": math.nan,
        "average_precision": math.nan,
    }
    if y.any():
        wanted["average_precision"] = quiet(sk.average_precision_score, y, p[:, 1], **how)
    if 0 < y.mean() < 1:
        wanted["roc_auc"] = quiet(sk.roc_auc_score, y, p[:, 1], **how)
    assert {name: SCORES[name](case) for name in wanted} == {n: close(v) for n, v in wanted.items()}


@pytest.mark.parametrize("case", MORE, ids=range(len(MORE)))
def test_of_several_classes(case: Judged) -> None:
    y, predicted, p, w = case
    assert p is not None
    how, found = {"sample_weight": w}, np.unique(y)

    def mean_of(metric: object) -> float:
        return float(np.mean([quiet(metric, y == k, p[:, k], **how) for k in found]))

    wanted = {
        "balanced_accuracy": quiet(sk.balanced_accuracy_score, y, predicted, **how),
        "log_loss": quiet(sk.log_loss, y, p, labels=range(4), **how),
        "brier": quiet(sk.brier_score_loss, y, p, labels=range(4), **how),
        "f1": quiet(sk.f1_score, y, predicted, average="macro", zero_division=0, **how),
        "average_precision": mean_of(sk.average_precision_score),
        "roc_auc": mean_of(sk.roc_auc_score) if len(found) > 1 else math.nan,
    }
    if len(found) == 4:
        ovr = {"multi_class": "ovr", "labels": range(4)}
        assert wanted["roc_auc"] == close(quiet(sk.roc_auc_score, y, p, **ovr, **how))
    assert {name: SCORES[name](case) for name in wanted} == {n: close(v) for n, v in wanted.items()}
    C = metrics.confusion_matrix(y, predicted, 4, w)
    expected = sk.confusion_matrix(y, predicted, labels=range(4), **how)
    assert np.abs(C - expected).max() < 1e-12
    table = sk.precision_recall_fscore_support(
        y, predicted, labels=range(4), zero_division=0, **how
    )
    for ours, theirs in zip((metrics.precision, metrics.recall, metrics.f1), table, strict=False):
        assert ours(C) == close(theirs)


@pytest.mark.parametrize("outputs", [1, 3])
@pytest.mark.parametrize("weighted", [False, True])
def test_of_values(outputs: int, weighted: bool) -> None:
    rng = np.random.default_rng(outputs)
    for rows in (1, 2, 30):
        y, predicted = rng.normal(size=(2, rows, outputs))
        w = rng.integers(1, 4, rows) * 0.5 if weighted else None
        case, how = Judged(y, predicted, None, w), {"sample_weight": w}
        wanted = {
            "r2": quiet(sk.r2_score, y, predicted, **how),
            "root_mean_squared_error": quiet(sk.root_mean_squared_error, y, predicted, **how),
            "mean_absolute_error": quiet(sk.mean_absolute_error, y, predicted, **how),
        }
        assert {n: SCORES[n](case) for n in wanted} == {n: close(v) for n, v in wanted.items()}


@pytest.mark.parametrize("predicted", [[5.0, 5.0, 5.0], [5.0, 5.0, 4.0]])
def test_r2_of_values_that_are_all_the_same(predicted: list[float]) -> None:
    y, given = np.full(3, 5.0), np.array(predicted)
    assert metrics.r2(y, given) == sk.r2_score(y, given)


def test_independent_labels_give_the_mean_over_those_that_occur() -> None:
    rng = np.random.default_rng(0)
    y, p = rng.integers(0, 2, (50, 3)), rng.uniform(size=(50, 3))
    y[:, 2] = 0
    case = Judged(y, (p > 0.5).astype(int), p)
    each = [sk.roc_auc_score(y[:, k], p[:, k]) for k in range(2)]
    assert SCORES["roc_auc"](case) == close(float(np.mean(each)))
    assert SCORES["accuracy"](case) == close(float((case.predicted == y).mean()))
    losses = [sk.log_loss(y[:, k], p[:, k], labels=[0, 1]) for k in range(3)]
    assert SCORES["log_loss"](case) == close(float(np.mean(losses)))


def test_weights_count_as_rows_given_again() -> None:
    [*_, (y, predicted, p, _)] = TWO
    assert p is not None
    times = np.random.default_rng(1).integers(1, 4, len(y))
    rows = np.repeat(np.arange(len(y)), times)
    for name in SCORES:
        if "classes" in SCORES[name].tasks:
            once = SCORES[name](Judged(y, predicted, p, times.astype(float)))
            assert once == close(SCORES[name](Judged(y[rows], predicted[rows], p[rows])))


def test_precision_and_recall_at_every_threshold() -> None:
    y, _, p, _ = TWO[-2]
    assert p is not None
    curve = precision_recall(y == 1, p[:, 1])
    precision, recall, thresholds = sk.precision_recall_curve(y, p[:, 1])
    assert curve.threshold[::-1] == pytest.approx(thresholds)
    assert curve.precision[::-1] == pytest.approx(precision[:-1])
    assert curve.recall[::-1] == pytest.approx(recall[:-1])
    predicted = [p[:, 1] >= t for t in curve.threshold]
    assert curve.predicted.tolist() == [each.sum() for each in predicted]
    assert curve.f1 == pytest.approx([sk.f1_score(y, each) for each in predicted])


@pytest.mark.parametrize("case", [k for k, each in enumerate(TWO) if len(np.unique(each.y)) == 2])
def test_the_roc_curve_is_that_of_scikit_learn(case: int) -> None:
    y, _, p, weight = TWO[case]
    assert p is not None
    curve = roc_curve(y == 1, p[:, 1], weight)
    false, true, thresholds = sk.roc_curve(
        y, p[:, 1], sample_weight=weight, drop_intermediate=False
    )
    assert curve.threshold == pytest.approx(thresholds)
    assert curve.false_positives == pytest.approx(false)
    assert curve.true_positives == pytest.approx(true)
    assert np.trapezoid(curve.true_positives, curve.false_positives) == pytest.approx(
        roc_auc(y == 1, p[:, 1], weight)
    )


def test_without_positives_there_is_no_share_of_them() -> None:
    curve = roc_curve(np.zeros(3, bool), np.array([0.1, 0.2, 0.2]))
    assert np.isnan(curve.true_positives).all()
    assert curve.false_positives.tolist() == pytest.approx([0, 2 / 3, 1])


def test_a_name_of_the_field_is_understood_and_a_wrong_one_explained() -> None:
    assert score_named("AUC").name == "roc_auc" and score_named("rmse").name.startswith("root")
    with pytest.raises(gn.GlassnetError, match="did you mean 'balanced_accuracy'"):
        score_named("balanced_acuracy")
    with pytest.raises(gn.GlassnetError, match="r2 is for values, and the target has classes"):
        score_named("r2", "classes")


def test_the_table_says_which_way_is_better() -> None:
    assert [name for name in SCORES if not rises(f"val_{name}")] == [
        "log_loss", "brier", "root_mean_squared_error", "mean_absolute_error",
    ]  # fmt: skip


# ---- in training


def points(classes: int = 2) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 3))
    return x, (x @ [1, -1, 0.5] + rng.normal(size=300) > 0.8 * np.arange(1, classes)[:, None]).sum(
        0
    )


def network(outputs: int = 2) -> gn.Sequential:
    return gn.Sequential([gn.Dense(outputs)], input_shape=3, seed=0)


def test_fit_computes_the_metrics_that_are_named() -> None:
    x, y = points()
    net = network()
    history = net.fit(
        x[:200], y[:200], epochs=2, validation=(x[200:], y[200:]), metrics=["auc", "f1", "brier"]
    )
    assert [n for n in history if n[:4] == "val_"] == [
        "val_loss", "val_accuracy", "val_roc_auc", "val_f1", "val_brier",
    ]  # fmt: skip
    p, labels = net.predict_proba(x[200:])[:, 1], net.predict(x[200:])
    assert history["val_roc_auc"][-1] == pytest.approx(sk.roc_auc_score(y[200:], p), abs=1e-6)
    assert history["val_f1"][-1] == pytest.approx(sk.f1_score(y[200:], labels))
    assert history["val_brier"][-1] == pytest.approx(sk.brier_score_loss(y[200:], p), rel=1e-5)


def test_evaluate_computes_them_too_and_weighs_them() -> None:
    x, y = points(3)
    net = network(3)
    net.fit(x, y, epochs=3)
    w = np.random.default_rng(1).uniform(0.5, 2, len(y))
    found = net.evaluate(x, y, w, metrics=["accuracy", "balanced_accuracy"])
    predicted = net.predict(x)
    assert found["accuracy"] == pytest.approx(sk.accuracy_score(y, predicted, sample_weight=w))
    balanced = sk.balanced_accuracy_score(y, predicted, sample_weight=w)
    assert found["balanced_accuracy"] == pytest.approx(balanced)
    values = gn.Sequential([gn.Dense(1)], input_shape=3, seed=0)
    values.fit(x, x[:, 0], epochs=3)
    assert values.evaluate(x, x[:, 0], metrics=["r2"])["r2"] == pytest.approx(
        sk.r2_score(x[:, 0], values.predict(x)), rel=1e-5
    )


@pytest.mark.parametrize("many", [False, True])
def test_stopping_watches_any_metric(many: bool) -> None:
    x, y = points()
    stop = gn.EarlyStopping("val_roc_auc", patience=3)
    how: Any = {"epochs": 60, "validation": 0.3, "optimizer": "adam:learning_rate=0.05"}
    net = network()
    if many:
        stack = gn.Stack([network(), gn.Sequential([gn.Dense(2)], input_shape=3, seed=1)])
        history, _ = stack.fit(x, y, callbacks=[stop], **how)
        net = stack[0]
    else:
        history = net.fit(x, y, callbacks=[stop], **how)
    auc = history["val_roc_auc"]
    best = int(np.argmax(auc))
    assert len(auc) == best + 4 and "val_roc_auc has not improved" in str(history.interrupted)


def test_a_metric_that_cannot_be_had_is_refused_before_anything_changes() -> None:
    x, y = points()
    for settings, text in [
        ({"metrics": ["roc_auc"]}, "computed on a validation part, and there is none"),
        ({"metrics": ["r2"], "validation": 0.2}, "r2 is for values"),
        ({"metrics": ["acuracy"]}, "did you mean 'accuracy'"),
        ({"metrics": 3}, "expected True, False or names"),
        (
            {"metrics": ["brier"], "validation": 0.2, "loss": "mean_squared"},
            "needs probabilities, which MeanSquared does not give",
        ),
        (
            {"callbacks": [gn.EarlyStopping("val_f1")]},
            "there are loss, accuracy; 'val_f1' is computed",
        ),
        ({"callbacks": [gn.EarlyStopping("val_r2")], "validation": 0.2}, "r2 is for values"),
        ({"callbacks": [gn.EarlyStopping("f1")], "validation": 0.2}, "watches 'f1', which this"),
    ]:
        net = network()
        before = net.rng.bit_generator.state
        with pytest.raises(gn.GlassnetError, match=text):
            net.fit(x, y, epochs=1, **settings)  # type: ignore[arg-type]
        assert net.rng.bit_generator.state == before
