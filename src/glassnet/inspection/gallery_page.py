"""The page of a training's pictures: HTML that needs nothing else, no network and no JavaScript."""

from collections.abc import Callable, Sequence
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from glassnet.inspection import html_report as pages
from glassnet.inspection.plots import Film

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SECTIONS = ("Data", "Training", "Result", "Inside")
# A picture is a `details`: opened, it takes the whole row.
STYLE = """
body { max-width: 70rem; }
h2 { font-size: 1.2rem; margin: 2rem 0 .75rem; }
.numbers { display: grid; grid-template-columns: repeat(4, 1fr); gap: .75rem; margin: 1rem 0; }
.numbers div, .card { border: 1px solid rgba(128, 128, 128, .35); border-radius: .5rem; }
.numbers div { padding: .5rem .75rem; font-size: .875rem; }
.numbers b { display: block; font-size: 1.6rem; font-weight: 600; line-height: 1.2; }
.about { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 1rem 0;
         font-size: .9375rem; }
.about dt { opacity: .7; } .about dd { margin: 0; overflow-wrap: anywhere; }
.about code { user-select: all; }
nav p { margin: .25rem 0; font-size: .9375rem; }
nav b { display: inline-block; min-width: 5rem; }
a { color: inherit; }
.grid { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1rem; }
.card { padding: .5rem; overflow-x: auto; }
.card summary { display: flex; flex-direction: column; justify-content: space-between;
                height: 100%; list-style: none; cursor: zoom-in; }
.card summary::-webkit-details-marker { display: none; }
.card picture { margin: auto 0; }
.card img { width: 100%; display: block; }
.card span { font-size: .875rem; padding: .5rem .25rem .1rem; }
.card[open] { grid-column: 1 / -1; }
.card[open] summary { cursor: zoom-out; }
@media (max-width: 48rem) {
  .numbers { grid-template-columns: repeat(2, 1fr); }
  .grid { grid-template-columns: minmax(0, 1fr); }
  .about { grid-template-columns: 1fr; } .about dd { margin-bottom: .5rem; }
  .card[open] img { width: 60rem; max-width: none; } }
"""


class Picture(NamedTuple):
    """A picture of the page: its section, its name, one line that says how to read it, and what
    draws it."""

    section: str
    name: str
    hint: str
    draw: "Callable[[], Axes] | Film"

    @property
    def files(self) -> tuple[str, str]:
        """The names of its files, on light and on dark ground."""
        kind = "gif" if isinstance(self.draw, Film) else "png"
        return f"{self.stem}.{kind}", f"{self.stem}-dark.{kind}"

    @property
    def stem(self) -> str:
        """Its name without what files and links do not take."""
        return self.name.lower().replace(",", "").replace(" ", "-")


class Head(NamedTuple):
    """What stands above the pictures: a title, four numbers with their names, lines about the data
    and the network, and the command that repeats the training. `facts` stand in each picture."""

    title: str
    numbers: tuple[tuple[str, str], ...]
    about: tuple[tuple[str, str], ...]
    command: str
    facts: tuple[str, ...] = ()


def page(head: Head, drawn: Sequence[Picture]) -> str:
    """The whole page."""
    sections = {name: [each for each in drawn if each.section == name] for name in SECTIONS}
    there = {name: each for name, each in sections.items() if each}
    inside = [
        f"<style>{STYLE}</style>",
        above(head),
        "<nav>" + "".join(_links(*each) for each in there.items()) + "</nav>",
        *(_section(*each) for each in there.items()),
    ]
    return pages.frame(head.title, "\n".join(inside))


def above(head: Head) -> str:
    """What stands below the title: numbers, and lines about the training."""
    numbers = (f"<div><b>{escape(value)}</b>{escape(name)}</div>" for name, value in head.numbers)
    rows = [(name, escape(text)) for name, text in head.about]
    if head.command:
        rows.append(("Command", f"<code>{escape(head.command)}</code>"))
    about = "".join(f"<dt>{escape(name)}</dt><dd>{text}</dd>" for name, text in rows)
    return f'<div class="numbers">{"".join(numbers)}</div><dl class="about">{about}</dl>'


def _links(section: str, drawn: Sequence[Picture]) -> str:
    links = (f'<a href="#{each.stem}">{escape(each.name)}</a>' for each in drawn)
    return f"<p><b>{section}</b> {' · '.join(links)}</p>"


def _section(name: str, drawn: Sequence[Picture]) -> str:
    cards = "\n".join(map(_card, drawn))
    return (
        f'<section id="{name.lower()}"><h2>{name}</h2>\n<div class="grid">{cards}</div></section>'
    )


def _card(picture: Picture) -> str:
    light, dark = picture.files
    source = f'<source srcset="{dark}" media="(prefers-color-scheme: dark)">'
    image = f'<picture>{source}<img src="{light}" alt="{escape(picture.name)}"></picture>'
    return card(picture, image)


def card(picture: Picture, image: str) -> str:
    """A picture, given as HTML, with its hint below; a click enlarges it."""
    inside = f"<summary>{image}<span>{escape(picture.hint)}</span></summary>"
    return f'<details class="card" id="{picture.stem}">{inside}</details>'
