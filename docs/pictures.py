"""The pictures of README and docs, from real runs: `make pictures`.

The benchmarks draw their own: `python -m benchmarks`.
"""

import contextlib
import io
import re
import shutil
import tempfile
from html import escape
from pathlib import Path

from rich.console import Console

import glassnet as gn
from glassnet.cli.app import run
from glassnet.cli.explain import smallest
from glassnet.cli.parts import show_parts
from glassnet.data import load
from glassnet.inspection import html_report as pages
from glassnet.inspection import plots

DOCS = Path(__file__).parent
WIDE, HIGH = 1440, 1780  # what the page of the smallest step needs
COMMANDS = {  # the pictures that a command of the pages writes, and their names here
    "train digits --plot seen": {
        "digits.png": "digits.png",
        "seen/confusion-matrix.png": "confusion.png",
        "seen/calibration.png": "calibration.png",
        "seen/most-confident-mistakes.png": "mistakes.png",
        "seen/outputs-by-layer-and-epoch.png": "outputs.png",
    },
    "repeat moons-repeated --times 100": {"moons-repeated-repeated.png": "repeated.png"},
    "sweep moons --hidden 4,8,16 --lr 1e-3,3e-3,1e-2,3e-2 --activation relu,tanh": {
        "moons-sweep/sweep.png": "sweep.png"
    },
}


def main() -> None:
    """Draw all."""
    explanation()
    moons()
    feature_maps()
    commands()
    drawn = ["explain.svg", "explain-page.svg", "regions.gif", "diagram.svg", "feature-maps.png"]
    for written in COMMANDS.values():
        drawn += written.values()
    print(f"wrote {', '.join(drawn)} into {DOCS}")


def explanation() -> None:
    """The smallest step as the terminal shows it, and its page."""
    title, parts = smallest()
    console = Console(record=True, width=122, file=io.StringIO(), force_terminal=True)
    show_parts(title, parts, console)
    drawn = console.export_svg(title="glassnet explain")
    drawn = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)  # nothing from elsewhere
    (DOCS / "explain.svg").write_text(drawn)
    inside = f"<h1>{escape(title)}</h1>{pages.legend(parts)}{pages.body(parts)}"
    (DOCS / "explain-page.svg").write_text(framed(inside))


def framed(inside: str) -> str:
    """The body of a page as a picture, which browsers draw as they draw the page."""
    style = pages.PAGE.replace("body {", ".page {") + pages.PARTS
    style = style.replace("@media (min-width: 75rem)", "@media all")  # as wide as the picture is
    inside = inside.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{HIGH}" '
        f'viewBox="0 0 {WIDE} {HIGH}"><foreignObject width="100%" height="100%">'
        f'<div xmlns="http://www.w3.org/1999/xhtml" class="page"><style>{style}</style>'
        f"{inside}</div></foreignObject></svg>\n"
    )


def moons() -> None:
    """A network of two moons as a diagram, and its decision regions, epoch by epoch."""
    data = load("moons", samples=600)
    net = gn.Sequential([gn.Dense(8, "tanh"), gn.Dense(2)], seed=0)
    film = plots.Film(data.x_train, data.y_train, data.classes, every=4)
    net.fit(
        data.x_train, data.y_train, epochs=80, optimizer="adam:learning_rate=0.01", callbacks=[film]
    )
    net.classes = data.classes
    score = plots.scored("test", net.evaluate(data.x_test, data.y_test))
    with plots.about("two moons", "2-8-2"):
        film.save(DOCS / "regions.gif", per_second=6)
    with plots.about("two moons", "2-8-2", score):
        plots.save(plots.diagram(net), DOCS / "diagram.svg")


def feature_maps() -> None:
    """What the layers of a small network make of an MNIST digit."""
    data = load("mnist")
    net = gn.Sequential(
        [
            *(gn.Scale(data.scale), gn.Reshape((28, 28, 1)), gn.Conv2D(16, 5, activation="relu")),
            *(gn.MaxPool2D(), gn.Conv2D(32, activation="relu"), gn.MaxPool2D()),
            *(gn.Flatten(), gn.Dense(10)),
        ],
        seed=0,
    )
    net.fit(
        data.x_train[:6000], data.y_train[:6000], epochs=2, batch_size=64,
        optimizer="adam:learning_rate=0.002",
    )  # fmt: skip
    score = plots.scored("test", net.evaluate(data.x_test, data.y_test))
    with plots.about("MNIST", plots.in_short(net), score):
        plots.save(plots.feature_maps(net, data.x_test[8]), DOCS / "feature-maps.png")


def commands() -> None:
    """The pictures that commands write, as the pages show them."""
    for command, written in COMMANDS.items():
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            run(command.split())
            for source, name in written.items():
                shutil.copy(source, DOCS / name)


if __name__ == "__main__":
    main()
