"""The page in one file, which needs no server: its modules, styles and a recorded run inside."""

import base64
import json
import mimetypes
import posixpath
import re
from collections.abc import Iterator, Mapping
from html import escape
from importlib import resources
from typing import Any

from glassnet.base.errors import InputError

PAGE = resources.files("glassnet.lab") / "page"
ENTRY = "main.js"
IMPORT = re.compile(r'(\bfrom\s*|\bimport\s*\(?\s*)"(\.{1,2}/[^"]+)"')  # of a module beside
LINK = re.compile(r'<link rel="stylesheet" href="page/([^"]+)">')
SCRIPT = re.compile(r'<script type="module" src="page/main.js"></script>')
NOSCRIPT = re.compile(r"<noscript>.*?</noscript>", re.DOTALL)
URL = re.compile(r"""url\((['"]?)(?!data:|#)([^'")]+)\1\)""")
NEEDS = ("weight", "compare", "out", "course")  # the sections that are nothing without an engine
HIDDEN = (
    "<style>#sample, #first-wrong { display: none }</style>"  # reasons are computed, not recorded
)
SILENT = (
    '<noscript><p class="notice">The recording needs JavaScript: switch it on to see it.</p>'
    "</noscript>"
)


def bundle(title: str, recording: Mapping[str, Any]) -> str:
    """The page as HTML that shows this recording, from `recorded`, wherever it lies.

    - `title`: of the page.
    - `recording`: settings, frames and answers as plain data.
    """
    page = _text("index.html")
    for name in NEEDS:
        page = re.sub(rf'\s*<section id="{name}".*?</section>', "", page, flags=re.DOTALL)
    page = LINK.sub(lambda found: f"<style>\n{_style(found[1])}</style>", page)
    page = page.replace("</head>", f"{HIDDEN}\n</head>", 1)
    page = NOSCRIPT.sub(lambda _: SILENT, page)
    page = re.sub("<title>.*?</title>", lambda _: f"<title>{escape(title)}</title>", page)
    page = page.replace("</h1>", ", recorded</h1>", 1)
    page, count = SCRIPT.subn(lambda _: _scripts(recording), page)
    if count != 1:
        raise InputError("the page of the lab has no main script: install glassnet again")
    return page


def _scripts(recording: Mapping[str, Any]) -> str:
    """The recording, and every module under a name that an import map knows."""
    names = {f"lab/{name}": _address(name, text) for name, text in modules()}
    return (
        f'<script type="application/json" id="recording">{inert(recording)}</script>\n'
        f'<script type="importmap">{json.dumps({"imports": names})}</script>\n'
        f'<script type="module">import "lab/{ENTRY}";</script>'
    )


def inert(thing: Any) -> str:
    """JSON that cannot end the element that it stands in.

    >>> inert("</script>"), inert("<!-- <script>")
    ('"<\\\\/script>"', '"\\\\u003c!-- <script>"')
    """
    text = json.dumps(thing, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.replace("</", "<\\/").replace("<!--", "\\u003c!--")


def modules() -> Iterator[tuple[str, str]]:
    """Every module that the page needs, with the names of others as the import map has them."""
    found, waiting = {ENTRY}, [ENTRY]
    while waiting:
        name = waiting.pop()
        beside = posixpath.dirname(name)

        def known(match: re.Match[str], beside: str = beside) -> str:
            other = posixpath.normpath(posixpath.join(beside, match[2]))
            if other not in found:
                found.add(other)
                waiting.append(other)
            return f'{match[1]}"lab/{other}"'

        yield name, IMPORT.sub(known, _text(name))


def _style(name: str) -> str:
    """A style sheet with the files inside that it names."""
    beside = posixpath.dirname(name)

    def inside(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(beside, match[2]))
        return f"url({_address(path, PAGE.joinpath(path).read_bytes())})"

    return URL.sub(inside, _text(name)).replace("</", "<\\/")


def _address(name: str, content: str | bytes) -> str:
    """A file as an address that holds it."""
    content = content.encode() if isinstance(content, str) else content
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _text(name: str) -> str:
    return PAGE.joinpath(name).read_text("utf-8")
