"""scikit-learn's own callbacks (SLEP023), if its version has them."""

from typing import Any

from glassnet.sklearn.fitted_network import views_of
from glassnet.training.callbacks.protocol import Logs, check_callbacks

try:
    from sklearn import callback as callbacks
except ImportError:  # before scikit-learn 1.9
    callbacks = None

CallbackSupportMixin: Any = callbacks.CallbackSupportMixin if callbacks else object
with_callbacks: Any = callbacks.with_callbacks if callbacks else lambda method: method


def parted(given: Any) -> tuple[list[Any], list[Any]]:
    """Those of scikit-learn's protocol, and ours."""
    theirs = [each for each in given or () if hasattr(each, "on_fit_task_end")]
    return theirs, check_callbacks(each for each in given or () if each not in theirs)


def monitors(estimator: Any, data: tuple[Any, Any], weight: Any, epochs: int) -> list["Monitor"]:
    """What calls scikit-learn's callbacks, if there are any; `epochs` is the most to come."""
    theirs, before = parted(estimator.callbacks)[0], getattr(estimator, "_skl_callbacks", [])
    if not theirs and not before:
        return []
    estimator.set_callbacks(*before, *theirs)
    try:
        context = estimator._init_callback_context(max_subtasks=epochs)
    finally:
        estimator.set_callbacks(*before)  # those of the parameter are not set for good
    return [Monitor(estimator, context, *data, weight)]


class Monitor:
    """A callback of ours that calls scikit-learn's: a task for the fit, and one for each epoch."""

    trainer: Any = None

    def __init__(self, estimator: Any, context: Any, X: Any, y: Any, weight: Any) -> None:
        self.estimator, self.context = estimator, context
        metadata = None if weight is None else {"sample_weight": weight}
        self.given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}

    def on_train_begin(self, logs: Logs) -> None:
        """The fit begins."""
        self.context.call_on_fit_task_begin(**self.given)

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """So does an epoch."""
        self.task = self.context.subcontext(task_name="epoch")
        self.task.call_on_fit_task_begin(**self.given, reconstruction_attributes=self.as_fitted)

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """It is over; a callback may say that this is enough."""
        enough = self.task.call_on_fit_task_end(
            **self.given, reconstruction_attributes=self.as_fitted
        )
        if enough:
            self.trainer.stop("a callback stopped it")

    def on_train_end(self, logs: Logs) -> None:
        """The fit is over."""
        self.context.call_on_fit_task_end(**self.given, reconstruction_attributes=self.as_fitted)

    def as_fitted(self) -> dict[str, Any]:
        """What a copy of the estimator needs to predict as it would now."""
        if self.trainer is None:
            return {}  # an ensemble, all of it trained
        now = views_of(self.trainer.network.copy())
        return {"_views": now, "coefs_": list(now.coefs), "intercepts_": list(now.intercepts)}
