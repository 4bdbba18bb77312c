"""What each unit does, in a moment: its output on the plane or in a picture, its number for the
sample that is looked at, and the weights that lead to it."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.lab.packed import packed
from glassnet.lab.shown.columns import Column, columns_of, feature_names
from glassnet.lab.state.session import Session, part_of

MOST_LINES = 72  # between two columns: the largest weights
MOST_WEIGHTS = 12  # of a unit, in words
LARGEST_MAP = 32  # rows and columns of a picture of a unit


def of_units(session: Session, plane: Sequence[Array] | None, grid: int) -> list[dict[str, Any]]:
    """Each column of the network: a map of every unit, its number, and lines that lead to it.

    - `plane`: for samples spread over a plane, `grid` a side, the inputs and what each layer makes
      of them; None if there is no plane.
    """
    network = session.network
    if session.run.data.input_shape == (1,):
        plane = along_the_line(session, grid)
    assert network.input_shape is not None
    columns = columns_of(network, network.input_shape)
    sample = sample_through(session)
    found = []
    for k, column in enumerate(columns):
        before = columns[k - 1] if k else None
        number = sample[column.shows + 1]
        W = weights_into(session, column) if before else None
        found.append({
            **_maps(column, before, number, plane, grid, W),
            **_numbers(column, number),
            "lines": _lines(column, before, W),
        })  # fmt: skip
    return found


def sample_through(session: Session) -> list[Array]:
    """The sample that is looked at, and what each layer makes of it."""
    at = session.view.sample
    x = np.asarray(part_of(session.run.data, session.view.part)[at : at + 1]).astype(
        session.network.input_dtype
    )
    return [x[0], *(y[0] for y in session.network.activations(x))]


def along_the_line(session: Session, count: int) -> list[Array]:
    """Samples from the least to the largest of one feature, and what each layer makes of them."""
    network, x = session.network, np.asarray(session.run.data.x_train)
    spread = np.linspace(x.min(), x.max(), count)[:, None].astype(network.input_dtype)
    return [spread, *network.activations(spread)]


def weights_into(session: Session, column: Column) -> Array | None:
    """W of the layer that makes a column, if it multiplies by one."""
    network = session.network
    layer = network.layers[column.layers[0]]
    W = network.parameters.of(column.layers[0]).get("W")
    return W if W is not None and layer.input_dtype != "int" else None


# ---- maps


def _maps(
    column: Column,
    before: Column | None,
    number: Array,
    plane: Sequence[Array] | None,
    grid: int,
    W: Array | None,
) -> dict[str, Any]:
    """A picture of each unit, 0 to 255 from −top to top; what kind it is, says `"map"`."""
    count = column.units
    if len(column.shape) == 1 and plane is not None:
        values = np.asarray(plane[column.shows + 1])
        values = values.reshape(-1, grid, values.shape[-1])[::3, ::3, :count]
        return {"map": "plane", **_levels(np.moveaxis(values, -1, 0))}
    if before is None and len(column.shape) > 1:
        return {"map": "picture", **_ink(number)}
    if len(column.shape) > 1:
        channels = np.moveaxis(number[..., :count], -1, 0)
        return {"map": "features", **_levels(_as_pictures(channels))}
    if before and W is not None and _is_picture(before, W):
        weights = W[:, :count].T.reshape(count, *before.shape)
        return {"map": "weights", **_levels(_as_pictures(weights))}
    values = number[:count, None, None]
    top = np.full(count, max(float(np.abs(values).max()), 1e-12))
    return {"map": "number", **_levels(values, top)}


def _is_picture(before: Column, W: Array) -> bool:
    """Whether W has a weight for every place of one picture."""
    return before.of == 1 < len(before.shape) and W.shape[0] == np.prod(before.shape)


def _as_pictures(values: Array) -> Array:
    """(units, height, width) of what may be sequences, or have channels; not too large."""
    if values.ndim == 2:
        values = values[:, None, :]
    if values.ndim > 3:
        values = values.reshape(*values.shape[:3], -1).mean(axis=-1)
    rows, across = (-(-size // LARGEST_MAP) for size in values.shape[1:])
    return values[:, ::rows, ::across]


def _levels(maps: Array, top: Array | None = None) -> dict[str, Any]:
    maps = np.nan_to_num(maps.astype(float), posinf=0, neginf=0)
    if top is None:
        top = np.maximum(np.abs(maps).max(axis=(1, 2)), 1e-12)
    levels = np.round(127.5 * (maps / top[:, None, None] + 1)).clip(0, 255)
    return {"maps": packed(levels.astype(np.uint8)), "top": top.tolist()}


def _ink(picture: Array) -> dict[str, Any]:
    """A picture from its least to its largest number, with red, green and blue if it has them."""
    colours = picture.ndim == 3 and picture.shape[-1] == 3
    values = picture if colours else picture.reshape(*picture.shape[:2], -1)[..., :1]
    rows, across = (-(-size // (2 * LARGEST_MAP)) for size in values.shape[:2])
    values = values[::rows, ::across].astype(float)
    low, high = values.min(), values.max()
    levels = np.round(255 * (values - low) / max(high - low, 1e-12))
    return {"maps": packed(levels.astype(np.uint8)[None]), "top": [float(high)]}


def _numbers(column: Column, number: Array) -> dict[str, Any]:
    """The exact number of each unit for the sample; of a picture, its least and its largest."""
    if len(column.shape) == 1:
        return {"values": packed(number[: column.units])}
    flat = number.reshape(-1, column.of)[:, : column.units]
    return {"lows": packed(flat.min(axis=0)), "highs": packed(flat.max(axis=0))}


# ---- lines


def _bundles(W: Array, sources: int) -> Array | None:
    """W by (within a bundle, source, unit): a source that hands on a picture has a bundle of
    weights for each unit. None if sources and weights do not go together."""
    inputs = W.shape[-2]
    fits = inputs % sources == 0 and (inputs == sources or W.ndim == 2 or sources == 1)
    return W.reshape(-1, sources, W.shape[-1]) if fits else None


def _lines(column: Column, before: Column | None, W: Array | None) -> dict[str, Any] | None:
    """The weights to draw: from which unit to which, and where in W each is (of a bundle, its
    largest); `sizes` is what the width shows, for a bundle the root mean square."""
    if before is None or W is None:
        return None
    bundles = _bundles(W, before.of)
    if bundles is None:
        return None
    shown = bundles[:, : before.units, : column.units]
    sizes = np.sqrt(np.mean(np.square(shown, dtype=float), axis=0))
    chosen = np.sort(np.argsort(-sizes, axis=None, kind="stable")[:MOST_LINES])
    i, j = np.unravel_index(chosen, sizes.shape)
    within = np.abs(shown[:, i, j]).argmax(axis=0)
    flat = np.ravel_multi_index((within, i, j), bundles.shape)
    places = np.stack(np.unravel_index(flat, W.shape), axis=-1)
    return {
        "name": f"{column.layers[0]}.W",
        "from": i.tolist(),
        "to": j.tolist(),
        "places": places.tolist(),
        "values": packed(W.reshape(-1)[flat]),
        "sizes": packed(sizes[i, j].astype(np.float32)),
        "top": float(np.nan_to_num(sizes).max()),
        "bundle": len(bundles),
        "left": sizes.size - len(chosen),
    }


# ---- one unit in words


def of_unit(session: Session) -> dict[str, Any] | None:
    """The unit that is chosen: its number for the sample, its bias and its largest weights."""
    network = session.network
    assert network.input_shape is not None
    columns = columns_of(network, network.input_shape)
    k, unit = session.view.unit or (len(columns), 0)
    if k >= len(columns) or unit >= columns[k].of:
        return None
    column, number = columns[k], sample_through(session)[columns[k].shows + 1]
    found: dict[str, Any] = {"column": k, "unit": unit, "sources": [], "places": [], "left": 0}
    if len(column.shape) == 1:
        found["value"] = packed(number[unit : unit + 1])
    W = weights_into(session, column) if k else None
    if W is None or unit >= W.shape[-1]:
        return found
    own = W[..., unit]
    largest = np.sort(np.argsort(-np.abs(own), axis=None, kind="stable")[:MOST_WEIGHTS])
    inputs = [[int(n) for n in np.unravel_index(flat, own.shape)] for flat in largest]
    names = feature_names(session.run.data) if k == 1 else []
    b = network.parameters.of(column.layers[0]).get("b")
    return found | {
        "name": f"{column.layers[0]}.W",
        "sources": [_source(columns[k - 1], place, names) for place in inputs],
        "places": [[*place, unit] for place in inputs],
        "values": packed(own.reshape(-1)[largest]),
        "left": own.size - len(largest),
        "bias": None if b is None else packed(b[unit : unit + 1]),
    }


def _source(before: Column, place: Sequence[int], names: Sequence[str]) -> str:
    """Where a weight comes from: a feature or unit, or a place in a picture or a kernel."""
    if len(place) == 1 and len(before.shape) > 1:
        place = [int(n) for n in np.unravel_index(place[0], before.shape)]
    if len(place) == 1:
        return names[place[0]] if place[0] < len(names) else f"unit {place[0]}"
    picture = len(place) > 2 or before.of == 1
    words = ("row", "column", "channel") if picture else ("place", "channel")
    return ", ".join(f"{word} {n}" for word, n in zip(words, place, strict=False))
