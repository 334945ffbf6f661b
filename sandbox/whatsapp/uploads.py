"""Resumable uploads: the examples of templates' headers.

https://developers.facebook.com/docs/graph-api/guides/upload
"""

import base64

from sandbox import ids
from sandbox.graph.errors import GraphError
from sandbox.http import Request, Response, json_response
from sandbox.uploads import Upload
from sandbox.world import World

MIMES = ("application/pdf", "image/jpeg", "image/jpg", "image/png", "video/mp4")
MOST = 100 * 1024 * 1024


def begin(world: World, app_id: str, request: Request) -> Response:
    query = request.query
    length, mime = query.get("file_length", ""), query.get("file_type", "")
    if not length.isdigit() or not 0 < int(length) <= MOST:
        raise GraphError(100, message="(#100) The parameter file_length is required.")
    if mime not in MIMES:
        raise GraphError(100, message=f"(#100) Param file_type must be one of {', '.join(MIMES)}")
    upload = Upload(f"upload:{ids.token()}", mime, int(length))
    world.resumable[upload.id] = upload
    return json_response({"id": f"{upload.id}?sig=AR{ids.token(4)}"})


def receive(world: World, upload: Upload, request: Request) -> Response:
    if request.headers.get("file_offset") != str(len(upload.received)):
        raise GraphError(100, message="(#100) file_offset does not match what was received.")
    upload.received += request.body
    if len(upload.received) < upload.size:
        return json_response({"id": upload.id, "file_offset": len(upload.received)})
    mime = base64.b64encode(upload.mime.encode()).decode()
    upload.handle = f"4:{mime}:{ids.token(12)}"
    return json_response({"h": upload.handle})


def progress(world: World, upload: Upload, request: Request) -> Response:
    return json_response({"id": upload.id, "file_offset": len(upload.received)})


def is_handle(world: World, handle: object) -> bool:
    """Whether the handle stands for a file that was received whole."""
    return any(upload.handle == handle for upload in world.resumable.values() if upload.handle)
