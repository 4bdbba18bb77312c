"""Samples as points: along one feature, two features, or the two principal components."""

from typing import Any, NamedTuple

import numpy as np

from glassnet.base.arrays import Array
from glassnet.data import Dataset
from glassnet.lab.packed import packed

MOST_ROWS = 5000  # of the training part, that decide the components


class Projection(NamedTuple):
    """What brings rows to two numbers: `(x - mean) @ axes`; and the share of the variance that
    each component has."""

    mean: Array
    axes: Array
    shares: Array

    def of(self, x: Array) -> Array:
        """The coordinates (samples, 2) of scaled rows."""
        coordinates: Array = (x - self.mean) @ self.axes
        return coordinates


def projection(x: Array) -> Projection:
    """The two principal components of rows (samples, features) (Pearson, 1901).

    The directions of most variance: of the covariance's eigenvectors, those with the largest
    eigenvalues. Each points to where its largest entry is positive.

    >>> found = projection(np.array([[0.0, 0, 1], [1, 0, 1], [2, 0, 1]]))
    >>> found.axes[:, 0].tolist(), found.shares.round(3).tolist()
    ([1.0, 0.0, 0.0], [1.0, 0.0])
    """
    mean = x.mean(axis=0)
    values, vectors = np.linalg.eigh((x - mean).T @ (x - mean))
    axes = vectors[:, :-3:-1]
    largest = np.abs(axes).argmax(axis=0)
    axes = axes * np.where(np.take_along_axis(axes, largest[None], 0) < 0, -1.0, 1.0)
    return Projection(mean, axes, values[:-3:-1].clip(0) / (values.clip(0).sum() or 1.0))


def scaled(data: Dataset, x: Any) -> Array:
    """Rows as the network takes them, in float64."""
    return np.asarray(x[:MOST_ROWS], np.float64) * data.scale + data.shift


def scatter(data: Dataset, most: int, features: tuple[int, int], projected: bool) -> dict[str, Any]:
    """At most so many points of each part: the axes, and x `(points, 1 or 2)` with y; nothing for
    pictures."""
    if len(data.input_shape) != 1:
        return {}
    if projected:
        found = projection(scaled(data, data.x_train))
        percent = [f"{share:.0%}" for share in found.shares]
        axes = [f"component {n} ({share} of the variance)" for n, share in enumerate(percent, 1)]
    else:
        columns = list(features) if data.input_shape[0] > 1 else [0]
        axes = [names_of(data)[n] for n in columns]
    parts = {"training": (data.x_train, data.y_train), "test": (data.x_test, data.y_test)}
    points = {}
    for part, (x, y) in parts.items():
        rows = x[:most]
        where = found.of(scaled(data, rows)) if projected else np.asarray(rows)[:, columns]
        points[part] = {"x": packed(where), "y": packed(np.asarray(y[:most], np.float32))}
    return {"points": points, "axes": axes, "projected": projected}


def names_of(data: Dataset) -> list[str]:
    """The names of the features; x0, x1 … if they have none."""
    return list(data.feature_names) or [f"x{n}" for n in range(data.input_shape[0])]
