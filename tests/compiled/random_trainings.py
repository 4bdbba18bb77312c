"""Random networks with all that a training may have, for one engine and the other."""

from typing import Any

import numpy as np
from hypothesis import strategies as st

import glassnet as gn

ACTIVATIONS = [
    None, "relu", "leaky_relu:slope=0.2", "elu", "selu", "gelu", "gelu:approximate=true", "silu",
    "sigmoid", "tanh", "softplus", "softmax",
]  # fmt: skip
RULES = [
    "sgd:learning_rate=0.1", "momentum", "averaging_momentum", "nesterov", "adagrad", "rmsprop",
    "adam", "adamw:weight_decay=0.1", "sgd:weight_decay=0.01", "adam:weight_decay=0.1",
]  # fmt: skip
CLASS_LOSSES = ["cross_entropy", "cross_entropy:label_smoothing=0.2", "binary_cross_entropy"]
VALUE_LOSSES = ["mean_squared", "mean_absolute", "huber:delta=0.5", "quantile:q=0.3"]


@st.composite
def trainings(draw: Any, dtype: str) -> tuple[list[Any], tuple[int, ...], dict[str, Any], Any]:
    """Layers, the shape of a sample, the settings of `fit`, and x and y."""
    width = st.integers(1, 20)
    layers: list[Any] = []
    for _ in range(draw(st.integers(0, 3))):
        layers.append(
            gn.Dense(draw(width), draw(st.sampled_from(ACTIVATIONS)), bias=draw(st.booleans()))
        )
        if draw(st.integers(0, 3)) == 0:
            layers.append(gn.Dropout(draw(st.sampled_from([0.0, 0.3, 0.5]))))
    outputs = draw(st.integers(1, 4))
    layers.append(gn.Dense(outputs))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    shape = (draw(st.integers(1, 9)),)
    if draw(st.integers(0, 4)) == 0:
        shape, layers = (*shape, 2), [gn.Flatten(), *layers]
    if draw(st.integers(0, 4)) == 0:
        columns = draw(st.sampled_from([None, [0]]))
        waves = draw(st.integers(1, 3)), draw(st.integers(1, 5))
        place = draw(st.integers(isinstance(layers[0], gn.Flatten), len(layers) - 1))
        layers.insert(place, gn.PeriodicEmbedding(*waves, columns=columns))
    count = draw(st.integers(5, 60))
    x = rng.standard_normal((count, *shape)).astype(dtype)
    of_classes = draw(st.booleans())
    loss = draw(st.sampled_from(CLASS_LOSSES if of_classes else VALUE_LOSSES))
    if of_classes and outputs == 1:
        loss = "binary_cross_entropy"
    if not of_classes:
        y = rng.standard_normal((count, outputs))
    elif loss.startswith("binary") and draw(st.booleans()):
        y = (rng.random((count, outputs)) > 0.5).astype(float)
    else:
        y = rng.integers(0, max(outputs, 2), count)
    how: dict[str, Any] = {
        "loss": loss,
        "optimizer": draw(st.sampled_from(RULES)),
        "batch_size": draw(st.sampled_from([1, 3, 8, 32, "full"])),
        "schedule": draw(st.sampled_from(["constant", "cosine", "one_cycle", "step:every=1"])),
        "shuffle": draw(st.booleans()),
        "clip_norm": draw(st.sampled_from([None, None, 0.1])),
        "max_norm": draw(st.sampled_from([None, None, 0.5])),
        "metrics": draw(st.booleans()),
    }
    if draw(st.integers(0, 3)) == 0:
        how["sample_weight"] = rng.integers(0, 3, count).astype(float)
        how["sample_weight"][0] = 1.0
    return layers, shape, how, (x, y)
