"""Pictures for a network that was trained on pictures, prepared as they were in training."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from glassnet.base.arrays import Array, Shape
from glassnet.base.errors import DataError
from glassnet.data.readers.delimited import piece_rows
from glassnet.data.readers.picture_tree import opened_pictures
from glassnet.data.readers.pictures import ENDINGS, Broken, read, refuse_broken, said_of
from glassnet.data.sources.picture_folder import pictures_to_judge
from glassnet.nn.network import Network


def pictures(
    network: Network, sources: Sequence[str], notes: list[str]
) -> Iterator[tuple[Array, list[str]]]:
    """All pictures in files, folders and .zip files, some at a time, with the names of their files.

    Those that cannot be read are left out and noted; DataError if they are more than 1 %.
    """
    shape = shape_for(network)
    broken: list[Broken] = []
    with opened_pictures(sources) as files:
        step = piece_rows(math.prod(shape))
        for start in range(0, len(files), step):
            some = files[start : start + step]
            x, rows, more = read(some, shape)
            broken += more
            refuse_broken(broken, len(files))
            if rows:
                yield x, [_as_text(some[row].name) for row in rows]
    if broken:
        notes.append(said_of(broken, len(files)))


def labelled_pictures(
    network: Network, sources: Sequence[str], notes: list[str]
) -> tuple[Array, Array]:
    """The pictures in a folder of classes, or a .zip of one, and their labels for this network.

    Those of the test part, if the folder has one or is what the network was trained on; else all.
    """
    height, width, *channels = shape_for(network)
    path = Path(sources[0])
    if len(sources) > 1 or (path.suffix.lower() in ENDINGS and not path.is_dir()):
        raise DataError("a picture has no label: expected a folder with a folder for each class")
    trained = network.trained.get("data")
    own = isinstance(trained, str) and Path(trained).resolve() == path.resolve()
    test = 0.2 if own else 0.0
    data = pictures_to_judge(path, (height, width), bool(channels), network.classes, test)
    notes += data.notes[1:]
    _, x, y = data.evaluation_part
    return x, y


def _as_text(name: str) -> str:
    """A file's name as UTF-8 can write it; on Linux it may hold any bytes."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def shape_for(network: Network) -> Shape:
    """The shape of the pictures that this network takes."""
    shape: Shape = network.schema.input_shape if network.schema and network.schema.picture else ()
    if not shape or shape != network.input_shape:
        raise DataError(
            "the network was not trained on files of pictures: expected arrays of samples of shape "
            f"{network.input_shape}; glassnet.data.read_pictures makes such of pictures"
        )
    return shape
