"""Tables with text, categories, dates and gaps as the estimators' inputs."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy.sparse import issparse

from glassnet.base.arrays import Array, check_unmasked
from glassnet.base.errors import DataError, InputError
from glassnet.base.frames import as_pandas, is_table
from glassnet.base.optional import need
from glassnet.data.tables.fitting import learn
from glassnet.data.tables.kinds import check_kinds, kind_asked, kind_of
from glassnet.data.tables.notations import notations_of, rewritten
from glassnet.data.tables.schema import Schema


def learn_schema(X: Any, preprocess: str | Mapping[str, str]) -> Schema:
    """What each column becomes: decided as for the files of `glassnet train`, and learned here."""
    given: Any = {} if preprocess == "auto" else preprocess
    if not isinstance(given, Mapping):
        raise InputError(
            f"preprocess is {preprocess!r}: expected None, 'auto' or kinds of columns, such as "
            "{'zip': 'category'}"
        )
    frame = as_frame(X)
    try:
        check_kinds(list(frame.columns), given)
        asked = {name: kind_asked(name, given) for name in frame.columns}
        words = [name for name, kind in asked.items() if kind not in (None, "number", "raw")]
        notations = notations_of(frame, words)
        frame = rewritten(frame, notations)
        kinds = {name: asked[name] or kind_of(frame[name]) for name in frame.columns}
        columns, left_out = learn(frame, kinds)
    except DataError as error:
        raise InputError(f"X: {error}") from None
    except TypeError as error:  # of pandas
        raise InputError(f"X: a value's argument must be a string or a number: {error}") from None
    if not columns:
        why = "; ".join(f"{name!r} is left out: {reason}" for name, reason in left_out.items())
        raise InputError(f"X has n_samples = {len(frame)} and no usable feature columns: {why}")
    written = {name: each for name, each in notations.items() if name not in left_out}
    return Schema(columns, (), tuple(left_out), written)


def encode(X: Any, schema: Schema) -> Array:
    """The rows as numbers: float32 (samples, features)."""
    try:
        return schema.encode_table(as_frame(X))
    except DataError as error:
        raise InputError(f"X: {error}") from None


def as_frame(X: Any) -> Any:
    """A table whose columns have names; those of an array are x0, x1, …"""
    pandas = need("pandas", 'preprocess="auto"')
    if issparse(X):
        raise InputError("X is sparse: with preprocess, expected a table or a dense array")
    if is_table(X):
        X = as_pandas(X)
    else:
        check_unmasked("X", X)
        array = np.asarray(X)
        if array.ndim != 2:
            raise InputError(
                f"X has shape {array.shape}, expected (samples, features). Reshape your data: "
                "X.reshape(1, -1) if it is one sample"
            )
        X = pandas.DataFrame(array, columns=[f"x{n}" for n in range(array.shape[1])])
        X = X.infer_objects()
    if 0 in X.shape:
        raise InputError(
            f"X: found array with {X.shape[0]} sample(s) and {X.shape[1]} feature(s) "
            f"(shape={X.shape}) while a minimum of 1 is required."
        )
    names = list(map(str, X.columns))
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InputError(f"X has the column {twice!r} twice: give each a name of its own")
    return X.set_axis(names, axis=1).reset_index(drop=True)
