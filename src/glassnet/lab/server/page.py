"""The page's files: read for each request, and no other path than theirs."""

import hashlib
import mimetypes
from functools import cache
from importlib import resources
from pathlib import PurePosixPath

from starlette.requests import Request
from starlette.responses import Response

from glassnet.lab.out.bundle import modules

PAGE = resources.files("glassnet.lab") / "page"
SCRIPT = '<script type="module" src="page/main.js"></script>'
KINDS = {".js": "text/javascript", ".html": "text/html"}  # whatever this machine calls them


async def index(request: Request) -> Response:
    """The page, which names all its modules, so that a browser asks for them at once instead of
    finding one in another."""
    preloads = "".join(f'<link rel="modulepreload" href="page/{name}">\n' for name in _modules())
    text = PAGE.joinpath("index.html").read_text("utf-8")
    return _answer(request, text.replace(SCRIPT, preloads + SCRIPT).encode(), ".html")


async def file(request: Request) -> Response:
    """One of the page's files."""
    name = request.path_params["name"]
    if name not in _names():
        return Response("nothing is here", 404)
    return _answer(request, PAGE.joinpath(name).read_bytes(), PurePosixPath(name).suffix)


def _answer(request: Request, content: bytes, ending: str) -> Response:
    tag = f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"etag": tag})
    kind = KINDS.get(ending) or mimetypes.types_map.get(ending, "application/octet-stream")
    return Response(content, media_type=kind, headers={"etag": tag})


@cache
def _modules() -> list[str]:
    return [name for name, _ in modules()]


@cache
def _names() -> frozenset[str]:
    with resources.as_file(PAGE) as folder:
        return frozenset(
            each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()
        )
