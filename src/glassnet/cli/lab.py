"""`glassnet lab`: the lab in the browser."""

import webbrowser
from typing import Annotated

import typer

from glassnet.cli import terminal as show


def lab_command(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on. Default: a free one.")
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
) -> None:
    """Watch a network learn in the browser, stop inside a step, and see every number."""
    from glassnet.lab.app import lab_app
    from glassnet.web.server import Server

    app = lab_app()

    def announce(address: str) -> None:
        page = f"{address}/{app.state.token}/"
        show.say(f"the lab is at {page} (Ctrl-C ends it)")
        if browser:
            webbrowser.open(page)

    Server(app, port=port).run(announce)
