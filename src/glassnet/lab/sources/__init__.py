"""Where a lab's data come from: a bundled set, a file, or what was typed or drawn."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Discriminator, Tag

from glassnet.lab.sources.digits import Digits
from glassnet.lab.sources.file import File
from glassnet.lab.sources.formula import Formula
from glassnet.lab.sources.named import Named
from glassnet.lab.sources.points import Points
from glassnet.lab.sources.sentences import Sentences

__all__ = ["Digits", "File", "Formula", "Named", "Points", "Sentences", "Source"]


def _kind(given: Any) -> str:
    """The kind of a source; a name alone says that it is a bundled one."""
    if isinstance(given, Mapping):
        return str(given.get("kind", "named"))
    return str(getattr(given, "kind", "named"))


Source = Annotated[
    Annotated[Named, Tag("named")]
    | Annotated[File, Tag("file")]
    | Annotated[Points, Tag("points")]
    | Annotated[Formula, Tag("formula")]
    | Annotated[Digits, Tag("digits")]
    | Annotated[Sentences, Tag("sentences")],
    Discriminator(_kind),
]
"""A source: plain data with `kind`, and a `load` that gives the dataset."""
