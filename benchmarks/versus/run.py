"""Every library on every workload, side by side: what `make bench` runs.

Each measurement is a process of its own; the libraries take turns, round after round, so that a
machine that grows slower does so for all. Figures are medians over the rounds.
"""

import argparse
import importlib.metadata
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.shared import ROOT
from benchmarks.shared.environment import environment, machine, version
from benchmarks.shared.workloads import WORKLOADS
from benchmarks.versus.report import RESULTS, table, verdicts

CONTENDERS = {
    "glassnet": "glassnet",
    "glassnet_compiled": "numba",
    "floor": "numpy",
    "torch_eager": "torch",
    "torch_fused": "torch",
    "torch_compile": "torch",
    "keras_torch": "keras",
    "keras_jax": "keras",
    "jax_scan": "jax",
    "sklearn_mlp": "scikit-learn",
}
"""Each contender, and the package that it needs."""

IMPORTS = {"numpy": "numpy", "glassnet": "glassnet", "scikit-learn": "sklearn", "torch": "torch",
           "keras": "keras", "jax": "jax"}  # fmt: skip


def main() -> None:
    """Measure, print, write."""
    options = _options()
    installed = [name for name, package in CONTENDERS.items() if version(package)]
    chosen = [name for name in installed if not options.only or name in options.only]
    for name, package in CONTENDERS.items():
        if name not in installed:
            print(f"{name}: left out, {package} is not installed")
    results = _so_far(options.out) if options.workloads else {}
    results |= {"machine": machine(), "rounds": options.rounds}
    results["imports"] = {name: _import_time(module) for name, module in IMPORTS.items()
                          if version(name)}  # fmt: skip
    results["sizes"] = {name: _size(name) for name in IMPORTS if version(name)}
    measured = results.setdefault("workloads", {})
    for name in options.workloads or WORKLOADS:
        measured[name] = measure(name, chosen, options.rounds)
        print(table(name, measured[name]), flush=True)
        results["not_measured"] = [each for each in WORKLOADS if each not in measured]
        options.out.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    print(verdicts(results))
    print(f"wrote {options.out}")


def _so_far(path: Path) -> dict[str, Any]:
    """What was measured on this machine before: single workloads are measured anew among it."""
    if not path.exists():
        return {}
    results: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    if results["machine"] != machine():
        raise SystemExit(f"{path} is of another machine: name another file with --out")
    return results


def measure(workload: str, contenders: list[str], rounds: int) -> dict[str, Any]:
    """What each contender came to: the figures of every round, by name."""
    found: dict[str, Any] = {name: [] for name in contenders}
    with tempfile.TemporaryDirectory() as folder:
        x, y = WORKLOADS[workload].data()
        np.save(f"{folder}/x.npy", x)
        np.save(f"{folder}/y.npy", y)
        found["check"] = {
            name: _work(name, workload, folder, "check") for name in contenders if name != "floor"
        }
        for number in range(rounds):
            for name in contenders:
                begin = time.perf_counter()
                figures = _work(name, workload, folder)
                seconds = time.perf_counter() - begin
                print(f"{workload} round {number + 1}/{rounds} {name} {seconds:.1f} s", flush=True)
                found[name].append(figures)
    return found


def _work(contender: str, workload: str, folder: str, *check: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.versus.worker", contender, workload, folder, *check],
        capture_output=True, text=True, cwd=ROOT, env=environment(), check=False,
    )  # fmt: skip
    if done.returncode:
        return {"error": done.stderr.strip().splitlines()[-1][:200]}
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def _import_time(module: str) -> float:
    """Seconds that an import adds to an empty Python: the median of nine, bytecode cached."""
    env = {k: v for k, v in environment().items() if k != "PYTHONDONTWRITEBYTECODE"}

    def seconds(code: str) -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, check=True)
        return time.perf_counter() - begin

    seconds(f"import {module}")
    pairs = [(seconds(f"import {module}"), seconds("pass")) for _ in range(9)]
    return statistics.median(a - b for a, b in pairs)


def _size(package: str) -> float:
    """MB on disk of a package with all that it requires."""
    seen: set[str] = set()
    total = 0
    todo = [package]
    while todo:
        name = todo.pop().lower().replace("_", "-")
        if name in seen:
            continue
        seen.add(name)
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        files = [found.locate_file(file) for file in found.files or ()]
        total += sum(Path(str(f)).stat().st_size for f in files if Path(str(f)).is_file())
        todo += [r.split(";")[0].split("[")[0].strip(" ()<>=!~.0123456789,")
                 for r in found.requires or () if "extra ==" not in r]  # fmt: skip
    return total / 1e6


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workloads", nargs="*", choices=list(WORKLOADS), help="by default all")
    parser.add_argument("--only", nargs="*", choices=list(CONTENDERS), help="by default all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, default=RESULTS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
