"""What was read, before anything is trained: in words, and as a picture."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from glassnet import plots
from glassnet.arrays import Array
from glassnet.data import Dataset
from glassnet.data.columns import Number
from glassnet.described import choose
from glassnet.errors import InputError
from glassnet.packages import need

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TASK_NAMES = {
    "classes": "classification",
    "labels": "multi-label classification",
    "values": "regression",
}
MOST_ROWS = 5000  # are drawn
FINE = 12  # different values of a feature that is worth a scatter plot


def describe(data: Dataset) -> dict[str, Any]:
    """Rows, columns, target and every decision, as plain data."""
    said: dict[str, Any] = {
        "name": data.name,
        "rows": {"training": len(data.x_train), "test": len(data.x_test)},
        "sample": {"shape": list(data.input_shape), "type": str(data.x_train.dtype)},
        "task": TASK_NAMES[data.task],
        "target": data.target,
    }
    if data.task == "classes":
        counts = np.bincount(data.y_train, minlength=len(data.classes))
        said["classes"] = dict(zip(data.classes, counts.tolist(), strict=True))
    elif data.task == "labels":
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
    """Ten samples where they are images, else a scatter plot of the two most telling features."""
    return sheet(data) if data.is_image else points(data)


def sheet(data: Dataset) -> "Axes":
    """The first ten images of the training part; InputError where samples are none."""
    if not data.is_image:
        raise InputError(f"{data.name}: samples are rows of {data.input_shape[0]} numbers, "
                         "expected images: draw a scatter plot")  # fmt: skip
    images = np.asarray(data.x_train[:10])
    return plots.samples(images, [_label(data, y) for y in data.y_train[:10]])


def points(data: Dataset, features: str | None = None) -> "Axes":
    """Two features of the training part, "A,B" or those that tell most; InputError where samples
    are images or there are no such features."""
    if data.is_image:
        raise InputError(f"{data.name}: samples are images, expected rows: draw samples")
    x, y = np.asarray(data.x_train[:MOST_ROWS]), data.y_train[:MOST_ROWS]
    y = y if y.ndim == 1 else y[:, 0]
    all_names = data.feature_names or tuple(f"x{n + 1}" for n in range(x.shape[1]))
    if features is None:
        chosen = telling(x, y, classes=data.task != "values")
    else:
        chosen = _pair(features, all_names)
    names = [all_names[n] for n in chosen]
    places = np.stack([_raw(data, x[:, n], n) for n in chosen], axis=1)
    if data.task == "values":
        return plots.valued(places, y, data.target.split(", ")[0], names)
    first = data.classes[0]
    classes = data.classes if data.task == "classes" else (f"not {first}", first)
    return plots.scatter(places, y, classes, names=names)


def _pair(features: str, names: Sequence[str]) -> tuple[int, int]:
    """The places of two features, by their names with a comma between."""
    wanted = [name.strip() for name in features.split(",")]
    if len(wanted) != 2:
        raise InputError(
            f"features {features!r}: expected two names, such as {','.join(names[:2])}"
        )
    first, second = (list(names).index(choose("feature", name, names)) for name in wanted)
    return first, second


def telling(x: Array, y: Array, classes: bool) -> tuple[int, int]:
    """The two features that differ most between classes, or go most with the value (F test)."""
    if x.shape[1] < 3:
        return 0, x.shape[1] - 1
    selection = need("sklearn.feature_selection", "choosing features")
    distinct = np.array([len(np.unique(x[:, n])) for n in range(x.shape[1])])
    most = np.sort(distinct)[-2]  # of a feature with few values a scatter plot shows only lines
    varied = np.flatnonzero(distinct >= min(most, FINE))
    test = selection.f_classif if classes else selection.f_regression
    with np.errstate(all="ignore"):
        scores = np.nan_to_num(test(x[:, varied], y)[0], posinf=np.inf)
    best = varied[np.argsort(-scores, kind="stable")]
    return int(best[0]), int(best[1 if len(best) > 1 else 0])


def _raw(data: Dataset, values: Array, feature: int) -> Array:
    """A feature in its own unit, where it was standardised."""
    for column in data.schema.columns if data.schema else ():
        features = column.features()
        if isinstance(column, Number) and feature == 0:
            return values * column.scale + column.mean + column.origin
        if feature < len(features):
            break
        feature -= len(features)
    return values


def _label(data: Dataset, y: Any) -> str:
    if data.task == "values":
        return f"{np.ravel(y)[0]:.4g}"
    if data.task == "labels":
        return ", ".join(name for name, on in zip(data.classes, y, strict=True) if on) or "–"
    return data.classes[int(y)]
