"""Every rule: in place, on one vector or many, in pieces or whole."""

from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.optimizers import OPTIMIZERS, base, optimizer

RULES = [name for name in OPTIMIZERS if name != "lbfgs"]
every_rule = pytest.mark.parametrize("name", RULES)


def equal_settings(one: gn.Optimizer, other: gn.Optimizer) -> bool:
    return one.config() == other.config()


def walk(
    rule: gn.Optimizer, theta: np.ndarray, steps: int = 5, rate: Any = 0.1, decays: Any = None
) -> np.ndarray:
    """Some steps down ½‖θ − 1‖²; the moments start anew."""
    theta = theta.copy()
    moments = rule.start(theta)
    for t in range(1, steps + 1):
        rule.step(theta, theta - 1, moments, t, rate, decays)
    return theta


def start(*shape: int, dtype: Any = np.float64) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape).astype(dtype)


@every_rule
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_steps_are_in_place_and_keep_the_dtype(name: str, dtype: Any) -> None:
    rule, theta, g = optimizer(name), start(7, dtype=dtype), start(7, dtype=dtype)
    moments = rule.start(theta)
    kept, before = {id(theta), *map(id, moments.values())}, theta.copy()
    rule.step(theta, g, moments, 1, 0.1)
    assert {id(theta), *map(id, moments.values())} == kept
    assert theta.dtype == dtype
    assert all(m.dtype == dtype and m.shape == theta.shape for m in moments.values())
    assert (theta != before).all()


@every_rule
def test_the_moments_are_made_by_start_and_are_all_its_memory(name: str) -> None:
    rule, theta, g = optimizer(name), start(7), start(7)
    moments = rule.start(theta)
    assert list(moments) == list(rule.moments)
    assert not any(m.any() or np.shares_memory(m, theta) for m in moments.values())
    once, twice = theta.copy(), theta.copy()
    rule.step(once, g.copy(), rule.start(once), 1, 0.1)
    rule.step(theta, g.copy(), moments, 1, 0.1)  # another walk, which the rule must forget
    rule.step(twice, g.copy(), rule.start(twice), 1, 0.1)
    np.testing.assert_array_equal(once, twice)


@every_rule
def test_every_rule_reaches_the_minimum(name: str) -> None:
    plain = optimizer({"kind": name, "weight_decay": 0.0})  # decay moves the bottom
    theta = walk(plain, start(7), steps=3000, rate=0.5 if name == "adagrad" else 0.005)
    np.testing.assert_allclose(theta, 1, atol=0.02)


@every_rule
def test_many_networks_are_a_loop(name: str) -> None:
    rule, rates = optimizer(name), np.array([0.01, 0.1, 0.03])
    together = walk(rule, start(3, 7), rate=rates[:, None])
    for theta, rate, result in zip(start(3, 7), rates, together, strict=True):
        np.testing.assert_allclose(result, walk(rule, theta, rate=float(rate)), rtol=1e-12)


@every_rule
def test_many_networks_with_decay_and_rates_keep_float32(name: str) -> None:
    rule = optimizer({"kind": name, "weight_decay": 0.1})
    rates, decays = np.array([[0.01], [0.1], [0.03]], np.float32), np.eye(1, 7, dtype=np.float32)[0]
    together = walk(rule, start(3, 7, dtype=np.float32), rate=rates, decays=decays)
    assert together.dtype == np.float32
    for k, theta in enumerate(start(3, 7, dtype=np.float32)):
        alone = walk(rule, theta, rate=float(rates[k, 0]), decays=decays)
        np.testing.assert_allclose(together[k], alone, rtol=1e-5)


