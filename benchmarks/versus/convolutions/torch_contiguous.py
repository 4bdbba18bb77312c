"""PyTorch, eager, with channels first in memory."""

import numpy as np
import torch
from torch import nn

from benchmarks.versus.convolutions import BATCH, RATE, weights


class Way:
    """The loop of its tutorials."""

    memory_format = torch.contiguous_format

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        torch.set_num_threads(2)
        self.model = nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
            nn.Flatten(), nn.Linear(3136, 10),
        )  # fmt: skip
        w1, b1, w2, b2, w3, b3 = map(torch.from_numpy, weights())
        rows = w3.reshape(7, 7, 64, 10).permute(3, 2, 0, 1).reshape(10, 3136)
        given = w1.permute(3, 2, 0, 1), b1, w2.permute(3, 2, 0, 1), b2, rows, b3
        with torch.no_grad():
            for parameter, values in zip(self.model.parameters(), given, strict=True):
                parameter.copy_(values)
        self.model = self.model.to(memory_format=self.memory_format)
        self.rule = torch.optim.Adam(self.model.parameters(), RATE)
        self.criterion = nn.CrossEntropyLoss()
        self.x, self.y = self.images(x), torch.from_numpy(y)

    def images(self, x: np.ndarray) -> torch.Tensor:
        first = torch.from_numpy(x).movedim(-1, 1).contiguous()
        return first.to(memory_format=self.memory_format)

    def train(self, epochs: int, done) -> None:
        for _ in range(epochs):
            for start in range(0, len(self.x), BATCH):
                rows = slice(start, start + BATCH)
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
