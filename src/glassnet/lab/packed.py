"""Arrays in JSON: their bytes, for a page that draws them."""

import base64
import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from glassnet.base.arrays import Array


def packed(values: Array) -> dict[str, Any]:
    """An array of float32, or of uint8, as the page unpacks it.

    >>> packed(np.array([[1, 2]], np.uint8))
    {'shape': [1, 2], 'kind': 'u1', 'data': 'AQI='}
    """
    kind = np.dtype("u1" if values.dtype == np.uint8 else "<f4")
    data = base64.b64encode(np.ascontiguousarray(values, kind).tobytes()).decode()
    return {"shape": list(values.shape), "kind": kind.str.lstrip("|<"), "data": data}


def finite(values: Iterable[float]) -> list[float | None]:
    """Numbers in JSON, which has neither NaN nor infinity: None in their place.

    >>> finite([0.5, float("nan"), float("inf")])
    [0.5, None, None]
    """
    return [float(value) if math.isfinite(value) else None for value in values]
