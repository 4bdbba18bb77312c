"""A table's columns in ONNX: each an input of its own, made into the numbers that training saw.

Numbers come as float64, NaN where they are missing, and as int64 where training had whole numbers
beyond 2⁵³, which float64 would round; categories as text, "" where missing; dates as
days since 1970 with the time of day as the fraction, float64, NaN where missing: ONNX reads no
dates.
"""

from typing import Any

import numpy as np

from glassnet.base.errors import InputError
from glassnet.data.tables.columns import Category, Column, Date, Number
from glassnet.data.tables.schema import Schema, is_wide
from glassnet.interop.onnx_builder import Graph

NEW, GAP = -1, -2  # codes of a value that training did not have, and of none


def columns(graph: Graph, schema: Schema) -> str:
    """The features of a row, (samples, features)."""
    parts = [ENCODERS[type(column)](graph, column) for column in schema.columns]
    return graph.op("Concat", *parts, axis=1)


def _float(graph: Graph, x: str) -> str:
    return graph.op("Cast", x, to=graph.helper.np_dtype_to_tensor_dtype(np.dtype(np.float32)))


def _standardised(graph: Graph, x: str, missing: str, column: Any) -> str:
    """(x − origin − mean) / scale, gaps filled; in float64, as in training."""
    if column.origin and not is_wide(column):
        x = graph.op("Sub", x, graph.constant(column.origin, np.float64))
    filled = graph.op("Where", missing, graph.constant(column.fill, np.float64), x)
    centred = graph.op("Sub", filled, graph.constant(column.mean, np.float64))
    return _float(graph, graph.op("Div", centred, graph.constant(column.scale, np.float64)))


def _with_gaps(graph: Graph, parts: list[str], missing: str, column: Column) -> str:
    if column.gaps:
        parts = [*parts, _float(graph, missing)]
    return graph.op("Concat", *parts, axis=1) if len(parts) > 1 else parts[0]


def _number(graph: Graph, column: Number) -> str:
    x = _whole(graph, column) if is_wide(column) else graph.input(column.name, np.float64, 1)
    missing = graph.op("IsNaN", x)
    return _with_gaps(graph, [_standardised(graph, x, missing, column)], missing, column)


def _whole(graph: Graph, column: Number) -> str:
    """x − origin of whole numbers beyond 2⁵³."""
    if column.gaps or not -(2**63) <= column.origin < 2**63:
        what = "gaps beside whole numbers beyond 2⁵³" if column.gaps else "numbers beyond 2⁶³"
        raise InputError(
            f"column {column.name!r} has {what}, which ONNX has no type for: subtract "
            f"{column.origin} from it before training, or leave the column out"
        )
    x = graph.input(column.name, np.int64, 1)
    less = graph.op("Sub", x, graph.constant(column.origin, np.int64))
    return graph.op("Cast", less, to=graph.helper.np_dtype_to_tensor_dtype(np.dtype(np.float64)))


def _category(graph: Graph, column: Category) -> str:
    text = graph.input(column.name, np.str_, 1)
    codes = graph.op(
        "LabelEncoder", text, domain="ai.onnx.ml", keys_strings=[*column.values, ""],
        values_int64s=[*range(len(column.values)), GAP], default_int64=NEW,
    )  # fmt: skip
    wanted = [*range(len(column.values)), *([NEW] if column.rare else [])]
    places = graph.constant([wanted], np.int64)
    chosen = _float(graph, graph.op("Equal", codes, places))
    missing = graph.op("Equal", codes, graph.constant(GAP, np.int64))
    return _with_gaps(graph, [chosen], missing, column)


def _date(graph: Graph, column: Date) -> str:
    day = graph.input(column.name, np.float64, 1)
    missing = graph.op("IsNaN", day)
    filled = graph.op("Where", missing, graph.constant(0, np.float64), day)
    whole = graph.op("Floor", filled)
    turns = [(_day_of_year(graph, whole), 365.25), (_day_of_week(graph, whole), 7.0)]
    if column.clock:
        turns.append((graph.op("Sub", filled, whole), 1.0))
    parts = [_standardised(graph, day, missing, column)]
    present = _float(graph, graph.op("Not", missing))
    for turn, cycle in turns:
        angle = graph.op("Mul", turn, graph.constant(2 * np.pi / cycle, np.float64))
        for wave in ("Sin", "Cos"):
            parts.append(graph.op("Mul", graph.op(wave, _float(graph, angle)), present))
    return _with_gaps(graph, parts, missing, column)


def _day_of_week(graph: Graph, day: str) -> str:
    """0 on Monday … 6, from the day since 1970, which began with a Thursday."""
    shifted, seven = graph.op("Add", day, _number_of(graph, 3)), _number_of(graph, 7)
    weeks = graph.op("Floor", graph.op("Div", shifted, seven))
    return graph.op("Sub", shifted, graph.op("Mul", weeks, seven))


def _day_of_year(graph: Graph, day: str) -> str:
    """1 … 366, from the day since 1970, by the arithmetic of the Gregorian calendar's 400 years."""

    def times(a: str, b: int) -> str:
        return graph.op("Mul", a, _number_of(graph, b))

    def over(a: str, b: int) -> str:
        return graph.op("Floor", graph.op("Div", a, _number_of(graph, b)))

    def plus(a: str, *others: str) -> str:
        for each in others:
            a = graph.op("Add", a, each)
        return a

    def minus(a: str, *others: str) -> str:
        for each in others:
            a = graph.op("Sub", a, each)
        return a

    # Years that begin in March, so that the leap day comes last (Richards, 2013, chapter 15).
    shifted = plus(day, _number_of(graph, 719_468))
    era = over(shifted, 146_097)
    of_era = minus(shifted, times(era, 146_097))
    leaps_before = minus(over(of_era, 1_460), over(of_era, 36_524))
    leaps_before = plus(leaps_before, over(of_era, 146_096))
    year = over(minus(of_era, leaps_before), 365)
    from_march = minus(of_era, times(year, 365), minus(over(year, 4), over(year, 100)))
    # January and February, the days from 306, belong to the calendar's next year.
    late = graph.op("GreaterOrEqual", from_march, _number_of(graph, 306))
    early_day = plus(from_march, _number_of(graph, 60), _is_leap(graph, year))
    return graph.op("Where", late, minus(from_march, _number_of(graph, 305)), early_day)


def _number_of(graph: Graph, value: int) -> str:
    return graph.constant(value, np.float64)


def _is_leap(graph: Graph, year: str) -> str:
    """1 in a leap year, else 0; the year may be counted from any multiple of 400."""

    def divides(by: int) -> str:
        number = _number_of(graph, by)
        return graph.op("Equal", graph.op("Mod", year, number, fmod=1), _number_of(graph, 0))

    only_by_100 = graph.op("And", divides(100), graph.op("Not", divides(400)))
    leap = graph.op("And", divides(4), graph.op("Not", only_by_100))
    return graph.op("Cast", leap, to=graph.helper.np_dtype_to_tensor_dtype(np.dtype(np.float64)))


ENCODERS: dict[type[Column], Any] = {Number: _number, Category: _category, Date: _date}
