import json

import numpy as np
import pandas as pd
import pytest

from glassnet.base.errors import DataError, InputError
from glassnet.data.tables import notes as data_notes
from glassnet.data.tables.columns import Block, Category, Date, Number, Pixels
from glassnet.data.tables.fitting import column_transformer, learn
from glassnet.data.tables.notes import Notes
from glassnet.data.tables.schema import Schema


@pytest.fixture(scope="module")
def mixed():
    rng = np.random.default_rng(0)
    n = 1000
    table = pd.DataFrame(
        {
            "size": rng.normal(1e6, 3.3, n),
            "gaps": np.where(rng.random(n) < 0.2, np.nan, rng.normal(-4, 0.1, n)),
            "flag": rng.choice([True, False], n),
            "kind": rng.choice(["x", "y", "z", "w"], n, p=[0.5, 0.3, 0.198, 0.002]),
            "some": rng.choice(["p", "q", None], n),
        }
    )
    kinds = dict.fromkeys(["size", "gaps", "flag"], "number") | dict.fromkeys(
        ["kind", "some"], "category"
    )
    return table, kinds


def test_it_encodes_what_scikit_learn_would_to_the_last_bit(mixed):
    table, kinds = mixed
    columns, left_out = learn(table, kinds)
    schema = Schema(columns, ["t"])
    assert left_out == {}
    wanted = table.assign(flag=table["flag"].astype(float))
    for name in ("kind", "some"):
        wanted[name] = wanted[name].astype(object).where(wanted[name].notna(), None)
    transformer = column_transformer(kinds, len(table)).fit(wanted)
    theirs = transformer.transform(wanted)
    theirs = np.asarray(theirs.todense() if hasattr(theirs, "todense") else theirs)
    by_name = dict(
        zip(transformer.get_feature_names_out(), theirs.astype(np.float32).T, strict=True)
    )
    ours = dict(zip(schema.features, schema.encode(table).T, strict=True))
    for name in ("size", "gaps", "flag"):
        assert ours[name].tobytes() == by_name[f"number__{name}"].tobytes()
    for value in "xyz":
        assert ours[f"kind={value}"].tolist() == by_name[f"category__kind_{value}"].tolist()
    assert ours["kind=other"].tolist() == by_name["category__kind_infrequent_sklearn"].tolist()
    assert ours["kind=other"].sum() > 0
    assert ours["gaps=missing"].tolist() == table["gaps"].isna().tolist()
    assert ours["some=missing"].tolist() == table["some"].isna().tolist()
    numbers = [ours[name].astype(np.float64) for name in ("size", "flag")]
    assert np.allclose([x.mean() for x in numbers], 0, atol=1e-6)
    assert np.allclose([x.std() for x in numbers], 1, atol=1e-6)


def test_json_brings_it_back(mixed):
    table, kinds = mixed
    schema = Schema(learn(table, kinds)[0], ["t"], ["u"])
    again = Schema.from_config(json.loads(json.dumps(schema.config())))
    assert again.encode(table).tobytes() == schema.encode(table).tobytes()
    assert (again.targets, again.left_out, again.names) == (("t",), ("u",), schema.names)


def test_useless_columns_are_left_out_with_the_reason():
    table = pd.DataFrame(
        {
            "same": [3, 3, 3],
            "names": ["ann", "bob", "eve"],
            "none": [None, None, None],
            "one": ["u", None, "u"],
            "n": [1, 2, 3],
        }
    )
    kinds = {"same": "number", "names": "category", "none": "number", "one": "category"}
    columns, left_out = learn(table, {**kinds, "n": "number"})
    assert [column.name for column in columns] == ["one", "n"]
    assert left_out == {
        "same": "always 3",
        "names": "text of 3 different values, all rare",
        "none": "no values in the training part",
    }


def test_a_gap_is_the_median_and_a_feature_of_its_own():
    table = pd.DataFrame({"a": [1.0, 2.0, 9.0, None]})
    schema = Schema(learn(table, {"a": "number"})[0], [])
    x = schema.encode(table)
    assert schema.features == ("a", "a=missing")
    assert x[3, 0] == x[1, 0]
    assert x[:, 1].tolist() == [0, 0, 0, 1]


