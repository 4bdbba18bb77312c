"""Parts of an explanation in the terminal: plain text, and colours if it has them."""

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from glassnet.inspection.document import Bar, Part, Picture, Shown, Table, aligned, strengths

INDENT, APART = "  ", "   "
SHADES = " ░▒▓█"
LONGEST = 28  # characters of a bar
LABEL = 40  # characters of its label


def show_parts(title: str, parts: Sequence[Part], out: Console) -> None:
    """Print a heading and parts, arrays side by side."""
    out.print(Text(title, "bold"))
    for part in parts:
        _show_words(part, out)
        blocks = [*map(_picture, part.pictures)]
        for array in part.arrays:
            blocks += _blocks(array, out.width - len(INDENT))
        for line in _side_by_side(blocks, out):
            out.print(line, overflow="crop", no_wrap=True)
        if part.table:
            for line in _table(part.table, out):
                out.print(line)
        for line in _bars(part.bars, part.full):
            out.print(line, overflow="crop", no_wrap=True)


def _show_words(part: Part, out: Console) -> None:
    lines = part.formula.splitlines()
    heading = Text(part.title, "bold cyan")
    if lines and len(part.title) + len(APART) + len(lines[0]) <= out.width:
        heading.append(f"{APART}{lines.pop(0)}", "not bold green")
    out.print(heading)
    for line in lines:
        out.print(Text(INDENT + line, "green"))
    for line in part.lines:
        first, *more = Text(line).wrap(out, out.width - 2 * len(INDENT))
        out.print(Text(INDENT).append_text(first))
        for rest in more:
            out.print(Text(2 * INDENT).append_text(rest))


# ---- arrays and pictures


def _side_by_side(blocks: Sequence[list[Text]], out: Console) -> Iterator[Text]:
    """Blocks side by side, as many as fit the width of the terminal."""
    rows: list[list[list[Text]]] = [[]]
    left = out.width
    for block in blocks:
        wide = max(map(len, block)) + 2 * len(INDENT)
        if wide > left and rows[-1]:
            rows.append([])
            left = out.width
        rows[-1].append(block)
        left -= wide
    for row in rows:
        for index in range(max(map(len, row), default=0)):
            line = Text(INDENT)
            for block in row:
                wide = max(map(len, block)) + len(INDENT)
                cell = block[index] if index < len(block) else Text()
                line.append_text(cell)
                line.append(" " * (wide - len(cell)))
            line.rstrip()
            yield line


