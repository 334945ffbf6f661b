"""Ids shaped like the providers': unique in one start of the sandbox and, by a salt, across starts."""

import base64
import binascii
import hashlib
import random
import secrets
import uuid

_SALT = secrets.token_hex(6)
_LINE_BASE = 530_000_000_000_000_000 + secrets.randbelow(9_000_000) * 1_000_000_000
_FILLING = hashlib.sha256(_SALT.encode()).hexdigest()[:39]
_MID_MARKS = {"facebook": ("m_", "t_"), "instagram": ("", "ig_")}  # before and within the coded text
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def request_id() -> str:
    """The value of `X-Line-Request-Id`: new for every answer."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))


def line_message_id(row: int) -> str:
    """The 18-digit id of a journal row or, for what customers write, of a negative number."""
    return str(_LINE_BASE + (row if row >= 0 else 500_000_000 - row))


def wamid(row: int, *, inbound: bool = False) -> str:
    """The opaque message id of a journal row or of an inbound message."""
    direction = "I" if inbound else "O"
    return "wamid." + base64.b64encode(f"{_SALT}{direction}{row:011d}".encode()).decode()


def may_be_inbound(text: str) -> bool:
    """Whether a customer's message may have this id; messages of earlier starts count too."""
    found = row_of_wamid(text)
    return text.startswith("wamid.") and (found is None or found[1])


def row_of_wamid(text: str) -> tuple[int, bool] | None:
    """The number behind a `wamid` of this start and whether it is inbound; None for any other text."""
    try:
        plain = base64.b64decode(text.removeprefix("wamid."), validate=True).decode()
    except ValueError:
        return None
    if not plain.startswith(_SALT) or not plain[13:].isdigit():
        return None
    return int(plain[13:]), plain[12] == "I"


def mid(kind: str, row: int, *, inbound: bool = False) -> str:
    """The message id of Messenger or Instagram, of a journal row or of an inbound message."""
    before, within = _MID_MARKS[kind]
    plain = f"{within}{_SALT}{'I' if inbound else 'O'}{row:011d}{_FILLING}"
    return before + base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def row_of_mid(text: str) -> tuple[int, bool] | None:
    """The number behind a message id of this start and whether it is inbound; None for any other text."""
    coded = text.removeprefix("m_")
    try:
        plain = base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)).decode()
    except (ValueError, binascii.Error):
        return None
    _, salt, rest = plain.partition(_SALT)
    number = rest[1:12]
    return (int(number), rest[0] == "I") if salt and number.isdigit() else None


def message_id(kind: str, row: int, *, inbound: bool = False) -> str:
    """The id by which an account of this kind names a journal row, or what a customer wrote."""
    if kind == "line":
        return line_message_id(-row if inbound else row)
    return wamid(row, inbound=inbound) if kind == "whatsapp" else mid(kind, row, inbound=inbound)


def ulid(at: float) -> str:
    """A 26-character id that sorts by time (`at`: Unix seconds): LINE's `webhookEventId`."""
    value = (int(at * 1000) << 80) | random.getrandbits(80)
    return "".join(_CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5))


def graph_id() -> str:
    """A number in a string, as the Graph API names its objects."""
    return str(random.randrange(10**14, 10**15))


def token(size: int = 16) -> str:
    return f"{random.getrandbits(size * 8):0{size * 2}x}"


def unused_row() -> int:
    """A number that no journal row has, for ids of what never arrived."""
    return 900_000_000 + random.randrange(90_000_000)
