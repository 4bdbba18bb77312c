"""Judging by rows that are held out: curves, early stopping, callbacks."""

from typing import Any

import numpy as np
import pytest
import sklearn
from scipy import sparse
from sklearn.metrics import f1_score, log_loss, mean_squared_error
from sklearn.model_selection import cross_validate
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import glassnet as gn
from glassnet.sklearn import MLPClassifier
from tests.sklearn.tasks import TASKS, W, X, made, same

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

HELD = np.arange(200, 300)
OWN = np.arange(200)


def parts(task: str) -> tuple[Any, Any, Any, Any]:
    y = TASKS[task][1]
    return X[OWN], y[OWN], X[HELD], y[HELD]


@pytest.mark.parametrize("weight", [None, W[HELD]], ids=["", "weighted"])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
@pytest.mark.parametrize("task", ["classes", "two classes", "values", "two values"])
def test_loss_and_score_of_other_data_are_noted(task: str, solver: str, weight: Any) -> None:
    x, y, held_x, held_y = parts(task)
    given = (held_x, held_y) if weight is None else (held_x, held_y, weight)
    model = made(task, solver=solver).fit(x, y, validation_data=given)
    assert len(model.validation_loss_curve_) == len(model.validation_scores_) == model.n_iter_
    how = {"sample_weight": weight}
    if hasattr(model, "classes_"):
        expected = log_loss(held_y, model.predict_proba(held_x), **how)
    else:
        expected = mean_squared_error(held_y, model.predict(held_x), **how) / 2
    assert model.validation_loss_curve_[-1] == pytest.approx(expected)
    assert model.validation_scores_[-1] == pytest.approx(model.score(held_x, held_y, **how))
    assert same(model, made(task, solver=solver).fit(x, y))  # judging changes nothing


def test_labels_are_judged_too() -> None:
    x, y, held_x, held_y = parts("labels")
    model = made("labels").fit(x, y, validation_data=(held_x, held_y))
    p = model.predict_proba(held_x)
    each = -(held_y * np.log(p) + (1 - held_y) * np.log(1 - p))
    assert model.validation_loss_curve_[-1] == pytest.approx(each.sum(axis=1).mean())


@pytest.mark.parametrize("task", TASKS)
def test_it_stops_by_data_of_ones_own_and_keeps_the_best(task: str) -> None:
    x, y, held_x, held_y = parts(task)
    how = {"early_stopping": True, "n_iter_no_change": 3, "max_iter": 300}
    how |= {"learning_rate_init": 0.03}
    model = made(task, **how).fit(x, y, validation_data=(held_x, held_y))
    assert model.n_iter_ < 300 and model.t_ == model.n_iter_ * len(x)  # all rows were learned from
    assert model.best_validation_score_ == max(model.validation_scores_)
    assert model.score(held_x, held_y) == pytest.approx(model.best_validation_score_)


def test_it_stops_by_the_loss_or_by_any_score() -> None:
    x, y, held_x, held_y = parts("classes")
    how = {"early_stopping": True, "n_iter_no_change": 3, "max_iter": 300, "tol": 0.0}
    how |= {"learning_rate_init": 0.03}
    model = made("classes", scoring="loss", **how).fit(x, y, validation_data=(held_x, held_y))
    assert -model.best_validation_score_ == min(model.validation_loss_curve_)
    assert log_loss(held_y, model.predict_proba(held_x)) == pytest.approx(
        min(model.validation_loss_curve_)
    )
    model = made("classes", scoring="f1_macro", **how).fit(x, y, validation_data=(held_x, held_y))
    best = f1_score(held_y, model.predict(held_x), average="macro")
    assert model.best_validation_score_ == best == max(model.validation_scores_)

    def closeness(estimator: Any, x: Any, y: Any) -> float:
        return -float(np.abs(estimator.predict(x) - y).mean())

    x, y, held_x, held_y = parts("values")
    model = made("values", scoring=closeness, **how).fit(x, y, validation_data=(held_x, held_y))
    assert model.best_validation_score_ == pytest.approx(closeness(model, held_x, held_y))
    by_share = made("values", scoring="r2", **how).fit(x, y)
    assert by_share.validation_scores_ == made("values", **how).fit(x, y).validation_scores_


@pytest.mark.parametrize("n_ensemble", [1, 2])
def test_divergence_ends_early_stopping_with_the_best_weights(n_ensemble: int) -> None:
    y = TASKS["values"][1]
    how = {"solver": "sgd", "activation": "identity", "learning_rate_init": 1.0}
    model = made("values", early_stopping=True, **how)
    with pytest.warns(UserWarning, match=r"diverged in epoch .* best epoch are kept"):
        model.set_params(n_ensemble=n_ensemble).fit(X, y)
    assert np.isfinite(model.predict(X)).all()
    assert np.isnan(model.validation_scores_[-1])


