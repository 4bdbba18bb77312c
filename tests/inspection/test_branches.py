"""Of many branches that are alike, the walk through a step shows the one of the followed weight."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.inspection.document import Part
from glassnet.inspection.trace import Trace
from glassnet.inspection.walkthrough import walk


def step(*units: int) -> Trace:
    """One step of networks of one hidden layer each, and their mean."""
    branches = [gn.Chain([gn.Dense(n, "relu"), gn.Dense(2)]) for n in units]
    layers = [gn.Concat(branches), gn.Reshape((len(units), 2)), gn.GlobalAveragePool()]
    net = gn.Sequential(layers, input_shape=(3,), seed=0)
    return net.trace(np.ones((2, 3)), [0, 1])


def layers(parts: list[Part]) -> list[str]:
    """The layers that have parts, in their order."""
    return list(dict.fromkeys(part.layer for part in parts if part.layer))


def test_one_of_four_networks_is_shown_and_that_is_said() -> None:
    parts = walk(step(4, 4, 4, 4))
    assert layers(parts) == ["0.0.0", "0.0.1", "0.0.2", "0", "1", "2"]
    assert parts[0].lines[-1] == "of 4 branches that are alike only 0.0 is shown"
    ways = [part.way for part in parts if part.layer == "0.0.0"]
    assert "forward" in ways and "backward" in ways


def test_a_weight_of_another_shows_that_one() -> None:
    parts = walk(step(4, 4, 4, 4), weight=("0.2.0.W", (0, 1)))
    assert layers(parts)[:3] == ["0.2.0", "0.2.1", "0.2.2"]
    assert "only 0.2 is shown" in parts[0].lines[-1]


@pytest.mark.parametrize("units", [(4, 4), (4, 5, 4)])
def test_pairs_and_those_that_differ_are_all_shown(units: tuple[int, ...]) -> None:
    parts = walk(step(*units))
    first = [name for name in layers(parts) if name.endswith(".0")]
    assert first == [f"0.{k}.0" for k in range(len(units))]
    assert not any("alike" in line for line in parts[0].lines)


def test_ten_are_not_taken_for_the_first_of_them() -> None:
    parts = walk(step(*[3] * 11), weight=("0.1.0.W", (0, 0)))
    assert layers(parts)[:3] == ["0.1.0", "0.1.1", "0.1.2"]
    assert not any(name.startswith("0.10.") for name in layers(parts))


def test_parts_that_stand_alone_are_those_of_every_layer() -> None:
    assert len([n for n in layers(walk(step(4, 4, 4), inputs=True)) if n.endswith(".0")]) == 3


def test_the_record_has_all() -> None:
    names = [layer["name"] for layer in step(4, 4, 4).as_json()["layers"]]
    assert {"0.0.0", "0.1.0", "0.2.0"} <= set(names)
