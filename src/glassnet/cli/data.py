"""`glassnet data`: what is read from a source, and every decision about it."""

import json
from pathlib import Path
from typing import Annotated, Any

from glassnet.base.numerals import column
from glassnet.base.progress import work
from glassnet.base.sentences import as_options
from glassnet.cli import terminal as show
from glassnet.cli.options import Reading, reading, takes, to_output
from glassnet.cli.options import picture as drawable
from glassnet.cli.outputs import there, written
from glassnet.inspection import plots
from glassnet.inspection.dataset_report import describe, picture


@takes(reading)
def data_command(
    source: Reading,
    out: Annotated[
        Path | None, to_output(metavar="FILE", help="Picture to write. It shows sample images, "
                                                    "or the two most informative columns.",
                               show_default="DATA-data.png")
    ] = None,
    as_json: Annotated[bool, to_output("--json", help="Print one JSON object.")] = False,
) -> None:  # fmt: skip
    """Show how `train` would read DATA: rows, columns, decisions.

    $ glassnet data iris
    $ glassnet data prices.csv --target price --drop id
    """
    path = drawable(out) if out else None
    dataset = source.load()
    said = describe(dataset)
    said["decisions"] = [as_options(line) for line in said["decisions"]]
    path = path or Path(f"{dataset.name}-data.png")
    before = there(path)
    if not as_json:
        _print(said)
    with work(f"drawing {path.name}"):
        plots.save(picture(dataset), path)
    if as_json:
        print(json.dumps({**said, "picture": str(path)}))
    else:
        print()
        show.say(written([path], before))


def _print(said: dict[str, Any]) -> None:
    rows, sample = said["rows"], said["sample"]
    numbers = f"{' × '.join(map(str, sample['shape']))} numbers ({sample['type']})"
    each, becomes = ("row", "becomes") if len(sample["shape"]) == 1 else ("sample", "is")
    train, test = rows["training"], rows["test"]
    show.say(f"{said['name']}: {train:,} training {each}s, {test:,} test {each}s")
    show.say(f"a {each} {becomes} {numbers}; {said['task']} of {said['target']}")
    if said["columns"]:
        headings = ("column", "kind", "missing", "contains", "becomes")
        columns = [tuple(map(str, column.values())) for column in said["columns"]]
        show.table("columns", headings, columns, text=("column", "contains"))
    if "classes" in said:
        total = rows["training"]
        counts = [(n, f"{c:,}", f"{c / total:.1%}") for n, c in said["classes"].items()]
        names = ("class", f"{each}s", "share")
        show.table("classes in the training part", names, counts, text=names[:1])
    else:
        values = [(n, *column([*ends.values()])) for n, ends in said["values"].items()]
        heads = ("target", "min", "mean", "max")
        show.table("values in the training part", heads, values, text=heads[:1])
    if said["decisions"]:
        print("\ndecisions")
        for line in said["decisions"]:
            show.say(line, "  ")
