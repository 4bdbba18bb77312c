"""Several threads take a step together: the same numbers, however many of them are free."""

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import glassnet as gn
from glassnet.base import threads
from glassnet.base.threads import one_thread
from tests.compiled.random_trainings import trainings
from tests.compiled.test_engines_agree import agree

pytest.importorskip("numba", reason="compiled steps need Numba")
pytest.importorskip("threadpoolctl")

SLOWLY = [HealthCheck.too_slow]
PROCESSORS = 3


def share_everything(patch: pytest.MonkeyPatch) -> None:
    """Three processors, whatever this machine has, and no step too small for them."""
    patch.setattr(threads, "available", lambda: PROCESSORS)
    patch.setattr("glassnet.compiled.program.available", lambda: PROCESSORS)
    patch.setattr("glassnet.compiled.program.PART_OF_WORK", 1)
    patch.setattr("glassnet.compiled.program.PART_OF_ROWS", 1)
    patch.setattr("glassnet.compiled.program.TOGETHER", 0)


@settings(max_examples=60, deadline=None, suppress_health_check=SLOWLY, derandomize=True)
@given(trainings("float64"))
def test_a_crew_agrees_with_numpy(training: Any) -> None:
    with pytest.MonkeyPatch.context() as patch:
        share_everything(patch)
        agree(training, "float64", 2, 1e-12)


def trained(**how: Any) -> tuple[bytes, dict[str, list[float]]]:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((500, 300), dtype=np.float32), rng.integers(0, 3, 500)
    layers = [gn.Dense(40, "gelu"), gn.Dropout(0.2), gn.Dense(30), gn.Dense(3)]
    net = gn.Sequential(layers, seed=0)
    history = net.fit(x, y, epochs=3, batch_size=64, engine="compiled", **how)
    return net.parameters.vector.tobytes(), {n: v for n, v in history.items() if n != "seconds"}


@pytest.mark.parametrize("how", [{}, {"clip_norm": 0.1, "max_norm": 0.5, "shuffle": False}])
def test_one_thread_does_all_parts_to_the_same_bits(
    how: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    share_everything(monkeypatch)
    together = trained(**how)
    with one_thread():
        assert trained(**how) == together


@pytest.mark.filterwarnings("ignore:adam did not converge")
def test_a_penalty_is_shared_out_too(monkeypatch: pytest.MonkeyPatch) -> None:
    estimators = pytest.importorskip("glassnet.sklearn")
    share_everything(monkeypatch)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((200, 30)), rng.integers(0, 3, 200)

    def fitted(engine: str) -> Any:
        model = estimators.MLPClassifier(
            (20, 10), alpha=5.0, max_iter=5, tol=0.0, random_state=0, engine=engine
        )
        return model.fit(x, y)

    one, other = fitted("numpy"), fitted("compiled")
    np.testing.assert_allclose(other.loss_curve_, one.loss_curve_, rtol=1e-12)
    np.testing.assert_allclose(other.coefs_[0], one.coefs_[0], rtol=0, atol=1e-12)


def test_samples_gathered_within_the_steps_are_those_gathered_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    within = trained()
    monkeypatch.setattr("glassnet.training.compiled_batches.LONG", 10**9)
    assert trained() == within


def test_it_ends_like_numpy_where_the_loss_is_not_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    share_everything(monkeypatch)
    said = []
    for engine in ("numpy", "compiled"):
        net = gn.Sequential([gn.Dense(50), gn.Dense(1)], seed=0)
        x = np.linspace(0, 100, 64 * 40).reshape(64, 40)
        with pytest.raises(gn.DivergedError) as error:
            net.fit(x, x[:, :1], epochs=50, optimizer="sgd:learning_rate=1", engine=engine)
        said.append(str(error.value))
    assert said[0] == said[1]
