"""A task: its text, where it starts, and the check that the engine makes."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings


class Verdict(NamedTuple):
    """Whether a task is done, and in words what was found or what is missing."""

    done: bool
    sentence: str


Need = tuple[bool, str]  # whether it holds, and what to say if it does not
Check = Callable[[Session, str], Verdict]


@dataclass(frozen=True)
class Card:
    """A task of a chapter.

    - `page`: of the course, without folder and ending; the card's name too.
    - `chapter`: its title; `title`, `task`: of the task.
    - `start`: settings to begin with.
    - `check`: of a session, and of what was entered.
    - `asks`: what is to be entered: "layer" for one of the network's, or nothing.
    """

    page: str
    chapter: str
    title: str
    task: str
    start: Settings
    check: Check
    asks: str = ""

    @property
    def path(self) -> str:
        """The chapter in the repository."""
        return f"docs/course/{self.page}.md"

    def verdict(self, session: Session, entered: str = "") -> Verdict:
        """What the check says; on data other than the card's, that it must be begun."""
        if session.settings.data != self.start.data:
            return Verdict(False, "This task has its own data: begin it first.")
        return self.check(session, entered)


def judged(done: str, *needs: Need) -> Verdict:
    """The first need that does not hold, or that all is done.

    >>> judged("Accuracy 0.96.", (True, "too low"), (False, "too many units"))
    Verdict(done=False, sentence='too many units')
    """
    for holds, missing in needs:
        if not holds:
            return Verdict(False, missing)
    return Verdict(True, done)


def starting(
    layers: list[str], data: Any = "moons", network: dict[str, Any] | None = None, **more: Any
) -> Settings:
    """Settings of these layers; `more` are those of the training, or the seed."""
    seed = more.pop("seed", 0)
    source = {"name": data} if isinstance(data, str) else data
    if source == {"name": "moons"}:
        source = {"name": "moons", "options": {"samples": 400}}
    training = {"optimizer": {"kind": "sgd", "learning_rate": 0.1}, "batch_size": 10,
                "epochs": 200} | more  # fmt: skip
    return Settings.model_validate(
        {"data": source, "network": {"layers": layers, **(network or {})}, "training": training,
         "seed": seed}
    )  # fmt: skip
