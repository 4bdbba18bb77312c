"""Prediction intervals hold as often as they say, whatever the network and the errors."""

import math
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.workflows.intervals import MOST_KEPT, half_width, residuals

Array = np.ndarray


def network(outputs: int = 1) -> gn.Sequential:
    """A poor one: it predicts its input, whatever the target."""
    net = gn.Sequential([gn.Dense(outputs, init="constant:value=1")], input_shape=1, seed=0)
    net.loss, net.task = gn.MeanSquared(), "values"
    return net


def rows(rng: np.random.Generator, count: int) -> tuple[Array, Array]:
    """Targets whose errors are skewed, and larger for larger inputs."""
    x = rng.uniform(0, 2, (count, 1))
    return x, 3 * x[:, 0] + (1 + x[:, 0]) * rng.exponential(size=count)


@pytest.mark.parametrize("coverage", [0.5, 0.9, 0.95])
@pytest.mark.parametrize("held_out", [19, 100])
def test_coverage_over_many_seeds(coverage: float, held_out: int) -> None:
    net, inside = network(), []
    for seed in range(400):
        rng = np.random.default_rng(seed)
        net.trained["residuals"] = residuals(net, *rows(rng, held_out))
        q, (x, y) = half_width(net, coverage)[0], rows(rng, 50)
        inside.append(np.mean(np.abs(y - net(x)[:, 0]) <= q))
    exact = math.ceil((held_out + 1) * coverage) / (held_out + 1)  # of continuous errors
    error = np.std(inside) / math.sqrt(len(inside))
    assert exact >= coverage
    assert np.mean(inside) == pytest.approx(exact, abs=4 * error)


def test_the_correction_of_few_rows_is_the_published_one() -> None:
    net = network()
    for count in (1, 2, 9, 10, 37, 99):
        net.trained["residuals"] = {"rows": count, "absolute": [[float(n) for n in range(count)]]}
        for hundredth in range(1, 100):
            rank = -(-(count + 1) * hundredth // 100)
            if rank <= count:
                assert half_width(net, hundredth / 100) == [rank - 1]
            else:
                with pytest.raises(gn.GlassnetError, match="needs at least"):
                    half_width(net, hundredth / 100)


def test_the_message_says_how_many_rows_are_enough() -> None:
    net = network()
    net.trained["residuals"] = {"rows": 12, "absolute": [[float(n) for n in range(12)]]}
    with pytest.raises(gn.GlassnetError) as caught:
        half_width(net, 0.95)
    text = str(caught.value)
    assert "0.95 needs at least 19 held-out rows, and this network had 12" in text
    assert "at most 0.923" in text and len(half_width(net, 0.923)) == 1


def test_of_many_rows_some_are_kept_and_the_interval_is_never_too_narrow() -> None:
    rng, net = np.random.default_rng(0), network()
    for count in (MOST_KEPT, MOST_KEPT + 1, 7531):
        x, y = rows(rng, count)
        net.trained["residuals"] = residuals(net, x, y)
        assert len(net.trained["residuals"]["absolute"][0]) == MOST_KEPT
        every = np.sort(np.abs(y - net(x)[:, 0].astype(float)))
        for coverage in (0.01, 0.5, 0.9, 0.999):
            rank = math.ceil(round((count + 1) * coverage, 9))
            q = half_width(net, coverage)[0]
            place = int(np.searchsorted(every, q)) + 1
            assert rank <= place <= rank + count / MOST_KEPT


def test_every_output_has_its_own() -> None:
    net = network(2)
    x = np.zeros((9, 1))
    y = np.column_stack([np.arange(9.0), 10 * np.arange(9.0)])
    net.trained["residuals"] = residuals(net, x, y)
    assert half_width(net, 0.5).tolist() == [4.0, 40.0]


def test_a_network_without_held_out_rows_says_so() -> None:
    with pytest.raises(gn.GlassnetError, match="keeps no errors of held-out rows"):
        half_width(network(), 0.9)
    classes = network(2)
    classes.task = "classes"
    with pytest.raises(gn.GlassnetError, match="an interval is for values"):
        half_width(classes, 0.9)
    for share in (0.0, 1.0, 90.0, math.nan):
        with pytest.raises(gn.GlassnetError, match="expected a share above 0 and below 1"):
            half_width(network(), share)


@pytest.mark.parametrize(
    "kept",
    [
        [], {"rows": 2}, {"rows": 0, "absolute": [[]]}, {"rows": 2, "absolute": [[1.0]]},
        {"rows": 2, "absolute": [[2.0, 1.0]]}, {"rows": 2, "absolute": [[1.0, "x"]]},
        {"rows": 2, "absolute": [[1.0, math.inf]]}, {"rows": 2.5, "absolute": [[1.0, 2.0]]},
        {"rows": 10**30, "absolute": [[1.0]]}, {"rows": 2, "absolute": [[1.0, 2.0]] * 2},
    ],
)  # fmt: skip
def test_a_changed_file_is_refused(kept: Any) -> None:
    net = network()
    net.trained["residuals"] = kept
    with pytest.raises(gn.GlassnetError, match="trained residuals"):
        half_width(net, 0.5)