@every_rule
@pytest.mark.parametrize("shape", [(50,), (3, 50), (2, 2, 50), (40, 50)])
def test_pieces_are_the_whole(
    name: str, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = optimizer({"kind": name, "weight_decay": 0.1})
    decays = (np.arange(50) % 3 == 0).astype(float)
    whole = walk(rule, start(*shape), decays=decays)
    monkeypatch.setattr(base, "PIECE", 16)
    np.testing.assert_array_equal(walk(rule, start(*shape), decays=decays), whole)


@pytest.mark.parametrize("shape", [(50,), (3, 50)])
def test_no_piece_has_more_numbers_than_the_cache(
    shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "PIECE", 16)
    theta = start(*shape)
    sizes = [theta[piece].size for piece in base.pieces(theta)]
    assert max(sizes) <= 16
    assert sum(sizes) == theta.size


@every_rule
def test_decay_is_for_weights_alone(name: str) -> None:
    plain = optimizer({"kind": name, "weight_decay": 0.0})
    decayed = optimizer({"kind": name, "weight_decay": 0.5})
    decays = np.array([1.0, 0, 1, 0])
    a, b = (walk(rule, start(4) + 2, decays=decays) for rule in (plain, decayed))
    np.testing.assert_array_equal((a != b), decays == 1)


@every_rule
def test_a_parameter_whose_gradient_was_always_0_stays_where_it_is(name: str) -> None:
    rule, theta = optimizer({"kind": name, "weight_decay": 0.0}), start(5)
    before, moments = theta.copy(), rule.start(theta)
    g = np.array([0.0, 1.0, 0.0, -2.0, 0.0])
    for t in range(1, 60):
        rule.step(theta, g.copy(), moments, t, 0.1)
    assert (theta == before).tolist() == [True, False, True, False, True]


@every_rule
def test_decay_leaves_a_weight_of_0_without_a_gradient_alone(name: str) -> None:
    rule, theta = optimizer({"kind": name, "weight_decay": 0.1}), np.zeros(3)
    moments = rule.start(theta)
    for t in range(1, 60):
        rule.step(theta, np.zeros(3), moments, t, 0.1)
    assert theta.tolist() == [0, 0, 0]


def test_l2_is_a_part_of_the_gradient_and_adamw_keeps_it_apart() -> None:
    theta, g = np.array([2.0]), np.array([0.5])
    optimizer("sgd:weight_decay=0.1").step(theta, g.copy(), {}, 1, 0.1)
    assert theta == pytest.approx(2 - 0.1 * (0.5 + 0.1 * 2))
    theta = np.array([2.0])  # without a gradient only AdamW's own decay is left
    gn.AdamW(weight_decay=0.1).step(theta, np.zeros(1), gn.AdamW().start(theta), 1, 0.1)
    assert theta == pytest.approx(2 - 0.1 * 0.1 * 2)
    theta = np.array([2.0])
    rule = gn.AdamW(weight_decay=0.1)
    rule.step(theta, g.copy(), rule.start(theta), 1, 0.1)
    assert theta == pytest.approx(2 - 0.1 * 0.1 * 2 - 0.1)  # Adam's first step is η, whatever g


def test_averaging_momentum_by_hand() -> None:
    theta, rule = np.array([1.0]), gn.AveragingMomentum(beta=0.9)
    moments = rule.start(theta)
    rule.step(theta, np.array([2.0]), moments, 1, 0.5)
    assert moments["v"] == pytest.approx(0.2)
    assert theta == pytest.approx(1 - 0.5 * 0.2)
    rule.step(theta, np.array([2.0]), moments, 2, 0.5)
    assert moments["v"] == pytest.approx(0.38)


def test_the_heavy_ball_is_the_averaging_one_with_another_rate() -> None:
    """v is 1/(1 − β) times as long: the same path with η (1 − β), but another rule."""
    heavy = walk(gn.Momentum(), start(7), rate=0.01)
    averaging = walk(gn.AveragingMomentum(), start(7), rate=0.1)
    np.testing.assert_allclose(heavy, averaging, rtol=1e-12)


def test_a_step_on_no_parameters_does_nothing() -> None:
    gn.SGD().step(np.empty(0), np.empty(0), {}, 1, 0.1)


def test_constants_are_the_published_ones() -> None:
    assert equal_settings(optimizer("adam"), gn.Adam(0.001, beta1=0.9, beta2=0.999, epsilon=1e-8))
    assert equal_settings(optimizer("adamw"), gn.AdamW(0.001, 0.9, 0.999, 1e-8, weight_decay=0.01))
    assert equal_settings(optimizer("rmsprop"), gn.RMSProp(0.001, rho=0.9, epsilon=1e-8))
    assert equal_settings(optimizer("adagrad"), gn.AdaGrad(0.01, epsilon=1e-10))
    for rule in (gn.Momentum, gn.Nesterov, gn.AveragingMomentum):
        assert equal_settings(rule(), rule(0.01, beta=0.9))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_description_makes_it_again(name: str) -> None:
    rule = optimizer(name)
    assert optimizer(rule.config()).config() == rule.config()
    assert optimizer(rule) is rule
    written = eval(repr(rule), {k: getattr(gn, k) for k in gn.__all__})
    assert written.config() == rule.config()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("adm", "did you mean 'adam'"),
        ("adam:beta3=1", "did you mean 'beta"),
        ("adam:beta1", "expected name:key=value"),
        ("adam:beta1=1", "beta1 is 1"),
        ("sgd:learning_rate=-1", "learning_rate is -1"),
        ("sgd:learning_rate=nan", "learning_rate is nan"),
        ("sgd:weight_decay=inf", "weight_decay is inf"),
        ("adam:beta1=-0.1", "beta1 is -0.1"),
        ("adam:beta2=1.5", "beta2 is 1.5"),
        ("adamw:weight_decay=-0.1", "weight_decay is -0.1"),
        ("rmsprop:rho=1", "rho is 1"),
        ("rmsprop:epsilon=-1", "epsilon is -1"),
        ("nesterov:beta=1", "beta is 1"),
        ("momentum:beta=nan", "beta is nan"),
        ("averaging_momentum:beta=1", "beta is 1"),
        ("adagrad:learning_rate=inf", "learning_rate is inf"),
        ("adam:learning_rate=fast", "learning_rate"),
        ("lbfgs:history=0", "history is 0"),
        ("lbfgs:history=2.5", "history is 2.5"),
        ({"learning_rate": 1}, "a dict with 'kind'"),
        (0.1, "expected a"),
    ],
)
def test_settings_that_make_no_sense(given: Any, says: str) -> None:
    with pytest.raises(gn.GlassnetError, match=says):
        optimizer(given)


