"""Which accounts exist: LINE channels and WhatsApp numbers, given by a file or registered while running."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, TypeVar

from sandbox.people import People, address_in

WHATSAPP_MPS = {"STANDARD": 80, "HIGH": 1000, "COEXISTENCE": 20}


class BadAccount(ValueError):
    """An account was described with a missing, unknown or impossible value."""


@dataclass(slots=True)
class LineChannel:
    """A LINE Official Account with its Messaging API channel. `quota`: people a month, None for no limit."""

    kind: ClassVar[str] = "line"
    channel_id: str
    access_token: str
    channel_secret: str
    bot_user_id: str
    webhook_url: str = ""
    name: str = "LINE account"
    basic_id: str = "@sandbox"
    quota: int | None = None
    used: int = 0
    number: int = 0

    @property
    def id(self) -> str:
        return self.channel_id


@dataclass(slots=True)
class WhatsAppNumber:
    """A business phone number of a WhatsApp account. `throughput` is messages a second."""

    kind: ClassVar[str] = "whatsapp"
    phone_number_id: str
    display_phone_number: str
    waba_id: str
    access_token: str
    app_secret: str
    webhook_url: str = ""
    verify_token: str = ""
    verified_name: str = "WhatsApp number"
    waba_name: str = "WhatsApp account"
    app_id: str = "555000111222333"
    throughput: int = 80
    status: str = "CONNECTED"
    override_url: str = ""
    templates: list[dict[str, Any]] = field(default_factory=list)
    free_service_left: int = 1000
    number: int = 0

    @property
    def id(self) -> str:
        return self.phone_number_id

    @property
    def digits(self) -> str:
        return "".join(filter(str.isdigit, self.display_phone_number))


Account = LineChannel | WhatsAppNumber
_KINDS: dict[str, type[LineChannel] | type[WhatsAppNumber]] = {
    "line": LineChannel,
    "whatsapp": WhatsAppNumber,
}
_KEPT_APART = {"number", "used", "free_service_left"}
A = TypeVar("A", LineChannel, WhatsAppNumber)


class Accounts:
    """All accounts, found by id or by token."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._all: list[Account] = []
        self._by_id: dict[str, Account] = {}
        self._line_by_token: dict[str, LineChannel] = {}
        self._whatsapp_by_token: dict[str, list[WhatsAppNumber]] = {}
        self._whatsapp_by_waba: dict[str, list[WhatsAppNumber]] = {}

    def __iter__(self) -> Any:
        return iter(self._all)

    def register(self, description: dict[str, Any]) -> Account:
        """Add the account, or change the one with its id; its `people` are added too. Raises BadAccount."""
        plain = dict(description)
        kind, people = plain.pop("kind", None), plain.pop("people", [])
        model = _KINDS.get(kind) if isinstance(kind, str) else None
        if model is None:
            raise BadAccount(f"kind must be one of {', '.join(_KINDS)}")
        if plain.get("throughput") in WHATSAPP_MPS:
            plain["throughput"] = WHATSAPP_MPS[plain["throughput"]]
        allowed = {f.name for f in fields(model)} - _KEPT_APART
        if unknown := set(plain) - allowed:
            raise BadAccount(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(sorted(allowed))}")
        try:
            account: Account = model(**{k: v for k, v in plain.items() if v is not None})
        except TypeError as error:
            raise BadAccount(str(error).partition("() ")[2]) from None
        _check_types(account)
        former = self._by_id.get(account.id)
        if former is not None and former.kind != account.kind:
            raise BadAccount(f"{account.id} is a {former.kind} account")
        addresses = _addresses(account.kind, people)
        self._place(account)
        for address, person in addresses:
            self._people.register(account.number, address, person)
        return account

    def _place(self, account: Account) -> None:
        former = self._by_id.get(account.id)
        if former is None:
            account.number = len(self._all)
            self._all.append(account)
        else:
            account.number = former.number
            self._all[account.number] = account
            if isinstance(former, LineChannel) and isinstance(account, LineChannel):
                account.used = former.used
        self._by_id[account.id] = account
        self._index()

    def _index(self) -> None:
        self._line_by_token = {channel.access_token: channel for channel in self.of_kind(LineChannel)}
        self._whatsapp_by_token, self._whatsapp_by_waba = {}, {}
        for number in self.of_kind(WhatsAppNumber):
            self._whatsapp_by_token.setdefault(number.access_token, []).append(number)
            self._whatsapp_by_waba.setdefault(number.waba_id, []).append(number)

    def at(self, number: int) -> Account:
        return self._all[number]

    def get(self, account_id: str) -> Account | None:
        return self._by_id.get(account_id)

    def line_by_token(self, token: str) -> LineChannel | None:
        return self._line_by_token.get(token)

    def of_kind(self, model: type[A]) -> list[A]:
        return [account for account in self._all if isinstance(account, model)]

    def whatsapp(self, phone_number_id: str) -> WhatsAppNumber | None:
        account = self._by_id.get(phone_number_id)
        return account if isinstance(account, WhatsAppNumber) else None

    def numbers_of(self, waba_id: str) -> list[WhatsAppNumber]:
        return self._whatsapp_by_waba.get(waba_id, [])

    def numbers_with(self, token: str) -> list[WhatsAppNumber]:
        return self._whatsapp_by_token.get(token, [])

    def saved(self) -> list[dict[str, Any]]:
        """All accounts as `register` takes them."""
        return [
            {
                "kind": account.kind,
                **{k: v for k, v in asdict(account).items() if k not in _KEPT_APART},
                "people": self._people.saved(account.number),
            }
            for account in self._all
        ]


def _check_types(account: Account) -> None:
    for f in fields(account):
        value, wanted = getattr(account, f.name), str(getattr(f.type, "__name__", f.type))
        if wanted == "str" and not isinstance(value, str):
            raise BadAccount(f"{f.name} must be text")
        if "int" in wanted and value is not None and (isinstance(value, bool) or not isinstance(value, int)):
            raise BadAccount(f"{f.name} must be a whole number")
        if "list" in wanted and not (isinstance(value, list) and all(isinstance(one, dict) for one in value)):
            raise BadAccount(f"{f.name} must be a list of objects")
    if isinstance(account, WhatsAppNumber) and account.throughput < 1:
        raise BadAccount("throughput must be at least 1")


def _addresses(kind: str, people: object) -> list[tuple[str, dict[str, Any]]]:
    if not isinstance(people, list) or not all(isinstance(person, dict) for person in people):
        raise BadAccount("people must be a list of objects")
    return [(address_in(kind, person), person) for person in people]
