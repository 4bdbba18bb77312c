"""The network in Keras 3: the same layers, weights, loss and optimizer, to train further there."""

from typing import Any

from glassnet.base.arrays import Array
from glassnet.interop.script import (
    Place,
    Script,
    in_loops,
    root,
    shape_text,
    signature,
    statements,
    unit,
    weights,
)
from glassnet.interop.spelling import label, options
from glassnet.interop.spellings import arrays, spelled
from glassnet.interop.spellings_waves import KERAS
from glassnet.nn.network import Network
from glassnet.nn.task import CLASSES

POOLED = '''

def pooled(x, kind, size, strides, pads):
    """Pooling over padded samples, in which padding does not count."""
    ops = keras.ops
    if kind == "Max":
        return ops.max_pool(ops.pad(x, pads, constant_values=-np.inf), size, strides)
    x, ones = ops.pad(x, pads), ops.pad(ops.ones_like(x), pads)
    return ops.average_pool(x, size, strides) / ops.average_pool(ones, size, strides)
'''


def _given(network: Network) -> str:
    """The type of what goes in."""
    return "int32" if network.input_dtype.kind == "i" else str(network.dtype)


def _input(network: Network) -> str:
    """The shape of a sample, and its type if it is not the network's."""
    whole = network.input_dtype.kind == "i"
    return f"{network.input_shape}{options(dtype=_given(network) if whole else None)}"


def _model(network: Network) -> str:
    """The layers in a row; with containers, each called on what the last one made."""
    top = root(network)
    if not any(place.layer.parts() for place in top.parts()):
        body = "\n".join(f"            {spelled(p, 'keras')}," for p in top.walk())
        return f"""    model = keras.Sequential(
        [
            keras.Input({_input(network)}),
{body}
        ]
    )"""
    called = statements(top, lambda p: f"{spelled(p, 'keras')}(x)", "layers.Concatenate()([{}])")
    body = "\n".join(f"    {line}" for line in called)
    return f"""    x = inputs = keras.Input({_input(network)})
{body}
    model = keras.Model(inputs, x)"""


def script(network: Network, name: str) -> Script:
    """A script with the compiled model and its predictions."""
    assert network.input_shape is not None
    model = _model(network)
    text = f'''"""A network that was trained in glassnet, in Keras 3: written by {signature()}."""

from pathlib import Path

import keras
import numpy as np
from keras import layers

with np.load(Path(__file__).with_name("{name}.npz")) as file:
    W = dict(file)
CLASSES = {list(network.classes)!r}
{POOLED if "pooled(" in model else ""}{KERAS if "PeriodicEmbedding(" in model else ""}

def network():
    """The layers with their trained weights, compiled with the loss and the rule."""
    keras.config.set_floatx("{network.dtype}")
{model}
{_weights(network)}
    model.compile(
        optimizer=keras.optimizers.{_rule(network)},
        loss={_counted(network)},
    )
    return model


def predict(model, x):
    """The predictions for x ({shape_text(network.input_shape)})."""
    z = model.predict(np.asarray(x, "{_given(network)}"), verbose=0)
{_prediction(network)}


def targets(y):
    """What the outputs should be, for y as glassnet takes it."""
    return {_targets(network)}


def train(model, x, y, epochs=1, batch_size=32):
    """Train further; returns Keras's history."""
    x, y = np.asarray(x, "{_given(network)}"), targets(y)
    return model.fit(x, y, epochs=epochs, batch_size=batch_size, verbose=0)
'''
    return Script(text, weights(network))


def _weights(network: Network) -> str:
    return "\n".join(f"    {line}" for line in in_loops(root(network), _filled))


def _filled(place: Place) -> list[str]:
    """The line that fills a layer's arrays."""
    values = ", ".join(f'W["{place.key}{name}"]' for name in arrays(place))
    return [f'model.get_layer("{label(place)}").set_weights([{values}])'] if values else []


