"""The colours of pictures and pages: each has one meaning, stated here and nowhere else."""

from typing import NamedTuple


class Palette(NamedTuple):
    """Colours that stand out on one ground, distinct with any colour vision.

    | colour | meaning |
    |---|---|
    | `ground`, `ink`, `quiet` | the background, text, and text that matters less |
    | `plain` | what has no second thing beside it: one line, bars, dots |
    | `ink` | what is chosen of many: the best, a mean, a suggestion |
    | `names` | names side by side: classes, or trainings compared |
    | `signs` | numbers below 0, numbers above 0 |
    | `parts` | the training part, and what is held out (validation or test) |
    | `wrong` | mistakes |

    `names` are Okabe and Ito's (2008), those of pairs first.

    >>> LIGHT.signs, LIGHT.names[:2]
    (('#56B4E9', '#E69F00'), ('#0072B2', '#D55E00'))
    """

    ground: str
    ink: str
    quiet: str
    plain: str
    names: tuple[str, ...]
    signs: tuple[str, str]
    parts: tuple[str, str]
    wrong: str


LIGHT = Palette(
    ground="#ffffff",
    ink="#1a1a1a",
    quiet="#5a5f66",
    plain="#4f6272",
    names=("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442"),
    signs=("#56B4E9", "#E69F00"),
    parts=("#6b7680", "#AA3377"),
    wrong="#B2182B",
)
DARK = Palette(
    ground="#16181c",
    ink="#eeeeee",
    quiet="#a8aeb6",
    plain="#9fb3c4",
    names=("#2E8BD0", "#E8702A", "#19B58A", "#D98BB5", "#E69F00", "#8ED1F5", "#FFFFFF", "#F0E442"),
    signs=("#56B4E9", "#E69F00"),
    parts=("#98a2ab", "#EE7FBF"),
    wrong="#FF6B6B",
)
