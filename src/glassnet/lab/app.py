"""The lab's server: its page, and a connection for each page that is open."""

import secrets
from importlib import resources

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket

from glassnet.lab import comparison, design, downloads, links, samples, setting, transport
from glassnet.lab.connection import Connection
from glassnet.lab.session import Session
from glassnet.lab.settings import Settings
from glassnet.lab.shelf import Shelf

PAGE = str(resources.files("glassnet.lab") / "page")
COMMANDS_OF = (
    comparison,
    design,
    downloads,
    links,
    setting,
    transport,
    samples,
)  # imported for their commands


def lab_app(
    settings: Settings | None = None, shelf: Shelf | None = None, token: str = ""
) -> Starlette:
    """A lab that begins with these settings, under a path that nobody can guess."""
    first, token = settings or Settings(), token or secrets.token_urlsafe(16)

    async def page(request: Request) -> Response:
        return FileResponse(f"{PAGE}/index.html")

    async def socket(ws: WebSocket) -> None:
        await ws.accept()
        await Connection(ws, Session(first, shelf)).serve()

    inside = [
        Route("/", page),
        WebSocketRoute("/socket", socket),
        Mount("/page", StaticFiles(directory=PAGE)),
    ]
    app = Starlette(routes=[Mount(f"/{token}", routes=inside)])
    app.state.token = token
    return app
