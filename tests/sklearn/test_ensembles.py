"""Many networks behind one estimator."""

import pickle
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone
from sklearn.metrics import log_loss
from sklearn.model_selection import GridSearchCV

import glassnet as gn
from glassnet.training.stack import grouping as groups
from tests.sklearn.tasks import TASKS, W, X, arrays, made, same

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

CLASSES = {"classes": [0, 1, 2], "two classes": [False, True], "labels": [0, 1, 2]}
HOW: dict[str, dict[str, Any]] = {
    "adam": {},
    "early stopping": {"early_stopping": True, "max_iter": 60, "tol": 1e-3, "n_iter_no_change": 4},
    "adaptive": {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.05,
                 "tol": 1e-2, "n_iter_no_change": 2, "max_iter": 100},
    "invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.3},
    "dropout": {"dropout": 0.3},
    "penalised": {"alpha": 3.0, "weight_decay": 0.01, "batch_size": 64},
    "clipped, by schedule": {"clip_norm": 0.1, "learning_rate": "cosine", "solver": "adamw"},
    "in order": {"shuffle": False},
    "whole": {"batch_size": 300},
    "layers": {"layers": [gn.Dense(7, "gelu"), gn.Dropout(0.1), gn.Dense(5, "tanh")]},
    "lbfgs": {"solver": "lbfgs", "max_iter": 8},
}  # fmt: skip


@pytest.mark.parametrize("weight", [None, W], ids=["", "weighted"])
@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("task", TASKS)
def test_each_network_is_as_it_would_be_alone(task: str, how: str, weight: Any) -> None:
    y = TASKS[task][1]
    model = made(task, n_ensemble=3, **HOW[how]).fit(X, y, sample_weight=weight)
    for member in model.estimators_:
        alone = made(task, **HOW[how] | {"random_state": member.random_state})
        alone.fit(X, y, sample_weight=weight)
        assert member.loss_curve_ == pytest.approx(alone.loss_curve_, rel=1e-9)
        for a, b in zip(arrays(member), arrays(alone), strict=True):
            np.testing.assert_allclose(a, b, atol=1e-9)
        for name in ("n_iter_", "t_", "best_loss_", "n_outputs_", "n_layers_"):
            assert getattr(member, name) == pytest.approx(getattr(alone, name)), name
    assert len({member.random_state for member in model.estimators_}) == 3
    assert model.loss_ == pytest.approx(np.mean([member.loss_ for member in model.estimators_]))
    assert model.n_iter_ == max(member.n_iter_ for member in model.estimators_)
    assert len(model.loss_curve_) == model.n_iter_


@pytest.mark.parametrize("task", TASKS)
def test_answers_are_the_networks_means(task: str) -> None:
    y = TASKS[task][1]
    model = made(task, n_ensemble=4, max_iter=20, learning_rate_init=0.03).fit(X, y)
    classes = task in CLASSES
    each = [m.predict_proba(X) if classes else m.predict(X) for m in model.estimators_]
    mean, apart = np.mean(each, axis=0), np.std(each, axis=0, ddof=1)
    answers = model.predict_proba(X) if classes else model.predict(X)
    np.testing.assert_allclose(answers, mean, atol=1e-12)
    np.testing.assert_allclose(model.predict_std(X), apart, atol=1e-12)
    assert (apart > 0).any()
    if task in ("classes", "two classes"):
        np.testing.assert_array_equal(model.predict(X), model.classes_[mean.argmax(axis=1)])
        np.testing.assert_allclose(model.predict_log_proba(X), np.log(mean))
    if task == "labels":
        np.testing.assert_array_equal(model.predict(X), mean > 0.5)
    assert 0.1 < model.score(X, y) <= 1
    assert model.score(X, y, sample_weight=W) <= 1


def test_sure_networks_have_sure_means() -> None:
    """Probabilities of 0 and 1 have no finite logit."""
    for task in ("classes", "two classes", "labels"):
        model = made(task, n_ensemble=2, max_iter=3).fit(X, TASKS[task][1])
        far = model.predict_proba(1e6 * X)
        assert np.isfinite(far).all() and ((far >= 0) & (far <= 1)).all()
        model.predict(1e6 * X)


def test_probabilities_are_better_calibrated_than_one_networks() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 6))
    y = (x[:, 0] + x[:, 1] * x[:, 2] + rng.normal(size=900) > 0).astype(int)
    settings = {"hidden_layer_sizes": (32,), "max_iter": 400, "learning_rate_init": 0.01}
    model = made("classes", n_ensemble=8, **settings).fit(x[:300], y[:300])
    alone = [log_loss(y[300:], m.predict_proba(x[300:])) for m in model.estimators_]
    assert log_loss(y[300:], model.predict_proba(x[300:])) < 0.9 * np.mean(alone)


