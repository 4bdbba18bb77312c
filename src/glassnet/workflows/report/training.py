"""The network and how it was trained: layers, settings, curves, and the epoch that was kept."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from glassnet.inspection import gallery
from glassnet.inspection.document import Table
from glassnet.inspection.report_page import Section
from glassnet.nn.summary import HEADINGS
from glassnet.training.callbacks.history import DIVERGED, INTERRUPTED
from glassnet.workflows.report.data import short
from glassnet.workflows.report.material import Material
from glassnet.workflows.stopping import KEPT, Kept
from glassnet.workflows.stopping_epoch import FOLDS

MOST_LAYERS = 200  # of a table
LONGEST = 160  # characters of a setting
# Settings as people say them; what is not here is said elsewhere, or is no decision.
SETTINGS = {
    "loss": "Loss", "optimizer": "Optimizer", "schedule": "Learning rate over time",
    "batch_size": "Batch size", "clip_norm": "Gradients clipped to",
    "max_norm": "Weights limited to", "engine": "Engine",
}  # fmt: skip


def network(given: Material) -> Section:
    """Layers and parameters."""
    net = given.network
    *rows, total = net.summary().cells()
    shown = tuple(rows[:MOST_LAYERS])
    more = f", the first {MOST_LAYERS} of {len(rows)}" if len(rows) > MOST_LAYERS else ""
    sample = given.x[0] if given.x is not None and len(given.x) and given.x.ndim > 2 else None
    return Section(
        "Network",
        facts=(("Parameters", f"{net.parameters.vector.size:,}, {net.dtype.name}"),),
        tables=((f"Layers{more}", Table(HEADINGS, (*shown, total))),),
        pictures=tuple(gallery.diagram(net, sample)),
    )


def training(given: Material) -> Section:
    """Settings and curves."""
    trained, record = given.network.trained, given.record
    lines = (
        [f"Training ended early: {short(reason, LONGEST)}."]
        if (reason := _interrupted(trained))
        else []
    )
    kept = kept_of(trained)
    if kept is not None:
        said = str(kept)
        lines.append(f"{said[0].upper()}{said[1:]}.")
        if len(kept.epochs) > 1:
            lines.append(f"The curves are those of the first of {len(kept.epochs)} networks.")
    if record is None:
        lines.append("The file keeps no curves: networks that glassnet train writes do.")
    tested = trained.get("test")
    curves = gallery.curves(
        {name: column for name, column in record.history.items() if np.isfinite(column).any()},
        tested if isinstance(tested, dict) else None,
        kept.best[0] if kept else None,
    ) if record else []  # fmt: skip
    return Section(
        "Training",
        facts=tuple(_facts(trained)),
        lines=tuple(lines),
        pictures=tuple(curves),
    )


def kept_of(trained: Mapping[str, Any]) -> Kept | None:
    """What early stopping came to; None without it, and for what is none in a file."""
    found = trained.get(KEPT)
    if not isinstance(found, dict) or found.keys() != {*Kept._fields}:
        return None
    made = Kept(**found)
    numbers = (made.epochs, made.best)
    whole = all(isinstance(each, list) and {*map(type, each)} == {int} for each in numbers)
    return made if whole and isinstance(made.metric, str) else None


def folds_of(trained: Mapping[str, Any]) -> int | None:
    """How many folds said how long to train; None if none did."""
    found = trained.get(FOLDS)
    count = found.get("folds") if isinstance(found, dict) else None
    return count if isinstance(count, int) else None


def _facts(trained: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    settings = trained.get("settings", {})
    if isinstance(trained.get("epochs"), int):
        folds = folds_of(trained)
        of = f", which was best for {folds} folds; then all rows were learned from" if folds else ""
        yield "Epochs", f"{trained['epochs']:,}{of}"
    for name, words in SETTINGS.items():
        if settings.get(name) is not None:
            yield words, _in_words(settings[name])
    if trained.get("seed") is not None:
        yield "Seed", str(trained["seed"])


def _in_words(value: Any) -> str:
    """A setting: `Adam, learning rate 0.001`."""
    if not isinstance(value, Mapping):
        return short(_number(value), LONGEST)
    given = {name: each for name, each in value.items() if name != "kind"}
    rest = [
        f"{str(name).replace('_', ' ')} {_number(each)}"
        for name, each in given.items()
        if each not in (None, 0, [])
    ]
    return short(", ".join([str(value.get("kind", "")), *rest]), LONGEST)


def _number(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _interrupted(trained: Mapping[str, Any]) -> str:
    """Why it ended early, unless it stopped itself."""
    reason = str(trained.get("interrupted"))
    return reason if reason == INTERRUPTED or reason.startswith(DIVERGED) else ""
