"""PyTorch, eager, with channels first in memory."""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

from benchmarks.versus.convolutions import Net


class Way:
    """The loop of its tutorials."""

    memory_format = torch.contiguous_format

    def __init__(self, net: Net, x: np.ndarray, y: np.ndarray) -> None:
        torch.set_num_threads(2)
        parts: list[nn.Module] = []
        for inputs, filters in pairwise((1, *net.filters)):
            parts += [nn.Conv2d(inputs, filters, net.kernel, padding=net.padding), nn.ReLU(),
                      nn.MaxPool2d(2)]  # fmt: skip
        parts += [nn.Flatten()]
        for inputs, units in net.dense:
            parts += [nn.Linear(inputs, units), nn.ReLU()]
        self.model = nn.Sequential(*parts[:-1])
        given = [self.as_here(torch.from_numpy(w)) for w in net.weights()]
        first = 2 * len(net.filters)  # the dense layer that reads pictures, channels first here
        rows = torch.from_numpy(net.weights()[first]).reshape(*net.last, -1)
        given[first] = rows.permute(3, 2, 0, 1).flatten(1)
        with torch.no_grad():
            for parameter, values in zip(self.model.parameters(), given, strict=True):
                parameter.copy_(values)
        self.model = self.model.to(memory_format=self.memory_format)
        self.rule = torch.optim.Adam(self.model.parameters(), net.rate)
        self.criterion = nn.CrossEntropyLoss()
        self.x, self.y, self.batch = self.images(x), torch.from_numpy(y), net.batch

    @staticmethod
    def as_here(w: torch.Tensor) -> torch.Tensor:
        """Weights with their outputs first, as PyTorch keeps them."""
        return w.movedim((-1, -2), (0, 1)) if w.ndim > 1 else w

    def images(self, x: np.ndarray) -> torch.Tensor:
        first = torch.from_numpy(x).movedim(-1, 1).contiguous()
        return first.to(memory_format=self.memory_format)

    def train(self, epochs: int, done) -> None:
        for _ in range(epochs):
            for start in range(0, len(self.x), self.batch):
                rows = slice(start, start + self.batch)
                self.rule.zero_grad()
                self.criterion(self.model(self.x[rows]), self.y[rows]).backward()
                self.rule.step()
            done()

    @torch.inference_mode()
    def predict(self, x: np.ndarray) -> np.ndarray:
        parts = self.images(x).split(512)
        return torch.cat([self.model(part).argmax(dim=1) for part in parts]).numpy()

    @torch.inference_mode()
    def loss(self) -> float:
        return float(self.criterion(self.model(self.x), self.y))
