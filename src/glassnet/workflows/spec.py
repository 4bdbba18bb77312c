"""An experiment: data, network and training as validated settings, once or many times."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from glassnet.base.configurable import canonical, choose
from glassnet.base.errors import GlassnetError
from glassnet.nn.initializers import INITIALIZERS, initializer
from glassnet.nn.layers import ACTIVATIONS, activation, layers_from
from glassnet.nn.losses import LOSSES, loss_function
from glassnet.nn.metrics import score_named
from glassnet.nn.optimizers import OPTIMIZERS, optimizer
from glassnet.nn.schedules import SCHEDULES, schedule
from glassnet.training.engines import ENGINES


def known(find: Callable[[Any], Any], table: Mapping[str, type] | None = None) -> AfterValidator:
    """A name, or a name with its settings, that `find` knows, in the words of the table; pydantic
    wants ValueErrors.
    """

    def check(name: Any) -> Any:
        try:
            find(name)
        except GlassnetError as error:
            raise ValueError(str(error)) from None
        return canonical(name, table or {})

    return AfterValidator(check)


def learning(given: Any) -> Any:
    """An optimizer whose learning rate is above 0."""
    if optimizer(given).learning_rate == 0:
        raise ValueError("the learning rate is 0, at which nothing is learned: expected more")
    return given


MODELS = ("mlp", "cnn")


def model(given: str) -> str:
    """A kind of network: "mlp", a multilayer perceptron, or "cnn", convolutions for images."""
    return choose("model", given, MODELS)


def engine(given: str) -> str:
    """What takes the steps of a training."""
    return choose("engine", given, ENGINES)


Named = str | dict[str, Any]
Activation = Annotated[str, known(activation, ACTIVATIONS)]
Layers = Annotated[
    str | list[str] | None,
    known(lambda given: layers_from(given or "")),
    Field(description="layers in words, such as 'dense 64, relu'"),
]
Model = Annotated[str, known(model)]
Engine = Annotated[str, known(engine)]
Initializer = Annotated[str, known(initializer, INITIALIZERS)]
Loss = Annotated[Named, known(loss_function, LOSSES)]
Optimizer = Annotated[Named, known(optimizer, OPTIMIZERS), AfterValidator(learning)]
Schedule = Annotated[Named, known(schedule, SCHEDULES)]

# A field's description says what it expects, and errors show it.
Share = Annotated[float, Field(ge=0, lt=1, description="a share of 0 or more and less than 1")]
Count = Annotated[int, Field(ge=1, description="a whole number of 1 or more")]
SomeCount = Annotated[int | None, Field(ge=1, description="a whole number of 1 or more")]
SomeFolds = Annotated[int | None, Field(ge=2, description="a whole number of 2 or more")]
Widths = Annotated[list[Count], Field(description="a list of whole numbers of 1 or more")]
Size = Annotated[
    Count | Literal["full"], Field(description="a whole number of 1 or more, or 'full'")
]
Weights = Annotated[
    Literal["balanced"] | dict[str, Annotated[float, Field(ge=0, allow_inf_nan=False)]] | None,
    Field(description="'balanced', or a number of 0 or more for classes by name"),
]
Metric = Annotated[str | None, known(lambda given: score_named(given or "accuracy")),
                   AfterValidator(lambda given: given and score_named(given).name)]  # fmt: skip
Length = Annotated[
    float | None, Field(gt=0, allow_inf_nan=False, description="a finite number above 0")
]


class Part(BaseModel):
    """Base of all parts: a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Data(Part):
    """Which dataset, and how many samples of its training part, the first ones; None: all.

    `through_csv` writes it to a CSV file with an index column and reads that.
    """

    name: str
    options: dict[str, Any] = {}
    through_csv: bool = False
    samples: SomeCount = None


