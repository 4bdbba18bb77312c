"""All tasks, by the pages of the course."""

from glassnet.base.configurable import choose
from glassnet.lab.course.architectures import ARCHITECTURES
from glassnet.lab.course.card import Card
from glassnet.lab.course.foundations import FOUNDATIONS
from glassnet.lab.course.learning import LEARNING

CARDS = {card.page: card for card in (*FOUNDATIONS, *LEARNING, *ARCHITECTURES)}


def card(page: str) -> Card:
    """The task of a page; InputError if there is none."""
    return CARDS[choose("task", page, CARDS)]
