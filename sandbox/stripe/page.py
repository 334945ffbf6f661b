"""`/pay/<session>`: the page where a person pays, declines or leaves."""

from pathlib import Path

from django.template import Context, Engine

from sandbox.http import Request, Response
from sandbox.stripe.api import StripeApi
from sandbox.stripe.state import Session
from sandbox.world import World

HERE = Path(__file__).parent
_ENGINE = Engine(dirs=[str(HERE)], autoescape=True)
SAFE = {
    "content-security-policy": "default-src 'none'; style-src 'self'; form-action *; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}
# What a person may save: a good card, one that is declined later, one whose bank wants its holder to be there.
SAVING = {"save": "", "save-declined": "insufficient_funds", "save-asking": "authentication_required"}
WHOLE = {"jpy", "krw", "vnd"}


class PaymentPage:
    def __init__(self, world: World, api: StripeApi) -> None:
        self._world = world
        self._api = api

    def answer(self, request: Request) -> Response:
        match request.method, request.path.strip("/").split("/")[1:]:
            case "GET", ["page.css"]:
                return Response(
                    body=(HERE / "page.css").read_bytes(), content_type="text/css", headers=dict(SAFE)
                )
            case "GET", [session_id] if session := self._world.payments.sessions.get(session_id):
                return self._page(session, declined=False)
            case "POST", [session_id, act] if session := self._world.payments.sessions.get(session_id):
                return self._act(session, act, request.base_url)
        return Response(404, b"Not found", "text/plain")

    def _act(self, session: Session, act: str, base_url: str) -> Response:
        if act == "decline":
            return self._page(session, declined=True)
        if act == "leave":
            return _to(session.cancel_url or session.success_url)
        if session.status == "open" and session.mode == "payment" and act == "pay":
            self._api.pay(session, base_url)
        if session.status == "open" and session.mode == "setup" and act in SAVING:
            self._api.save_card(session, base_url, fails=SAVING[act])
        return _to(session.success_url.replace("{CHECKOUT_SESSION_ID}", session.id))

    def _page(self, session: Session, *, declined: bool) -> Response:
        units = session.total if session.currency in WHOLE else session.total / 100
        places = 0 if session.currency in WHOLE else 2
        shown = f"{units:,.{places}f} {session.currency.upper()}"
        context = Context({"session": session, "amount": shown, "declined": declined})
        body = _ENGINE.get_template("page.html").render(context)
        return Response(body=body.encode(), content_type="text/html; charset=utf-8", headers=dict(SAFE))


def _to(url: str) -> Response:
    return Response(303, headers={"location": url})