class Net(Part):
    """A multilayer perceptron; or the `layers` in words; or what the `model` cnn is for the data.

    The layer for the outputs follows by itself. `bias`, `init` and `bias_init` hold for every
    layer that does not set its own. `waves` is how many waves are put beside each number of a
    table's rows (`PeriodicEmbedding`).
    """

    layers: Layers = None
    model: Model = "mlp"
    hidden: Widths = []
    activation: Activation = "relu"
    bias: bool = True
    init: Initializer = "glorot_uniform"
    bias_init: Initializer = "zeros"
    dropout: Share = 0.0
    waves: int = Field(default=0, ge=0, description="a whole number of 0 or more")

    @property
    def idle(self) -> tuple[str, str] | None:
        """A setting that has no effect, and why."""
        given = {
            "model": self.model != "mlp", "hidden": bool(self.hidden),
            "activation": self.activation != "relu", "dropout": self.dropout != 0,
        }  # fmt: skip
        said = [name for name, there in given.items() if there]
        waves = ["waves"] if self.waves else []
        if self.layers is not None:
            every = [*said, *waves]
            return next(((name, "has no effect beside layers") for name in every), None)
        if self.model != "mlp":
            every = [*said[1:], *waves]
            return next(((name, f"is not for the model {self.model}") for name in every), None)
        why = "is for hidden layers, and there are none"
        return next(((name, why) for name in said if not self.hidden), None)


class Training(Part):
    """How it learns. `watch_test` shows each epoch's test figures; nothing is chosen by them.

    `class_weight` says how much classes count in the loss, by name; `metric` which metric is
    computed on the validation part besides the usual ones; `calibrate` whether probabilities are
    calibrated on it after training. Training stops when the validation loss has not improved for
    `patience` epochs, and keeps the best. With `folds`, training is on all rows, for as many epochs
    as are best for the mean of so many folds. `networks` are trained together, and the mean of
    their outputs is one network.
    """

    loss: Loss | None = None
    optimizer: Optimizer = "adam"
    schedule: Schedule = "constant"
    batch_size: Size = 32
    epochs: Count = 10
    validation: Share = 0.0
    clip_norm: Length = None
    max_norm: Length = None
    class_weight: Weights = None
    metric: Metric = None
    calibrate: bool = False
    patience: SomeCount = None
    folds: SomeFolds = None
    networks: Count = 1
    engine: Engine = "auto"
    watch_test: bool = False

    @property
    def seeds(self) -> int:
        """How many seeds one training takes: those of its networks, or of the folds before."""
        return max(self.networks, self.folds or 1)

    @model_validator(mode="after")
    def effective(self) -> Self:
        """Refuse what would have no effect."""
        if self.watch_test and self.validation:
            raise ValueError("watch_test shows the test part instead of validation: leave one out")
        if self.patience and self.watch_test:
            raise ValueError("watch_test is not to choose by, and patience does: leave one out")
        if self.folds and (self.validation or self.watch_test):
            raise ValueError("folds take the place of a validation part: leave one out")
        return self


class Repeat(Part):
    """The same training `times` times, from seeds one after another."""

    times: int = Field(ge=2)


class Study(Part):
    """One hidden layer of every width from `first` to `last`, each `trials` times."""

    first: Count
    last: Count
    trials: Count = 3
    judged_from: Count  # the result is the mean over widths of at least this


class Experiment(Part):
    """One training, or many, that anybody can repeat."""

    data: Data
    network: Net = Net()
    training: Training = Training()
    repeat: Repeat | None = None
    study: Study | None = None

    @model_validator(mode="after")
    def consistent(self) -> Self:
        """Refuse what would have no effect."""
        if self.study and self.repeat:
            raise ValueError("a study has its own trials: leave repeat out")
        if self.study and self.training.networks > 1:
            raise ValueError("a study trains single networks: leave training.networks out")
        if self.study and self.training.folds:
            raise ValueError("a study has no folds: leave training.folds out")
        network = self.network
        if self.study and (network.hidden or network.layers is not None or network.model != "mlp"):
            raise ValueError(
                "a study sets the width of the one hidden layer: leave hidden, layers and model "
                "out of network"
            )
        return self
