"""`glassnet serve`: a trained network as a service over HTTP."""

import gc
from pathlib import Path
from typing import Annotated

import typer

from glassnet.base.optional import need
from glassnet.base.progress import watched
from glassnet.cli.predict import Model, trained

LOCAL = "127.0.0.1"


def serve_command(
    model: Model,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="Port; 0 takes a free one.")
    ] = 8000,
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", help="Address to listen on. By default only "
                                                         "this machine can reach it.")
    ] = LOCAL,
) -> None:  # fmt: skip
    """Serve the predictions of MODEL over HTTP, with a page to try them, until Ctrl-C.

    $ glassnet serve digits.safetensors
    $ glassnet serve digits.safetensors --host 0.0.0.0 --port 80
    """
    network = trained(model)
    for package in ("uvicorn", "orjson"):
        need(package, "serving")
    from glassnet.serve.service import Service
    from glassnet.web.limits import Limits
    from glassnet.web.server import Server

    app = Limits(Service(network, Path(model).name.removesuffix(".safetensors")))
    server = Server(app, host, port)
    gc.collect()
    gc.freeze()  # what is there stays: looked through again and again, it would delay requests
    name = f"{model.name} is served at"
    with watched(None):  # the work of requests is not shown here
        server.run(lambda address: print(f"{name} {address} (Ctrl-C ends it)", flush=True))
