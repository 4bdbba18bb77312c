"""The page at `/`: a form made from what the network reads, and its predictions as bars."""

import html
import json
from importlib.resources import files
from typing import Any

FIELDS = 60  # columns of a form; rows of more are given as JSON
PICTURES = "image/png,image/jpeg,image/webp,image/bmp,image/gif"

KINDS = {"page.css": b"text/css; charset=utf-8", "page.js": b"text/javascript; charset=utf-8"}


def page_of(model: dict[str, Any]) -> dict[str, tuple[bytes, bytes]]:
    """The page and its parts by their paths, each with its content type.

    - `model`: what `description` says of the network.
    """
    folder = files("glassnet.serve")
    parts = {f"/{name}": (kind, (folder / name).read_bytes()) for name, kind in KINDS.items()}
    page = (folder / "page.html").read_text("utf-8")
    for place, text in {
        "title": html.escape(model["name"]),
        "about": html.escape(_about(model)),
        "fields": _fields(model["input"]),
    }.items():
        page = page.replace(f"<!-- {place} -->", text)
    return {"/": (b"text/html; charset=utf-8", page.encode("utf-8", "replace")), **parts}


def _about(model: dict[str, Any]) -> str:
    what = f"predicts {model['target']}" if model["target"] else "predicts"
    known = model["classes"]
    if model["task"] == "classes" and known:
        shown = ", ".join(map(str, known[:8])) + (", …" if len(known) > 8 else "")
        what += f", one of {len(known)} classes ({shown})"
    options = model["options"]
    if (threshold := options.get("threshold")) is not None:
        what += f"; {known[1] if known else 1} from a probability of {threshold:g} on"
    if (interval := options.get("interval")) is not None:
        what += f", with intervals that hold {100 * interval:g} % of values"
    tested = [f"test {name.replace('_', ' ')} {value:.4g}" for name, value in model["test"].items()
              if isinstance(value, float)]  # fmt: skip
    return " · ".join([what, f"{model['parameters']:,} parameters", *tested])


def _fields(given: dict[str, Any]) -> str:
    if given["form"] == "picture":
        return (
            '<label class="drop" for="file">Choose a picture, or drop it here</label>'
            f'<input id="file" type="file" accept="{PICTURES}">'
            '<img id="shown" alt="The chosen picture" hidden>'
        )
    columns = given.get("columns", ())
    if not columns or len(columns) > FIELDS:
        size = "×".join(map(str, given["shape"]))
        what = (
            f"arrays of {size} numbers" if not columns else "objects with a value for each column"
        )
        return (
            f'<label for="rows">Rows as JSON: {what}</label><textarea id="rows" rows="12" '
            f'spellcheck="false">{html.escape(json.dumps([given["example"]]))}</textarea>'
        )
    return "\n".join(_field(number, column) for number, column in enumerate(columns))


def _field(number: int, column: dict[str, Any]) -> str:
    name, example = html.escape(column["name"]), html.escape(_text(column["example"]))
    shared = f'id="c{number}" data-column="{name}"'
    if column["kind"] == "category":
        options = "".join(
            f"<option{' selected' if value == column['example'] else ''}>{html.escape(value)}"
            "</option>"
            for value in column["values"]
        )
        entry = f'<select {shared}>{options}<option value="">(missing)</option></select>'
    else:
        mode = ' inputmode="decimal"' if column["kind"] in ("number", "pixel") else ""
        entry = f'<input {shared} value="{example}" autocomplete="off"{mode}>'
    hint = f" <small>{html.escape(column['format'])}</small>" if "format" in column else ""
    return f'<div class="field"><label for="c{number}">{name}{hint}</label>{entry}</div>'


def _text(value: Any) -> str:
    return "" if value is None else str(value)
