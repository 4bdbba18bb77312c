"""About how long steps take."""

from glassnet.base.arrays import Array
from glassnet.compiled.lanes.chain import DENSE


def seconds_of_step(table: Array, batch: int, moments: int) -> float:
    """About how long one block takes for one step."""
    dense = table[table[:, 0] == DENSE]
    weights = (dense[:, 1] * dense[:, 2]).sum()
    products = 3 * batch * weights
    others = batch * (table[0, 1] + 6 * table[:, 2].sum()) + (3 + 2 * moments) * weights
    return float(1e-6 + 0.5e-9 * products + 1e-9 * others)
