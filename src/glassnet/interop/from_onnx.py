"""From ONNX: operators in a row, or in branches that meet again, as feed-forward networks have."""

from glassnet.base.arrays import FilePath
from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.interop.assemble import network, unknown
from glassnet.interop.graph import row
from glassnet.interop.onnx_branches import folded
from glassnet.interop.onnx_heads import LARGEST, Heads, classes, heads, task
from glassnet.interop.onnx_layers import layers
from glassnet.interop.onnx_nodes import WHERE, read_graph
from glassnet.interop.onnx_patterns import BOTH, simplified
from glassnet.nn.losses import Loss
from glassnet.sequential import Sequential


@named
def from_onnx(path: FilePath, loss: str | Loss | None = None) -> Sequential:
    """The network of an ONNX file, with its weights.

    Every operator, attribute and output of the file is in the network, or it is refused by its
    name. Branches that begin at one value and are added, or concatenated along the last axis,
    become `Residual` and `Concat`. Beside probabilities or logits a file may give what follows from
    them, and `predict` gives too: labels (the largest, or those above one half), whose names become
    `classes`, and probabilities listed by these names.

    Pictures with channels first in the file, (samples, channels, height, width), have them last
    here, going in and coming out: (samples, height, width, channels).

    Half precision becomes float32, so that arithmetic is no longer rounded to it.

    - `path`: of the file.
    - `loss`: what the outputs mean, if its last operator does not say so.

    Raises `InputError` for what has no counterpart here, and `DataError` for a file that cannot be
    read.
    """
    graph, ends = heads(simplified(read_graph(path)))
    steps = row(folded(graph).nodes, graph.input.name, ends.end, WHERE)
    both = steps.pop() if steps and steps[-1].kind == BOTH else None
    parts, shape = layers(steps, graph.input, graph.version)
    made = network(parts, shape, loss)
    left_to_loss = made.layers[-1] is not parts[-1].layer
    if ends.logits is not None and not left_to_loss:
        raise InputError(
            f"{WHERE}: the file gives the logits {ends.logits!r} beside what {steps[-1].label} "
            "makes of them, which stays a layer with this loss: expected one output"
        )
    if both is not None and not (left_to_loss and made.output_shape == (1,)):
        raise unknown(both.label, WHERE)
    if ends.labels or ends.zipped:
        made.classes = classes(graph, ends, _outputs(made, ends, both is not None))
        if ends.labels and made.loss is not None:
            made.task = task(ends.labels, made.output_shape[0])
    return made


def _outputs(made: Sequential, ends: Heads, both: bool) -> int:
    """How many outputs there are for labels and names of classes."""
    largest = ends.labels is not None and ends.labels.decider.kind == LARGEST
    alone = made.output_shape == (1,) and not both
    if len(made.output_shape) != 1 or (alone and (largest or ends.zipped)):
        raise InputError(
            f"{WHERE}: the file has classes for outputs of shape {made.output_shape}: expected a "
            "row of two or more"
        )
    return made.output_shape[0]
