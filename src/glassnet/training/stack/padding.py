"""Networks that differ in the widths of hidden layers, made equal by units that do nothing.

A unit whose weights are all 0 gives the next layer nothing. With its gradient held at 0, no rule
moves it: it stays 0 and never affects the network's own units. Layers say whether that is so of
them (`keeps_padding`): softmax looks across units, and dropout draws for each.
"""

import copy
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np

from glassnet.nn.network import Network
from glassnet.nn.optimizers import Optimizer
from glassnet.nn.parameters import Parameters

# What a step costs: once for a stack, and for the arithmetic of each network. Measured on 2 cores
# with 1 to 100 networks 2-8-2 to 2-64-2; only which widths go together depends on it.
SECONDS_A_STEP = 5e-5
MULTIPLY_ADDS_A_SECOND = 3e9

Widths = tuple[int, ...]


class Widest(NamedTuple):
    """A network in which each of several has room: its number of parameters, and which of them are
    each one's own."""

    network: Network
    size: int
    columns: list[Any]


def architecture(network: Network) -> dict[str, Any]:
    """What must be the same in networks that train together: all but widths of hidden layers."""
    config = copy.deepcopy(network.config())
    weighted = [each for each in config["layers"] if "units" in each]
    for layer in weighted[:-1]:
        del layer["units"]
    return config


def widths(network: Network) -> Widths:
    """The units of every layer that has some."""
    return tuple(vars(layer)["units"] for layer in network.layers if "units" in vars(layer))


def paddable(network: Network, rule: Optimizer) -> bool:
    """Whether units of weight 0 stay without effect."""
    # Without ε, a rule that divides by the size of gradients would make 0 / 0 of theirs.
    return getattr(rule, "epsilon", 1.0) > 0 and all(e.keeps_padding for e in network.layers)


def widest(networks: Sequence[Network]) -> Widest:
    """The network that has room for each of these, all of which have their parameters."""
    kinds = networks[0].kinds()
    configs = [network.config() for network in networks]
    config = copy.deepcopy(configs[0])
    for index, layer in enumerate(config["layers"]):
        if "units" in layer:
            layer["units"] = max(each["layers"][index]["units"] for each in configs)
    room = Network.from_config({**config, "input_shape": None}, kinds)
    specs = room.specs(networks[0].input_shape or ())
    size = sum(int(np.prod(spec.shape)) for spec in specs.values())
    places = Parameters(specs, vector=np.arange(size))
    return Widest(room, size, [_columns(places, network.parameters) for network in networks])


def _columns(places: Parameters, own: Parameters) -> Any:
    """Where the parameters of a network stand among those of the widest."""
    if all(places[name].shape == values.shape for name, values in own.items()):
        return slice(None)
    corners = [places[name][tuple(map(slice, values.shape))] for name, values in own.items()]
    return np.concatenate([corner.ravel() for corner in corners])


def group_by_width(networks: Sequence[Network], batch: int) -> list[set[Widths]]:
    """Which widths to train together, so that a step of all costs least.

    From narrow to wide, each group pays for its step once, and each of its networks for the
    arithmetic of the widest. The best cuts follow from the best cuts of what is before them.
    """
    counts = Counter(map(widths, networks))
    work = {widths(n): 3 * batch * n.root.multiply_adds(n.input_shape or ()) for n in networks}
    order = sorted(counts, key=lambda each: (work[each], each))
    return [set(order[first:last]) for first, last in _cuts(order, counts, work)]


def _cuts(
    order: Sequence[Widths], counts: Mapping[Widths, int], work: Mapping[Widths, int]
) -> list[tuple[int, int]]:
    before = [0, *accumulate(counts[each] for each in order)]
    best: list[tuple[float, list[tuple[int, int]]]] = [(0.0, [])]
    for last in range(1, len(order) + 1):
        each = work[order[last - 1]] / MULTIPLY_ADDS_A_SECOND
        costs = [
            best[first][0] + SECONDS_A_STEP + (before[last] - before[first]) * each
            for first in range(last)
        ]
        first = int(np.argmin(costs))
        best.append((costs[first], [*best[first][1], (first, last)]))
    return best[-1][1]
