"""`glassnet lab`: the lab in the browser."""

import sys
import webbrowser
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from glassnet.base.errors import GlassnetError, InputError
from glassnet.base.files import atomic_write
from glassnet.base.optional import need
from glassnet.base.progress import watched, work
from glassnet.cli import terminal as show
from glassnet.cli.completion import names_or_files
from glassnet.cli.options import data_options, takes, to_output, writable
from glassnet.cli.outputs import there, written
from glassnet.data import NAMES
from glassnet.workflows.recipes.loader import names

if TYPE_CHECKING:
    from glassnet.lab.asked.opening import Opening
    from glassnet.lab.server.lasting import Last
    from glassnet.web.server import Server

LOCAL = "127.0.0.1"
EVERYWHERE = ("0.0.0.0", "::")
of_server = partial(typer.Option, rich_help_panel="Server")
of_training = partial(typer.Option, rich_help_panel="Training")


@takes(data_options)
def lab_command(
    options: dict[str, Any],
    what: Annotated[
        str | None,
        typer.Argument(metavar="DATA|RECIPE|MODEL", rich_help_panel="Data",
                       show_default="two moons", help="What to begin with: a dataset, a file of "
                       "data or its http(s) address, a recipe or its .toml file, a .safetensors "
                       "file that `train` wrote, or a link.",
                       autocompletion=names_or_files(lambda: [*NAMES, *names()]))
    ] = None,
    epochs: Annotated[
        int | None, of_training(min=1, metavar="N", help="Passes over the training data.",
                                 show_default="those of the settings")
    ] = None,
    record: Annotated[
        Path | None, to_output(metavar="FILE", help="Train without a server, and write the run "
                                                       "to one .html file.")
    ] = None,
    port: Annotated[
        int, of_server(min=0, max=65535, metavar="N", help="Port to listen on.",
                          show_default="a free one")
    ] = 0,
    host: Annotated[
        str, of_server("--host", metavar="HOST", help="Address to listen on. By default only "
                                                         "this machine can reach it.")
    ] = LOCAL,
    browser: Annotated[
        bool, of_server("--browser/--no-browser", help="Open the page in the browser.")
    ] = True,
    new: Annotated[
        bool, of_server("--new", help="Begin afresh instead of continuing the last lab.")
    ] = False,
) -> None:  # fmt: skip
    """Watch a network learn in the browser, stop inside a step, and see every number.

    $ glassnet lab
    $ glassnet lab iris --record iris.html --epochs 20
    """
    from glassnet.lab.asked.opening import opened

    opening = opened(what, options=options)
    for note in opening.notes:
        show.say(f"note: {note}")
    if epochs is not None:
        opening = opening.training(epochs=epochs)
    if record is not None:
        _record(opening, writable(record, "--record"))
        return
    _serve(opening, host, port, browser, new or bool(options) or (what, epochs) != (None, None))


def _serve(opening: "Opening", host: str, port: int, browser: bool, new: bool) -> None:
    """Serve the page until Ctrl-C."""
    need("starlette", "the lab")
    need("uvicorn", "the lab")
    from glassnet.lab.server.app import lab_app
    from glassnet.lab.server.lasting import kept_at
    from glassnet.lab.sources.scratch import remove_abandoned

    remove_abandoned()
    last, keeps = _last(new)
    token = last.token if last else ""
    app = lab_app(opening.settings, opening.shelf, token, hosts=[host])
    if last:
        app.state.sessions.keep(last.name, last.session, " ".join(last.notes))
    server = _server(app, host, port, last)
    if keeps:
        _keep(app, server, host, kept_at())

    def announce(address: str) -> None:
        page = f"{_reachable(address)}/{app.state.token}/"
        show.say(f"the lab is at {page} (Ctrl-C ends it)")
        sys.stdout.flush()
        if browser:
            webbrowser.open(page)

    if last:
        show.say(f"continuing {last}; --new begins afresh")
        for note in last.notes:
            show.say(f"note: {note}")
    if host not in (LOCAL, "localhost", "::1"):
        _warn("whoever can reach this machine and knows the address can use this lab; what is sent "
              "is not encrypted")  # fmt: skip
    with watched(None):
        server.run(announce)


def _last(new: bool) -> "tuple[Last | None, bool]":
    """The lab to continue, if any, and whether this one is to be kept in its place."""
    from glassnet.lab.server.lasting import kept_at, last_lab

    try:
        last = last_lab(kept_at())
    except GlassnetError as error:
        if not new:
            _warn(f"the last lab cannot be continued, and a new one begins afresh: {error}")
        return None, True
    if last and last.runs():
        show.say(f"the last lab is already running at {last.address}; this one is not kept")
        return None, False
    return None if new else last, True


def _server(app: Any, host: str, port: int, last: "Last | None") -> "Server":
    """The server; by default on the port of the last lab, whose page may be waiting."""
    from glassnet.web.server import Server

    stop = app.state.sessions.halt
    if last and not port and host == last.host:
        try:
            return Server(app, host, last.port, finish=1, on_stop=stop)
        except InputError:  # somebody else has it now
            pass
    return Server(app, host, port, finish=1, on_stop=stop)


def _keep(app: Any, server: "Server", host: str, path: Any) -> None:
    from glassnet.lab.server.lasting import Keeper

    local = LOCAL if host in EVERYWHERE else host
    app.state.keeper = Keeper(path, app.state.sessions, local, server.port, app.state.token)
    app.state.keeper.start()


def _warn(sentence: str) -> None:
    show.say(f"glassnet: {sentence}", file=sys.stderr)


def _reachable(address: str) -> str:
    """The address with a host that browsers can open."""
    for host in EVERYWHERE:
        address = address.replace(f"//{host}:", f"//{LOCAL}:").replace(f"//[{host}]:", "//[::1]:")
    return address


def _record(opening: "Opening", file: Path) -> None:
    """Train, and write the recording."""
    from glassnet.lab.server.recording import page
    from glassnet.lab.state.session import Session

    session = Session(opening.settings, opening.shelf)
    trainer, before = session.run.trainer, there(file)
    with work("training", trainer.epochs * trainer.steps_per_epoch, "steps") as training:
        while session.run.step():
            training.add()
    if session.run.diverged:
        show.say(f"note: {session.run.diverged}")
    with work("recording"):
        content = page(session, lambda line: show.say(f"note: {line}")).encode()
    with atomic_write(file) as out:
        out.write(content)
    show.say(f"{written([file], before)}, {len(content) / 1e6:.1f} MB")
