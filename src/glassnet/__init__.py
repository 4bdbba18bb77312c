"""A neural network you can see through: plain NumPy, exact, and fast enough to use."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from glassnet.base import errors
from glassnet.base.errors import DivergedError, GlassnetError
from glassnet.base.version import VERSION
from glassnet.nn.layers import (
    ELU,
    GELU,
    SELU,
    Activation,
    AveragePool1D,
    AveragePool2D,
    BatchNorm,
    Chain,
    Concat,
    Conv1D,
    Conv2D,
    Dense,
    Dropout,
    ElasticDistortion,
    Embedding,
    Flatten,
    GaussianNoise,
    GlobalAveragePool,
    GlobalMaxPool,
    GroupNorm,
    Layer,
    LayerNorm,
    LeakyReLU,
    MaxPool1D,
    MaxPool2D,
    PeriodicEmbedding,
    Permute,
    RandomAffine,
    RandomErase,
    RandomFlip,
    RandomRotation,
    RandomShift,
    ReLU,
    Reshape,
    Residual,
    RMSNorm,
    Scale,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
    UpSample2D,
    ZeroPad2D,
)
from glassnet.nn.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    Loss,
    MeanAbsolute,
    MeanSquared,
    Quantile,
)
from glassnet.nn.optimizers import (
    LBFGS,
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    AveragingMomentum,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
)
from glassnet.sequential import Sequential
from glassnet.stack import Stack
from glassnet.training.callbacks.averaging import AveragedWeights
from glassnet.training.callbacks.history import History
from glassnet.training.callbacks.progress import Live, Progress
from glassnet.training.callbacks.stopping import EarlyStopping, LearningRateLogger, ModelCheckpoint
from glassnet.training.checkpoint import Checkpoint

if TYPE_CHECKING:
    from glassnet.inspection import plots as plots
    from glassnet.inspection.gradcheck import gradcheck as gradcheck
    from glassnet.inspection.health import Health as Health
    from glassnet.inspection.watch import Watch as Watch
    from glassnet.training.callbacks.csv_logger import CSVLogger as CSVLogger
    from glassnet.training.callbacks.mlflow import MLflow as MLflow
    from glassnet.training.callbacks.tensorboard import TensorBoard as TensorBoard

__version__ = VERSION

load = Sequential.load


# What looks into networks, or logs, is imported when it is used: `import glassnet` takes a tenth
# less.
LATER = {
    "CSVLogger": "glassnet.training.callbacks.csv_logger",
    "Health": "glassnet.inspection.health",
    "MLflow": "glassnet.training.callbacks.mlflow",
    "TensorBoard": "glassnet.training.callbacks.tensorboard",
    "Watch": "glassnet.inspection.watch",
    "gradcheck": "glassnet.inspection.gradcheck",
    "plots": "glassnet.inspection.plots",
}


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module 'glassnet' has no attribute {name!r}")
    module = import_module(LATER[name])
    return module if name == "plots" else getattr(module, name)


__all__ = [
    "ELU", "GELU", "LBFGS", "SELU", "SGD", "Activation", "AdaGrad", "Adam", "AdamW",
    "AveragePool1D", "AveragePool2D", "AveragedWeights", "AveragingMomentum", "BatchNorm",
    "BinaryCrossEntropy", "CSVLogger", "Chain", "Checkpoint", "Concat", "Conv1D", "Conv2D",
    "CrossEntropy", "Dense", "DivergedError", "Dropout", "EarlyStopping", "ElasticDistortion",
    "Embedding", "Flatten", "GaussianNoise", "GlassnetError", "GlobalAveragePool", "GlobalMaxPool",
    "GroupNorm", "Health", "History", "Huber", "Layer", "LayerNorm", "LeakyReLU",
    "LearningRateLogger", "Live", "Loss", "MLflow", "MaxPool1D", "MaxPool2D", "MeanAbsolute",
    "MeanSquared", "ModelCheckpoint", "Momentum", "Nesterov", "Optimizer", "PeriodicEmbedding",
    "Permute", "Progress", "Quantile", "RMSNorm", "RMSProp", "RandomAffine", "RandomErase",
    "RandomFlip", "RandomRotation", "RandomShift", "ReLU", "Reshape", "Residual", "Scale",
    "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Stack", "Tanh", "TensorBoard",
    "UpSample2D", "Watch", "ZeroPad2D", "errors", "gradcheck", "load",
]  # fmt: skip
