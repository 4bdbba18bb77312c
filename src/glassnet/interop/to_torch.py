"""The network in PyTorch: the same layers, weights, loss and optimizer, to train further there."""

from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.interop.script import (
    NUMBER,
    Place,
    Run,
    Script,
    in_loops,
    root,
    shape_text,
    signature,
    unit,
    weights,
)
from glassnet.interop.spellings import arrays, spelled
from glassnet.interop.spellings_waves import TORCH
from glassnet.nn.losses import Huber, Quantile
from glassnet.nn.network import Network
from glassnet.nn.task import CLASSES

MODULES = {
    "PeriodicEmbedding": TORCH,
    "Scale": '''

class Scale(nn.Module):
    """factor · x + shift, for inputs and outputs as they are."""

    def __init__(self, factor, shift):
        super().__init__()
        self.register_buffer("factor", torch.as_tensor(factor, dtype=DTYPE))
        self.register_buffer("shift", torch.as_tensor(shift, dtype=DTYPE))

    def forward(self, x):
        return x * self.factor + self.shift
''',
    "Apply": '''

class Apply(nn.Module):
    """A function of the input."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)
''',
    "Residual": '''

class Residual(nn.Module):
    """What the body adds to its input, or to a projection of it."""

    def __init__(self, body, projection=None):
        super().__init__()
        self.body, self.projection = body, projection

    def forward(self, x):
        return self.body(x) + (x if self.projection is None else self.projection(x))
''',
    "Concat": '''

class Concat(nn.ModuleList):
    """The outputs of several branches side by side."""

    def __init__(self, *branches):
        super().__init__(branches)

    def forward(self, x):
        return torch.cat([branch(x) for branch in self], dim=-1)
''',
    "ChannelsLast": '''

class ChannelsLast(nn.Sequential):
    """Modules that take channels first, for samples that have them last."""

    def forward(self, x):
        return super().forward(x.movedim(-1, 1)).movedim(1, -1)
''',
    "AveragePool": '''

class AveragePool(nn.Module):
    """Means of windows over padded samples, in which padding does not count."""

    def __init__(self, pad, pool):
        super().__init__()
        self.pad, self.pool = pad, pool

    def forward(self, x):
        return self.pool(self.pad(x)) / self.pool(self.pad(torch.ones_like(x)))
''',
    "Permute": '''

class Permute(nn.Module):
    """The axes in a different order."""

    def __init__(self, *order):
        super().__init__()
        self.order = order

    def forward(self, x):
        return x.permute(self.order)
''',
}  # that PyTorch lacks, each written if the network needs it

# Where PyTorch keeps a parameter, and in which order of axes.
TENSORS = {
    "W": "weight", "b": "bias", "gamma": "weight", "beta": "bias", "mean": "running_mean",
    "var": "running_var", "V": "V", "c": "c",
}  # fmt: skip
ORDERS = {"Dense": (1, 0), "Conv1D": (2, 1, 0), "Conv2D": (3, 2, 0, 1)}  # of W


def _module(place: Place, indent: str) -> str:
    """A layer as a module; a container as its modules in brackets."""
    kind, deeper = place.layer.name, f"{indent}    "
    names = {"chain": "nn.Sequential", "residual": "Residual", "concat": "Concat"}
    if kind not in names:
        return spelled(place, "torch")
    parts = [line for run in place.runs() for line in _modules(run, deeper)]
    return "\n".join([f"{names[kind]}(", *parts, f"{indent})"]) if parts else f"{names[kind]}()"


def _modules(run: Run, indent: str) -> list[str]:
    """The modules of parts, or for many that are alike one that is made again and again."""
    one = _module(run.one, f"{indent}    ") if len(run.places) > 1 else NUMBER
    if NUMBER in one:  # it is one, or a function in it would see the last number
        return [f"{indent}{_with_comma(_module(part, indent))}" for part in run.places]
    inside = [one, f"for _ in {run.numbers}"]
    return [f"{indent}*(", *(f"{indent}    {line}" for line in inside), f"{indent}),"]


