"""Checkpoints: a training that was killed and goes on ends with the same bytes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.optimizers import OPTIMIZERS
from glassnet.training import checkpoint as checkpoints
from tests.training.killing import KillAt, StopError

pytestmark = pytest.mark.usefixtures("engine")

X = np.random.default_rng(0).normal(size=(90, 4)).astype(np.float32)
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
STEPS = 8  # of an epoch: 72 samples in batches of 10
EPOCHS = 6

RULES = sorted(OPTIMIZERS)


def network(seed: int = 3) -> gn.Sequential:
    layers = [gn.Dense(8, "tanh"), gn.Dropout(0.3), gn.Dense(2)]
    return gn.Sequential(layers, input_shape=4, seed=seed)


def settings(rule: str = "adam", **more: Any) -> dict[str, Any]:
    how: dict[str, Any] = {
        "epochs": EPOCHS, "batch_size": 10, "optimizer": f"{rule}:learning_rate=0.02",
        "schedule": "cosine", "validation": 0.2, "clip_norm": 1.0,
        "callbacks": [gn.EarlyStopping(patience=3), gn.LearningRateLogger()],
    }  # fmt: skip
    if rule == "lbfgs":  # which chooses its steps itself
        how |= {"epochs": 40, "optimizer": "lbfgs", "schedule": "constant", "clip_norm": None,
                "batch_size": "full"}  # fmt: skip
    return how | more


def outcome(net: gn.Sequential, history: Any) -> tuple[bytes, dict[str, Any], Any]:
    """What must be the same to the last bit."""
    figures = {
        name: np.array(each).tobytes() for name, each in history.items() if name != "seconds"
    }
    return net.parameters.vector.tobytes(), figures, history.interrupted


def whole(rule: str = "adam", **more: Any) -> tuple[bytes, dict[str, Any], Any]:
    net = network()
    return outcome(net, net.fit(X, Y, **settings(rule, **more)))


def killed(path: Path, step: int, rule: str = "adam", every: int = 1, **more: Any) -> None:
    how = settings(rule, **more)
    how["callbacks"] = [*how["callbacks"], KillAt(step)]
    with pytest.raises(StopError):
        network().fit(X, Y, checkpoint=gn.Checkpoint(path, every), **how)


def resumed(path: Path, rule: str = "adam", **more: Any) -> tuple[bytes, dict[str, Any], Any]:
    net = network(seed=99)  # which must not matter
    return outcome(net, net.fit(X, Y, resume=path, **settings(rule, **more)))


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_goes_on_to_the_same_bytes(tmp_path: Path, rule: str) -> None:
    expected = whole(rule)
    steps = (1, STEPS - 1, STEPS, STEPS + 1, 3 * STEPS, 30)
    for step in steps if rule != "lbfgs" else (1, 2, 3):  # dropout's noise ends it early
        killed(tmp_path / "c", step, rule)
        assert resumed(tmp_path / "c", rule) == expected, step


def minimised(**more: Any) -> tuple[bytes, dict[str, Any], Any]:
    net = gn.Sequential([gn.Dense(8, "tanh"), gn.Dense(2)], input_shape=4, seed=3)
    how = {"epochs": 30, "optimizer": "lbfgs:weight_decay=0.001", "validation": 0.2}
    return outcome(net, net.fit(X, Y, **how, **more))


@pytest.mark.parametrize("step", [1, 2, 12, 29])
def test_lbfgs_keeps_what_it_knows_of_the_curvature(tmp_path: Path, step: int) -> None:
    expected, path = minimised(), tmp_path / "c"
    with pytest.raises(StopError):
        minimised(checkpoint=gn.Checkpoint(path, every=1), callbacks=[KillAt(step)])
    assert minimised(resume=path) == expected
    state = checkpoints.read(path)
    state["place"] |= {"steps": [], "turns": []}
    checkpoints.write(path, state)
    assert (minimised(resume=path) == expected) is False


@pytest.mark.slow
def test_wherever_it_is_killed(tmp_path: Path) -> None:
    how: dict[str, Any] = {"epochs": 9, "callbacks": [gn.EarlyStopping(patience=9)]}
    expected = whole(**how)
    for step in np.random.default_rng(0).choice(np.arange(7, 9 * STEPS), 50, replace=False):
        killed(tmp_path / "c", int(step), every=7, **how)
        assert resumed(tmp_path / "c", **how) == expected, step


@pytest.mark.parametrize("forget", ["order", "rng", "moments", "records"])
def test_the_test_would_notice_what_is_forgotten(tmp_path: Path, forget: str) -> None:
    killed(tmp_path / "c", 3 * STEPS + 4)
    state = checkpoints.read(tmp_path / "c")
    other = np.random.default_rng(5).bit_generator.state
    state[forget] = {
        "order": other, "rng": other,
        "moments": {name: 0 * values for name, values in state["moments"].items()},
        "records": {name: 0 * values for name, values in state["records"].items()},
    }[forget]  # fmt: skip
    checkpoints.write(tmp_path / "c", state)
    assert resumed(tmp_path / "c") != whole()


def test_early_stopping_remembers_its_best_weights(tmp_path: Path) -> None:
    how: dict[str, Any] = {"epochs": 40, "schedule": "constant"}
    how["optimizer"] = "sgd:learning_rate=3.0"

    def stopping() -> list[Any]:
        return [gn.EarlyStopping(patience=6)]

    expected = whole(callbacks=stopping(), **how)
    assert expected[2] == "val_loss has not improved for 6 epochs"
    epochs = len(np.frombuffer(expected[1]["loss"]))
    assert epochs < 40
    for step in (epochs * STEPS - 1, epochs * STEPS - 3 * STEPS):
        killed(tmp_path / "c", step, callbacks=stopping(), **how)
        assert resumed(tmp_path / "c", callbacks=stopping(), **how) == expected


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("size", [10, "full", 1])
def test_with_other_batches_and_types(
    tmp_path: Path, dtype: str, shuffle: bool, size: int | str
) -> None:
    def made() -> gn.Sequential:
        layers = [gn.Dense(4, "relu"), gn.Dropout(0.2), gn.Dense(2)]
        return gn.Sequential(layers, input_shape=4, seed=1, dtype=dtype)

    how: dict[str, Any] = {"epochs": 3, "batch_size": size, "shuffle": shuffle}
    net = made()
    expected = outcome(net, net.fit(X, Y, **how))
    at = 2 if size == "full" else 5
    with pytest.raises(StopError):
        checkpoint = gn.Checkpoint(tmp_path / "c", every=1)
        made().fit(X, Y, **how, callbacks=[KillAt(at)], checkpoint=checkpoint)
    again = made()
    assert outcome(again, again.fit(X, Y, **how, resume=tmp_path / "c")) == expected


def test_weights_of_samples_and_a_regression(tmp_path: Path) -> None:
    y = (X @ np.arange(4.0)).astype(np.float32)
    how: dict[str, Any] = {
        "epochs": 4,
        "sample_weight": np.arange(1.0, 91.0),
        "schedule": "on_plateau",
    }

    def made() -> gn.Sequential:
        return gn.Sequential([gn.Dense(4, "tanh"), gn.Dense(1)], input_shape=4, seed=1)

    net = made()
    expected = outcome(net, net.fit(X, y, **how))
    with pytest.raises(StopError):
        made().fit(X, y, **how, callbacks=[KillAt(7)], checkpoint=gn.Checkpoint(tmp_path / "c", 2))
    again = made()
    assert outcome(again, again.fit(X, y, **how, resume=tmp_path / "c")) == expected


# ---- a stack


def stack() -> gn.Stack:
    networks = []
    for seed, width in enumerate((3, 5, 8, 8, 4)):
        layers = [gn.Dense(width, "tanh"), gn.Dense(2)]
        networks.append(gn.Sequential(layers, input_shape=4, seed=seed))
    return gn.Stack(networks)


def stacked(together: gn.Stack, histories: list[Any]) -> list[Any]:
    return [outcome(*each) for each in zip(together, histories, strict=True)]


STACK: dict[str, dict[str, Any]] = {
    "as it is": {},
    "diverging": {"learning_rate": [0.01, 1e30, 0.1, 1e30, 0.3], "optimizer": "sgd"},
    "own samples": {"samples": [np.arange(n) for n in (90, 55, 71, 90, 12)], "validation": None},
    "in parts": {"memory": 1},
    "stopping": {"callbacks": [gn.EarlyStopping(patience=1)], "epochs": 12,
                 "learning_rate": [0.01, 1.0, 0.1, 2.0, 0.3]},
    "cosine": {"schedule": "cosine", "shuffle": False},
}  # fmt: skip


@pytest.mark.parametrize("name", STACK)
def test_a_stack_goes_on_to_the_same_bytes(tmp_path: Path, name: str) -> None:
    how = {"epochs": 4, "batch_size": 10, "validation": 0.2, **STACK[name]}
    one = stack()  # it too is kept in a file: without one, groups may be made in another way
    kept = gn.Checkpoint(tmp_path / "whole")
    expected = stacked(one, one.fit(X, Y, checkpoint=kept, **how))
    for step in (1, 7, 8, 9, 20, 27):
        before = list(how.get("callbacks", ()))
        kill = KillAt(step)  # the same object for all counts the steps of each
        with pytest.raises(StopError):
            stack().fit(
                X, Y, **{**how, "callbacks": lambda k, b=before, s=kill: [
                    *(type(each)(patience=each.patience) for each in b), *([s] if k == 0 else [])
                ]}, checkpoint=gn.Checkpoint(tmp_path / "c", every=1),
            )  # fmt: skip
        again = stack()
        found = stacked(again, again.fit(X, Y, **how, resume=tmp_path / "c"))
        assert found == expected, (name, step)
        assert again.diverged == one.diverged


# ---- a process that is really killed

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
from test_resume import *
net = network()
class Slow:
    def on_train_batch_end(self, batch, logs): time.sleep(0.005)
how = settings(epochs=20, engine=sys.argv[3])
how["callbacks"].append(Slow())
path = Path(sys.argv[2])
history = net.fit(X, Y, checkpoint=gn.Checkpoint(path, every=3),
                  resume=path if path.exists() else None, **how)
print(net.parameters.vector.tobytes().hex())
"""


