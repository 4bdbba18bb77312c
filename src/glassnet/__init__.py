"""A neural network you can see through: plain NumPy, exact, and fast enough to use."""

from typing import Any

from glassnet.base import errors
from glassnet.base.errors import DivergedError, GlassnetError
from glassnet.base.version import VERSION
from glassnet.inspection.gradcheck import gradcheck
from glassnet.inspection.health import Health
from glassnet.inspection.watch import Watch
from glassnet.nn.layers import (
    ELU,
    GELU,
    SELU,
    Activation,
    Chain,
    Concat,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    ReLU,
    Reshape,
    Residual,
    Scale,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
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
from glassnet.training.callbacks.history import History
from glassnet.training.callbacks.progress import Live, Progress
from glassnet.training.callbacks.stopping import EarlyStopping, LearningRateLogger, ModelCheckpoint
from glassnet.training.checkpoint import Checkpoint

__version__ = VERSION

load = Sequential.load


def __getattr__(name: str) -> Any:
    # Pictures under a short name, imported when used.
    if name == "plots":
        from glassnet.inspection import plots

        return plots
    raise AttributeError(f"module 'glassnet' has no attribute {name!r}")


__all__ = [
    "ELU", "GELU", "LBFGS", "SELU", "SGD", "Activation", "AdaGrad", "Adam", "AdamW",
    "AveragingMomentum", "BinaryCrossEntropy", "Chain", "Checkpoint", "Concat", "CrossEntropy",
    "Dense", "DivergedError", "Dropout", "EarlyStopping", "Flatten", "GlassnetError", "Health",
    "History", "Huber", "Layer", "LeakyReLU", "LearningRateLogger", "Live", "Loss",
    "MeanAbsolute", "MeanSquared", "ModelCheckpoint", "Momentum", "Nesterov", "Optimizer",
    "Progress", "Quantile", "RMSProp", "ReLU", "Reshape", "Residual", "Scale", "Sequential",
    "SiLU", "Sigmoid", "Softmax", "Softplus", "Stack", "Tanh", "Watch", "errors", "gradcheck",
    "load",
]  # fmt: skip
