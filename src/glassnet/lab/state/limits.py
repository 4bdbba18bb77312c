"""What a lab takes on: more would stall the page or fill the memory, and is refused before."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from glassnet.base.errors import InputError
from glassnet.data import Dataset
from glassnet.nn.layers import Chain, Dense, Flatten, Layer
from glassnet.workflows.networks import layers_of, words_of
from glassnet.workflows.spec import Net, Training

MOST_SAMPLES = 200_000  # of data that is made
MOST_SIZE = 256  # pixels along an edge of pictures
MOST_EPOCHS = 1_000_000
MOST_LAYERS = 100
MOST_BYTES = 3 * 2**29  # of a session: a step with all of mnist fits
MOST_WORK = 5 * 10**9  # multiplications with addition of a step: about a second

COPIES = 16  # of all parameters: gradient, moments, states to go back to
PASSES = 3  # of all outputs: y, what is saved, dy
ROWS = 3600  # that go through the network for a picture of the plane


class Cost(NamedTuple):
    """What a training takes."""

    parameters: int
    bytes: int
    work: int  # of one step


def check_options(options: Mapping[str, Any]) -> None:
    """Raise InputError for options of data that would make too much of it."""
    for name, most in ("samples", MOST_SAMPLES), ("size", MOST_SIZE):
        given = options.get(name)
        values = given if isinstance(given, (list, tuple)) else [given]
        if any(isinstance(value, (int, float)) and value > most for value in values):
            raise InputError(f"{name} is {given}: the lab takes at most {most:,}")


def check_training(training: Training) -> None:
    """Raise InputError for more epochs than a lab keeps metrics of."""
    if training.epochs > MOST_EPOCHS:
        raise InputError(f"epochs is {training.epochs}: the lab takes at most {MOST_EPOCHS:,}")


def check_cost(net: Net, data: Dataset, training: Training) -> None:
    """Raise InputError, with what it would take, for a training that is too large for a page."""
    check_training(training)
    if len(net.hidden) > MOST_LAYERS or _count(net) > MOST_LAYERS:
        raise InputError(f"the network has more than {MOST_LAYERS} layers, the lab's most")
    found = cost(net, data, training)
    if found.bytes > MOST_BYTES:
        raise InputError(
            f"this network would take about {found.bytes / 2**30:,.1f} GiB for its "
            f"{found.parameters:,} parameters, copies to go back to and the outputs of a batch: "
            f"the lab takes {MOST_BYTES / 2**30:g} GiB; make layers or the batch smaller"
        )
    if found.work > MOST_WORK:
        raise InputError(
            f"a step would take {found.work:,} multiplications: the lab takes {MOST_WORK:,}, "
            "about a second; make layers or the batch smaller"
        )


def _count(net: Net) -> int:
    given = net.layers or ""
    return given.count(",") if isinstance(given, str) else sum(1 + w.count(",") for w in given)


def cost(net: Net, data: Dataset, training: Training) -> Cost:
    """About what a training takes; nothing is made for it.

    Raises `InputError` for layers that do not fit the data.
    """
    chain = Chain(_layers(net, data))
    shapes = chain.all_shapes(data.input_shape)
    specs = chain.build(data.input_shape)
    count = sum(math.prod(spec.shape) for spec in specs.values())
    samples = len(data.x_train)
    batch = samples if training.batch_size == "full" else min(training.batch_size, samples)
    rows = max(batch, ROWS) if len(data.input_shape) == 1 else max(batch, 512)
    outputs = sum(math.prod(shape) for shape in shapes)
    inputs = zip(chain.layers, shapes[:-1], strict=True)
    work = sum(layer.multiply_adds(shape) for layer, shape in inputs)
    return Cost(count, 4 * (COPIES * count + PASSES * rows * outputs), 3 * batch * work)


def _layers(net: Net, data: Dataset) -> list[Layer]:
    words = words_of(net, data)
    if words is not None:
        return layers_of(words, net, data)
    return [Flatten(), *map(Dense, net.hidden), Dense(data.outputs)]
