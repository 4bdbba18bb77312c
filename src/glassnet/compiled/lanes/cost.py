"""About how long a step takes: in lanes, by a compiled program for each network, and by NumPy.

Measured in processor time on one core (AMD EPYC, AVX-512, float32, other programs running), with 4
to 32 networks 2-64-2 to 784-256-10 and batches of 10 to 128: estimates are within a quarter of it.
Microseconds per network and step, for 32 networks and plain gradient descent:

    network      batch   lanes   NumPy
    2-64-2          10     0.7     4.5
    8-32-16-4       32     3.4    11.0
    30-64-10        32     8.5    18.3
    100-100-10      32    28.9    50.3    (Adam: 33.1, 94.2)
    784-64-10       10    72      132
    784-64-10       32   206      237
    784-64-10      128   588      581
    784-128-64-10   32   578      469     (16 networks)
    784-256-10     128  4902     2023     (16 networks)

Their arithmetic is equally fast. NumPy also pays for its calls and for passes over the arrays
between products; lanes pay for every lane, even an empty one, and for weights that do not fit into
the cache, since each of theirs is a vector. A program pays for small products, which fill no
vector. With Adam, all three:

    network      batch   networks   lanes   programs   NumPy
    2-64-3          10         32     1.8        3.7    14.8
    8-32-16-3       32         32     4.7       11.7    10.2
    30-64-3         32         32     9.9       12.7    25.4
    100-100-3       32          8    56.8       26.7    58.4
    100-100-3       32         32    32.4       29.6    68.4
    50-128-128-3   128          8   465        218     288
    50-128-128-3   128         32   360        303     312
"""

from typing import NamedTuple

from glassnet.base.arrays import Array
from glassnet.compiled.lanes.chain import DENSE
from glassnet.compiled.lanes.tiles import VECTOR

MULTIPLY_ADD = 2.6e-11  # seconds, in one lane or by BLAS, and more in lanes
FROM_MEMORY = 3e-11  # if weights and gradients take `CACHED` bytes and `LARGE` more
CACHED, LARGE = 4e6, 1e7
BLOCK, GATHERED, OUTPUT, WEIGHT = (
    1e-6,
    1e-9,
    3e-10,
    1.5e-10,
)  # seconds for a step, an input, a unit, a weight
PROGRAM, PROGRAM_UNIT, PROGRAM_WEIGHT = 4e-6, 1.5e-9, 4e-11  # for a step, a unit, a weight
STEP, INPUT, UNIT, NUMBER = 5e-5, 7e-10, 2.5e-9, 3e-10  # the same of NumPy


class Work(NamedTuple):
    """What a network does in a step, counted: samples times inputs, times the outputs of all
    layers, and times weights; and weights, times how often the rule passes over them."""

    inputs: float
    outputs: float
    products: float
    weights: float
    passes: float

    @classmethod
    def of(cls, rows: Array, batch: float, moments: int) -> "Work":
        """The work of the network of a table."""
        dense = rows[rows[:, 0] == DENSE]
        weights = float((dense[:, 1] * dense[:, 2]).sum())
        outputs = float(dense[:, 2].sum())
        return cls(
            batch * float(rows[0, 1]), batch * outputs, 3 * batch * weights, weights,
            (3 + 2 * moments) * (weights + outputs),
        )  # fmt: skip

    def in_lanes(self, lanes: int) -> float:
        """Seconds that a step takes for a block."""
        large = min(max((2 * VECTOR * self.weights - CACHED) / LARGE, 0.0), 1.0)
        each = (MULTIPLY_ADD + large * FROM_MEMORY) * self.products
        each += GATHERED * self.inputs + OUTPUT * self.outputs + WEIGHT * self.passes
        return BLOCK + lanes * each

    def by_program(self) -> float:
        """Seconds that a step takes for each network."""
        each = PROGRAM_UNIT * self.outputs + PROGRAM_WEIGHT * self.passes
        return PROGRAM + MULTIPLY_ADD * self.products + each

    def by_numpy(self, networks: int) -> float:
        """Seconds that a step takes for this many networks."""
        each = MULTIPLY_ADD * self.products + INPUT * self.inputs
        return STEP + networks * (each + UNIT * self.outputs + NUMBER * self.passes)
