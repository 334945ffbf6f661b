"""The control calls under `/_sandbox/`: accounts, people, scenario, inbound, journal, summary, reset."""

from collections.abc import Callable, Iterable
from itertools import islice
from typing import Any

import orjson

from sandbox import customers, ids
from sandbox.accounts import Account, BadAccount
from sandbox.customers import BadInbound
from sandbox.http import Request, Response, json_response
from sandbox.journal import Row
from sandbox.messenger import outcomes as messenger
from sandbox.people import LINE_STATES, BadPerson, address_in
from sandbox.scenario import BadScenario
from sandbox.stripe.api import StripeApi
from sandbox.stripe.state import BadShop
from sandbox.whatsapp import number_life, template_life
from sandbox.whatsapp.addresses import address_of_bsuid, is_bsuid
from sandbox.whatsapp.number_life import BadNumber
from sandbox.whatsapp.outcomes import NAMED
from sandbox.whatsapp.template_life import BadVerdict
from sandbox.world import World

MAX_PAGE = 10_000
KNOWN_OUTCOMES = tuple(dict.fromkeys((*NAMED, *messenger.NAMED, *LINE_STATES)))
Call = Callable[[Request], Any]


class Control:
    """Whoever reaches the sandbox may steer it; it listens on loopback only unless told otherwise."""

    def __init__(self, world: World, stripe: StripeApi) -> None:
        self._world = world
        self._stripe = stripe
        self._calls: dict[tuple[str, str], Call] = {
            ("GET", "summary"): lambda request: self._world.summary(),
            ("GET", "journal"): self.journal,
            ("GET", "people"): self.people,
            ("POST", "people"): self.add_people,
            ("GET", "accounts"): self.accounts,
            ("POST", "accounts"): self.register,
            ("GET", "scenario"): lambda request: self._world.scenarios.as_dict(),
            ("POST", "scenario"): self.scenario,
            ("POST", "inbound"): lambda request: customers.act(self._world, _object(request)),
            ("POST", "templates"): lambda request: template_life.steer(self._world, _object(request)),
            ("POST", "numbers"): lambda request: number_life.steer(self._world, _object(request)),
            ("POST", "reset"): self.reset,
            ("POST", "payments"): self.register_shop,
            ("POST", "payments/disputes"): self.dispute,
        }

    def answer(self, request: Request) -> Response:
        call = self._calls.get((request.method, request.path.removeprefix("/_sandbox/").rstrip("/")))
        if call is None:
            return json_response({"error": "no such control call"}, 404)
        try:
            return json_response(call(request))
        except (BadAccount, BadPerson, BadScenario, BadInbound, BadShop, BadVerdict, BadNumber) as error:
            return json_response({"error": str(error)}, 400)

    def reset(self, request: Request) -> dict[str, Any]:
        """Empty journal and scenario; with `{"people": true}` forget the people too."""
        body = _object(request) if request.body else {}
        self._world.reset()
        if body.get("people") is True:
            self._world.people.clear()
            self._world.changed()
        return self._world.summary()

    def register_shop(self, request: Request) -> dict[str, Any]:
        """`{"secret_key", "webhook_url", "webhook_secret"}`: a Stripe account."""
        self._world.payments.register(_object(request))
        return {"kind": "stripe"}

    def dispute(self, request: Request) -> dict[str, Any]:
        """`{"payment": id, "won": bool}`: the card's holder complains, or the complaint ended well for the shop."""
        body = _object(request)
        payment = self._world.payments.payments.get(str(body.get("payment") or ""))
        if payment is None:
            raise BadShop("no such payment")
        self._stripe.dispute(payment, won=body.get("won") is True)
        return {"payment": payment.id}

    def scenario(self, request: Request) -> dict[str, Any]:
        changes = _object(request)
        for outcome in _outcomes(changes):
            if outcome not in KNOWN_OUTCOMES and not messenger.CODE.fullmatch(outcome):
                raise BadScenario(
                    f"{outcome!r} is no outcome; known: {', '.join(KNOWN_OUTCOMES)}, or a Graph code"
                )
        self._world.scenarios.change(changes)
        return self._world.scenarios.as_dict()

    def accounts(self, request: Request) -> dict[str, Any]:
        """The accounts without their secrets."""
        hidden = (
            "access_token",
            "page_token",
            "channel_secret",
            "app_secret",
            "verify_token",
            "people",
            "templates",
        )
        saved = self._world.accounts.saved()
        return {"results": [{k: v for k, v in one.items() if k not in hidden} for one in saved]}

    def register(self, request: Request) -> dict[str, Any]:
        account = self._world.accounts.register(_object(request))
        self._world.base_url = request.base_url
        self._world.changed()
        return {"kind": account.kind, "id": account.id}

    def add_people(self, request: Request) -> dict[str, Any]:
        """`{"account": id, "people": [{"address", "name", "state", "last_inbound_at", …}]}`."""
        body = _object(request)
        account = self._world.accounts.get(str(body.get("account")))
        people = body.get("people")
        if account is None or not isinstance(people, list):
            raise BadPerson("account and people are needed")
        for person in people:
            if not isinstance(person, dict):
                raise BadPerson("people must be a list of objects")
            self._world.people.register(account.number, address_in(account.kind, person), person)
        self._world.changed()
        return {"people": len(people)}

    def people(self, request: Request) -> dict[str, Any]:
        """Who exists: `account`, `q` (in address or name), `limit`, `after` (a person's number)."""
        query, world = request.query, self._world
        wanted, after = query.get("q", "").lower(), _number(query, "after", -1)
        found = []
        for account in world.accounts:
            if query.get("account", account.id) != account.id:
                continue
            for number, address in world.people.of_account(account.number):
                known = world.people.known(number)
                if number > after and (wanted in address.lower() or (known and wanted in known.name.lower())):
                    found.append(number)
        found.sort()
        page = found[: _limit(query)]
        return {
            "results": [self._person(number) for number in page],
            "next": page[-1] if len(page) < len(found) else None,
        }

    def _person(self, number: int) -> dict[str, Any]:
        world = self._world
        account, known = world.accounts.at(world.people.account(number)), world.people.known(number)
        return {
            "number": number,
            "channel": account.kind,
            "account": account.id,
            "address": world.people.address(number),
            "name": known.name if known else "",
            "state": known.state if known else "friend",
            "last_inbound_at": known.last_inbound_at if known else None,
            "parts": sum(row.state.reached for row in world.journal.of_person(number)),
        }

    def journal(self, request: Request) -> dict[str, Any]:
        """What reached people, oldest first: `recipient`, `account`, `attempt`, `since` (Unix seconds), `after` (a row
        number), `limit`.

        With `all=true` also what was accepted and then failed or vanished.
        """
        query, world = request.query, self._world
        after, limit = _number(query, "after", -1), _limit(query)
        if "since" in query:
            after = max(after, world.journal.since(_seconds(query, "since")) - 1)
        if "recipient" in query:
            rows = sorted(
                (
                    row
                    for person in self._named(query["recipient"])
                    for row in world.journal.of_person(person)
                ),
                key=lambda row: row.number,
            )
            candidates: Iterable[Row] = (row for row in rows if row.number > after)
        else:
            candidates = world.journal.after(after)
        fitting = (row for row in candidates if self._fits(row, query))
        page = list(islice(fitting, limit + 1))
        return {
            "results": [self._shown(row) for row in page[:limit]],
            "next": page[limit - 1].number if len(page) > limit else None,
        }

    def _named(self, recipient: str) -> list[int]:
        """The people whom an address names, on any account; a phone number may have a plus."""
        plain = recipient.strip().removeprefix("+").replace(" ", "")
        people = set()
        for account in self._world.accounts:
            for address in {recipient, plain, _by_user_id(account.kind, recipient)}:
                number = self._world.people.find(account.number, address)
                if number is not None:
                    people.add(number)
        return sorted(people)

    def _fits(self, row: Row, query: dict[str, str]) -> bool:
        if not row.state.reached and query.get("all") != "true":
            return False
        if "attempt" in query and query["attempt"] != row.attempt:
            return False
        return "account" not in query or _is_named(self._world.accounts.at(row.account), query["account"])

    def _shown(self, row: Row) -> dict[str, Any]:
        account = self._world.accounts.at(row.account)
        known = self._world.people.known(row.person)
        return {
            "number": row.number,
            "at": row.at,
            "channel": account.kind,
            "account": account.id,
            "recipient": self._world.people.address(row.person),
            "name": known.name if known else "",
            "attempt": row.attempt,
            "part": row.part,
            "id": ids.message_id(account.kind, row.number),
            "state": row.state.name.lower(),
            "billable": account.kind == "whatsapp" and bool(self._world.journal.price(row.number)),
            "body": orjson.Fragment(row.body),
        }


