"""Files that are dropped on the page: a request for each."""

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from glassnet.base.errors import DataError
from glassnet.lab.sources.shelf import LARGEST, Shelf, plain_name, too_large


async def upload(request: Request) -> Response:
    """Keep the body as a file on the shelf of this key: `{"name": …}`, or `{"error": sentence}`."""
    shelf = Shelf.by_key.get(request.path_params["key"])
    if shelf is None:
        return _refused(404, "this lab is no longer open: reload the page, then drop the file")
    try:
        name = plain_name(request.query_params.get("name", ""))
        content = await _received(request)
        if content is None:
            return _refused(413, str(too_large(name)))
        return JSONResponse({"name": shelf.drop(name, content)})
    except (DataError, OSError) as error:
        return _refused(422, str(error))
    except ClientDisconnect:
        return Response(status_code=400)


async def _received(request: Request) -> bytes | None:
    """The body; None if it is too large."""
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > LARGEST:
            return None
    return bytes(content)


def _refused(status: int, sentence: str) -> Response:
    return JSONResponse({"error": sentence}, status, headers={"connection": "close"})


ROUTE = Route("/upload/{key}", upload, methods=["POST"])
