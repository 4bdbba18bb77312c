"""`glassnet lab`: the lab in the browser."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glassnet.base.files import atomic_write
from glassnet.cli import terminal as show
from glassnet.cli.options import writable

if TYPE_CHECKING:
    from glassnet.lab.opening import Opening


def lab_command(
    what: Annotated[
        str | None,
        typer.Argument(metavar="DATA|RECIPE|MODEL", help="What to begin with: a dataset or a file "
                       "of data, a recipe or its .toml file, a .safetensors file that `train` "
                       "wrote, or a link. Default: two moons.")
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Epochs, if not those of the settings.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Train without a server, and write the run "
                                                       "to one .html file.")
    ] = None,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port to listen on. Default: a free one.")
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
) -> None:  # fmt: skip
    """Watch a network learn in the browser, stop inside a step, and see every number."""
    from glassnet.lab.app import lab_app
    from glassnet.lab.opening import opened
    from glassnet.web.server import Server

    opening = opened(what)
    for note in opening.notes:
        show.say(f"note: {note}")
    if epochs is not None:
        opening = opening.training(epochs=epochs)
    if record is not None:
        _record(opening, writable(record, "--record"))
        return
    app = lab_app(opening.settings, opening.shelf)

    def announce(address: str) -> None:
        page = f"{address}/{app.state.token}/"
        show.say(f"the lab is at {page} (Ctrl-C ends it)")
        if browser:
            webbrowser.open(page)

    Server(app, port=port).run(announce)


def _record(opening: "Opening", file: Path) -> None:
    """Train, and write the recording."""
    from glassnet.lab.recording import page
    from glassnet.lab.session import Session

    session = Session(opening.settings, opening.shelf)
    while session.run.step():
        pass
    if session.run.diverged:
        show.say(f"note: {session.run.diverged}")
    content = page(session, lambda line: show.say(f"note: {line}")).encode()
    with atomic_write(file) as out:
        out.write(content)
    show.say(f"wrote {file}, {len(content) / 1e6:.1f} MB")
