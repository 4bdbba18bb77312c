"""What does the preset for tables bring to the estimators?

    python -m benchmarks.tables.estimators                      # some minutes
    python -m benchmarks.tables.estimators --seeds 1 --rows 600
    python -m benchmarks.tables.estimators --report             # what is measured so far

`MLPClassifier(preprocess="auto")`, or the regressor with standardised targets, beside
`for_tables()` and the command `glassnet train` without options, on the tables of the tuning half.
Shown are, over tables, the mean error (log loss or RMSE) in percent of that of the base rate, the
mean score (accuracy or R²), and the median of the seconds to fit.
"""

import argparse
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # read when libraries are imported
    os.environ.setdefault(_name, str(len(os.sched_getaffinity(0))))

from sklearn.compose import TransformedTargetRegressor  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402

from benchmarks.tables import results  # noqa: E402
from benchmarks.tables.contenders import Predict, contender, predictor  # noqa: E402
from benchmarks.tables.ingredients import BASE, chosen  # noqa: E402
from benchmarks.tables.measuring import measure  # noqa: E402
from benchmarks.tables.packages import FOLDER  # noqa: E402
from benchmarks.tables.ranks import means  # noqa: E402
from benchmarks.tables.results import Result  # noqa: E402
from glassnet.sklearn import MLPClassifier, MLPRegressor  # noqa: E402

HEAD = ("", "tables", "error, %", "score", "fit, s", "lower error than the first in")


@dataclass(frozen=True)
class Estimator:
    """An estimator with the defaults of `preprocess="auto"`, or with the preset for tables."""

    preset: bool

    def fit(self, x: pd.DataFrame, y: np.ndarray, task: str, seed: int) -> Predict:
        """Train on these rows."""
        kind: Any = MLPClassifier if task == "classes" else MLPRegressor
        how = {"random_state": seed, "preprocess": "auto"}
        model = kind.for_tables(**how) if self.preset else kind(**how)
        if task == "values":
            model = TransformedTargetRegressor(model, transformer=StandardScaler())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(x, y)
        return predictor(model, task)


WHO = {
    "plain": 'preprocess="auto"',
    "preset": "for_tables()",
    "glassnet_default": "glassnet train",
}


def report(found: Sequence[Result]) -> str:
    """A line for each, in Markdown, over the splits that all were measured on."""
    whole = results.shared([each for each in found if "failed" not in each], [BASE, *WHO])
    error, score, fit = (means(whole, which) for which in ("error", "score", "fit"))
    lines = [HEAD, ("---",) * len(HEAD)]
    for name, what in WHO.items():
        share = [100 * row[name] / row[BASE] for row in error.values()]
        lower = sum(row[name] < row["plain"] for row in error.values())
        lines.append((
            what, str(len(error)), f"{np.mean(share):.1f}",
            f"{np.mean([row[name] for row in score.values()]):.4f}",
            f"{np.median([row[name] for row in fit.values()]):.1f}",
            "" if name == "plain" else str(lower),
        ))  # fmt: skip
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=3, help="of splits of each table")
    parser.add_argument("--rows", type=int, default=3_000, help="of a table, at most")
    parser.add_argument("--out", type=Path, default=FOLDER / "estimators.jsonl")
    parser.add_argument("--report", action="store_true", help="print what is measured")
    options = parser.parse_args()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    who = {
        BASE: contender("base_rate"),
        "plain": Estimator(preset=False),
        "preset": Estimator(preset=True),
        "glassnet_default": contender("glassnet_default"),
    }
    if not options.report:
        measure(chosen(options.rows), who, options.out, options.seeds)
    print(report(results.read(options.out)))


if __name__ == "__main__":
    main()
