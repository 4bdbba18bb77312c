"""`glassnet serve`: a trained network as a service over HTTP."""

import gc
from functools import partial
from typing import Annotated

import typer

from glassnet.base.optional import need
from glassnet.base.progress import watched
from glassnet.cli.predict import Interval, Model, Threshold, trained

LOCAL = "127.0.0.1"
of_server = partial(typer.Option, rich_help_panel="Server")


def serve_command(
    model: Model,
    port: Annotated[
        int, of_server(metavar="N", min=0, max=65535, help="Port; 0 takes a free one.")
    ] = 8000,
    host: Annotated[
        str, of_server(metavar="HOST", help="Address to listen on. By default only this machine "
                                            "can reach it.")
    ] = LOCAL,
    threshold: Threshold = None,
    interval: Interval = None,
) -> None:  # fmt: skip
    """Serve the predictions of MODEL over HTTP, with a page to try them, until Ctrl-C.

    A request may have another threshold or interval: POST /predict?interval=0.5.

    $ glassnet serve digits.safetensors --host 0.0.0.0 --port 80
    $ glassnet serve prices.safetensors --interval 0.9
    """
    network = trained(model)
    for package in ("uvicorn", "orjson"):
        need(package, "serving")
    from glassnet.serve.service import Service
    from glassnet.web.limits import Limits
    from glassnet.web.server import Server
    from glassnet.workflows.predict import Extras

    extras, called = Extras(False, threshold, interval), model.name.removesuffix(".safetensors")
    app = Limits(Service(network, called, extras))
    server = Server(app, host, port)
    gc.collect()
    gc.freeze()  # what is there stays: looked through again and again, it would delay requests
    name = f"{model.name} is served at"
    with watched(None):  # the work of requests is not shown here
        server.run(lambda address: print(f"{name} {address} (Ctrl-C ends it)", flush=True))
