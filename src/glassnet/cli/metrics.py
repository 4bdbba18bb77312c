"""Metrics for people: their names, four digits of each, and beside them what needs no network."""

from collections.abc import Mapping

from glassnet.base.numerals import numeral
from glassnet.nn.metrics.names import metric_name
from glassnet.workflows.baseline import BASELINES, BESIDE


def metrics(figures: Mapping[str, float], part: str = "") -> list[str]:
    """Each metric in words; what it is compared with in brackets after it.

    - `figures`: metrics, each baseline after its metric.
    - `part=""`: of the data, such as "test".

    >>> metrics({"loss": 0.08123, "accuracy": 0.97, "base_rate": 0.1}, "test")
    ['test loss 0.08123', 'test accuracy 0.9700 (always the commonest class: 0.1000)']
    """
    said: list[str] = []
    for name, value in figures.items():
        if name in BESIDE and said:
            said[-1] += f" ({BESIDE[name]}: {numeral(value)})"
        else:
            said.append(f"{part} {metric_name(name)} {numeral(value)}".strip())
    return said


def baselines(figures: Mapping[str, float]) -> list[str]:
    """The baselines among metrics, each as a line.

    >>> baselines({"loss": 0.7, "accuracy": 0.5, "base_rate": 0.5})
    ['always the commonest class: 0.5000']
    """
    return [f"{BASELINES[name]}: {numeral(value)}" for name, value in figures.items()
            if name in BASELINES]  # fmt: skip
