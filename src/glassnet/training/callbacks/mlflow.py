"""Every epoch in a run of MLflow."""

import logging
import os
import sys
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import RLock
from typing import Any, Self

from glassnet.base.addresses import is_database, is_web, without_password
from glassnet.base.description import Kind
from glassnet.base.errors import InputError, InputTypeError
from glassnet.base.optional import need
from glassnet.base.version import VERSION
from glassnet.training.callbacks.epoch_log import EpochLog, in_a_line

SECONDS_BETWEEN = 1.0  # from one request to the next; the epochs in between go together
SECONDS_DOWN = 10.0  # for which a server that failed is not asked again
AT_ONCE = 1000  # metrics in a request: MLflow's own limit
OURS = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",  # MLflow's own are two minutes, eight times
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # our output may be read by a program
}
NOISY = ("mlflow", "alembic", "urllib3")  # loggers
STATUS = {"finished": "FINISHED", "interrupted": "KILLED", "failed": "FAILED"}

RUN = Kind(
    "the id of a run, or null",
    lambda value: value is None or (isinstance(value, str) and value.isalnum()),
)


class MLflow(EpochLog):
    """Log each epoch's metrics and learning rate to a run of MLflow.

    Steps are epochs, from 1; values are float64. The settings of the training are the run's
    parameters. A training that resumes from a checkpoint continues its run.

    - `uri`: where runs are kept: the address of a server, or a database such as
      sqlite:///mlflow.db. By default what MLflow is set to (MLFLOW_TRACKING_URI).
    - `experiment`: its name; it is created if there is none. By default MLFLOW_EXPERIMENT_NAME,
      or "Default".
    - `name`: of the run; by default MLflow makes one up. Network k of a stack is NAME-k, or k.
    - `settings`: parameters in addition.
    - `tags`: in addition to the version of glassnet and the program.

    A server has ten seconds to reply, twice, unless MLflow's own variables say otherwise
    (MLFLOW_HTTP_REQUEST_TIMEOUT, MLFLOW_HTTP_REQUEST_MAX_RETRIES).

    Raises `MissingPackageError` without the package mlflow-skinny, and `InputError` if nothing can
    be logged there.
    """

    def __init__(
        self,
        uri: str | None = None,
        experiment: str | None = None,
        name: str | None = None,
        settings: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        for what, given in (("uri", uri), ("experiment", experiment), ("name", name)):
            if given is not None and not (isinstance(given, str) and given):
                raise InputTypeError(f"MLflow: {what} is {given!r}, expected a text")
        self.uri, self.experiment, self.name = uri, experiment, name
        self.settings, self.tags = settings, tags
        self.reset()
        for package in ("mlflow", *(("sqlalchemy", "alembic") if is_database(uri) else ())):
            need(package, "MLflow")
        try:
            with STORE.asked(uri) as client:
                client.get_experiment_by_name(self._experiment)
        except Exception as error:
            raise InputError(f"cannot log to {self.place}: {self.reason(error)}") from None

    @property
    def place(self) -> str:
        """Where it logs to, in words."""
        return f"MLflow at {without_password(self.uri)}" if self.uri else "MLflow"

    @property
    def _experiment(self) -> str:
        return self.experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME") or "Default"

    def of_network(self, name: str, settings: Mapping[str, Any] | None = None) -> Self:
        """A copy for another run: the `name` of the network comes after its own; `settings` are
        parameters in addition."""
        whole = f"{self.name}-{name}" if self.name else name
        return self.copy(name=whole, settings={**(self.settings or {}), **(settings or {})})

    def reset(self) -> None:
        """Forget the training before."""
        self.run: str | None = None
        self.sent = 0.0  # when metrics were sent last
        self.known: dict[str, dict[int, float]] | None = None  # what a resumed run has

    def state(self) -> dict[str, Any]:
        """What it remembers: its run too."""
        return {**super().state(), "run": self.run}

    def more_state(self) -> dict[str, Any]:
        """The id of a run; where it is kept is for the settings to say."""
        return {"run": RUN}

    def restore(self, state: dict[str, Any]) -> None:
        """Remember this `state` again."""
        super().restore(state)
        self.run = state["run"]

    def reason(self, error: Exception) -> str:
        """Why something failed, in short: MLflow's `error` says it at length."""
        said = in_a_line(error)
        if "maintenance mode" in said:
            return "a folder is no store any more: give a server, or sqlite:///mlflow.db"
        if "failed with exception" in said:
            return "no server replies there: check the address, or start one with `mlflow server`"
        return said.partition(". ")[0]

    def due(self) -> bool:
        """Whether the last request was long enough ago."""
        return time.monotonic() - self.sent >= SECONDS_BETWEEN

    def start(self) -> None:
        """Create a run, or find what the one that continues has."""
        if self.known is not None:
            return
        with STORE.asked(self.uri) as client:
            if self.run is None:
                self._create(client)
                self.known = {}
                return
            client.update_run(self.run, status="RUNNING")
            self.known = {
                name: {each.step: each.value for each in client.get_metric_history(self.run, name)}
                for name in self.table
            }

    def _create(self, client: Any) -> None:
        """A run, with tags and parameters."""
        found = client.get_experiment_by_name(self._experiment)
        number = found.experiment_id if found else client.create_experiment(self._experiment)
        program = {"mlflow.source.name": sys.argv[0], "mlflow.source.type": "LOCAL"}
        tags = {**program, "glassnet.version": VERSION, **(self.tags or {})}
        run = client.create_run(number, tags=tags, run_name=self.name)
        settings = {**self.described(), **(self.settings or {})}
        param = need("mlflow.entities", "MLflow").Param
        client.log_batch(
            run.info.run_id, params=[param(name, str(value)) for name, value in settings.items()]
        )
        self.run = run.info.run_id

    def write(self) -> None:
        """Send the epochs that the run does not have."""
        self.start()
        rows = self.rows()
        self._send({(name, epoch): value for epoch, row in rows for name, value in row.items()})
        self.known, self.sent = {}, time.monotonic()

    def end(self) -> None:
        """Say how the training ended."""
        self.start()
        with STORE.asked(self.uri) as client:
            client.set_terminated(self.run, STATUS[self.outcome()])

    def add(self, metrics: Mapping[str, float]) -> None:
        """Add these `metrics` of the trained network, at the last epoch."""
        self.start()
        self._send({(name, self.table.epochs): value for name, value in metrics.items()})

    def _send(self, metrics: Mapping[tuple[str, int], float]) -> None:
        """Send metrics by name and step, less those that are there."""
        metric, now = need("mlflow.entities", "MLflow").Metric, int(1000 * time.time())
        new = [
            metric(name, value, now, step)
            for (name, step), value in metrics.items()
            if not self._has(name, step, value)
        ]
        with STORE.asked(self.uri) as client:
            for first in range(0, len(new), AT_ONCE):
                client.log_batch(self.run, metrics=new[first : first + AT_ONCE])

    def _has(self, name: str, step: int, value: float) -> bool:
        """Whether a run that continues has this; how long an epoch took is never the same."""
        there = (self.known or {}).get(name, {})
        return step in there and (name == "seconds" or repr(there[step]) == repr(value))


class Store:
    """Where runs are kept, asked by one thread at a time, with patience and without noise."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.failed: dict[str, float] = {}  # when a server failed

    @contextmanager
    def asked(self, uri: str | None) -> Iterator[Any]:
        """MLflow's client."""
        with self.lock, environment(), quiet():
            since = time.monotonic() - self.failed.get(str(uri), -SECONDS_DOWN)
            if since < SECONDS_DOWN:
                raise ConnectionError("it failed a moment ago")
            try:
                yield need("mlflow.tracking", "MLflow").MlflowClient(uri)
            except Exception:
                if is_web(uri):
                    self.failed[str(uri)] = time.monotonic()
                raise


STORE = Store()


@contextmanager
def environment() -> Iterator[None]:
    """A server that does not reply is not waited for long, and prints no links to its runs, unless
    the user has said otherwise."""
    ours = {name: value for name, value in OURS.items() if name not in os.environ}
    os.environ.update(ours)
    try:
        yield
    finally:
        for name in ours:
            os.environ.pop(name, None)


@contextmanager
def quiet() -> Iterator[None]:
    """No messages of MLflow and of what it is built on: errors are reported by the callback."""
    loggers = [logging.getLogger(name) for name in NOISY]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
