"""What a recipe says: data, network, training, and the figure that it must reach."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from glassnet.base.errors import GlassnetError
from glassnet.nn.initializers import initializer
from glassnet.nn.layers import activation
from glassnet.nn.losses import loss_function
from glassnet.nn.optimizers import optimizer
from glassnet.nn.schedules import schedule

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


def learning(given: Any) -> Any:
    """An optimizer whose learning rate is above 0."""
    if optimizer(given).learning_rate == 0:
        raise ValueError("the learning rate is 0, at which nothing is learned: expected more")
    return given


Named = str | dict[str, Any]
Activation = Annotated[str, known(activation)]
Initializer = Annotated[str, known(initializer)]
Loss = Annotated[Named, known(loss_function)]
Optimizer = Annotated[Named, known(optimizer), AfterValidator(learning)]
Schedule = Annotated[Named, known(schedule)]

# What a field is for is its description, which errors tell.
Share = Annotated[float, Field(ge=0, lt=1, description="a share of 0 or more and less than 1")]
Count = Annotated[int, Field(ge=1, description="a whole number of 1 or more")]
SomeCount = Annotated[int | None, Field(ge=1, description="a whole number of 1 or more")]
Widths = Annotated[list[Count], Field(description="a list of whole numbers of 1 or more")]
Size = Annotated[
    Count | Literal["full"], Field(description="a whole number of 1 or more, or 'full'")
]
Length = Annotated[
    float | None, Field(gt=0, allow_inf_nan=False, description="a finite number above 0")
]


class Part(BaseModel):
    """Base of all parts: a key that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Data(Part):
    """Which dataset. `through_csv` writes it to a CSV file with an index column and reads that."""

    name: str
    options: dict[str, Any] = {}
    through_csv: bool = False


class Net(Part):
    """A multilayer perceptron."""

    hidden: Widths = []
    activation: Activation = "relu"
    bias: bool = True
    init: Initializer = "glorot_uniform"
    bias_init: Initializer = "zeros"
    dropout: Share = 0.0

    @property
    def idle(self) -> str | None:
        """A setting of hidden layers that is given where there is none."""
        given = {"activation": self.activation != "relu", "dropout": self.dropout != 0}
        return next((name for name in given if given[name] and not self.hidden), None)


class Training(Part):
    """How it learns. `watch_test` shows each epoch's test figures; nothing is chosen by them."""

    loss: Loss | None = None
    optimizer: Optimizer = "adam"
    schedule: Schedule = "constant"
    batch_size: Size = 32
    epochs: Count = 10
    validation: Share = 0.0
    clip_norm: Length = None
    watch_test: bool = False

    @model_validator(mode="after")
    def effective(self) -> Self:
        """Refuse what would have no effect."""
        if self.watch_test and self.validation:
            raise ValueError("watch_test shows the test part instead of validation: leave one out")
        return self


class Repeat(Part):
    """The same training `times` times, from seeds one after another."""

    times: int = Field(ge=2)


class Study(Part):
    """One hidden layer of every width from `first` to `last`, each `trials` times."""

    first: Count
    last: Count
    trials: Count = 3
    judged_from: Count  # the figure is the mean over widths of at least this


class Figure(Part):
    """What was published, and the bounds that our own accuracy must keep."""

    published: str
    at_least: float
    std_at_most: float | None = None


class Quick(Part):
    """A smaller size for tests, with its own bound."""

    at_least: float
    std_at_most: float | None = None
    epochs: SomeCount = None
    times: int | None = Field(None, ge=2)
    first: SomeCount = None
    last: SomeCount = None
    judged_from: SomeCount = None
    trials: SomeCount = None


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

    @model_validator(mode="after")
    def effective(self) -> Self:
        """Refuse what would have no effect."""
        if self.study and self.repeat:
            raise ValueError("a study has its own trials: leave repeat out")
        if self.study and self.network.hidden:
            raise ValueError("a study sets the width of the hidden layer: leave network.hidden out")
        for bounds in (self.figure, self.quick):
            if bounds and bounds.std_at_most is not None and not (self.study or self.repeat):
                raise ValueError("std_at_most is for several networks: give repeat or study too")
        small = self.quick.model_dump(exclude_none=True) if self.quick else {}
        for kind, given in ((Repeat, self.repeat), (Study, self.study)):
            changed = small.keys() & kind.model_fields.keys()
            if changed and given is None:
                raise ValueError(f"quick.{min(changed)} needs a [{kind.__name__.lower()}]")
        return self

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
