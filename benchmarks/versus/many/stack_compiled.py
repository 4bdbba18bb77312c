"""glassnet: all networks as one `Stack`, with compiled steps."""

from functools import partial

from benchmarks.versus.many import stack

train = partial(stack.train, engine="compiled")
