"""A neural network you can see through: plain NumPy, exact, and fast enough to use."""

from glassnet import errors
from glassnet.callbacks import EarlyStopping, History, LearningRateLogger, ModelCheckpoint
from glassnet.checkpoints import Checkpoint
from glassnet.errors import DivergedError, GlassnetError
from glassnet.gradcheck import gradcheck
from glassnet.health import Health
from glassnet.layers import (
    ELU,
    GELU,
    SELU,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    ReLU,
    Reshape,
    Scale,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from glassnet.losses import (
    BinaryCrossEntropy,
    CrossEntropy,
    Huber,
    Loss,
    MeanAbsolute,
    MeanSquared,
    Quantile,
)
from glassnet.optimizers import (
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
from glassnet.progress import Live, Progress
from glassnet.sequential import Sequential
from glassnet.stack import Stack
from glassnet.version import VERSION
from glassnet.watching import Watch

__version__ = VERSION

load = Sequential.load

__all__ = [
    "ELU", "GELU", "LBFGS", "SELU", "SGD", "AdaGrad", "Adam", "AdamW", "AveragingMomentum",
    "BinaryCrossEntropy", "Checkpoint", "CrossEntropy", "Dense", "DivergedError", "Dropout",
    "EarlyStopping", "Flatten", "GlassnetError", "Health", "History", "Huber", "Layer", "LeakyReLU",
    "LearningRateLogger", "Live", "Loss", "MeanAbsolute", "MeanSquared", "ModelCheckpoint",
    "Momentum", "Nesterov", "Optimizer", "Progress", "Quantile", "RMSProp", "ReLU", "Reshape",
    "Scale", "Sequential", "SiLU", "Sigmoid", "Softmax", "Softplus", "Stack", "Tanh", "Watch",
    "errors", "gradcheck", "load",
]  # fmt: skip
