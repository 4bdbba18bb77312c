"""Pieces of work side by side: the same results in the same order, whoever else is at work."""

import contextlib
import multiprocessing
import threading
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base import threads
from glassnet.base.threads import one_thread, side_by_side


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processors, whatever this machine has."""
    pytest.importorskip("threadpoolctl")
    monkeypatch.setattr(threads, "available", lambda: 2)


def names(pieces: Any) -> set[str]:
    """The threads in which these pieces were done."""
    barrier = threading.Barrier(2, timeout=0.5)

    def work(_: Any) -> str:
        with contextlib.suppress(threading.BrokenBarrierError):
            barrier.wait()
        return threading.current_thread().name

    return set(side_by_side(work, pieces))


def test_pieces_are_done_side_by_side_in_order(two: None) -> None:
    assert len(names(range(2))) == 2
    assert side_by_side(lambda n: n * n, range(50)) == [n * n for n in range(50)]


def test_what_is_within_a_piece_is_done_in_a_row(two: None) -> None:
    within = side_by_side(lambda _: names(range(2)), range(2))
    assert [len(each) for each in within] == [1, 1]
    with one_thread():
        assert len(names(range(2))) == 1
    assert len(names(range(2))) == 2


def test_an_error_reaches_the_caller_and_leaves_the_threads_free(two: None) -> None:
    def work(n: int) -> int:
        if n == 3:
            raise ValueError("three")
        return n

    with pytest.raises(ValueError, match="three"):
        side_by_side(work, range(8))
    assert len(names(range(2))) == 2


def test_blas_has_its_threads_back(two: None) -> None:
    def numbers(_: Any = None) -> list[int]:
        found = threads._libraries().info()  # those that were there: SciPy brings one of its own
        return [each["num_threads"] for each in found if each["user_api"] == "blas"]

    before = numbers()
    assert before
    assert side_by_side(numbers, range(2)) == [[1] * len(before)] * 2
    assert numbers() == before


def _in_child(queue: Any) -> None:
    queue.put(side_by_side(lambda n: n + 1, range(4)))


def test_a_forked_process_has_threads_of_its_own(two: None) -> None:
    assert side_by_side(abs, [-1, -2]) == [1, 2]
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    with threads.BUSY:  # as if it happened in the middle
        child = context.Process(target=_in_child, args=(queue,))
        child.start()
    assert queue.get(timeout=20) == [1, 2, 3, 4]
    child.join(20)


def test_a_training_is_the_same_to_the_bit_with_any_number_of_threads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = pytest.importorskip("threadpoolctl").threadpool_limits
    x = np.random.default_rng(0).normal(size=(64, 28, 28, 1))
    found = []
    for count in (1, 2, 5):
        threads._pool.cache_clear()
        monkeypatch.setattr(threads, "available", lambda count=count: count)
        layers = [gn.Conv2D(16, activation="relu"), gn.MaxPool2D(), gn.Conv2D(8), gn.Flatten()]
        net = gn.Sequential([*layers, gn.Dense(2)], seed=0)
        with limits(1):
            net.fit(x, np.arange(64) % 2, epochs=2)
        found.append(net.parameters.vector)
    threads._pool.cache_clear()
    for other in found[1:]:
        np.testing.assert_array_equal(found[0], other)
