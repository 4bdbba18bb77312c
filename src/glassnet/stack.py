"""`Stack`: many small networks that train and predict together."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Self, overload

import numpy as np

from glassnet.base.arrays import Array, FilePath, checksum, numeric
from glassnet.base.configurable import checked, element
from glassnet.base.errors import InputError, InputTypeError, ModelFileError
from glassnet.nn.layers import LAYERS, Chain, Concat, GlobalAveragePool, Layer, Reshape, layer_from
from glassnet.nn.losses import Loss
from glassnet.nn.optimizers import LBFGS
from glassnet.nn.task import CLASSES, Task
from glassnet.sequential import Sequential
from glassnet.training.callbacks.averaging import check_averages
from glassnet.training.callbacks.history import History
from glassnet.training.callbacks.protocol import check_callbacks
from glassnet.training.callbacks.stopping import check_watched
from glassnet.training.checkpoint import (
    Checkpoint,
    State,
    check_override,
    kept_engine,
    resumed,
    unless_refused,
)
from glassnet.training.plan import Plan, make_plan
from glassnet.training.scoring import scores_of
from glassnet.training.sets import rows_of
from glassnet.training.stack.grouping import StackPlan, engine_of, train
from glassnet.training.stack.member import Callbacks, Member, for_each
from glassnet.training.stack.padding import architecture
from glassnet.training.stack.rows import first_part, rows_of_each

MEMORY = 2**30  # bytes that training may take at once by default


class Stack(Sequence[Sequential]):
    """Networks of one architecture; hidden layers may differ in width.

    They learn in the time of a few: each step is one product with all their weights. Each has its
    own seed, order of samples, noise and learning rate, and comes out as it would alone.

    - `networks`: they are trained themselves, not copies of them.

    Raises `InputError` if they differ in more than widths and seeds.

    >>> from glassnet.mlp import mlp
    >>> stack = Stack(mlp((2,), [8], 2, seed=seed) for seed in range(5))
    >>> x = np.random.default_rng(0).normal(size=(200, 2))
    >>> histories = stack.fit(x, (x.sum(axis=1) > 0).astype(int), learning_rate=0.01)
    >>> bool((stack.evaluate(x, (x.sum(axis=1) > 0).astype(int))["accuracy"] > 0.9).all())
    True
    """

    @checked
    def __init__(self, networks: Iterable[Sequential]) -> None:
        self.networks = list(networks)
        if not self.networks or not all(isinstance(n, Sequential) for n in self.networks):
            raise InputTypeError("a stack needs Sequential networks, at least one")
        if len({id(network) for network in self.networks}) < len(self.networks):
            raise InputError("a network is in the stack twice: make a copy with its own seed")
        first = architecture(self.networks[0])
        for number, network in enumerate(self.networks):
            if architecture(network) != first:
                raise InputError(
                    f"network {number} is not built as network 0: expected the same layers, "
                    "settings, input and dtype; only the widths of hidden layers may differ"
                )
        self.diverged: tuple[int, ...] = ()  # in the last training

    @classmethod
    @checked
    def of(cls, network: Sequential, times: int) -> Self:
        """A stack of networks like this one, with its seed and those that follow.

        - `network`: it stays as it is.
        - `times`: how many.

        >>> from glassnet.mlp import mlp
        >>> [network.seed for network in Stack.of(mlp((2,), [8], 2, seed=5), times=3)]
        [5, 6, 7]
        """
        seed = network.seed or 0
        kinds = network.kinds()

        def made(number: int) -> Sequential:
            twin = type(network).from_config(network.config(), kinds, seed=seed + number)
            twin.copy_task(network)
            return twin

        return cls(made(number) for number in range(times))

    def __len__(self) -> int:
        return len(self.networks)

    @overload
    def __getitem__(self, index: int) -> Sequential: ...
    @overload
    def __getitem__(self, index: slice) -> list[Sequential]: ...
    def __getitem__(self, index: Any) -> Any:
        """`stack[0]` is the first network, `stack[-1]` the last, `stack[:2]` a list of two."""
        return element("network", self.networks, index)

    def __iter__(self) -> Iterator[Sequential]:
        return iter(self.networks)

    def __repr__(self) -> str:
        return f"Stack of {len(self)}: {self.networks[0]!r}"

    # ---- training

    @checked
    def fit(
        self,
        x: Any,
        y: Any,
        *,
        learning_rate: Any = None,
        weight_decay: Any = None,
        max_norm: Any = None,
        samples: Sequence[Any] | None = None,
        held_out: Sequence[Any] | None = None,
        callbacks: Callbacks = (),
        memory: float = MEMORY,
        checkpoint: Checkpoint | None = None,
        resume: FilePath | None = None,
        override: bool = False,
        **settings: Any,
    ) -> list[History]:
        """Train all; returns the history of each.

        - `x`, `y`: samples and targets, the same for all.
        - `learning_rate`, `weight_decay`, `max_norm`: one number, or one for each network.
        - `samples`: for each network the numbers of the rows that it learns from.
        - `held_out`: for each network the numbers of the rows that it is validated on, instead of
          `validation`: folds, for example.
        - `callbacks`: each network has a copy of each of them for itself; or a function that gives
          the callbacks of network k. One that stops in a step ends its epoch.
        - `memory=2**30`: bytes that may be used at once; more networks are trained one part after
          another, with the same results.
        - `checkpoint`, `resume`, `override=False`: as in `Sequential.fit`; one file holds all.
        - `settings`: all others of `Sequential.fit`. `verbose` prints the epochs of the first
          network.

        A network that diverges keeps its last finite parameters and says so in its history's
        `interrupted`; the others continue.

        Raises `InputError` before anything is changed.
        """
        check_override(override, resume)
        asked = settings.pop("engine", "auto")
        if held_out is not None:
            settings["validation"] = first_part(x, y, held_out, settings.get("validation"))
        plan = make_plan(self.networks[0], x, y, engine="numpy", **settings)
        if isinstance(plan.rule, LBFGS):
            raise InputError(
                "lbfgs trains one network at a time, not many together: choose another optimizer"
            )
        rates = self._each("learning_rate", learning_rate, plan.rule.learning_rate)
        decays = self._each("weight_decay", weight_decay, plan.rule.weight_decay)
        norms, rows = self._norms(max_norm), self._rows(samples, plan)
        held = [] if held_out is None else self._rows(held_out, plan, "held_out")
        own = for_each(callbacks)
        if resume and asked == "auto":
            asked = kept_engine(resume)
        with unless_refused(resume, self.networks):
            for network in self.networks:
                plan.begin(network)
            engine = engine_of(asked, plan, self.networks, [len(each) for each in rows])
            plan.settings["engine"] = engine
            fingerprint: State = {}
            if checkpoint or resume:
                fingerprint = plan.fingerprint(
                    self.networks, learning_rates=rates, weight_decays=decays, max_norms=norms
                )
                fingerprint["data"] |= {"rows": checksum(rows + held), "memory": memory}
            state = resumed(resume, self.networks, fingerprint, override) if resume else None
            fingerprint["begin"] = [network.rng.bit_generator.state for network in self.networks]
            abouts = [
                plan.about(
                    network, samples=len(rows[k]), max_norm=norms[k],
                    learning_rate=float(rates[k]), weight_decay=float(decays[k]),
                )
                for k, network in enumerate(self.networks)
            ]  # fmt: skip
            shown = plan.settings.pop("callbacks")
            members = [
                self._member(
                    network, plan, rows[k], held[k] if held else None, abouts[k],
                    [*own(k), *shown[: k == 0]],
                )
                for k, network in enumerate(self.networks)
            ]  # fmt: skip
            if checkpoint:
                checkpoint.fingerprint = fingerprint
            train(StackPlan(plan, members, checkpoint, state, engine=engine), decays, memory)
        self.diverged = tuple(k for k, member in enumerate(members) if member.diverged)
        return [
            plan.record(network, members[k].history, abouts[k])
            for k, network in enumerate(self.networks)
        ]

    def _each(self, name: str, given: Any, otherwise: float) -> Array:
        values = np.array(
            numeric(name, np.atleast_1d(otherwise if given is None else given)), float
        )
        if values.shape not in ((1,), (len(self),)) or (values < 0).any():
            raise InputError(
                f"{name} is {given!r}: expected a number of 0 or more, or one for each of the "
                f"{len(self)} networks"
            )
        return np.broadcast_to(values, len(self))

    def _norms(self, given: Any) -> list[float | None]:
        if given is None:
            return [None] * len(self)
        norms: list[float | None] = self._each("max_norm", given, 0.0).tolist()
        if 0 in norms:
            raise InputError(f"max_norm is {given!r}: expected numbers above 0")
        return norms

    def _rows(self, given: Sequence[Any] | None, plan: Plan, name: str = "samples") -> list[Array]:
        rows = rows_of_each(name, given, len(self), len(plan.whole[0]))
        for k, each in enumerate(rows if plan.share else ()):
            if not len(plan.split(self.networks[k], each, seed=0)[1]):
                raise InputError(
                    f"samples of network {k}: validation {plan.share} of {len(each)} holds out "
                    "none: give more samples, a larger fraction, or (x, y)"
                )
        return rows

    def _member(
        self,
        network: Sequential,
        plan: Plan,
        rows: Array,
        held: Array | None,
        about: dict[str, Any],
        callbacks: list[Any],
    ) -> Member:
        validation = plan.held_out
        if plan.share:
            rows, held = plan.split(network, rows)
        if held is not None:
            x, *others = rows_of(plan.whole, held)
            validation = (x[:], *others)
        sizes = {name: plan.settings[name] for name in ("epochs", "batch_size", "clip_norm")}
        every = check_callbacks(callbacks)
        measured = plan.task.metrics if plan.settings["metrics"] else {}
        check_watched(every, measured, validation is not None)
        asked, judged = plan.settings["metrics"], validation is not None
        scores = scores_of(asked, every, plan.loss, plan.task, judged)
        check_averages(every, plan.settings["epochs"])
        own = about["settings"]
        return Member(
            network, plan.whole, rows, own["optimizer"]["learning_rate"], optimizer=plan.rule,
            validation=validation, callbacks=every, max_norm=own["max_norm"], scores=scores,
            about=about, **sizes,
        )  # fmt: skip

    def merged(self) -> Sequential:
        """One network that computes the mean of the outputs of all: an ensemble that is saved,
        explained, served and exported as any other.

        Its layers are a `Concat` of the networks, and the mean over them. Outputs are logits, so
        probabilities are the geometric mean of those of the networks, scaled to a sum of 1, while
        `predict_proba` of the stack is their arithmetic mean. Networks that diverged are left out.

        Raises `InputError` if all of them did.

        >>> from glassnet import Dense
        >>> stack = Stack(Sequential([Dense(2)], input_shape=3, seed=k) for k in range(2))
        >>> one = stack.merged()
        >>> one.layers
        [Concat([Chain([Dense(2)]), Chain([Dense(2)])]), Reshape((2, 2)), GlobalAveragePool()]
        >>> x = np.eye(3)
        >>> bool(np.allclose(one(x), np.mean([network(x) for network in stack], axis=0)))
        True
        """
        first, *_ = sound = self._sound()
        known = LAYERS | {kind.__name__: kind for kind in first.kinds()}
        branches = [
            Chain([layer_from(layer.config(), known) for layer in network.layers])
            for network in sound
        ]
        mean = [Reshape((len(sound), *first.output_shape)), GlobalAveragePool()]
        made = Sequential(
            [Concat(branches), *mean], input_shape=first.input_shape, dtype=first.dtype
        )
        for k, network in enumerate(sound):
            for name, values in network.parameters.items():
                made.parameters[f"0.{k}.{name}"] = values
        made.copy_task(first)
        return made

    # ---- saving and loading

    @checked
    def save(self, path: FilePath) -> None:
        """Write all networks to one .safetensors file at `path`, whole or not at all."""
        from glassnet.base import files

        tensors = {
            f"{k}/{name}": values
            for k, network in enumerate(self.networks)
            for name, values in network.parameters.items()
        }
        configs = [network.config() for network in self.networks]
        header = {"stack": configs, "diverged": self.diverged, **self.networks[0].meaning()}
        files.write(path, tensors, header)

    @classmethod
    @checked
    def load(
        cls,
        path: FilePath,
        layers: Iterable[type[Layer]] = (),
        losses: Iterable[type[Loss]] = (),
    ) -> Self:
        """The stack of a file.

        - `path`: what `save` wrote.
        - `layers`, `losses`: classes of your own that it uses.
        """
        from glassnet.base import files

        tensors, header = files.read(path)
        if "stack" not in header:
            raise ModelFileError(f"{path} holds one network, not a stack: read it with gn.load")
        with files.loading(path):
            each: list[dict[str, Array]] = [{} for _ in header["stack"]]
            for key, values in tensors.items():
                k, _, name = key.partition("/")
                each[int(k)][name] = values
            stack = cls(
                Sequential.restored(own, {**header, "network": config}, layers, losses)
                for own, config in zip(each, header["stack"], strict=True)
            )
            stack.diverged = tuple(map(int, header["diverged"]))
        return stack

    # ---- predictions

    @checked
    def evaluate(self, x: Any, y: Any, sample_weight: Any = None) -> dict[str, Array]:
        """The metrics of each network on data: `{"loss": …, "accuracy": …}`, each (K,).

        - `x`, `y`, `sample_weight`: as in `Sequential.evaluate`.
        """
        each = [network.evaluate(x, y, sample_weight) for network in self.networks]
        return {name: np.array([figures[name] for figures in each]) for name in each[0]}

    @checked
    def predict_proba(self, x: Any) -> Array:
        """The mean of the networks' probabilities for x (samples, …): (samples, classes)."""
        mean: Array = self._all_predictions("predict_proba", x).mean(axis=0)
        return mean

    @checked
    def predict(self, x: Any) -> Array:
        """For each of x (samples, …) the class of the highest mean probability, or the mean of the
        predicted values.
        """
        if not self._task.has_probabilities:
            mean: Array = self._all_predictions("predict", x).mean(axis=0)
            return mean
        p = self.predict_proba(x)
        return CLASSES.decide(p) if self._task.exclusive else (p > 0.5).astype(np.int64)

    @checked
    def spread(self, x: Any) -> Array:
        """How far the networks disagree on each of x (samples, …): the standard deviation of their
        probabilities, or of the predicted values; of a sample (n − 1), shaped as their mean.
        """
        which = "predict_proba" if self._task.has_probabilities else "predict"
        predictions = self._all_predictions(which, x)
        if len(predictions) < 2:
            raise InputError("one network has no spread: a stack of two or more has")
        deviation: Array = predictions.std(axis=0, ddof=1)
        return deviation

    @property
    def _task(self) -> Task:
        return self.networks[0].task or CLASSES

    def _sound(self) -> list[Sequential]:
        if not self.sound:
            raise InputError("every network of this stack diverged: lower the learning rate")
        return self.sound

    @property
    def sound(self) -> list[Sequential]:
        """The networks whose last training did not diverge: those that predictions are made of."""
        return [n for k, n in enumerate(self.networks) if k not in self.diverged]

    def _all_predictions(self, which: str, x: Any) -> Array:
        return np.stack([getattr(network, which)(x) for network in self._sound()])
