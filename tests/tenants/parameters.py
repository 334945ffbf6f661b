"""What the values in addresses name: each makes a row in the tenant's scope and gives its id or number.

Numbers are high, so that the stranger's own tenant has none that is equal.
"""

from __future__ import annotations

from collections.abc import Callable

from tenants.tokens import create_api_token
from tests.factories import MediaFactory, MemberFactory

PARAMETERS: dict[str, Callable[[], int | str]] = {
    "member_id": lambda: MemberFactory().pk,
    "key": lambda: MediaFactory().key,
    "name": lambda: "file.png",
    "token_id": lambda: create_api_token(MemberFactory(), name="x")[0].pk,
}

# Addresses whose value strangers are meant to know, and why that is safe.
PUBLIC: dict[str, str] = {
    "media": "providers fetch files here; the key in it has 128 random bits",
}
