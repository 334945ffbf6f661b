"""`GET /m/<key>/<name>`: a file to whoever knows its key, which is how providers and customers fetch it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

from django.contrib.auth.decorators import login_not_required
from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from channels.adapters.base import PartKind
from channels.doors import PublicMedia, public_media
from channels.media.rules import PREVIEW_NAME

BLOCK = 64 * 1024
FOREVER = "public, max-age=31536000, immutable"  # a key's file never changes
RANGE = re.compile(r"bytes=(\d*)-(\d*)", re.ASCII)
SHOWN = frozenset({PartKind.IMAGE, PartKind.VIDEO, PartKind.AUDIO})  # the others are only ever saved


@login_not_required
@require_safe
@login_not_required
def serve_media(request: HttpRequest, key: str, name: str) -> HttpResponseBase:
    """The file, or its preview under the name `preview.jpg`; any other name is only for people's eyes."""
    found = public_media(key)
    preview = name == PREVIEW_NAME
    path = found and (found.preview if preview else found.path)
    if not found or not path:
        return HttpResponse("not found", status=404, content_type="text/plain")
    etag = f'"{found.sha256}{"-preview" if preview else ""}"'
    unchanged = get_conditional_response(request, etag=etag)
    if unchanged is not None and unchanged.status_code == 304:
        return _with_headers(unchanged, etag)
    try:
        file = default_storage.open(path)
    except FileNotFoundError:
        return HttpResponse("not found", status=404, content_type="text/plain")
    mime = "image/jpeg" if preview else found.mime
    response = _part_or_whole(request.headers.get("Range", ""), file, file.size, mime)
    response["Content-Disposition"] = _disposition(found, preview)
    return _with_headers(response, etag)


def _part_or_whole(asked: str, file: Any, size: int, mime: str) -> HttpResponseBase:
    """One range where one is asked for, as players of videos do; several ranges are answered with the whole."""
    match = RANGE.fullmatch(asked.strip())
    if match is None or match[0] == "bytes=-":
        whole = FileResponse(file, content_type=mime)
        whole.block_size = BLOCK
        return whole
    first, last = match.groups()
    start = int(first) if first else max(0, size - int(last))
    end = min(int(last), size - 1) if first and last else size - 1
    if start > end:
        file.close()
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
    part = StreamingHttpResponse(_blocks(file, start, end + 1 - start), status=206, content_type=mime)
    part["Content-Range"] = f"bytes {start}-{end}/{size}"
    part["Content-Length"] = str(end + 1 - start)
    return part


def _blocks(file: IO[bytes], start: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while length > 0 and (block := file.read(min(BLOCK, length))):
            length -= len(block)
            yield block


def _disposition(found: PublicMedia, preview: bool) -> str:
    attached = not preview and found.kind not in SHOWN
    return content_disposition_header(attached, found.name if attached else "") or "inline"


def _with_headers(response: HttpResponseBase, etag: str) -> HttpResponseBase:
    response["ETag"] = etag
    response["Cache-Control"] = FOREVER
    response["Accept-Ranges"] = "bytes"
    response["X-Content-Type-Options"] = "nosniff"
    response["X-Robots-Tag"] = "noindex"
    # Whatever a file holds, a browser that opens it runs nothing of it.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
