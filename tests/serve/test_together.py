"""Requests stacked in front of the batch give each the bits that it has alone."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from threading import current_thread
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.nn.layers.base import LAYERS
from glassnet.serve.together import Together, outputs
from tests.serve.asking import run_apart

NETWORKS = {
    "dense": ("dense 300, gelu, dense 100, tanh, dense 7", (130,)),
    "norm": ("dense 64, layernorm, silu, dense 3", (13,)),
    "conv": ("conv 16, batchnorm, relu, maxpool, conv 32, relu, flatten, dense 10", (14, 14, 1)),
}


def same_bits(network: gn.Sequential, rows: int) -> None:
    rng = np.random.default_rng(rows)
    for requests in (2, 5, 33):
        shape = (requests, rows, *(network.input_shape or ()))
        whole = network.input_dtype.kind == "i"
        x = rng.integers(0, 2, shape) if whole else rng.normal(size=shape).astype(network.dtype)
        alone = np.stack([network.outputs(each) for each in x])
        assert outputs(network, x).tobytes() == alone.tobytes()


@pytest.mark.parametrize("rows", [1, 2, 3, 17])
@pytest.mark.parametrize("kind", LAYERS)
def test_every_layer(kind: str, rows: int) -> None:
    for settings in LAYERS[kind].examples:
        layer = LAYERS[kind].from_config(settings)
        shape = LAYERS[kind].example_input
        same_bits(gn.Sequential([layer], input_shape=shape, seed=0), rows)


@pytest.mark.parametrize("rows", [1, 2, 3, 64])
@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name: str, rows: int) -> None:
    words, shape = NETWORKS[name]
    same_bits(gn.Sequential(words, input_shape=shape, seed=0), rows)


def test_one_batch_of_all_would_not() -> None:
    """The reason for the axis in front: remove it when this fails."""
    network = gn.Sequential("dense 300, gelu, dense 7", input_shape=130, seed=0)
    x = np.random.default_rng(0).normal(size=(40, 1, 130)).astype(np.float32)
    alone = np.concatenate([network.outputs(each) for each in x])
    assert network.outputs(x[:, 0]).tobytes() != alone.tobytes()


class Counted(gn.Sequential):
    """Counts its passes."""

    passes = 0

    def activations(self, x: Any) -> Any:
        self.passes += 1
        return super().activations(x)


def test_those_that_come_together_take_one_pass() -> None:
    network = Counted([gn.Dense(1)], input_shape=4, seed=0)
    network.task, network.loss = "values", gn.MeanSquared()  # type: ignore[assignment]
    x = np.zeros((1, 4), np.float32)

    async def ask() -> list[bytes]:
        with ThreadPoolExecutor(1) as thread:
            together = Together(network, thread)
            many = [together.predict(x) for _ in range(100)]
            two = [together.predict(np.zeros((2, 4), np.float32)) for _ in range(3)]
            return await asyncio.gather(*many, *two)

    found = run_apart(ask())
    assert [each.count(b"prediction") for each in found] == [1] * 100 + [2] * 3
    assert network.passes == 2  # one for each number of rows


def test_while_a_large_network_predicts_the_next_requests_gather() -> None:
    network = Counted([gn.Dense(2100, "relu"), gn.Dense(1)], input_shape=2100, seed=0)
    network.task, network.loss = "values", gn.MeanSquared()  # type: ignore[assignment]
    xs = np.random.default_rng(0).normal(size=(41, 1, 2100)).astype(np.float32)
    threads = set[str]()

    class Noting(ThreadPoolExecutor):
        def submit(self, work: Any, /, *args: Any, **more: Any) -> Any:
            def noted() -> Any:
                threads.add(current_thread().name)
                return work(*args, **more)

            return super().submit(noted)

    async def ask() -> list[bytes]:
        with Noting(1, "predicting") as thread:
            together = Together(network, thread)
            first = asyncio.create_task(together.predict(xs[0]))
            await asyncio.sleep(0.001)  # it has begun
            rest = [together.predict(x) for x in xs[1:]]
            return await asyncio.gather(first, *rest)

    found = run_apart(ask())
    assert threads == {"predicting_0"}
    assert network.passes <= 2
    for x, said in zip(xs, found, strict=True):
        assert said == b'[{"prediction":%s}]' % str(network.outputs(x)[0, 0]).encode()


def test_an_error_reaches_those_who_asked_and_no_others() -> None:
    network = gn.Sequential([gn.Dense(3)], input_shape=4, seed=0)
    network.task, network.loss = "values", gn.MeanSquared()  # type: ignore[assignment]

    async def ask() -> list[Any]:
        with ThreadPoolExecutor(1) as thread:
            together = Together(network, thread)
            wrong = together.predict(np.zeros((2, 5), np.float32))
            right = together.predict(np.zeros((1, 4), np.float32))
            found = await asyncio.gather(wrong, right, return_exceptions=True)
            return [*found, await together.predict(np.zeros((1, 4), np.float32))]

    wrong, right, later = run_apart(ask())
    assert isinstance(wrong, ValueError)
    assert right == later
