"""What stands for a gap in a text table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from glassnet.base.errors import DataError

WORDS = (
    "?", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN",
    "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null",
    # what a spreadsheet shows for a formula that failed, in English, German and French
    "#DIV/0!", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#NV", "#WERT!", "#BEZUG!",
    "#ZAHL!", "#VALEUR!", "#NOMBRE!", "#NOM?", *(f"Err:{number}" for number in range(501, 541)),
)  # fmt: skip
SHOWN = 3  # columns of a word


class Gaps(NamedTuple):
    """An empty field is a gap, and so are `words`, and unless `keep` those that usually are.

    >>> "NA" in Gaps().known, "NA" in Gaps(keep=True).known, "-" in Gaps(("-",)).known
    (True, False, True)
    """

    words: tuple[str, ...] = ()
    keep: bool = False

    @property
    def known(self) -> tuple[str, ...]:
        """All that is a gap."""
        return ("", *self.words, *(() if self.keep else WORDS))


PLAIN = Gaps()


def gaps_from(words: str | Sequence[str] | None = None, keep: bool = False) -> Gaps:
    """The gaps that somebody says, `words` in one text with commas or several.

    >>> gaps_from("-, n.a.")
    Gaps(words=('-', 'n.a.'), keep=False)
    """
    several = words.split(",") if isinstance(words, str) else list(words or ())
    if not all(isinstance(each, str) for each in several) or not isinstance(keep, bool):
        raise DataError(
            f"na is {words!r} and keep_na {keep!r}: expected words such as '-,n.a.', and a bool"
        )
    return Gaps(tuple(word for each in several if (word := each.strip())), keep)


def said(counts: Mapping[str, Counter[str]]) -> list[str]:
    """A line for each word that was taken for a gap, with the columns that have it most; `counts`
    are by column. Empty fields go without saying.

    >>> said({"age": Counter({"?": 3, "": 9}), "alley": Counter({"None": 112})})
    ["'None' is a gap: 112 in 'alley'", "'?' is a gap: 3 in 'age'"]
    """
    by_word: dict[str, Counter[str]] = {}
    for column, words in counts.items():
        for word, count in words.items():
            if word:
                by_word.setdefault(word, Counter())[column] = count
    return [
        f"{word!r} is a gap: " + ", ".join(
            f"{count:,} in {column!r}" for column, count in columns.most_common(SHOWN)
        ) + (f", and {len(columns) - SHOWN} more columns" if len(columns) > SHOWN else "")
        for word, columns in sorted(by_word.items(), key=lambda each: -each[1].total())
    ]  # fmt: skip
