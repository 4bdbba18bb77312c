"""The picture of a sweep: its figure against what was swept."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.inspection import plots
from glassnet.workflows.sweep.sweep import SettingScore

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOGARITHMIC = 20.0  # numbers that are further apart than by this factor are drawn so
RATES = ("lr", "weight_decay")  # and these always
BOXES = 8  # values, of which each has a place of its own
QUARTERS = 4  # points, from which there is a box
LETTERS = 20  # of the values of a panel, above which they are turned
SWARM, GOLDEN = 0.4, 0.618034  # how far dots are apart, and by which share of that each in turn


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
    dropped = [(p, each) for p, each in each_place if each.epochs < sound[0].epochs]
    _dropped(ax, dropped)
    if dropped:
        plots.explained(ax)
    _scaled(ax, name, words, places, numeric)
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
    """A panel for each thing that was swept: the mean of every point against it."""
    rows = -(-len(values) // 2)
    every = plots.panels(len(values), height=1.3 + 1.9 * rows, sharey=True)
    for place, (ax, (name, words)) in enumerate(zip(every, values.items(), strict=True)):
        _panel(ax, sound, name, words)
        plots.framed(ax, _named(name), figure if place % 2 == 0 else "", legend=False)
    plots.explained(*every)
    return plots.headed(every[0], f"{figure.capitalize()} by setting", f"{len(sound)} settings")


def _panel(ax: "Axes", sound: Sequence[SettingScore], name: str, words: list[str]) -> None:
    """A dot for each point: numbers where they are, few values side by side, with a box each."""
    places, numeric = _places(words)
    few = not numeric or len(words) <= BOXES
    if few:
        places = [float(place) for place in range(len(words))]
    place = dict(zip(words, places, strict=True))
    apart = [SWARM * (k * GOLDEN % 1 - 0.5) if few else 0.0 for k in range(len(sound))]
    points = [(place[each.setting[name]] + x, each) for each, x in zip(sound, apart, strict=True)]
    last = [(x, each) for x, each in points if each.epochs == sound[0].epochs]
    if few:
        _boxes(ax, [[_mean(each) for _, each in last if each.setting[name] == w] for w in words])
    _dropped(ax, [(x, each) for x, each in points if each.epochs < sound[0].epochs])
    found = [(x, _mean(each)) for x, each in last]
    colour = plots.palette(ax)
    ax.plot(*zip(*found, strict=True), ".", color=colour.plain, label="a setting")
    ax.plot(*found[0], "*", color=colour.ink, markersize=12, label="the best")
    if few:
        ax.set_xticks(places, words, rotation=90 * (sum(map(len, words)) > LETTERS))
    else:
        _scaled(ax, name, words, places, numeric)


def _boxes(ax: Any, groups: Sequence[Sequence[float]]) -> None:
    """From the lower to the upper quartile of each group, and its median."""
    line = {"color": plots.palette(ax).quiet}
    at = [place for place, group in enumerate(groups) if len(group) >= QUARTERS]
    if not at:
        return
    ax.boxplot([groups[place] for place in at], positions=at, widths=0.6, showfliers=False,
               showcaps=False, manage_ticks=False, boxprops=line, whiskerprops=line,
               medianprops=line | {"linewidth": 2})  # fmt: skip


def _dropped(ax: "Axes", points: Sequence[tuple[float, SettingScore]]) -> None:
    """Hollow dots for what halving dropped, at the means of its last round."""
    if points:
        places, means = zip(*((place, _mean(each)) for place, each in points), strict=True)
        ax.plot(places, means, "o", color=plots.palette(ax).plain, fillstyle="none", alpha=0.6,
                markersize=4, label="dropped after fewer epochs")  # fmt: skip


def _mean(score: SettingScore) -> float:
    return float(np.mean(score.figures))


def _scaled(
    ax: Any, name: str, words: Sequence[str], places: Sequence[float], numeric: bool
) -> None:
    """Draw the axis as its values want it: names, or numbers, in their logarithm if they are far
    apart or a learning rate."""
    if not numeric:
        ax.set_xticks(places, words)
    elif min(places) > 0 and (name in RATES or max(places) / min(places) > LOGARITHMIC):
        plots.logarithmic(ax, "x", places)


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
