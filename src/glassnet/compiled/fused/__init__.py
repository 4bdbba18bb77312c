"""Steps of layers of all kinds: products stay with BLAS, and all between them is one compiled pass
each.

`fused(root)`, `fused_loss(loss)`, `fused_rule(optimizer)` and `fused_metrics(metrics)` take the
places of a network's root, its loss, its rule and its metrics in a `Step`. What has no compiled
form comes back as it is.
"""

from typing import Any

from glassnet.compiled.fused.fusing import fused
from glassnet.compiled.fused.loss import fused_loss
from glassnet.compiled.fused.metric import fused_metrics
from glassnet.compiled.fused.rule import fused_rule

__all__ = ["fuse", "fused", "fused_loss", "fused_metrics", "fused_rule"]


def fuse(step: Any) -> None:
    """Let a training's `Step` use what is compiled."""
    step.root, step.loss = fused(step.root), fused_loss(step.loss)
    step.optimizer, step.metrics = fused_rule(step.optimizer), fused_metrics(step.metrics)
