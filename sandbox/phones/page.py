"""`/phones`: a phone per customer, with what arrived on it and a box to answer from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from django.template import Context, Engine

from sandbox import customers
from sandbox.customers import Attachment, BadInbound
from sandbox.http import Request, Response
from sandbox.multipart import BadMultipart, read_multipart
from sandbox.phones.screens import CHANNELS, LISTED, Screens, account_name
from sandbox.phones.texts import WORDS, language_of
from sandbox.world import World

HERE = Path(__file__).parent
FILES = {"phones.css": "text/css; charset=utf-8", "phones.js": "text/javascript; charset=utf-8"}
SHOWABLE = (
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/webp",
    "video/mp4",
    "audio/mpeg",
    "audio/mp4",
    "audio/ogg",
)
SAFE = {
    "content-security-policy": "default-src 'self'; img-src * data:; media-src *; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
_ENGINE = Engine(dirs=[str(HERE)], autoescape=True)


class Phones:
    """Answers whatever is neither a provider's path nor a control call."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._screens = Screens(world)

    def answer(self, request: Request) -> Response:
        segments = request.path.strip("/").split("/")
        if segments[0] not in ("", "phones"):
            return Response(404, b"Not found", "text/plain")
        match request.method, segments[1:]:
            case "GET", []:
                return self._page(request, None)
            case "GET", ["files", name] if name in FILES:
                return Response(body=(HERE / name).read_bytes(), content_type=FILES[name], headers=dict(SAFE))
            case "GET", ["media", file_id]:
                return self._media(file_id)
            case "GET", [number] if self._exists(number):
                return self._page(request, int(number))
            case "POST", ["new"]:
                return self._do(request, None, self._begin)
            case "POST", [number, "reply"] if self._exists(number):
                return self._do(request, int(number), self._reply)
            case "POST", [number, "act"] if self._exists(number):
                return self._do(request, int(number), self._act)
        return Response(404, b"Not found", "text/plain")

    def _exists(self, number: str) -> bool:
        return number.isdigit() and int(number) < len(self._world.people)

    def _media(self, file_id: str) -> Response:
        file = self._world.media.get(file_id)
        if file is None:
            return Response(404)
        headers = {**SAFE, "cache-control": "max-age=3600"}
        if file.mime not in SHOWABLE:
            headers["content-disposition"] = "attachment"
            return Response(body=file.body, content_type="application/octet-stream", headers=headers)
        return Response(body=file.body, content_type=file.mime, headers=headers)

    def _page(self, request: Request, person: int | None) -> Response:
        """The whole page, or one `part` of it: 204 where nothing changed `since`."""
        query, version = request.query, str(self._world.version)
        if query.get("since") == version:
            return Response(204, headers=dict(SAFE))
        language, chosen = _language(request)
        context = self._frame(request, language) | {"person": person, "version": version}
        part, words = query.get("part", ""), WORDS[language]
        if part != "phone":
            context["entries"] = self._screens.entries(query.get("q", ""), query.get("kind", ""), words)
        if person is not None and part != "list":
            context["phone"] = self._screens.phone(person, words)
        name = {"phone": "phone.html", "list": "list.html"}.get(part, "page.html")
        html = _ENGINE.get_template(name).render(Context(context, use_l10n=False, use_tz=False))
        headers = {**SAFE, "x-version": version}
        if chosen:
            headers["set-cookie"] = f"phones_language={language}; Path=/; SameSite=Lax; Max-Age=31536000"
        return Response(body=html.encode(), content_type="text/html; charset=utf-8", headers=headers)

    def _frame(self, request: Request, language: str) -> dict[str, Any]:
        """What every part of the page may need."""
        query, accounts = request.query, list(self._world.accounts)
        return {
            "t": WORDS[language],
            "language": language,
            "other_language": "en" if language == "zh-Hant" else "zh-Hant",
            "query": query.get("q", ""),
            "kind": query.get("kind", ""),
            "kinds": [(kind, CHANNELS[kind]) for kind in sorted({account.kind for account in accounts})],
            "accounts": [
                {"id": a.id, "channel": CHANNELS[a.kind], "name": account_name(a)} for a in accounts
            ],
            "filter": urlencode({k: query[k] for k in ("q", "kind") if query.get(k)}),
            "path": request.path.rstrip("/") or "/phones",
            "listed": LISTED,
        }

    def _do(
        self, request: Request, person: int | None, action: Callable[[Request, int | None], int]
    ) -> Response:
        """Do what a form asks and go back to the phone; a mistake is told in words."""
        if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return Response(403, b"Only from this page", "text/plain")
        try:
            number = action(request, person)
        except (BadInbound, BadMultipart) as error:
            return Response(400, str(error).encode(), "text/plain; charset=utf-8", dict(SAFE))
        return Response(303, headers={**SAFE, "location": f"/phones/{number}"})

    def _reply(self, request: Request, person: int | None) -> int:
        number = person or 0
        fields = read_multipart(request)
        text = fields["text"].text.strip() if "text" in fields else ""
        file = fields.get("file")
        attachment = None
        if file is not None and file.value:
            attachment = Attachment(file.mime, file.value, file.filename)
        account = self._world.accounts.at(self._world.people.account(number))
        customers.write(self._world, account, number, text, attachment)
        return number

    def _act(self, request: Request, person: int | None) -> int:
        """A tap on a button, a sticker, a place, or blocking, following, stopping and allowing offers."""
        number = person or 0
        account = self._world.accounts.at(self._world.people.account(number))
        fields = {name: field.text for name, field in read_multipart(request).items()}
        customers.act(
            self._world,
            {
                "channel": account.kind,
                "account": account.id,
                "from": self._world.people.address(number),
                "action": fields.get("action", "button"),
                "text": fields.get("title", ""),
                "payload": fields.get("payload", ""),
                "context": fields.get("context", ""),
            },
        )
        return number

    def _begin(self, request: Request, person: int | None) -> int:
        """Somebody new writes to a business."""
        fields = {name: field.text.strip() for name, field in read_multipart(request).items()}
        account = self._world.accounts.get(fields.get("account", ""))
        if account is None:
            raise BadInbound("the account is not known here")
        description = {"channel": account.kind, "account": account.id}
        told = customers.act(
            self._world, description | {name: fields.get(name, "") for name in ("from", "text")}
        )
        number = self._world.people.find(account.number, told["person"])
        if number is None:
            raise BadInbound("the new customer was not kept")
        return number


def _language(request: Request) -> tuple[str, bool]:
    """The reader's language, and whether it was chosen just now."""
    if (asked := request.query.get("lang", "")) in WORDS:
        return asked, True
    headers = request.headers
    return language_of(headers.get("cookie", ""), headers.get("accept-language", "")), False
