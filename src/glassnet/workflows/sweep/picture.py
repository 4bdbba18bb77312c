"""The picture of a sweep: its figure against what was swept."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.inspection import plots
from glassnet.workflows.sweep.sweep import SettingScore

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOGARITHMIC = 20.0  # numbers that are further apart than by this factor are drawn so


def picture(found: Sequence[SettingScore], figure: str) -> "Axes":
    """One thing swept: the figure against it, with bars from least to most of the trials. Two: a
    heat map of the means. More, or numbers by chance: for each a panel with all means.

    Points of which every run diverged are left out. With halving, each point is as its last round
    left it, and those that were dropped before the last are drawn hollow.
    """
    sound = [score for score in found if score.figures]
    axes = list(sound[0].setting)
    if len(axes) == 1:
        return _against(sound, axes[0], figure)
    values = {name: sorted({each.setting[name] for each in sound}, key=_order) for name in axes}
    grid = all(len(each) <= plots.NUMBERED for each in values.values())
    if len(axes) == 2 and grid and len(found) > max(map(len, values.values())):
        return _heat(sound, values, figure)
    return _panels(sound, values, figure)


def _against(sound: Sequence[SettingScore], name: str, figure: str) -> "Axes":
    ordered = sorted(sound, key=lambda each: _order(each.setting[name]))
    words = [each.setting[name] for each in ordered]
    places, numeric = _places(words)
    each_place = list(zip(places, ordered, strict=True))
    last = [(place, each) for place, each in each_place if each.epochs == sound[0].epochs]
    ax = plots.swept([p for p, _ in last], [each.figures for _, each in last], _named(name), figure)
    _dropped(ax, [(p, each) for p, each in each_place if each.epochs < sound[0].epochs])
    _scaled(ax, words, places, numeric)
    return ax


def _heat(sound: Sequence[SettingScore], values: dict[str, list[str]], figure: str) -> "Axes":
    (rows, columns) = values.values()
    means = np.full((len(rows), len(columns)), np.nan)
    for each in sound:
        row, column = each.setting.values()
        means[rows.index(row), columns.index(column)] = np.mean(each.figures)
    halved = len({each.epochs for each in sound}) > 1
    label = f"{figure} in each setting's last round" if halved else figure
    return plots.heat(means, rows, columns, [*map(_named, values)], label)


def _panels(sound: Sequence[SettingScore], values: dict[str, list[str]], figure: str) -> "Axes":
    """Side by side: the mean of every point against each thing that was swept."""
    every = plots.side_by_side(len(values), 4, height=3.6)
    dot, chosen = plots.colours(every[0])[:2]
    for ax, (name, words) in zip(every, values.items(), strict=True):
        places, numeric = _places(words)
        place = dict(zip(words, places, strict=True))
        points = [(place[each.setting[name]], each) for each in sound]
        _dropped(ax, [(p, each) for p, each in points if each.epochs < sound[0].epochs])
        last = [(p, _mean(each)) for p, each in points if each.epochs == sound[0].epochs]
        ax.plot(*zip(*last, strict=True), ".", color=dot)
        ax.plot(*last[0], "o", color=chosen, label="the best")
        _scaled(ax, words, places, numeric)
        plots.framed(ax, _named(name), figure if ax is every[0] else "", legend=ax is every[0])
        ax.sharey(every[0])
    return every[0]


def _dropped(ax: "Axes", points: Sequence[tuple[float, SettingScore]]) -> None:
    """Hollow dots for what halving dropped, at the means of its last round."""
    if points:
        places, means = zip(*((place, _mean(each)) for place, each in points), strict=True)
        ax.plot(places, means, "o", color=plots.colours(ax)[0], fillstyle="none", alpha=0.6,
                markersize=4, label="dropped after fewer epochs")  # fmt: skip
        ax.legend(frameon=False)


def _mean(score: SettingScore) -> float:
    return float(np.mean(score.figures))


def _scaled(ax: Any, words: Sequence[str], places: Sequence[float], numeric: bool) -> None:
    """Draw the axis as its values want it: names, or numbers, in their logarithm if they are far
    apart."""
    if not numeric:
        ax.set_xticks(places, words)
    elif min(places) > 0 and max(places) / min(places) > LOGARITHMIC:
        ax.set_xscale("log")


def _places(words: Sequence[str]) -> tuple[list[float], bool]:
    """Where values stand on an axis, and whether as the numbers that they are."""
    try:
        return [float(word) for word in words], True
    except ValueError:
        return [float(place) for place in range(len(words))], False


def _order(word: str) -> tuple[bool, float, str]:
    """Numbers by size, then names."""
    try:
        return False, float(word), word
    except ValueError:
        return True, 0.0, word


def _named(option: str) -> str:
    return {"hidden": "hidden units", "lr": "learning rate"}.get(option, option.replace("_", " "))
