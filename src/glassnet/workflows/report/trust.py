"""How far to trust a prediction: calibration before and after, and the coverage of intervals."""

from collections.abc import Iterator

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.confidence import wilson
from glassnet.base.errors import InputError
from glassnet.base.numerals import numeral
from glassnet.inspection import gallery
from glassnet.inspection.document import Table
from glassnet.inspection.gallery_page import Picture
from glassnet.inspection.plots.predictions import reliability
from glassnet.inspection.report_page import Section
from glassnet.nn.metrics import SCORES
from glassnet.workflows.intervals import RESIDUALS, half_width
from glassnet.workflows.report.data import share, short
from glassnet.workflows.report.material import Material
from glassnet.workflows.temperature import uncalibrated

LEVELS = (0.5, 0.8, 0.9, 0.95)  # of intervals whose coverage is counted
HEAD = ("interval", "± width", "share inside", "95 % interval")
CALIBRATION = ("", "log loss", "mean distance")


def section(given: Material) -> Section:
    """Of probabilities calibration, of values intervals."""
    if not given.task.has_probabilities:
        lines, tables = tuple(_of_intervals(given)), tuple(_coverage(given))
        return Section("Prediction intervals", lines=lines, tables=tables)
    if not given.has_probabilities:
        return Section("Calibration")
    return Section(
        "Calibration",
        lines=tuple(_of_calibration(given)),
        tables=tuple(_distances(given)),
        pictures=tuple(_pictures(given)),
    )


# ---- probabilities


def _of_calibration(given: Material) -> Iterator[str]:
    found = given.network.trained.get("calibration")
    if not found:
        yield (
            "The probabilities are as the network gives them: no temperature lowered the log loss "
            "of the held-out rows by more than chance, or none was asked for."
        )
        return
    before, after = found["log_loss"]
    yield (
        f"A temperature of {found['temperature']:.3g} divides the logits (Guo et al., 2017). On "
        f"the {found['rows']:,} held-out rows it was fitted on, the log loss went from "
        f"{numeral(before)} to {numeral(after)}."
    )


def _distances(given: Material) -> Iterator[tuple[str, Table]]:
    if not given.is_judged:
        return
    before = uncalibrated(given.network, given.z)
    rows = [("before", before)] if before is not None else []
    rows.append(("after" if rows else "as they are", given.z))
    lines = tuple((name, *_measured(given, z)) for name, z in rows)
    head = CALIBRATION if given.task.exclusive else CALIBRATION[:2]
    yield f"Probabilities, {given.part}", Table(head, lines)


def _measured(given: Material, z: Array) -> tuple[str, ...]:
    """The log loss of these outputs and, of exclusive classes, how far probabilities are from the
    share that is right."""
    judged = given.judged(z)
    loss = numeral(SCORES["log_loss"](judged))
    if not given.task.exclusive:
        return (loss,)
    return loss, f"{reliability(judged.probabilities, judged.y).distance:.3f}"


def _pictures(given: Material) -> Iterator[Picture]:
    if not (given.is_judged and given.task.exclusive):
        return
    before = uncalibrated(given.network, given.z)
    for name, z in (("Calibration before", before), ("Calibration", given.z)):
        if z is not None:
            judged = given.judged(z)
            yield gallery.calibration(judged.probabilities, judged.y, name)


# ---- values


def _of_intervals(given: Material) -> Iterator[str]:
    kept = given.network.trained.get(RESIDUALS)
    if kept is None:
        yield "The file keeps no errors of rows held out, which intervals are made of."
        return
    yield (
        f"An interval ŷ ± q is made of the errors on {kept['rows']:,} rows held out of training "
        "(split-conformal prediction). It has the same width for every row, and its coverage holds "
        "on average over rows like them."
    )


def _coverage(given: Material) -> Iterator[tuple[str, Table]]:
    """Of each level: how wide the interval is, and how many rows it holds."""
    rows = [
        row
        for place, name in enumerate(given.targets)
        for level in LEVELS
        if (row := _held(given, place, level, short(name) if len(given.targets) > 1 else ""))
    ]
    if rows:
        yield "Coverage", Table(HEAD, tuple(rows))


def _held(given: Material, place: int, level: float, name: str) -> tuple[str, ...] | None:
    """A row of the table; None if too few rows were held out for such an interval."""
    try:
        width = float(half_width(given.network, level)[place])
    except (InputError, IndexError):
        return None
    first = f"{name} {share(level)}".strip()
    if not given.is_judged:
        return first, numeral(width), "–", "–"
    judged = given.judged()
    off = np.abs(judged.y[:, place] - judged.predicted[:, place])
    inside = float((off <= width).mean())
    ends = wilson(inside, len(off))
    return first, numeral(width), share(inside), " to ".join(share(float(end)) for end in ends)
