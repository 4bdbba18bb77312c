"""PyTorch, eager, with the optimizer's fused form."""

from benchmarks.versus.contenders import torch_eager


class Contender(torch_eager.Contender):
    """The same with `fused=True`."""

    fused = True