def weights_of(network: Network, model: Any) -> dict[str, Array]:
    """The arrays of such a model, by their names here."""
    return {
        f"{place.key}{name}": values
        for place in root(network).walk()
        if (names := arrays(place))
        for name, values in zip(names, model.get_layer(label(place)).get_weights(), strict=True)
    }


def _prediction(network: Network) -> str:
    assert network.task is not None
    if not network.task.has_probabilities:
        return "    return z[:, 0]" if network.output_shape == (1,) else "    return z"
    if not network.task.exclusive:
        return "    return (z > 0).astype(int)  # if the probability is above a half"
    if network.output_shape == (1,):
        return "    return (z[:, 0] > 0).astype(int)  # if the probability is above a half"
    return "    return z.argmax(axis=1)  # numbers of CLASSES"


def _targets(network: Network) -> str:
    """One-hot rows for the losses that want them."""
    loss: Any = network.loss
    if network.task is not CLASSES or network.output_shape == (1,):
        return f'np.asarray(y, "{network.dtype}").reshape(len(y), -1)'
    if type(loss).__name__ == "CrossEntropy" and loss.label_smoothing == 0:
        return "np.asarray(y)"
    return f'np.eye({network.output_shape[0]}, dtype="{network.dtype}")[y]'


def _loss(network: Network) -> str:
    loss: Any = network.loss
    kind = type(loss).__name__
    if kind == "CrossEntropy" and loss.label_smoothing == 0:
        return "keras.losses.SparseCategoricalCrossentropy(from_logits=True)"
    if kind == "CrossEntropy":
        smoothed = f"label_smoothing={loss.label_smoothing!r}"
        return f"keras.losses.CategoricalCrossentropy(from_logits=True, {smoothed})"
    if kind == "Quantile":
        below, above = f"{loss.q!r} * (y - z)", f"{1 - loss.q!r} * (z - y)"
        return f"(lambda y, z: keras.ops.mean(keras.ops.maximum({below}, {above})))"
    name = {
        "BinaryCrossEntropy": "BinaryCrossentropy(from_logits=True)",
        "MeanSquared": "MeanSquaredError()",
        "MeanAbsolute": "MeanAbsoluteError()",
        "Huber": f"Huber(delta={getattr(loss, 'delta', 1.0)!r})",
    }[kind]
    return f"keras.losses.{name}"


def _counted(network: Network) -> str:
    """The loss; of values in the unit that it counts in, if it has one."""
    loss, per = _loss(network), unit(network, "np.array")
    return f"lambda y, z: {loss}(y{per}, z{per})" if per else loss


def _rule(network: Network) -> str:
    """Keras's class for a rule; L-BFGS, which has no step, as Adam."""
    rule = network.trained.get("settings", {}).get("optimizer", {"kind": "Adam"})
    kind, rate = rule["kind"], f"{rule.get('learning_rate', 0.001)!r}"
    if kind in ("Momentum", "Nesterov", "AveragingMomentum"):
        # Keras's velocity has the learning rate in it; that of a moving average is (1 − β) times.
        beta, nesterov = rule["beta"], ", nesterov=True" if kind == "Nesterov" else ""
        rate = f"{rate} * (1 - {beta!r})" if kind == "AveragingMomentum" else rate
        return f"SGD({rate}, momentum={beta!r}{nesterov})"
    if kind in ("Adam", "AdamW"):
        betas = f"beta_1={rule.get('beta1', 0.9)!r}, beta_2={rule.get('beta2', 0.999)!r}"
        decay = f", weight_decay={rule['weight_decay']!r}" if kind == "AdamW" else ""
        return f"{kind}({rate}, {betas}, epsilon={rule.get('epsilon', 1e-8)!r}{decay})"
    if kind == "RMSProp":
        return f"RMSprop({rate}, rho={rule['rho']!r}, epsilon={rule['epsilon']!r})"
    if kind == "AdaGrad":
        return f"Adagrad({rate}, initial_accumulator_value=0.0, epsilon={rule['epsilon']!r})"
    return f"SGD({rate})" if kind == "SGD" else "Adam()"
