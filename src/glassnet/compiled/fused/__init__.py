"""Steps of large networks: products stay with BLAS, and all between them is one compiled pass each.

`fused(root)`, `fused_loss(loss)`, `fused_rule(optimizer)` and `FusedBatches` take the places of a
network's root, its loss, its rule and its batches in a `Step` and a `Trainer`. What has no compiled
form comes back as it is.
"""

from glassnet.compiled.fused.batches import FusedBatches
from glassnet.compiled.fused.fusing import fused
from glassnet.compiled.fused.loss import fused_loss
from glassnet.compiled.fused.metric import fused_metrics
from glassnet.compiled.fused.rule import fused_rule

__all__ = ["FusedBatches", "fused", "fused_loss", "fused_metrics", "fused_rule"]
