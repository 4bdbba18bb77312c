"""Numbers as people read them: four digits that count, thousands apart, decimals that agree."""

import math
from collections.abc import Sequence

DIGITS = 4  # that count
TINY = 1e-4  # below this and
HUGE = 1e9  # from this on, powers of ten are easier to read
LEAST = 0.1  # numbers of a column below this ask for no more decimals
SHOWN = 2  # digits that a number of a column must keep


def numeral(value: float, like: float | None = None) -> str:
    """A number with four significant digits, or all of those before the decimal point.

    - `value`: the number.
    - `like=None`: with as many decimals as this number has, as for a deviation beside its mean.

    >>> [numeral(value) for value in (0.97214, 116814.6875, 0.00001235, 1.0, 0.0, -3.14159)]
    ['0.9721', '116,815', '1.235e-05', '1.000', '0.000', '-3.142']
    >>> numeral(0.022713, like=0.94431)
    '0.0227'
    """
    if not math.isfinite(value) or _is_power(value):
        return f"{value:.{DIGITS - 1}e}"
    agreed = value if like is None or not math.isfinite(like) or _is_power(like) else like
    return f"{value:z,.{_decimals(agreed)}f}"


def column(values: Sequence[float]) -> list[str]:
    """Numbers to be compared: with the decimals of the smallest, so that the points stand in one
    line. If that would leave a number without digits, each has its own four.

    - `values`: the numbers of a column.

    >>> column([1.0, 0.97222, 0.0512])
    ['1.0000', '0.9722', '0.0512']
    >>> column([45.1234, 102.31]), column([0.9, 0.00052])
    (['45.12', '102.31'], ['0.9000', '0.0005200'])
    """
    sizes = [abs(value) for value in values if math.isfinite(value) and value]
    if not sizes:
        return [numeral(value) for value in values]
    like = max(min(sizes), LEAST)
    least = 10.0 ** (SHOWN - 1 - _decimals(like))
    alike = least <= min(sizes) and not any(map(_is_power, sizes))
    return [numeral(value, like if alike else None) for value in values]


def _is_power(value: float) -> bool:
    """Whether it is written as a power of ten."""
    return value != 0 and not TINY <= abs(value) < HUGE


def _decimals(value: float) -> int:
    """How many decimals show four digits of it."""
    power = int(f"{value:.{DIGITS - 1}e}".partition("e")[2])  # after rounding
    return max(0, DIGITS - 1 - power)
