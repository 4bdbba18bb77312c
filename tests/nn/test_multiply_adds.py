"""What a convolution costs: counts of papers, by hand, and PyTorch's own."""

from typing import Any

import pytest

import glassnet as gn

CASES: list[tuple[Any, Any, int]] = [
    # AlexNet's first layer: 55 × 55 places, 96 filters of 11 · 11 · 3 (Krizhevsky et al., 2012).
    (gn.Conv2D(96, 11, stride=4, padding="valid"), (227, 227, 3), 55 * 55 * 96 * 363),
    # VGG's second: 224 × 224 · 64 · 3 · 3 · 64 (Simonyan & Zisserman, 2015).
    (gn.Conv2D(64, 3), (224, 224, 64), 1_849_688_064),
    # Depthwise, and the 1 × 1 after it: each channel for itself (Howard et al., 2017).
    (gn.Conv2D(32, 3, groups=32), (112, 112, 32), 112 * 112 * 32 * 9),
    (gn.Conv2D(64, 1), (112, 112, 32), 112 * 112 * 32 * 64),
    # Dilation moves the numbers of a window apart, and there are fewer windows: 28 − 2 · 4 = 20.
    (gn.Conv2D(8, 5, padding="valid", dilation=2), (28, 28, 4), 20 * 20 * 8 * 25 * 4),
    (gn.Conv2D(6, (2, 3), stride=(2, 1), groups=2), (9, 7, 4), 5 * 7 * 6 * 6 * 2),
    (gn.Conv1D(16, 3, stride=2, padding=1), (100, 8), 50 * 16 * 3 * 8),
    (gn.PeriodicEmbedding(3, 16, columns=[1, 4]), (5,), 2 * 16 * (1 + 3)),
    (gn.MaxPool2D(2), (28, 28, 8), 0),
]


@pytest.mark.parametrize(("layer", "shape", "count"), CASES, ids=lambda case: str(case)[:40])
def test_multiply_adds(layer: Any, shape: Any, count: int) -> None:
    assert layer.multiply_adds(shape) == count


def test_a_network_adds_them_up() -> None:
    layers = [gn.Conv2D(6, 5), gn.MaxPool2D(2), gn.Conv2D(16, 5, padding="valid"), gn.Flatten()]
    net = gn.Sequential([*layers, gn.Dense(10)], input_shape=(28, 28, 1))
    first, second, last = 28 * 28 * 6 * 25, 10 * 10 * 16 * 25 * 6, 10 * 10 * 16 * 10
    assert net.summary().total.multiply_adds == first + second + last


@pytest.mark.parametrize("settings", [
    {"stride": 2, "padding": 1}, {"groups": 4, "padding": 0}, {"dilation": 3, "padding": 2},
])  # fmt: skip
def test_pytorch_counts_as_many(settings: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    from torch.utils.flop_counter import FlopCounterMode

    theirs = torch.nn.Conv2d(8, 12, (3, 5), **settings)
    with FlopCounterMode(display=False) as counter:
        theirs(torch.zeros(1, 8, 20, 17))
    ours = gn.Conv2D(12, (3, 5), **settings).multiply_adds((20, 17, 8))
    assert 2 * ours == counter.get_total_flops()  # theirs are additions and multiplications
