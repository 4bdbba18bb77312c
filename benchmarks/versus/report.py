"""The tables of docs/benchmarks.md, from `results.json`, and whether every bound is met."""

import json
import statistics
from pathlib import Path
from typing import Any

from benchmarks.shared.workloads import WORKLOADS

OURS = ("glassnet_compiled", "glassnet")
NAMES = {
    "glassnet": "glassnet, NumPy",
    "glassnet_compiled": "glassnet, compiled",
    "floor": "floor",
    "torch_eager": "PyTorch",
    "torch_fused": "PyTorch, fused rule",
    "torch_compile": "torch.compile",
    "keras_torch": "Keras on PyTorch",
    "keras_jax": "Keras on JAX",
    "jax_scan": "JAX, jit + scan",
    "sklearn_mlp": "scikit-learn",
}
RESULTS = Path(__file__).with_name("results.json")
EAGER = ("torch_eager", "torch_fused", "torch_compile", "keras_torch", "sklearn_mlp")
LOSS_WITHIN = 0.02
IMPORT_WITHIN = 1.5


def median(rounds: list[dict[str, Any]], figure: str) -> float | None:
    """The median of a figure over the rounds that have it."""
    values = [each[figure] for each in rounds if figure in each]
    return statistics.median(values) if values else None


def table(name: str, found: dict[str, Any]) -> str:
    """Each contender's seconds per epoch, from call to ten epochs, loss and memory."""
    ours, call = median(found["glassnet"], "epoch"), median(found["glassnet"], "ten")
    lines = [f"\n{name}", f"{'':14}{'ms per epoch':>26}{'ratio':>8}{'10 epochs s':>13}{'ratio':>8}"
             f"{'loss':>9}{'MB':>7}"]  # fmt: skip
    for contender, rounds in found.items():
        if contender == "check":
            continue
        epoch, ten = median(rounds, "epoch"), median(rounds, "ten")
        if epoch is None or ten is None or ours is None or call is None:
            lines.append(f"{contender:14}{rounds[0].get('error', 'no figures')}")
            continue
        times = [1e3 * each["epoch"] for each in rounds if "epoch" in each]
        spread = f"{1e3 * epoch:.3g} ({min(times):.3g}–{max(times):.3g})"
        loss = median(rounds, "loss")
        lines.append(
            f"{contender:14}{spread:>26}{epoch / ours:>8.2f}{ten:>13.2f}{ten / call:>8.2f}"
            f"{'' if loss is None else f'{loss:.4f}':>9}{median(rounds, 'memory'):>7.0f}"
        )
    return "\n".join(lines)


def verdicts(results: dict[str, Any]) -> str:
    """Every bound with what was measured: how many times faster than the best of the others."""
    lines = ["\nbounds: how many times as long the others take"]
    for name, found in results["workloads"].items():
        lines += [_verdict(name, *row) for row in bounds(name, found)]
        lines += [f"{name:16}{line}" for line in other_losses(name, found)]
    imports = results.get("imports", {})
    if {"numpy", "glassnet"} <= imports.keys():
        measured = imports["numpy"] / imports["glassnet"]
        lines.append(_verdict("import", "NumPy's own", measured, 1 / IMPORT_WITHIN))
    return "\n".join(lines)


def _verdict(name: str, what: str, measured: float, bound: float) -> str:
    word = "met" if measured >= bound else "MISSED"
    return f"{name:16}{what:28}{measured:>7.2f}  bound {bound:.2f}  {word}"


AGAINST = {
    "eager": ("best eager", EAGER, "epoch"),
    "jax": ("JAX compiled", ("jax_scan",), "epoch"),
    "keras_jax": ("Keras on JAX", ("keras_jax",), "epoch"),
    "call": ("first ten epochs, best of all", (*EAGER, "keras_jax", "jax_scan"), "ten"),
    "floor": ("floor", ("floor",), "epoch"),
    "row": ("one row, best eager", EAGER, "one_row"),
    "rows": ("all rows, best eager", EAGER, "all_rows"),
    "memory": ("PyTorch's memory", ("torch_eager",), "memory"),
}
"""What is compared with whom: a heading, the contenders, and the figure."""


def ratio(found: dict[str, Any], ours: str, what: str) -> float | None:
    """How many times as much the best of the others takes."""
    _, contenders, figure = AGAINST[what]
    others = [median(found[each], figure) for each in contenders if each in found]
    known, own = [each for each in others if each is not None], median(found.get(ours, []), figure)
    return min(known) / own if known and own else None


def bounds(name: str, found: dict[str, Any]) -> list[tuple[str, float, float]]:
    """(what, measured, bound) of a workload, with compiled steps where they were measured; more is
    better."""
    ours = next(each for each in OURS if each in found)
    rows = []
    for what, bound in WORKLOADS[name].bounds.items():
        measured = ratio(found, ours, what)
        if measured is not None:
            rows.append((AGAINST[what][0], measured, bound))
    return rows


def other_losses(name: str, found: dict[str, Any]) -> list[str]:
    """The contenders that learn something else: after an epoch in order, a loss 2 % apart."""
    ours = found["check"]["glassnet"]["loss"]
    lines = []
    for contender, figures in found["check"].items():
        loss = figures.get("loss")
        if loss is None or abs(loss / ours - 1) > LOSS_WITHIN:
            said = figures.get("error") or f"{loss:.5f}"
            lines.append(f"{contender} has another loss: {said}, glassnet {ours:.5f}")
    return lines


def markdown(results: dict[str, Any]) -> str:
    """The tables of the docs, each under its heading."""
    tables = {
        "Milliseconds of an epoch, steady": _table(results, "epoch", 1e3),
        "Seconds from the call to the tenth epoch, compiling included": _table(results, "ten", 1),
        "Microseconds to predict one row": _table(results, "one_row", 1e6),
        "Milliseconds to predict all rows": _table(results, "all_rows", 1e3),
        "Peak memory of the process, MB": _table(results, "memory", 1),
        "How many times as long the others take": _ratios(results),
    }
    if "imports" in results:
        tables["Import and size"] = _sizes(results)
    return "\n\n".join(f"### {heading}\n\n{table}" for heading, table in tables.items())


def _table(results: dict[str, Any], figure: str, unit: float) -> str:
    """A figure of every library, a column for each workload."""
    workloads = results["workloads"]
    rows = []
    for contender, name in NAMES.items():
        medians = [median(found.get(contender, []), figure) for found in workloads.values()]
        if any(medians):
            rows.append([name, *("–" if t is None else _three(unit * t) for t in medians)])
    return _rows(["", *workloads], rows)


def _three(value: float) -> str:
    """Three digits, and no powers of ten."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _ratios(results: dict[str, Any]) -> str:
    """How many times as long the others take, a row for each of our engines."""
    rows = []
    for name, found in results["workloads"].items():
        for ours in OURS:
            if ours in found:
                measured = [ratio(found, ours, what) for what in AGAINST]
                cells = ["–" if each is None else f"{each:.2f}" for each in measured]
                rows.append([name, NAMES[ours].partition(", ")[2], *cells])
    return _rows(["workload", "engine", *(each[0] for each in AGAINST.values())], rows)


def _sizes(results: dict[str, Any]) -> str:
    """Import time and size on disk of each package with all that it requires."""
    imports, sizes = results["imports"], results["sizes"]
    rows = [[name, f"{seconds:.2f}", f"{sizes[name]:.0f}"] for name, seconds in imports.items()]
    return _rows(["package", "import, s", "MB on disk"], rows)


def _rows(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    print(markdown(json.loads(RESULTS.read_text(encoding="utf-8"))))
