"""What does each ingredient of the preset for tables bring, and what would others bring?

    python -m benchmarks.tables.ingredients                       # an hour or more
    python -m benchmarks.tables.ingredients --only smoothing one --seeds 1 --rows 600
    python -m benchmarks.tables.ingredients --report              # what is measured so far

Each variant is `glassnet train own.csv --preset table` with one ingredient changed, on the tables
of the tuning half. Errors (log loss or RMSE) are in percent of that of the base rate, which
predicts the share of each class, or the mean. Shown is how much more a variant has than what it is
compared with on the same rows, as the mean over tables ± its standard error: below 0 it is better.
Scores are accuracy or R², in hundredths.
"""

import argparse
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

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
HEAD = ("changed", "compared with", "tables", "error, %", "better in", "score", "time, ×")


def of_task(task: str, names: Sequence[str]) -> dict[str, Any]:
    """The variants of these names that are for tables of a task, and the base rate."""
    own = {name: VARIANTS[name] for name in names if VARIANTS[name].task in ("", task)}
    return {BASE: contender("base_rate"), **own}


def line(found: Sequence[Result], name: str) -> list[str]:
    """What a variant brings, in the columns of the head; nothing if it was not measured."""
    beside = VARIANTS[name].beside
    rows = _by_table(found, (name, beside, BASE)).values()
    if len(rows) < 2:
        return []
    errors = np.array([(row[name]["error"] - row[beside]["error"]) / row[BASE]["error"]
                       for row in rows])  # fmt: skip
    apart = errors.std(ddof=1) / math.sqrt(len(rows))
    score = np.mean([row[name]["score"] - row[beside]["score"] for row in rows])
    time = np.median([row[name]["fit"] / row[beside]["fit"] for row in rows])
    return [
        VARIANTS[name].what, VARIANTS[beside].what, str(len(rows)),
        f"{100 * errors.mean():+.2f} ± {100 * apart:.2f}", str(int((errors < 0).sum())),
        f"{100 * score:+.2f}", f"{time:.2f}",
    ]  # fmt: skip


def _by_table(
    found: Sequence[Result], names: Sequence[str]
) -> dict[str, dict[str, dict[str, float]]]:
    """Means over the splits that all of these have, by table, variant and figure."""
    kept: dict[tuple[str, int], dict[str, Result]] = {}
    for result in found:
        if result["contender"] in names and "failed" not in result:
            kept.setdefault((result["table"], result["seed"]), {})[result["contender"]] = result
    whole = [result for row in kept.values() if len(row) == len(names) for result in row.values()]
    figures = {which: means(whole, which) for which in ("error", "score", "fit")}
    return {
        table: {name: {which: figures[which][table][name] for which in figures} for name in names}
        for table in figures["error"]
    }


def report(found: Sequence[Result]) -> str:
    """A line for each variant, in Markdown."""
    rows = [line(found, name) for name in VARIANTS if name != "preset"]
    lines = [HEAD, ["---"] * len(HEAD), *filter(None, rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def chosen(rows: int) -> list[Table]:
    """The tables of the tuning half with at most so many rows, the smallest first."""
    sizes = {
        name: len(table.frame()) for name, table in TABLES.items() if table.half == "tuning"
    }  # fmt: skip
    return [TABLES[name] for name in sorted(sizes, key=sizes.__getitem__) if sizes[name] <= rows]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", default=list(VARIANTS), choices=VARIANTS)
    parser.add_argument("--seeds", type=int, default=3, help="of splits of each table")
    parser.add_argument("--rows", type=int, default=3_000, help="of a table, at most")
    parser.add_argument("--out", type=Path, default=KEPT)
    parser.add_argument("--report", action="store_true", help="print what is measured")
    options = parser.parse_args()
    for table in [] if options.report else chosen(options.rows):
        measure([table], of_task(table.task, options.only), options.out, options.seeds)
    print(report(results.read(options.out)))


if __name__ == "__main__":
    main()
