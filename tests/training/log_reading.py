"""Logs read back by the packages whose formats they are."""

import csv
import warnings
from pathlib import Path
from typing import Any


def rows_of(path: Path) -> list[dict[str, float]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [{n: float(text) for n, text in row.items()} for row in csv.DictReader(file)]


def events_of(folder: Path) -> Any:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    return events.Reload()


def scalars_of(folder: Path) -> dict[str, list[tuple[int, float]]]:
    events = events_of(folder)
    return {
        tag: [(each.step, each.value) for each in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def hyperparameters_of(folder: Path) -> dict[str, Any]:
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    [content] = [
        text
        for tag, text in events_of(folder).PluginTagToContent("hparams").items()
        if "start" in tag
    ]
    found = HParamsPluginData.FromString(content).session_start_info.hparams
    return {name: getattr(each, each.WhichOneof("kind")) for name, each in found.items()}


def client_of(uri: str) -> Any:
    from mlflow import MlflowClient

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MlflowClient(uri)


def runs_of(uri: str, experiment: str = "Default") -> list[Any]:
    client = client_of(uri)
    found = client.get_experiment_by_name(experiment)
    return sorted(client.search_runs([found.experiment_id]), key=lambda run: run.info.start_time)


def metrics_of(uri: str, run: Any) -> dict[str, list[tuple[int, float]]]:
    client = client_of(uri)
    return {
        name: sorted((each.step, each.value) for each in client.get_metric_history(
            run.info.run_id, name)) for name in run.data.metrics
    }  # fmt: skip
