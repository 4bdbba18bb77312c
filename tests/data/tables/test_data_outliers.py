"""Numbers far out are named, and wide distributions are not."""

import numpy as np
import pandas as pd
import pytest

from glassnet.data.sources.table_dataset import from_frame

RNG = np.random.default_rng(0)
COUNT = 400


def said(column: np.ndarray, **how: object) -> list[str]:
    table = pd.DataFrame({"age": column, "y": RNG.normal(size=COUNT)})
    notes = from_frame("own", table, test=0.0, **how).notes  # type: ignore[arg-type]
    return [note for note in notes if "far out" in note]


def test_a_slip_is_named_with_its_number() -> None:
    age = RNG.integers(18, 90, COUNT).astype(float)
    assert said(age) == []
    age[7] = 1e30
    line = (
        "'age': 1 value lies so far out that all others become nearly equal (1e+30 in data row 8)"
    )
    assert said(age) == [f"{line}: correct it"]
    age[[5, 9]] = -2e30, np.nan
    assert said(age)[0].startswith("'age': 2 values lie so far out that all others ")
    assert said(age)[0].endswith("(-2e+30 in data row 6): correct them")
    assert said(age, kinds={"age": "raw"}) == [], "it is not standardised"


def test_a_target_far_out_is_named() -> None:
    age = RNG.integers(18, 90, COUNT).astype(float)
    table = pd.DataFrame({"age": age, "y": np.where(age == age.max(), 1e9, age)})
    notes = from_frame("own", table, test=0.0).notes
    assert any(note.startswith("'y': ") and "(1e+09 in data row " in note for note in notes)


@pytest.mark.parametrize(
    "column",
    [
        RNG.lognormal(3, 3, COUNT),
        RNG.standard_cauchy(COUNT),
        np.where(RNG.uniform(size=COUNT) < 0.9, 0.0, RNG.lognormal(3, 2, COUNT)),  # mostly 0
        np.arange(COUNT) + 1e12,
    ],
    ids=["lognormal", "Cauchy", "zeros", "far from 0"],
)
def test_wide_distributions_are_not(column: np.ndarray) -> None:
    assert said(column) == []


@pytest.mark.parametrize(("rows", "columns"), [(25, 30), (30, 30), (15, 19)])
def test_more_columns_than_rows_are_said(rows: int, columns: int) -> None:
    table = pd.DataFrame(
        RNG.normal(size=(rows, columns)), columns=[f"g{n}" for n in range(columns)]
    )
    notes = from_frame("own", table.assign(y=RNG.normal(size=rows)), test=0.0).notes
    assert [note[:38] for note in notes if "only" in note] == (
        ["30 columns and only 25 training rows: "] if (rows, columns) == (25, 30) else []
    )
