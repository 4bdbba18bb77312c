"""`Sequential`: a network that learns, predicts, is saved and loaded."""

import copy
import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self, Unpack

import numpy as np

from glassnet.base import files
from glassnet.base.arrays import Array, FilePath, sizes
from glassnet.base.configurable import checked
from glassnet.base.errors import InputError, ModelFileError
from glassnet.nn.layers import Layer
from glassnet.nn.losses import Loss, loss_function
from glassnet.nn.network import Network
from glassnet.nn.optimizers import LBFGS
from glassnet.nn.task import TASKS, VALUES, check_task
from glassnet.training.callbacks.history import History
from glassnet.training.checkpoint import Checkpoint, check_override, resumed, unless_refused
from glassnet.training.plan import FitSettings, make_plan
from glassnet.training.scoring import check_asked, scores_of
from glassnet.training.sets import check_alike, sets_of
from glassnet.training.trainer import evaluate

if TYPE_CHECKING:
    from glassnet.data.tables.schema import Schema
    from glassnet.inspection.trace import Trace


class Sequential(Network):
    """A stack of layers, trained in sequence.

    - `layers`: in their order, or in words, "dense 64, relu, dense 10": see `layers_from`. None at
      first is fine: see `add`.
    - `input_shape`: of one sample, or its width; without it, the first data decides.
    - `seed`: starts the one generator that draws weights, order of samples and noise; without it,
      every network is different.
    - `dtype=float32`: of parameters and every step; or float64.

    The activation of a `Dense(64, "relu")` is a layer too. A network is a sequence of its layers:
    `net[0]`, `len(net)`, `for layer in net`. Called, `net(x)` gives its outputs, before the softmax
    or sigmoid of the loss.

    What it can do beside learning, predictions for one, is in `Network`.

    Raises `InputError` if layers do not fit together.

    >>> from glassnet import Dense, ReLU
    >>> net = Sequential([Dense(16), ReLU(), Dense(2)], seed=0)
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> y = (x[:, 0] * x[:, 1] > 0).astype(int)
    >>> history = net.fit(x, y, epochs=40, optimizer="adam:learning_rate=0.01")
    >>> net.evaluate(x, y)["accuracy"] > 0.9
    True
    """

    schema: "Schema | None"

    @checked
    def fit(
        self,
        x: Any,
        y: Any,
        *,
        checkpoint: Checkpoint | None = None,
        resume: FilePath | None = None,
        override: bool = False,
        **settings: Unpack[FitSettings],
    ) -> History:
        """Train on x (samples, …) and y; returns every metric of every epoch.

        - `x`: numbers, in the shape of the first layer's inputs; a table if the network has a
          schema.
        - `y`: labels (samples,), or rows (samples, outputs): see "Classes, labels, values" in the
          docs.
        - `epochs=10`: passes over the samples.
        - `batch_size=32`: samples per step, or "full". The short last batch counts too.
        - `loss`: by default cross_entropy for integer labels, binary_cross_entropy for them with a
          single output, and mean_squared for other numbers. Rows that are all one-hot are labels
          too; a warning says so.
        - `optimizer="adam"`: by name, with settings as in "adam:learning_rate=0.01", or an object.
        - `schedule="constant"`: the learning rate over time, by name or as an object.
        - `validation`: the share of samples to hold out, or (x, y) or (x, y, sample_weight).
        - `sample_weight`: one number of 0 or more for each sample: how much its loss counts.
        - `class_weight`: the same for each class, {class: weight} or a list, or "balanced".
        - `clip_norm`: the length to which longer gradients are shortened.
        - `max_norm`: the length to which the weights that lead to a unit are shortened, if they are
          longer after a step.
        - `metrics=True`: accuracy, or the mean absolute error, beside the loss; or the names of
          others that are computed too, on the validation part, such as ["roc_auc", "f1"].
        - `shuffle=True`: a new order of the samples in every epoch.
        - `engine="auto"`: "numpy" takes every step with NumPy, "compiled" many at once in compiled
          code (needs Numba), "auto" what is faster; `history.engine` says which it was.
        - `callbacks`: what to call during training.
        - `verbose=False`: whether to print a line per epoch.
        - `checkpoint`: a `Checkpoint`, which saves the training to a file as it goes.
        - `resume`: such a file, to resume from. Network, data and settings must be the same.
        - `override=False`: whether settings may differ from those of that file.

        Metrics of training are means over the samples of the epoch, each before the step that used
        it; the loss is weighted.

        Raises `InputError` before anything is changed, and `DivergedError` when the loss is no
        longer finite; the network then has the parameters of the last finite epoch.
        """
        check_override(override, resume)
        plan = make_plan(self, x, y, **settings).resuming(resume)
        with unless_refused(resume, [self]):
            plan.begin(self)
            fingerprint = plan.fingerprint([self]) if checkpoint or resume else {}
            state = resumed(resume, [self], fingerprint, override) if resume else None
            fingerprint["begin"] = [self.rng.bit_generator.state]
            if checkpoint:
                checkpoint.fingerprint = fingerprint
                plan.settings["callbacks"].append(checkpoint)
            return plan.record(self, plan.trainer(self).fit(state))

    @checked
    def evaluate(
        self, x: Any, y: Any, sample_weight: Any = None, metrics: Sequence[str] = ()
    ) -> dict[str, float]:
        """The loss, and accuracy or mean absolute error, on data: `{"loss": …, "accuracy": …}`.

        - `x`, `y`: samples and targets, as for `fit`.
        - `sample_weight`: one number for each sample; the loss is then the weighted mean, and the
          metrics that are named count the samples by it.
        - `metrics=()`: the names of more metrics, such as "balanced_accuracy" or "r2".
        """
        loss = self.trained_loss()
        x = self.check_inputs(x)
        data = sets_of(self, x, y, loss, self.output_shape[0], sample_weight)
        check_alike("y", data[1], self.task)
        task, asked = self.task or VALUES, check_asked(metrics)
        scores = scores_of(asked, (), loss, task, validation=True)
        values = evaluate(self, loss, data, task.metrics, scores, *data[2:])
        return {name: float(value) for name, value in values.items()}

    @checked
    def trace(self, x: Any, y: Any, **settings: Unpack[FitSettings]) -> "Trace":
        """Every number of one step of training on these samples; the network stays as it is.

        It is the step that `fit` would take next with `batch_size="full"`.

        - `x`, `y`: the samples and their targets, as for `fit`.
        - `settings`: those of `fit`, such as `loss`, `optimizer` and `sample_weight`; by default
          the loss that the network has, and "sgd".

        >>> from glassnet import Dense
        >>> net = Sequential([Dense(2, init="constant:value=0.5")], seed=0)
        >>> step = net.trace([[1.0, 3.0]], [0], optimizer="sgd:learning_rate=0.1")
        >>> step.layers[0].output, step.layers[0].gradients["W"].tolist()
        (array([[2., 2.]], dtype=float32), [[-0.5, 0.5], [-1.5, 1.5]])
        """
        from glassnet.inspection.trace import traced

        twin = copy.deepcopy(self)
        chosen: Any = {"loss": self.loss, "optimizer": "sgd", **settings}
        plan = make_plan(
            twin, x, y, **chosen | {"epochs": 1, "batch_size": "full", "metrics": False}
        )
        if isinstance(plan.rule, LBFGS):
            raise InputError("lbfgs takes no single step: trace another optimizer")
        plan.begin(twin)
        return traced(twin, plan)

    # ---- saving and loading

    @checked
    def save(self, path: FilePath) -> None:
        """Write the network to one .safetensors file, whole or not at all.

        - `path`: a file of that name is replaced.

        Raises `ModelFileError` if it cannot be written.
        """
        files.write(path, dict(self.parameters), {"network": self.config(), **self.meaning()})

    def meaning(self) -> dict[str, Any]:
        """What the outputs mean and what the inputs were made of, as plain data."""
        return {
            "loss": self.loss.config() if self.loss else None,
            "task": self.task,
            "classes": list(self.classes),
            "schema": self.schema.config() if self.schema else None,
            "feature_names": list(self.feature_names),
            "target": self.target,
            "trained": self.trained,
        }

    @classmethod
    @checked
    def load(
        cls,
        path: FilePath,
        layers: Iterable[type[Layer]] = (),
        losses: Iterable[type[Loss]] = (),
    ) -> Self:
        """The network of a file; nothing in the file is run.

        - `path`: what `save` wrote.
        - `layers`, `losses`: classes of your own that it uses, unless they are registered.

        Raises `ModelFileError` for a file that cannot be read, or is something else.
        """
        tensors, header = files.read(path)
        for what, hint in (("stack", "read it with Stack.load"), ("checkpoint", "fit(resume=…)")):
            if what in header:
                raise ModelFileError(f"{path} holds a {what}, not one network: {hint}")
        with files.loading(path):
            return cls.restored(tensors, header, layers, losses)

    @classmethod
    def restored(
        cls,
        tensors: Mapping[str, Array],
        header: Mapping[str, Any],
        layers: Iterable[type[Layer]] = (),
        losses: Iterable[type[Loss]] = (),
    ) -> Self:
        """The network of a file's `tensors` and `header`; `layers` and `losses` as in `load`."""
        network = cls.from_config({**header["network"], "input_shape": None}, layers)
        shape = sizes("input_shape", header["network"]["input_shape"])
        # Compared before anything of the size that the header claims is made.
        wanted = {name: (spec.shape, network.dtype) for name, spec in network.specs(shape).items()}
        if wanted != {name: (values.shape, values.dtype) for name, values in tensors.items()}:
            raise ModelFileError("its tensors are not those of its layers")
        network.build(shape)
        check_task(header, network.output_shape[0])
        network.loss = loss_function(header["loss"], losses) if header["loss"] else None
        network.task, network.classes = TASKS.get(header["task"]), tuple(header["classes"])
        if schema := header.get("schema"):
            from glassnet.data.tables.schema import Schema

            network.schema = Schema.from_config(schema)
        # What follows is not in the oldest files.
        network.feature_names = tuple(header.get("feature_names", ()))
        network.target, network.trained = header.get("target"), dict(header.get("trained", {}))
        for name, values in tensors.items():
            network.parameters[name] = values
        wrong = [name for name, values in tensors.items() if not np.isfinite(values).all()]
        if wrong:
            warnings.warn(f"{' and '.join(wrong)} have values that are not finite", stacklevel=2)
        return network
