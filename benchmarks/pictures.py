"""The pictures of README and docs, from real runs: `make pictures`."""

import io
import re
from pathlib import Path

from rich.console import Console

import glassnet as gn
from glassnet import plots
from glassnet.cli.explain import explained
from glassnet.data import load

DOCS = Path(__file__).parent.parent / "docs"


def main() -> None:
    """Draw all."""
    console = Console(record=True, width=122, file=io.StringIO(), force_terminal=True)
    explained(console)
    drawn = console.export_svg(title="glassnet explain")
    drawn = re.sub(r"@font-face \{.*?\}", "", drawn, flags=re.DOTALL)  # nothing from elsewhere
    (DOCS / "explain.svg").write_text(drawn)
    data = load("moons", samples=600)
    net = gn.Sequential([gn.Dense(8, "tanh"), gn.Dense(2)], seed=0)
    film = plots.Film(data.x_train, data.y_train, data.classes, every=2)
    net.fit(
        data.x_train, data.y_train, epochs=80, optimizer="adam:learning_rate=0.01", callbacks=[film]
    )
    film.save(DOCS / "regions.gif")
    plots.save(plots.diagram(net), DOCS / "diagram.svg")
    print("wrote docs/explain.svg, docs/regions.gif and docs/diagram.svg")


if __name__ == "__main__":
    main()
