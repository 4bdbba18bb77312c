"""How long `glassnet train own.csv` takes on a generated table of 20,000 rows and 50 columns.

    python -m benchmarks.scaling.own_table
    python -m benchmarks.scaling.own_table --rows 4323 --columns 5 -- --engine numpy

Trains by default, with the preset for tables, then without it, in new processes; what follows `--`
is given to both. Prints the seconds of the whole command and of its training, and the epochs of the
network whose epochs the command shows. Compiled steps are compiled before anything is measured.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WAYS = {"default": [], "--preset none": ["--preset", "none"]}


def make(path: Path, rows: int, columns: int) -> None:
    """Standard normal numbers and two classes: waves, a product and a sum of columns decide, and
    noise."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, columns))
    score = np.sin(3 * x[:, 0]) + x[:, 1] * x[:, 2] + np.cos(5 * x[:, 3])
    score += x @ rng.normal(size=columns) / np.sqrt(columns) + rng.normal(size=rows) / 2
    lines = [
        ",".join([*map("{:.4f}".format, row), "yes" if each > 0 else "no"])
        for row, each in zip(x.tolist(), score, strict=True)
    ]
    names = [*(f"x{column}" for column in range(columns)), "target"]
    path.write_text("\n".join([",".join(names), *lines]) + "\n", encoding="utf-8")


def train(path: Path, options: list[str]) -> tuple[float, list[str]]:
    """Seconds of the command, and what it printed."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "glassnet", "train", path.name, *options]
    done = subprocess.run(command, cwd=path.parent, check=True, capture_output=True, text=True)
    return time.perf_counter() - begin, done.stdout.splitlines()


def main() -> None:
    """Make the table, train both ways, print a line for each."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--columns", type=int, default=50, help="4 or more")
    parser.add_argument("options", nargs="*", help="options of glassnet train, after --")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, small = Path(folder) / "own.csv", Path(folder) / "small.csv"
        make(path, given.rows, given.columns)
        make(small, 200, given.columns)
        for way, options in WAYS.items():
            train(small, [*options, "--epochs", "1", "--engine", "compiled"])
            seconds, lines = train(path, [*options, *given.options])
            epochs = [line.split() for line in lines if line.lstrip()[:1].isdigit()]
            last = [each for each in epochs if "/" in each[0]][-1]
            print(
                f"{way:16} {seconds:6.1f} s, of which training {float(last[1]):6.1f} s: "
                f"{last[0]} epochs; {next(line for line in lines if line.startswith('test loss'))}",
                flush=True,
            )


if __name__ == "__main__":
    main()