def _blocks(shown: Shown, width: int) -> list[list[Text]]:
    """A heading and rows of numbers, orange above 0, blue below, large ones bold, the followed one
    underlined; if they are wider than the terminal, in several blocks."""
    texts, shares = aligned(shown.values), strengths(shown.values).tolist()
    cell = max(map(len, texts[0])) + len(INDENT)
    partial = (len(shown.rows), len(shown.columns)) != shown.of
    margin = max(len(str(n)) for n in shown.rows) + len(INDENT) if partial else 0
    fit = max(1, (width - margin) // cell)
    found = []
    for start in range(0, len(shown.columns), fit):
        columns = range(start, min(start + fit, len(shown.columns)))
        where = shown.where
        if len(columns) < len(shown.columns):
            where += f": {shown.columns[columns[0]]} to {shown.columns[columns[-1]]}"
        lines = [Text.assemble((shown.name, "bold"), (f" {where}", "dim"))]
        if partial:
            lines.append(_places(shown, columns, margin, cell))
        for row, (cells, strong) in enumerate(zip(texts, shares, strict=True)):
            line = Text(f"{shown.rows[row]:>{margin - 2}}  " if partial else "", "dim")
            for n in columns:
                text, followed = cells[n].lstrip(), shown.mark == (row, n)
                line.append(" " * (len(cells[n]) - len(text)))
                line.append(text, _style(strong[n]) + " underline" * followed)
                line.append(INDENT)
            lines.append(line)
        if len(shown.rows) < shown.of[0]:
            lines.append(Text("…", "dim"))
        found.append(lines)
    return found


def _places(shown: Shown, columns: range, margin: int, cell: int) -> Text:
    """The places of the columns above them, and "…" where there are more."""
    names = "".join(f"{shown.columns[n]:>{cell - 2}}  " for n in columns)
    last = columns[-1] == len(shown.columns) - 1
    more = "…" if last and len(shown.columns) < shown.of[1] else ""
    return Text(" " * margin + names + more, "dim")


def _picture(shown: Picture) -> list[Text]:
    """A picture, two characters for a pixel; with a heat map, its sign above the ink."""
    pixels = shown.pixels.mean(axis=-1) if shown.pixels.ndim == 3 else shown.pixels
    low = 0.0 if shown.kind == "heat" else min(0.0, float(pixels.min()))
    ink = strengths(pixels - low).tolist()
    lines = [Text.assemble((shown.name, "bold"), (f" {shown.where}", "dim"))]
    if shown.over is None:
        signed = shown.kind == "heat"
        return lines + [Text.assemble(*(_pixel(each, signed) for each in row)) for row in ink]
    heat = strengths(shown.over).tolist()
    for row, shares in zip(ink, heat, strict=True):
        lines.append(Text.assemble(*map(_over, row, shares)))
    return lines


def _pixel(share: float, signed: bool) -> tuple[str, str]:
    """Two characters, which are about as wide as high, the darker the larger."""
    shade = 2 * SHADES[round(abs(share) * (len(SHADES) - 1))]
    return shade, _style(share) if signed else ""


def _over(ink: float, share: float) -> tuple[str, str]:
    """++ or −− where a pixel weighs much, + or − where it weighs something, else the ink."""
    sign = "+" if share > 0 else "−"
    size = abs(share) ** 0.5
    if size < 0.25:
        return ("··" if ink > 0.25 else "  "), "dim"
    return (2 * sign if size > 0.6 else f"{sign} "), _style(share)


def _style(share: float) -> str:
    colour = "dark_orange" if share > 0 else "dodger_blue1"
    strength = "bold " if abs(share) > 0.5 else "" if abs(share) > 0.05 else "dim "
    return f"{strength}{colour}" if share else "dim"


# ---- tables and bars


def _table(table: Table, out: Console) -> Iterator[Text]:
    """Columns below their headings: the first left, numbers right; close together if they are wider
    than the terminal."""
    rows = [table.head, *table.rows[: table.open]]
    wide = [max(len(row[n]) for row in rows) for n in range(len(table.head))]
    fits = len(INDENT) + sum(wide) + len(APART) * (len(wide) - 1) <= out.width
    for index, row in enumerate(rows):
        line = APART.join(row)
        if fits:
            cells = [cell.rjust(w) for cell, w in zip(row[1:], wide[1:], strict=True)]
            line = APART.join([row[0].ljust(wide[0]), *cells]).rstrip()
        yield Text(INDENT + line, "dim" if index == 0 else "")
    if len(table.rows) > table.open:
        yield Text(f"{INDENT}… {len(table.rows)} in all", "dim")


def _bars(bars: Sequence[Bar], full: float) -> Iterator[Text]:
    """Bars of characters: full ones stand alone or go up, light ones go down."""
    if not bars:
        return
    ends = [0.0, full, *(end for bar in bars for end in (bar.start, bar.end))]
    low, unit = min(ends), LONGEST / (max(ends) - min(ends) or 1)
    names = min(LABEL, max(len(bar.label) for bar in bars))
    texts = max(len(bar.text) for bar in bars)
    for bar in bars:
        left, right = sorted(round((end - low) * unit) for end in (bar.start, bar.end))
        long = max(1, right - left) if bar.start != bar.end else 0
        up = bar.total or bar.end > bar.start
        label = bar.label if len(bar.label) <= names else bar.label[: names - 1] + "…"
        line = Text(f"{INDENT}{label:<{names}}  ", "bold" if bar.strong else "")
        line.append(f"{bar.text:>{texts}}  ")
        style = "" if bar.total else _style(bar.end - bar.start)
        line.append(" " * min(left, LONGEST - long) + ("█" if up else "░") * long, style)
        yield line
