"""Operators in a row while they are read: the layers so far, and the samples that come out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from glassnet.base.arrays import Shape
from glassnet.interop.assemble import Part

FLOATS: Mapping[str, tuple[str, ...]] = {  # and what their constants are in NumPy
    "FLOAT16": ("float16",),
    "BFLOAT16": ("bfloat16", "float32"),  # some versions of onnx read it as float32
    "FLOAT": ("float32",),
    "DOUBLE": ("float64",),
}

Settings = Mapping[str, Any]


@dataclass
class Row:
    """What has been read: layers, and the samples that come out of them.

    A sample of shape () is one number, which is a row of one here.
    """

    type: str
    shape: Shape
    batch: int | None  # the number of samples, if the file fixes it
    version: int  # of the operators
    parts: list[Part] = field(default_factory=list)
