"""The ingredients of the preset for tables, and others: layers, columns, and the report."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from benchmarks.tables import ingredients
from benchmarks.tables.catalogue import TABLES
from benchmarks.tables.ingredients import chosen, line, report
from benchmarks.tables.layers import Gain, UnitDense, known
from benchmarks.tables.results import Result
from benchmarks.tables.variants import VARIANTS, in_pieces, squeezed
from glassnet.base.errors import InputError
from glassnet.nn.layers import layers_from
from glassnet.nn.layers.base import LAYERS


@pytest.mark.parametrize("layer", [Gain(), Gain(rate=1.0), UnitDense(3)])
def test_backward_is_the_derivative_of_forward(layer: Any) -> None:
    network = gn.Sequential([layer, gn.Dense(2)], input_shape=4, seed=0)
    rng = np.random.default_rng(0)
    assert gn.gradcheck(network, rng.normal(size=(5, 4)), rng.integers(0, 2, 5), show=False)


def test_a_gain_starts_as_nothing_and_learns_faster_than_a_weight() -> None:
    x = np.array([[1.0, -2.0], [0.5, 3.0]])
    slow, fast = (gn.Sequential([Gain(rate)], input_shape=2, dtype="float64") for rate in (1, 6))
    assert fast(x) == pytest.approx(x)
    for network in (slow, fast):
        network.fit(x, 2 * x, loss="mean_squared", optimizer="adam", epochs=1, batch_size=2)
    moved = [network(np.ones((1, 2)))[0] - 1 for network in (slow, fast)]
    assert moved[1] == pytest.approx(6 * moved[0])


def test_unit_weights_are_divided_by_the_root_of_the_inputs() -> None:
    layer = UnitDense(2)
    network = gn.Sequential([layer], input_shape=16, seed=0)
    x = np.ones((1, 16), np.float32)
    assert network(x) == pytest.approx(x @ layer.W / 4, rel=1e-5)
    assert 0.7 < np.std(layer.W) < 1.3


def test_words_name_these_layers_only_inside() -> None:
    before = dict(LAYERS)
    with known(gain=Gain, unit_dense=UnitDense):
        first, second = layers_from("gain, unit_dense 8")
    assert isinstance(first, Gain) and isinstance(second, UnitDense)
    assert before == LAYERS
    with pytest.raises(InputError, match="gain"):
        layers_from("gain")


def test_numbers_are_squeezed_by_what_the_training_rows_say() -> None:
    rows = pd.DataFrame({"self": [0.0, 1.0, 2.0, 3.0, 4.0], "flag": [0, 0, 0, 0, 1], "word": "a"})
    more = squeezed(rows)(pd.DataFrame({"self": [2.0, 4.0, 1e9], "flag": [0, 1, 1], "word": "b"}))
    assert more["self"].tolist() == pytest.approx([0, 1 / np.sqrt(1 + 1 / 9), 3])
    assert more["flag"].tolist() == pytest.approx([0, *2 * [2 / np.sqrt(1 + 4 / 9)]])
    assert more["word"].tolist() == ["b", "b", "b"]


def test_pieces_say_how_far_a_number_lies_in_each_interval() -> None:
    rows = pd.DataFrame({"x": [0.0, 1.0, 2.0, 4.0, 8.0], "word": "a"})
    more = in_pieces(rows, most=4)(pd.DataFrame({"x": [-1.0, 3.0, 9.0], "word": "a"}))
    assert more.filter(like="piece").to_numpy().tolist() == [
        [0, 0, 0, 0], [1, 1, 0.5, 0], [1, 1, 1, 1],
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["gain", "unit", "pieces"])
def test_a_variant_learns(name: str) -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"a": rng.normal(size=120), "b": rng.normal(size=120)})
    y = (rows["a"] > 0).to_numpy().astype(int)
    predict = VARIANTS[name].fit(rows, y, "classes", 0)
    assert (predict(rows).argmax(axis=1) == y).mean() > 0.85


def test_what_is_compared_exists_and_is_chosen_on_the_tuning_half(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert {variant.beside for variant in VARIANTS.values()} <= VARIANTS.keys()
    here = {name: TABLES[name] for name in ("wine", "iris", "diabetes")}  # need no download
    monkeypatch.setattr(ingredients, "TABLES", here)
    assert TABLES["iris"].half == "reporting"
    assert [table.name for table in chosen(rows=600)] == ["wine", "diabetes"]
    assert [table.name for table in chosen(rows=200)] == ["wine"]


def _result(table: str, who: str, error: float) -> Result:
    return {"table": table, "contender": who, "seed": 0, "error": error, "score": 1 - error,
            "fit": 1 + error}  # fmt: skip


def test_a_line_is_the_mean_over_tables_in_percent_of_the_base_rate() -> None:
    found = [
        _result("wine", "base", 2.0), _result("wine", "preset", 1.0), _result("wine", "one", 1.2),
        _result("diabetes", "base", 1.0), _result("diabetes", "preset", 0.5),
        _result("diabetes", "one", 0.48), _result("german", "one", 0.1),
    ]  # fmt: skip
    cells = line(found, "one")
    assert cells[2:6] == ["2", "+4.00 ± 6.00", "1", "-9.00"]
    assert float(cells[6]) == pytest.approx((2.2 / 2 + 1.48 / 1.5) / 2, abs=0.005)
    assert line(found, "four") == []
    assert report(found).splitlines()[2:] == [f"| {' | '.join(cells)} |"]
