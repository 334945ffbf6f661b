"""Which accounts exist: LINE channels, WhatsApp numbers, Pages and Instagram accounts, from a file or registered."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, ClassVar, TypeVar

from sandbox.people import People, address_in

FREE_SERVICE = 1000  # messages a month that a WhatsApp number need not pay for
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

    def forget_counts(self) -> None:
        self.used = 0


@dataclass(slots=True)
class WhatsAppNumber:
    """A business phone number of a WhatsApp account. `throughput` is messages a second; `tier`: as Meta words it, ""
    for what goes with the throughput; `token_expires_at`: Unix seconds, 0 for never; `free_service`:
    so many service messages cost nothing.
    """

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
    quality: str = "GREEN"
    tier: str = ""
    business_id: str = ""
    token_expires_at: int = 0
    templates: list[dict[str, Any]] = field(default_factory=list)
    free_service: int = FREE_SERVICE
    free_service_left: int = 0
    number: int = 0

    def __post_init__(self) -> None:
        self.free_service_left = self.free_service

    @property
    def id(self) -> str:
        return self.phone_number_id

    @property
    def messaging_limit(self) -> str:
        return self.tier or ("TIER_UNLIMITED" if self.throughput >= 1000 else "TIER_10K")

    @property
    def digits(self) -> str:
        return "".join(filter(str.isdigit, self.display_phone_number))

    @property
    def tokens(self) -> tuple[str, ...]:
        return (self.access_token,)

    def forget_counts(self) -> None:
        self.free_service_left = self.free_service


@dataclass(slots=True)
class FacebookPage:
    """A Page that writes by Messenger. `subscribed_fields`: what it tells its app, separated by commas."""

    kind: ClassVar[str] = "facebook"
    page_id: str
    access_token: str
    app_secret: str
    webhook_url: str = ""
    verify_token: str = ""
    name: str = "Facebook Page"
    app_id: str = "555000111222333"
    subscribed_fields: str = (
        "messages,message_echoes,message_deliveries,message_reads,message_reactions,messaging_postbacks"
    )
    number: int = 0

    @property
    def id(self) -> str:
        return self.page_id

    @property
    def tokens(self) -> tuple[str, ...]:
        return (self.access_token,)

    def forget_counts(self) -> None:
        """Nothing is counted for a month."""


@dataclass(slots=True)
class InstagramAccount:
    """A professional Instagram account with Instagram Login; with a Page and its token also with Facebook Login.

    `multi_image`: whether it may send several pictures in one message.
    """

    kind: ClassVar[str] = "instagram"
    ig_id: str
    access_token: str
    app_secret: str
    webhook_url: str = ""
    verify_token: str = ""
    username: str = "instagram.account"
    name: str = "Instagram account"
    app_id: str = "555000111222333"
    page_id: str = ""
    page_token: str = ""
    multi_image: bool = True
    subscribed_fields: str = "messages,message_echoes,messaging_seen,message_reactions,messaging_postbacks"
    number: int = 0

    @property
    def id(self) -> str:
        return self.ig_id

    @property
    def tokens(self) -> tuple[str, ...]:
        return (self.access_token, self.page_token) if self.page_token else (self.access_token,)

    def forget_counts(self) -> None:
        """Nothing is counted for a month."""


ThreadAccount = FacebookPage | InstagramAccount
GraphAccount = WhatsAppNumber | FacebookPage | InstagramAccount
Account = LineChannel | GraphAccount
_MODELS: tuple[type[Account], ...] = (LineChannel, WhatsAppNumber, FacebookPage, InstagramAccount)
_KINDS: dict[str, type[Account]] = {model.kind: model for model in _MODELS}
_KEPT_APART = {"number", "used", "free_service_left"}
A = TypeVar("A", LineChannel, WhatsAppNumber, FacebookPage, InstagramAccount)


class Accounts:
    """All accounts, found by id or by token."""

    def __init__(self, people: People) -> None:
        self._people = people
        self._all: list[Account] = []
        self._by_id: dict[str, Account] = {}
        self._line_by_token: dict[str, LineChannel] = {}
        self._graph_by_token: dict[str, list[GraphAccount]] = {}
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
        if isinstance(account, WhatsAppNumber) and isinstance(former, WhatsAppNumber):
            account.templates = account.templates if "templates" in plain else former.templates
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
        self._graph_by_token, self._whatsapp_by_waba = {}, {}
        for account in self._all:
            if isinstance(account, LineChannel):
                continue
            for token in account.tokens:
                self._graph_by_token.setdefault(token, []).append(account)
        for number in self.of_kind(WhatsAppNumber):
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

    def graph_with(self, token: str) -> list[GraphAccount]:
        """The accounts of Meta's that this token opens."""
        return self._graph_by_token.get(token, [])

    def page(self, page_id: str) -> FacebookPage | None:
        account = self._by_id.get(page_id)
        return account if isinstance(account, FacebookPage) else None

    def instagram(self, ig_id: str) -> InstagramAccount | None:
        account = self._by_id.get(ig_id)
        return account if isinstance(account, InstagramAccount) else None

    def instagram_of_page(self, page_id: str) -> InstagramAccount | None:
        """The Instagram account that is linked to this Page."""
        linked = (one for one in self.of_kind(InstagramAccount) if one.page_id == page_id)
        return next(linked, None)

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
        if wanted == "bool" and not isinstance(value, bool):
            raise BadAccount(f"{f.name} must be true or false")
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