def wave() -> tuple[np.ndarray, np.ndarray]:
    x = np.linspace(-2, 2, 60)[:, None]
    return x, np.sin(2 * x[:, 0])


def fitted(**settings: Any) -> tuple[gn.Sequential, gn.History]:
    net = gn.Sequential([gn.Dense(8, "tanh"), gn.Dense(1)], seed=0, dtype=np.float64)
    return net, net.fit(*wave(), **settings)


def test_lbfgs_is_ahead_of_descent() -> None:
    _, quick = fitted(optimizer="lbfgs", epochs=100)
    _, slow = fitted(optimizer="sgd:learning_rate=0.1", epochs=200, batch_size="full")
    assert quick["loss"][-1] < slow["loss"][-1] / 10
    assert all(a >= b for a, b in zip(quick["loss"], quick["loss"][1:], strict=False))


def test_lbfgs_learns_from_as_many_past_steps_as_it_is_told() -> None:
    _, long = fitted(optimizer="lbfgs", epochs=40)
    _, short = fitted(optimizer="lbfgs:history=1", epochs=40)
    assert long["loss"][-1] < short["loss"][-1] / 2


def test_lbfgs_stops_when_nothing_improves() -> None:
    x = np.arange(6.0)[:, None]
    net = gn.Sequential([gn.Dense(1)], seed=0, dtype=np.float64)
    history = net.fit(x, 3 * x[:, 0] + 1, optimizer="lbfgs", epochs=500)
    assert history.epochs < 50
    np.testing.assert_allclose(net.predict(x), 3 * x[:, 0] + 1, atol=1e-3)


def test_lbfgs_ends_where_its_history_says() -> None:
    net, history = fitted(optimizer="lbfgs:weight_decay=0.01", epochs=30)
    assert net.evaluate(*wave())["loss"] == pytest.approx(history["loss"][-1], rel=1e-9)


def test_lbfgs_with_decay_is_ridge_regression() -> None:
    x = np.random.default_rng(1).normal(size=200)
    y, decay = 3 * x + 1, 0.5
    net = gn.Sequential([gn.Dense(1)], seed=0, dtype=np.float64)
    net.fit(x[:, None], y, optimizer=f"lbfgs:weight_decay={decay}", epochs=200)
    # mean (wx + b − y)² + λ/2 w² is least at w = cov(x, y) / (var(x) + λ/2)
    slope = np.cov(x, y, bias=True)[0, 1] / (x.var() + decay / 2)
    assert net.parameters["0.W"] == pytest.approx(slope, rel=1e-4)


def test_lbfgs_can_be_stopped() -> None:
    class Two:
        trainer: Any

        def on_epoch_end(self, epoch: int, logs: Any) -> None:
            if epoch == 1:
                self.trainer.stop("two are enough")

    _, history = fitted(optimizer="lbfgs", epochs=100, callbacks=[Two()])
    assert history.epochs == 2
    assert history.interrupted == "two are enough"


def test_lbfgs_has_no_single_step() -> None:
    with pytest.raises(gn.GlassnetError, match="whole loss"):
        gn.LBFGS().step(np.ones(2), np.ones(2), {}, 1, 1.0)


@pytest.mark.parametrize("name", ["averaging_momentum", "momentum", "nesterov", "adam", "rmsprop"])
def test_moments_do_not_end_in_subnormal_numbers(name: str) -> None:
    """Where the gradient has become 0 they shrink for ever; some processors then crawl."""
    theta, rule = np.zeros(2, np.float32), optimizer(name)
    moments = rule.start(theta)
    rule.step(theta, np.array([1e-3, 1e-15], np.float32), moments, 1, 0.1)
    for t in range(2, 1501):
        rule.step(theta, np.zeros(2, np.float32), moments, t, 0.1)
    tiny = np.finfo(np.float32).tiny
    for moment in moments.values():
        assert ((moment == 0) | (np.abs(moment) >= tiny)).all()