def _with_comma(module: str) -> str:
    """The text with a comma after it, which stands before a comment in its last line."""
    *before, last = module.split("\n")
    code, mark, said = last.partition("  # ")
    return "\n".join([*before, f"{code},{mark}{said}"])


def _path(name: str) -> str:
    """Where a module is: `model[2].body[0]`."""
    parts = name.replace(NUMBER, "n").split(".")
    return "".join(f"[{each}]" if each.isdigit() or each == "n" else f".{each}" for each in parts)


def script(network: Network, name: str) -> Script:
    """A script with the network, its predictions, and a loop that trains it further."""
    model = _module(root(network), "    ")
    classes = "".join(text for name, text in MODULES.items() if f"{name}(" in model)
    per = unit(network, "torch.tensor")
    given = "torch.int64" if network.input_dtype.kind == "i" else "DTYPE"
    assert network.input_shape is not None
    text = f'''"""A network that was trained in glassnet, in PyTorch: written by {signature()}."""

from pathlib import Path

import numpy as np
import torch
from torch import nn

with np.load(Path(__file__).with_name("{name}.npz")) as file:
    W = dict(file)
DTYPE = torch.{network.dtype}
CLASSES = {list(network.classes)!r}
{classes}

def network():
    """The layers with their trained weights."""
    model = {model}.to(DTYPE)
    with torch.no_grad():
{_weights(network)}
    return model


def predict(model, x):
    """The predictions for x ({shape_text(network.input_shape)})."""
    model.eval()
    with torch.no_grad():
        z = model(torch.as_tensor(x, dtype={given}))
{_prediction(network)}


def targets(y):
    """What the outputs should be, for y as glassnet takes it."""
    return {_targets(network)}


def loss_of(z, y):
    """The loss of outputs z against such targets."""
    return {_loss(network)}(z{per}, y{per})


def optimizer_of(model):
    """The optimizer that continues the training."""
{_rule(network)}


def train(model, x, y, epochs=1, batch_size=32):
    """Train further; returns the last loss."""
    x, y = torch.as_tensor(x, dtype={given}), targets(y)
    optimizer = optimizer_of(model)
    model.train()
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(batch_size):
            optimizer.zero_grad()
            loss = loss_of(model(x[rows]), y[rows])
            loss.backward()
            optimizer.step()
    return loss.item()
'''
    return Script(text, weights(network))


def _weights(network: Network) -> str:
    """A line for every array, in the order of axes that PyTorch has."""
    lines = in_loops(root(network), _filled)
    return "\n".join(f"        {line}" for line in lines or ["pass"])


def _filled(place: Place) -> list[str]:
    """The lines that fill a layer's arrays."""
    module, lines = f"model{_path(place.name)}", []
    for name in arrays(place):
        last, order = "[-1]" if _is_wrapped(place) else "", _order(place, name)
        turned = ".T" if order == (1, 0) else f".transpose{order}" if order else ""
        values = f'torch.as_tensor(W["{place.key}{name}"]{turned})'
        lines.append(f"{module}{last}.{TENSORS[name]}[:] = {values}")
    return lines


def weights_of(network: Network, model: Any) -> dict[str, Array]:
    """The arrays of such a model, by their names and in their order of axes here."""
    found = {}
    for place in root(network).walk():
        module = model.get_submodule(place.name)
        for name in arrays(place):
            last, order = module[-1] if _is_wrapped(place) else module, _order(place, name)
            values = getattr(last, TENSORS[name]).detach().numpy()
            found[f"{place.key}{name}"] = values.transpose(np.argsort(order)) if order else values
    return found


def _order(place: Place, name: str) -> tuple[int, ...] | None:
    return ORDERS.get(place.kind) if name == "W" else None


def _is_wrapped(place: Place) -> bool:
    """Whether its module is the last of those that take channels first."""
    return spelled(place, "torch").startswith("ChannelsLast(")


