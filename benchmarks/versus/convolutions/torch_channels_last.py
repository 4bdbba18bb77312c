"""PyTorch, eager, with channels last in memory."""

import torch

from benchmarks.versus.convolutions import torch_contiguous


class Way(torch_contiguous.Way):
    """The same loop."""

    memory_format = torch.channels_last
