"""Memory and time for very large files: a .npy of 4 GB, a CSV of 10 million rows.

Takes a folder, or makes one for a few minutes; it needs 5 GB of disk.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

ROWS, COLUMNS = 1_367_823, 785  # 4 GiB of float32
LINES = 10_000_000
# A small program that runs another and prints the most memory it had, in KiB: a child of this one
# would begin with what this one has.
PEAK = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
)


def main(folder: Path) -> None:
    """Make each file, run the command, print seconds and peak memory."""
    make_array(folder / "big.npy")
    train = ["train", "big.npy", "--epochs", "2", "--hidden", "32"]
    measure(folder, train)
    (folder / "big.npy").unlink()
    make_table(folder / "small.csv", 1000, label=True)
    measure(folder, ["train", "small.csv", "--epochs", "5", "--quiet"])
    make_table(folder / "long.csv", LINES, label=False)
    measure(folder, ["predict", "small.safetensors", "long.csv", "--proba", "--out", "o.csv"])


def make_array(path: Path) -> None:
    """Numbers of 0 … 1, and in the last column which of three classes their sum falls into."""
    rng = np.random.default_rng(0)
    array = open_memmap(path, "w+", np.float32, (ROWS, COLUMNS))
    weights = rng.normal(size=COLUMNS - 1).astype(np.float32)
    for start in range(0, ROWS, 65_536):
        rows = rng.random((min(65_536, ROWS - start), COLUMNS), dtype=np.float32)
        rows[:, -1] = np.digitize(rows[:, :-1] @ weights - weights.sum() / 2, [-4, 4])
        array[start : start + len(rows)] = rows


def make_table(path: Path, lines: int, label: bool) -> None:
    """Four columns of numbers, and if asked for, a class that depends on their sum."""
    rng = np.random.default_rng(0)
    block = rng.uniform(0, 7, (min(lines, 100_000), 4)).round(1)
    texts = [",".join(map(str, row)) for row in block.tolist()]
    if label:
        texts = [f"{text},{'high' if row.sum() > 14 else 'low'}"
                 for text, row in zip(texts, block, strict=True)]  # fmt: skip
    with path.open("w", encoding="utf-8") as file:
        file.write("a,b,c,d" + (",class" if label else "") + "\n")
        for _ in range(max(1, lines // len(texts))):
            file.write("\n".join(texts) + "\n")


def measure(folder: Path, words: list[str]) -> None:
    """Run a command of glassnet; its last lines, seconds, and peak memory in MB."""
    begin = time.perf_counter()
    program = [sys.executable, "-m", "glassnet", *words]
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *program],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    seconds = time.perf_counter() - begin
    *said, peak = done.stdout.splitlines()
    print("\n".join(line for line in said if "epoch" in line or "wrote" in line))
    print(f"glassnet {' '.join(words)}: {seconds:.1f} s, {int(peak) // 1024} MB", flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as made:
            main(Path(made))
