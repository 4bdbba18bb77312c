"""Commands that move through time: play, a step, an epoch, to any step."""

from typing import Annotated

from pydantic import Field

from glassnet.lab.commands import command
from glassnet.lab.session import Session

Steps = Annotated[int, Field(ge=0)]


@command
def play(session: Session, speed: Annotated[float, Field(gt=0)] | None = None) -> None:
    """Go on by itself, at most so many steps a second."""
    session.playing, session.speed = not session.run.finished, speed


@command
def pause(session: Session) -> None:
    """Stop after the current step."""
    session.playing = False


@command
def step(session: Session, count: Annotated[int, Field(ge=-1000, le=1000)] = 1) -> None:
    """Take steps, or go back by so many."""
    session.playing = False
    session.go(session.run.t + min(count, 0))
    for _ in range(count):
        session.run.step()


@command
def epoch(session: Session) -> None:
    """To the end of the epoch."""
    session.playing = False
    session.go(session.run.t)
    done = session.run.epochs_done
    while session.run.epochs_done == done and session.run.step():
        pass


@command
def goto(session: Session, t: Steps) -> None:
    """To the state after t steps, among those that were taken."""
    session.playing = False
    session.go(t)