def test_a_share_is_held_out_without_stopping_by_it() -> None:
    y = TASKS["classes"][1]
    model = made("classes").fit(X, y, validation_data=0.3)
    assert model.t_ == model.n_iter_ * 210 and len(model.validation_scores_) == model.n_iter_
    early = made("classes", early_stopping=True, validation_fraction=0.3).fit(X, y)
    n = min(early.n_iter_, model.n_iter_)
    assert early.validation_loss_curve_[:n] == model.validation_loss_curve_[:n]
    assert made("classes").fit(X, y).validation_loss_curve_ is None


def test_lbfgs_stops_by_other_data() -> None:
    x, y, held_x, held_y = parts("classes")
    noisy = np.where(np.random.default_rng(0).random(len(y)) < 0.3, 0, y)
    model = made("classes", solver="lbfgs", early_stopping=True, max_iter=500, n_iter_no_change=5)
    model.fit(x, noisy, validation_data=(held_x, held_y))
    assert model.n_iter_ < 500
    assert model.score(held_x, held_y) == model.best_validation_score_


def test_curves_go_on_where_training_does() -> None:
    x, y, held_x, held_y = parts("classes")
    whole = made("classes", max_iter=12).fit(x, y, validation_data=(held_x, held_y))
    warm = made("classes", max_iter=7, warm_start=True)
    warm.fit(x, y, validation_data=(held_x, held_y))
    warm.set_params(max_iter=5).fit(x, y, validation_data=(held_x, held_y))
    assert warm.validation_loss_curve_ == whole.validation_loss_curve_
    assert warm.validation_scores_ == whole.validation_scores_


def test_a_schedule_follows_the_validation_loss_where_training_goes_on() -> None:
    x, y, held_x, held_y = parts("classes")
    how = {"learning_rate": "on_plateau:patience=1", "learning_rate_init": 0.3, "tol": 0}
    whole = made("classes", max_iter=12, **how).fit(x, y, validation_data=(held_x, held_y))
    warm = made("classes", max_iter=7, warm_start=True, **how)
    warm.fit(x, y, validation_data=(held_x, held_y))
    warm.set_params(max_iter=5).fit(x, y, validation_data=(held_x, held_y))
    assert same(warm, whole)
    again = made("classes", max_iter=5, warm_start=True, solver="lbfgs")
    for _ in range(2):  # lbfgs begins its curves anew
        again.fit(x, y, validation_data=(held_x, held_y))
        assert len(again.validation_scores_) == len(again.loss_curve_) == again.n_iter_


def test_sparse_rows_and_float32() -> None:
    x, y, held_x, held_y = parts("classes")
    dense = made("classes").fit(x, y, validation_data=(held_x, held_y))
    thin = made("classes").fit(
        sparse.csr_matrix(x), y, validation_data=(sparse.csr_matrix(held_x), held_y)
    )
    assert thin.validation_loss_curve_ == pytest.approx(dense.validation_loss_curve_)
    small = made("classes").fit(
        x.astype(np.float32), y, validation_data=(held_x.astype(np.float32), held_y, W[HELD])
    )
    assert small.coefs_[0].dtype == np.float32


