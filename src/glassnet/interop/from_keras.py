"""From Keras 3: a `keras.Sequential`, or a functional model, a row of layers with branches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Any

from glassnet.base.arrays import Shape
from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.base.optional import need
from glassnet.interop.assemble import Part, network
from glassnet.interop.graph import Node, folded, row
from glassnet.interop.keras_branches import Fork, check_join, is_join, joined
from glassnet.interop.keras_layers import ROWS, WHERE, check, is_model
from glassnet.interop.keras_pictures import PICTURES
from glassnet.interop.pieces import described, known_as, read_row, refused
from glassnet.nn.losses import Loss
from glassnet.sequential import Sequential

READ = {**ROWS, **PICTURES}


@named
def from_keras(model: Any, loss: str | Loss | None = None) -> Sequential:
    """The network of a Keras model, with its weights.

    A layer that is called twice becomes two layers. Branches that begin at one value and are
    added, or concatenated along the last axis, become `Residual` and `Concat`.

    - `model`: one that was built.
    - `loss`: what the outputs mean, if its last layer does not say so.

    Raises `InputError` for other graphs than these, and for a layer whose class, settings or
    precision have no counterpart here.
    """
    if not is_model(model):
        kind = described(model, need("keras", WHERE))
        raise refused(f"{WHERE}: a {kind}", "a keras.Sequential, or a keras.Model(inputs, outputs)")
    pieces = list(_row(model, WHERE))
    given = model.inputs[0]
    precision = given.dtype
    if precision in ("int32", "int64"):  # of indices, for an embedding
        tables = (
            each for _, each in pieces if known_as(each, need("keras.layers", WHERE)) == "Embedding"
        )
        precision = next((each.compute_dtype for each in tables), precision)
        pieces = pieces[1:]
        if pieces and isinstance(pieces[0][1], Fork):
            raise refused(f"{pieces[0][0]}: a branch of whole numbers", "an Embedding before it")
    if precision not in ("float32", "float64"):
        raise refused(f"{WHERE}: an input of {precision}", "float32 or float64")
    shape = tuple(given.shape[1:])
    if not shape or None in shape:
        raise refused(f"{WHERE}: samples of shape {shape}", "known sizes")
    return network(read_row(pieces, partial(_parts, precision), shape), shape, loss)


# ---- the layers that are called, one after another


def _row(model: Any, place: str) -> Iterator[tuple[str, Any]]:
    """The model, then what is called between its one input and its one output, with the places."""
    inputs, outputs = getattr(model, "inputs", []), getattr(model, "outputs", [])
    if not outputs:
        raise refused(f"{place}: a model that is not built", "keras.Input(shape) in front")
    for what, arrays in (("inputs", inputs), ("outputs", outputs)):
        if len(arrays) != 1:
            names = " and ".join(map(_name, arrays))
            raise refused(f"{place}: a model with the {what} {names}", "one input and one output")
    yield place, model
    calls = folded(list(_calls(model)), [_name(outputs[0])], _joins, _forked)
    yield from _pieces(row(calls, _name(inputs[0]), _name(outputs[0]), place), place)


def _pieces(calls: Sequence["Call"], place: str) -> Iterator[tuple[str, Any]]:
    """What is called, with the places."""
    for call in calls:
        layer = call.made.operation
        where = f"{place}: {layer.name}"
        if call.branches:
            check_join(call.made, where)
            yield where, Fork(layer, [list(_pieces(each, place)) for each in call.branches])
            continue
        _check_arguments(call, where)
        if is_model(layer):
            yield from _row(layer, where)
        else:
            yield where, layer


@dataclass(frozen=True)
class Call(Node):
    """A call of a layer or an operation, as Keras keeps it."""

    made: Any
    branches: "Sequence[Sequence[Call]]" = ()  # that it joins


def _joins(call: Call) -> bool:
    return len(call.inputs) > 1 and is_join(call.made.operation)


def _forked(join: Call, begin: tuple[str, ...], branches: list[list[Call]]) -> Call:
    return replace(join, inputs=begin, branches=branches)


def _calls(model: Any) -> Iterator[Call]:
    """All calls, each after those whose arrays it takes."""
    graph = getattr(model, "_functional", model)  # of a Sequential, the graph that it calls
    by_depth = sorted(graph._nodes_by_depth.items(), reverse=True)
    for call in chain.from_iterable(calls for _, calls in by_depth):
        inputs, outputs = (tuple(map(_name, each)) for each in (call.input_tensors, call.outputs))
        if type(call.operation) is not need("keras", WHERE).layers.InputLayer:
            yield Call(_label(call.operation), inputs, outputs, call)


def _name(array: Any) -> str:
    """The name of what gives an array, and of which of its calls and outputs."""
    operation, *numbers = tuple(array._keras_history)
    return ".".join([operation.name, *map(str, numbers if any(numbers) else ())])


def _label(operation: Any) -> str:
    return f"{type(operation).__name__} {operation.name!r}"


def _check_arguments(call: Call, place: str) -> None:
    """That an operation is called with one array alone: no mask, no training, no number."""
    arguments = call.made.arguments
    settings = {  # Keras itself notes mask=None and training=False
        name: each
        for name, each in arguments.kwargs.items()
        if each is not None and each is not False
    }
    given = [*arguments.args, *settings.values()]
    if len(given) != 1 or given[0] is not call.made.input_tensors[0]:
        what = " and ".join(["an array", *settings]) if settings else "more than an array"
        raise refused(f"{place}: {call.label} called with {what}", "a call with one array alone")


# ---- what each of them is here


def _parts(precision: str, layer: Any, shape: Shape) -> Iterator[Part]:
    if isinstance(layer, Fork):
        yield joined(layer, precision, shape, partial(_parts, precision))
        return
    kind = known_as(layer, need("keras.layers", WHERE))
    if kind not in READ and not is_model(layer):
        raise _unknown(layer)
    check(layer, precision)
    if kind in READ:
        yield from READ[kind](layer, shape)


def _unknown(layer: Any) -> InputError:
    keras = need("keras", WHERE)
    kind = described(layer, keras.layers)
    if isinstance(layer, keras.layers.Layer):
        return refused(f"layer {kind}")
    return refused(f"operation {kind}", "layers, such as keras.layers.Activation('tanh')")
