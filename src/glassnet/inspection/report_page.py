"""The page of a training report: one HTML file with its pictures in it, which prints on A4."""

import base64
import re
from collections.abc import Sequence
from html import escape
from io import BytesIO
from typing import NamedTuple

from glassnet.base.progress import Work, work
from glassnet.inspection import gallery_page, plots
from glassnet.inspection import html_report as pages
from glassnet.inspection.document import Table
from glassnet.inspection.gallery_page import Head, Picture
from glassnet.inspection.plots import Film
from glassnet.inspection.plots.figures import write

STYLE = """
.report p, .report li { max-width: 45rem; overflow-wrap: anywhere; }
.report nav p { max-width: none; }
.report ul { margin: .5rem 0; padding-left: 1.2rem; }
.report h3 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
.report .command { display: block; padding: .6rem .75rem; overflow-wrap: anywhere;
                   border: 1px solid rgba(128, 128, 128, .35); border-radius: .5rem;
                   user-select: all; }
.report .command span, .report .save span { white-space: nowrap; }
.report .save { margin: .9rem 0; } .report .save summary { cursor: pointer; }
.report pre.command { white-space: pre-wrap; font-size: .85rem; margin: .5rem 0;
                      columns: 16rem; column-gap: 2rem; }
.report .gn table, .report .gn .named td, .report .gn .named th {
  font-family: system-ui, sans-serif; font-variant-numeric: tabular-nums; }
.report .gn table { font-size: .9rem; } .report .gn .named th { font-size: .8rem; }
.report .gn .named td, .report .gn .named th { vertical-align: top; padding-right: 1.2rem; }
.report .gn .named td:first-child { overflow-wrap: anywhere; max-width: 16rem; }
.report .gn .named .text { text-align: left; white-space: normal; min-width: 3.5rem;
                           overflow-wrap: break-word; }
.report .grid { margin: 1rem 0; }
.report .about { grid-template-columns: fit-content(45%) 1fr; }
.report .about dd { margin: 0; }
.report .beside { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 1.5rem;
                  align-items: start; margin: .5rem 0 1rem; }
.report .beside h3:first-child { margin-top: .3rem; }
.report .numbers b { font-size: 1.4rem; }
.report .card .dark { display: none; }
@media screen and (prefers-color-scheme: dark) {
  .report .card .light { display: none; } .report .card .dark { display: block; } }
@media (max-width: 48rem) {
  .report .gn .named td, .report .gn .named th { padding-right: .7rem; }
  .report .gn .named .text { min-width: 6.5rem; }
  .report .beside { grid-template-columns: minmax(0, 1fr); gap: 1rem; } }
@media print {
  @page { size: A4; margin: 16mm 14mm; }
  body { font-size: 10.5pt; max-width: none; padding: 0; }
  nav { display: none; }
  .numbers { grid-template-columns: repeat(4, 1fr); }
  .grid { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .report .beside { grid-template-columns: minmax(0, 11fr) minmax(0, 9fr); gap: 0 1rem; }
  .report .gn table { font-size: 8.5pt; }
  .card, .numbers, tr, .command { break-inside: avoid; }
  h2 { margin-top: 1.2rem; }
  h2, h3, .about, tr:first-child { break-after: avoid; }
  details::details-content { content-visibility: visible; block-size: auto; }
  .gn summary { display: none; } .report .gn .box { overflow: visible; }
  .report .gn .named td, .report .gn .named th { padding-right: .6rem; }
  .report .gn .named .text { min-width: 0; }
  #limits, #repeat-it, .about { break-inside: avoid; } }
"""


class Section(NamedTuple):
    """A part of the page: facts by name, sentences, points of a list, tables with their headings,
    pictures, a command, and a text to save with its heading, in a fold that is open if it stands
    `alone`. One that has none of these is left out."""

    name: str
    facts: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    tables: tuple[tuple[str, Table], ...] = ()
    pictures: tuple[Picture, ...] = ()
    command: str = ""
    text: tuple[str, str] = ("", "")
    alone: bool = False


def page(head: Head, sections: Sequence[Section]) -> str:
    """The whole page; the same content is the same bytes."""
    there = [each for each in sections if any(each[1:-2])]
    count = sum(len(each.pictures) for each in there)
    with work("drawing the report", count, "pictures") as drawing, plots.about(*head.facts):
        written = [_section(section, drawing) for section in there]
    links = " · ".join(f'<a href="#{_place(each)}">{escape(each.name)}</a>' for each in there)
    inside = [
        f"<style>{gallery_page.STYLE}{STYLE}</style>",
        '<div class="report">',
        gallery_page.above(head),
        f"<nav><p>{links}</p></nav>",
        *written,
        "</div>",
    ]
    return pages.frame(head.title, "\n".join(inside))


def _place(section: Section) -> str:
    return section.name.lower().replace(" ", "-")


def _section(section: Section, drawing: Work) -> str:
    facts = "".join(
        f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in section.facts
    )
    points = "".join(f"<li>{escape(point)}</li>" for point in section.points)
    tables = "\n".join(
        f'<h3>{escape(title)}</h3><div class="gn">{pages.named_table(table)}</div>'
        for title, table in section.tables
    )
    cards = "\n".join(_card(picture, drawing) for picture in section.pictures)
    parts = [
        f"<h2>{escape(section.name)}</h2>",
        f'<dl class="about">{facts}</dl>' * bool(facts),
        *(f"<p>{escape(line)}</p>" for line in section.lines),
        f'<code class="command">{_unbroken(section.command)}</code>' * bool(section.command),
        _to_save(*section.text, opened=section.alone),
        f"<ul>{points}</ul>" * bool(points),
        _beside(tables, cards, len(section.pictures)),
    ]
    inside = "\n".join(filter(None, parts))
    return f'<section id="{_place(section)}">\n{inside}\n</section>'


def _unbroken(command: str) -> str:
    """A command whose options no line end parts from their dashes."""
    return re.sub(r"(?<= )--[\w-]+", r"<span>\g<0></span>", escape(command))


def _to_save(heading: str, text: str, opened: bool) -> str:
    """A text that is selected as a whole, in a fold."""
    inside = f'<summary>{_unbroken(heading)}</summary><pre class="command">{escape(text)}</pre>'
    return f'<details class="save"{" open" * opened}>{inside}</details>' * bool(text)


def _beside(tables: str, cards: str, count: int) -> str:
    """Tables with one picture beside them, or above several."""
    if tables and count == 1:
        return f'<div class="beside"><div>{tables}</div>{cards}</div>'
    return tables + f'<div class="grid">{cards}</div>' * bool(cards)


def _card(picture: Picture, drawing: Work) -> str:
    """Two pictures, of which the style shows one: a `source` would stay dark on paper."""
    images = [
        f'<img class="{ground}" src="{_drawn(picture, on)}" alt="{escape(picture.name)}">'
        for ground, on in (("light", False), ("dark", True))
    ]
    drawing.add()
    return gallery_page.card(picture, "".join(images))


def _drawn(picture: Picture, on: bool) -> str:
    """The picture, perhaps on dark ground, as an address that holds it: SVG is sharp on paper."""
    assert not isinstance(picture.draw, Film)
    with plots.dark(on), BytesIO() as file:
        write(picture.draw(), file, "svg")
        return f"data:image/svg+xml;base64,{base64.b64encode(file.getvalue()).decode()}"
