"""Which columns tell most of the target: against hand-made tables, and the one of the docs."""

import numpy as np
import pandas as pd
import pytest

from glassnet.data import load
from glassnet.data.sources.table_dataset import from_frame
from glassnet.data.tables.relating import FEW, MOST_NAMES, Seen, explained, grouped, seen, telling
from glassnet.inspection.dataset_report import points

RNG = np.random.default_rng(0)
ROWS = 600


def customers(**more):
    """The table of docs/data.md: the plan decides, and the date says nothing."""
    table = pd.DataFrame(
        {
            "age": np.where(RNG.random(ROWS) < 0.1, np.nan, RNG.integers(18, 90, ROWS)),
            "plan": RNG.choice(["basic", "plus", "pro"], ROWS),
            "newsletter": RNG.choice([True, False], ROWS),
            "since": pd.date_range("2021-03-01", periods=ROWS, freq="2D").strftime("%d.%m.%Y"),
        }
    )
    return table.assign(**more)


def order(frame, target):
    return [column.name for column in telling(from_frame("t", frame, [target]), 5000)]


@pytest.mark.parametrize("decides", ["plan", "newsletter", "age", "since"])
@pytest.mark.parametrize("task", ["classes", "values"])
def test_what_decides_the_target_comes_first(decides, task):
    frame = customers()
    code = pd.factorize(frame[decides])[0] if decides != "age" else frame["age"].fillna(50)
    high = pd.Series(code) > np.mean(code)
    noise = RNG.normal(0, 0.2, ROWS)
    frame["y"] = np.where(high, "yes", "no") if task == "classes" else high + noise
    found = order(frame, "y")
    assert found[0].removesuffix(" (year)") == decides
    assert sorted(found) == ["age", "newsletter", "plan", "since (year)"]  # a column is one


def test_a_curve_that_no_line_follows_is_seen():
    x = RNG.uniform(-1, 1, (ROWS, 3))
    frame = pd.DataFrame(x, columns=list("abc")).assign(y=x[:, 1] ** 2 + 0.1 * x[:, 2])
    assert order(frame, "y")[0] == "b"


def test_many_values_alone_explain_nothing():
    frame = customers(place=RNG.choice([f"p{k}" for k in range(40)], ROWS))
    frame["y"] = frame["newsletter"] + RNG.normal(0, 0.5, ROWS)
    assert order(frame, "y")[0] == "newsletter"
    shares = [explained(RNG.integers(0, 100, ROWS), RNG.normal(size=(ROWS, 1))) for _ in range(50)]
    assert abs(np.mean(shares)) < 0.01


def test_the_share_is_that_of_the_analysis_of_variance():
    """Kelley's ε² from scikit-learn's F: 1 − (n − 1) / (n − k) / (1 + F (k − 1) / (n − k))."""
    from sklearn.feature_selection import f_classif

    groups, y = RNG.integers(0, 4, 90), RNG.normal(size=90)
    f = f_classif(y[:, None], groups)[0][0]
    wanted = 1 - (90 - 1) / (90 - 4) / (1 + f * 3 / (90 - 4))
    assert explained(groups, y[:, None]) == pytest.approx(wanted)
    assert explained(groups, np.ones((90, 1))) == 0
    assert explained(np.arange(90), y[:, None]) == 0


def test_columns_are_seen_in_their_own_words():
    frame = customers(big=10**9 + 37 * np.arange(ROWS))
    frame["y"] = RNG.normal(size=ROWS)
    data = from_frame("t", frame, ["y"], kinds={"big": "number"}, test=0)
    columns = {column.name: column for column in seen(data, 5000)}
    rows = np.argsort(columns["big"].values)
    age = columns["age"].values[rows]
    assert np.isnan(age).tolist() == frame["age"].isna().tolist()
    assert np.nan_to_num(age) == pytest.approx(frame["age"].fillna(0), abs=1e-4)
    plan = columns["plan"]
    assert [plan.names[code] for code in plan.values[rows]] == frame["plan"].tolist()
    assert columns["newsletter"].names == ("0", "1")
    assert columns["since (year)"].values[rows][0] == pytest.approx(2021 + 59 / 365, abs=1e-2)
    ages = grouped(columns["age"])
    assert (len(ages.names), ages.names[-1]) == (FEW + 1, "missing")
    assert (ages.values == FEW).tolist() == np.isnan(columns["age"].values).tolist()


def test_large_close_numbers_count_from_one_of_them():
    first = 2**64 - 60
    frame = pd.DataFrame({"b": [first + n for n in range(60)], "w": ["v", "w", "x"] * 20})
    data = from_frame("t", frame.assign(y=np.arange(60.0)), ["y"], test=0)
    column = telling(data, 5000)[0]
    origin = data.schema.columns[0].origin
    assert column.name == f"b − {origin}"
    assert np.sort(column.values).tolist() == [first + n - origin for n in range(60)]
    assert points(data).get_figure().axes[0].get_ylabel() == column.name
    assert grouped(Seen("c", np.full(9, 3.5))).names == ("3.5 – 3.5",)


def test_of_many_categories_the_rare_are_one():
    codes = np.repeat(np.arange(30), np.arange(1, 31))
    few = grouped(Seen("c", codes, tuple(f"c{k}" for k in range(30))))
    assert len(few.names) == MOST_NAMES and few.names[-2:] == ("c29", "other")
    assert (few.values == MOST_NAMES - 1).sum() == (codes < 19).sum()


def test_the_picture_shows_categories_as_bars_and_numbers_as_points():
    frame = customers()
    frame["churn"] = np.where(frame["plan"] == "pro", "no", "yes")
    first, second = points(from_frame("t", frame, ["churn"])).get_figure().axes
    assert first.get_ylabel() == "plan" and len(first.patches) == 6
    assert second.get_ylabel() != "plan"
    width = {p.get_y(): p.get_width() for p in first.patches[:3]}  # of the class "no"
    assert sorted(width.values()) == [0, 0, 1]
    spend = frame.drop(columns="churn").assign(
        spend=(frame["plan"] == "pro") * 3.0 + RNG.random(ROWS)
    )
    first, _ = points(from_frame("t", spend, ["spend"])).get_figure().axes
    assert first.get_ylabel() == "plan" and first.get_xlabel() == "spend, mean ± deviation"
    ax = points(load("iris"))
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("petal width (cm)", "petal length (cm)")
    alone = pd.DataFrame({"a": RNG.normal(size=99)}).assign(y=lambda t: t["a"] > 0)
    assert points(from_frame("t", alone, ["y"])).get_xlabel() == "a"
