"""Networks of other libraries as networks of this one, with their weights.

A last softmax or sigmoid becomes the loss, which applies it: `predict_proba` gives what the other
library's network gave.
"""

from glassnet.convert.keras_models import from_keras
from glassnet.convert.onnx_files import from_onnx
from glassnet.convert.sklearn_mlps import from_sklearn
from glassnet.convert.torch_modules import from_torch

__all__ = ["from_keras", "from_onnx", "from_sklearn", "from_torch"]
