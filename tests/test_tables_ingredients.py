"""The ingredients of the preset for tables, and others: layers, columns, and the report."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

import glassnet as gn
from benchmarks.tables import ingredients
from benchmarks.tables.catalogue import TABLES
from benchmarks.tables.falling import FallingAdamW, FallingDropout
from benchmarks.tables.ingredients import chosen, line, report, sampled
from benchmarks.tables.layers import CategoryEmbedding, Gain, UnitDense, known
from benchmarks.tables.results import Result
from benchmarks.tables.variants import VARIANTS, embedded, in_pieces, squeezed, steps
from glassnet.base.errors import InputError
from glassnet.nn.layers import layers_from
from glassnet.nn.layers.base import LAYERS
from glassnet.nn.optimizers import OPTIMIZERS, AdamW, optimizer


@pytest.mark.parametrize(
    "layer",
    [Gain(), Gain(rate=1.0), UnitDense(3), CategoryEmbedding([1, 3], most=2, units=2),
     CategoryEmbedding([2, 2], most=1, units=3), CategoryEmbedding(4)],
)  # fmt: skip
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


def test_a_category_becomes_its_row_of_a_matrix() -> None:
    layer = CategoryEmbedding([1, 3, 2], most=2, units=2)
    network = gn.Sequential([layer], input_shape=6, seed=0)
    y = network([[0.5, 0, 0, 1, 1, 0], [0.25, 0, 0, 0, 0, 1]])
    assert y == pytest.approx(np.array([[0.5, *layer.W1[2], 1, 0], [0.25, 0, 0, 0, 1]]))
    with pytest.raises(InputError, match="widths are of 6 features in all, got samples of shape"):
        layer.output_shape((7,))


def test_columns_of_many_categories_are_embedded() -> None:
    letters = pd.Series([*"abcdefghij"] * 20, dtype="category")
    rows = pd.DataFrame({"n": np.arange(200) ** 1.5, "self": letters, "flag": ["x", "y"] * 100})
    rows.loc[:9, "n"] = np.nan  # and so a flag of gaps
    assert "embedded 2x10x2, dense" in embedded(rows)[1]


def test_dropout_falls_with_the_steps_that_are_taken() -> None:
    layer = FallingDropout(0.5, steps=4)
    network = gn.Sequential([layer], input_shape=500, seed=0)
    x, shares = np.ones((1, 500), np.float32), []
    for _ in range(5):
        y, kept = network.root.forward(x, np.random.default_rng(0))
        shares.append((y == 0).mean())
        network.root.observe(kept)
    assert shares[0] == shares[1] == shares[2] == pytest.approx(0.5, abs=0.07)
    assert shares[3] == pytest.approx(0.25, abs=0.07) and shares[4] == 0
    assert (network(x) == x).all()


def test_dropout_that_falls_has_the_derivative_of_its_mask() -> None:
    layer = FallingDropout(0.5, steps=4)
    gn.Sequential([layer], input_shape=3, seed=0)
    y, kept = layer.forward(np.array([[1.0, 2.0, 4.0]]), np.random.default_rng(1))
    assert layer.backward(np.array([[1.0, 2.0, 4.0]]), kept) == pytest.approx(y)


def test_weights_decay_less_and_less() -> None:
    falling = FallingAdamW(0.1, weight_decay=0.5, steps=4)
    for t, share in ((1, 1.0), (2, 1.0), (3, 0.5), (4, 0.0), (9, 0.0)):
        theta, other = np.ones(2), np.ones(2)
        mask = np.array([1.0, 0.0])
        falling.step(theta, np.zeros(2), falling.start(theta), t, 0.1, mask)
        rule = AdamW(0.1, weight_decay=0.5 * share)
        rule.step(other, np.zeros(2), rule.start(other), t, 0.1, mask)
        assert theta == pytest.approx(other)


def test_words_name_these_layers_and_rules_only_inside() -> None:
    before = dict(LAYERS), dict(OPTIMIZERS)
    with known(gain=Gain, unit_dense=UnitDense, falling_adamw=FallingAdamW):
        first, second = layers_from("gain, unit_dense 8")
        assert isinstance(optimizer("falling_adamw:steps=3"), FallingAdamW)
    assert isinstance(first, Gain) and isinstance(second, UnitDense)
    assert before == (LAYERS, OPTIMIZERS)
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


@pytest.mark.parametrize(
    "name", ["gain", "unit", "pieces", "embedded", "falling_dropout", "falling_decay"]
)
def test_a_variant_learns(name: str) -> None:
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"a": rng.normal(size=120), "b": rng.normal(size=120)})
    rows["c"] = pd.Series([*"abcdefghijkl"] * 10, dtype="category")
    y = (rows["a"] > 0).to_numpy().astype(int)
    predict = VARIANTS[name].fit(rows, y, "classes", 0)
    assert (predict(rows).argmax(axis=1) == y).mean() > 0.85


def test_so_many_epochs_are_so_many_steps() -> None:
    rows = pd.DataFrame({"a": np.zeros(1000)})
    assert steps(rows, epochs=20) == 20 * 8  # 900 rows, 128 a step


def test_what_is_compared_exists_and_is_chosen_on_the_tuning_half(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert {variant.beside for variant in VARIANTS.values()} <= VARIANTS.keys()
    here = {name: TABLES[name] for name in ("wine", "iris", "diabetes")}  # need no download
    monkeypatch.setattr(ingredients, "TABLES", here)
    assert TABLES["iris"].half == "reporting"
    assert [table.name for table in chosen(rows=600)] == ["wine", "diabetes"]
    assert [table.name for table in chosen(rows=200)] == ["wine"]


def test_a_large_table_is_sampled_and_a_small_one_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    wine = TABLES["wine"]
    assert sampled(wine) is wine
    monkeypatch.setattr(ingredients, "MOST", 100)
    few, again = sampled(wine).frame(), sampled(wine).frame()
    assert len(few) == 100 and few.equals(again) and set(few) == set(wine.frame())


def _result(table: str, who: str, error: float, **more: float) -> Result:
    return {"table": table, "contender": who, "seed": 0, "error": error, "score": 1 - error, **more}


def test_a_line_is_the_mean_over_tables_in_percent_of_the_base_rate() -> None:
    found = [
        _result("wine", "base", 2.0), _result("wine", "preset", 1.0, cpu=2.0),
        _result("wine", "one", 1.2, cpu=3.0), _result("diabetes", "base", 1.0),
        _result("diabetes", "preset", 0.5), _result("diabetes", "one", 0.48, cpu=1.0),
        _result("german", "one", 0.1),
    ]  # fmt: skip
    cells = line(found, "one")
    assert cells[2:] == ["2", "2", "+4.00 ± 6.00", "1", "-9.00", "1.50"]
    assert line([{**each, "seed": 1} for each in found] + found, "one")[2:4] == ["2", "4"]
    old = [{"fit": each.pop("cpu", 1.0), **each} for each in map(dict, found)]
    assert line(old, "one")[-1] == "1.25"  # by the clock: 3 / 2 and 1 / 1
    assert line(found, "four") == []
    assert report(found).splitlines()[2:] == [f"| {' | '.join(cells)} |"]
