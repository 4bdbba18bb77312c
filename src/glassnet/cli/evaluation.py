"""How an evaluation looks in the terminal, after `train` and in `evaluate`."""

from collections.abc import Iterator, Sequence

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.confidence import wilson
from glassnet.base.numerals import column, numeral
from glassnet.cli import terminal as show
from glassnet.cli.metrics import metrics
from glassnet.data.tables.notes import counted
from glassnet.sequential import Sequential
from glassnet.workflows.evaluate import PER_CLASS, Evaluation
from glassnet.workflows.intervals import RESIDUALS, half_width

COVERAGE = 0.9  # of the interval that `train` reports
ENOUGH = 9  # rows held out, from which there is one
MANY = 30  # classes, from which mistakes are listed, and no matrix of them is shown
COMMONEST = 10  # of the mistakes that are listed
UNSURE = 30  # samples, below which they say little of a network
BEST = "best F1"


def report(result: Evaluation) -> None:
    """Print metrics, a line for each class and each threshold, and the confusion matrix."""
    if result.classes:
        by_class(result)
    if result.confusion is not None:
        confusion(result.confusion, list(result.classes))
    if result.thresholds:
        by_threshold(result)
    print(f"\nrows {result.rows:,}")
    for line in metrics(result.figures):
        show.say(line)
    for line in uneven(result):
        show.say(line)


def confusion(matrix: Array, classes: Sequence[str]) -> None:
    """Print the confusion matrix; of many classes the commonest mistakes."""
    if len(classes) < MANY:
        show.confusion(matrix, classes)
        return
    wrong = [(n, *place) for place, n in np.ndenumerate(matrix) if n and len({*place}) > 1]
    wrong.sort(key=lambda each: -each[0])
    rows = [(classes[i], classes[j], f"{n:,}") for n, i, j in wrong[:COMMONEST]]
    title = f"commonest mistakes among {len(classes)} classes (all: evaluate --json)"
    if rows:
        show.table(title, ("label", "prediction", "rows"), rows, text=("label", "prediction"))


def by_class(result: Evaluation) -> None:
    """Print precision, recall and F1 of each class, and how many rows it has."""
    scores = [column([c[key] for c in result.classes.values()]) for key in PER_CLASS[:3]]
    counts = [f"{each['rows']:,.0f}" for each in result.classes.values()]
    rows = [*zip(result.classes, *scores, counts, strict=True)]
    show.table("metrics by class", ("class", *PER_CLASS), rows, text=("class",))


def by_threshold(result: Evaluation) -> None:
    """Print what predicting the second class from other probabilities on would come to."""
    every = result.thresholds
    shares = [column([getattr(t, key) for t in every]) for key in PER_CLASS[:3]]
    said = [f"{t.threshold:.4g}" for t in every], [f"{t.predicted:,}" for t in every]
    rows = [*zip(*said, *shares, [BEST * t.best for t in every], strict=True)]
    title = f"{list(result.classes)[1]!r} from a probability on (predict --threshold)"
    show.table(title, ("threshold", "predicted", *PER_CLASS[:3], ""), rows, text=("",))


def uneven(result: Evaluation) -> Iterator[str]:
    """In lines, if classes are uneven: how many rows the commonest has, how many of the rarest are
    found, and if they are few, what finds more."""
    name = result.most_frequent
    if not result.is_uneven or name is None or len(result.classes) >= MANY:
        return
    there = {each: c for each, c in result.classes.items() if c["rows"]}
    rare = min(there, key=lambda each: (there[each]["rows"], there[each]["recall"]))
    rows, recall = there[rare]["rows"], there[rare]["recall"]
    yield (
        f"classes are uneven: {there[name]['rows']:,.0f} of {result.rows:,} rows are {name!r}; "
        f"{recall * rows:,.0f} of the {rows:,.0f} {rare!r} are found"
    )
    if recall < 0.5:
        more = ", or predict with a --threshold (evaluate lists some)" if result.thresholds else ""
        yield f"to find more, train with --class-weight balanced{more}"


def doubt(result: Evaluation) -> str:
    """In a line, how little an accuracy says, if it is of few samples."""
    if result.confusion is None or result.rows >= UNSURE:
        return ""
    low, high = wilson(result.figures["accuracy"], result.rows)
    return (
        f"an accuracy on {counted(result.rows, 'sample')} says little: its 95 % interval is "
        f"{numeral(float(low))} to {numeral(float(high))}"
    )


def held_out(network: Sequential) -> Iterator[str]:
    """In lines, what the rows held out of the training say of its predictions."""
    if found := network.trained.get("calibration"):
        before, after = found["log_loss"]
        yield (
            f"probabilities calibrated: temperature {found['temperature']:.3g}, log loss of "
            f"{found['rows']:,} held-out samples {numeral(before)} before, {numeral(after)} after"
        )
    kept = network.trained.get(RESIDUALS)
    if kept and kept["rows"] >= ENOUGH and len(kept["absolute"]) == 1:
        [q] = half_width(network, COVERAGE)
        yield (
            f"{COVERAGE:.0%} of {kept['rows']:,} held-out samples lie within ± {numeral(q)} of "
            "their prediction (predict --interval)"
        )
