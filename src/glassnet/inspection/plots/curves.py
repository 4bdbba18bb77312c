"""Pictures of training: the curves of one run, of many, and of several compared."""

import warnings
from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.inspection.plots.figures import (
    HEIGHT,
    colours,
    explained,
    framed,
    new_axes,
    palette,
    panels,
    plain,
)
from glassnet.inspection.plots.scales import in_full, logarithmic, short, whole
from glassnet.inspection.plots.titles import headed, titled
from glassnet.nn.metrics import rises
from glassnet.nn.metrics.names import metric_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Runs = Mapping[str, Sequence[float]] | Sequence[Mapping[str, Sequence[float]]]
Figures = Mapping[str, float]

FIGURES = ("loss", "accuracy", "mean_absolute")
BAND = (10.0, 90.0)  # percentiles of many runs, between which the band is


@named
def curves(
    runs: Runs,
    figure: str = "loss",
    ax: "Axes | None" = None,
    held_out: str = "validation",
    tested: Figures | None = None,
    kept: int | None = None,
) -> "Axes":
    """A metric of every epoch, in training and held out: `loss` and `val_loss`, for example; a loss
    in its logarithm.

    Of many runs, their median is a line and the middle 80 % of them a band. Of one run the best
    epoch held out is marked.

    - `runs`: one history, or those of many runs.
    - `figure="loss"`: the metric.
    - `ax`: axes to draw into; by default those of a new figure.
    - `held_out="validation"`: what to call the part that was not trained on.
    - `tested`: the metrics of `evaluate` on the test part, to be marked.
    - `kept`: the epoch whose weights were kept, from 1, to be marked.
    """
    ax = ax or new_axes()
    _drawn(ax, runs, figure, held_out, tested)
    if kept is not None:
        ax.axvline(kept, color=palette(ax).quiet, linewidth=1, label=f"kept, epoch {kept}")
    explained(ax)
    return titled(ax, f"{metric_name(figure).capitalize()} by epoch", _of_many(runs))


@named
def training(
    runs: Runs, title: str = "", held_out: str = "validation", tested: Figures | None = None
) -> "Axes":
    """Loss and, if there is one, accuracy, one below the other; the axes of the loss.

    - `runs`: one history, or those of many runs.
    - `title=""`: the name of the picture.
    - `held_out="validation"`: what to call the part that was not trained on.
    - `tested`: the metrics of `evaluate` on the test part, to be marked.
    """
    figures = [name for name in FIGURES if _columns(runs, name)]
    if not figures:
        raise InputError("there is no 'loss' to draw: give the history of a training")
    every = panels(len(figures), across=1, height=HEIGHT + len(figures) - 1, sharex=True)
    for ax, figure in zip(every, figures, strict=True):
        _drawn(ax, runs, figure, held_out, tested)
        if ax is not every[-1]:
            ax.set_xlabel("")
    _explained_once(every)
    return headed(every[0], "Training curves", title, _of_many(runs))


@named
def compared(
    named: Mapping[str, Runs],
    figure: str = "loss",
    ax: "Axes | None" = None,
    held_out: str = "validation",
) -> "Axes":
    """A metric of several trainings, by name: a colour for each, and what is held out as a dashed
    line without a band.

    - `named`: histories by the name of the training, or lists of them.
    - `figure="loss"`: the metric.
    - `ax`: axes to draw into; by default those of a new figure.
    - `held_out="validation"`: what to call the part that was not trained on.
    """
    ax = ax or new_axes()
    _drawn_beside(ax, named, figure, held_out)
    explained(ax)
    return titled(ax, f"{metric_name(figure).capitalize()} by epoch")


@named
def all_compared(named: Mapping[str, Runs], held_out: str = "validation") -> "Axes":
    """Every metric that all of them have, one below the other; the axes of the loss.

    - `named`: histories by the name of the training, or lists of them.
    - `held_out="validation"`: what to call the part that was not trained on.
    """
    figures = [name for name in FIGURES if all(_columns(runs, name) for runs in named.values())]
    if not figures:
        raise InputError("there is no 'loss' to draw: give the histories of trainings")
    every = panels(len(figures), across=1, height=HEIGHT + len(figures) - 1, sharex=True)
    for ax, figure in zip(every, figures, strict=True):
        _drawn_beside(ax, named, figure, held_out)
        if ax is not every[-1]:
            ax.set_xlabel("")
    explained(*every)
    return headed(every[0], "Trainings compared")