def test_new_values_and_unexpected_gaps_are_counted():
    schema = Schema(
        [
            Number("n", 0, 1, fill=5),
            Category("plain", ["x", "y"]),
            Category("rare", ["x"], rare=True, gaps=True),
        ],
        ["t"],
    )
    notes = Notes()
    table = pd.DataFrame({"n": [1, None], "plain": ["q", "y"], "rare": ["q", None]})
    assert schema.encode(table, notes).tolist() == [[1, 0, 0, 0, 1, 0], [5, 0, 1, 0, 0, 1]]
    assert notes.lines() == [
        "1 new value in 'plain', which training did not have, in 1 row: 'q'",
        "1 gap in 'n', which had none in training",
    ]


def test_a_new_value_is_told_from_those_that_were_rare():
    table = pd.DataFrame({"town": ["Bern"] * 50 + ["Zug"] * 40 + ["Chur", "Thun", "Genf"]})
    [column], _ = learn(table, {"town": "category"})
    assert column.values == ("Bern", "Zug") and column.rare and len(column.seen) == 3
    again, notes = Category.from_config(column.config()), Notes()
    x = Schema([again], []).encode(pd.DataFrame({"town": ["Thun", "Uster", "Zug", "Uri"]}), notes)
    assert x.tolist() == [[0, 0, 1], [0, 0, 1], [0, 1, 0], [0, 0, 1]]
    assert notes.lines() == [
        "2 new values in 'town', which training did not have, in 2 rows: 'Uster', 'Uri'"
    ]
    assert "Thun" not in repr(column.config())


@pytest.mark.parametrize(
    ("rows", "values", "features"),
    [
        (1000, 200, 200),  # each in 5 rows, 0.5 %
        (1000, 250, 0),  # each in 4
        (10_000, 1000, 250),  # each in 10
        (10_000, 1112, 0),  # each in 8 or 9
        (100_000, 1000, 125),  # 12.5 million numbers
        (400_000, 1000, 50),
    ],
)
def test_values_with_rows_enough_have_a_feature_up_to_a_number(rows, values, features):
    table = pd.DataFrame({"shop": np.arange(rows) % values}).astype({"shop": str})
    columns, left_out = learn(table, {"shop": "category"})
    assert sum(len(column.features()) for column in columns) == features
    assert bool(left_out) == (not features)


def test_values_and_rows_are_counted_over_pieces(monkeypatch):
    schema = Schema([Category("plan", ["basic", "pro"])], ["t"])
    notes = Notes()
    for rows in (100, 25):
        schema.encode(pd.DataFrame({"plan": ["gold"] * rows + ["pro"] * 75}), notes)
    assert notes.lines() == [
        "1 new value in 'plan', which training did not have, in 125 rows: 'gold'"
    ]
    schema.encode(pd.DataFrame({"plan": ["a", "b", "c", 3, 3.0]}), notes)
    assert notes.lines() == [
        "5 new values in 'plan', which training did not have, in 130 rows: 'gold', 'a', 'b', …"
    ]
    monkeypatch.setattr(data_notes, "MOST", 6)
    schema.encode(pd.DataFrame({"plan": list("defghij")}), notes)
    assert notes.lines()[0].startswith("more than 6 new values in 'plan'")


def test_whole_numbers_are_the_same_category_however_they_are_written():
    schema = Schema([Category("c", ["3", "10"])], [])
    for values in ([3, 10], [3.0, 10.0], ["3", " 10 "]):
        assert schema.encode(pd.DataFrame({"c": values})).tolist() == [[1, 0], [0, 1]]


def test_dates_are_a_day_and_waves():
    table = pd.DataFrame({"d": ["1970-01-01 06:00", "1970-01-03 06:00", None]})
    schema = Schema(learn(table, {"d": "date:ISO8601"})[0], [])
    assert schema.features[-3:] == ("d:sin(day)", "d:cos(day)", "d=missing")
    x = dict(zip(schema.features, schema.encode(table).T, strict=True))
    assert x["d:sin(day)"].tolist() == [1, 1, 0]  # six in the morning is a quarter of a day
    assert x["d:day"][0] == -x["d:day"][1]
    weekday = 2 * np.pi * np.array([3, 5]) / 7  # a Thursday and a Saturday
    assert np.allclose(x["d:sin(week)"][:2], np.sin(weekday))
    assert x["d=missing"].tolist() == [0, 0, 1]
    other = table.assign(d=pd.to_datetime(table["d"]).dt.tz_localize("UTC"))
    assert schema.encode(other).tobytes() == schema.encode(table).tobytes()


