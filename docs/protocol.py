"""The tables of docs/lab-protocol.md, from the lab itself.

    python docs/protocol.py

The commands and their fields come from the functions, the messages' fields from real messages; what
the latter mean stands here. A test compares the page with both.
"""

import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import PydanticUndefined

from glassnet.base.errors import InputError
from glassnet.lab import sources
from glassnet.lab.commands import COMMANDS, answer, failure
from glassnet.lab.server.app import COMMANDS_OF
from glassnet.lab.server.messages import text_of
from glassnet.lab.shown.facts import facts
from glassnet.lab.shown.frame import frame
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings
from glassnet.workflows.spec import Net, Training

PAGE = Path(__file__).parent / "lab-protocol.md"
MARKS = "<!-- {}: made by docs/protocol.py -->", "<!-- end of {} -->"
BOUNDS = {
    "minimum": "≥ {}", "exclusiveMinimum": "> {}", "maximum": "≤ {}", "exclusiveMaximum": "< {}",
    "maxLength": "at most {} characters", "maxItems": "at most {}",
}  # fmt: skip
KINDS = {
    "integer": "whole number", "number": "number", "string": "text", "boolean": "true or false",
    "array": "list", "object": "object", "null": "null",
}  # fmt: skip
JSON = {
    bool: "true or false", int: "whole number", float: "number", str: "text", list: "list",
    dict: "object", type(None): "null",
}  # fmt: skip
ORDER = list(JSON.values())
SOURCES = {
    f'data (kind "{name.lower()}")': getattr(sources, name)
    for name in sources.__all__ if name != "Source"
}  # fmt: skip
PARTS: dict[str, Any] = {"all": Settings, **SOURCES, "network": Net, "training": Training}

MEANINGS: dict[str, dict[str, str]] = {
    "settings": {
        "settings": "all that decides the numbers: see [settings](#settings)",
        "datasets": "the names of the bundled sets",
        "data": "name, task, sizes, classes, features, what each column of a table is, and the "
        "points to draw",
        "layers": "each layer: words, formula, shapes, parameters, multiply-adds",
        "columns": "the layers as the columns of the picture",
        "words": "the layers in words, which of them fit, and how parameters start",
        "training": "loss, optimizer and schedule, each with all its settings",
        "parameters": "the size of θ",
        "branch": "counts changes after which earlier curves no longer hold",
        "files": "the files that may be read, and the form of each",
        "shelf": "the key under which a file may be dropped: see [files](#files)",
    },
    "frame": {
        "t": "the steps that were taken before this moment",
        "end": "the largest t that was reached",
        "epoch": "epochs that have ended",
        "epochs": "of the whole training",
        "steps": "in an epoch",
        "step": "of the epoch, of the last one taken",
        "rate": "the learning rate η",
        "loss": "of the last step's batch, before its update",
        "playing": "whether it trains by itself",
        "finished": "whether no step is left",
        "more": "the epochs of the first settings, for which `more` continues a training that is "
        "done; else null",
        "diverged": 'the sentence about a loss that is not finite, else ""',
        "branch": "as in settings; if it has changed, the curves begin again",
        "operation": "inside a step: `number`, `of`, `name`, `layer`, `way`; else null",
        "looked": "the sample of the batch and the weight that are followed, or null",
        "curves": "new epochs: `first`, the t at their `ends`, and the metrics as `columns`",
        "forks": "each fork: `letter`, `name`, how far it is, its curves",
        "weights": "the parameters by name, [packed](#packed-arrays); up to 20,000 numbers",
        "plane": "of rows of two features or more: a grid of the class that wins and its "
        "probability, or of the value",
        "sample": "the one whose numbers the units show: `part` and `index`",
        "columns": "each column: maps of its units, their numbers for the sample, and the lines "
        "with the largest weights",
        "unit": "the unit that was chosen, in numbers; else null",
        "losses": "of the steps of this epoch: `first`, `every`, `values`",
        "chosen": "the value of the weight that is followed, else null",
        "metrics": "the names of the metrics beside the loss",
        "wrongs": "what is wrong with the training, and what to try; only if it has changed",
        "wrong": "which of the points that are drawn are predicted wrong, packed",
        "scores": "the confusion matrix, or R² and its kind, of both parts; only if it is new",
        "line": "of one feature: the outputs along it",
    },
    "session": {
        "name": "of the session; the page gives it back when it connects again",
        "sentence": 'what the page has to be told of it, else ""',
    },
    "error": {
        "id": "of the message that was asked, or null",
        "of": "the command, or null",
        "sentence": "what was given, what was expected, what to do",
    },
    "ended": {"sentence": "why the session is no longer this page's; no frame follows"},
}


# ---- what is real


def sessions() -> Iterator[Session]:
    """Labs in which every field of a message appears."""
    quick = {"epochs": 3, "batch_size": 16}
    curve = {"kind": "formula", "text": "y = sin(x)", "samples": 80}
    for data in ({"name": "moons", "options": {"samples": 80}}, {"name": "iris"}, curve):
        session = Session(Settings.model_validate(
            {"data": data, "network": {"layers": ["dense 3", "tanh"]}, "training": quick}
        ))  # fmt: skip
        for _ in range(9):
            session.run.step()
        while session.scoring.behind(session.moment):
            session.advance(0.1)
        yield session


