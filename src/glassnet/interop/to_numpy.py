"""The network as one script that needs NumPy alone: nothing of it is hidden."""

from functools import partial

from glassnet.interop.numpy_helpers import needed
from glassnet.interop.script import Script, root, shape_text, signature, statements, weights
from glassnet.interop.spellings import SIGMOID, spelled
from glassnet.nn.network import Network
from glassnet.nn.task import CLASSES


def script(network: Network, name: str) -> Script:
    """A script of few lines that predicts; its arrays are read from `name`.npz."""
    lines = statements(
        root(network), partial(spelled, library="numpy"), "np.concatenate([{}], axis=-1)"
    )
    body = "\n".join(f"    {line}" for line in lines if line.split("#")[0].strip() != "x = x")
    prediction, extra = _predictions(network)
    imports = "import math\n" if "math.erf" in body else ""
    assert network.input_shape is not None
    text = f'''"""A trained network, as plain as it is: written by {signature()}. Needs NumPy alone.

    python {name}.py samples.npy        prints a prediction for each sample
"""

{imports}import sys
from pathlib import Path

import numpy as np

with np.load(Path(__file__).with_name("{name}.npz")) as file:
    W = dict(file)
{_classes(network)}{needed(body + extra)}

def outputs(x):
    """The last layer's numbers for x ({shape_text(network.input_shape)})."""
    x = np.asarray(x, "{network.input_dtype}")
{body}
    return x
{extra}

def predict(x):
{prediction}


if __name__ == "__main__":
    for prediction in predict(np.load(sys.argv[1])):
        print(prediction)
'''
    return Script(text, weights(network))


def _classes(network: Network) -> str:
    return f"CLASSES = np.array({list(network.classes)!r})\n" if network.classes else ""


def _predictions(network: Network) -> tuple[str, str]:
    """The body of predict, and the function of probabilities if there are any."""
    one = network.output_shape == (1,)
    assert network.task is not None
    if not network.task.has_probabilities:
        body = "outputs(x)[:, 0]" if one else "outputs(x)"
        return f'    """The predicted values."""\n    return {body}', ""
    if not network.task.exclusive:
        said, body = "0 or 1 for each label", "(outputs(x) > 0).astype(int)"
    else:
        said = "The most likely class"
        body = "(outputs(x)[:, 0] > 0).astype(int)" if one else "outputs(x).argmax(axis=1)"
        body = f"CLASSES[{body}]" if network.classes else body
    return f'    """{said}."""\n    return {body}', _probabilities(network)


def _probabilities(network: Network) -> str:
    """The function, if the loss gives outputs that meaning."""
    assert network.loss is not None
    if network.loss.from_logits is None:
        return ""
    softmax = network.loss.from_logits == "softmax"
    lines = f"    return {'softmax(outputs(x))' if softmax else SIGMOID.format('outputs(x)')}"
    if network.task is CLASSES and network.output_shape == (1,):
        lines = lines.replace("return", "p =") + "\n    return np.concatenate([1 - p, p], axis=1)"
    what = "class" if network.task is CLASSES else "label"
    return f'''

def predict_proba(x):
    """The probability of every {what}."""
{lines}
'''
