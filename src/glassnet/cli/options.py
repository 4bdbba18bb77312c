"""Options that several commands share: what to read from a source, and how."""

import inspect
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial, wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from glassnet.base.addresses import is_database, is_web
from glassnet.base.disk import to_replace
from glassnet.base.errors import InputError
from glassnet.base.sentences import sentence_of
from glassnet.cli import command
from glassnet.cli import terminal as show
from glassnet.cli.completion import names, names_or_files
from glassnet.data import NAMES, Dataset, load
from glassnet.data.readers.endings import ENDINGS
from glassnet.data.readers.pictures import LARGEST_SIDE, check_size
from glassnet.data.tables.default_target import TargetError
from glassnet.data.tables.kinds import TASKS

Command = Callable[..., Any]

# An option names the group of the help in which it is found; its first sentence fits in a line.
option = partial(typer.Option, rich_help_panel="Data")
to_output = partial(typer.Option, rich_help_panel="Output")

Source = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        rich_help_panel="Data",
        autocompletion=names_or_files(lambda: NAMES),
        help="A dataset, a file, a folder, an address, or a table in a database. Datasets: "
             f"{', '.join(NAMES)}, openml:NAME. Files: {', '.join(ENDINGS)}. Folders: of IDX "
             "files, or of a folder of pictures for each class. Addresses: http(s), of a file. "
             "Tables: sqlite:///FILE::TABLE or postgresql://USER@HOST/DATABASE::TABLE.",
    ),
]  # fmt: skip
Target = Annotated[
    list[str] | None,
    option("--target", metavar="COLUMN", help="Column to predict; repeat for several.",
           show_default="one named label, target or species, else the last; asked if it may be "
                        "another"),
]  # fmt: skip
Drop = Annotated[
    list[str] | None,
    option("--drop", metavar="COLUMN", help="Column to leave out; repeat for more."),
]
Task = Annotated[
    str | None,
    option("--task", metavar="TASK", autocompletion=names(TASKS), help=f"{' or '.join(TASKS)}.",
           show_default="decided by the target"),
]  # fmt: skip
Kinds = Annotated[
    list[str] | None,
    option("--as", metavar="COLUMN=KIND", help="What a column is; repeat for more. Kinds: number, "
           "raw (not standardised), category, date or date:%d.%m.%Y."),
]  # fmt: skip
Test = Annotated[
    str | None,
    option("--test", metavar="FILE|SHARE", help="Test data: a file, or a share of DATA.",
           show_default="0.2"),
]  # fmt: skip
Samples = Annotated[
    int | None,
    option("--samples", metavar="N", help="Number of samples (moons and circles only)."),
]
Noise = Annotated[
    float | None,
    option("--noise", metavar="NUMBER", help="Noise of the points (moons and circles only)."),
]
Size = Annotated[
    str | None,
    option("--size", metavar="N|HEIGHTxWIDTH", help="Pixels that pictures are resized to.",
           show_default="their median size, at most 64"),
]  # fmt: skip
Colour = Annotated[
    bool | None,
    option("--colour/--grey", help="Pictures in colour, or in grey.",
           show_default="--grey if all are"),
]  # fmt: skip
Separator = Annotated[
    str | None,
    option("--separator", metavar="MARK", help="Column separator of a text file: a character, tab "
           "or blank.", show_default="comma, or tab for .tsv"),
]  # fmt: skip
Encoding = Annotated[
    str | None,
    option("--encoding", metavar="NAME", help="Encoding of a text file.", show_default="UTF-8"),
]
Header = Annotated[
    bool | None,
    option("--header/--no-header", help="Whether the first line of a text file names the columns.",
           show_default="seen from its values"),
]  # fmt: skip
NoQuotes = Annotated[
    bool, option("--no-quotes", help="Take quotes in a text file as ordinary characters.")
]
Decimal = Annotated[
    str | None,
    option("--decimal", metavar="MARK", help="Mark before decimals, . or a comma.",
           show_default="what each column admits"),
]  # fmt: skip
Thousands = Annotated[
    str | None,
    option("--thousands", metavar="MARK", help="Mark between thousands: a comma, . a blank or an "
           "apostrophe.", show_default="what each column admits"),
]  # fmt: skip
Na = Annotated[
    str | None,
    option("--na", metavar="WORDS", help="Words that are gaps too, such as '-,n.a.'."),
]
KeepNa = Annotated[
    bool, option("--keep-na", help="Take NA, None and the like as values, not as gaps.")
]
Query = Annotated[
    str | None,
    option("--query", metavar="SELECT", help="Rows to read from a database, such as 'select * "
           "from people order by id', instead of ::TABLE."),
]  # fmt: skip
Sheet = Annotated[
    str | None,
    option("--sheet", metavar="NAME|NUMBER", help="Sheet of a workbook.",
           show_default="the first that has a table"),
]  # fmt: skip

UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}


def size(given: str | float) -> float:
    """Bytes, from a number followed by a unit: 512M, 2G."""
    text = str(given).strip()
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([KMG]?)B?", text, re.IGNORECASE)
    if not found or float(found[1]) == 0:
        raise InputError(f"{text!r} is not a size: expected one such as 512M or 2G")
    return float(found[1]) * UNITS[found[2].upper()]


