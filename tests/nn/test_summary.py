"""The table of a network: one of many parts that are alike stands for all."""

import numpy as np
import pytest

import glassnet as gn
from glassnet.inspection.document import Table
from glassnet.inspection.html_report import named_table


def mean_of(*units: int) -> gn.Sequential:
    """Networks side by side, of one hidden layer each, and their mean."""
    branches = [gn.Chain([gn.Dense(n, "relu"), gn.Dense(2)]) for n in units]
    layers = [gn.Concat(branches), gn.Reshape((len(units), 2)), gn.GlobalAveragePool()]
    return gn.Sequential(layers, input_shape=(3,), seed=0)


def names(net: gn.Sequential) -> list[str]:
    return [name for name, *_ in net.summary().cells()]


def test_one_of_many_networks_that_are_alike_stands_for_all() -> None:
    net = mean_of(4, 4, 4, 4)
    assert names(net)[:5] == [
        "0 Concat",
        "  0 to 3 Chain, each",
        "    0 Dense",
        "    1 ReLU",
        "    2 Dense",
    ]
    each = net.summary().cells()[1]
    assert each[1:3] == ("2", "26")  # 3 · 4 + 4 + 4 · 2 + 2 parameters
    assert net.summary().cells()[0][2] == str(4 * 26)


def test_all_stay_among_the_rows() -> None:
    rows = mean_of(4, 4, 4).summary().rows
    assert [row.name for row in rows if row.layer.endswith("Chain")] == ["0.0", "0.1", "0.2"]


@pytest.mark.parametrize("units", [(4, 5, 4), (4, 4)])
def test_those_that_differ_and_pairs_stay_apart(units: tuple[int, ...]) -> None:
    chains = [name.strip() for name in names(mean_of(*units)) if name.endswith("Chain")]
    assert chains == [f"{k} Chain" for k in range(len(units))]


def test_only_neighbours_stand_together() -> None:
    found = [name.strip() for name in names(mean_of(5, 4, 4, 4, 5)) if "Chain" in name]
    assert found == ["0 Chain", "1 to 3 Chain, each", "4 Chain"]


def test_layers_without_parts_keep_their_rows() -> None:
    net = gn.Sequential([gn.ReLU(), gn.ReLU(), gn.ReLU()], input_shape=(2,))
    assert names(net) == ["0 ReLU", "1 ReLU", "2 ReLU", "total"]


def test_those_within_others_are_folded_too() -> None:
    inner = [gn.Residual([gn.Dense(3), gn.ReLU()]) for _ in range(3)]
    net = gn.Sequential([gn.Residual([*inner, gn.Dense(3)])], input_shape=(3,), seed=0)
    assert names(net) == [
        "0 Residual",
        "  body Chain",
        "    0 to 2 Residual, each",
        "      body Chain",
        "        0 Dense",
        "        1 ReLU",
        "    3 Dense",
        "total",
    ]


def test_pages_keep_the_indentation() -> None:
    net = mean_of(4, 4, 4)
    assert "<td>\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}0 to 2 Chain, each</td>" in net._repr_html_()
    *rows, _ = net.summary().cells()
    assert "  0 to 2 Chain, each" in named_table(Table(("layer",) * 5, tuple(rows)))


def test_after_a_step_each_has_its_bars() -> None:
    net = mean_of(4, 4, 4)
    rng = np.random.default_rng(0)
    net.fit(rng.normal(size=(20, 3)), rng.integers(2, size=20), epochs=1)
    assert net._repr_html_().count("Chain</td>") == 3
