"""`--log`: where every epoch of every network is logged."""

import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

from glassnet.base.addresses import is_database, is_web, without_password
from glassnet.base.configurable import choose
from glassnet.base.errors import GlassnetError, InputError
from glassnet.base.optional import need
from glassnet.cli import terminal as show
from glassnet.cli.command import as_typed
from glassnet.cli.options import Reading, not_data
from glassnet.cli.run_folder import new_folder
from glassnet.cli.training_options import of_training
from glassnet.training.callbacks.csv_logger import CSVLogger
from glassnet.training.callbacks.epoch_log import EpochLog
from glassnet.training.callbacks.mlflow import MLflow
from glassnet.training.callbacks.tensorboard import TensorBoard

FOLDER = "logs"  # of TensorBoard by default
KINDS = ("csv", "mlflow", "tensorboard")

Log = Annotated[
    list[str] | None,
    of_training("--log", metavar="KIND[:PLACE]", help="Log every epoch: csv[:FILE], "
                "tensorboard[:FOLDER] or mlflow[:URI]; repeat for more."),
]  # fmt: skip


class Asked(NamedTuple):
    """A kind of log, and its place if one was given."""

    kind: str
    place: str

    def __str__(self) -> str:
        return f"--log {self.kind}:{self.place}" if self.place else f"--log {self.kind}"


def asked(given: Sequence[str] | None) -> list[Asked]:
    """What `--log` asks for, checked before the work; folders come last, since they are made."""
    found = []
    for text in given or ():
        kind, colon, place = text.partition(":")
        choose("kind of --log", kind, KINDS)
        if colon and not place:
            raise InputError(f"--log is {text!r}: expected a place after the colon, or none")
        if kind != "csv":
            need(kind, f"--log {kind}")
        found.append(Asked(kind, place))
    for each in found:
        if found.count(each) > 1:
            raise InputError(f"{each} is given twice: leave out one")
    return sorted(found)


def only_servers(wanted: Iterable[Asked]) -> None:
    """InputError for what would be written on the machine that trains, which is another one."""
    for each in wanted:
        server = is_web(each.place) or (is_database(each.place) and "sqlite" not in each.place)
        if each.kind != "mlflow" or not server:
            raise InputError(
                f"{each}: with --dask, networks train on other machines: log to a server, such as "
                "--log mlflow:http://HOST:5000"
            )


def logs(
    wanted: Iterable[Asked], name: str, csv: Path, source: Reading | None, fresh: bool = True
) -> list[EpochLog]:
    """The callbacks: of one network, or to be copied for several.

    `name` is that of all that is trained: the experiment in MLflow, and the run in TensorBoard's
    folder, with a number after it if it has to be `fresh`. `csv` is the file if none was given.
    """
    tags = {"command": as_typed()}
    if source is not None:
        tags["data"] = without_password(source.source)
    made = []
    for each in wanted:
        try:
            made.append(_log(each, name, csv, source, fresh, tags))
        except GlassnetError as error:
            raise InputError(f"--log: {str(error).removeprefix('--log: ')}") from None
    return made


def _log(
    wanted: Asked, name: str, csv: Path, source: Reading | None, fresh: bool, tags: dict[str, str]
) -> EpochLog:
    if wanted.kind == "csv":
        return CSVLogger(not_data(Path(wanted.place or csv), source))
    if wanted.kind == "mlflow":
        experiment = os.environ.get("MLFLOW_EXPERIMENT_NAME") or name
        tags = {**tags, "mlflow.source.name": tags["command"]}
        return MLflow(wanted.place or None, experiment, tags=tags)
    folder = Path(wanted.place or FOLDER) / name
    return TensorBoard(new_folder(folder, "--log") if fresh else folder, about=tags)


def say_where(
    made: Sequence[EpochLog], several: bool = False, say: Callable[[str], None] = show.say
) -> None:
    """Print where the epochs are."""
    places = [each.of_network("…").place if several else each.place for each in made]
    if places:
        say(f"logged to {', '.join(places)}")
