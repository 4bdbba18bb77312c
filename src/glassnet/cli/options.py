"""Options that several commands share: what to read of a source, and how."""

from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet import plots
from glassnet.data import ENDINGS, NAMES
from glassnet.errors import InputError

Source = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help=f"A dataset ({', '.join(NAMES)}, openml:NAME), a file ({', '.join(ENDINGS)}), or a "
             "folder of IDX files.",
    ),
]  # fmt: skip
Target = Annotated[
    list[str] | None,
    typer.Option("--target", metavar="COLUMN", help="The column to predict; give it again for "
                 "several. By default one called label, target, class, species or y, else the "
                 "last."),
]  # fmt: skip
Drop = Annotated[
    list[str] | None,
    typer.Option("--drop", metavar="COLUMN", help="A column to leave out; give it again for more."),
]
Task = Annotated[
    str | None,
    typer.Option("--task", help="classification or regression; by default the target tells."),
]
Kinds = Annotated[
    list[str] | None,
    typer.Option("--as", metavar="COLUMN=KIND", help="What a column is: number, raw (not "
                 "standardised), category, date or date:%d.%m.%Y; give it again for more."),
]  # fmt: skip
Test = Annotated[
    str | None,
    typer.Option("--test", metavar="FILE|SHARE", help="A file to test on, or the share of the "
                 "data. By default 0.2."),
]  # fmt: skip
Samples = Annotated[int | None, typer.Option("--samples", help="Of moons and circles.")]
Noise = Annotated[float | None, typer.Option("--noise", help="Of moons and circles.")]
Separator = Annotated[
    str | None, typer.Option("--separator", help="Of a text table; by default a comma, or a tab.")
]
Encoding = Annotated[
    str | None, typer.Option("--encoding", help="Of a text table; by default UTF-8.")
]


def data_options(**given: Any) -> dict[str, Any]:
    """The options that were given, as `glassnet.data.load` wants them."""
    options = {name: value for name, value in given.items() if value not in (None, [], ())}
    if "kinds" in options:
        options["kinds"] = dict(map(_kind, options["kinds"]))
    if "test" in options:
        options["test"] = _test(options["test"])
    return options


def _kind(text: str) -> tuple[str, str]:
    name, equals, kind = text.rpartition("=")
    if not equals:
        raise InputError(f"--as is {text!r}, expected COLUMN=KIND such as zip=category")
    return name, kind


def _test(text: str) -> float | Path:
    try:
        return float(text)
    except ValueError:
        return Path(text)


def writable(path: Path, option: str = "--out") -> Path:
    """The path, when its folder is there: told before the work, not after."""
    if not path.name or path.is_dir():
        raise InputError(f"{option}: {path} is a folder: expected the name of a file")
    if not path.parent.is_dir():
        raise InputError(f"{option}: there is no folder {path.parent}: make it first")
    return path


def picture(path: Path) -> Path:
    """The same for a picture: its ending names a format that can be drawn."""
    plots.picture_kind(path)
    return writable(path)