@pytest.mark.parametrize(
    ("task", "given", "message"),
    [
        ("classes", (X[HELD],), "expected"),
        ("classes", 3, "above 0 and below 1"),
        ("classes", "some", "or the share of rows"),
        ("classes", (X[HELD], np.full(100, 7)), "the class 7, which is not in the training data"),
        ("classes", (X[HELD], np.zeros(3)), "X has 100 samples and y has 3"),
        ("classes", (X[HELD][:, :4], np.zeros(100)), "expecting 6 features"),
        ("classes", (X[HELD], np.zeros(100), np.ones(3)), "sample_weight"),
        ("values", (X[HELD], np.zeros((100, 2))), "y has 2 columns, expected 1"),
        ("values", (X[HELD], np.full(100, np.nan)), "NaN"),
        ("values", 0.001, "too small"),
    ],
)
def test_what_cannot_judge_is_told(task: str, given: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        made(task).fit(X, TASKS[task][1], validation_data=given)


# ---- callbacks


class Notes:
    """What it was told."""

    def __init__(self) -> None:
        self.epochs: list[Any] = []

    def on_epoch_end(self, epoch: int, logs: Any) -> None:
        self.epochs.append((epoch, dict(logs)))
        if len(self.epochs) == 4:
            self.trainer.stop("enough")  # type: ignore[attr-defined]


@pytest.mark.parametrize("solver", ["adam", "sgd", "lbfgs"])
def test_callbacks_of_glassnet(solver: str) -> None:
    x, y, held_x, held_y = parts("classes")
    notes = Notes()
    model = made("classes", solver=solver, callbacks=[notes, gn.LearningRateLogger()])
    model.fit(x, y, validation_data=(held_x, held_y))
    assert model.n_iter_ == 4
    assert [epoch for epoch, _ in notes.epochs] == [0, 1, 2, 3]
    assert [logs["val_loss"] for _, logs in notes.epochs] == model.validation_loss_curve_
    assert [logs["loss"] for _, logs in notes.epochs] == model.loss_curve_


def test_early_stopping_of_glassnet_restores_what_it_found_best() -> None:
    x, y, held_x, held_y = parts("classes")
    stop = gn.EarlyStopping(patience=2)
    model = made("classes", max_iter=500, learning_rate_init=0.05, callbacks=[stop], tol=0)
    model.fit(x, y, validation_data=(held_x, held_y))
    assert model.n_iter_ < 500
    best = min(model.validation_loss_curve_)
    assert log_loss(held_y, model.predict_proba(held_x)) == pytest.approx(best)


def test_two_shows_progress(capsys: pytest.CaptureFixture[str]) -> None:
    made("classes", max_iter=3, verbose=2).fit(X, TASKS["classes"][1])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["epoch", "1/3", "2/3", "3/3"]


class Task:
    """A callback of scikit-learn's protocol."""

    def __init__(self, last: int) -> None:
        self.last, self.begun, self.scores = last, [], []
        self.open = 0

    def setup(self, estimator: Any, context: Any) -> None:
        self.open += 1

    def teardown(self, estimator: Any, context: Any) -> None:
        self.open -= 1

    def on_fit_task_begin(self, estimator: Any, context: Any, *, X: Any = None) -> None:
        assert self.open == 1
        self.begun.append((context.task_name, context.task_id, X is None))

    def on_fit_task_end(
        self, estimator: Any, context: Any, *, X: Any = None, y: Any = None,
        metadata: Any = None, fitted_estimator: Any = None,
    ) -> bool:  # fmt: skip
        self.scores.append(fitted_estimator.score(X, y, **(metadata or {})))
        return bool(context.task_name == "epoch" and context.task_id == self.last)


needs_callbacks = pytest.mark.skipif(
    tuple(map(int, sklearn.__version__.split(".")[:2])) < (1, 9),
    reason="scikit-learn has callbacks since 1.9",
)


@needs_callbacks
@pytest.mark.parametrize("how", ["parameter", "set"])
@pytest.mark.parametrize("weight", [None, W])
def test_callbacks_of_scikit_learn(how: str, weight: Any) -> None:
    y, task = TASKS["classes"][1], Task(last=2)
    model = made("classes", callbacks=[task] if how == "parameter" else None)
    if how == "set":
        model.set_callbacks(task)
    model.fit(X, y, sample_weight=weight)
    assert model.n_iter_ == 3 and task.open == 0
    assert task.begun == [("fit", 0, False), *(("epoch", k, False) for k in range(3))]
    assert task.scores[-2] == task.scores[-1] == model.score(X, y, sample_weight=weight)
    assert len(set(task.scores)) > 1  # each as it was then
    assert hasattr(model, "_skl_callbacks") == (how == "set")
    assert same(model, made("classes", max_iter=3).fit(X, y, sample_weight=weight))


@needs_callbacks
def test_they_are_torn_down_after_an_error_and_reach_into_pipelines() -> None:
    from sklearn.callback import ScoringMonitor

    task = Task(last=2)
    with pytest.raises(ValueError, match="non-finite"):
        made("values", solver="sgd", learning_rate_init=1e30, callbacks=[task]).fit(
            X, 1e30 * TASKS["values"][1]
        )
    assert task.open == 0
    monitor = ScoringMonitor(scoring="accuracy")
    model = made("classes", max_iter=3).set_callbacks(monitor)
    pipe = make_pipeline(StandardScaler(), model).fit(X, TASKS["classes"][1])
    assert len(monitor.get_logs().data) == 4
    assert monitor.get_logs().data[-1]["accuracy"] == pipe.score(X, TASKS["classes"][1])
    ensemble = made("classes", max_iter=3, n_ensemble=2, callbacks=[monitor])
    ensemble.fit(X, TASKS["classes"][1])
    assert [row["task_name"] for row in monitor.get_logs().data] == ["fit"]


# ---- metadata


def test_metadata_are_routed() -> None:
    y = TASKS["classes"][1]
    with sklearn.config_context(enable_metadata_routing=True):
        model = made("classes", max_iter=5).set_fit_request(
            sample_weight=True, validation_data=True
        )
        pipe = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), model)
        pipe.fit(X, y, sample_weight=W, validation_data=(X[:50], y[:50]))
        assert len(pipe[-1].validation_scores_) == 5
        weighted = made("classes", max_iter=5).set_fit_request(sample_weight=True)
        found = cross_validate(
            weighted.set_score_request(sample_weight=False),
            X, y, params={"sample_weight": W}, cv=2, error_score="raise", return_estimator=True,
        )  # fmt: skip
    half = found["estimator"][0]
    assert isinstance(half, MLPClassifier)
    plain = cross_validate(made("classes", max_iter=5), X, y, cv=2, return_estimator=True)
    assert half.loss_ != plain["estimator"][0].loss_
