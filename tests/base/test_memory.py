"""A step of convolutions takes its memory from what the step before has freed."""

import platform

import numpy as np
import pytest

import glassnet as gn

FEW = 300  # page faults, of the thousands that memory anew would take


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="limits of glibc")
def test_steps_use_the_same_memory() -> None:
    import resource

    faults = [0]

    class Count:
        def on_epoch_end(self, epoch: int, logs: object) -> None:
            faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)

    layers = [gn.Conv2D(16), gn.BatchNorm(), gn.ReLU(), gn.Flatten(), gn.Dense(2)]
    net = gn.Sequential(layers, input_shape=(28, 28, 1), seed=0)
    x = np.random.default_rng(0).normal(size=(128, 28, 28, 1))
    net.fit(x, np.arange(128) % 2, epochs=8, batch_size=64, callbacks=[Count()])
    assert min(np.diff(faults[3:])) < FEW
