"""Commands of the course's tasks: the list, begin one, check it, and check gradients."""

from typing import Annotated

from pydantic import Field

from glassnet.lab.commands import Reply, command
from glassnet.lab.course.cards import CARDS, card
from glassnet.lab.course.foundations import hidden_fault
from glassnet.lab.course.measured import checked
from glassnet.lab.shown.facts import facts
from glassnet.lab.state.session import Session
from glassnet.nn.layers import words_for

Page = Annotated[str, Field(max_length=60)]


@command
def tasks(session: Session) -> Reply:
    """Every task with its text."""
    return {
        "cards": [
            {
                "page": each.page,
                "chapter": each.chapter,
                "title": each.title,
                "task": each.task,
                "path": each.path,
                "asks": each.asks,
            }
            for each in CARDS.values()
        ]
    }


@command
def task_begin(session: Session, page: Page) -> Reply:
    """Begin a task: its data, network and training, at the first step."""
    chosen = card(page)
    fault = hidden_fault() if chosen.asks == "layer" else None
    session.playing = False
    session.begin(chosen.start.model_copy(update={"fault": fault}))
    return facts(session)


@command
def task_check(
    session: Session, page: Page, entered: Annotated[str, Field(max_length=60)] = ""
) -> Reply:
    """Whether a task is done, or what is missing."""
    found = card(page).verdict(session, entered.strip())
    return {"page": page, "done": found.done, "sentence": found.sentence}


@command
def task_gradients(session: Session) -> Reply:
    """The engine's gradient check of each parameter, and the layers that can be named."""
    report, layers = checked(session), session.run.network.layers
    return {
        "layers": [f"{n}: {words_for([layer])}" for n, layer in enumerate(layers)],
        "tolerance": report.tolerance,
        "checks": [
            {"name": each.name, "error": each.error, "right": each.error < report.tolerance}
            for each in report.checks
        ],
    }
