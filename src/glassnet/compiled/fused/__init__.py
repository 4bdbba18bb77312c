"""Compiled steps for layers of every kind: BLAS computes dense products, and one compiled pass does
all that lies between two of them.

`fused(root)`, `fused_loss(loss)`, `fused_rule(optimizer)` and `fused_metrics(metrics)` replace a
network's root, loss, rule and metrics in a `Step`. Whatever has no compiled form is returned
unchanged.
"""

from typing import Any

from glassnet.compiled.fused.fusing import fused
from glassnet.compiled.fused.loss import fused_loss
from glassnet.compiled.fused.metric import fused_metrics
from glassnet.compiled.fused.rule import fused_rule

__all__ = ["fuse", "fused", "fused_loss", "fused_metrics", "fused_rule"]


def fuse(step: Any) -> None:
    """Replace the parts of a training's `Step` by their compiled forms."""
    step.root, step.loss = fused(step.root), fused_loss(step.loss)
    step.optimizer, step.metrics = fused_rule(step.optimizer), fused_metrics(step.metrics)
