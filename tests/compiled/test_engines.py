"""Which engine a training gets, what it says of it, and what must hold whatever it is."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.training import engines
from glassnet.training.plan import make_plan
from glassnet.training.stack.grouping import engine_of
from glassnet.workflows.recipes.loader import check_part
from glassnet.workflows.spec import Training

RNG = np.random.default_rng(0)
X = RNG.standard_normal((300, 4))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)

needs_numba = pytest.mark.skipif(not engines.installed(), reason="compiled steps need Numba")


def network(**more: Any) -> gn.Sequential:
    return gn.Sequential([gn.Dense(8, "tanh"), gn.Dense(2)], input_shape=4, seed=1, **more)


class Own(gn.Layer):
    def forward(self, x: Any, rng: Any = None) -> Any:
        return x * 2, None

    def backward(self, dy: Any, saved: Any) -> Any:
        return dy * 2


def test_numpy_is_the_engine_of_short_trainings() -> None:
    net = network()
    assert net.fit(X, Y, epochs=1).engine == "numpy"
    assert net.trained["settings"]["engine"] == "numpy"
    assert "steps" not in str(net.summary())


@needs_numba
def test_history_file_and_summary_say_which_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    net = network()
    assert net.fit(X, Y, epochs=1, engine="compiled", verbose=True).engine == "compiled"
    assert capsys.readouterr().out.startswith("engine: compiled\n")
    net.save(tmp_path / "net.safetensors")
    again = gn.load(tmp_path / "net.safetensors")
    assert again.trained["settings"]["engine"] == "compiled"
    assert str(again.summary()).endswith("trained by compiled steps")


@needs_numba
def test_auto_compiles_what_takes_long_and_says_why_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(engines, "WORTH_LOADING", 0.0)
    monkeypatch.setattr(engines, "WORTH_COMPILING", 1e9)
    monkeypatch.setattr(engines, "compiled_before", lambda kernel=None: False)
    assert network().fit(X, Y, epochs=1, verbose=True).engine == "numpy"
    assert "engine: numpy (compiling the steps, which is done once" in capsys.readouterr().out
    monkeypatch.setattr(engines, "compiled_before", lambda kernel=None: True)
    assert network().fit(X, Y, epochs=1).engine == "compiled"
    monkeypatch.setattr(engines, "installed", lambda: False)
    assert network().fit(X, Y, epochs=1, verbose=True).engine == "numpy"
    assert 'pip install "glassnet[fast]"' in capsys.readouterr().out


@needs_numba
@pytest.mark.parametrize(
    ("layers", "how", "message"),
    [
        ([Own(), gn.Dense(2)], {}, r"layer 0 \(Own\) has no compiled form"),
        ([gn.Dense(2)], {"optimizer": "lbfgs"}, "lbfgs has no compiled form"),
    ],
)
def test_what_is_asked_for_and_impossible_is_refused(
    layers: Any, how: dict[str, Any], message: str
) -> None:
    net = gn.Sequential(layers, input_shape=4, seed=0)
    with pytest.raises(gn.errors.InputError, match=message):
        net.fit(X, Y, engine="compiled", **how)


def test_an_unknown_engine_is_answered_with_the_nearest() -> None:
    with pytest.raises(gn.errors.InputError, match="did you mean 'compiled'"):
        network().fit(X, Y, engine="compield")
    with pytest.raises(gn.errors.InputError, match="unknown engine 'jit'"):
        check_part(Training, {"engine": "jit"})


def test_without_numba_the_error_has_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "numba", None)
    with pytest.raises(gn.errors.MissingPackageError, match=r'pip install "glassnet\[fast\]"'):
        network().fit(X, Y, engine="compiled")


@needs_numba
def test_the_same_seed_gives_the_same_bits_however_many_steps_are_taken_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = set()
    for seconds, size_of_group in ((1e-9, 2**20), (1e-4, 1), (0.05, 2**20)):
        monkeypatch.setattr(engines, "AT_ONCE", seconds)
        monkeypatch.setattr("glassnet.training.trainer.BYTES_AT_ONCE", size_of_group)
        for size in (1, 7):
            layers = [gn.Dense(9, "gelu"), gn.Dropout(0.3), gn.Dense(2)]
            net = gn.Sequential(layers, input_shape=4, seed=2)
            net.fit(X[:60], Y[:60], epochs=3, batch_size=size, engine="compiled")
            found.add((size, net.parameters.vector.tobytes(), net.gradient.vector.tobytes()))
    assert len(found) == 2


@needs_numba
def test_a_checkpoint_knows_its_engine(tmp_path: Path) -> None:
    path = tmp_path / "c"

    def fit(**more: Any) -> gn.Sequential:
        net = network()
        net.fit(X, Y, **{"epochs": 4, "optimizer": "adam", **more})
        return net

    whole = fit(engine="compiled", callbacks=[gn.LearningRateLogger()])

    class Halt:
        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            self.steps = getattr(self, "steps", 0) + 1
            if self.steps == 23:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(engine="compiled", checkpoint=gn.Checkpoint(path, every=5),
            callbacks=[gn.LearningRateLogger(), Halt()])  # fmt: skip
    resume = {"resume": path, "callbacks": [gn.LearningRateLogger()]}
    with pytest.raises(gn.errors.ResumeError, match="engine was 'compiled', is 'numpy'"):
        fit(engine="numpy", **resume)
    for engine in ("auto", "compiled"):
        again = fit(engine=engine, **resume)
        assert again.parameters.vector.tobytes() == whole.parameters.vector.tobytes()
    fit(engine="numpy", override=True, **resume)


@needs_numba
def test_a_checkpoint_does_not_make_every_step_a_call(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    calls = []
    take = engines.ManyAtOnce.take

    def counted(self: Any, trainer: Any, index: int, arrays: Any) -> int:
        calls.append(index)
        return take(self, trainer, index, arrays)

    monkeypatch.setattr(engines.ManyAtOnce, "take", counted)
    network().fit(
        X, Y, epochs=2, batch_size=3, engine="compiled",
        checkpoint=gn.Checkpoint(tmp_path / "c", every=40),
    )  # fmt: skip
    assert len(calls) < 20


SLOW = """
import sys, time, numpy as np, glassnet as gn
x = np.random.default_rng(0).standard_normal((20_000, 20)).astype(np.float32)
layers = [gn.Dense(64, "tanh"), gn.Dense(64, "tanh"), gn.Dense(2)]
net = gn.Sequential(layers, input_shape=20, seed=0)
net.fit(x[:64], (x[:64, 0] > 0).astype(int), epochs=1, engine="compiled")
print("begin", flush=True)
history = net.fit(x, (x[:, 0] > 0).astype(int), epochs=10_000, engine="compiled")
print(time.time(), history.interrupted, flush=True)
"""


@needs_numba
@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_is_heard_within_a_moment() -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "begin\n"
    time.sleep(0.7)
    sent = time.time()
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)
    heard, _, why = out.strip().partition(" ")
    assert why == "interrupted by Ctrl-C"
    assert float(heard) - sent < 1.0  # 0.05 s on a machine with nothing else to do


@needs_numba
def test_networks_train_in_threads_as_they_do_alone() -> None:
    def trained() -> gn.Sequential:
        net = network()
        net.fit(X, Y, epochs=20, batch_size=5, engine="compiled")
        return net

    alone, found = trained(), []
    threads = [threading.Thread(target=lambda: found.append(trained())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bits = {net.parameters.vector.tobytes() for net in (alone, *found)}
    assert len(found) == 3
    assert len(bits) == 1


@needs_numba
def test_divergence_is_found_where_numpy_finds_it() -> None:
    messages = []
    for engine in ("numpy", "compiled"):
        net = network()
        with np.errstate(all="ignore"), pytest.raises(gn.errors.DivergedError) as error:
            net.fit(X, Y, epochs=50, optimizer="sgd:learning_rate=1e38", engine=engine)
        messages.append(str(error.value))
    assert messages[0] == messages[1]


@needs_numba
def test_a_stack_has_an_engine_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def stack(*layers: Any) -> gn.Stack:
        made = [gn.Dense(4, "tanh"), *layers, gn.Dense(2)]
        return gn.Stack.of(gn.Sequential(made, input_shape=4, seed=0), times=3)

    compiled, by_numpy = stack(), stack()
    compiled.fit(X, Y, epochs=2, engine="compiled", checkpoint=gn.Checkpoint(tmp_path / "c"))
    by_numpy.fit(X, Y, epochs=2)
    assert compiled[0].trained["settings"]["engine"] == "compiled"
    assert by_numpy[0].trained["settings"]["engine"] == "numpy"
    for one, other in zip(compiled, by_numpy, strict=True):
        np.testing.assert_allclose(one.parameters.vector, other.parameters.vector, atol=1e-5)
    with pytest.raises(gn.errors.InputError, match="engine='compiled': "):
        stack(gn.BatchNorm()).fit(X, Y, engine="compiled")
    monkeypatch.setattr(engines, "WORTH_LOADING", -1.0)
    monkeypatch.setattr(engines, "compiled_before", lambda *kernel: True)
    chosen = stack()
    chosen.fit(X, Y, epochs=20)
    assert chosen[0].trained["settings"]["engine"] == "compiled"


@needs_numba
@pytest.mark.parametrize("hidden", [8, 256, 2048])
def test_a_stack_that_takes_long_is_compiled_whatever_its_size(
    hidden: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from glassnet.training.stack import compiled_choice

    several = [
        gn.Sequential([gn.Dense(hidden, "relu"), gn.Dense(10)], seed=seed) for seed in range(3)
    ]
    x, y = np.zeros((1000, 784), np.float32), np.arange(1000) % 10

    def chosen(epochs: int) -> str:
        plan = make_plan(several[0], x, y, engine="numpy", epochs=epochs)
        for each in several:
            plan.begin(each)
        return engine_of("auto", plan, several, [1000] * 3)

    monkeypatch.setattr(engines, "compiled_before", lambda *kernel: True)
    assert chosen(epochs=3_000) == "compiled"
    monkeypatch.setattr(compiled_choice, "why_not", None)  # not asked
    monkeypatch.setattr(engines, "MULTIPLY_ADDS_A_SECOND", 1e15)
    assert chosen(epochs=2) == "numpy"


@needs_numba
def test_layers_of_every_kind_are_compiled_for_themselves() -> None:
    x, words = RNG.standard_normal((40, 8, 8, 1)), "conv 4 bias=false, batchnorm, relu, maxpool"
    found = []
    for engine in ("numpy", "compiled"):
        net = gn.Sequential(f"{words}, flatten, dropout 0.3, dense 3", seed=0)
        history = net.fit(x, np.arange(40) % 3, epochs=2, batch_size=8, engine=engine)
        assert history.engine == engine
        found.append(net.parameters.vector)
    np.testing.assert_allclose(found[1], found[0], atol=1e-4)
