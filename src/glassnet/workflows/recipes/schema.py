"""A recipe: an experiment, and the published figure that it must reach."""

from typing import Annotated, Any, Self

from pydantic import Field, model_validator

from glassnet.workflows.spec import Experiment, Part, Repeat, SomeCount, Study


class Figure(Part):
    """What was published, and the bounds that our own accuracy must keep."""

    published: str
    at_least: float
    std_at_most: float | None = None


class Quick(Part):
    """A smaller size for tests, with its own bound."""

    at_least: float
    std_at_most: float | None = None
    samples: SomeCount = None
    epochs: SomeCount = None
    times: int | None = Field(None, ge=2)
    first: SomeCount = None
    last: SomeCount = None
    judged_from: SomeCount = None
    trials: SomeCount = None


class Recipe(Experiment):
    """An experiment that was published, with the figure to reach; `seed` is that of the first
    network."""

    title: str
    source: str
    notes: str = ""
    seed: Annotated[int, Field(ge=0, description="a whole number of 0 or more")] = 0
    figure: Figure
    quick: Quick | None = None

    @model_validator(mode="after")
    def effective(self) -> Self:
        """Refuse what would have no effect."""
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
        """The recipe at the size for tests; itself if it has none."""
        if self.quick is None:
            return self
        small = self.quick
        change: dict[str, Any] = {
            "figure": self.figure.model_copy(
                update={"at_least": small.at_least, "std_at_most": small.std_at_most}
            )
        }
        for name in ("data", "training", "repeat", "study"):
            part: Part | None = getattr(self, name)
            if part is not None:
                fields = {"samples", "epochs", "times", "first", "last", "judged_from", "trials"}
                fields &= set(type(part).model_fields)
                sizes = {f: getattr(small, f) for f in fields if getattr(small, f) is not None}
                change[name] = part.model_copy(update=sizes)
        return self.model_copy(update=change)