def _prediction(network: Network) -> str:
    assert network.task is not None
    if not network.task.has_probabilities:
        return "    return z.squeeze(1)" if network.output_shape == (1,) else "    return z"
    if not network.task.exclusive:
        return "    return (z > 0).int()  # if the probability is above a half"
    if network.output_shape == (1,):
        return "    return (z[:, 0] > 0).int()  # if the probability is above a half"
    return "    return z.argmax(dim=1)  # numbers of CLASSES"


def _targets(network: Network) -> str:
    if network.task is CLASSES and network.loss and network.loss.from_logits == "softmax":
        return "torch.as_tensor(y)"
    rows = ".reshape(len(y), -1)"
    if network.task is CLASSES and network.output_shape != (1,):
        count = network.output_shape[0]
        return f"nn.functional.one_hot(torch.as_tensor(y), {count}).to(DTYPE)"
    return f"torch.as_tensor(y, dtype=DTYPE){rows}"


def _loss(network: Network) -> str:
    loss: Any = network.loss
    kind = type(loss).__name__
    if kind == "CrossEntropy":
        return f"nn.CrossEntropyLoss(label_smoothing={loss.label_smoothing!r})"
    if isinstance(loss, Huber):
        return f"nn.HuberLoss(delta={loss.delta!r})"
    if isinstance(loss, Quantile):
        below, above = f"{loss.q!r} * (t - z)", f"{1 - loss.q!r} * (z - t)"
        return f"(lambda z, t: torch.maximum({below}, {above}).mean())"
    return {
        "BinaryCrossEntropy": "nn.BCEWithLogitsLoss()",
        "MeanSquared": "nn.MSELoss()",
        "MeanAbsolute": "nn.L1Loss()",
    }[kind]


def _rule(network: Network) -> str:
    """The optimizer, with decay for weights and none for biases and gains, as here."""
    rule = network.trained.get("settings", {}).get(
        "optimizer", {"kind": "Adam", "learning_rate": 1e-3}
    )
    made, decay = _optimizer(rule), rule.get("weight_decay", 0.0)
    if not decay:
        return f"    return torch.optim.{made.format('model.parameters()')}"
    return f"""    weights = [p for p in model.parameters() if p.ndim > 1]
    others = [p for p in model.parameters() if p.ndim == 1]  # biases and gains
    decaying = {{"params": weights, "weight_decay": {decay!r}}}
    groups = [decaying, {{"params": others, "weight_decay": 0.0}}]
    return torch.optim.{made.format("groups")}"""


def _optimizer(rule: dict[str, Any]) -> str:
    """PyTorch's class for a rule, its parameters left open; L-BFGS, which has no step, as Adam."""
    kind, rate = rule["kind"], f"lr={rule.get('learning_rate', 0.001)!r}"
    if kind in ("Momentum", "Nesterov", "AveragingMomentum"):
        # PyTorch adds up gradients where a moving average takes (1 − β) of each.
        beta, nesterov = rule["beta"], ", nesterov=True" if kind == "Nesterov" else ""
        rate = f"{rate} * (1 - {beta!r})" if kind == "AveragingMomentum" else rate
        return f"SGD({{}}, {rate}, momentum={beta!r}{nesterov})"
    if kind in ("Adam", "AdamW"):
        betas = f"betas=({rule.get('beta1', 0.9)!r}, {rule.get('beta2', 0.999)!r})"
        return f"{kind}({{}}, {rate}, {betas}, eps={rule.get('epsilon', 1e-8)!r})"
    if kind == "RMSProp":
        return f"RMSprop({{}}, {rate}, alpha={rule['rho']!r}, eps={rule['epsilon']!r})"
    if kind == "AdaGrad":
        return f"Adagrad({{}}, {rate}, eps={rule['epsilon']!r})"
    return f"SGD({{}}, {rate})" if kind == "SGD" else "Adam({})"
