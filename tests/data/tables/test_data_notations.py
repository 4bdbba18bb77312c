"""Numbers in the notations that people write them in."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.base.errors import DataError, InputError
from glassnet.data import load
from glassnet.data.tables.notations import Notation, notation_from, notation_of, parted

MARKS = [(".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "\u202f"), (",", "")]
UNITS = ["", "€", "$", "%", "CHF", "zł"]


def written(value, decimal, thousands, unit, before):
    text = f"{abs(value):,.2f}".translate(str.maketrans({",": thousands, ".": decimal}))
    if unit:
        text = f"{unit} {text}" if before else f"{text}\u00a0{unit}"
    return f"−{text}" if value < 0 else text


def column(*texts, name="price"):
    return pd.Series(list(texts), name=name)


@given(
    st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=30),
    st.sampled_from(MARKS), st.sampled_from(UNITS), st.booleans(),
)  # fmt: skip
def test_what_is_written_is_read(hundredths, marks, unit, before):
    values = [n / 100 for n in hundredths]
    texts = column(*(written(v, *marks, unit, before) for v in values))
    notation = notation_of(texts) or Notation()
    if notation == Notation():  # plain ones, which Python reads
        found = pd.to_numeric(texts.str.replace("−", "-")) if unit == "" else None
    else:
        found = notation.numbers(texts)
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize(
    ("texts", "values"),
    [
        (["11,85", "7,5", None], [11.85, 7.5, np.nan]),
        (["($1,200.50)", "$3"], [-1200.5, 3]),
        (["5,00-", "1,25"], [-5, 1.25]),
        (["CHF 5.-", "CHF 1'200.50"], [5, 1200.5]),
        (["12,34,567", "1,00,000"], [1234567, 100000]),
        (["1,5E+03", "2,5"], [1500, 2.5]),
        (["0,500", "0,250"], [0.5, 0.25]),
        (["1.234.567", "12"], [1234567, 12]),
        ([",5", "2,5"], [0.5, 2.5]),
    ],
)
def test_single_cases(texts, values):
    values_read = notation_of(column(*texts)).numbers(column(*texts))
    np.testing.assert_array_equal(values_read, values)


@pytest.mark.parametrize(
    "texts",
    [
        ["red", "blue"], ["1", "2.5"], ["044 123 45", "079 555 12"], ["1.2.3", "1.2.4"],
        ["10:30", "11:45"], ["2020-01-02", "2020-01-03"], ["A1", "B2"], ["5 kg", "6 kg"],
        ["1.5", "2,5"], [None, None],
    ],
)  # fmt: skip
def test_other_text_stays_text(texts):
    assert notation_of(column(*texts)) is None


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["1,234", "2,345"],
         "column 'price', data row 1: '1,234' is 1234 if ',' separates thousands, and 1.234 if ',' "
         "comes before decimals: say which with thousands=',' or decimal=','"),
        (["5 €", "6 $"],
         "numbers in different units, '5 €' and '6 \\$': convert them, or make it a category"),
        (["1,5"] * 19 + ["x"], "data row 20: expected a number such as 1234,5, got 'x'"),
    ],
)  # fmt: skip
def test_what_is_unclear_is_asked(texts, said):
    with pytest.raises(DataError, match=said.replace("(", r"\(")):
        notation_of(column(*texts))


def test_a_file_trains_and_predicts_in_its_notation(tmp_path):
    rng = np.random.default_rng(0)
    x = np.round(rng.normal(5000, 2000, 200), 2)
    german = [written(v, ",", ".", "€", False) for v in x]
    target = [written(v, ",", "", "", False) for v in np.round(2 * x, 2)]
    path, plain = tmp_path / "de.csv", tmp_path / "plain.csv"
    pd.DataFrame({"preis": german, "wert": target}).to_csv(path, sep=";", index=False)
    pd.DataFrame({"preis": x, "wert": np.round(2 * x, 2)}).to_csv(plain, index=False)
    data, same = load(path, separator=";"), load(plain)
    np.testing.assert_array_equal(data.x_train, same.x_train)
    np.testing.assert_array_equal(data.y_train, same.y_train)
    assert "'preis': numbers written as 1.234,5 €" in data.notes
    schema = type(data.schema).from_config(data.schema.config())
    rows = pd.DataFrame({"preis": ["1.000,00 €", 1000.0]}, dtype=object)
    first, second = schema.encode(rows.iloc[:1]), schema.encode(pd.DataFrame({"preis": [1000.0]}))
    np.testing.assert_array_equal(first, second)
    with pytest.raises(DataError, match=r"data row 1: expected a number such as 1\.234,5 €"):
        schema.encode(pd.DataFrame({"preis": ["viel"]}))


def test_marks_that_are_said(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("a;b\n" + "".join(f"1,{n:03d};{n % 2}\n" for n in range(100, 140)))
    with pytest.raises(DataError, match="say which"):
        load(path, separator=";")
    few = load(path, separator=";", decimal=",", test=0.5)
    many = load(path, separator=";", thousands=",", test=0.5)
    ratio = many.schema.columns[0].mean / few.schema.columns[0].mean
    assert ratio == pytest.approx(1000)
    dots = tmp_path / "b.csv"
    dots.write_text("a;b\n" + "".join(f"1.{n:03d};{n % 2}\n" for n in range(100, 140)))
    read = load(dots, separator=";", thousands=".", test=0.5)
    assert read.schema.columns[0].mean > 1000 and read.classes == ("0", "1")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"decimal": ";"}, "decimal is ';': expected one of"),
        ({"decimal": ",", "thousands": ","}, "both ','"),
    ],
)
def test_marks_that_cannot_be(tmp_path, given, said):
    path = tmp_path / "a.csv"
    path.write_text("a,b\n1,2\n3,4\n")
    with pytest.raises(DataError, match=said):
        load(path, **given)


@pytest.mark.parametrize("given", [[], [";", "", ""], [".", "x", ""], [".", "", 3], "abc", None])
def test_a_file_may_not_say_just_anything(given):
    with pytest.raises(InputError, match="notation of column 'a'"):
        notation_from("a", given)


@given(st.text(max_size=30))
def test_any_text_is_parted(text):
    sign, _, unit = parted(text)
    assert sign in ("", "-") and isinstance(unit, str)
    for decimal, thousands in MARKS:
        plain = Notation(decimal, thousands).plain(text)
        assert plain is None or np.isfinite(float(plain)) or "e" in plain.lower()
