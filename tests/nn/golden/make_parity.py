"""Golden values from PyTorch for `tests/nn/test_parity.py`.

Run by hand where torch is installed, when a case is added; it writes parity.npz beside itself:

    python tests/nn/golden/make_parity.py

Every case has a name; its arrays are stored as "case/precision/array".
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

FILE = Path(__file__).with_name("parity.npz")
PRECISIONS = {"float32": torch.float32, "float64": torch.float64}
STEPS, BATCH = 20, 8
WIDTHS = (5, 8, 6, 3)

OPTIMIZERS: dict[str, Any] = {
    "sgd": lambda groups: torch.optim.SGD(groups, lr=0.1),
    "sgd_decay": lambda groups: torch.optim.SGD(groups, lr=0.1),
    "momentum": lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9),
    "nesterov": lambda groups: torch.optim.SGD(groups, lr=0.05, momentum=0.9, nesterov=True),
    "adagrad": lambda groups: torch.optim.Adagrad(groups, lr=0.05, eps=1e-10),
    "rmsprop": lambda groups: torch.optim.RMSprop(groups, lr=0.01, alpha=0.99, eps=1e-8),
    "adam": lambda groups: torch.optim.Adam(groups, lr=0.01),
    "adamw": lambda groups: torch.optim.AdamW(groups, lr=0.01),
}
DECAY = {"sgd_decay": 0.05, "adamw": 0.1}  # on weights; biases have none

ACTIVATIONS: dict[str, Any] = {
    "relu": functional.relu,
    "leaky_relu": lambda x: functional.leaky_relu(x, 0.01),
    "elu": functional.elu,
    "selu": functional.selu,
    "gelu": functional.gelu,
    "gelu_tanh": lambda x: functional.gelu(x, approximate="tanh"),
    "silu": functional.silu,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "softplus": functional.softplus,
    "softmax": lambda x: functional.softmax(x, dim=-1),
}

LOSSES: dict[str, Any] = {
    "cross_entropy": lambda z, d: functional.cross_entropy(z, d["labels"]),
    "cross_entropy_soft": lambda z, d: functional.cross_entropy(z, d["soft"]),
    "cross_entropy_smooth": lambda z, d: functional.cross_entropy(
        z, d["labels"], label_smoothing=0.1
    ),
    "cross_entropy_class_weight": lambda z, d: functional.cross_entropy(
        z, d["labels"], weight=d["class_weight"]
    ),
    "binary": lambda z, d: functional.binary_cross_entropy_with_logits(z, d["binary"]),
    "mean_squared": lambda z, d: functional.mse_loss(z, d["values"]),
    "mean_absolute": lambda z, d: functional.l1_loss(z, d["values"]),
    "huber": lambda z, d: functional.huber_loss(z, d["values"], delta=0.7),
    "quantile": lambda z, d: torch.maximum(0.8 * (d["values"] - z), 0.2 * (z - d["values"])).mean(),
}


def data() -> dict[str, np.ndarray]:
    """What both sides start from."""
    rng = np.random.default_rng(20)
    shapes = list(pairwise(WIDTHS))
    weights = {f"W{i}": rng.normal(size=shape) / 2 for i, shape in enumerate(shapes)}
    biases = {f"b{i}": rng.normal(size=shape[1]) / 4 for i, shape in enumerate(shapes)}
    soft = rng.random((7, 4))
    return {
        **weights,
        **biases,
        "x": rng.normal(size=(STEPS * BATCH, WIDTHS[0])),
        "y": rng.integers(0, WIDTHS[-1], STEPS * BATCH),
        "inputs": 3 * rng.normal(size=(6, 5)),
        "slopes": rng.normal(size=(6, 5)),
        "z": 3 * rng.normal(size=(7, 4)),
        "labels": rng.integers(0, 4, 7),
        "soft": soft / soft.sum(axis=1, keepdims=True),
        "binary": rng.integers(0, 2, (7, 4)).astype(float),
        "values": rng.normal(size=(7, 4)),
        "class_weight": np.array([0.5, 2.0, 1.0, 3.0]),
    }


def tensors(dtype: torch.dtype) -> dict[str, torch.Tensor]:
    """The data in one precision; labels stay whole numbers."""
    made = {name: torch.from_numpy(values) for name, values in data().items()}
    return {k: v if v.dtype == torch.int64 else v.to(dtype) for k, v in made.items()}


def train(name: str, dtype: torch.dtype) -> dict[str, np.ndarray]:
    """20 steps of an optimizer: every loss, the first gradient, the last parameters."""
    d = tensors(dtype)
    layers = len(WIDTHS) - 1
    weights = [nn.Parameter(d[f"W{i}"].clone()) for i in range(layers)]
    biases = [nn.Parameter(d[f"b{i}"].clone()) for i in range(layers)]
    groups = [
        {"params": weights, "weight_decay": DECAY.get(name, 0.0)},
        {"params": biases, "weight_decay": 0.0},
    ]
    optimizer = OPTIMIZERS[name](groups)
    losses, first = [], None
    parameters = [p for pair in zip(weights, biases, strict=True) for p in pair]
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        h = torch.sigmoid(d["x"][rows] @ weights[0] + biases[0])
        h = torch.relu(h @ weights[1] + biases[1])
        loss = functional.cross_entropy(h @ weights[2] + biases[2], d["y"][rows])
        optimizer.zero_grad()
        loss.backward()
        if first is None:
            first = flat([p.grad for p in parameters])
        optimizer.step()
        losses.append(loss.item())
    return {"losses": np.array(losses), "gradient": first, "theta": flat(parameters)}


def nchw(convolve: Any, x: torch.Tensor, *args: Any, **how: Any) -> torch.Tensor:
    """A function of PyTorch's, of and to arrays with the channels last."""
    return convolve(x.movedim(-1, 1), *args, **how).movedim(1, -1)


