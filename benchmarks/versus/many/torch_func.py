"""PyTorch: ensembling with `torch.func`, gradients of all networks by `vmap`."""

import numpy as np
import torch
from torch.func import grad, vmap

from benchmarks.versus.many import BATCH, RATE, order, weights

torch.set_num_threads(2)


def outputs(p, x):
    w1, b1, w2, b2 = p
    return torch.relu(x @ w1 + b1) @ w2 + b2


def loss(p, x, y):
    return torch.nn.functional.cross_entropy(outputs(p, x), y)


GRADIENTS = vmap(grad(loss))


def train(x, y, networks: int, epochs: int) -> np.ndarray:
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    stacked = [np.stack(each) for each in zip(*map(weights, range(networks)), strict=True)]
    p = tuple(map(torch.from_numpy, stacked))
    with torch.no_grad():
        for number in range(epochs):
            rows = np.stack([order(k, number, len(x)) for k in range(networks)])
            rows = torch.from_numpy(rows)
            for start in range(0, len(x), BATCH):
                batch = rows[:, start : start + BATCH]
                for parameter, g in zip(p, GRADIENTS(p, x[batch], y[batch]), strict=True):
                    parameter.sub_(RATE * g)
        return vmap(outputs, in_dims=(0, None))(p, x).numpy()
