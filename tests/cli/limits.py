"""What a process may not do: write long files, read and write without permission, or draw."""

import ctypes
import os
import resource
import signal

from glassnet.inspection.plots import figures
from tests.undrawn import no_picture

CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH = 1, 2
PR_CAPBSET_DROP = 24
VERSION = 0x20080522  # of the structures that capget and capset take


def size_of_files(most: int) -> None:
    """No file may grow beyond so many bytes: as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


def privileges(few: int = 0) -> None:
    """Make permissions count for root too, in this process and in what it starts."""
    if os.geteuid() != 0:
        return
    libc, header, sets = ctypes.CDLL(None), (ctypes.c_uint32 * 2)(VERSION), (ctypes.c_uint32 * 6)()
    failed = libc.capget(header, sets)
    for capability in (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH):
        failed |= libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
        sets[0] &= ~(1 << capability)  # the effective ones; the permitted ones follow them
        sets[1] &= ~(1 << capability)
    if failed or libc.capset(header, sets):
        os._exit(99)


def pictures(few: int = 0) -> None:
    """Files of pictures have no picture in them: drawing takes half the time of short trainings."""
    figures.write = no_picture
