"""Memory that a step frees, kept for the next."""

import ctypes
import os
from functools import cache

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # glibc's names, in malloc.h
LARGEST = 2**25  # bytes of a block, above which glibc maps it in any case
KEPT = 2**27  # bytes


@cache
def keep_freed_memory() -> None:
    """Let the C library keep what a step frees, up to 128 MB, for the next step.

    glibc hands larger blocks back to the system, and each is made of empty pages when it is taken
    again: 7,000 page faults in a step of convolutions, an eighth of its time. C libraries without
    `mallopt` are left as they are.
    """
    if os.name == "posix" and (mallopt := getattr(ctypes.CDLL(None), "mallopt", None)):
        mallopt(MMAP_THRESHOLD, LARGEST)
        mallopt(TRIM_THRESHOLD, KEPT)
