"""What a report does not say: few rows, uneven classes, values that training never saw."""

from collections.abc import Iterator

from glassnet.inspection.report_page import Section
from glassnet.workflows.report.data import listed
from glassnet.workflows.report.material import Material
from glassnet.workflows.report.training import folds_of, kept_of

FEW_ROWS = 200  # rows, below which the metrics are unsure
FEW_OF_CLASS = 30  # rows of a class
FEW_TRAINED = 1000  # rows that were learned from


def section(given: Material) -> Section:
    """Sentences, the most specific first."""
    points = [*_of_rows(given), *_of_training(given), *_always(given)]
    return Section("Limits", points=tuple(points))


def _of_rows(given: Material) -> Iterator[str]:
    """What the rows that judged it cannot say."""
    yield from (f"In {given.part}: {line}." for line in given.unseen)
    found = given.evaluation
    if given.again:
        yield (
            "These rows may be among those that the network learned from: the metrics are then "
            "better than they are for new rows."
        )
    if found is None:
        return
    if given.part == "training":
        yield (
            "No rows were held out for a test. The metrics are those of the rows that the network "
            "learned from, and better than they are for new rows."
        )
    if found.rows < FEW_ROWS:
        yield f"The metrics were measured on only {found.rows:,} rows: their intervals are wide."
    few = [n for n, each in found.classes.items() if each["rows"] < FEW_OF_CLASS]
    if few and given.task.exclusive:
        which, whose = ("class", "its") if len(few) == 1 else ("classes", "their")
        yield (
            f"Fewer than {FEW_OF_CLASS} rows {'each ' * (len(few) > 1)}have the {which} "
            f"{listed(few)}: {whose} metrics are uncertain."
        )


def _of_training(given: Material) -> Iterator[str]:
    """What was learned from, and what chose."""
    trained, record = given.network.trained, given.record
    count = record.rows["training"] if record else trained.get("samples")
    if isinstance(count, int) and count < FEW_TRAINED:
        yield (
            f"The network learned from {count:,} rows, which are few: another split or seed may "
            "give quite different metrics. glassnet cv and glassnet repeat show how different."
        )
    chose = [
        word
        for word, there in (
            ("the epoch", kept_of(trained) or folds_of(trained)),
            ("the temperature", trained.get("calibration")),
            ("the widths of intervals", trained.get("residuals")),
        )
        if there
    ]
    if chose:
        rows = "folds" if folds_of(trained) else "validation rows"
        used = " and ".join(chose)
        yield f"The {rows} were used to choose {used}, so they do not replace a test."


def _always(given: Material) -> Iterator[str]:
    schema = given.network.schema
    if schema and not (schema.pixels or schema.block):
        yield (
            "Numbers and dates outside the ranges in the table of columns, and categories that are "
            "not in it, were not in training. glassnet predict counts such rows in a note."
        )
    yield (
        "Metrics and intervals hold for rows like those they were measured on. Rows from a later "
        "time, or from people and places that are not among them, may be predicted worse."
    )
    yield (
        "What the network uses is not what causes the target: changing a column in the world need "
        "not change the target as the network's prediction changes."
    )
