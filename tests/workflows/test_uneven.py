"""Uneven classes: weights by name, what luck would give, thresholds; what held-out rows say."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import metrics

import glassnet as gn
from glassnet.data import Dataset, load
from glassnet.nn.metrics.counts import is_uneven
from glassnet.workflows.evaluate import Evaluation, at_thresholds, evaluate
from glassnet.workflows.fit_settings import settings_of
from glassnet.workflows.intervals import half_width
from glassnet.workflows.predict import predict
from glassnet.workflows.recipes.schema import Recipe
from glassnet.workflows.run import train
from glassnet.workflows.sweep.sweep import figures, ranked, run_unit, trials, units

Array = np.ndarray


def frame(rows: int = 1500) -> pd.DataFrame:
    """A tenth of the rows is "yes", which is likelier the larger x1 is; `cost` is a number."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 2))
    p = 1 / (1 + np.exp(3.2 - 2 * x[:, 0]))
    sold = np.where(rng.uniform(size=rows) < p, "yes", "no")
    cost = 10 * x[:, 0] + rng.exponential(5, rows)
    return pd.DataFrame({"x1": x[:, 0], "x2": x[:, 1], "cost": cost, "sold": sold})


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("uneven") / "t.csv"
    frame().to_csv(file, index=False)
    return file


@pytest.fixture(scope="module")
def data(path: Path) -> Dataset:
    return load(path, target="sold", drop="cost")


def experiment(**training: Any) -> Recipe:
    return Recipe.model_validate(
        {
            "title": "t", "source": "t", "data": {"name": "t"}, "network": {"hidden": [8]},
            "training": {"epochs": 15, "validation": 0.3, **training},
            "figure": {"published": "", "at_least": 0},
        }
    )  # fmt: skip


# ---- weights of classes


def test_weights_by_name_are_those_of_fit(data: Dataset) -> None:
    named = settings_of(experiment(class_weight={"yes": 5.0}).training, data)
    assert named["class_weight"] == {data.classes.index("yes"): 5.0}
    by_name = train(experiment(class_weight={"yes": 5.0, "no": 1.0}), data, seed=0).network
    plain = train(experiment(), data, seed=0).network
    y = data.y_test == 1
    recalls = [(n.predict(data.x_test)[y] == 1).mean() for n in (plain, by_name)]
    assert recalls[1] > recalls[0] + 0.2
    balanced = train(experiment(class_weight="balanced"), data, seed=0).network
    assert (balanced.predict(data.x_test)[y] == 1).mean() > recalls[0] + 0.2


def test_a_class_that_is_not_there_is_named(data: Dataset) -> None:
    with pytest.raises(
        gn.GlassnetError, match="unknown class in class_weight 'yess': did you mean 'yes'"
    ):
        train(experiment(class_weight={"yess": 5.0}), data, seed=0)
    for wrong in ("even", {"yes": -1.0}, {"yes": "much"}):
        with pytest.raises(ValueError, match="class_weight"):
            experiment(class_weight=wrong)


def test_values_have_no_weights_of_classes(path: Path) -> None:
    cost = load(path, target="cost", drop="sold")
    with pytest.raises(gn.GlassnetError, match="class_weight is for classes, and cost has numbers"):
        train(experiment(class_weight="balanced"), cost, seed=0)


# ---- what an evaluation says


def test_what_luck_would_give(data: Dataset) -> None:
    net = train(experiment(), data, seed=0).network
    found = evaluate(net, net(data.x_test), data.y_test)
    assert found.is_uneven
    assert found.most_frequent == "no"
    assert found.figures["base_rate"] == pytest.approx((data.y_test == 0).mean())
    said = json.loads(json.dumps(found.as_json()))
    assert (said["base_rate"], said["most_frequent"]) == (found.figures["base_rate"], "no")
    rows = [each["rows"] for each in said["classes"].values()]
    assert rows == np.bincount(data.y_test).tolist() and all(type(n) is int for n in rows)
    p = net.predict_proba(data.x_test)[:, 1]
    assert found.figures["average_precision"] == pytest.approx(
        metrics.average_precision_score(data.y_test, p), abs=1e-5
    )


@pytest.mark.parametrize(
    ("rows", "uneven"), [([50, 50], False), ([60, 41], False), ([60, 40], True), ([99, 1], True),
                         ([10, 0, 10], False), ([0, 0], False)],
)  # fmt: skip
def test_when_classes_are_uneven(rows: list[int], uneven: bool) -> None:
    assert is_uneven(rows) == uneven
    classes = {str(k): {"rows": float(n)} for k, n in enumerate(rows)}
    assert Evaluation(sum(rows), {}, classes, np.diag(rows)).is_uneven == uneven


def test_labels_and_values_have_no_commonest_class() -> None:
    assert Evaluation(3, {"r2": 0.5}).most_frequent is None and not Evaluation(3, {}).is_uneven


# ---- thresholds