def _outcomes(changes: dict[str, Any]) -> list[str]:
    """The outcomes a scenario names, for everybody or for single accounts."""
    accounts = changes.get("accounts")
    holders = [changes, *(accounts.values() if isinstance(accounts, dict) else ())]
    named = [holder.get("recipients") for holder in holders if isinstance(holder, dict)]
    return [
        str(outcome)
        for recipients in named
        if isinstance(recipients, dict)
        for outcome in recipients.values()
    ]


def _is_named(account: Account, name: str) -> bool:
    """By its id, or as webhooks name a LINE account: by its bot's user id."""
    return name in (account.id, getattr(account, "bot_user_id", account.id))


def _by_user_id(kind: str, recipient: str) -> str:
    from_bsuid = kind == "whatsapp" and is_bsuid(recipient)
    return address_of_bsuid(recipient) if from_bsuid else recipient


def _object(request: Request) -> dict[str, Any]:
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise BadInbound("the body must be a JSON object")
    return body


def _number(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name, "")
    return int(text) if text.isdigit() else default


def _seconds(query: dict[str, str], name: str) -> float:
    try:
        return float(query[name])
    except ValueError:
        raise BadInbound(f"{name} must be Unix seconds") from None


def _limit(query: dict[str, str]) -> int:
    return min(max(_number(query, "limit", 1000), 1), MAX_PAGE)
