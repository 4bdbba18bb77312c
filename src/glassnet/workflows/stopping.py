"""Early stopping: what ends a training by itself, and which epoch's weights were kept."""

from collections.abc import Iterable, Sequence
from math import isfinite
from typing import NamedTuple

from glassnet.nn.metrics import rises
from glassnet.nn.metrics.names import metric_name
from glassnet.nn.network import Network
from glassnet.training.callbacks.history import DIVERGED, History
from glassnet.training.callbacks.stopping import Best, EarlyStopping
from glassnet.workflows.spec import Training

KEPT = "early_stopping"  # in what a network's `trained` says
LEAST_GAIN = 1e-6  # of the loss: one that is nearly 0 falls a little for ever


def stopping(how: Training) -> list[EarlyStopping]:
    """What stops a network that no longer improves, by the loss or the metric that is asked for."""
    if not (how.patience and how.validation):
        return []
    monitor = f"val_{how.metric or 'loss'}"
    return [EarlyStopping(monitor, patience=how.patience, min_delta=least_gain(monitor))]


def least_gain(monitor: str) -> float:
    """By how much a watched metric has to improve to count.

    - `monitor`: its name. The loss counts in nats, or in standard deviations of the target; other
      metrics may have any unit.

    >>> least_gain("val_loss"), least_gain("val_roc_auc")
    (1e-06, 0.0)
    """
    return LEAST_GAIN if monitor == "val_loss" else 0.0


def best_epoch(history: History, how: Training) -> int:
    """The epoch whose weights a training kept, from 1: by early stopping the best, else the last.

    - `history`: of a training.
    - `how`: its settings.

    >>> history = History(val_loss=[0.5, 0.3, 0.4, 0.3])
    >>> best_epoch(history, Training(patience=2, validation=0.2)), best_epoch(history, Training())
    (2, 4)
    """
    kept = history.epochs
    for stop in stopping(how):
        best = Best(stop.monitor, stop.min_delta)
        better = [best.better({stop.monitor: value}) for value in history.get(stop.monitor, [])]
        kept = max((k for k, found in enumerate(better, start=1) if found), default=kept)
    return kept


class Kept(NamedTuple):
    """For how many epochs networks were trained, and which each has kept, from 1.

    - `metric`: that stopped them.
    - `most`: epochs that there could be.
    - `epochs`, `best`: of each network.
    - `judged_by`: the samples that the metric was measured on.

    >>> print(Kept("loss", 200, [57], [37], "24 validation samples"))
    kept epoch 37 of 57 (at most 200): lowest loss on 24 validation samples
    """

    metric: str
    most: int
    epochs: list[int]
    best: list[int]
    judged_by: str

    def __str__(self) -> str:
        which = f"{'highest' if rises(self.metric) else 'lowest'} {metric_name(self.metric)}"
        where = f"{which} on {self.judged_by}"
        if len(self.epochs) == 1:
            return f"kept epoch {self.best[0]} of {self.epochs[0]} (at most {self.most}): {where}"
        return (
            f"trained for {_span(self.epochs)} of at most {self.most} epochs; kept each network's "
            f"best, {_span(self.best)}: {where}"
        )


def kept(histories: Sequence[History], how: Training, judged_by: str = "") -> Kept | None:
    """What early stopping came to; None without it, or if no training came to an epoch.

    - `histories`: of the trainings.
    - `how`: their settings.
    - `judged_by`: the samples that stopped them, by default a share of what each was given.
    """
    begun = _begun(histories)
    if not (begun and stopping(how)):
        return None
    samples = judged_by or f"{100 * how.validation:g} % of its training samples"
    best = [best_epoch(history, how) for history in begun]
    return Kept(how.metric or "loss", how.epochs, [h.epochs for h in begun], best, samples)


def kept_by(networks: Iterable[Network]) -> Kept | None:
    """What early stopping came to in the trainings of all these networks; None without it.

    - `networks`: trained; one may be the mean of several.
    """
    found = [Kept(**one.trained[KEPT]) for one in networks if one.trained.get(KEPT)]
    if not found:
        return None
    where = {each.judged_by for each in found}
    return found[0]._replace(
        epochs=[number for each in found for number in each.epochs],
        best=[number for each in found for number in each.best],
        judged_by=where.pop() if len(where) == 1 else "its validation samples",
    )


def note_kept(
    network: Network, histories: Sequence[History], how: Training, judged_by: str = ""
) -> None:
    """Note in a trained network what early stopping came to, and the metrics of the epoch that is
    kept: of several networks' mean, those of the first."""
    found = kept(histories, how, judged_by)
    if found is None:
        return
    network.trained[KEPT] = found._asdict()
    first, row = _begun(histories)[0], found.best[0] - 1
    metrics = {name: column[row] for name, column in first.items() if name != "seconds"}
    network.trained["figures"] = {n: v for n, v in metrics.items() if isfinite(v)}


def _begun(histories: Sequence[History]) -> list[History]:
    """Those that came to an epoch and did not diverge."""
    return [h for h in histories if h.epochs and not (h.interrupted or "").startswith(DIVERGED)]


def _span(numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{low}" if low == high else f"{low} to {high}"
