"""Datasets by name or from a file, each as arrays in a training and a test part."""

import inspect
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from os import PathLike
from pathlib import Path
from typing import Any

from glassnet.base.addresses import is_database, is_web, path_in, without_password
from glassnet.base.arrays import FilePath
from glassnet.base.configurable import checked, choose, named, unknown_setting
from glassnet.base.errors import DataError, InputError, InputTypeError, refuse_url
from glassnet.base.frames import is_table
from glassnet.base.synonyms import same
from glassnet.data.dataset import Dataset, split
from glassnet.data.readers.endings import DATABASE_FILES, ENDINGS
from glassnet.data.readers.pictures import ENDINGS as PICTURES
from glassnet.data.readers.pictures import read_pictures
from glassnet.data.readers.stdin import errors_named, place

__all__ = ["NAMES", "Dataset", "form_of", "load", "read_pictures", "split"]

NAMES = ("circles", "digits", "fashion-mnist", "iris", "mnist", "moons")
"""The datasets that `load` knows by name."""


@checked
def load(name: Any, *, seed: int = 0, **options: Any) -> Dataset:
    """The dataset of this name, in the file or folder at this path, or in this table.

    - `name`: one of `NAMES`, "openml:NAME" for any table of OpenML, a table in a database
      ("sqlite:///own.db::people", "postgresql://…"), the http(s) address of a file, or a path: of a
      table (.csv, .tsv, .json, .jsonl, also .gz, .parquet, .arrow, .feather, .xlsx, .xlsm, .ods, or
      a folder of Parquet files), of arrays (.npy, .npz), of a folder of IDX files, as MNIST comes,
      or of pictures, a folder with a folder for each class or a .zip of one; or "-", any such file
      from standard input; or a table in memory, of pandas, polars, pyarrow or whatever has Arrow's
      interface.
    - `seed=0`: shuffles the rows into training and test parts.
    - `options`: those below; one that the data has no use for is refused.
    - `test`: the share of the test part, stratified by class, by default 0.2, or 0.25 of moons and
      circles; or for tables and .npy the path of a test file, or a table in memory. mnist and
      fashion-mnist come split.
    - `samples`, `noise`: of moons and circles, by default 5000 and 0.1, the noise's standard
      deviation.
    - `target`, `drop`: columns of a table to predict and to leave out, by name, or in .npy by
      number from 0; by default the column called label, target or species is predicted, else the
      last. If two are as likely, `TargetError` names them.
    - `kinds`: what columns of a table are, by name or by a pattern such as "num*": "number", "raw"
      (a number as it is, not standardised), "category", "date", or "date:FORMAT".
    - `task`: "classification" or "regression", if the target leaves it open.
    - `separator`, `encoding`: of a text table; by default comma or tab, and UTF-8.
    - `header`, `quotes=True`: whether its first line names the columns, by default seen from its
      values; and whether quotes have a meaning.
    - `decimal`, `thousands`: the marks in the numbers of a text table; by default what each column
      admits.
    - `na`, `keep_na`: words that are gaps in a text table too, and whether NA, None and the like
      are values.
    - `query`: a select, whose rows are read from a database instead of a table.
    - `sheet`: of a workbook, by name or number from 1; by default the first that has a table.
    - `size`: height and width of pictures in pixels, or one number for both; by default their
      median, at most 64.
    - `colour`: True, or False for grey; by default grey if all pictures are.

    Raises `DataError` for a name or option that does not exist and for data that cannot be read.

    >>> moons = load("moons", samples=400)
    >>> moons.x_train.shape, moons.x_test.shape, moons.classes
    ((300, 2), (100, 2), ('upper', 'lower'))
    """
    if is_table(name):
        from glassnet.data.readers.frame import Frame

        name = Frame(name)
    elif not isinstance(name, (str, PathLike)) or not str(name):
        shown = repr(name) if name == "" else f"a {type(name).__name__}"
        raise DataError(f"dataset: expected a name, the path of a file or a table, got {shown}")
    sources = name, options.get("test")
    if any(map(is_web, sources)):
        return _downloaded(*sources, {**options, "seed": seed})
    for given in sources:
        if not is_database(given):
            refuse_url(given)
    options["seed"] = seed
    with errors_named():
        source = place(name)
        return _call(_loader(source), without_password(str(source)), options)