@pytest.mark.parametrize("task", TASKS)
def test_it_is_copied_kept_and_judged(task: str) -> None:
    y = TASKS[task][1]
    model = made(task, n_ensemble=2, max_iter=5).fit(X, y, validation_data=(X[:50], y[:50]))
    assert len(model.validation_loss_curve_) == len(model.validation_scores_) == 5
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict(X), model.predict(X))
    np.testing.assert_array_equal(again.predict_std(X), model.predict_std(X))
    twin = clone(model)
    assert not hasattr(twin, "estimators_")
    for a, b in zip(twin.fit(X, y).estimators_, model.estimators_, strict=True):
        assert same(a, b)


@pytest.mark.parametrize("task", TASKS)
def test_parts_are_as_the_whole(task: str) -> None:
    y, more = TASKS[task][1], {"classes": CLASSES[task]} if task in CLASSES else {}
    whole = made(task, n_ensemble=2, max_iter=6).fit(X, y)
    parts = made(task, n_ensemble=2)
    for _ in range(6):
        parts.partial_fit(X, y, **more)
    warm = made(task, n_ensemble=2, max_iter=4, warm_start=True).fit(X, y)
    warm.set_params(max_iter=2).fit(X, y)
    for other in (parts, warm):
        np.testing.assert_allclose(other.loss_curve_, whole.loss_curve_)
        np.testing.assert_allclose(
            other._forward_pass_fast(X), whole._forward_pass_fast(X), atol=1e-9
        )


def test_large_networks_side_by_side(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "CACHE", 1)  # each alone
    y = TASKS["classes"][1]
    apart = made("classes", n_ensemble=3, early_stopping=True, alpha=1.0).fit(X, y)
    monkeypatch.undo()
    stacked = made("classes", n_ensemble=3, early_stopping=True, alpha=1.0).fit(X, y)
    for a, b in zip(apart.estimators_, stacked.estimators_, strict=True):
        assert a.loss_curve_ == pytest.approx(b.loss_curve_)
        assert a.validation_scores_ == b.validation_scores_


def test_sparse_rows_float32_names_and_callbacks() -> None:
    thin, y = np.where(np.abs(X) > 0.7, X, 0), TASKS["classes"][1]
    dense = made("classes", n_ensemble=2).fit(thin, y)
    found = made("classes", n_ensemble=2).fit(sparse.csr_matrix(thin), y)
    np.testing.assert_allclose(
        found.predict_proba(sparse.csr_matrix(thin)), dense.predict_proba(thin)
    )
    small = made("values", n_ensemble=2).fit(X.astype(np.float32), TASKS["values"][1])
    assert small.predict(X.astype(np.float32)).dtype == np.float32

    class Epochs:
        count = 0

        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            Epochs.count += 1

    names = np.array(["red", "green", "blue"])[y]
    model = made("classes", n_ensemble=3, max_iter=4, callbacks=[Epochs()], class_weight="balanced")
    assert set(model.fit(X, names).predict(X)) <= {"red", "green", "blue"}
    assert Epochs.count == 12


def test_it_becomes_a_stack_and_takes_part_in_a_search() -> None:
    y = TASKS["classes"][1]
    model = made("classes", n_ensemble=3, learning_rate_init=0.03).fit(X, y)
    np.testing.assert_allclose(
        model.to_stack().predict_proba(X), model.predict_proba(X), atol=1e-12
    )
    assert len(made("classes").fit(X, y).to_stack()) == 1
    search = GridSearchCV(model, {"n_ensemble": [1, 2], "alpha": [1e-4, 1.0]}, cv=2, n_jobs=2)
    assert search.fit(X, y).best_score_ > 0.7
    changed = model.set_params(n_ensemble=1).fit(X, y)
    assert not hasattr(changed, "estimators_")
    assert same(changed, made("classes", learning_rate_init=0.03).fit(X, y))
    assert not hasattr(changed.set_params(n_ensemble=2).fit(X, y), "coefs_")


def test_what_cannot_be_is_told() -> None:
    y = TASKS["values"][1]
    model = made("values", n_ensemble=2).fit(X, y)
    with pytest.raises(gn.GlassnetError, match=r"to_stack\(\) gives them all"):
        model.to_network()
    with pytest.raises(AttributeError, match="predict_std"):
        made("values").fit(X, y).predict_std(X)
    with pytest.raises(ValueError, match="non-finite"):
        made("values", n_ensemble=2, solver="sgd", learning_rate_init=1e30).fit(X, 1e30 * y)
    with pytest.raises(ValueError, match="expecting 6 features"):
        model.predict(X[:, :3])
    with pytest.warns(UserWarning, match="did not converge in 3 iterations"):
        made("values", n_ensemble=2, max_iter=3).fit(X, y)
