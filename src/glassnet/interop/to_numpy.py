"""The network as one script that needs NumPy alone: nothing of it is hidden."""

from glassnet.interop.script import (
    Lines,
    Place,
    Script,
    places,
    scaling,
    shape_text,
    signature,
    weights,
)
from glassnet.nn.layers import SELU
from glassnet.nn.network import Network

SIGMOID = "(1 + np.tanh({0} / 2)) / 2"


def _scale(place: Place) -> str:
    factor, shift = scaling(place)
    return f"x * {factor}" + ("" if shift == "0.0" else f" + {shift}")


def _dense(place: Place) -> str:
    bias = f' + W["{place.key}b"]' if place.layer.bias else ""
    return f'x @ W["{place.key}W"]{bias}'


def _gelu(place: Place) -> str:
    if place.layer.approximate:
        return "x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3))) / 2"
    return "x * (1 + np.vectorize(math.erf)(x / np.sqrt(2))) / 2"


def _elu(alpha: float, factor: float = 1.0) -> str:
    body = f"np.where(x > 0, x, {alpha!r} * np.expm1(np.minimum(x, 0)))"
    return body if factor == 1 else f"{factor!r} * {body}"


LINES: Lines = {
    "Dense": _dense,
    "Scale": _scale,
    "Dropout": lambda place: "x",
    "Flatten": lambda place: "x.reshape(len(x), -1)",
    "Reshape": lambda place: f"x.reshape(len(x), {', '.join(map(str, place.behind))})",
    "ReLU": lambda place: "np.maximum(x, 0)",
    "LeakyReLU": lambda place: f"np.maximum({place.layer.slope!r} * x, x)",
    "ELU": lambda place: _elu(place.layer.alpha),
    "SELU": lambda place: _elu(SELU.ALPHA, SELU.LAMBDA),
    "GELU": _gelu,
    "SiLU": lambda place: f"x * {SIGMOID.format('x')}",
    "Sigmoid": lambda place: SIGMOID.format("x"),
    "Tanh": lambda place: "np.tanh(x)",
    "Softplus": lambda place: "np.logaddexp(0, x)",
    "Softmax": lambda place: "softmax(x)",
}

SOFTMAX = """

def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""


def script(network: Network, name: str) -> Script:
    """A script of fewer than 60 lines that predicts; its arrays are read from `name`.npz."""
    steps = [
        f"    x = {LINES[type(p.layer).__name__](p)}".ljust(56)
        + f"# {p.number} {type(p.layer).__name__}"
        for p in places(network, LINES)
        if type(p.layer).__name__ != "Dropout"
    ]
    body = "\n".join(steps)
    answer, extra = _answers(network)
    needs_softmax = "softmax(" in body + extra
    imports = "import math\n" if "math.erf" in body else ""
    assert network.input_shape is not None
    text = f'''"""A trained network, as plain as it is: written by {signature()}. Needs NumPy alone.

    python {name}.py samples.npy        prints an answer for each sample
"""

{imports}import sys
from pathlib import Path

import numpy as np

with np.load(Path(__file__).with_name("{name}.npz")) as file:
    W = dict(file)
{_classes(network)}{SOFTMAX if needs_softmax else ""}

def outputs(x):
    """The last layer's numbers for x ({shape_text(network.input_shape)})."""
    x = np.asarray(x, "{network.dtype}")
{body}
    return x
{extra}

def predict(x):
{answer}


if __name__ == "__main__":
    for answer in predict(np.load(sys.argv[1])):
        print(answer)
'''
    return Script(text, weights(network))


def _classes(network: Network) -> str:
    return f"CLASSES = np.array({list(network.classes)!r})\n" if network.classes else ""


def _answers(network: Network) -> tuple[str, str]:
    """The body of predict, and the function of probabilities where there are any."""
    one = network.output_shape == (1,)
    if network.task == "values":
        body = "outputs(x)[:, 0]" if one else "outputs(x)"
        return f'    """The predicted values."""\n    return {body}', ""
    if network.task == "labels":
        said, body = "0 or 1 for each label", "(outputs(x) > 0).astype(int)"
    else:
        said = "The most likely class"
        body = "(outputs(x)[:, 0] > 0).astype(int)" if one else "outputs(x).argmax(axis=1)"
        body = f"CLASSES[{body}]" if network.classes else body
    return f'    """{said}."""\n    return {body}', _probabilities(network)


def _probabilities(network: Network) -> str:
    """The function, where the loss gives outputs that meaning."""
    assert network.loss is not None
    if network.loss.from_logits is None:
        return ""
    softmax = network.loss.from_logits == "softmax"
    lines = f"    return {'softmax(outputs(x))' if softmax else SIGMOID.format('outputs(x)')}"
    if network.task == "classes" and network.output_shape == (1,):
        lines = lines.replace("return", "p =") + "\n    return np.concatenate([1 - p, p], axis=1)"
    what = "class" if network.task == "classes" else "label"
    return f'''

def predict_proba(x):
    """The probability of every {what}."""
{lines}
'''
