"""`/v1/…` as Stripe answers it: Checkout sessions, saved cards charged while their holder is away, refunds.

https://docs.stripe.com/api/checkout/sessions https://docs.stripe.com/api/payment_intents https://docs.stripe.com/api/refunds
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from sandbox.http import Request, Response, json_response
from sandbox.routes import Routes
from sandbox.stripe import events
from sandbox.stripe.state import Card, Payment, Session, Shop, card_error, new_id
from sandbox.world import World

LEAST = {"usd": 50, "hkd": 400, "eur": 50, "twd": 3000}  # smallest charge in minor units
# The last digits of Stripe's test cards, by how charges end while their holder is away.
TEST_CARDS = {"": "4242", "insufficient_funds": "0341", "authentication_required": "3155"}
Call = Callable[[Shop, dict[str, str], list[str], str], dict[str, Any]]


class StripeError(Exception):
    def __init__(
        self, message: str, *, status: int = 400, param: str = "", code: str = "", **body: Any
    ) -> None:
        self.status = status
        self.body: dict[str, Any] = {"type": "invalid_request_error", "message": message, **body}
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
        self._routes.add("GET", "setup_intents/{}", self._setup_intent)
        self._routes.add("POST", "payment_intents", self._charge)
        self._routes.add("POST", "payment_methods/{}/detach", self._detach)
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
        asked = request.body.decode() if request.method == "POST" else request.raw_query
        form = dict(parse_qsl(asked, keep_blank_values=True))
        if not key or request.method != "POST":
            return json_response(call(form))
        known = self._world.payments.answers.get((shop.secret_key, key))
        if known and known[0] != request.body:
            message = (
                "Keys for idempotent requests can only be used with the parameters they were first used with."
            )
            raise StripeError(message, code="idempotency_key_in_use")
        if known:
            return json_response(known[1], known[2])
        try:
            body, status = call(form), 200
        except StripeError as error:
            if error.status != 402:  # Stripe keeps what came of a request, not what kept it from beginning
                raise
            body, status = {"error": error.body}, error.status
        self._world.payments.answers[shop.secret_key, key] = (request.body, body, status)
        return json_response(body, status)

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
        mode = form.get("mode", "")
        if mode not in ("payment", "setup"):
            raise StripeError("Only mode=payment and mode=setup are imitated here", param="mode")
        total, currency, title = _price(form) if mode == "payment" else (0, form.get("currency", ""), "")
        session = Session(
            id=new_id("cs_test"),
            shop=shop,
            mode=mode,
            total=total,
            currency=currency,
            title=title,
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
        self.tell(session.shop, "checkout.session.expired", session.as_dict(base_url))
        return session.as_dict(base_url)

    def _setup_intent(
        self, shop: Shop, form: dict[str, str], filled: list[str], base_url: str
    ) -> dict[str, Any]:
        sessions = self._world.payments.sessions.values()
        session = next((one for one in sessions if one.setup == filled[0] and one.shop is shop), None)
        if session is None:
            raise StripeError(f"No such setupintent: {filled[0]}", status=404, code="resource_missing")
        return session.setup_intent(expanded="payment_method" in form.values())

    def _charge(self, shop: Shop, form: dict[str, str], filled: list[str], base_url: str) -> dict[str, Any]:
        """A saved card is charged at once, or refused with 402 as the bank would; both are told."""
        if form.get("confirm") != "true" or form.get("off_session") != "true":
            raise StripeError("Only confirmed charges while the customer is away are imitated here")
        card = self._card(_needed(form, "payment_method"))
        if card.customer != _needed(form, "customer"):
            raise StripeError("The payment method does not belong to the customer", param="payment_method")
        amount, currency = _needed(form, "amount"), _needed(form, "currency").lower()
        if not re.fullmatch(r"[1-9]\d{0,8}", amount) or int(amount) < LEAST.get(currency, 1):
            raise StripeError("Invalid amount", param="amount", code="amount_too_small")
        payment = Payment(
            shop, int(amount), currency, _metadata(form), card.customer, card.id, failure=card.fails
        )
        self._world.payments.payments[payment.id] = payment
        if payment.failure:
            self.tell(shop, "payment_intent.payment_failed", payment.as_dict())
            raise StripeError(status=402, payment_intent=payment.as_dict(), **card_error(payment.failure))
        self.tell(shop, "payment_intent.succeeded", payment.as_dict())
        return payment.as_dict()

    def _detach(self, shop: Shop, form: dict[str, str], filled: list[str], base_url: str) -> dict[str, Any]:
        card = self._card(filled[0])
        del self._world.payments.cards[card.id]
        card.customer = ""
        return card.as_dict()

    def _refund(self, shop: Shop, form: dict[str, str], filled: list[str], base_url: str) -> dict[str, Any]:
        payment = self._world.payments.payments.get(_needed(form, "payment_intent"))
        if payment is None or payment.shop is not shop:
            raise StripeError("No such payment_intent", status=404, code="resource_missing")
        amount = int(form.get("amount") or payment.total - payment.refunded)
        if payment.failure or not 0 < amount <= payment.total - payment.refunded:
            raise StripeError("Refund amount is greater than unrefunded amount on charge", param="amount")
        payment.refunded += amount
        self.tell(shop, "charge.refunded", payment.charge())
        return {
            "id": new_id("re"),
            "object": "refund",
            "amount": amount,
            "currency": payment.currency,
            "payment_intent": payment.id,
            "status": "succeeded",
        }

    def _card(self, card_id: str) -> Card:
        card = self._world.payments.cards.get(card_id)
        if card is None:
            raise StripeError(f"No such PaymentMethod: {card_id}", status=404, code="resource_missing")
        return card

    def _find(self, shop: Shop, session_id: str) -> Session:
        session = self._world.payments.sessions.get(session_id)
        if session is None or session.shop is not shop:
            raise StripeError(f"No such checkout.session: {session_id}", status=404, code="resource_missing")
        return session

    # --- what happens at the payment page ---------------------------------------------------------------------

    def pay(self, session: Session, base_url: str) -> None:
        payment = Payment(session.shop, session.total, session.currency, session.metadata)
        self._world.payments.payments[payment.id] = payment
        session.status, session.payment = "complete", payment
        self.tell(session.shop, "payment_intent.succeeded", payment.as_dict())
        self.tell(session.shop, "checkout.session.completed", session.as_dict(base_url))

    def save_card(self, session: Session, base_url: str, *, fails: str) -> None:
        """`fails`: the code its later charges end with."""
        card = Card(new_id("cus"), last4=TEST_CARDS[fails], fails=fails)
        self._world.payments.cards[card.id] = card
        session.status, session.card = "complete", card
        self.tell(session.shop, "checkout.session.completed", session.as_dict(base_url))

    def dispute(self, payment: Payment, *, won: bool) -> None:
        """The card's holder complains; or the complaint ended well for the shop."""
        if won:
            self.tell(payment.shop, "charge.dispute.funds_reinstated", payment.dispute("won"))
        else:
            self.tell(payment.shop, "charge.dispute.funds_withdrawn", payment.dispute("needs_response"))

    def tell(self, shop: Shop, kind: str, subject: dict[str, Any]) -> None:
        copies = 1 + self._world.scenarios.of("stripe").copies()
        told = events.event(kind, subject)
        self._world.begin(events.tell(self._world.client, shop, told, copies))


def _price(form: dict[str, str]) -> tuple[int, str, str]:
    """Total in minor units, currency and title of the one line there is."""
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
    return total, currency, _needed(form, f"{price}[product_data][name]")


def _needed(form: dict[str, str], name: str) -> str:
    if not form.get(name):
        raise StripeError(f"Missing required param: {name}.", param=name, code="parameter_missing")
    return form[name]


def _metadata(form: dict[str, str]) -> dict[str, str]:
    return {name[9:-1]: value for name, value in form.items() if name.startswith("metadata[")}


def _refusal(error: StripeError) -> Response:
    return json_response({"error": error.body}, error.status)