def test_a_process_that_is_killed_again_and_again_comes_to_the_same_end(
    tmp_path: Path, engine: str
) -> None:
    net = network()
    net.fit(X, Y, **settings(epochs=20))
    rng, kills = np.random.default_rng(1), 0
    words = [sys.executable, "-c", PROGRAM, str(Path(__file__).parent), str(tmp_path / "c"), engine]
    while True:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        if kills < 4:
            before = _written(tmp_path / "c")
            while _written(tmp_path / "c") == before and process.poll() is None:
                time.sleep(0.002)
            time.sleep(rng.uniform(0, 0.1))
            process.kill()
            kills += 1
        out, _ = process.communicate(timeout=60)
        if process.returncode == 0:
            break
    assert out.strip() == net.parameters.vector.tobytes().hex()
    assert [each.name for each in tmp_path.iterdir() if not each.name.startswith(".")] == ["c"]


def _written(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


# ---- what is refused


def changed(**more: Any) -> dict[str, Any]:
    return {**settings(), **more}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 9}, "different settings: epochs was 6, is 9: give the same, or override"),
        ({"optimizer": "adam:learning_rate=0.1"}, "optimizer learning_rate was 0.02, is 0.1"),
        ({"optimizer": "sgd:learning_rate=0.02"}, "optimizer kind was 'Adam', is 'SGD'"),
        ({"schedule": "constant"}, "schedule kind was 'Cosine', is 'Constant'"),
        ({"clip_norm": None}, "clip_norm was 1.0, is None"),
        ({"batch_size": 20}, "batch_size was 10, is 20"),
        ({"validation": 0.3}, "validation was 0.2, is 0.3"),
        ({"loss": "mean_squared"}, "loss kind was 'CrossEntropy', is 'MeanSquared'"),
        ({"callbacks": []}, "callbacks was ['EarlyStopping'], is []"),
    ],
)
def test_other_settings_are_refused_and_named(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    killed(tmp_path / "c", 20)
    with pytest.raises(gn.GlassnetError) as error:
        network().fit(X, Y, resume=tmp_path / "c", **changed(**change))
    assert message in str(error.value)
    history = network().fit(X, Y, resume=tmp_path / "c", override=True, **changed(**change))
    assert history.epochs >= 3


def test_other_data_or_another_network_are_refused_whatever_is_said(tmp_path: Path) -> None:
    killed(tmp_path / "c", 20)
    with pytest.raises(gn.GlassnetError, match=r"different data: checksum was '.{8}', is '.{8}'"):
        network().fit(X + 1, Y, resume=tmp_path / "c", override=True, **settings())
    with pytest.raises(gn.GlassnetError, match="different data: samples was 90, is 80"):
        network().fit(X[:80], Y[:80], resume=tmp_path / "c", override=True, **settings())
    other = gn.Sequential([gn.Dense(9, "tanh"), gn.Dropout(0.3), gn.Dense(2)], input_shape=4)
    with pytest.raises(gn.GlassnetError, match="different network: 0 layers 0 units was 8, is 9"):
        other.fit(X, Y, resume=tmp_path / "c", override=True, **settings())
    with pytest.raises(gn.GlassnetError, match="different network"):
        stack().fit(X, Y, resume=tmp_path / "c", epochs=4)


def test_what_is_no_checkpoint_is_told(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    network().save(path)
    with pytest.raises(
        gn.GlassnetError, match="holds a network, not a checkpoint: its training has ended"
    ):
        network().fit(X, Y, resume=path)
    killed(tmp_path / "c", 20)
    with pytest.raises(gn.GlassnetError, match="holds a checkpoint"):
        gn.load(tmp_path / "c")
    with pytest.raises(gn.GlassnetError, match="no file"):
        network().fit(X, Y, resume=tmp_path / "none")
    with pytest.raises(gn.GlassnetError, match="every is 0, expected a whole number of at least 1"):
        gn.Checkpoint(path, every=0)
    with pytest.raises(gn.GlassnetError, match=r"fit\(checkpoint=…\)"):
        network().fit(X, Y, callbacks=[gn.Checkpoint(path)])


def test_ctrl_c_leaves_a_checkpoint_of_that_very_step(tmp_path: Path) -> None:
    expected = whole()

    class Press:
        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            if self.trainer.steps_done == 21:  # type: ignore[attr-defined]
                os.kill(os.getpid(), signal.SIGINT)

    how = settings()
    how["callbacks"] = [*how["callbacks"], Press()]
    history = network().fit(X, Y, checkpoint=gn.Checkpoint(tmp_path / "c", every=1000), **how)
    assert history.interrupted == "interrupted by Ctrl-C"
    state = checkpoints.read(tmp_path / "c")
    assert (state["epoch"], state["steps"]) == (2, 6)
    assert resumed(tmp_path / "c") == expected


def test_a_callback_of_ones_own_is_kept_where_it_says_how(tmp_path: Path) -> None:
    class Counter:
        def __init__(self) -> None:
            self.count = 0

        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            self.count += 1

        def state(self) -> dict[str, Any]:
            return {"count": self.count}

        def restore(self, state: dict[str, Any]) -> None:
            self.count = state["count"]

    killed(tmp_path / "c", 20, callbacks=[Counter()])
    counter = Counter()
    network().fit(X, Y, resume=tmp_path / "c", **settings(callbacks=[counter]))
    assert counter.count == EPOCHS * STEPS


@pytest.mark.parametrize("lost", ["theta", "moments", "order", "history", "callbacks"])
def test_a_state_that_lacks_something_is_told_in_one_line(tmp_path: Path, lost: str) -> None:
    killed(tmp_path / "c", 20)
    state = checkpoints.read(tmp_path / "c")
    del state[lost]
    checkpoints.write(tmp_path / "c", state)
    with pytest.raises(gn.GlassnetError, match=rf"c: cannot resume: state lacks {lost}$"):
        resumed(tmp_path / "c")
