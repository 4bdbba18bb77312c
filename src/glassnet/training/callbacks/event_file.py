"""A file of TensorBoard's: events in records, written with the package tensorboard."""

import os
import socket
import time
from collections.abc import Iterable, Mapping
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np

from glassnet.base.arrays import Array
from glassnet.base.disk import append
from glassnet.base.optional import need

BEGIN = "events.out.tfevents."  # of the names of the files that TensorBoard reads
BINS = 30  # of a histogram, as many as TensorBoard's own
NUMBERS = count()  # of the files of this process

Value = dict[str, Any]  # the fields of a `Summary.Value`


class EventFile:
    """A new file in a folder, which TensorBoard reads after those that are there.

    From there on it forgets what they say of `step` and of later ones.
    """

    def __init__(self, folder: Path, step: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / _last_name(folder)
        proto = _module("compat.proto.event_pb2")
        start = proto.SessionLog(status=proto.SessionLog.START)
        self._append({"file_version": "brain.Event:2"}, {"session_log": start, "step": step})

    def add(self, events: Iterable[tuple[int, Iterable[Value]]]) -> None:
        """Add events, each a step and its values: all of them or none."""
        summary = _module("compat.proto.summary_pb2").Summary
        made = [
            {"step": step, "summary": summary(value=[summary.Value(**each) for each in values])}
            for step, values in events
        ]
        self._append(*made)

    def _append(self, *events: dict[str, Any]) -> None:
        event, records = _module("compat.proto.event_pb2").Event, BytesIO()
        writer = _module("summary.writer.record_writer").RecordWriter(records)
        for each in events:
            writer.write(event(wall_time=time.time(), **each).SerializeToString())
        append(self.path, records.getvalue())


def _last_name(folder: Path) -> str:
    """A name after all others: TensorBoard reads the files of a folder in that order."""
    stamps = [each.name.removeprefix(BEGIN).partition(".")[0] for each in folder.glob(f"{BEGIN}*")]
    last = max((int(stamp) for stamp in stamps if stamp.isdecimal()), default=0)
    stamp = max(int(time.time()), last + 1)
    return f"{BEGIN}{stamp:010d}.{socket.gethostname()}.{os.getpid()}.{next(NUMBERS)}"


def _module(name: str) -> Any:
    return need(f"tensorboard.{name}", "TensorBoard")


# ---- values


def scalars(metrics: Mapping[str, float]) -> list[Value]:
    """Numbers by name, kept in float32."""
    return [{"tag": name, "simple_value": value} for name, value in metrics.items()]


def text(tag: str, lines: Mapping[str, str]) -> Value:
    """Lines by name, as a table in Markdown."""
    rows = [
        "| | |",
        "|---|---|",
        *(f"| {_cell(name)} | {_cell(line)} |" for name, line in lines.items()),
    ]
    [value] = _module("plugins.text.summary_v2").text_pb(tag, "\n".join(rows)).value
    return _fields(value)


def _cell(line: str) -> str:
    return " ".join(str(line).replace("|", "\\|").split())


def hyperparameters(settings: Mapping[str, Any]) -> Value:
    """Settings for the tab HParams: numbers, texts, true or false."""
    [value] = _module("plugins.hparams.summary_v2").hparams_pb(dict(settings)).value
    return _fields(value)


def session_end(success: bool) -> Value:
    """How a training ended, for the same tab."""
    data, metadata = _module("plugins.hparams.plugin_data_pb2"), _module("plugins.hparams.metadata")
    status = _module("plugins.hparams.api_pb2").Status
    info = data.SessionEndInfo(
        status=status.Value("STATUS_SUCCESS" if success else "STATUS_FAILURE"),
        end_time_secs=time.time(),
    )
    return {
        "tag": metadata.SESSION_END_INFO_TAG,
        "metadata": metadata.create_summary_metadata(data.HParamsPluginData(session_end_info=info)),
        "tensor": metadata.NULL_TENSOR,
    }


def histogram(tag: str, values: Array) -> Value:
    """How many numbers lie where: rows of a bin's left and right end and its count."""
    counts, ends = np.histogram(values, BINS)
    rows = np.stack([ends[:-1], ends[1:], counts], axis=1).astype(np.float64)
    metadata = _module("plugins.histogram.metadata").create_summary_metadata(
        display_name=None, description=None
    )
    return {
        "tag": tag,
        "metadata": metadata,
        "tensor": _module("util.tensor_util").make_tensor_proto(rows),
    }


def _fields(value: Any) -> Value:
    return {"tag": value.tag, "metadata": value.metadata, "tensor": value.tensor}
