"""Pieces of work side by side: the same results in the same order, whoever else is at work."""

import contextlib
import multiprocessing
import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import glassnet as gn
from glassnet.base import threads
from glassnet.base.threads import all_together, one_blas_thread, one_thread, side_by_side


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Two processors and two threads of BLAS, whatever this machine has."""
    limits = pytest.importorskip("threadpoolctl").threadpool_limits
    monkeypatch.setattr(threads, "available", lambda: 2)
    with limits(2):
        yield


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


def test_all_threads_heed_the_numerical_warnings_of_the_caller(two: None) -> None:
    barrier = threading.Barrier(2, timeout=10)

    def work(_: int) -> Any:
        barrier.wait()
        return np.float32(1e30) * np.float32(1e30)

    with np.errstate(over="ignore"):
        assert side_by_side(work, range(2)) == [np.inf, np.inf]
    with np.errstate(over="raise"), pytest.raises(FloatingPointError):
        side_by_side(work, range(2))


def test_an_error_reaches_the_caller_and_leaves_the_threads_free(two: None) -> None:
    def work(n: int) -> int:
        if n == 3:
            raise ValueError("three")
        return n

    with pytest.raises(ValueError, match="three"):
        side_by_side(work, range(8))
    assert len(names(range(2))) == 2


def test_an_index_error_of_the_work_is_an_error(two: None) -> None:
    def work(n: int) -> int:
        return [0, 1, 2][n]

    with pytest.raises(IndexError):
        side_by_side(work, range(5))


def test_whoever_is_free_takes_the_next_piece(two: None) -> None:
    """The first piece waits for the last, which another thread has to reach meanwhile."""
    last = threading.Event()

    def work(n: int) -> bool:
        if n == 9:
            last.set()
        return last.wait(10) if n == 0 else True

    assert side_by_side(work, range(10)) == [True] * 10


def test_blas_has_its_threads_back(two: None) -> None:
    def numbers(_: Any = None) -> list[int]:
        found = threads._libraries().info()  # those that were there: SciPy brings one of its own
        return [each["num_threads"] for each in found if each["user_api"] == "blas"]

    before = numbers()
    assert 2 in before
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


def test_all_are_there_at_once_and_the_first_ones_result_is_returned(two: None) -> None:
    barrier = threading.Barrier(2, timeout=10)

    def work(member: int, count: int) -> tuple[int, int]:
        barrier.wait()
        return member, count

    assert all_together(work, 2) == (0, 2)
    with one_thread():  # then one has to do it all
        assert all_together(lambda member, count: (member, count), 2) == (0, 1)
    assert all_together(work, 2) == (0, 2)


def test_an_error_of_any_reaches_the_caller(two: None) -> None:
    def work(member: int, count: int) -> None:
        if member == count - 1:
            raise ValueError("the last")

    with pytest.raises(ValueError, match="the last"):
        all_together(work, 2)
    assert all_together(lambda member, count: count, 2) == 2


def test_ctrl_c_is_heard_when_all_have_ended(two: None) -> None:
    ended = []

    def work(member: int, count: int) -> None:
        if member == 0:
            signal.raise_signal(signal.SIGINT)
        time.sleep(0.2)
        ended.append(member)

    with pytest.raises(KeyboardInterrupt):
        all_together(work, 2)
    assert sorted(ended) == [0, 1]


def test_a_thread_that_cannot_begin_leaves_none_waiting(
    two: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin, begun = threading.Thread.start, []

    def start(thread: threading.Thread) -> None:
        if begun:
            raise RuntimeError("can't start new thread")
        begun.append(thread)
        begin(thread)

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RuntimeError, match="can't start"):
        all_together(lambda member, count: pytest.fail("it ran alone"), 2)
    assert not begun[0].is_alive()


def test_blas_has_its_threads_back_in_whatever_order_they_are_given_up(two: None) -> None:
    from threadpoolctl import threadpool_info

    def numbers() -> list[int]:
        return [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]

    before = numbers()
    assert 2 in before
    one, other = one_blas_thread(), one_blas_thread()
    one.__enter__()
    other.__enter__()
    one.__exit__(None, None, None)
    assert set(numbers()) == {1}
    other.__exit__(None, None, None)
    assert numbers() == before
