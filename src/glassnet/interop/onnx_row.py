"""Operators in a row while they are read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from glassnet.interop.layout import Layout

FLOATS: Mapping[str, tuple[str, ...]] = {  # and what their constants are in NumPy
    "FLOAT16": ("float16",),
    "BFLOAT16": ("bfloat16", "float32"),  # some versions of onnx read it as float32
    "FLOAT": ("float32",),
    "DOUBLE": ("float64",),
}

Settings = Mapping[str, Any]


@dataclass(kw_only=True)
class Row(Layout):
    """What has been read: layers, and the samples that come out of them."""

    type: str
    batch: int | None  # the number of samples, if the file fixes it
    version: int  # of the operators