def messages() -> dict[str, list[dict[str, Any]]]:
    """Real messages of every kind, as the page gets them; together they have every field."""
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in MEANINGS}
    for session in sessions():
        found["settings"].append({"is": "settings", **facts(session)})
        found["frame"].append(frame(session))
        found["error"].append(answer(session, {"do": "fly", "id": 7}))
        found["error"].append({**failure(None, InputError("no JSON")), "id": None})
        answer(session, {"do": "operation"})
        answer(session, {"do": "unit", "column": 1})
        answer(session, {"do": "weight", "name": "0.W", "place": [0, 0]})
        found["frame"].append(frame(session))
    found["session"].append({"is": "session", "name": "q3h8", "sentence": ""})
    found["ended"].append({"is": "ended", "sentence": "This lab was opened in another tab."})
    return {kind: [json.loads(text_of(each)) for each in some] for kind, some in found.items()}


def keys_of(some: Iterable[dict[str, Any]]) -> dict[str, set[str]]:
    """The fields of messages of one kind, each with the kinds of JSON that it is."""
    found: dict[str, set[str]] = {}
    for message in some:
        for name, value in message.items():
            found.setdefault(name, set()).add(JSON[type(value)])
    del found["is"]
    return found


# ---- in words


def kind_of(schema: dict[str, Any], names: dict[str, Any]) -> str:
    """A JSON schema in a few words."""
    if "$ref" in schema:
        return kind_of(names[schema["$ref"].rpartition("/")[2]], names)
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(kind_of(each, names) for each in schema[several]))
    if "enum" in schema or "const" in schema:
        return " or ".join(json.dumps(each) for each in schema.get("enum", [schema.get("const")]))
    kind = KINDS.get(schema.get("type", ""), "anything")
    if kind == "list" and schema.get("items"):
        kind = f"list of {kind_of(schema['items'], names)}"
    bounds = [text.format(schema[name]) for name, text in BOUNDS.items() if name in schema]
    return f"{kind} ({', '.join(bounds)})" if bounds else kind


def _kind(annotation: Any) -> str:
    schema = TypeAdapter(annotation).json_schema()
    return kind_of(schema, schema.get("$defs", {}))


def fields_of(function: Callable[..., Any]) -> Iterator[str]:
    """Each field of a command: its name, what it is, and its default."""
    for name, each in list(inspect.signature(function).parameters.items())[1:]:
        if each.kind is each.VAR_KEYWORD:
            yield "fields of the [settings](#settings)"
            continue
        default = "" if each.default is each.empty else f" = {json.dumps(each.default)}"
        yield f"`{name}{default}`: {_kind(each.annotation)}"


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|").strip()


def _table(head: str, rows: Iterable[Iterable[str]]) -> str:
    names = head.split(" | ")
    lines = [" | ".join(names), " | ".join("---" for _ in names)]
    lines += [" | ".join(map(_cell, row)) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def commands() -> str:
    """All commands, those of a module together."""
    parts: dict[str, list[tuple[str, str, str]]] = {}
    places = {module.__name__: place for place, module in enumerate(COMMANDS_OF)}
    for name, function in sorted(
        COMMANDS.items(), key=lambda each: places.get(each[1].__module__, len(places))
    ):
        module = inspect.getmodule(inspect.unwrap(function))
        about = (module.__doc__ or "").partition("\n\n")[0]
        said = (inspect.getdoc(function) or "").replace("\n\n", " ")
        fields = "<br>".join(fields_of(function)) or "–"
        parts.setdefault(about, []).append((f"`{name}`", fields, said))
    return "\n\n".join(
        f"{_cell(about)}\n\n{_table('command | fields | what it does', rows)}"
        for about, rows in parts.items()
    )


def settings() -> str:
    """What the settings contain."""
    return "\n\n".join(
        f"**{name}**\n\n{_table('field | what it is | default', _of_part(part))}"
        for name, part in PARTS.items()
    )


def _of_part(part: Any) -> Iterator[tuple[str, str, str]]:
    schema = part.model_json_schema()
    for name, field in part.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = "required" if default is PydanticUndefined else ""
        if not shown and not hasattr(default, "model_dump"):
            shown = f"`{json.dumps(default)}`"
        about = schema["properties"][name]
        words = about.get("description") or kind_of(about, schema.get("$defs", {}))
        yield f"`{name}`", words, shown or "see below"


def shapes(kind: str, some: Iterable[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """The fields of a kind of message: name, JSON, meaning."""
    for name, kinds in keys_of(some).items():
        if name not in MEANINGS[kind]:
            raise SystemExit(f"say in MEANINGS of docs/protocol.py what {name} of {kind} means")
        yield f"`{name}`", " or ".join(sorted(kinds, key=ORDER.index)), MEANINGS[kind][name]


def parts() -> dict[str, str]:
    """What the page is made of, by name."""
    found = {"commands": commands(), "settings": settings()}
    for kind, some in messages().items():
        found[f'message "{kind}"'] = _table("field | JSON | what it is", shapes(kind, some))
    return found


def written(page: str) -> str:
    """The page with its tables made anew."""
    for name, text in parts().items():
        begin, end = (mark.format(name) for mark in MARKS)
        before, _, rest = page.partition(begin)
        _, _, after = rest.partition(end)
        page = f"{before}{begin}\n\n{text}\n\n{end}{after}"
    return page


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
