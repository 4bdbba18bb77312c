"""The same network with its layers fused where they have a compiled form."""

import copy
from collections.abc import Callable, Iterator
from typing import Any

from glassnet.compiled.fused.activation import Curved, FusedActivation
from glassnet.compiled.fused.dense import FusedDense
from glassnet.nn.layers import Chain, Concat, Dense, Layer, Residual

# Layers whose sums an activation may follow in the same pass.
WITH_ACTIVATION: dict[type[Layer], Callable[..., Layer]] = {Dense: FusedDense}


def fused(layer: Layer) -> Layer:
    """The layer of one network, bound already, and all within it, in their compiled forms: with the
    same parameters and gradients, the same formulas and the same noise.

    A layer that has no such form, one's own for example, is in it as it is.
    """
    return CONTAINERS.get(type(layer), _alone)(layer)


def _alone(layer: Layer) -> Layer:
    return FusedActivation(layer) if Curved.knows(layer) else layer


def _chain(chain: Any) -> Layer:
    """Runs of layers as one each; chains in it are opened."""
    twin, runs = copy.copy(chain), list(_runs(list(_opened(chain))))
    twin.layers = [_made(run) for run in runs]
    first = _first_trainable(chain)
    there = (at for at, run in enumerate(runs) if any(layer is first for layer in run))
    twin.first_trainable = next(there, len(runs))
    return twin


def _made(run: list[Layer]) -> Layer:
    return fused(run[0]) if len(run) == 1 else WITH_ACTIVATION[type(run[0])](*run)


def _first_trainable(chain: Chain) -> Layer | None:
    """The first layer that learns, of an opened chain."""
    if chain.first_trainable == len(chain.layers):
        return None
    layer = chain.layers[chain.first_trainable]
    return _first_trainable(layer) if type(layer) is Chain else layer


def _runs(layers: list[Layer]) -> Iterator[list[Layer]]:
    """Layers that become one."""
    at = 0
    while at < len(layers):
        pair = layers[at : at + 2]
        fits = len(pair) == 2 and type(pair[0]) in WITH_ACTIVATION and Curved.knows(pair[1])
        yield pair if fits else pair[:1]
        at += 1 + fits


def _opened(chain: Chain) -> Iterator[Layer]:
    for layer in chain.layers:
        yield from _opened(layer) if type(layer) is Chain else [layer]


def _residual(residual: Any) -> Layer:
    twin = copy.copy(residual)
    twin.body = fused(residual.body)
    twin.projection = None if residual.projection is None else fused(residual.projection)
    return twin


def _concat(concat: Any) -> Layer:
    twin = copy.copy(concat)
    twin.branches = [fused(branch) for branch in concat.branches]
    return twin


CONTAINERS: dict[type[Layer], Callable[[Any], Layer]] = {
    Chain: _chain,
    Residual: _residual,
    Concat: _concat,
}
