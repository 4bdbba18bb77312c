"""All settings of a lab as a short text, which a link carries."""

import base64
import json
import zlib
from typing import Any

from pydantic import ValidationError

from glassnet.base.errors import InputError
from glassnet.lab.commands import Reply, command
from glassnet.lab.shown.facts import facts
from glassnet.lab.state.session import Session
from glassnet.lab.state.settings import Settings, plain
from glassnet.workflows.problems import first_complaint
from glassnet.workflows.spec import Net, Training

MARK, VERSION = "lab=", "1"
MOST = 2**23  # bytes of settings: a text that unpacks to more is refused
LONGEST = 100_000  # characters of a link: addresses that are much longer are cut on their way
# What most settings contain, so that a link need not: part of the version, never to be edited.
COMMON = (
    b'{"data":{"kind":"named","name":"moons","options":{"samples":400},"through_csv":false,'
    b'"samples":null},"network":{"layers":["dense 4","tanh","dense 3","tanh"],"model":"mlp",'
    b'"hidden":[],"activation":"relu","bias":true,"init":"glorot_uniform","bias_init":"zeros",'
    b'"dropout":0.0},"training":{"loss":null,"optimizer":{"kind":"sgd","learning_rate":0.1},'
    b'"schedule":"constant","batch_size":10,"epochs":200,"validation":0.0,"clip_norm":null,'
    b'"max_norm":null,"engine":"auto","watch_test":false},"seed":0,"start":null,"fault":null}'
)


def link_text(settings: Settings) -> str:
    """Settings as the part of an address after #.

    >>> text = link_text(Settings(seed=3))
    >>> text.startswith("lab=1."), len(text) < 60, linked(text).seed
    (True, True, 3)
    """
    text = json.dumps(_short(settings), separators=(",", ":"), ensure_ascii=False).encode()
    packer = zlib.compressobj(9, zdict=COMMON)
    packed = packer.compress(text) + packer.flush()
    return f"{MARK}{VERSION}.{base64.urlsafe_b64encode(packed).decode().rstrip('=')}"


def _short(settings: Settings) -> dict[str, Any]:
    """Plain settings; of those that `COMMON` lacks, only the ones that are not as usual."""
    given = plain(settings)
    for part, usual in (("network", Net()), ("training", Training())):
        default = usual.model_dump(mode="json")
        given[part] = {
            name: value
            for name, value in given[part].items()
            if f'"{name}"'.encode() in COMMON or value != default[name]
        }
    return given


def is_link(text: str) -> bool:
    """Whether this is meant as a link: it has what `link_text` gives, perhaps after an address."""
    return f"#{MARK}" in text or text.startswith(MARK)


def linked(text: str) -> Settings:
    """The settings of a link, or of its part after #.

    Raises `InputError` for a link that is not whole, or comes from another version.

    >>> linked("http://127.0.0.1:4000/x/#" + link_text(Settings(seed=3))).seed
    3
    >>> linked("lab=7.abc")
    Traceback (most recent call last):
    glassnet.base.errors.InputError: the link has format 7, and this version of glassnet reads 1: \
make it again, or use the version that made it
    """
    version, dot, packed = text.strip().rpartition(MARK)[2].partition(".")
    if not is_link(text.strip()) or not dot or not version.isdecimal():
        raise InputError(
            "this is no link to a lab: expected one that ends in #lab=1.…, copied whole"
        )
    if version != VERSION:
        raise InputError(
            f"the link has format {version}, and this version of glassnet reads {VERSION}: make it "
            "again, or use the version that made it"
        )
    try:
        return Settings.model_validate(json.loads(_unpacked(packed)))
    except ValidationError as error:
        raise InputError(f"the link sets what this lab cannot: {first_complaint(error)}") from None
    except (ValueError, zlib.error, RecursionError):
        raise InputError("the link is damaged: copy all of it, to its last character") from None


def _unpacked(packed: str) -> bytes:
    content = base64.b64decode(packed + "=" * (-len(packed) % 4), altchars=b"-_", validate=True)
    unpacker = zlib.decompressobj(zdict=COMMON)
    text = unpacker.decompress(content, MOST)
    if not unpacker.eof:
        raise ValueError("not whole, or too long")
    return text


@command
def link(session: Session) -> Reply:
    """The link to the present settings, without the lab's address."""
    text = link_text(session.settings)
    if len(text) > LONGEST:
        raise InputError(
            f"a link to what was drawn would have {len(text):,} characters, more than fit into an "
            "address: save the network or the recipe, which hold it too"
        )
    return {"text": text}


@command
def open_link(session: Session, text: str) -> Reply:
    """Begin with the settings of a link."""
    session.playing = False
    session.begin(linked(text))
    return facts(session)
