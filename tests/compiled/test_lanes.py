"""Networks of a stack in compiled steps: each as it is alone by NumPy, whatever goes beside it."""

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import glassnet as gn
import glassnet.base.threads
import glassnet.stack
from glassnet.nn.layers import ACTIVATIONS
from glassnet.nn.optimizers import OPTIMIZERS

pytest.importorskip("numba", reason="Numba compiles the steps of a stack")

from glassnet.compiled.lanes import program, table
from glassnet.training.stack import lane_trainer
from glassnet.training.stack.lane_trainer import LaneTrainer

WITHIN = {"float64": 1e-12, "float32": 1e-5}
RULES = [name for name in OPTIMIZERS if name != "lbfgs"]
LOSSES = [
    "cross_entropy", "cross_entropy:label_smoothing=0.1", "binary_cross_entropy",
    "mean_squared", "mean_absolute", "huber:delta=0.5", "quantile:q=0.8",
]  # fmt: skip
EVERY_STEP = [
    "cosine", "one_cycle", "warm_up:epochs=0.5", "warm_up:epochs=0.5,then=cosine",
    "warm_up:epochs=0.5,then=on_plateau",
]  # fmt: skip


@pytest.fixture(autouse=True)
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Every stack is trained by compiled steps; how many each call took."""
    calls: list[int] = []
    take = LaneTrainer.steps_together

    def noted(self: LaneTrainer, *given: Any) -> int:
        calls.append(take(self, *given))
        return calls[-1]

    def wherever_it_can(asked: str, plan: Any, networks: Any, samples: Any) -> str:
        return (
            "numpy" if len(networks) == 1 or lane_trainer.why_not(plan, networks[0]) else "compiled"
        )

    monkeypatch.setattr(glassnet.stack, "engine_of", wherever_it_can)
    monkeypatch.setattr(LaneTrainer, "steps_together", noted)
    return calls


def targets_for(loss: str, rng: np.random.Generator, samples: int, outputs: int) -> Any:
    if loss.startswith("cross"):
        if rng.random() < 0.5:
            return rng.integers(0, outputs, samples)
        return rng.dirichlet(np.ones(outputs), samples)
    if loss.startswith("binary"):
        return rng.integers(0, 2, (samples, outputs)).astype(float)
    return rng.standard_normal((samples, outputs))


@st.composite
def trainings(draw: st.DrawFn) -> dict[str, Any]:
    """Networks, what they learn from, and how."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    loss = draw(st.sampled_from(LOSSES))
    outputs = draw(st.integers(2 if loss.startswith("cross") else 1, 4))
    activations = draw(st.lists(st.sampled_from(sorted(ACTIVATIONS)), max_size=3))
    dropout, bias = draw(st.sampled_from([0.0, 0.0, 0.3])), draw(st.booleans())
    count = draw(st.integers(2, 19))
    same = draw(st.booleans())
    widths = [[int(rng.integers(1, 9)) for _ in activations] for _ in range(count)]
    samples = draw(st.integers(3, 40))
    size = draw(st.integers(1, 12))
    rule = draw(st.sampled_from(RULES))
    how: dict[str, Any] = {
        "batch_size": size, "loss": loss,
        "optimizer": f"{rule}:weight_decay={draw(st.sampled_from([0.0, 0.01]))}",
        "clip_norm": draw(st.sampled_from([None, None, 0.1])),
        "shuffle": draw(st.booleans()), "metrics": draw(st.booleans()),
        "schedule": draw(st.sampled_from(["constant", "exponential", *EVERY_STEP])),
    }  # fmt: skip
    if draw(st.booleans()):
        how["sample_weight"] = rng.uniform(0, 2, samples)
    own: dict[str, Any] = {"learning_rate": rng.uniform(0.001, 0.02, count).tolist()}
    if draw(st.booleans()):
        own["max_norm"] = rng.uniform(0.3, 2, count).tolist()
    if draw(st.booleans()):
        own["samples"] = [
            rng.choice(samples, rng.integers(1, samples + 1), replace=False) for _ in range(count)
        ]
    return {
        "how": how, "own": own, "x": rng.standard_normal((samples, 3)),
        "y": targets_for(loss, rng, samples, outputs),
        "layers": [(widths[0 if same else k], activations, dropout, bias) for k in range(count)],
        "outputs": outputs, "most": -(-samples // size),
    }  # fmt: skip


def made(case: dict[str, Any], dtype: str) -> list[gn.Sequential]:
    networks = []
    for seed, (widths, activations, dropout, bias) in enumerate(case["layers"]):
        layers: list[Any] = [gn.Dropout(dropout)]
        for width, activation in zip(widths, activations, strict=True):
            layers += [gn.Dense(width, activation, bias=bias, bias_init="normal" if bias else
                                "zeros"), gn.Dropout(dropout)]  # fmt: skip
        layers.append(gn.Dense(case["outputs"]))
        networks.append(gn.Sequential(layers, input_shape=3, seed=seed, dtype=dtype))
    return networks


def check_each(case: dict[str, Any], dtype: str, epochs: int) -> None:
    """Train together in lanes and each alone by NumPy: parameters and histories agree."""
    x, y, how = case["x"], case["y"], {**case["how"], "epochs": epochs}
    stack = gn.Stack(made(case, dtype))
    histories = stack.fit(x, y, **how, **case["own"])
    within = {"rtol": WITHIN[dtype], "atol": WITHIN[dtype]}
    for k, alone in enumerate(made(case, dtype)):
        own = {name: each[k] for name, each in case["own"].items()}
        rows = own.pop("samples", slice(None))
        rule = gn.nn.optimizers.optimizer(how["optimizer"])
        rule.learning_rate = own.pop("learning_rate")
        weight = how.get("sample_weight")
        more = {"sample_weight": weight[rows]} if weight is not None else {}
        history = alone.fit(x[rows], y[rows], **{**how, **own, **more, "optimizer": rule})
        found = stack[k].parameters.vector
        np.testing.assert_allclose(found, alone.parameters.vector, **within)
        assert histories[k].keys() == history.keys()
        for name in history.keys() - {"seconds"}:
            np.testing.assert_allclose(histories[k][name], history[name], **within)


QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=60, **QUIET)  # type: ignore[arg-type]
@given(trainings())
def test_every_network_is_as_it_is_alone_by_numpy_in_float64(case: dict[str, Any]) -> None:
    check_each(case, "float64", epochs=max(1, 20 // case["most"]))


@settings(max_examples=60, **QUIET)  # type: ignore[arg-type]
@given(trainings())
def test_every_network_is_as_it_is_alone_by_numpy_in_float32(case: dict[str, Any]) -> None:
    check_each(case, "float32", epochs=1)


# ---- what happens around the steps


def moons(samples: int = 90) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(samples, 4)).astype(np.float32)
    return x, (x[:, 0] * x[:, 1] > 0).astype(int)


X, Y = moons()


def small(
    widths: tuple[int, ...] = (3, 5, 8, 8, 4), dropout: float = 0.0, **how: Any
) -> list[gn.Sequential]:
    return [
        gn.Sequential([gn.Dense(width, "tanh"), gn.Dropout(dropout), gn.Dense(2)],
                      input_shape=4, seed=seed, **how)
        for seed, width in enumerate(widths)
    ]  # fmt: skip


def outcome(stack: gn.Stack, histories: list[gn.History]) -> list[Any]:
    """What must be the same to the last bit."""
    return [
        (network.parameters.vector.tobytes(), network.rng.bit_generator.state,
         {name: each for name, each in history.items() if name != "seconds"}, history.interrupted)
        for network, history in zip(stack, histories, strict=True)
    ]  # fmt: skip


class StopError(Exception):
    """As a kill would end it, but in this process."""


class KillAt:
    """Break training off before the step of this number."""

    def __init__(self, step: int) -> None:
        self.left = step

    def on_train_batch_begin(self, batch: int, logs: Any) -> None:
        if self.left == 0:
            raise StopError
        self.left -= 1


RESUMED: dict[str, dict[str, Any]] = {
    "as it is": {},
    "diverging": {"learning_rate": [0.01, 1e30, 0.1, 1e30, 0.3], "optimizer": "sgd"},
    "own samples": {"samples": [np.arange(n) for n in (90, 55, 71, 90, 12)], "validation": None},
    "in parts": {"memory": 1},
    "stopping": {"callbacks": [gn.EarlyStopping(patience=1)], "epochs": 12,
                 "learning_rate": [0.01, 1.0, 0.1, 2.0, 0.3]},
    "cosine": {"schedule": "cosine", "shuffle": False},
    "dropout": {"dropout": 0.3, "optimizer": "momentum"},
}  # fmt: skip


@pytest.mark.parametrize("name", RESUMED)
def test_a_stack_goes_on_to_the_same_bytes(name: str, tmp_path: Path, compiled: list[int]) -> None:
    how = {"epochs": 4, "batch_size": 10, "validation": 0.2, **RESUMED[name]}
    dropout, seen = how.pop("dropout", 0.0), how.pop("callbacks", [])
    one = gn.Stack(small(dropout=dropout))
    kept = gn.Checkpoint(tmp_path / "whole", every=5)
    expected = outcome(one, one.fit(X, Y, checkpoint=kept, callbacks=seen, **how))
    assert max(compiled) > 1
    for step in (1, 7, 8, 20):
        kill = KillAt(step)  # the same object for all counts the steps of each
        with pytest.raises(StopError):
            gn.Stack(small(dropout=dropout)).fit(
                X, Y, **how, checkpoint=gn.Checkpoint(tmp_path / "c", every=1),
                callbacks=lambda k, s=kill: [
                    *(gn.EarlyStopping(patience=each.patience) for each in seen),
                    *([s] if k == 0 else []),
                ],
            )  # fmt: skip
        again = gn.Stack(small(dropout=dropout))
        found = again.fit(X, Y, **how, callbacks=seen, resume=tmp_path / "c")
        assert outcome(again, found) == expected
        assert again.diverged == one.diverged


@pytest.mark.parametrize("every", [1, 3, 7, 1000])
def test_checkpoints_say_the_same_however_many_steps_a_call_takes(
    every: int, tmp_path: Path
) -> None:
    one, other = gn.Stack(small(dropout=0.2)), gn.Stack(small(dropout=0.2))
    found = one.fit(X, Y, epochs=3, checkpoint=gn.Checkpoint(tmp_path / "c", every=every))
    assert outcome(one, found) == outcome(other, other.fit(X, Y, epochs=3))


def test_same_bits_in_one_thread_and_in_two_and_whatever_goes_beside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Blocks move from thread to thread; what a network comes to does not depend on it."""
    seen: set[int] = set()
    take = program.Block.take

    def noted(self: program.Block, *given: Any) -> Any:
        seen.add(threading.get_ident())
        time.sleep(0.001)  # so that the other thread has its turn
        return take(self, *given)

    monkeypatch.setattr(program.Block, "take", noted)
    monkeypatch.setattr(program, "PIECE_OF_WORK", 1e-5)
    found = []
    for threads in (1, 2):
        monkeypatch.setattr(program, "available", lambda count=threads: count)
        monkeypatch.setattr(glassnet.base.threads, "available", lambda count=threads: count)
        seen.clear()
        stack = gn.Stack(small((8,) * 40, dropout=0.2))
        found.append(outcome(stack, stack.fit(X, Y, epochs=4, batch_size=7)))
        assert len(seen) == threads
    assert found[0] == found[1]
    few = gn.Stack(small((8,) * 3, dropout=0.2))
    assert outcome(few, few.fit(X, Y, epochs=4, batch_size=7)) == found[0][:3]


@pytest.mark.parametrize("batch", [7, 45, "full"])
def test_how_work_is_cut_changes_no_bit(batch: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither how many samples are done at once, nor how long a call or a piece of work takes."""
    how: dict[str, Any] = {"epochs": 3, "batch_size": batch, "clip_norm": 0.5, "max_norm": 1.0}
    weights, found = np.linspace(0.1, 2, len(X)), []
    for seconds, cache in ((0.05, 2**18), (1e-9, 0), (10.0, 2**30)):
        monkeypatch.setattr(table, "CACHE", cache)
        monkeypatch.setattr(program, "PIECE_OF_WORK", seconds)
        monkeypatch.setattr(lane_trainer, "SECONDS_OF_CALL", seconds)
        stack = gn.Stack(small((8,) * 20, dropout=0.2))
        found.append(outcome(stack, stack.fit(X, Y, sample_weight=weights, **how)))
    assert found[0] == found[1] == found[2]


def test_one_diverges_alone_with_its_last_finite_parameters() -> None:
    rates = [0.01] * 20
    rates[3] = 1e38
    how: dict[str, Any] = {"optimizer": "sgd", "batch_size": 10}
    stack, short, calm = (gn.Stack(small((6,) * 20)) for _ in range(3))
    histories = stack.fit(X, Y, epochs=3, learning_rate=rates, **how)
    short.fit(X, Y, epochs=1, learning_rate=rates, **how)
    others = calm.fit(X, Y, epochs=3, learning_rate=0.01, **how)
    assert stack.diverged == (3,)
    assert histories[3].interrupted == "diverged in epoch 2"
    assert stack[3].parameters.vector.tobytes() == short[3].parameters.vector.tobytes()
    for k in set(range(20)) - {3}:
        assert outcome(stack, histories)[k] == outcome(calm, others)[k]


def test_a_loss_that_has_no_room_in_float32_is_no_divergence() -> None:
    x, y = X[:, :1], np.full((90, 1), 1e20, np.float32)
    stack = gn.Stack([gn.Sequential([gn.Dense(1)], input_shape=1, seed=k) for k in range(3)])
    how: dict[str, Any] = {"epochs": 2, "loss": "mean_squared", "optimizer": "sgd"}
    histories = stack.fit(x, y, learning_rate=1e-3, **how)
    alone = gn.Sequential([gn.Dense(1)], input_shape=1, seed=0)
    expected = alone.fit(x, y, **{**how, "optimizer": "sgd:learning_rate=1e-3"})
    assert stack.diverged == ()
    np.testing.assert_allclose(histories[0]["loss"], expected["loss"], rtol=1e-5)


def test_early_stopping_stops_each_for_itself_and_widths_go_together() -> None:
    widths = tuple(range(2, 26))
    stack = gn.Stack(small(widths, dtype="float64"))
    how: dict[str, Any] = {"epochs": 60, "validation": 0.3, "optimizer": "adam:learning_rate=0.05"}
    histories = stack.fit(X, Y, callbacks=[gn.EarlyStopping(patience=3)], **how)
    assert len({history.epochs for history in histories}) > 2
    for k, alone in enumerate(small(widths, dtype="float64")):
        history = alone.fit(X, Y, callbacks=[gn.EarlyStopping(patience=3)], **how)
        assert history.epochs == histories[k].epochs
        np.testing.assert_allclose(stack[k].parameters.vector, alone.parameters.vector, atol=1e-9)


def test_callbacks_of_the_step_see_every_step_of_their_network() -> None:
    class Steps:
        def __init__(self) -> None:
            self.seen: list[tuple[int, float]] = []

        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            norm = float(np.linalg.norm(self.trainer.network.gradient.vector))  # type: ignore[attr-defined]
            self.seen.append((batch, norm))

    steps, alone = Steps(), Steps()
    samples = [np.arange(90), np.arange(45), np.arange(90)]
    gn.Stack(small((3, 8, 5))).fit(
        X, Y, epochs=2, samples=samples, callbacks=lambda k: [steps] if k == 1 else [],
        batch_size=10, clip_norm=0.2,
    )  # fmt: skip
    small((3, 8))[1].fit(X[:45], Y[:45], epochs=2, callbacks=[alone], batch_size=10, clip_norm=0.2)
    assert [batch for batch, _ in steps.seen] == [0, 1, 2, 3, 4] * 2
    np.testing.assert_allclose(steps.seen, alone.seen, rtol=1e-4)


def test_ctrl_c_ends_all_within_a_fifth_of_a_second(compiled: list[int]) -> None:
    x, y = moons(50_000)
    stack, pressed = gn.Stack(small((64,) * 20)), []

    class Press:
        def on_epoch_begin(self, epoch: int, logs: Any) -> None:
            if epoch == 1:
                timer.start()

        def on_train_end(self, logs: Any) -> None:
            pressed.append(time.perf_counter())

    def press() -> None:
        pressed.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(0.05, press)
    how: dict[str, Any] = {"epochs": 1000, "batch_size": 10}
    histories = stack.fit(x, y, callbacks=lambda k: [Press()] if k == 0 else [], **how)
    assert {history.interrupted for history in histories} == {"interrupted by Ctrl-C"}
    assert pressed[1] - pressed[0] < 1.0  # on a machine that has other work too
    assert max(compiled) < 5000


@pytest.mark.parametrize(
    ("layer", "how"),
    [
        (gn.BatchNorm(), {}),
        (None, {"optimizer": "own"}),
    ],
    ids=["a layer", "a rule of one's own"],
)
def test_what_is_not_compiled_is_trained_by_numpy(
    layer: Any, how: dict[str, Any], compiled: list[int]
) -> None:
    class Own(gn.SGD):
        def rule(self, theta: Any, g: Any, *, t: int, rate: Any) -> None:
            theta -= rate * np.sign(g)

    if how:
        how = {"optimizer": Own(0.01)}
    stack = gn.Stack(
        gn.Sequential([gn.Dense(3), *([type(layer)()] if layer else []), gn.Dense(2)],
                      input_shape=4, seed=seed)
        for seed in range(3)
    )  # fmt: skip
    stack.fit(X, Y, epochs=1, **how)
    assert compiled == []


def test_small_networks_go_into_lanes_and_large_ones_stay_with_blas() -> None:
    def faster(layers: list[int], inputs: int, count: int, batch: int, epochs: int) -> bool:
        networks = [
            gn.Sequential([*(gn.Dense(width, "relu") for width in layers), gn.Dense(10)],
                          input_shape=inputs, seed=seed)
            for seed in range(count)
        ]  # fmt: skip
        chosen: list[bool] = []

        def judged(asked: str, *given: Any) -> str:
            chosen.append(lane_trainer.is_faster(*given))
            return "numpy"

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(glassnet.stack, "engine_of", judged)
            patch.setattr(glassnet.stack, "train", lambda *given: None)
            patch.setattr("glassnet.training.engines.compiled_before", lambda kernel: True)
            x, y = np.zeros((3000, inputs), np.float32), np.arange(3000) % 10
            gn.Stack(networks).fit(x, y, epochs=epochs, batch_size=batch)
        return chosen[0]

    assert faster([64], 2, 32, 10, 100)
    assert not faster([4], 2, 3, 100, 1)  # too little to start for
    assert not faster([256], 784, 16, 128, 100)
