"""Networks of other libraries as networks of this one, with their weights.

A last softmax or sigmoid becomes the loss, which applies it: `predict_proba` gives what the other
library's network gave.
"""

from glassnet.interop.export import FORMATS, export
from glassnet.interop.from_keras import from_keras
from glassnet.interop.from_onnx import from_onnx
from glassnet.interop.from_sklearn import from_sklearn
from glassnet.interop.from_torch import from_torch
from glassnet.interop.spellings import spell

__all__ = ["FORMATS", "export", "from_keras", "from_onnx", "from_sklearn", "from_torch", "spell"]
