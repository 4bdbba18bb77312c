"""scikit-learn's own callbacks (SLEP023), if its version has them."""

from typing import Any

from glassnet.sklearn.fitted_network import NetworkViews
from glassnet.training.callbacks.protocol import Logs, check_callbacks

try:
    from sklearn import callback as callbacks
except ImportError:  # before scikit-learn 1.9
    callbacks = None


class NoCallbacks:
    """What stands among the bases in place of `CallbackSupportMixin` where there is none."""


CallbackSupportMixin: Any = callbacks.CallbackSupportMixin if callbacks else NoCallbacks
with_callbacks: Any = callbacks.with_callbacks if callbacks else lambda method: method


def split_callbacks(given: Any) -> tuple[list[Any], list[Any]]:
    """The callbacks of scikit-learn's protocol, and those of glassnet's, checked."""
    theirs = [each for each in given or () if hasattr(each, "on_fit_task_end")]
    return theirs, check_callbacks(each for each in given or () if each not in theirs)


def callback_bridges(
    estimator: Any, data: tuple[Any, Any], weight: Any, epochs: int
) -> list["CallbackBridge"]:
    """One bridge to scikit-learn's callbacks, if there are any; `epochs` is the most to come."""
    theirs = split_callbacks(estimator.callbacks)[0]
    registered = getattr(estimator, "_skl_callbacks", [])
    if not theirs and not registered:
        return []
    estimator.set_callbacks(*registered, *theirs)
    try:
        context = estimator._init_callback_context(max_subtasks=epochs)
    finally:
        estimator.set_callbacks(*registered)  # those of the parameter serve this fit only
    return [CallbackBridge(estimator, context, *data, weight)]


class CallbackBridge:
    """A glassnet callback that calls scikit-learn's: a task for the fit, and one for each epoch."""

    trainer: Any = None

    def __init__(self, estimator: Any, context: Any, X: Any, y: Any, weight: Any) -> None:
        self.context = context
        metadata = None if weight is None else {"sample_weight": weight}
        self.given = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}

    def on_train_begin(self, logs: Logs) -> None:
        """Begin the task of the fit."""
        self.context.call_on_fit_task_begin(**self.given)

    def on_epoch_begin(self, epoch: int, logs: Logs) -> None:
        """Begin the task of an epoch."""
        self.task = self.context.subcontext(task_name="epoch")
        self.task.call_on_fit_task_begin(
            **self.given, reconstruction_attributes=self.fitted_attributes
        )

    def on_epoch_end(self, epoch: int, logs: Logs) -> None:
        """End the task of the epoch, and the training if a callback asks for it."""
        stop = self.task.call_on_fit_task_end(
            **self.given, reconstruction_attributes=self.fitted_attributes
        )
        if stop:
            self.trainer.stop("a callback asked to stop")

    def on_train_end(self, logs: Logs) -> None:
        """End the task of the fit."""
        self.context.call_on_fit_task_end(
            **self.given, reconstruction_attributes=self.fitted_attributes
        )

    def fitted_attributes(self) -> dict[str, Any]:
        """What a copy of the estimator needs to predict as the network would now."""
        if self.trainer is None:
            return {}  # an ensemble, whose training is over
        views = NetworkViews.of(self.trainer.network.copy())
        return {
            "_views": views,
            "coefs_": list(views.coefs),
            "intercepts_": list(views.intercepts),
        }
