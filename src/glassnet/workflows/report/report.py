"""The report as a page."""

import math
from collections.abc import Iterator

from glassnet.base.numerals import numeral
from glassnet.inspection.dataset_report import TASK_NAMES
from glassnet.inspection.gallery_page import Head
from glassnet.inspection.plots import in_short
from glassnet.inspection.report_page import page
from glassnet.nn.metrics.names import metric_name
from glassnet.workflows.report import data, influence, limits, repeat, result, training, trust
from glassnet.workflows.report.data import listed
from glassnet.workflows.report.material import Material
from glassnet.workflows.report.result import Measured

TILES = 4  # numbers at the top


def report(given: Material) -> str:
    """The page, which needs nothing else; the same training gives the same bytes.

    - `given`: what it is made of.
    """
    found = result.measured(given)
    sections = [
        data.section(given),
        training.network(given),
        training.training(given),
        result.section(given, found),
        trust.section(given),
        influence.section(given),
        limits.section(given),
        repeat.section(given),
    ]
    return page(_head(given, found), sections)


def _head(given: Material, found: list[Measured]) -> Head:
    source = str(given.network.trained.get("data", given.name))
    target = f"{listed(given.targets)}, {TASK_NAMES[given.task]}"
    about = [("Data", source), ("Target", target), ("Network", in_short(given.network))]
    about += [("Networks", given.among)] * bool(given.among)
    numbers = (*_tiles(given, found), ("parameters", f"{given.network.parameters.vector.size:,}"))
    facts = (given.name, in_short(given.network))
    return Head(f"{given.name}: training report", numbers[:TILES], tuple(about), "", facts)


def _tiles(given: Material, found: list[Measured]) -> Iterator[tuple[str, str]]:
    """The metric that people compare, how sure it is, and what needs no network."""
    part = given.part if given.part in ("test", "training") else "test" * (not given.is_judged)
    names = [each.name for each in found]
    score = next((n for n in ("r2", "accuracy") if n in names), next(iter(names), None))
    for each in found:
        if each.name == score:
            yield f"{part} {metric_name(each.name)}".strip(), numeral(each.value)
            yield "its 95 % interval", each.interval
            if given.task.exclusive and not math.isnan(each.baseline):
                yield "always the commonest class", numeral(each.baseline)
    for each in found:
        if score == "r2" and each.name == "mean_absolute_error":
            yield f"{part} {metric_name(each.name)}".strip(), numeral(each.value)
