"""The gradient check of everything in the library, for `glassnet check`."""

from collections.abc import Iterator

from glassnet.inspection.gradcheck import GradientReport, gradcheck
from glassnet.mlp import mlp
from glassnet.nn.layers import ACTIVATIONS, LAYERS, Dense, Dropout, Layer, Reshape, Scale
from glassnet.nn.losses import LOSSES

EXAMPLES: dict[str, Layer] = {
    "Dense": Dense(3),
    "Dropout": Dropout(0.5),
    "Reshape": Reshape((2, 2)),
    "Scale": Scale(0.5),
}


def check_all(seed: int = 0) -> Iterator[GradientReport]:
    """One report for each layer, each loss, and a network of each activation."""
    for name, kind in LAYERS.items():
        layer = EXAMPLES[name] if name in EXAMPLES else kind()
        yield gradcheck(layer, seed=seed, show=False)
    for loss in LOSSES.values():
        yield gradcheck(loss(), seed=seed, show=False)
    for name in ACTIVATIONS:
        net = mlp((4,), [5], 3, activation=name, seed=seed)
        report = gradcheck(net, seed=seed, show=False)
        yield GradientReport(f"a network with {name}", report.checks)
