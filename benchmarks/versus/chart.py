"""The times of every library as bars, from `results.json` into `docs/benchmarks.png`."""

import json
from typing import Any

from matplotlib.figure import Figure

from benchmarks.shared import DOCS
from benchmarks.versus.report import NAMES, OURS, RESULTS, median
from glassnet.base.colours import LIGHT

PICTURE = DOCS / "benchmarks.png"
LONGEST = 6.0  # bars are cut here, in times of ours; their figures are written beside them
PANELS = {"epoch": "an epoch, steady", "ten": "from the call to the tenth epoch"}


def draw(results: dict[str, Any]) -> Figure:
    """A row for each workload: each library's time in times of glassnet's better engine."""
    workloads = results["workloads"]
    figure = Figure(figsize=(11, 2.3 * len(workloads)), layout="constrained")
    panels = figure.subplots(len(workloads), len(PANELS), squeeze=False)
    for row, (name, found) in zip(panels, workloads.items(), strict=True):
        for panel, (which, title) in zip(row, PANELS.items(), strict=True):
            bars(panel, found, which)
            panel.set_title(f"{name}: {title}", fontsize=10)
    return figure


def bars(panel: Any, found: dict[str, Any], which: str) -> None:
    """One bar for each library, the fastest on top, with the range over the rounds."""
    times = {c: median(found[c], which) for c in found if c != "check"}
    known = {c: t for c, t in times.items() if t is not None}
    ours = min(known[each] for each in OURS if each in known)
    for place, contender in enumerate(sorted(known, key=lambda c: known[c])):
        rounds = [each[which] / ours for each in found[contender] if which in each]
        ratio = known[contender] / ours
        colour = LIGHT.names[0] if contender in OURS else LIGHT.names[4]
        colour = "0.75" if contender == "floor" else colour
        panel.barh(place, min(ratio, LONGEST), color=colour)
        if ratio < LONGEST:
            ends = [min(rounds), min(max(rounds), LONGEST)]
            panel.plot(ends, [place, place], color="black", linewidth=1)
        text = f" {seconds(known[contender])}" + (f", {ratio:.0f} ×" if ratio > LONGEST else "")
        panel.text(min(max(*rounds, ratio), LONGEST), place, text, va="center", fontsize=8)
    panel.set_yticks(range(len(known)), [NAMES[c] for c in sorted(known, key=lambda c: known[c])])
    panel.tick_params(labelsize=8)
    panel.set_xlim(0, LONGEST * 1.35)
    panel.invert_yaxis()
    panel.axvline(1, color=LIGHT.names[0], linewidth=0.8)
    panel.set_xlabel("times glassnet's better time", fontsize=8)


def seconds(value: float) -> str:
    """A time in the unit that suits it."""
    return f"{1e3 * value:.3g} ms" if value < 1 else f"{value:.2f} s"


if __name__ == "__main__":
    draw(json.loads(RESULTS.read_text(encoding="utf-8"))).savefig(PICTURE, dpi=100)
    print(f"wrote {PICTURE}")
