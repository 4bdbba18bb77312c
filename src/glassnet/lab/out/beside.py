"""The data of a lab for those who repeat its training: by name, or in files beside."""

import io
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.errors import InputError
from glassnet.base.optional import need
from glassnet.data import Dataset
from glassnet.data.dataset import shares
from glassnet.lab.sources import File, Named
from glassnet.lab.state.session import Session

MOST_BYTES = 2**24  # of a file that is packed along

Files = dict[str, bytes]


def beside(session: Session) -> tuple[dict[str, Any], Files]:
    """The data as a recipe names it, its part `[data]`, and the files that it reads."""
    source, seed = session.settings.data, session.settings.seed
    if isinstance(source, Named):
        part = source.model_dump(exclude={"kind"}, exclude_defaults=True)
        return {"name": source.name, **part, "options": {**source.options, "seed": seed}}, {}
    if isinstance(source, File):
        options = source.model_dump(exclude={"kind", "name"}, exclude_none=True)
        return {"name": source.name, "options": {**options, "seed": seed}}, _copied(session, source)
    return _written(session.run.data, seed)


def _copied(session: Session, source: File) -> Files:
    """The file itself, and that of the test part, unless they are large or a folder."""
    found = {}
    for name in (source.name, source.test):
        path = session.shelf.path(name) if isinstance(name, str) else Path()
        if path.is_file() and path.stat().st_size <= MOST_BYTES:
            found[str(name)] = path.read_bytes()
    return found


def _written(data: Dataset, seed: int) -> tuple[dict[str, Any], Files]:
    """What was typed or drawn, as files that read as the same numbers in the same order."""
    stem = data.name.replace(" ", "-") if data.name.startswith("drawn") else "formula"
    if data.is_image:
        return {"name": f"{stem}.npz", "options": {}}, {f"{stem}.npz": _arrays(data)}
    missing = sorted(set(range(len(data.classes))) - set(np.unique(data.y_train).tolist()))
    if missing:
        raise InputError(
            f"no training sample has the class {data.classes[missing[0]]}: a file of these would "
            "have one class less; add some"
        )
    parts = {f"{stem}-train.csv": (data.x_train, data.y_train)}
    options: dict[str, Any] = {"target": [data.target], "kinds": {"*": "raw"}, "seed": seed}
    options["task"] = "classification" if data.classes else "regression"
    options["test"] = 0.0
    if len(data.x_test):
        options["test"] = f"{stem}-test.csv"
        parts[f"{stem}-test.csv"] = (data.x_test, data.y_test)
    files = {name: _table(data, *part, seed) for name, part in parts.items()}
    return {"name": f"{stem}-train.csv", "options": options}, files


def _table(data: Dataset, x: Array, y: Array, seed: int) -> bytes:
    """A CSV file whose rows stand so that the shuffle by this seed gives them in this order."""
    columns = list(data.feature_names) or [f"x{n + 1}" for n in range(x.shape[1])]
    order, _ = shares(y, 0.0, seed)
    frame = need("pandas", "writing a table").DataFrame(x, columns=columns)
    frame[data.target] = np.array(data.classes)[y] if data.classes else y
    text: str = frame.iloc[np.argsort(order)].to_csv(index=False, lineterminator="\n")
    return text.encode()


def _arrays(data: Dataset) -> bytes:
    """A .npz file of pictures."""
    named = {"x_train": data.x_train, "y_train": np.array(data.classes)[data.y_train]}
    if len(data.x_test):
        named |= {"x_test": data.x_test, "y_test": np.array(data.classes)[data.y_test]}
    with io.BytesIO() as buffer:
        np.savez(buffer, allow_pickle=False, **named)
        return buffer.getvalue()
