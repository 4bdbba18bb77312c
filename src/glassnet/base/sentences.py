"""Messages of errors in the words of the command line."""

import re

BARE = re.compile(r"^ (['\"])([\w.=%-]+)\1$")  # a word in quotes that no shell needs
# Settings that the library and the command line name alike, apart from dashes.
OPTIONS = (
    "as", "batch_size", "clip_norm", "decimal", "drop", "encoding", "epochs", "header", "keep_na",
    "na", "override", "query", "separator", "sheet", "size", "target", "task", "thousands",
    "validation", "weight_decay",
)  # fmt: skip


def sentence_of(error: Exception) -> str:
    """The message of an error as one line, as the command line prints it.

    >>> sentence_of(MemoryError("cannot allocate 8 GiB"))
    'not enough memory (cannot allocate 8 GiB): make the network, the batch or the data smaller'
    """
    if isinstance(error, MemoryError):
        return f"not enough memory ({error}): make the network, the batch or the data smaller"
    return " ".join(as_options(str(error)).split())


def as_options(message: str) -> str:
    """A message of the library with its settings spelled as command line options; what it quotes
    stays as it is.

    >>> as_options("name its encoding, such as encoding='cp1252', or clip it (clip_norm=1)")
    'name its encoding, such as --encoding cp1252, or clip it (--clip-norm 1)'
    >>> as_options("override=True; drop=['zip code'], or kinds={'zip': 'category'}")
    "--override; --drop 'zip code', or --as zip=category"
    >>> as_options("'maxpool size=9': does not fit: give size=32")
    "'maxpool size=9': does not fit: give --size 32"
    """
    message = re.sub(r"kinds={(['\"])(.+?)\1: '(.+?)'}", r"as=\1\2=\3\1", message)

    def option(found: "re.Match[str]") -> str:
        if found[1] is None:
            return found[0]
        value = "" if found[2] == "True" else BARE.sub(r" \2", f" {found[2]}")
        return f"--{found[1].replace('_', '-')}{value}"

    text = r"""('.+?'|".+?"|[\w.]+)"""
    quoted = r"""(?<![\w=\[])(?:'[^']*'|"[^"]*")"""
    return re.sub(rf"{quoted}|\b({'|'.join(OPTIONS)})=\[?{text}\]?", option, message)
