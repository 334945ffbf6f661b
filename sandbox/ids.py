"""Ids shaped like the providers': unique in one start of the sandbox and, by a salt, across starts."""

import base64
import random
import secrets
import uuid

_SALT = secrets.token_hex(6)
_LINE_BASE = 530_000_000_000_000_000 + secrets.randbelow(9_000_000) * 1_000_000_000
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
