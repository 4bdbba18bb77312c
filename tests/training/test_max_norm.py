"""max_norm: after every step the weights that lead to a unit have at most this length."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.cli.app import run
from glassnet.inspection.walkthrough import walk
from glassnet.mlp import mlp
from glassnet.workflows.recipes.loader import RecipeError, parse

pytestmark = pytest.mark.usefixtures("engine")

X = np.random.default_rng(0).normal(size=(90, 5))
Y = (X[:, 0] * X[:, 1] > 0).astype(int)
HOW: dict[str, Any] = {"epochs": 2, "batch_size": 16, "optimizer": "adam:learning_rate=0.05"}


def lengths(W: np.ndarray) -> np.ndarray:
    return np.sqrt((W.astype(float) ** 2).sum(axis=tuple(range(W.ndim - 1))))


def network(seed: int = 0, dtype: str = "float64", wide: int = 8) -> gn.Sequential:
    return mlp((5,), [wide], 2, seed=seed, dtype=dtype, init="normal")


def test_a_step_by_hand() -> None:
    """x = (1, 0), y = 0, SGD with η = 1: dW is p − t in the first row, and p = σ(W₀ᵀ b)."""
    net = gn.Sequential([gn.Dense(2, init="zeros")], input_shape=2, dtype="float64")
    net.parameters["0.W"] = [[2.5, 0.0], [4.0, 0.3]]
    p = 1 / (1 + np.exp(-2.5))
    net.fit([[1.0, 0.0]], [0], epochs=1, optimizer="sgd:learning_rate=1", max_norm=2.0)
    by_rule = np.array([[2.5 + 1 - p, -(1 - p)], [4.0, 0.3]])
    long = np.hypot(2.5 + 1 - p, 4.0)
    np.testing.assert_allclose(net.parameters["0.W"][:, 0], 2 * by_rule[:, 0] / long)
    np.testing.assert_allclose(net.parameters["0.W"][:, 1], by_rule[:, 1])  # short enough
    np.testing.assert_allclose(net.parameters["0.b"], [1 - p, p - 1])  # biases are free


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_step_is_the_rules_and_then_torchs_renorm(dtype: str) -> None:
    torch = pytest.importorskip("torch")
    free, short = network(dtype=dtype), network(dtype=dtype)
    how = {"epochs": 1, "batch_size": "full", "optimizer": "momentum:learning_rate=0.1"}
    free.fit(X, Y, **how)
    short.fit(X, Y, **how, max_norm=1.5)
    for name in ("0.W", "2.W"):
        units = torch.as_tensor(free.parameters[name].T.copy())
        expected = torch.renorm(units, p=2, dim=0, maxnorm=1.5).numpy().T
        # PyTorch divides by the length + 1e-7.
        np.testing.assert_allclose(short.parameters[name], expected, rtol=1e-6)


def test_of_a_kernel_all_axes_but_the_last_lead_to_a_filter() -> None:
    layers = [gn.Conv2D(4, kernel=(2, 3), init="normal:std=3"), gn.Flatten(), gn.Dense(2)]
    net = gn.Sequential(layers, input_shape=(5, 6, 2), seed=0)
    before = net.parameters["0.W"].copy()
    assert lengths(before).min() > 4
    x = np.random.default_rng(0).normal(size=(8, 5, 6, 2))
    net.fit(x, Y[:8], epochs=1, optimizer="sgd:learning_rate=0", max_norm=2.0)
    expected = 2 * before / lengths(before)
    np.testing.assert_allclose(net.parameters["0.W"], expected, rtol=1e-5)


@pytest.mark.parametrize("rule", ["sgd", "adam", "adamw"])
def test_no_unit_is_longer_after_any_step(rule: str) -> None:
    class Looks:
        trainer: Any
        longest = 0.0

        def on_train_batch_end(self, batch: int, logs: Any) -> None:
            theta = self.trainer.network.parameters
            each = [lengths(theta[name]).max() for name in ("0.W", "2.W")]
            self.longest = max(self.longest, *each)

    looks = Looks()
    network().fit(
        X, Y, epochs=3, optimizer=f"{rule}:learning_rate=0.5", max_norm=1.2, callbacks=[looks]
    )
    assert looks.longest == pytest.approx(1.2, abs=1e-9)


@pytest.mark.parametrize("size", [1e3, 1e19, 1e30, 3e38])
def test_weights_of_any_size_keep_their_direction(size: float) -> None:
    net = gn.Sequential([gn.Dense(3)], input_shape=2, dtype="float32")
    net.parameters["0.W"] = np.array([[3, 0, 1e-30], [-4, 0, 0]]) * np.array([size / 5, 1, 1])
    net.fit(np.zeros((4, 2)), [0, 1, 2, 0], epochs=1, optimizer="sgd", max_norm=1.0)
    expected = [[0.6, 0, 1e-30], [-0.8, 0, 0]]
    np.testing.assert_allclose(net.parameters["0.W"], expected, rtol=1e-6)


def test_a_bound_that_is_never_reached_changes_nothing() -> None:
    free, bound = network(dtype="float32"), network(dtype="float32")
    free.fit(X, Y, **HOW)
    bound.fit(X, Y, **HOW, max_norm=1e300)
    assert bound.parameters.vector.tobytes() == free.parameters.vector.tobytes()


# ---- stacks, checkpoints, what is recorded


@pytest.mark.parametrize("widths", [(8, 8, 8), (3, 9, 5)])
@pytest.mark.parametrize("norms", [1.1, [0.7, 1.3, 2.0]])
def test_in_a_stack_each_is_as_it_would_be_alone(widths: tuple[int, ...], norms: Any) -> None:
    each = np.broadcast_to(norms, 3).tolist()
    stack = gn.Stack(network(k, wide=wide) for k, wide in enumerate(widths))
    stack.fit(X, Y, **HOW, max_norm=norms, samples=[np.arange(n) for n in (90, 50, 70)])
    for k, wide in enumerate(widths):
        alone = network(k, wide=wide)
        rows = (90, 50, 70)[k]
        alone.fit(X[:rows], Y[:rows], **HOW, max_norm=each[k])
        np.testing.assert_allclose(stack[k].parameters.vector, alone.parameters.vector, atol=1e-12)
        assert stack[k].trained["settings"]["max_norm"] == each[k]
        assert alone.trained["settings"]["max_norm"] == each[k]


@pytest.mark.parametrize("engine", ["numpy"], indirect=True)
def test_a_stack_of_one_has_it_too() -> None:
    stack, alone = gn.Stack([network()]), network()
    stack.fit(X, Y, **HOW, max_norm=[0.8])
    alone.fit(X, Y, **HOW, max_norm=0.8)
    assert stack[0].parameters.vector.tobytes() == alone.parameters.vector.tobytes()


class PulledError(Exception):
    """The plug is pulled."""


class KillAfter:
    def __init__(self, steps: int) -> None:
        self.steps = steps

    def on_train_batch_end(self, batch: int, logs: Any) -> None:
        self.steps -= 1
        if not self.steps:
            raise PulledError


@pytest.mark.parametrize("many", [False, True])
def test_a_killed_training_resumes_to_the_same_bytes(tmp_path: Path, many: bool) -> None:
    def made() -> Any:
        return gn.Stack(network(k) for k in range(2)) if many else network()

    def theta(subject: Any) -> bytes:
        each = subject if many else [subject]
        return b"".join(one.parameters.vector.tobytes() for one in each)

    how = HOW | {"max_norm": [0.7, 1.3] if many else 0.7}
    whole, killed, again, path = made(), made(), made(), tmp_path / "c"
    whole.fit(X, Y, **how)
    with pytest.raises(PulledError):
        killed.fit(X, Y, **how, checkpoint=gn.Checkpoint(path, 1), callbacks=[KillAfter(8)])
    again.fit(X, Y, **how, resume=path)
    assert theta(again) == theta(whole)
    with pytest.raises(gn.errors.ResumeError, match="max_norm"):
        made().fit(X, Y, **HOW, max_norm=5.0, resume=path)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"max_norm": 0}, "max_norm is 0"),
        ({"max_norm": -1.0}, "max_norm is -1.0"),
        ({"max_norm": "3"}, "max_norm is '3'"),
        ({"maxnorm": 3}, "maxnorm is called max_norm here"),
        ({"kernel_constraint": 3}, "did you mean 'max_norm'"),
    ],
)
def test_wrong_bounds_are_refused(how: dict[str, Any], says: str) -> None:
    with pytest.raises(gn.GlassnetError, match=says):
        network().fit(X, Y, **how)
    if "max_norm" in how:
        says = "max_norm"
    with pytest.raises(gn.GlassnetError, match=says):
        gn.Stack(network(k) for k in range(2)).fit(X, Y, **how)


def test_lbfgs_has_its_own_steps() -> None:
    with pytest.raises(gn.GlassnetError, match=r"lbfgs chooses its own steps: .*max_norm out"):
        network().fit(X, Y, optimizer="lbfgs", max_norm=3.0)


# ---- recipes, the command line, one step


RECIPE = """title = "t"
source = "s"
[data]
name = "iris"
[figure]
published = ""
at_least = 0
[training]
max_norm = {}
"""


def test_a_recipe_may_have_it() -> None:
    assert parse(RECIPE.format("3.0"), "own.toml").training.max_norm == 3
    with pytest.raises(RecipeError, match=r"line 9.*max_norm.*expected a finite number above 0"):
        parse(RECIPE.format("0.0"), "own.toml")


def test_the_command_line_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    train = ["train", "iris", "--epochs", "2", "--lr", "0.1", "--quiet"]
    assert run([*train, "--max-norm", "0.5"]) == 0
    net = gn.load("iris.safetensors")
    assert net.trained["settings"]["max_norm"] == 0.5
    for layer in (0, 2, 4):
        assert lengths(net.parameters.of(layer)["W"]).max() < 0.500001
    capsys.readouterr()
    assert run([*train, "--max-norm", "0"]) == 2
    assert "--max-norm" in capsys.readouterr().err


@pytest.mark.parametrize("engine", ["numpy"], indirect=True)
def test_a_traced_step_is_fits_and_tells_what_was_shortened() -> None:
    net = network()
    how: dict[str, Any] = {"optimizer": "sgd:learning_rate=0.1", "max_norm": 0.5}
    trace = net.trace(X, Y, **how)
    twin = network()
    twin.fit(X, Y, epochs=1, batch_size="full", **how)
    for name, values in twin.parameters.items():
        np.testing.assert_array_equal(trace.after[name], values)
    lines = walk(trace, ())[-1].lines
    assert any(line.startswith("shortened with all weights of its unit") for line in lines)
    free = walk(net.trace(X, Y, optimizer="sgd"), ())[-1].lines
    assert not any("shortened" in line for line in free)