def test_without_times_of_day_there_is_no_clock():
    table = pd.DataFrame({"d": ["01.02.2020", "03.04.2021"]})
    (date,) = learn(table, {"d": "date:%d.%m.%Y"})[0]
    assert isinstance(date, Date)
    assert not date.clock
    assert len(date.features()) == 5


def test_pixels_are_bytes_in_the_shape_of_the_image():
    names = [f"pixel{n}" for n in range(4)]
    schema = Schema([Pixels(names, 2, 2)], ["label"])
    table = pd.DataFrame([[0, 1, 2, 255]], columns=names)
    images = schema.encode(table)
    assert (images.dtype, images.tolist()) == (np.uint8, [[[0, 1], [2, 255]]])
    assert schema.input_shape == (2, 2)
    for bad in (256, -1, 0.5, None):
        with pytest.raises(DataError, match="column 'pixel2', data row 1: expected a pixel"):
            schema.encode(table.astype(object).assign(pixel2=[bad]))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1, "tall"], "column 'n', data row 2: expected a number, got 'tall'"),
        ([1, np.inf], "column 'n', data row 2: expected a number, got 'inf'"),
        ([-np.inf, 2], "column 'n', data row 1: expected a number, got '-inf'"),
        ([1, 1e300], "column 'n', data row 2: 1e+300 is too large: expected numbers up to 1e+100"),
    ],
)
def test_what_is_no_number_is_named_by_its_row(values, expected):
    schema = Schema([Number("n", 0, 1, 0)], [])
    with pytest.raises(DataError) as error:
        schema.encode(pd.DataFrame({"n": values}))
    assert str(error.value).startswith(expected)


def test_what_is_too_far_for_the_network_is_named_by_its_row():
    schema = Schema([Number("n", 0, 1e-20, 0)], [])
    with pytest.raises(DataError, match=r"'n', data row 2: 1e\+25 is too far from all values"):
        schema.encode(pd.DataFrame({"n": [1e-20, 1e25]}))


def test_dates_that_look_like_numbers_are_read_as_written():
    """A CSV file of 20210131 is read as whole numbers, beside a gap as 20210131.0."""
    schema = Schema([Date("d", "%Y%m%d", 0, 1, 0)], [])
    text = schema.encode(pd.DataFrame({"d": ["20210131", "20200229"]}))
    assert (schema.encode(pd.DataFrame({"d": [20210131, 20200229]})) == text).all()
    beside = schema.encode(pd.DataFrame({"d": [20210131, None, 20200229]}))
    assert (beside[[0, 2]] == text).all()
    with pytest.raises(DataError, match=r"data row 2: expected a date written as %Y%m%d, got '7'"):
        schema.encode(pd.DataFrame({"d": [20210131, 7]}))


def test_what_is_no_date_is_named_by_its_row():
    schema = Schema([Date("d", "%d.%m.%Y", 0, 1, 0)], [])
    with pytest.raises(DataError) as error:
        schema.encode(pd.DataFrame({"d": ["01.02.2020", "01/02/2020"]}))
    assert str(error.value).startswith(
        "column 'd', data row 2: expected a date written as %d.%m.%Y, got '01/02/2020'"
    )


def test_dates_as_a_workbook_has_them_are_read_whatever_the_format():
    schema = Schema([Date("d", "%d.%m.%Y", 0, 1, 0)], [])
    same = schema.encode(pd.DataFrame({"d": ["01.02.2020", "03.04.2021", None]}))
    other = schema.encode(pd.DataFrame({"d": ["2020-02-01", "2021-04-03 00:00:00", None]}))
    assert other.tobytes() == same.tobytes()
    with pytest.raises(DataError, match="got '2020-02-31'"):
        schema.encode(pd.DataFrame({"d": ["01.02.2020", "2020-02-31"]}))


