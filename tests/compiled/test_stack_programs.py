"""A stack trained by a compiled program for each network comes out as NumPy's."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
import glassnet.base.threads

pytest.importorskip("numba", reason="Numba compiles the steps of a stack")

from glassnet.training.stack import compiled_choice, lane_trainer, program_trainer, programs
from tests.compiled.lanes.lane_networks import outcome
from tests.training.killing import KillAt, StopError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 4)).astype(np.float32)
Y = (np.sin(3 * X[:, 0]) + X[:, 1] > 0).astype(int)
HOWS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "own samples": {"samples": [np.arange(n) for n in (90, 55, 90)]},
    "own settings": {"learning_rate": [0.01, 0.002, 0.03], "weight_decay": [0.0, 0.1, 0.0],
                     "max_norm": [0.5, 1.0, 2.0], "optimizer": "adamw", "clip_norm": 0.5},
    "weighted": {"sample_weight": np.linspace(0.1, 2, 90), "schedule": "one_cycle"},
}  # fmt: skip


@pytest.fixture(autouse=True)
def calls(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Compiled stacks are trained by programs; how many steps each call took."""
    found: list[int] = []
    kind = program_trainer.ProgramTrainer
    take = kind.steps_together

    def noted(self: Any, *given: Any) -> int:
        found.append(take(self, *given))
        return found[-1]

    monkeypatch.setattr(compiled_choice, "trainer_of", lambda *given: kind)
    monkeypatch.setattr(kind, "steps_together", noted)
    yield found


def networks(dtype: str = "float32", widths: tuple[int, ...] = (5, 8, 8)) -> gn.Stack:
    return gn.Stack(
        gn.Sequential([gn.Scale(0.5, 0.1), gn.PeriodicEmbedding(2, 5, columns=[2, 0]),
                       gn.Dense(width, "relu"), gn.Dropout(0.2), gn.Dense(2)],
                      input_shape=4, seed=seed, dtype=dtype)
        for seed, width in enumerate(widths)
    )  # fmt: skip


@pytest.mark.parametrize("name", HOWS)
@pytest.mark.parametrize(("dtype", "epochs", "tolerance"), [("float64", 2, 1e-12),
                                                            ("float32", 1, 1e-5)])  # fmt: skip
def test_both_engines_train_the_same_stack(
    name: str, dtype: str, epochs: int, tolerance: float, calls: list[int]
) -> None:
    how: dict[str, Any] = {"batch_size": 10, "epochs": epochs, "validation": 0.2, **HOWS[name]}
    found = {}
    for engine in ("numpy", "compiled"):
        stack = networks(dtype)
        found[engine] = stack, stack.fit(X.astype(dtype), Y, engine=engine, **how)
    assert len(calls) > 0
    (one, by_numpy), (other, compiled) = found["numpy"], found["compiled"]
    for k, network in enumerate(one):
        np.testing.assert_allclose(
            other[k].parameters.vector, network.parameters.vector, rtol=0, atol=tolerance
        )
        assert other[k].rng.bit_generator.state == network.rng.bit_generator.state
        for metric in ("loss", "val_loss", "accuracy", "val_accuracy"):
            np.testing.assert_allclose(
                compiled[k][metric], by_numpy[k][metric], rtol=10 * tolerance, atol=tolerance
            )


def test_same_bits_in_one_thread_and_in_two_and_whatever_goes_beside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: set[int] = set()
    take, two = programs.MemberProgram.take, threading.Barrier(2, timeout=60)

    def noted(self: Any, *given: Any) -> Any:
        seen.add(threading.get_ident())
        if together == 2:
            two.wait()
        return take(self, *given)

    monkeypatch.setattr(programs.MemberProgram, "take", noted)
    found = []
    for together in (1, 2):
        monkeypatch.setattr(glassnet.base.threads, "available", lambda count=together: count)
        seen.clear()
        stack = networks(widths=(8,) * 4)
        found.append(outcome(stack, stack.fit(X, Y, epochs=2, batch_size=7, engine="compiled")))
        assert len(seen) == together
    assert found[0] == found[1]
    together = 1
    few = networks(widths=(8,) * 2)
    assert outcome(few, few.fit(X, Y, epochs=2, batch_size=7, engine="compiled")) == found[0][:2]


