"""`/v1/…` as Stripe answers it. https://docs.stripe.com/api/checkout/sessions https://docs.stripe.com/api/refunds"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from sandbox.http import Request, Response, json_response
from sandbox.routes import Routes
from sandbox.stripe import events
from sandbox.stripe.state import Session, Shop, new_id
from sandbox.world import World

LEAST = {"usd": 50, "hkd": 400, "eur": 50, "twd": 3000}  # smallest charge in minor units
Call = Callable[[Shop, dict[str, str], list[str], str], dict[str, Any]]


class StripeError(Exception):
    def __init__(self, message: str, *, status: int = 400, param: str = "", code: str = "") -> None:
        self.status = status
        self.body = {"type": "invalid_request_error", "message": message}
        if param:
            self.body["param"] = param
        if code:
            self.body["code"] = code
        super().__init__(message)


class StripeApi:
    """Answers what starts with `/v1/`."""

    name = "stripe"

    def __init__(self, world: World) -> None:
        self._world = world
        self._routes: Routes[Call] = Routes()
        self._routes.add("POST", "checkout/sessions", self._create_session)
        self._routes.add("GET", "checkout/sessions/{}", self._session)
        self._routes.add("POST", "checkout/sessions/{}/expire", self._expire)
        self._routes.add("POST", "refunds", self._refund)

    def owns(self, path: str) -> bool:
        return path.startswith("/v1/")

    def account_of(self, request: Request) -> str:
        return "stripe"

    def answer(self, request: Request) -> Response:
        shop = self._world.payments.shops.get(request.bearer or "")
        if shop is None:
            return _refusal(StripeError("Invalid API Key provided", status=401))
        found = self._routes.find(request.method, request.path.removeprefix("/v1/").rstrip("/"))
        if found is None:
            return _refusal(
                StripeError(f"Unrecognized request URL ({request.method}: {request.path}).", status=404)
            )
        call, filled = found
        try:
            return self._once(shop, request, lambda form: call(shop, form, filled, request.base_url))
        except StripeError as error:
            return _refusal(error)

    def _once(
        self, shop: Shop, request: Request, call: Callable[[dict[str, str]], dict[str, Any]]
    ) -> Response:
        """The same idempotency key gets the first answer again; with another body it is refused."""
        key = request.headers.get("idempotency-key", "")
        form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        if not key or request.method != "POST":
            return json_response(call(form))
        known = self._world.payments.answers.get((shop.secret_key, key))
        if known and known[0] != request.body:
            message = (
                "Keys for idempotent requests can only be used with the parameters they were first used with."
            )
            raise StripeError(message, code="idempotency_key_in_use")
        body = known[1] if known else call(form)
        self._world.payments.answers[shop.secret_key, key] = (request.body, body, 200)
        return json_response(body)

    def finish(self, response: Response) -> Response:
        response.headers.setdefault("request-id", new_id("req"))
        return response

    def throttled(self, request: Request) -> Response:
        return json_response(
            {"error": {"type": "rate_limit_error", "message": "Too many requests", "code": "rate_limit"}}, 429
        )

    def broken(self) -> Response:
        return json_response(
            {"error": {"type": "api_error", "message": "Something went wrong on our end."}}, 500
        )

    # --- calls ----------------------------------------------------------------------------------------------

    def _create_session(
        self, shop: Shop, form: dict[str, str], filled: list[str], base_url: str
    ) -> dict[str, Any]:
        if form.get("mode") != "payment":
            raise StripeError("Only mode=payment is imitated here", param="mode")
        price = "line_items[0][price_data]"
        currency = _needed(form, f"{price}[currency]").lower()
        amount, quantity = _needed(form, f"{price}[unit_amount]"), form.get("line_items[0][quantity]", "1")
        if not re.fullmatch(r"[1-9]\d{0,8}", amount) or not re.fullmatch(r"[1-9]\d{0,3}", quantity):
            raise StripeError("Invalid positive integer", param=f"{price}[unit_amount]")
        total = int(amount) * int(quantity)
        if total < LEAST.get(currency, 1):
            raise StripeError(
                "The Checkout Session's total amount is below the least amount", code="amount_too_small"
            )
        session = Session(
            id=new_id("cs_test"),
            shop=shop,
            total=total,
            currency=currency,
            title=_needed(form, f"{price}[product_data][name]"),
            success_url=_needed(form, "success_url"),
            cancel_url=form.get("cancel_url", ""),
            reference=form.get("client_reference_id", ""),
            email=form.get("customer_email", ""),
            metadata=_metadata(form),
        )
        self._world.payments.sessions[session.id] = session
        return session.as_dict(base_url)

    def _session(self, shop: Shop, form: dict[str, str], filled: list[str], base_url: str) -> dict[str, Any]:
        return self._find(shop, filled[0]).as_dict(base_url)

    def _expire(self, shop: Shop, form: dict[str, str], filled: list[str], base_url: str) -> dict[str, Any]:
        session = self._find(shop, filled[0])
        if session.status != "open":
            raise StripeError("Only Checkout Sessions with a status in ['open'] can be expired.")
        session.status = "expired"
        self.tell(session, "checkout.session.expired", session.as_dict(base_url))
        return session.as_dict(base_url)

    def _refund(self, shop: Shop, form: dict[str, str], filled: list[str], base_url: str) -> dict[str, Any]:
        session = self._world.payments.by_payment(_needed(form, "payment_intent"))
        if session is None or session.shop is not shop:
            raise StripeError("No such payment_intent", status=404, code="resource_missing")
        amount = int(form.get("amount") or session.total - session.refunded)
        if not 0 < amount <= session.total - session.refunded:
            raise StripeError("Refund amount is greater than unrefunded amount on charge", param="amount")
        session.refunded += amount
        self.tell(session, "charge.refunded", session.charge())
        return {
            "id": new_id("re"),
            "object": "refund",
            "amount": amount,
            "currency": session.currency,
            "payment_intent": session.payment,
            "status": "succeeded",
        }

    def _find(self, shop: Shop, session_id: str) -> Session:
        session = self._world.payments.sessions.get(session_id)
        if session is None or session.shop is not shop:
            raise StripeError(f"No such checkout.session: {session_id}", status=404, code="resource_missing")
        return session

    # --- what happens at the payment page ---------------------------------------------------------------------

    def pay(self, session: Session, base_url: str) -> None:
        session.status, session.payment = "complete", new_id("pi")
        self.tell(session, "checkout.session.completed", session.as_dict(base_url))

    def dispute(self, session: Session, *, won: bool) -> None:
        """The card's holder complains; or the complaint ended well for the shop."""
        if won:
            self.tell(session, "charge.dispute.funds_reinstated", session.dispute("won"))
        else:
            self.tell(session, "charge.dispute.funds_withdrawn", session.dispute("needs_response"))

    def tell(self, session: Session, kind: str, subject: dict[str, Any]) -> None:
        copies = 1 + self._world.scenarios.of("stripe").copies()
        told = events.event(kind, subject)
        self._world.begin(events.tell(self._world.client, session.shop, told, copies))


def _needed(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        raise StripeError(f"Missing required param: {name}.", param=name, code="parameter_missing")
    return form[name]


def _metadata(form: dict[str, str]) -> dict[str, str]:
    return {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}


def _refusal(error: StripeError) -> Response:
    return json_response({"error": error.body}, error.status)
