"""Media: upload, description, bytes and deletion; and a look at the links that are sent.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/media
"""

import time

from sandbox.accounts import WhatsAppNumber
from sandbox.graph.errors import GraphError, invalid, missing
from sandbox.http import Request, Response, json_response
from sandbox.media import File
from sandbox.multipart import BadMultipart, read_multipart
from sandbox.world import World

MB = 1024 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument."
KINDS: dict[str, tuple[int, frozenset[str]]] = {
    "audio": (16 * MB, frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"})),
    "document": (
        100 * MB,
        frozenset(
            {
                "text/plain",
                "application/pdf",
                "application/msword",
                "application/vnd.ms-excel",
                "application/vnd.ms-powerpoint",
                f"{_OFFICE}wordprocessingml.document",
                f"{_OFFICE}spreadsheetml.sheet",
                f"{_OFFICE}presentationml.presentation",
            }
        ),
    ),
    "image": (5 * MB, frozenset({"image/jpeg", "image/png"})),
    "sticker": (MB // 2, frozenset({"image/webp"})),
    "video": (16 * MB, frozenset({"video/mp4", "video/3gpp"})),
}
LIFE_S = 30 * 24 * 3600


def sendable(kind: str, mime: str, size: int) -> bool:
    largest, mimes = KINDS[kind]
    return mime.partition(";")[0].strip().lower() in mimes and size <= largest


def upload(world: World, number: WhatsAppNumber, request: Request) -> Response:
    try:
        fields = read_multipart(request)
    except BadMultipart as error:
        raise GraphError(100, str(error)) from None
    if "messaging_product" not in fields or fields["messaging_product"].value != b"whatsapp":
        raise GraphError(100, message="(#100) The parameter messaging_product is required.")
    if "file" not in fields:
        raise missing("file")
    file = fields["file"]
    mime = (fields["type"].text if "type" in fields else file.mime).partition(";")[0].strip().lower()
    allowed = sorted(set().union(*(mimes for _, mimes in KINDS.values())))
    if mime not in allowed:
        raise GraphError(
            100,
            f"Param file must be a file with one of the following types: {', '.join(allowed)}. "
            f"Received file of type '{mime}'.",
        )
    if not any(sendable(kind, mime, len(file.value)) for kind in KINDS):
        raise GraphError(100, "Param file is larger than its type allows.")
    stored = world.media.store(number.number, mime, file.value, name=file.filename)
    world.uploads += 1
    return json_response({"id": stored.id})


def describe(world: World, file: File, request: Request) -> Response:
    return json_response(
        {
            "messaging_product": "whatsapp",
            "url": f"{request.base_url}/media-bytes/{world.media.address(file.id)}",
            "mime_type": file.mime,
            "sha256": file.sha256,
            "file_size": str(len(file.body)),
            "id": file.id,
        }
    )


def delete(world: World, file: File, request: Request) -> Response:
    world.media.remove(file.id)
    return json_response({"success": True})


def read_bytes(world: World, request: Request) -> Response:
    """The bytes behind an address of the last five minutes; the token has been checked."""
    file = world.media.at_address(request.path.rpartition("/")[2])
    return Response(body=file.body, content_type=file.mime) if file else Response(404)


def usable(world: World, number: WhatsAppNumber, media_id: str) -> File:
    """The uploaded file, where this number's account owns it and it is not too old. Raises GraphError."""
    file = world.media.get(media_id)
    owners = [n.number for n in world.accounts.numbers_of(number.waba_id)]
    if file is None or file.account not in owners or time.time() - file.stored_at > LIFE_S:
        raise invalid(f"Media ID {media_id} does not exist or does not belong to this account.")
    return file


async def link_is_sendable(world: World, kind: str, link: str) -> bool:
    """Fetch the link as Meta would and judge its type and size."""
    found = await world.links.look_at(world.client, link)
    return found is not None and sendable(kind, found.mime, found.size)
