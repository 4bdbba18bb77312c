"""The lab's server: its page, and a connection for each page that is open."""

import secrets
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from anyio import to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from glassnet.base.threads import available
from glassnet.lab.asked import (
    choosing,
    comparison,
    design,
    downloads,
    inside,
    links,
    opening,
    reasons,
    samples,
    setting,
    tasks,
    transport,
    weight,
)
from glassnet.lab.server import page, recording, uploads
from glassnet.lab.server.connection import Connection, Shares
from glassnet.lab.server.guard import Guard
from glassnet.lab.sources.shelf import Shelf
from glassnet.lab.state.session import Session
from glassnet.lab.state.sessions import Sessions
from glassnet.lab.state.settings import Settings

COMMANDS_OF = (  # imported for their commands
    choosing,
    comparison,
    design,
    downloads,
    inside,
    links,
    opening,
    reasons,
    recording,
    samples,
    setting,
    tasks,
    transport,
    weight,
)


def lab_app(
    settings: Settings | None = None,
    shelf: Shelf | None = None,
    token: str = "",
    hosts: Iterable[str] = (),
) -> Starlette:
    """A lab that begins with these settings, under a path that nobody can guess.

    - `settings`, `shelf`: of every session at its start.
    - `token`: the path; by default a random one.
    - `hosts=()`: names of this machine by which pages may call it, beside those of the loopback.

    Its `state` has the `token`, the `sessions`, and room for a `keeper` of them, which is stopped
    before they end.
    """
    first, token = settings or Settings(), token or secrets.token_urlsafe(16)
    sessions, shares = Sessions(lambda: Session(first, shelf)), Shares(available())

    async def socket(ws: WebSocket) -> None:
        await ws.accept()
        await Connection(ws, sessions, shares).serve(ws.query_params.get("session", ""))

    @asynccontextmanager
    async def lasting(app: Starlette) -> AsyncIterator[None]:
        yield
        if app.state.keeper is not None:
            await to_thread.run_sync(app.state.keeper.stop)
        sessions.close()

    routes = [
        Route("/", page.index),
        WebSocketRoute("/socket", socket),
        uploads.ROUTE,
        Route("/page/{name:path}", page.file),
    ]
    app = Starlette(
        routes=routes, lifespan=lasting, middleware=[Middleware(Guard, token=token, hosts=hosts)]
    )
    app.state.token, app.state.sessions, app.state.keeper = token, sessions, None
    return app
