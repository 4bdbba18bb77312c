"""What does each ingredient of the preset for tables bring, and what would others bring?

    python -m benchmarks.tables.ingredients                       # an hour or more
    python -m benchmarks.tables.ingredients --only smoothing one --seeds 1 --rows 600
    python -m benchmarks.tables.ingredients --only no_waves embedded --tables german flights
    python -m benchmarks.tables.ingredients --report              # what is measured so far

Each variant is `glassnet train own.csv --preset table` with one ingredient changed, on tables of
the tuning half; of one that is named and has more than 5,000 rows, on so many of them. Errors (log
loss or RMSE) are in percent of that of the base rate, which predicts the share of each class, or
the mean. Shown is how much more a variant has than what it is compared with on the same rows, as
the mean over tables ± its standard error: below 0 it is better. Scores are accuracy or R², in
hundredths; the time is that of processors (of the clock in older results), as the median over
splits.
"""

import argparse
import math
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when libraries are imported
    os.environ.setdefault(_name, str(len(os.sched_getaffinity(0))))

from benchmarks.tables import results  # noqa: E402
from benchmarks.tables.catalogue import TABLES, Table  # noqa: E402
from benchmarks.tables.contenders import contender  # noqa: E402
from benchmarks.tables.measuring import measure  # noqa: E402
from benchmarks.tables.ranks import means  # noqa: E402
from benchmarks.tables.results import Result  # noqa: E402
from benchmarks.tables.variants import VARIANTS  # noqa: E402

KEPT = Path(__file__).parent / "kept" / "ingredients.jsonl"
BASE = "base"
MOST = 5_000  # rows of a table
HEAD = ("changed", "compared with", "tables", "splits", "error, %", "better in", "score", "time, ×")


def of_task(task: str, names: Sequence[str]) -> dict[str, Any]:
    """The variants of these names that are for tables of a task, and the base rate."""
    own = {name: VARIANTS[name] for name in names if VARIANTS[name].task in ("", task)}
    return {BASE: contender("base_rate"), **own}


def line(found: Sequence[Result], name: str) -> list[str]:
    """What a variant brings, in the columns of the head; nothing if it was not measured."""
    beside = VARIANTS[name].beside
    splits = _by_split(found, (name, beside, BASE))
    rows = _by_table(splits).values()
    if len(rows) < 2:
        return []
    errors = np.array([(row[name]["error"] - row[beside]["error"]) / row[BASE]["error"]
                       for row in rows])  # fmt: skip
    apart = errors.std(ddof=1) / math.sqrt(len(rows))
    score = np.mean([row[name]["score"] - row[beside]["score"] for row in rows])
    times = filter(None, (_times(split[name], split[beside]) for split in splits))
    return [
        VARIANTS[name].what, VARIANTS[beside].what, str(len(rows)), str(len(splits)),
        f"{100 * errors.mean():+.2f} ± {100 * apart:.2f}", str(int((errors < 0).sum())),
        f"{100 * score:+.2f}", f"{np.median([*times] or [math.nan]):.2f}",
    ]  # fmt: skip


def _times(one: Result, other: Result) -> float | None:
    """How many times as long it took, by processors or else by the clock; None if only one of them
    has the time of processors, since they were not measured together."""
    if ("cpu" in one) != ("cpu" in other):
        return None
    which = "cpu" if "cpu" in one else "fit"
    return float(one[which] / other[which])


def _by_split(found: Sequence[Result], names: Sequence[str]) -> list[dict[str, Result]]:
    """The results of these variants, of each split that all of them have."""
    kept: dict[tuple[str, int], dict[str, Result]] = {}
    for result in found:
        if result["contender"] in names and "failed" not in result:
            kept.setdefault((result["table"], result["seed"]), {})[result["contender"]] = result
    return [split for split in kept.values() if len(split) == len(names)]


def _by_table(splits: Sequence[dict[str, Result]]) -> dict[str, dict[str, dict[str, float]]]:
    """Means over these splits, by table, variant and figure."""
    found = [result for split in splits for result in split.values()]
    error, score = means(found, "error"), means(found, "score")
    return {
        table: {name: {"error": of[name], "score": score[table][name]} for name in of}
        for table, of in error.items()
    }


def report(found: Sequence[Result]) -> str:
    """A line for each variant, in Markdown."""
    rows = [line(found, name) for name in VARIANTS if name != "preset"]
    lines = [HEAD, ["---"] * len(HEAD), *filter(None, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def chosen(rows: int) -> list[Table]:
    """The tables of the tuning half with at most so many rows, the smallest first; without images,
    which the preset is not for."""
    sizes = {
        name: len(table.frame())
        for name, table in TABLES.items()
        if table.half == "tuning" and name != "digits"
    }
    return [TABLES[name] for name in sorted(sizes, key=sizes.__getitem__) if sizes[name] <= rows]


def sampled(table: Table) -> Table:
    """The table, or the same rows of a large one each time."""

    def few() -> pd.DataFrame:
        frame = table.read()
        return frame.sample(min(MOST, len(frame)), random_state=0)

    return table if len(table.frame()) <= MOST else replace(table, read=few)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", default=list(VARIANTS), choices=VARIANTS)
    parser.add_argument("--seeds", type=int, default=3, help="of splits of each table")
    parser.add_argument("--rows", type=int, default=MOST, help="of a table, at most")
    parser.add_argument("--tables", nargs="+", choices=TABLES, help="instead of all with few rows")
    parser.add_argument("--out", type=Path, default=KEPT)
    parser.add_argument("--report", action="store_true", help="print what is measured")
    options = parser.parse_args()
    named = [sampled(TABLES[name]) for name in options.tables or ()]
    for table in [] if options.report else named or chosen(options.rows):
        measure([table], of_task(table.task, options.only), options.out, options.seeds)
    print(report(results.read(options.out)))


if __name__ == "__main__":
    main()
