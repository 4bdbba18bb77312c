"""Rules and stacks just below and just above the size of a piece, beside formulas without one."""

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.mlp import mlp
from glassnet.nn.optimizers import OPTIMIZERS, base, optimizer
from glassnet.nn.optimizers.base import PIECE
from glassnet.training.stack import grouping as groups

Array = np.ndarray
RULES = [name for name in OPTIMIZERS if name != "lbfgs"]
SHAPES = [
    (PIECE - 1,), (PIECE,), (PIECE + 1,), (2 * PIECE + 1,),
    (3, PIECE // 3), (3, PIECE // 3 + 1), (2, PIECE + 1), (PIECE + 1, 2),
]  # fmt: skip
RATE, DECAY, STEPS = 0.01, 0.1, 3


def published(name: str, theta: Array, gradients: list[Array], decay: Array) -> Array:
    """The rule's formula as it was published, in float64 on the whole vector; `decay` is λ of each
    parameter."""
    m = s = np.zeros_like(theta)
    for t, gradient in enumerate(gradients, start=1):
        g = gradient + decay * theta
        match name:
            case "sgd":
                step = g
            case "averaging_momentum":
                step = m = 0.9 * m + 0.1 * g
            case "momentum":
                step = m = 0.9 * m + g
            case "nesterov":
                m = 0.9 * m + g
                step = g + 0.9 * m
            case "adagrad":
                s = s + g**2
                step = g / (np.sqrt(s) + 1e-10)
            case "rmsprop":
                s = 0.9 * s + 0.1 * g**2
                step = g / (np.sqrt(s) + 1e-8)
            case "adam" | "adamw":
                g = gradient if name == "adamw" else g
                m, s = 0.9 * m + 0.1 * g, 0.999 * s + 0.001 * g**2
                step = m / (1 - 0.9**t) / (np.sqrt(s / (1 - 0.999**t)) + 1e-8)
        theta = theta - RATE * (step + decay * theta if name == "adamw" else step)
    return theta


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_its_published_formula_at_every_size(name: str, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    theta = rng.standard_normal(shape)
    gradients = list(rng.standard_normal((STEPS, *shape)))
    of_all = (np.arange(shape[-1]) % 3 > 0).astype(float)
    of_each = of_all * np.linspace(0.5, 1, len(theta))[:, None] if theta.ndim > 1 else of_all
    for strength, decays in ((0.0, None), (DECAY, None), (DECAY, of_all), (DECAY, of_each)):
        rule = optimizer({"kind": name, "weight_decay": strength})
        found, moments = theta.copy(), rule.start(theta)
        for t, g in enumerate(gradients, start=1):
            rule.step(found, g.copy(), moments, t, RATE, decays)
        share = strength * (1.0 if decays is None else decays)
        expected = published(name, theta, gradients, np.broadcast_to(share, shape))
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12)


X = np.random.default_rng(0).standard_normal((90, 30))
Y = np.random.default_rng(1).integers(0, 2, 90)


def two(dtype: str = "float64", hidden: int = 512) -> list[gn.Sequential]:
    return [mlp((30,), [hidden], 2, seed=seed, dtype=dtype) for seed in range(2)]


@pytest.mark.parametrize("hidden", [496, 497])  # 32,740 and 32,806 parameters together
@pytest.mark.parametrize("name", RULES)
def test_networks_larger_than_a_piece_are_together_what_they_are_alone(
    name: str, hidden: int
) -> None:
    how: dict[str, Any] = {"epochs": 1, "batch_size": 32}
    for rule, clip in ((name, None), (f"{name}:weight_decay=0.01", 0.5)):
        stack, alone = gn.Stack(two(hidden=hidden)), two(hidden=hidden)
        stack.fit(X, Y, optimizer=rule, clip_norm=clip, **how)
        for one, other in zip(stack, alone, strict=True):
            other.fit(X, Y, optimizer=rule, clip_norm=clip, **how)
            np.testing.assert_allclose(
                one.parameters.vector, other.parameters.vector, rtol=0, atol=1e-10
            )


def test_each_network_of_a_large_stack_has_its_own_decay() -> None:
    stack, decays = gn.Stack(two()), [0.0, 0.1]
    stack.fit(X, Y, optimizer="adamw", weight_decay=decays, epochs=2)
    for network, other, decay in zip(stack, two(), decays, strict=True):
        other.fit(X, Y, optimizer=f"adamw:weight_decay={decay}", epochs=2)
        np.testing.assert_allclose(
            network.parameters.vector, other.parameters.vector, rtol=0, atol=1e-10
        )


@pytest.mark.parametrize("rule", ["adamw", "sgd:weight_decay=0.01"])
def test_padding_threads_and_one_at_a_time_agree_above_a_piece(
    rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained() -> list[Array]:
        stack = gn.Stack(mlp((30,), [w], 2, seed=w, dtype="float64") for w in (500, 512, 520, 530))
        stack.fit(X, Y, optimizer=rule, epochs=1)
        return [network.parameters.vector for network in stack]

    expected = trained()
    for change in ({"CACHE": 1}, {"SIDE_BY_SIDE": 1, "FEWEST": 1, "available": lambda: 2}):
        for name, value in change.items():
            monkeypatch.setattr(groups, name, value)
        for one, other in zip(trained(), expected, strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-10)


@pytest.mark.parametrize("name", RULES)
def test_moments_are_cleared_of_tiny_numbers_without_a_trace(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained(every: int) -> Array:
        monkeypatch.setattr(base, "STEPS_BETWEEN_CLEARING", every)
        (net, _) = two(hidden=4)
        net.fit(X, Y, optimizer=name, epochs=35)  # 105 steps
        vector: Array = net.parameters.vector
        return vector

    np.testing.assert_array_equal(trained(1), trained(1000))


def test_an_ensemble_of_large_networks_trains_with_decay() -> None:
    from glassnet.sklearn import MLPClassifier

    how: dict[str, Any] = {"max_iter": 2, "random_state": 0, "tol": 0}
    for solver in ("adam", "adamw", "sgd"):
        many = MLPClassifier((600,), solver=solver, alpha=0.1, n_ensemble=2, **how)
        with pytest.warns(UserWarning, match="did not converge in 2 iterations"):
            many.fit(X, Y)
        for member in many.estimators_:
            alone = member.__class__(**member.get_params())
            with pytest.warns(UserWarning, match="did not converge in 2 iterations"):
                alone.fit(X, Y)
            for one, other in zip(alone.coefs_, member.coefs_, strict=True):
                np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)
