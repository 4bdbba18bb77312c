"""What was read, before anything is trained: in words, and as a picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.configurable import choose
from glassnet.base.errors import InputError
from glassnet.data import Dataset
from glassnet.data.tables.columns import Number
from glassnet.data.tables.relating import Seen, grouped, telling
from glassnet.data.tables.schema import Schema
from glassnet.inspection import plots
from glassnet.nn.task import LABELS, task_named

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TASK_NAMES = {
    "classes": "classification",
    "labels": "multi-label classification",
    "values": "regression",
}
MOST_ROWS = 5000  # are drawn


def describe(data: Dataset) -> dict[str, Any]:
    """Rows, columns, target and every decision, as plain data."""
    said: dict[str, Any] = {
        "name": data.name,
        "rows": {"training": len(data.x_train), "test": len(data.x_test)},
        "sample": {"shape": list(data.input_shape), "type": str(data.x_train.dtype)},
        "task": TASK_NAMES[data.task],
        "target": data.target,
    }
    task = task_named(data.task)
    if task.exclusive:
        counts = np.bincount(data.y_train, minlength=len(data.classes))
        said["classes"] = dict(zip(data.classes, counts.tolist(), strict=True))
    elif task.has_probabilities:
        said["classes"] = dict(zip(data.classes, data.y_train.sum(axis=0).tolist(), strict=True))
    else:
        y = data.y_train.reshape(len(data.y_train), -1)
        said["values"] = {
            name: {"min": column.min(), "mean": column.mean(), "max": column.max()}
            for name, column in zip(data.target.split(", "), y.T.astype(float), strict=True)
        }
    said["columns"] = [column._asdict() for column in data.columns]
    said["decisions"] = [*data.notes, *_scaling(data)]
    return said


def _scaling(data: Dataset) -> list[str]:
    """What the network's first layer will do to raw values."""
    if np.ndim(data.scale):
        return ["every column standardised, by the network's first layer"]
    return [f"values divided by {1 / data.scale:g}, by the first layer"] if data.scale != 1 else []


def picture(data: Dataset) -> "Axes":
    """Ten samples if they are images, else the two columns that explain most of the target."""
    return sheet(data) if data.is_image else points(data)


def sheet(data: Dataset) -> "Axes":
    """Images of the training part: one of each class, or of few classes several; the first ten if
    there are no classes. InputError if samples are not images."""
    if not data.is_image:
        raise InputError(f"{data.name}: samples are rows of {data.input_shape[0]} numbers, "
                         "expected images: draw a scatter plot")  # fmt: skip
    exclusive = task_named(data.task).exclusive
    rows = plots.one_of_each(data.y_train) if exclusive else range(min(10, len(data.x_train)))
    images = drawable(np.stack([np.asarray(data.x_train[row]) for row in rows]), data.schema)
    ax = plots.captioned(images, [_label(data, data.y_train[row]) for row in rows])
    return plots.titled(ax, "Samples", data.name, f"{len(rows)} of {len(data.x_train):,}")


def drawable(images: Array, schema: Schema | None) -> Array:
    """Images as they are drawn: of grey pictures in files, 255 is white and not the ink."""
    if schema and schema.picture and images.ndim == 3:
        return np.stack([images] * 3, axis=3)
    return images


def points(data: Dataset, features: str | None = None) -> "Axes":
    """Two features of the training part, "A,B", or the two columns that explain most of the target:
    numbers as a scatter plot, categories as bars. InputError if samples are images or there are
    no such features."""
    if data.is_image:
        raise InputError(f"{data.name}: samples are images, expected rows: draw samples")
    if features is not None:
        return _scatter(data, _pair(data, features))
    chosen = telling(data, MOST_ROWS)[:2]
    drawn = _bars if any(column.names for column in chosen) else _scatter
    return drawn(data, chosen)


def _scatter(data: Dataset, chosen: Sequence[Seen]) -> "Axes":
    places = np.stack([column.values for column in (chosen[0], chosen[-1])], axis=1)
    names = [column.name for column in (chosen[0], chosen[-1])]
    y, classes = _first_target(data)
    with plots.about(data.name):
        if not classes:
            return plots.valued(places, y, data.target.split(", ")[0], names)
        return plots.scatter(places, y, classes, names=names)


def _bars(data: Dataset, chosen: Sequence[Seen]) -> "Axes":
    """Columns one below the other, each with what it says of the target."""
    y, classes = _first_target(data)
    target = data.target.split(", ")[0]
    groups = [*map(grouped, chosen)]
    counts = [len(column.names) for column in groups]
    height = 1.0 + 0.75 * len(groups) + 0.24 * sum(counts)
    every = plots.panels(len(groups), across=1, height=height, ratios=counts)
    for ax, column in zip(every, groups, strict=True):
        if classes:
            plots.shares(column.values, column.names, y, classes, column.name, ax, legend=False)
        else:
            plots.means(column.values, column.names, y, target, column.name, ax)
        ax.set_title("")
    if classes:
        plots.explained(*every)
    what = "Classes" if classes else target
    return plots.headed(every[0], f"{what} by the columns that explain most", data.name)


def _first_target(data: Dataset) -> tuple[Array, Sequence[str]]:
    """What the picture shows of the target, one number for each row, and the names of classes."""
    y = data.y_train[:MOST_ROWS]
    if task_named(data.task) is LABELS:
        return y[:, 0], (f"not {data.classes[0]}", data.classes[0])
    return y if y.ndim == 1 else y[:, 0], data.classes


def _pair(data: Dataset, features: str) -> list[Seen]:
    """Two features, by their names with a comma between."""
    x = np.asarray(data.x_train[:MOST_ROWS])
    names = data.feature_names or tuple(f"x{n + 1}" for n in range(x.shape[1]))
    wanted = [name.strip() for name in features.split(",")]
    if len(wanted) != 2:
        raise InputError(
            f"features {features!r}: expected two names, such as {','.join(names[:2])}"
        )
    places = [list(names).index(choose("feature", name, names)) for name in wanted]
    return [Seen(names[n], _raw(data, x[:, n], n)) for n in places]


def _raw(data: Dataset, values: Array, feature: int) -> Array:
    """A feature in its own unit, if it was standardised."""
    for column in data.schema.columns if data.schema else ():
        features = column.features()
        if isinstance(column, Number) and feature == 0:
            return values * column.scale + column.mean + column.origin
        if feature < len(features):
            break
        feature -= len(features)
    return values


def _label(data: Dataset, y: Any) -> str:
    task = task_named(data.task)
    if not task.has_probabilities:
        return f"{np.ravel(y)[0]:z.4g}"
    if not task.exclusive:
        return ", ".join(name for name, on in zip(data.classes, y, strict=True) if on) or "–"
    return data.classes[int(y)]