def test_what_a_threshold_comes_to() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0, 0.85, 300).round(2)
    positive = rng.uniform(size=300) < p
    found = at_thresholds(positive, p)
    assert [t.threshold for t in found if not t.best] == [k / 10 for k in range(1, 10)]
    for each in found:
        said = p >= each.threshold
        shares = metrics.precision_recall_fscore_support(
            positive, said, average="binary", zero_division=0
        )
        assert (each.precision, each.recall, each.f1) == pytest.approx(shares[:3])
        assert each.predicted == said.sum()
    [best] = [t for t in found if t.best]
    assert best.f1 == pytest.approx(max(metrics.f1_score(positive, p >= t) for t in np.unique(p)))


def test_without_a_positive_there_is_no_table() -> None:
    assert at_thresholds(np.zeros(3, bool), np.array([0.1, 0.2, 0.3])) == []


def test_predictions_from_a_threshold_on(path: Path, data: Dataset, tmp_path: Path) -> None:
    net = train(experiment(), data, seed=0).network
    predict(net, path, tmp_path / "p.csv", proba=True, threshold=0.2)
    said = pd.read_csv(tmp_path / "p.csv")
    assert ((said["p_yes"] >= np.float32(0.2)) == (said["sold"] == "yes")).all()
    assert 0 < (said["sold"] == "yes").mean() < 1
    predict(net, path, tmp_path / "half.csv", threshold=0.5)
    predict(net, path, tmp_path / "plain.csv")
    assert (tmp_path / "half.csv").read_text() == (tmp_path / "plain.csv").read_text()
    for wrong in (0.0, 1.0, 20.0, float("nan")):
        with pytest.raises(gn.GlassnetError, match="above 0 and below 1"):
            predict(net, path, tmp_path / "x.csv", threshold=wrong)


def test_a_threshold_is_for_two_classes(path: Path, tmp_path: Path) -> None:
    values = load(path, target="cost", drop="sold")
    net = train(experiment(epochs=1), values, seed=0).network
    with pytest.raises(gn.GlassnetError, match="two classes: this network predicts values"):
        predict(net, path, tmp_path / "x.csv", threshold=0.5)
    three = gn.Sequential([gn.Dense(3)], input_shape=2, seed=0)
    three.classes = ("a", "b", "c")
    three.fit(np.zeros((3, 2)), [0, 1, 2], epochs=1)
    with pytest.raises(gn.GlassnetError, match="this network predicts a, b, c"):
        predict(three, path, tmp_path / "x.csv", threshold=0.5)


# ---- what held-out rows say


def test_intervals_hold_on_the_test_part(path: Path, tmp_path: Path) -> None:
    values = load(path, target="cost", drop="sold")
    net = train(experiment(epochs=30), values, seed=0).network
    assert net.trained["residuals"]["rows"] == 360
    net.save(tmp_path / "n.safetensors")
    loaded = gn.load(tmp_path / "n.safetensors")
    q = half_width(loaded, 0.9)[0]
    inside = np.abs(net.predict(values.x_test) - values.y_test) <= q
    assert 0.83 < inside.mean() < 0.97  # 0.9 ± 4 standard errors of 300 rows
    predict(loaded, path, tmp_path / "p.csv", interval=0.9)
    said = pd.read_csv(tmp_path / "p.csv")
    assert list(said) == ["cost", "cost_low", "cost_high"]
    assert (said["cost_high"] - said["cost_low"]).to_numpy() == pytest.approx(2 * q, rel=1e-5)
    with pytest.raises(gn.GlassnetError, match="kaggle writes"):
        predict(loaded, path, tmp_path / "p.csv", interval=0.9, kaggle=True)


def test_calibration_is_off_unless_asked_for(data: Dataset) -> None:
    how = {"epochs": 60, "optimizer": "adam:learning_rate=0.05"}
    plain = train(experiment(**how), data, seed=0).network
    assert "calibration" not in plain.trained
    better = train(experiment(**how, calibrate=True), data, seed=0).network
    assert better.trained["calibration"]["rows"] == 360
    more = frame(20_000).drop(columns="cost")
    assert data.schema is not None
    x, y = data.schema.encode(more), (more["sold"] == "yes").astype(int)
    assert (better.predict(x) == plain.predict(x)).all()
    assert better.evaluate(x, y)["loss"] < plain.evaluate(x, y)["loss"] - 0.002


def test_the_test_part_teaches_nothing(data: Dataset) -> None:
    how = {"validation": 0.0, "watch_test": True, "calibrate": True}
    found = train(experiment(**how), data, seed=0).network.trained
    assert "calibration" not in found and "residuals" not in found


# ---- sweeps


def test_a_sweep_ranks_by_the_metric_that_is_asked_for(data: Dataset) -> None:
    points = [
        ({"lr": rate}, experiment(epochs=3, metric="auc", optimizer=f"adam:learning_rate={rate}"))
        for rate in ("0.00001", "0.03")
    ]
    assert figures(data, "auc")["val_roc_auc"] == "val_roc_auc"
    every = trials(points, [0, 1])
    [unit] = units(every)
    rows = {trial.key: row for trial, row in zip(unit, run_unit(unit, data), strict=True)}
    best, worst = ranked([(trial, rows[trial.key]) for trial in every], data)
    assert best.figure == "roc_auc" and best.setting == {"lr": "0.03"}
    assert best.found.mean > worst.found.mean > 0
    with pytest.raises(ValueError, match="unknown metric 'acu'"):
        experiment(metric="acu")
