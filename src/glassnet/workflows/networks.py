"""The network that an experiment describes, made for its data."""

from collections.abc import Sequence
from typing import Any

from glassnet.base.arrays import Shape
from glassnet.base.errors import InputError
from glassnet.data import Dataset
from glassnet.data.dataset import center_and_unit
from glassnet.mlp import in_units, mlp
from glassnet.nn.layers import (
    Chain,
    Dense,
    Layer,
    PeriodicEmbedding,
    Reshape,
    layers_from,
    words_for,
)
from glassnet.nn.layers.words import shortened
from glassnet.nn.task import task_named
from glassnet.sequential import Sequential
from glassnet.workflows.spec import Net

LARGEST_MAP = 7  # height or width of the last map of a `cnn`
FILTERS = (32, 64, 128)  # of its convolutions; later ones have as many as the last


def network_of(net: Net, seed: int, data: Dataset) -> Sequential:
    """The network that fits the data, with what the data says of its inputs and outputs."""
    words = words_of(net, data)
    made = _perceptron(net, seed, data) if words is None else _in_words(words, net, seed, data)
    made.classes, made.schema = data.classes, data.schema
    made.feature_names, made.target = data.feature_names, data.target
    return made


def words_of(net: Net, data: Dataset) -> str | None:
    """The layers before the outputs in words; None for a multilayer perceptron."""
    if net.layers is not None:
        return net.layers if isinstance(net.layers, str) else ", ".join(net.layers)
    return convolutional(data) if net.model == "cnn" else None


def convolutional(data: Dataset) -> str:
    """A network for images of this size, in words.

    Convolutions of 32, 64 and then 128 filters, each normalised and with a ReLU; pooling between
    them halves height and width until neither is above 7, so that all cost about the same. Dropout
    precedes the outputs. A bias before a normalization would have no effect, so there is none.

    Raises `InputError` for data that are not images.
    """
    if not data.is_image:
        raise InputError(
            f"the model cnn is for images, and {data.name} has rows of {data.input_shape[0]} "
            "numbers: expected mlp; or give layers that make images of them, such as "
            "'reshape 28x28x1, conv 32'"
        )
    height, width = data.input_shape[:2]
    filters = [FILTERS[0]]
    while max(height, width) > LARGEST_MAP and min(height, width) > 1:
        height, width = height // 2, width // 2
        filters.append(FILTERS[min(len(filters), len(FILTERS) - 1)])
    maps = ", maxpool, ".join(f"conv {count} bias=false, batchnorm, relu" for count in filters)
    return f"{maps}, flatten, dropout 0.5"


def spread_of(data: Dataset) -> dict[str, Any]:
    """Where the targets of a regression lie: their mean, and their standard deviation as unit."""
    if task_named(data.task).has_probabilities:
        return {}
    center, unit = center_and_unit(data.y_train)
    return {"center": center, "unit": unit}


def _perceptron(net: Net, seed: int, data: Dataset) -> Sequential:
    if net.idle:  # of a sweep, some of whose networks have hidden layers
        net = Net(init=net.init, bias=net.bias, bias_init=net.bias_init, waves=net.waves)
    return mlp(
        data.input_shape,
        net.hidden,
        data.outputs,
        scale=data.scale,
        shift=data.shift,
        seed=seed,
        **spread_of(data),
        first=_waves(net, data),
        **net.model_dump(exclude={"layers", "model", "hidden", "waves"}),
    )


def _waves(net: Net, data: Dataset) -> list[Layer]:
    """Waves beside the numbers of a row, not beside the flags of its categories."""
    if not net.waves:
        return []
    if data.is_image:
        raise InputError(
            f"waves are for the numbers of a table, and {data.name} has images: leave the preset, "
            "or network.waves, out"
        )
    columns = data.schema.number_features if data.schema else None
    every = columns is not None and len(columns) == data.input_shape[0]
    return (
        [] if columns == [] else [PeriodicEmbedding(net.waves, columns=None if every else columns)]
    )


def _in_words(words: str, net: Net, seed: int, data: Dataset) -> Sequential:
    framed = in_units(layers_of(words, net, data), data.scale, data.shift, **spread_of(data))
    return Sequential(framed, input_shape=data.input_shape, seed=seed)


def layers_of(words: str, net: Net, data: Dataset) -> list[Layer]:
    """The layers in words and that of the outputs, for samples of this data; nothing is drawn.

    Raises `InputError` if they do not fit together.
    """
    every: dict[str, Any] = net.model_dump(include={"bias", "init", "bias_init"})
    given = {name: value for name, value in every.items() if value != getattr(Net(), name)}
    shape, layers = data.input_shape, layers_from(words, **given)
    if data.is_image and len(shape) == 2 and not _fit(layers, shape):
        layers = [Reshape((*shape, 1)), *layers_from(words, **given)]
    _check(layers, shape)
    return [*layers, Dense(data.outputs, **every)]


def _fit(layers: Sequence[Layer], shape: Shape) -> bool:
    """Whether they take images without channels as they are."""
    try:
        Chain(layers).output_shape(shape)
    except InputError:
        return False
    return True


def _check(layers: Sequence[Layer], shape: Shape) -> None:
    """Raise InputError in the words of the layer that does not fit."""
    words = [words_for([layer]) for layer in layers]
    for place, layer in enumerate(layers):
        try:
            shape = layer.output_shape(shape)
        except InputError as error:
            which = repr(shortened(words[place]))
            if (alike := words.count(words[place])) > 1:
                which += f", number {words[: place + 1].count(words[place])} of {alike}"
            raise InputError(f"layers: {which}: {error}") from None
    if len(shape) != 1:
        raise InputError(
            f"layers: the last gives samples of shape {shape}, and the outputs need rows of "
            "numbers: end with flatten"
        )