def _drawn(
    ax: "Axes", runs: Runs, figure: str, held_out: str, tested: Figures | None = None
) -> None:
    """The lines of one metric, its best epoch, and the test."""
    lines = {"training": figure, held_out: f"val_{figure}"}
    for colour, (name, column) in zip(palette(ax).parts, lines.items(), strict=True):
        _line(ax, _columns(runs, column), name, colour)
    held = _columns(runs, f"val_{figure}")
    if len(held) == 1:
        _mark_best(ax, held[0], figure)
    if tested and figure in tested and ax.lines:
        ax.axhline(tested[figure], color=palette(ax).ink, linestyle=":", linewidth=1.2,
                   label=f"test {short(tested[figure])}")  # fmt: skip
    _by_epoch(ax, figure)


def _mark_best(ax: "Axes", values: Sequence[float], figure: str) -> None:
    """A dot at the best epoch of one run."""
    if not np.isfinite(values).any():
        return
    best = int(np.nanargmax(values) if rises(figure) else np.nanargmin(values))
    label = f"best {short(values[best])}, epoch {best + 1}"
    ax.plot([best + 1], [values[best]], "o", color=palette(ax).ink, markersize=5, label=label)


def _drawn_beside(ax: "Axes", named: Mapping[str, Runs], figure: str, held_out: str) -> None:
    for colour, (name, runs) in zip(cycle(colours(ax)), named.items(), strict=False):
        columns, held = _columns(runs, figure), _columns(runs, f"val_{figure}")
        many = f", median of {len(columns)}" if len(columns) > 1 else ""
        _line(ax, columns, f"{plain(name)}{many}", colour)
        _line(ax, held, "", colour, dashed=True)
    if any(_columns(runs, f"val_{figure}") for runs in named.values()):
        for style, what in (("-", "training"), ("--", held_out)):
            ax.plot([], [], style, color=palette(ax).quiet, label=what)
    _by_epoch(ax, figure)


def _columns(runs: Runs, column: str) -> list[Sequence[float]]:
    """This metric of every run that has it."""
    histories = [runs] if isinstance(runs, Mapping) else runs
    return [history[column] for history in histories if column in history]


def _of_many(runs: Runs) -> str:
    """What a line and its band are, if there are many runs."""
    many = not isinstance(runs, Mapping) and len(runs) > 1
    return f"median of {len(runs)} networks, band: the middle 80 %" if many else ""


def _line(
    ax: "Axes", columns: Sequence[Sequence[float]], label: str, colour: str, dashed: bool = False
) -> None:
    """One run as a line; of many the median of those that came so far, and a band around it unless
    the line is dashed."""
    if not columns:
        return
    sheet = _sheet(columns)
    epochs = np.arange(1, sheet.shape[1] + 1)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "All-NaN")  # epochs of which no run has the metric
        low, median, high = np.nanpercentile(sheet, (BAND[0], 50, BAND[1]), axis=0)
    if len(columns) > 1 and not dashed:
        ax.fill_between(epochs, low, high, color=colour, alpha=0.2, lw=0)
    marker = "o" if len(epochs) == 1 else ""
    ax.plot(epochs, median, "--" if dashed else "-", color=colour, label=label, marker=marker)


def _sheet(columns: Sequence[Sequence[float]]) -> Array:
    """A row for each run; NaN after its end."""
    sheet = np.full((len(columns), max(map(len, columns))), np.nan)
    for place, column in enumerate(columns):
        sheet[place, : len(column)] = column
    return sheet


def _by_epoch(ax: "Axes", figure: str) -> None:
    lines = [line for line in ax.lines if np.size(line.get_xdata())]
    if not lines:
        raise InputError(f"there is no {figure!r} to draw: give the history of a training")
    values = np.concatenate([np.ravel(line.get_ydata()) for line in lines]).astype(float)
    if "loss" in figure:
        logarithmic(ax, "y", values)
    else:
        in_full(ax, values[np.isfinite(values)], "y")
    whole(ax)
    framed(ax, "epoch", metric_name(figure), legend=False)


def _explained_once(every: Sequence["Axes"]) -> None:
    """One legend: what is marked in a panel stands within it, the names of the lines below all."""
    for ax in every:
        marks = [line for line in ax.lines if str(line.get_label()).startswith(("best ", "test "))]
        if marks:
            ax.legend(handles=marks, frameon=False)
        for line in marks:
            line.set_label("_" + str(line.get_label()))
    explained(*every)