def _downloaded(name: Any, test: Any, options: dict[str, Any]) -> Dataset:
    """The dataset in files that are downloaded first."""
    from glassnet.data.sources.web_file import at_hand

    with at_hand(name, test) as (files, notes):
        if test is not None:
            options["test"] = files[1]
        data = load(files[0], **options)
    return replace(data, notes=(*notes, *data.notes))


@named
def form_of(name: Any) -> str:
    """How a dataset comes: "bundled", "openml", "folder" (of IDX files), "pictures", "npy", "npz"
    or "table".

    - `name`: as for `load`.

    Raises `DataError` for a name that is none of these.

    >>> form_of("moons"), form_of("openml:titanic"), form_of("own.npy"), form_of("own.csv.gz")
    ('bundled', 'openml', 'npy', 'table')
    """
    if name in NAMES:
        return "bundled"
    if isinstance(name, str) and name.startswith("openml:"):
        return "openml"
    if is_database(name) or not isinstance(name, (str, PathLike)):
        return "table"
    path = Path(path_in(str(name))) if is_web(name) else _path(place(name))
    if not is_web(name) and path.is_dir():
        return _form_of_folder(path)
    ending = path.suffix.lower()
    if ending in (".zip", *PICTURES):
        return "pictures"
    return ending[1:] if ending in (".npy", ".npz") else "table"


def _form_of_folder(path: Path) -> str:
    from glassnet.data.readers.parquet_folder import has_parquet
    from glassnet.data.sources.idx_folder import has_idx_files

    if has_idx_files(path):
        return "folder"
    return "table" if has_parquet(path) else "pictures"


def _loader(name: Any) -> Callable[..., Dataset]:
    # Imported here: arrays of one's own need neither readers nor downloads.
    form = form_of(name)
    if form == "bundled":
        from glassnet.data.sources import mnist, toy

        known: dict[str, Callable[..., Dataset]] = {
            "circles": toy.load_circles,
            "digits": toy.load_digits,
            "iris": toy.load_iris,
            "moons": toy.load_moons,
        }
        return known.get(name) or partial(mnist.load_idx_set, str(name))
    if form == "openml":
        from glassnet.data.sources.openml import load_openml

        return partial(load_openml, str(name).removeprefix("openml:"))
    if form == "folder":
        from glassnet.data.sources.idx_folder import load_folder

        return partial(load_folder, Path(name))
    if form == "pictures":
        from glassnet.data.sources.picture_folder import load_pictures

        return partial(load_pictures, Path(name))
    if form in ("npy", "npz"):
        from glassnet.data.sources.array_file import load_arrays

        return partial(load_arrays, Path(name))
    from glassnet.data.sources.table_file import load_table

    return partial(load_table, name)


def _call(loader: Callable[..., Dataset], what: str, options: dict[str, Any]) -> Dataset:
    allowed = list(inspect.signature(loader).parameters)
    if "seed" not in allowed:
        options.pop("seed")
    for option in options:
        if option not in allowed:
            if same(option, allowed):
                raise InputTypeError(unknown_setting(option, allowed))
            known = ", ".join(allowed) or "none"
            raise DataError(f"{what} has no option {option!r}; its options are: {known}")
    return loader(**options)


def _path(name: FilePath) -> Path:
    """`name` as a path that is there or has a known ending, or the error that says best why not."""
    path = Path(name)
    if path.name.lower().endswith((*ENDINGS, *PICTURES)) or path.is_dir():
        return path
    if path.suffix.lower() == ".xls" and path.exists():
        raise DataError(f"{path} is an old Excel file: open it, and save it as .xlsx")
    if path.suffix.lower() in DATABASE_FILES and path.exists():
        raise DataError(
            f"{path} is a database: give its address, sqlite:///{path}::TABLE, or sqlite:///{path} "
            "with a query"
        )
    if path.exists():
        raise DataError(f"{path}: expected a folder or a file ending in {', '.join(ENDINGS)}")
    if not isinstance(name, str) or path.suffix or str(path) != name or len(path.parts) > 1:
        raise DataError(f"there is no file {path}; check the path")
    try:
        choose("dataset", name, NAMES)
    except InputError as error:
        raise DataError(f"{error}, openml:NAME, or the path of a file") from None
    return path
