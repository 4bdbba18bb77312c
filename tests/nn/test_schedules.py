"""Schedules: the factor at given times."""

import math
from typing import Any

import pytest

import glassnet as gn
from glassnet.nn.schedules import SCHEDULES, schedule


@pytest.mark.parametrize(
    ("given", "time", "factor"),
    [
        ("constant", 7.3, 1.0),
        ("step:every=5,gamma=0.5", 4.99, 1.0),
        ("step:every=5,gamma=0.5", 5.0, 0.5),
        ("step:every=5,gamma=0.5", 14.2, 0.25),
        ("exponential:gamma=0.9", 3.7, 0.9**3),
        ("cosine", 0.0, 1.0),
        ("cosine", 5.0, 0.5),
        ("cosine:end=0.2", 20.0, 0.2),
        ("cosine", 2.5, (1 + math.cos(math.pi / 4)) / 2),
        ("cosine_log", 0.0, 0.0),
        ("cosine_log", 10 / 15, 0.0),  # the first of four waves ends after a fifteenth of the time
        ("cosine_log", 30 / 15, 0.0),
        ("cosine_log", 10.0, 0.0),
        ("cosine_log", 10 * (2**2.5 - 1) / 15, 1.0),
        ("cosine_log:cycles=1", 10 * (2**0.25 - 1), 0.5),
        ("warm_up:epochs=4", 0.0, 0.0),
        ("warm_up:epochs=4", 1.0, 0.25),
        ("warm_up:epochs=4", 4.0, 1.0),
        ("warm_up:epochs=4,then=cosine", 7.0, 0.5),
        ("one_cycle", 0.0, 1 / 25),
        ("one_cycle", 3.0, 1.0),
        ("one_cycle", 10.0, 1 / 25e4),
        ("one_cycle:rise=0.5,start=10", 2.5, (1 + 1 / 10) / 2),
    ],
)
def test_factors(given: str, time: float, factor: float) -> None:
    assert schedule(given).factor(time, epochs=10) == pytest.approx(factor, abs=1e-12)


@pytest.mark.parametrize(
    ("losses", "factor"),
    [
        ([], 1.0),
        ([1.0, 0.9, 0.8, 0.7], 1.0),
        ([1.0, 1.0], 1.0),
        ([1.0, 1.0, 1.0], 0.5),
        ([1.0, 1.0, 0.99, 1.0], 1.0),
        ([1.0, 1.0, 1.0, 0.5, 0.5, 0.5], 0.25),
        ([1.0] * 4, 0.5),
        ([1.0] * 5, 0.25),
        ([1.0, 0.99999, 0.99998], 0.5),  # falls, but by less than 0.01 %
    ],
)
def test_on_plateau(losses: list[float], factor: float) -> None:
    rule = schedule("on_plateau:patience=2,gamma=0.5")
    assert rule.factor(float(len(losses)), 99, losses) == factor


@pytest.mark.parametrize("then", sorted(set(SCHEDULES) - {"warm_up"}))
def test_after_warming_up_another_schedule_runs_in_the_time_that_is_left(then: str) -> None:
    late, alone = schedule({"kind": "warm_up", "epochs": 3, "then": then}), schedule(then)
    for time in (0.0, 0.5, 4.0, 6.75):
        assert late.factor(time + 3, 10, [1.0] * 8) == alone.factor(time, 7, [1.0] * 8)


def test_a_schedule_remembers_nothing() -> None:
    rule = schedule("on_plateau:patience=1,gamma=0.5")
    flat, falling = [1.0, 1.0, 1.0], [1.0, 0.5, 0.2]
    assert [rule.factor(3.0, 9, losses) for losses in (flat, falling, flat)] == [0.25, 1.0, 0.25]


@pytest.mark.parametrize("name", SCHEDULES)
def test_factors_stay_between_0_and_1(name: str) -> None:
    rule = schedule(name)
    factors = [rule.factor(step / 7, 10, [1.0] * (step // 7)) for step in range(70)]
    assert all(0 <= factor <= 1 for factor in factors)
    assert max(factors) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("name", SCHEDULES)
def test_the_description_makes_it_again(name: str) -> None:
    rule = schedule(name)
    assert schedule(rule.config()).config() == rule.config()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("cosin", "did you mean 'cosine'"),
        ("step:evry=3", "did you mean 'every'"),
        ("step:every=0", "every is 0"),
        ("warm_up:epochs=-1", "epochs is -1"),
        ("warm_up:then=cosin", "did you mean 'cosine'"),
        ("one_cycle:rise=1", "rise is 1"),
        ("on_plateau:patience=0", "patience is 0"),
        ("exponential:gamma=-1", "gamma is -1"),
        ("cosine_log:cycles=0", "cycles is 0"),
        ("step:every=often", "every is 'often'"),
        ("step:gamma", "expected name:key=value"),
        ("warm_up:epochs=nan", "epochs is nan"),
        ("cosine:end=-1", "end is -1"),
        ("cosine:end=nan", "end is nan"),
        ("cosine:end=low", "end"),
        ({"kind": "step", "evry": 3}, "did you mean 'every'"),
        ({"every": 3}, "a dict with 'kind'"),
        (0.1, "expected a Schedule"),
    ],
)
def test_settings_that_make_no_sense(given: Any, says: str) -> None:
    with pytest.raises(gn.GlassnetError, match=says):
        schedule(given)
