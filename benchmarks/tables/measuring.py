"""One contender on one split of one table."""

import time
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.tables import results
from benchmarks.tables.catalogue import Table
from benchmarks.tables.contenders import contender
from benchmarks.tables.results import Result
from benchmarks.tables.scores import scores
from benchmarks.tables.splits import Split, seeds, split


def available(names: list[str]) -> dict[str, ModuleType]:
    """The contenders whose packages are installed; the others are named."""
    found = {}
    for name in names:
        try:
            found[name] = contender(name)
        except ImportError as error:
            print(f"{name} is left out: {error}", flush=True)
    return found


def measure(tables: list[Table], who: dict[str, Any], path: Path, most: int | None) -> None:
    """Measure what is not in the file yet, and append it."""
    done = {results.key(result) for result in results.read(path)}
    for table in tables:
        frame = table.frame()
        for seed in seeds(len(frame), most):
            parts = split(table, frame, seed)
            for name, module in who.items():
                if (table.name, name, seed) not in done:
                    found = measured(module, table, parts, seed)
                    line = {"table": table.name, "contender": name, "seed": seed, **found}
                    results.append(path, line)
                    print(shown(line), flush=True)


def measured(module: Any, table: Table, parts: Split, seed: int) -> Result:
    """Score, error and seconds; or why there are none. `cpu` are those of processors, which other
    work hardly changes."""
    begin, busy = time.perf_counter(), time.process_time()
    try:
        predict = module.fit(parts.x_train, parts.y_train, table.task, seed)
        fitted, busy = time.perf_counter(), time.process_time() - busy
        predicted = predict(parts.x_test)
        end = time.perf_counter()
        found = scores(table.task, parts.y_test, predicted)
    except Exception as error:  # of any library: the other results still count
        return {"failed": f"{type(error).__name__}: {error}"[:300]}
    return {**found, "fit": fitted - begin, "cpu": busy, "predict": end - fitted}


def shown(line: Result) -> str:
    """A result for people."""
    head = f"{line['table']:14}{line['contender']:18}{line['seed']:3}"
    if "failed" in line:
        return f"{head}  {line['failed']}"
    return (
        f"{head}  score {line['score']:.4f}  error {line['error']:.4f}  "
        f"fit {line['fit']:.2f} s  predict {line['predict']:.3f} s"
    )
