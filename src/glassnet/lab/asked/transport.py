"""Commands that move through time: play, an epoch, a step, an operation, to any step."""

from typing import Annotated, Literal

from pydantic import Field

from glassnet.base.errors import InputError
from glassnet.lab.commands import Reply, command
from glassnet.lab.shown.facts import facts
from glassnet.lab.state.session import Session

Steps = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=-1000, le=1000)]


@command
def play(
    session: Session,
    speed: Annotated[float, Field(gt=0)] | None = None,
    by: Literal["step", "operation"] = "step",
) -> None:
    """Go on by itself, at most so many steps or operations a second."""
    session.speed, session.by_operation = speed, by == "operation"
    session.playing = not session.run.finished or (session.by_operation and not session.updated)


@command
def more(session: Session, epochs: Annotated[int, Field(ge=1)]) -> Reply:
    """Continue a training that is done for more epochs, and play. Unless its schedule depends on
    their number, it comes to the same bits as if all had been asked for at the start. Forks that
    are done continue too."""
    run = session.run
    if not run.finished or run.diverged:
        raise InputError("the training is not done yet: press Play to continue it")
    training = run.training.model_copy(update={"epochs": run.epochs_done + epochs})
    session.change(session.settings.model_copy(update={"training": training}))
    session.forks.extend(epochs)
    session.playing, session.by_operation = True, False
    return facts(session)


@command
def pause(session: Session) -> None:
    """Stop after the current step."""
    session.playing = False


@command
def step(session: Session, count: Count = 1) -> None:
    """Take steps, or go back by so many; inside a step, the first is that step's rest."""
    session.playing = False
    rest = count > 0 and not session.updated
    session.go(session.run.t + min(count, 0))
    for _ in range(count - rest):
        session.run.step()


@command
def epoch(session: Session, count: Count = 1) -> None:
    """To the end of the epoch, and so many; or back to where the epochs before began."""
    session.playing = False
    rest = count > 0 and not session.updated and session.run.t in session.run.epoch_ends
    session.go(session.run.t)
    for _ in range(count - rest):
        done = session.run.epochs_done
        while session.run.epochs_done == done and session.run.step():
            pass
    for _ in range(-count):
        session.go(max([0, *(t for t in session.run.epoch_ends if t < session.run.t)]))


@command
def operation(session: Session, count: Count = 1) -> None:
    """Go on by operations of a step, or back."""
    session.playing = False
    for _ in range(count):
        session.next_operation()
    for _ in range(-count):
        session.operation_before()


@command
def look(session: Session, number: Annotated[int, Field(ge=1)]) -> None:
    """To an operation, counted from 1, of the step that is looked into."""
    session.playing = False
    if not number <= len(session.operations):
        raise InputError(f"there is no operation {number}: look into a step first")
    session.operation = number - 1


@command
def goto(session: Session, t: Steps) -> None:
    """To the state after t steps, among those that were taken."""
    session.playing = False
    session.go(t)
