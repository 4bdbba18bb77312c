"""How good the default is on tables, compared with boosted trees and other networks.

    python -m benchmarks.tables                       # everything: many hours
    python -m benchmarks.tables --quick               # one seed, tables of at most 3,000 rows
    python -m benchmarks.tables --half reporting --only glassnet_default sklearn_trees --seeds 3

Results are appended to a file, so that a run that was stopped continues. Every contender trains on
the same rows and is tested on the same others. Printed are ranks and scores; the picture is next to
the results. Contenders whose package is not installed are left out.
"""

import argparse
import os
from pathlib import Path

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when libraries are imported
    os.environ.setdefault(_name, str(len(os.sched_getaffinity(0))))

from benchmarks.tables import results  # noqa: E402
from benchmarks.tables.catalogue import TABLES, Table  # noqa: E402
from benchmarks.tables.contenders import CONTENDERS  # noqa: E402
from benchmarks.tables.measuring import available, measure  # noqa: E402
from benchmarks.tables.packages import FOLDER  # noqa: E402
from benchmarks.tables.pictures import draw  # noqa: E402
from benchmarks.tables.report import measured, report  # noqa: E402

FEW = 3_000  # rows of a table, at most, in a quick run


def chosen(options: argparse.Namespace) -> list[Table]:
    """The tables that were asked for."""
    tables = [TABLES[name] for name in options.tables]
    if options.half:
        tables = [table for table in tables if table.half == options.half]
    if options.quick:
        tables = [table for table in tables if len(table.frame()) <= FEW]
    return tables


def main() -> None:
    """Measure, print and draw."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tables", nargs="+", default=list(TABLES), choices=TABLES)
    parser.add_argument("--only", nargs="+", default=list(CONTENDERS), choices=CONTENDERS)
    parser.add_argument("--half", choices=("tuning", "reporting"))
    parser.add_argument("--seeds", type=int, help="at most so many splits of each table")
    parser.add_argument("--quick", action="store_true", help="one seed, small tables")
    parser.add_argument("--out", type=Path, default=FOLDER / "results.jsonl")
    parser.add_argument("--report", action="store_true", help="print and draw what is measured")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    tables = chosen(options)
    if not options.report:
        most = 1 if options.quick else options.seeds
        measure(tables, available(options.only), options.out, most)
    names = {table.name for table in tables}
    found = [
        result for result in results.read(options.out)
        if result["table"] in names and result["contender"] in options.only
    ]  # fmt: skip
    print(report(found))
    if len(measured(found)) > 1:
        picture = options.out.with_suffix(".png")
        draw(found, found).savefig(picture, dpi=110)
        print(f"wrote {picture}")


if __name__ == "__main__":
    main()