def test_long_and_short_calls_come_to_the_same_bits(
    monkeypatch: pytest.MonkeyPatch, calls: list[int]
) -> None:
    found = []
    for seconds in (1e-9, 10.0):
        monkeypatch.setattr(lane_trainer, "SECONDS_OF_CALL", seconds)
        stack = networks()
        found.append(outcome(stack, stack.fit(X, Y, epochs=3, batch_size=7, engine="compiled")))
    assert found[0] == found[1]
    assert min(calls) == 1 and max(calls) > 5


def test_one_diverges_alone_with_its_last_finite_parameters() -> None:
    rates = [0.01, 1e38, 0.01]
    how: dict[str, Any] = {"optimizer": "sgd", "batch_size": 10, "engine": "compiled"}
    stack, calm = networks(), networks()
    histories = stack.fit(X, Y, epochs=3, learning_rate=rates, **how)
    others = calm.fit(X, Y, epochs=3, learning_rate=0.01, **how)
    assert stack.diverged == (1,)
    assert "diverged" in str(histories[1].interrupted)
    assert np.isfinite(stack[1].parameters.vector).all()
    for k in (0, 2):
        assert outcome(stack, histories)[k][:2] == outcome(calm, others)[k][:2]


def test_a_loss_too_large_for_float32_is_no_divergence() -> None:
    x, y = X[:, :1], np.full((90, 1), 1e20, np.float32)
    stack = gn.Stack([gn.Sequential([gn.Dense(1)], input_shape=1, seed=k) for k in range(3)])
    how: dict[str, Any] = {"epochs": 2, "loss": "mean_squared", "batch_size": 40}
    found = stack.fit(x, y, optimizer="sgd", learning_rate=1e-3, engine="compiled", **how)
    alone = gn.Sequential([gn.Dense(1)], input_shape=1, seed=0)
    expected = alone.fit(x, y, optimizer="sgd:learning_rate=1e-3", engine="numpy", **how)
    assert stack.diverged == ()
    np.testing.assert_allclose(found[0]["loss"], expected["loss"], rtol=1e-5)
    np.testing.assert_allclose(stack[0].parameters.vector, alone.parameters.vector, rtol=1e-5)


def test_a_killed_stack_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    how: dict[str, Any] = {"epochs": 3, "batch_size": 10, "validation": 0.2, "engine": "compiled"}
    one = networks()
    expected = outcome(one, one.fit(X, Y, checkpoint=gn.Checkpoint(tmp_path / "w"), **how))
    for step in (3, 11):
        kept, kill = gn.Checkpoint(tmp_path / "c", every=1), KillAt(step)
        with pytest.raises(StopError):
            networks().fit(X, Y, checkpoint=kept, callbacks=lambda k, s=kill: [s] * (k == 0), **how)
        again = networks()
        assert outcome(again, again.fit(X, Y, resume=tmp_path / "c", **how)) == expected


def test_callbacks_that_can_wait_do_not_part_the_steps(
    calls: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[str] = []
    health, watch = gn.Health(say=said.append), gn.Watch()
    histories = networks(widths=(8,) * 3).fit(
        X, Y, epochs=4, batch_size=9, engine="compiled", verbose=True,
        callbacks=lambda k: [health, watch] if k == 0 else [],
    )  # fmt: skip
    assert len(watch.gradient_norms["1 PeriodicEmbedding"]) == 4
    assert calls == [1, 9] * 4
    assert histories[0].epochs == 4
    assert capsys.readouterr().out.count("\n") >= 5


def test_the_trainer_is_chosen_by_layers_and_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    chosen: list[Any] = []
    real = compiled_choice.trainer_of

    def noted(*given: Any) -> Any:
        chosen.append(real(*given))
        return chosen[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled_choice, "trainer_of", noted)
        networks().fit(X, Y, epochs=1, engine="compiled")
        for width, count in ((8, 20), (300, 2)):
            made = gn.Sequential([gn.Dense(width), gn.Dense(2)], input_shape=4, seed=0)
            gn.Stack.of(made, count).fit(X, Y, epochs=1, engine="compiled")
    names = [kind.__name__ for kind in chosen]
    assert names == ["ProgramTrainer", "LaneTrainer", "ProgramTrainer"]
