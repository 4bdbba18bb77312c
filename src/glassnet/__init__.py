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
    Chain,
    Concat,
    Dense,
    Dropout,
    ElasticDistortion,
    Flatten,
    GaussianNoise,
    Layer,
    LeakyReLU,
    RandomAffine,
    RandomErase,
    RandomFlip,
    RandomRotation,
    RandomShift,
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

if TYPE_CHECKING:
    from glassnet.inspection import plots as plots
    from glassnet.inspection.gradcheck import gradcheck as gradcheck
    from glassnet.inspection.health import Health as Health
    from glassnet.inspection.watch import Watch as Watch

__version__ = VERSION

load = Sequential.load


# What looks into networks is imported when it is used: `import glassnet` takes a tenth less.
LATER = {
    "Health": "glassnet.inspection.health",
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
    "AveragingMomentum", "BinaryCrossEntropy", "Chain", "Checkpoint", "Concat", "CrossEntropy",
    "Dense", "DivergedError", "Dropout", "EarlyStopping", "ElasticDistortion", "Flatten",
    "GaussianNoise", "GlassnetError", "Health", "History", "Huber", "Layer", "LeakyReLU",
    "LearningRateLogger", "Live", "Loss", "MeanAbsolute", "MeanSquared", "ModelCheckpoint",
    "Momentum", "Nesterov", "Optimizer", "Progress", "Quantile", "RMSProp", "RandomAffine",
    "RandomErase", "RandomFlip", "RandomRotation", "RandomShift", "ReLU", "Reshape", "Residual",
    "Scale", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Stack", "Tanh", "Watch",
    "errors", "gradcheck", "load",
]  # fmt: skip
