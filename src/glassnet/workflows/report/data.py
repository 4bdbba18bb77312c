"""What the network learned from: rows, target, columns, and every decision about them."""

from collections.abc import Iterator, Sequence

from glassnet.base.numerals import numeral
from glassnet.base.sentences import as_options
from glassnet.data.tables.columns import Category, Column, Date, Number, Ranged
from glassnet.inspection.dataset_report import TASK_NAMES
from glassnet.inspection.document import Table
from glassnet.inspection.report_page import Section
from glassnet.workflows.report.material import Material

MOST = 12  # values of a category, classes or names that are listed
LONGEST = 40  # characters of one
DIGITS = 10  # characters of a number
MOST_COLUMNS = 300  # of a table
OPEN = 20  # of them at once
HEAD = ("column", "kind", "in training", "a gap becomes", "inputs")


def section(given: Material) -> Section:
    """The data and the decisions."""
    record = given.record
    notes = tuple(map(as_options, record.notes)) if record else ()
    return Section(
        "Data and decisions",
        facts=tuple(_facts(given)),
        lines=() if record else ("The file keeps no decisions about the data.",),
        points=notes,
        tables=tuple(_columns(given)),
    )


def _facts(given: Material) -> Iterator[tuple[str, str]]:
    network, record = given.network, given.record
    yield "Source", str(network.trained.get("data", given.name))
    if record:
        rows = record.rows
        part = share(rows["test"] / max(1, rows["training"] + rows["test"]))
        test = f"{rows['test']:,} ({part}) for the test" if rows["test"] else "none for a test"
        yield "Rows", f"{rows['training']:,} for training, {test}"
    elif isinstance(network.trained.get("samples"), int):
        yield "Rows", f"{network.trained['samples']:,} for training"
    held_out = network.trained.get("settings", {}).get("validation")
    if isinstance(held_out, float) and held_out:
        yield "Validation", f"{share(held_out)} of the training rows, held out of learning"
    yield "Target", f"{listed(given.targets)}: {TASK_NAMES[given.task]}"
    if given.classes:
        yield ("Classes" if given.task.exclusive else "Labels"), listed(given.classes)
    yield "A sample", f"{' × '.join(map(str, network.input_shape or ()))} numbers"


def _columns(given: Material) -> Iterator[tuple[str, Table]]:
    """A row for each column that the network reads."""
    schema = given.network.schema
    if schema is None or schema.pixels or schema.block:
        return
    rows = tuple(_row(column) for column in schema.columns[:MOST_COLUMNS])
    left_out = len(schema.columns) - len(rows)
    more = f", the first {MOST_COLUMNS} of {len(schema.columns):,}" if left_out else ""
    yield f"Columns that the network reads{more}", Table(HEAD, rows, OPEN, HEAD[1:4])


def _row(column: Column) -> tuple[str, ...]:
    gap = "–" if isinstance(column, Category) else _filled(column)
    if column.gaps:
        gap = "a value of its own" if isinstance(column, Category) else f"{gap}, and is marked"
    kind = {Number: "number", Category: "category", Date: "date"}[type(column)]
    return short(column.name), kind, seen(column), gap, f"{len(column.features()):,}"


def _filled(column: Column) -> str:
    """What stands for a gap in numbers or dates: the median."""
    if isinstance(column, Date):
        return f"the median, {column.text_of(column.fill)}"
    assert isinstance(column, Number)
    return f"the median, {number(column.fill + column.origin)}"


def seen(column: Column) -> str:
    """The ends of its numbers or dates, or its values, as far as training had them."""
    if isinstance(column, Category):
        rare = "; rarer values together" if column.rare else ""
        return f"{listed(column.values)}{rare}"
    if not isinstance(column, Ranged) or column.low is None or column.high is None:
        return "not kept"
    if isinstance(column, Number):
        return f"{number(column.low + column.origin)} to {number(column.high + column.origin)}"
    return f"{column.text_of(column.low)} to {column.text_of(column.high)}"


def number(value: float) -> str:
    """A number of a column as it is written, unless that takes many digits.

    >>> number(-3.24), number(1250000.0), number(0.123456789012)
    ('-3.24', '1250000', '0.1235')
    """
    text = f"{value:z.15g}"
    return text if len(text) <= DIGITS else numeral(value)


def listed(names: Sequence[str]) -> str:
    """Names in a line; of many the first, and how many there are."""
    shown = ", ".join(short(name) for name in names[:MOST])
    return f"{shown}, … ({len(names):,} in all)" if len(names) > MOST else shown


def short(text: str, most: int = LONGEST) -> str:
    """A text, cut if it is long."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def share(part: float) -> str:
    """A share in percent, with three digits.

    >>> share(0.9), share(0.8824)
    ('90 %', '88.2 %')
    """
    return f"{100 * part:.3g} %"
