"""A lab's training as a few lines of Python that repeat it to the bit."""

import json
import re
from typing import Any

import numpy as np

from glassnet.interop.script import signature
from glassnet.lab.out.beside import beside
from glassnet.lab.state.session import Session
from glassnet.nn.layers import Layer
from glassnet.nn.losses import LOSSES
from glassnet.workflows.fit_settings import settings_of

CLASS = re.compile(r"\b([A-Z]\w*)\(")  # of a layer, in its repr


def listing(session: Session) -> tuple[str, dict[str, bytes]]:
    """The lines, and the files that they read."""
    run, start = session.run, session.settings.start
    data, files = beside(session)
    if start is not None:
        files = {**files, start: session.shelf.path(start).read_bytes()}
    how = "".join(f"    {name}={value},\n" for name, value in _settings(session).items())
    part = "test" if len(run.data.x_test) else "train"
    numpy = "import numpy as np\n\n" if start is not None else ""
    text = f'''"""The training of a lab, repeated: written by {signature()}."""

{numpy}import glassnet as gn
{_data(data)}
{_network(session) if start is None else _loaded(start, session.settings.seed)}
history = network.fit(
    data.x_train,
    data.y_train,
{how})
print(history)
print(network.evaluate(data.x_{part}, data.y_{part}))
'''
    return text, files


def _network(session: Session) -> str:
    """The network, made anew."""
    layers = "".join(f"        {_line(layer, session)},\n" for layer in session.run.network.layers)
    return (
        f"network = gn.Sequential(\n    [\n{layers}    ],\n"
        f"    input_shape={session.run.data.input_shape},\n    seed={session.settings.seed},\n)"
    )


def _loaded(name: str, seed: int) -> str:
    """The network of a file, whose order of samples and noise come from this seed."""
    return (
        f"network = gn.load({json.dumps(name)})\n"
        f"network.seed, network.rng = {seed}, np.random.default_rng({seed})"
    )


def _settings(session: Session) -> dict[str, str]:
    """The settings of `fit`, as they are written."""
    run = session.run
    given = settings_of(run.training, run.data)
    del given["validation"], given["engine"]
    loss = run.network.trained_loss()
    names = [name for name, kind in LOSSES.items() if type(loss) is kind]
    given["loss"] = names[0] if len(loss.config()) == 1 else loss.config()
    written = {name: repr(value) for name, value in given.items() if value is not None}
    if len(run.data.x_test):
        written["validation"] = "(data.x_test, data.y_test)"
    return {**written, "engine": '"numpy"'}


def _data(part: dict[str, Any]) -> str:
    """The lines that load the data of a recipe's part."""
    if part.keys() <= {"name", "options"}:
        options = "".join(f", {name}={value!r}" for name, value in part["options"].items())
        return f"from glassnet.data import load\n\ndata = load({part['name']!r}{options})"
    given = "".join(f"    {name}={value!r},\n" for name, value in part.items())
    return (
        "from glassnet.workflows.run import load_data\nfrom glassnet.workflows.spec import Data\n\n"
        f"data = load_data(Data(\n{given}))"
    )


def _line(layer: Layer, session: Session) -> str:
    """A layer as it is made; what scales inputs is known to the data."""
    data = session.run.data
    if layer is session.run.network.layers[0] and layer.name == "scale":
        scale: Any = layer
        if np.array_equal(scale.factor, data.scale) and np.array_equal(scale.shift, data.shift):
            return "gn.Scale(data.scale, data.shift)" if np.ndim(data.scale) else _made(layer)
    return _made(layer)


def _made(layer: Layer) -> str:
    return CLASS.sub(r"gn.\1(", repr(layer))
