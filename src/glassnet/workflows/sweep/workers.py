"""Where units of a sweep are trained: here, in processes of this machine, or on a Dask cluster.

Each is trained with one thread: the processors are kept busy by units side by side, and a sum
is the same number wherever it was made.
"""

import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from glassnet.base.configurable import named
from glassnet.base.errors import InputError
from glassnet.base.optional import need
from glassnet.base.threads import one_thread, one_thread_from_now_on
from glassnet.data import Dataset
from glassnet.stack import MEMORY
from glassnet.training.callbacks.epoch_log import EpochLog
from glassnet.workflows.sweep.sweep import Row, Trial, run_unit
from glassnet.workflows.ticks import Epochs, Tick, ignore

SECONDS_TO_CONNECT = 10


@named
def here(
    units: Iterable[list[Trial]],
    data: Dataset,
    memory: float = MEMORY,
    tick: Tick = ignore,
    logs: Sequence[EpochLog] = (),
) -> Iterator[list[Row]]:
    """Train one unit after another in this process; returns the rows of each.

    - `units`: each a list of trials that can be one stack.
    - `data`: what they are trained on.
    - `memory=2**30`: bytes that a stack may take.
    - `tick`: is called for each epoch of each network; by default nothing is.
    - `logs`: of which each network has copies with a name of its own.
    """
    for unit in units:
        epochs = Epochs(tick)
        with one_thread():
            rows = run_unit(unit, data, memory, [epochs], logs)
        tick(sum(trial.experiment.training.epochs for trial in unit) - epochs.reported)
        yield rows


def in_processes(
    units: Iterable[list[Trial]],
    data: Dataset,
    jobs: int,
    memory: float = MEMORY,
    tick: Tick = ignore,
    logs: Sequence[EpochLog] = (),
) -> Iterator[list[Row]]:
    """Train as many at once as there are `jobs`, each in its own process; rows as they come."""
    with need("joblib", "--jobs").parallel_config("loky", n_jobs=jobs):
        yield from _side_by_side(units, data, memory, tick, logs)


def on_cluster(
    units: Iterable[list[Trial]],
    data: Dataset,
    address: str,
    memory: float = MEMORY,
    tick: Tick = ignore,
    logs: Sequence[EpochLog] = (),
) -> Iterator[list[Row]]:
    """Train on the workers of a Dask scheduler; the units of a worker that is lost go to others."""
    distributed, joblib = need("distributed", "--dask"), need("joblib", "--dask")
    try:
        client = distributed.Client(address, timeout=SECONDS_TO_CONNECT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise InputError(
            f"--dask {address}: no scheduler answers ({error}); start one with `dask scheduler`"
        ) from None
    with client, joblib.parallel_config("dask", client=client, scatter=[data]):
        if not client.ncores():
            raise InputError(
                f"--dask {address}: the scheduler has no worker: start one with "
                f"`dask worker {address} --nthreads 1`"
            )
        yield from _side_by_side(units, data, memory, tick, logs)


def _side_by_side(
    units: Iterable[list[Trial]],
    data: Dataset,
    memory: float,
    tick: Tick,
    logs: Sequence[EpochLog],
) -> Iterator[list[Row]]:
    joblib = need("joblib", "--jobs")
    parallel = joblib.Parallel(batch_size=1, return_as="generator_unordered")
    calls = (joblib.delayed(_elsewhere)(unit, data, memory, logs) for unit in units)
    with closing(parallel(calls)) as done:
        for rows in done:
            tick(sum(row["epochs"] for row in rows))
            yield rows


def _elsewhere(
    unit: list[Trial], data: Dataset, memory: float, logs: Sequence[EpochLog]
) -> list[Row]:
    """Train a unit in a process that does nothing else: its threads stay at one, and Ctrl-C, which
    a terminal sends to all processes, is for the one that started it."""
    one_thread_from_now_on()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    with ThreadPoolExecutor(1) as pool:  # only in the main thread does a training ask for Ctrl-C
        return pool.submit(run_unit, unit, data, memory, logs=logs).result()
