"""Predictions for a whole file: read in pieces, written as it goes, in bounded memory."""

from collections.abc import Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np

from glassnet.base.addresses import is_database, is_web
from glassnet.base.arrays import Array, FilePath
from glassnet.base.errors import DataError, InputError, prefixing_errors, refuse_url
from glassnet.base.optional import need
from glassnet.base.progress import work
from glassnet.base.row_view import Rows
from glassnet.data import form_of, load
from glassnet.data.readers.delimited import piece_rows
from glassnet.data.readers.npy import open_npy
from glassnet.data.readers.stdin import errors_named, place
from glassnet.data.readers.text_format import text_format
from glassnet.data.sources.table_file import as_written, open_table, refuse_idle
from glassnet.data.sources.web_file import at_hand
from glassnet.data.tables.columns import FILE
from glassnet.data.tables.kinds import find
from glassnet.data.tables.notations import check_marks, refuse_shares, rewritten
from glassnet.data.tables.notes import Notes
from glassnet.data.tables.schema import Schema, shown
from glassnet.data.tables.targets import encode_targets
from glassnet.nn.network import Network
from glassnet.nn.task import CLASSES, VALUES
from glassnet.sequential import Sequential
from glassnet.workflows.intervals import ends, half_width
from glassnet.workflows.pictures import labelled_pictures, pictures
from glassnet.workflows.prediction_file import writer

if TYPE_CHECKING:
    import pandas as pd

KAGGLE = ("ImageId", "Label")
MARKS = ("decimal", "thousands")


class Piece(NamedTuple):
    """Some rows: x as the network takes it, y if it was asked for, and columns that were kept."""

    x: Array
    y: Array | None = None
    kept: "pd.DataFrame | None" = None
    share: float | None = None  # of the source, that is read by now


class Reading(NamedTuple):
    """How to read a source, and what to read of it besides the features.

    `given` says how it is written where that is not as in training: options of `load`, such as
    separator, sheet or query.
    """

    keep: tuple[str, ...] = ()
    targets: bool = False
    given: Mapping[str, Any] = MappingProxyType({})


PLAIN = Reading()


def source_of(network: Network, given: str | None, what: str) -> str:
    """The data that was named, or that the network was trained on; InputError if neither is."""
    source = given or network.trained.get("data")
    if source is None:
        raise InputError(f"{what}: give DATA too: the file does not say what it was trained on")
    return str(source)


Source = FilePath | Sequence[FilePath]


def read(
    network: Network, source: Source, how: Reading = PLAIN, notes: Notes | None = None
) -> Iterator[Piece]:
    """The rows of a source in pieces, encoded as in training.

    Columns of a table are found by name; the target's column of a .npy file is left out if it is
    there. A dataset by name, or a folder of IDX files, gives its test part if there is one; of
    pictures, which alone may be several sources, see `workflows.pictures`. `notes` takes what
    training did not have, such as new categories.

    Raises DataError, with the source, for what cannot be read or does not fit the network.
    """
    notes = Notes() if notes is None else notes
    sources, form = _sources(source)
    if any(map(is_web, sources)):
        with at_hand(*sources) as (files, said):
            notes.sources += said
            yield from read(network, files, how, notes)
        return
    with errors_named(), prefixing_errors(*sources):
        if form != "table" and how.given:
            name = next(iter(how.given))
            raise DataError(f"leave {name} out: it is for tables, and this is none")
        if form == "pictures":
            yield from _of_pictures(network, sources, how, notes)
        elif form == "npy":
            yield from _of_array(network, sources[0], how, notes)
        elif form == "table":
            yield from _of_table(network, sources[0], how, notes)
        else:
            yield from _of_dataset(network, sources[0], how, notes)


def labelled(
    network: Network, source: Source, given: Mapping[str, Any], notes: Notes | None = None
) -> tuple[Array, Array]:
    """All rows of a source, encoded as in training, and their targets; `given` says how it is
    written, `notes` takes what training did not have."""
    how, pieces = Reading(targets=True, given=given), []
    name = source if isinstance(source, (str, PathLike)) else source[0]
    with work(f"reading {Path(name).name}", unit="rows") as reading:
        for piece in read(network, source, how, notes):
            pieces.append((piece.x[:], piece.y))
            reading.add(len(piece.x), piece.share)
    x, y = (np.concatenate([piece[k] for piece in pieces]) for k in (0, 1))
    return x, y


def _sources(given: Source) -> tuple[list[str], str]:
    """The sources, and how they come; of several, all have to be pictures."""
    several = [given] if isinstance(given, (str, PathLike)) else given
    sources, form = [str(place(each)) for each in several], ""
    for source in sources:
        if not is_database(source) and not is_web(source):
            refuse_url(source)
        form = form_of(source)
        if form != "pictures" and len(sources) > 1:
            raise DataError(f"{source} is not a picture: expected one DATA, or several pictures")
    return sources, form


