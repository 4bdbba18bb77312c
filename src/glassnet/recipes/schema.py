"""What a recipe says: data, network, training, and the figure that it must reach."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt

from glassnet.errors import GlassnetError
from glassnet.initializers import initializer
from glassnet.layers import activation
from glassnet.losses import loss_function
from glassnet.optimizers import optimizer
from glassnet.schedules import schedule

Name = TypeVar("Name")


def known(find: Callable[[Any], Any]) -> AfterValidator:
    """A name, or a name with its settings, that `find` knows; pydantic wants ValueErrors."""

    def check(name: Name) -> Name:
        try:
            find(name)
        except GlassnetError as error:
            raise ValueError(str(error)) from None
        return name

    return AfterValidator(check)


Named = str | dict[str, Any]
Activation = Annotated[str, known(activation)]
Initializer = Annotated[str, known(initializer)]
Loss = Annotated[Named, known(loss_function)]
Optimizer = Annotated[Named, known(optimizer)]
Schedule = Annotated[Named, known(schedule)]
Share = Annotated[float, Field(ge=0, lt=1)]


class Part(BaseModel):
    """Base of all parts: a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Data(Part):
    """Which dataset. `through_csv` writes it to a CSV file with an index column and reads that."""

    name: str
    options: dict[str, Any] = {}
    through_csv: bool = False


class Net(Part):
    """A multilayer perceptron."""

    hidden: list[PositiveInt] = []
    activation: Activation = "relu"
    bias: bool = True
    init: Initializer = "glorot_uniform"
    bias_init: Initializer = "zeros"
    dropout: Share = 0.0


class Training(Part):
    """How it learns. `watch_test` shows each epoch's test figures; nothing is chosen by them."""

    loss: Loss | None = None
    optimizer: Optimizer = "adam"
    schedule: Schedule = "constant"
    batch_size: PositiveInt | Literal["full"] = 32
    epochs: PositiveInt = 10
    validation: Share = 0.0
    clip_norm: PositiveFloat | None = None
    watch_test: bool = False


class Repeat(Part):
    """The same training `times` times, from seeds one after another."""

    times: int = Field(ge=2)


class Study(Part):
    """One hidden layer of every width from `first` to `last`, each `trials` times."""

    first: PositiveInt
    last: PositiveInt
    trials: PositiveInt = 3
    judged_from: PositiveInt  # the figure is the mean over widths of at least this


class Figure(Part):
    """What was published, and the bounds that our own accuracy must keep."""

    published: str
    at_least: float
    std_at_most: float | None = None


class Quick(Part):
    """A smaller size for tests, with its own bound."""

    at_least: float
    std_at_most: float | None = None
    epochs: PositiveInt | None = None
    times: int | None = Field(None, ge=2)
    first: PositiveInt | None = None
    last: PositiveInt | None = None
    judged_from: PositiveInt | None = None
    trials: PositiveInt | None = None


class Recipe(Part):
    """One run, or many, that anybody can repeat."""

    title: str
    source: str
    notes: str = ""
    data: Data
    network: Net = Net()
    training: Training = Training()
    figure: Figure
    repeat: Repeat | None = None
    study: Study | None = None
    quick: Quick | None = None

    def quickly(self) -> "Recipe":
        """The recipe at the size for tests; itself where it has none."""
        if self.quick is None:
            return self
        small = self.quick
        change: dict[str, Any] = {
            "figure": self.figure.model_copy(
                update={"at_least": small.at_least, "std_at_most": small.std_at_most}
            )
        }
        for name in ("training", "repeat", "study"):
            part: Part | None = getattr(self, name)
            if part is not None:
                fields = {"epochs", "times", "first", "last", "judged_from", "trials"}
                fields &= set(type(part).model_fields)
                sizes = {f: getattr(small, f) for f in fields if getattr(small, f) is not None}
                change[name] = part.model_copy(update=sizes)
        return self.model_copy(update=change)