Memory = Annotated[
    float,
    typer.Option("--memory", metavar="SIZE", parser=size, show_default="1G",
                 rich_help_panel="Training", help="Memory that training may use at once, such as "
                 "512M. Results do not depend on it."),
]  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """A source, and how to read it; `given` are the names of the options that were set."""

    source: str
    settings: dict[str, Any]
    given: tuple[str, ...]

    def load(self) -> Dataset:
        """Read the data; of two columns that are as likely the target, a terminal is asked."""
        try:
            return load(self.source, **self.settings)
        except TargetError as error:
            if not (error.columns and show.can_ask()):
                raise
            target = show.ask(sentence_of(error), error.columns)
            command.answered("--target", target)
            self.settings["target"] = [target]
        return load(self.source, **self.settings)


def data_options(
    target: Target = None,
    test: Test = None,
    drop: Drop = None,
    kinds: Kinds = None,
    task: Task = None,
    samples: Samples = None,
    noise: Noise = None,
    size: Size = None,
    colour: Colour = None,
    separator: Separator = None,
    encoding: Encoding = None,
    header: Header = None,
    no_quotes: NoQuotes = False,
    decimal: Decimal = None,
    thousands: Thousands = None,
    na: Na = None,
    keep_na: KeepNa = False,
    query: Query = None,
    sheet: Sheet = None,
) -> dict[str, Any]:
    """The options for reading a source, as `load` takes them: those that were given."""
    said = {
        "target": target, "drop": drop, "task": task, "test": None if test is None else _test(test),
        "kinds": dict(map(_kind, kinds or ())), "samples": samples, "noise": noise,
        "size": _sides(size), "colour": colour,
        "separator": separator, "encoding": encoding, "header": header,
        "quotes": False if no_quotes else None, "decimal": decimal, "thousands": thousands,
        "na": na, "keep_na": keep_na or None, "query": query, "sheet": sheet,
    }  # fmt: skip
    return {name: value for name, value in said.items() if value not in (None, [], {})}


def file_options(
    separator: Separator = None,
    encoding: Encoding = None,
    header: Header = None,
    no_quotes: NoQuotes = False,
    decimal: Decimal = None,
    thousands: Thousands = None,
    na: Na = None,
    keep_na: KeepNa = False,
    query: Query = None,
    sheet: Sheet = None,
) -> dict[str, Any]:
    """The options for reading new data for a trained network, as far as they were given; what is
    not given is as in training."""
    return data_options(
        separator=separator, encoding=encoding, header=header, no_quotes=no_quotes,
        decimal=decimal, thousands=thousands, na=na, keep_na=keep_na, query=query, sheet=sheet,
    )  # fmt: skip


def takes(make: Callable[..., Any], **defaults: Any) -> Callable[[Command], Command]:
    """Give a command the options of `make`, whose result becomes its first parameter.

    `defaults` replace those of `make` for this command.
    """
    every = inspect.signature(make).parameters.values()
    shared = [each.replace(default=defaults.get(each.name, each.default)) for each in every]

    def decorate(command: Command) -> Command:
        _, *own = inspect.signature(command).parameters.values()
        both = sorted((*shared, *own), key=lambda each: each.default is not each.empty)

        @wraps(command)
        def wrapper(**words: Any) -> Any:
            return command(make(**{each.name: words.pop(each.name) for each in shared}), **words)

        # What Typer reads a command's options from.
        wrapper.__dict__["__signature__"] = inspect.Signature(both)
        wrapper.__annotations__ = {each.name: each.annotation for each in both}
        return wrapper

    return decorate


@takes(data_options)
def reading(settings: dict[str, Any], data: Source) -> Reading:
    """A source, and the options for reading it."""
    return Reading(data, settings, option_names(settings))


def option_names(settings: Iterable[str]) -> tuple[str, ...]:
    """Settings of `load` as the command line calls them, without dashes in front."""
    words = {"kinds": "as", "quotes": "no-quotes"}
    return tuple(words.get(name, name).replace("_", "-") for name in settings)


def _kind(text: str) -> tuple[str, str]:
    name, equals, kind = text.rpartition("=")
    if not equals:
        raise InputError(f"--as is {text!r}, expected COLUMN=KIND such as zip=category")
    return name, kind


def _sides(text: str | None) -> tuple[int, int] | None:
    """Height and width in pixels, from `32` or `32x48`."""
    if text is None:
        return None
    height, by, width = text.lower().partition("x")
    try:
        return check_size((int(height), int(width if by else height)))
    except ValueError:
        raise InputError(
            f"--size is {text!r}, expected pixels of 1 … {LARGEST_SIDE}, such as 32 or, height "
            "before width, 32x48"
        ) from None


def _test(text: str) -> float | Path | str:
    try:
        return float(text)
    except ValueError:
        return text if is_database(text) or is_web(text) else Path(text)


def not_data(path: Path, source: Reading | None) -> Path:
    """The path, unless it is that of the data."""
    read = [source.source, source.settings.get("test")] if source and path.exists() else []
    for each in read:
        if isinstance(each, (str, Path)) and Path(each).exists() and path.samefile(each):
            raise InputError(f"{path} holds the data: name another file")
    return path


def writable(path: Path, option: str = "--out") -> Path:
    """The path, if it can be written: checked before the work, not after."""
    if not path.name or path.is_dir():
        raise InputError(f"{option}: {path} is a folder: expected the name of a file")
    if not path.parent.is_dir():
        raise InputError(f"{option}: there is no folder {path.parent}: create it first")
    try:
        to_replace(path)
    except OSError as error:
        raise InputError(f"{option}: cannot write {path}: {error.strerror}") from None
    return path


def picture(path: Path) -> Path:
    """The path of a picture, if it can be written and its ending names a known format."""
    from glassnet.inspection import plots

    plots.picture_kind(path)
    return writable(path)