def _of_table(network: Network, source: str, how: Reading, notes: Notes) -> Iterator[Piece]:
    schema = network.schema
    if not is_database(source) and not Path(source).exists():
        raise DataError(f"there is no file {source}; check the path")
    if schema is None or schema.block:
        raise DataError(
            f"the network was trained on arrays, not on a table: expected a .npy or .npz file of "
            f"samples of shape {network.input_shape}"
        )
    if schema.picture:
        raise DataError(
            "the network was trained on pictures, not on a table: expected files of pictures, a "
            "folder or a .zip of them"
        )
    given = dict(how.given)
    query, marks = given.pop("query", None), check_marks(*(given.pop(n, None) for n in MARKS))
    table = open_table(source, schema.format(**given), query)
    refuse_idle(table, text_format(**given))
    for name in schema.check(table.columns):
        if name not in how.keep:
            notes.unread.append(name)
    targets = [find(table.columns, name) for name in schema.targets] if how.targets else []
    kept = [find(table.columns, name) for name in how.keep]
    written = schema.written(marks, targets if network.task is VALUES else ())
    text = {*schema.words, *(written if marks.different else as_written(table, written)), *kept}
    for frame in table.pieces(text, {*schema.names, *targets, *kept}):
        refuse_shares(frame, written)
        plain, y = rewritten(frame, written), None
        if how.targets:
            y, _ = encode_targets(
                plain[targets], targets, network.task or "values", network.classes
            )
        x = schema.encode(plain, notes)
        yield Piece(x, y, frame[kept] if kept else None, table.share)


