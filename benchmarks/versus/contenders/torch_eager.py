"""PyTorch, eager: the loop of its tutorials, with batches picked by index from one tensor."""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn

from benchmarks.shared.workloads import MOMENTUM, Order, Workload


class Contender:
    """`Sequential`, a loss that takes logits, and an optimizer of torch.optim."""

    fused = False

    def __init__(self, workload: Workload, x, y, order: Order) -> None:
        torch.set_num_threads(2)
        self.order = order
        kind = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}[workload.activation]
        layers: list[nn.Module] = []
        for w, b in workload.weights():
            dense = nn.Linear(*w.shape)
            with torch.no_grad():
                dense.weight.copy_(torch.from_numpy(w.T.copy()))
                dense.bias.copy_(torch.from_numpy(b))
            layers += [dense, kind()]
        self.model = nn.Sequential(*layers[:-1])
        self.one = workload.sizes[-1] == 1
        self.criterion = nn.BCEWithLogitsLoss() if self.one else nn.CrossEntropyLoss()
        self.rule = self.optimizer(workload)
        self.x = torch.from_numpy(x)
        self.y = torch.from_numpy(y).float()[:, None] if self.one else torch.from_numpy(y)
        self.size = workload.batch

    def optimizer(self, workload: Workload) -> torch.optim.Optimizer:
        fused = {"fused": True} if self.fused else {}
        if workload.rule == "adam":
            return torch.optim.Adam(self.model.parameters(), workload.rate, **fused)
        momentum = MOMENTUM if workload.rule == "momentum" else 0.0
        return torch.optim.SGD(self.model.parameters(), workload.rate, momentum=momentum, **fused)

    def train(self, epochs: int, done: Callable[[], None]) -> None:
        for epoch in range(epochs):
            rows = torch.from_numpy(self.order(epoch, len(self.x)))
            for start in range(0, len(rows), self.size):
                batch = rows[start : start + self.size]
                self.step(self.x[batch], self.y[batch])
            done()

    def step(self, x: torch.Tensor, y: torch.Tensor) -> None:
        self.rule.zero_grad()
        self.criterion(self.model(x), y).backward()
        self.rule.step()

    @torch.inference_mode()
    def loss(self) -> float:
        return float(self.criterion(self.model(self.x), self.y))

    @torch.inference_mode()
    def predict(self, x):
        z = self.model(torch.from_numpy(np.ascontiguousarray(x)))
        return (z[:, 0] > 0).numpy() if self.one else z.argmax(dim=1).numpy()