def test_a_missing_column_is_named_with_the_nearest():
    schema = Schema([Number("size", 0, 1, 0), Number("age", 0, 1, 0)], ["t"], ["id"])
    with pytest.raises(DataError) as error:
        schema.encode(pd.DataFrame({"Size": [1], "age": [2]}))
    assert str(error.value) == (
        "has no column 'size' (there is 'Size': rename it?); the network was trained on size, age"
    )
    assert schema.check(["age", "size", "id", "t", "more"]) == ["more"]


@pytest.mark.parametrize(
    "config",
    [
        {"columns": [], "targets": []},
        {"columns": [{"kind": "Number", "name": "a"}], "targets": []},
        {"columns": [{"kind": "Nmber", "name": "a"}], "targets": []},
        {"columns": [{"kind": "Number", "name": "a", "mean": "x", "scale": 1, "fill": 0}],
         "targets": []},
        {"columns": [{"kind": "Number", "name": "a", "mean": 0, "scale": 0, "fill": 0}],
         "targets": []},
        {"columns": [{"kind": "Pixels", "names": ["a"], "height": 2, "width": 2}], "targets": []},
        {"columns": [{"kind": "Category", "name": "c", "values": ["a", "a"]}], "targets": []},
        {"columns": [{"kind": "Block", "columns": 2, "left_out": [2]}], "targets": []},
    ],
)  # fmt: skip
def test_descriptions_that_make_no_sense_are_refused(config):
    with pytest.raises((InputError, TypeError)):
        Schema.from_config(config)


def test_a_row_can_be_read_back(mixed):
    table, kinds = mixed
    columns, _ = learn(table, kinds)
    schema = Schema(columns, ["t"])
    x = schema.encode(table)
    for row in range(0, len(table), 7):
        read = {name: text for name, text, _ in schema.row(x[row])}
        again = schema.encode(
            pd.DataFrame(
                {name: [None if text == "missing" else text] for name, text in read.items()}
            )
        )
        np.testing.assert_array_equal(again[0], x[row])  # the same number, if not its last digits
        original = table.iloc[row]
        assert read["kind"] == (original["kind"] if original["kind"] != "w" else "other")
        assert read["some"] == ("missing" if pd.isna(original["some"]) else original["some"])
        assert read["flag"] == f"{original['flag']:d}"
        if np.isnan(original["gaps"]):
            assert read["gaps"] == "missing"
        else:
            assert float(read["gaps"]) == pytest.approx(original["gaps"], abs=1e-6)
    assert sum(count for _, _, count in schema.row(x[0])) == x.shape[1]


def test_values_are_read_back_with_the_digits_that_they_had():
    table = pd.DataFrame(
        {
            "year": [1987, 2003, 2024, 1990],
            "price": [0.5, 1234.75, 17.2, 3],
            "sold": ["2023-10-19", "1999-01-01", "2020-02-29", "2001-12-31"],
            "at": ["2023-10-19 07:30", "1999-01-01 23:59", "2020-02-29 00:00", "2001-12-31 12:15"],
        }
    )
    kinds = {"year": "number", "price": "number", "sold": "date:%Y-%m-%d",
             "at": "date:%Y-%m-%d %H:%M"}  # fmt: skip
    columns, _ = learn(table, kinds)
    schema = Schema(columns, ["t"])
    for row, x in enumerate(schema.encode(table)):
        read = {name: text for name, text, _ in schema.row(x)}
        assert float(read["year"]) == table["year"][row] and "." not in read["year"]
        assert float(read["price"]) == table["price"][row]
        assert read["sold"] == table["sold"][row]
        assert read["at"] == table["at"][row]


def test_arrays_without_names_are_read_back_by_number():
    schema = Schema([Block(4, left_out=[1])], ["1"])
    assert schema.row(np.array([1.5, 2.0, -3.0])) == [
        ("0", "1.5", 1),
        ("2", "2", 1),
        ("3", "-3", 1),
    ]
    assert Category("c", ["a"]).decode(np.zeros(1)) == "other"
