"""A file that was given or dropped, read as `glassnet train` reads it."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from glassnet.base.errors import DataError, GlassnetError, MissingPackageError
from glassnet.data import Dataset, load
from glassnet.data.tables.default_target import TargetError
from glassnet.lab.sources.shelf import Shelf
from glassnet.workflows.spec import Part, Share

Text = Annotated[str, Field(max_length=1000)]
Names = Annotated[list[Text], Field(max_length=10_000)]


class File(Part):
    """A file of the shelf by name; the options are those of `glassnet.data.load`, and None is
    what it does by itself."""

    kind: Literal["file"] = "file"
    name: Text
    target: Names | None = None
    drop: Names | None = None
    task: Literal["classification", "regression"] | None = None
    kinds: dict[Text, Text] | None = None
    size: Annotated[int, Field(ge=1, le=256)] | None = None
    colour: bool | None = None
    separator: Text | None = None
    encoding: Text | None = None
    header: bool | None = None
    quotes: bool | None = None
    decimal: Text | None = None
    thousands: Text | None = None
    na: Text | None = None
    keep_na: bool | None = None
    sheet: Text | None = None
    test: Share | Text | None = None  # a share, or a file of the shelf

    def load(self, shelf: Shelf, seed: int) -> Dataset:
        """The data, parted by this seed; errors name the file as the page does."""
        path = shelf.path(self.name)
        options = self.model_dump(exclude={"kind", "name"}, exclude_none=True)
        if isinstance(self.test, str):
            options["test"] = shelf.path(self.test)
        try:
            return replace(_load(path, {"seed": seed, **options}), name=self.name)
        except MissingPackageError:
            raise
        except GlassnetError as error:
            raise DataError(str(error).replace(str(path), self.name)) from None


def _load(path: Path, options: dict[str, Any]) -> Dataset:
    """The data in a file; of two columns that are as likely the target, the first: the page has
    the choice of all."""
    try:
        return load(path, **options)
    except TargetError as error:
        one, other = error.columns
        data = load(path, **options, target=[one])
        note = f"predicts {one!r}; {other!r} is as likely the target: choose it on the page"
        return replace(data, notes=(note, *data.notes))