def _of_array(network: Network, source: str, how: Reading, notes: Notes) -> Iterator[Piece]:
    array, schema = open_npy(source), network.schema
    block, names = (schema.block, schema.targets) if schema else (None, ())
    refuse_arrays(schema)
    if how.keep:
        raise DataError(f"an array has no columns with names: leave {how.keep[0]!r} out")
    if how.targets and not (names and block and array.shape[1:] == (block.columns,)):
        raise DataError(
            f"has shape {array.shape}, which holds no target: expected a .npz file with x and y"
        )
    rows = Rows(array, np.arange(len(array)))
    step = piece_rows(rows.size // len(rows))
    for start in range(0, len(rows), step):
        piece = rows[start : start + step]
        y = None
        if how.targets:
            columns = piece[:, [int(name) for name in names]]
            frame = need("pandas", "reading targets").DataFrame(columns, columns=list(names))
            y, _ = encode_targets(frame, names, network.task or "values", network.classes)
        x = network.check_inputs(block.rows(piece) if block else piece)
        if block:
            block.note_ranges(x, notes)
        yield Piece(x, y, share=min(1.0, (start + step) / len(rows)))


def refuse_arrays(schema: Schema | None, expected: str = "a table (.csv, .tsv, .parquet)") -> None:
    """Numbers without names would be taken for encoded ones, and predictions be wrong."""
    if schema and not schema.block and not schema.pixels:
        raise DataError(
            f"the network was trained on a table with the columns {shown(schema.names)}: expected "
            f"{expected}"
        )


def _of_dataset(network: Network, source: str, how: Reading, notes: Notes) -> Iterator[Piece]:
    data, schema = load(source), network.schema
    if how.keep:
        raise DataError(f"has no columns with names: leave {how.keep[0]!r} out")
    if not (data.schema and schema and data.schema.reads_like(schema)):
        refuse_arrays(schema)  # a table that was encoded differently is no better than arrays
    _, x, y = data.evaluation_part
    if how.targets and data.classes != network.classes:
        expected = shown(network.classes) if network.classes else "a network that names its classes"
        raise DataError(f"its classes are {shown(data.classes) or 'none'}: expected {expected}")
    x = network.check_inputs(x)
    if schema and schema.block:
        schema.block.note_ranges(x, notes)
    yield Piece(x, y)


def _of_pictures(
    network: Network, sources: Sequence[str], how: Reading, notes: Notes
) -> Iterator[Piece]:
    if how.keep not in ((), (FILE,)):
        raise DataError(f"pictures have no columns but {FILE}: leave {how.keep[0]!r} out")
    if how.targets:
        yield Piece(*labelled_pictures(network, sources, notes.pictures))
        return
    for x, names in pictures(network, sources, notes.pictures):
        frame = need("pandas", "writing predictions").DataFrame({FILE: names})
        yield Piece(x, kept=frame if how.keep else None)


class Extras(NamedTuple):
    """What a prediction is given with: a probability for each class; the `threshold`, the
    probability from which on the second of two classes is predicted; or the coverage of an
    `interval` around a value."""

    proba: bool = False
    threshold: float | None = None
    interval: float | None = None

    def check(self, network: Sequential) -> None:
        """Raise InputError for what the network does not give."""
        task = network.task
        if self.proba and not (task and task.has_probabilities):
            raise InputError("probabilities are for classes: this network gives values")
        if self.threshold is not None:
            if task is not CLASSES or max(2, *network.output_shape) != 2:
                what = shown(network.classes) if network.classes else str(task)
                raise InputError(f"threshold is for two classes: this network predicts {what}")
            if not 0 < self.threshold < 1:
                raise InputError(
                    f"threshold is {self.threshold:g}: expected a probability above 0 and below 1"
                )
        if self.interval is not None:
            half_width(network, self.interval)


PREDICTION_ALONE = Extras()


def predictions(network: Sequential, x: Array, extras: Extras = PREDICTION_ALONE) -> "pd.DataFrame":
    """A row for each sample: the prediction under the target's name, and what else is wanted."""
    pandas = need("pandas", "writing predictions")
    z = network(x)
    names, values = decisions(network, z, extras.threshold)
    frame: pd.DataFrame = pandas.DataFrame(values, columns=names)
    if extras.interval is not None:
        low, high = ends(z, half_width(network, extras.interval))
        for name, *columns in zip(names, low.T, high.T, strict=True):
            frame[f"{name}_low"], frame[f"{name}_high"] = columns
    if extras.proba:
        p = network.trained_loss().probabilities(z)
        for index, name in enumerate(class_names(network, p)):
            frame[f"p_{name}"] = p[:, index]
    return frame


def decisions(
    network: Network, z: Array, threshold: float | None = None
) -> tuple[list[str], Array]:
    """The names of what is predicted, and the predictions (…, samples, names) for outputs z
    (…, samples, outputs); with a `threshold`, the second of two classes from that probability
    on."""
    samples = z.shape[: z.ndim - len(network.output_shape)]
    decided, task = (network.task or VALUES).decide(z), network.task
    if threshold is not None:
        decided = (network.trained_loss().probabilities(z)[..., 1] >= threshold).astype(np.int64)
    names = list(network.schema.targets if network.schema else ()) or ["prediction"]
    if task is not None and task.exclusive:
        decided = np.array(network.classes or range(z.shape[-1] + 1), dtype=object)[decided]
    decided = decided.reshape(*samples, -1)
    if decided.shape[-1] != len(names):
        names = [f"{names[0]}_{number}" for number in range(decided.shape[-1])]
    return names, decided


def class_names(network: Network, p: Array) -> Sequence[Any]:
    """What the columns of probabilities are of: the classes or labels, or their numbers."""
    return network.classes or range(p.shape[-1])


def predict(
    network: Sequential,
    source: Source,
    out: "FilePath | IO[str]",
    *,
    proba: bool = False,
    threshold: float | None = None,
    interval: float | None = None,
    identifier: str | None = None,
    kaggle: bool = False,
    how: Reading = PLAIN,
    replace: bool = False,
) -> tuple[int, Notes]:
    """Write a prediction for each row of `source` to a .csv or .parquet file, a table of a
    database, or a text stream.

    `proba` adds a probability for each class, `threshold` is that from which on the second of two
    is predicted, `interval` the coverage of an interval around each value, and `identifier` a
    column of the source in front;
    `kaggle` writes `ImageId,Label`, counted from 1. Pictures have the names of their files in
    front. Returns the number of rows and what training did not have. A file or table is written
    whole or not at all; a table that is there is an error unless it is to `replace`.
    """
    extras = Extras(proba, threshold, interval)
    extras.check(network)
    more = proba or interval is not None or identifier
    if kaggle and (more or (network.schema and len(network.schema.targets) > 1)):
        raise InputError("kaggle writes ImageId,Label and nothing else: leave these out")
    sources, form = _sources(source)
    if form == "pictures":
        if kaggle:
            raise InputError("kaggle numbers rows, and pictures have names: leave it out")
        identifier = identifier or FILE
    notes = Notes()
    how = how._replace(keep=(identifier,) if identifier else ())
    rows = 0
    with writer(out, sources, replace) as write, work("predicting", unit="rows") as predicting:
        for piece in read(network, source, how, notes):
            frame = predictions(network, piece.x, extras)
            if kaggle:
                frame.columns = list(KAGGLE[1:])
                frame.insert(0, KAGGLE[0], np.arange(rows + 1, rows + len(frame) + 1))
            if piece.kept is not None:
                frame = frame.rename(columns={identifier: "prediction"})  # the target in front
                frame.insert(0, str(identifier), piece.kept[identifier].to_numpy())
            write(frame)
            rows += len(frame)
            predicting.add(len(frame), piece.share)
    return rows, notes
