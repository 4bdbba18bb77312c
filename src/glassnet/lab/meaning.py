"""What the outputs of a lab's network mean: probabilities of classes or labels, or values."""

from glassnet.base.arrays import Array
from glassnet.data import Dataset
from glassnet.nn.losses import Loss
from glassnet.nn.network import Network
from glassnet.nn.task import VALUES, Task


def task_of(network: Network) -> Task:
    """What it learns."""
    return network.task or VALUES


def probable(network: Network) -> bool:
    """Whether its loss makes probabilities of outputs: of classes, mean_squared does not."""
    own = type(network.trained_loss()).probabilities is not Loss.probabilities
    return own and task_of(network).has_probabilities


def meaning(network: Network, z: Array) -> Array:
    """Outputs z (samples, outputs) as probabilities, one for each class or label, if they can be;
    else as they are."""
    return network.trained_loss().probabilities(z) if probable(network) else z


def names_of_outputs(data: Dataset) -> list[str]:
    """The classes or labels, or the names of the values."""
    if data.classes:
        return list(map(str, data.classes))
    if data.schema and len(data.schema.targets) == data.outputs:
        return list(data.schema.targets)
    if data.outputs == 1:
        return [data.target]
    return [f"{data.target} {n}" for n in range(data.outputs)]
