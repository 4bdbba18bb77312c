"""The suggested learning rate: by hand for made-up losses, and judged by training at it."""

import numpy as np
import pytest

import glassnet as gn
from benchmarks.quality.lr_find import DATA, NETWORKS, judged
from glassnet.base.errors import InputError
from glassnet.data import load
from glassnet.workflows.rates import REACH, repeats, smoothed, suggestion
from glassnet.workflows.spec import Data, Experiment, Net, Training
from glassnet.workflows.studies import find_learning_rate

NAN = float("nan")
RATES = [0.001 * REACH ** (0.37 * k) for k in range(8)]  # two within reach on each side


def place(*rows: list[float]) -> int:
    return suggestion(RATES, np.array(rows))


def test_it_is_never_right_of_where_it_blew_up() -> None:
    assert place([1.1, 0.5, 0.2, 0.1, 0.1, 39.8, 0.0, 7.7]) < 5
    assert place([1.1, 0.5, 0.2, 0.1, 0.1, NAN, 0.0, 0.0]) < 5
    assert place([1.1, 0.9, NAN, 0.0, 0.0, 0.0, 0.0, 0.0]) < 2
    rng = np.random.default_rng(0)
    for _ in range(200):
        losses = rng.exponential(size=(3, 8)) ** 3
        losses[:, 0] = 1.0
        blown = (losses.mean(axis=0) > 1.1).argmax() or 8
        assert suggestion(RATES, losses) < blown


def test_one_lucky_zero_does_not_win() -> None:
    lucky = [1.0, 0.6, 0.3, 0.1, 0.1, 0.1, 0.9, 0.0]
    assert place(lucky) == place([*lucky[:-1], 0.3])


def test_of_rates_as_good_it_is_the_smallest() -> None:
    flat = [1.0, 0.5, *6 * [0.1]]
    assert place(flat) == 4  # the first that has nothing worse within reach
    assert place([*flat[:5], 0.099, 0.098, 0.098]) == 4
    assert place([*flat[:5], 0.05, 0.05, 0.05]) > 5


def test_of_classes_the_errors_count_as_well() -> None:
    losses = np.array([[1.0, 0.5, 0.3, 0.3, 0.35, 0.4, 0.45, 0.5]])
    errors = np.array([[0.5, 0.4, 0.3, 0.2, 0.1, 0.02, 0.02, 0.1]])
    assert suggestion(RATES, losses) == 3
    assert suggestion(RATES, losses, errors) in (5, 6)
    assert suggestion(RATES, losses, np.zeros((1, 8))) == 3  # nothing is wrong anywhere


@pytest.mark.parametrize("unit", [1e-30, 1e-12, 1.0, 1e12])
def test_the_unit_of_the_loss_does_not_matter(unit: float) -> None:
    losses = np.array([1.0, 0.5, 0.2, 0.05, 0.04, 0.3, 2.0, 9.0])
    assert place(list(unit * losses)) == place(list(losses))


def test_repeats_are_taken_together() -> None:
    one, other = [1.0, 0.5, 0.2, 0.0, 0.3, 0.3, 0.3, 0.3], [1.0, 0.5, 0.2, 0.6, 0.1, 0.1, 0.1, 0.1]
    assert place(one, other) > 4
    assert place(one) <= 4


def test_few_rates_will_do() -> None:
    assert suggestion([0.1], np.array([[0.3]])) == 0
    assert suggestion([0.1, 0.2], np.array([[0.3, NAN]])) == 0
    assert suggestion([0.1, 10.0], np.array([[0.3, 0.1]])) == 1  # too far apart to be neighbours
    with pytest.raises(InputError, match=r"diverged with the smallest rate, 0\.1"):
        suggestion([0.1, 0.2], np.array([[NAN, NAN]]))


def test_neighbours_count_by_their_distance_in_the_logarithm() -> None:
    near = np.log(REACH / 1.5) / np.log(REACH)
    mean = smoothed([1.0, 1.5, 100.0], np.array([1.0, 0.0, 5.0]))
    np.testing.assert_allclose(mean, [1 / (1 + near), near / (1 + near), 5.0])


def test_small_validation_parts_are_made_up_for_by_repeats() -> None:
    assert [repeats(held) for held in (1, 12, 100, 199, 200, 6000)] == [20, 20, 3, 2, 2, 1]


def experiment(**training: float) -> Experiment:
    return Experiment(
        data=Data(name="moons"), network=Net(hidden=[8]),
        training=Training(epochs=3, **training),
    )  # fmt: skip


def test_each_repeat_is_a_training_of_its_own() -> None:
    data = load("moons", samples=200)
    rates = [0.001, 0.01, 0.1]
    found = find_learning_rate(experiment(validation=0.5), data, rates=rates[::-1])
    assert found.rates == rates
    assert (found.repeats, found.samples) == (4, 76)
    for rate, loss in zip(rates, found.losses, strict=True):
        alone = [gn.Sequential([gn.Dense(8, "relu"), gn.Dense(2)], seed=k) for k in range(4)]
        each = [
            net.fit(data.x_train, data.y_train, epochs=3, validation=0.5,
                    optimizer=gn.Adam(rate))["val_loss"][-1]
            for net in alone
        ]  # fmt: skip
        assert loss == pytest.approx(np.mean(each), rel=1e-4)


@pytest.mark.parametrize(("name", "rounds"), [("flowers", 4), ("moons", 2)])
def test_training_at_the_suggestion_is_as_good_as_at_the_best_rate(name: str, rounds: int) -> None:
    _, share = judged(NETWORKS["16, relu"], DATA[name](), rounds)
    assert share >= 0.99
