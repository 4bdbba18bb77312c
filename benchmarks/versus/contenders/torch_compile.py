"""PyTorch with torch.compile: forward and backward compiled, the optimizer fused."""

import torch

from benchmarks.versus.contenders import torch_eager


class Contender(torch_eager.Contender):
    """The model and its loss as one compiled function."""

    fused = True

    def __init__(self, workload, x, y, order) -> None:
        super().__init__(workload, x, y, order)
        self.value = torch.compile(lambda x, y: self.criterion(self.model(x), y))

    def step(self, x: torch.Tensor, y: torch.Tensor) -> None:
        self.rule.zero_grad()
        self.value(x, y).backward()
        self.rule.step()
