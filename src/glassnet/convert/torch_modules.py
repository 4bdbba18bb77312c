"""From PyTorch: an `nn.Sequential` of layers that are known here."""

from collections.abc import Callable, Iterator
from typing import Any

from glassnet.arrays import Shape
from glassnet.convert.building import Part, dense, network, unknown
from glassnet.layers import (
    ELU,
    GELU,
    SELU,
    Dropout,
    Flatten,
    LeakyReLU,
    ReLU,
    Reshape,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)  # fmt: skip
from glassnet.losses import Loss
from glassnet.sequential import Sequential

WHERE = "from_torch"


def from_torch(
    module: Any, input_shape: Shape | None = None, loss: str | Loss | None = None
) -> Sequential:
    """The network of a PyTorch module: one layer, or an `nn.Sequential`, nested or not.

    `input_shape` is one sample's shape where it is not a row; `loss` says what the outputs mean.
    Raises InputError for a module that has no counterpart here.
    """
    return network(list(_parts(module)), input_shape, loss)


def _parts(module: Any) -> Iterator[Part]:
    kind = type(module).__name__
    if kind == "Sequential":
        for each in module:
            yield from _parts(each)
    elif kind == "Linear":
        bias = None if module.bias is None else module.bias.detach().cpu().numpy()
        yield dense(module.weight.detach().cpu().numpy().T, bias)
    elif kind in PLAIN:
        yield Part(PLAIN[kind](module))
    elif kind != "Identity":
        raise unknown(f"module {kind}", WHERE)


def _softplus(module: Any) -> Softplus:
    if module.beta != 1:
        raise unknown(f"Softplus with beta {module.beta}", WHERE)
    return Softplus()


def _softmax(module: Any) -> Softmax:
    if module.dim not in (1, -1):
        raise unknown(f"Softmax along {module.dim}", WHERE)
    return Softmax()


def _flatten(module: Any) -> Flatten:
    if (module.start_dim, module.end_dim) != (1, -1):
        raise unknown(f"Flatten of {module.start_dim} to {module.end_dim}", WHERE)
    return Flatten()


PLAIN: dict[str, Callable[[Any], Any]] = {
    "ReLU": lambda module: ReLU(),
    "LeakyReLU": lambda module: LeakyReLU(module.negative_slope),
    "ELU": lambda module: ELU(module.alpha),
    "SELU": lambda module: SELU(),
    "GELU": lambda module: GELU(module.approximate == "tanh"),
    "SiLU": lambda module: SiLU(),
    "Sigmoid": lambda module: Sigmoid(),
    "Tanh": lambda module: Tanh(),
    "Softplus": _softplus,
    "Softmax": _softmax,
    "Dropout": lambda module: Dropout(module.p),
    "Flatten": _flatten,
    "Unflatten": lambda module: Reshape(tuple(module.unflattened_size)),
}