def kernel(W: torch.Tensor) -> torch.Tensor:
    """(…, channels, filters) → (filters, channels, …)"""
    return W.movedim((-1, -2), (0, 1))


def pictures(p: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """Convolutions, pooling, batch and group normalization of pictures."""
    h = torch.relu(nchw(functional.conv2d, x, kernel(p["0.W"]), p["0.b"], padding="same"))
    h = nchw(functional.max_pool2d, h, 2)
    h = nchw(
        functional.conv2d, functional.pad(h, (0, 0, 0, 1, 1, 1)), kernel(p["3.W"]), stride=2,
        groups=2,
    )  # fmt: skip
    h = nchw(
        functional.batch_norm, h, p["4.mean"], p["4.var"], p["4.gamma"], p["4.beta"],
        training=True, momentum=0.1,
    )  # fmt: skip
    h = nchw(functional.group_norm, torch.tanh(h), 3, p["6.gamma"], p["6.beta"])
    h = nchw(functional.avg_pool2d, h, 3, stride=1, padding=1, count_include_pad=False)
    h = nchw(functional.pad, h, (1, 1, 0, 2))
    h = nchw(functional.interpolate, h, scale_factor=2).mean(dim=(1, 2))
    return h @ p["11.W"] + p["11.b"]


def sequences(p: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    """The same of sequences, of which each number is a word."""
    h = functional.embedding(x, p["0.W"])
    h = nchw(functional.conv1d, h, kernel(p["1.W"]), p["1.b"], dilation=2)
    h = functional.layer_norm(h, h.shape[-1:], p["2.gamma"], p["2.beta"])
    h = nchw(functional.max_pool1d, h, 3, stride=2, padding=1)
    h = functional.rms_norm(h, h.shape[-1:], p["4.gamma"], eps=1e-5)
    return h.flatten(1) @ p["6.W"] + p["6.b"]


DEEP: dict[str, Any] = {
    "pictures": (
        pictures,
        {"0.W": (3, 3, 2, 4), "0.b": (4,), "3.W": (3, 3, 2, 6), "4.gamma": (6,), "4.beta": (6,),
         "6.gamma": (6,), "6.beta": (6,), "11.W": (6, 3), "11.b": (3,), "4.mean": (6,),
         "4.var": (6,)},
    ),
    "sequences": (
        sequences,
        {"0.W": (7, 4), "1.W": (3, 4, 5), "1.b": (5,), "2.gamma": (5,), "2.beta": (5,),
         "4.gamma": (5,), "6.W": (15, 3), "6.b": (3,)},
    ),
}  # fmt: skip


def deep_data(name: str) -> dict[str, np.ndarray]:
    """First values of every parameter, running variances of 1, and what a network learns from."""
    rng = np.random.default_rng(21)
    shapes = DEEP[name][1]
    values = {each: rng.normal(size=shape) / 2 for each, shape in shapes.items()}
    values |= {each: np.ones(shapes[each]) for each in shapes if each.endswith(".var")}
    count = STEPS * BATCH
    x = rng.normal(size=(count, 7, 8, 2)) if name == "pictures" else rng.integers(0, 7, (count, 9))
    return {**values, "x": x, "y": rng.integers(0, 3, count)}


def train_deep(name: str, dtype: torch.dtype) -> dict[str, np.ndarray]:
    """20 steps of Adam: every loss, the first gradient, the last parameters and statistics."""
    forward, shapes = DEEP[name]
    made = {each: torch.from_numpy(values) for each, values in deep_data(name).items()}
    d = {k: v if v.dtype == torch.int64 else v.to(dtype) for k, v in made.items()}
    state = [each for each in shapes if each.endswith((".mean", ".var"))]
    learned = {each: nn.Parameter(d[each].clone()) for each in shapes if each not in state}
    parameters = {**learned, **{each: d[each].clone() for each in state}}
    optimizer = torch.optim.Adam(learned.values(), lr=0.01)
    losses, first = [], None
    for step in range(STEPS):
        rows = slice(step * BATCH, (step + 1) * BATCH)
        loss = functional.cross_entropy(forward(parameters, d["x"][rows]), d["y"][rows])
        optimizer.zero_grad()
        loss.backward()
        if first is None:
            first = flat([p.grad for p in learned.values()])
        optimizer.step()
        losses.append(loss.item())
    return {"losses": np.array(losses), "gradient": first, "theta": flat(parameters.values())}


def flat(values: Any) -> np.ndarray:
    """One vector, as glassnet has it: W, b, W, b, …"""
    return np.concatenate([v.detach().numpy().ravel() for v in values])


def activate(name: str, dtype: torch.dtype) -> dict[str, np.ndarray]:
    """An activation's output and input gradient."""
    d = tensors(dtype)
    x = d["inputs"].requires_grad_()
    y = ACTIVATIONS[name](x)
    y.backward(d["slopes"])
    return {"y": y.detach().numpy(), "dx": x.grad.numpy()}


def lose(name: str, dtype: torch.dtype) -> dict[str, np.ndarray]:
    """A loss's value and gradient."""
    d = tensors(dtype)
    z = d["z"].requires_grad_()
    value = LOSSES[name](z, d)
    value.backward()
    return {"value": value.detach().numpy(), "dz": z.grad.numpy()}


def cases() -> dict[str, np.ndarray]:
    """Every golden array by its name."""
    kinds = {
        "train": (OPTIMIZERS, train),
        "activate": (ACTIVATIONS, activate),
        "lose": (LOSSES, lose),
        "deep": (DEEP, train_deep),
    }
    return {
        f"{kind}/{name}/{precision}/{array}": values
        for kind, (table, make) in kinds.items()
        for name in table
        for precision, dtype in PRECISIONS.items()
        for array, values in make(name, dtype).items()
    } | {
        f"data/{name}": values
        for name, values in (
            *data().items(),
            *((f"{net}/{each}", v) for net in DEEP for each, v in deep_data(net).items()),
        )
    }


if __name__ == "__main__":
    np.savez_compressed(FILE, **cases())
    print(f"wrote {FILE.name}: {FILE.stat().st_size:,} bytes, torch {torch.__version__}")
