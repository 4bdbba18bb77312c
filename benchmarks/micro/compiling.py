"""Where the time goes when the steps of dense networks are compiled for the first time.

python -m benchmarks.micro.compiling
"""

import tempfile
import time
from collections import Counter

import numpy as np
from numba.core import config, event

import glassnet as gn

STAGES = {
    "native_lowering": "LLVM: optimised code for each function and for its callers",
    "nopython_type_inference": "types of every variable",
}
SHOWN = 8  # functions


class Stopwatch(event.Listener):
    """Seconds of each pass of the compiler, by pass and by function, without those within it."""

    def __init__(self) -> None:
        self.open: list[list[float]] = []
        self.passes, self.functions, self.count = Counter[str](), Counter[str](), 0

    def on_start(self, begun: event.Event) -> None:
        """A pass begins, perhaps within another."""
        self.open.append([time.perf_counter(), 0.0])

    def on_end(self, ended: event.Event) -> None:
        """Add its own time."""
        begin, within = self.open.pop()
        took = time.perf_counter() - begin
        stage, _, function = str(ended.data["name"]).partition(" ")
        self.count += stage == "native_lowering"
        self.passes[STAGES.get(stage, "everything else")] += took - within
        self.functions[function.strip("[]")] += took - within
        if self.open:
            self.open[-1][1] += took


def main() -> None:
    """Compile into an empty folder, and print what took how long."""
    watch = Stopwatch()
    x = np.random.default_rng(0).normal(size=(256, 784)).astype(np.float32)
    network = gn.Sequential("dense 64, relu, dense 10", input_shape=784, seed=0)
    with (
        tempfile.TemporaryDirectory() as folder,
        event.install_listener("numba:run_pass", watch),
    ):
        config.CACHE_DIR = folder
        begin = time.perf_counter()
        network.fit(x, np.arange(256) % 10, epochs=1, engine="compiled")
        whole = time.perf_counter() - begin
    watch.passes["between the passes"] = whole - watch.passes.total()
    for title, found in (("stage", watch.passes), ("function", watch.functions)):
        print(f"{title:60} seconds")
        for name, seconds in found.most_common(SHOWN):
            print(f"{name:60} {seconds:7.2f}")
        print()
    print(f"{f'together, {watch.count} functions':60} {whole:7.2f}")


if __name__ == "__main__":
    main()
