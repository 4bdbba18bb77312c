"""Numbers for people: four digits, and decimals that agree."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glassnet.base.numerals import column, numeral

FINITE = st.floats(-1e300, 1e300)
METRICS = st.lists(st.floats(1e-3, 1e7), min_size=1, max_size=8)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.99996, "1.000"), (999.94, "999.9"), (999.96, "1,000"), (1234.5, "1,234"), (50, "50.00"),
        (123456789.4, "123,456,789"), (2e9, "2.000e+09"), (0.00012345, "0.0001234"),
        (9.9e-5, "9.900e-05"), (-0.0, "0.000"), (-116814.6875, "-116,815"), (math.nan, "nan"),
        (-math.inf, "-inf"),
    ],
)  # fmt: skip
def test_four_digits(value: float, text: str) -> None:
    assert numeral(value) == text


@given(FINITE)
def test_what_is_read_is_what_was_written_within_four_digits(value: float) -> None:
    read = float(numeral(value).replace(",", ""))
    assert read == pytest.approx(value, rel=5.01e-4)


@pytest.mark.parametrize(
    ("value", "like", "text"),
    [
        (0.0312, 1.0, "0.031"), (2345.6, 116_815.0, "2,346"), (1.5, math.nan, "1.500"),
        (2e-6, 3e-5, "2.000e-06"), (0.1, 3e-5, "0.1000"), (0.00002, 0.5, "2.000e-05"),
    ],
)  # fmt: skip
def test_decimals_as_those_of_another_number(value: float, like: float, text: str) -> None:
    assert numeral(value, like) == text


def test_the_points_of_a_column_stand_in_one_line() -> None:
    assert column([1.0, 0.97222, 0.05121]) == ["1.0000", "0.9722", "0.0512"]
    assert column([45.1234, 102.3, 8.0]) == ["45.123", "102.300", "8.000"]
    assert column([0.0, 0.0]) == ["0.000", "0.000"]
    assert column([0.5, math.nan]) == ["0.5000", "nan"]
    assert column([]) == []


@given(METRICS)
def test_a_column_keeps_two_digits_of_each_number(values: list[float]) -> None:
    for value, text in zip(values, column(values), strict=True):
        assert float(text.replace(",", "")) == pytest.approx(value, rel=0.05)
