"""The environment of a measurement: the same threads for every library, and the machine."""

import importlib.metadata
import os
import platform
from pathlib import Path
from typing import Any

THREADS = 2
PATH = os.pathsep.join(("src", "."))  # what is measured is this tree, wherever it is
PACKAGES = ("numpy", "numba", "scikit-learn", "torch", "keras", "jax", "jaxlib")


def environment() -> dict[str, str]:
    """The same number of threads for every library, and no settings of this machine."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("OPENBLAS_", "OMP_", "MKL_"))}
    threads = dict.fromkeys(
        ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(THREADS)
    )
    # JAX takes as many threads as there are cores.
    return {
        **own, **threads, "JAX_PLATFORMS": "cpu", "KERAS_BACKEND": "torch", "PYTHONPATH": PATH,
    }  # fmt: skip


def machine() -> dict[str, Any]:
    """Processor, cores, Python and the version of every package."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(": ")[2] for line in lines if line.startswith("model name")]
    versions = {name: found for name in PACKAGES if (found := version(name))}
    return {
        "processor": models[0] if models else platform.processor(),
        "cores": os.cpu_count(),
        "system": platform.system(),
        "python": platform.python_version(),
        "threads": THREADS,
        "versions": versions,
    }


def version(package: str) -> str | None:
    """The version that is installed, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
