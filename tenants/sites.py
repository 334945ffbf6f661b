"""The sites of a team: hosts that are its own, their subdomains too. A link there is *official*, any other is not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from tenants.errors import Invalid

MOST_SITES = 50
LONGEST = 253  # characters of a host's name, as DNS takes it
HOST = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(?:\.(?!-)[a-z0-9-]{1,63}(?<!-))+")


def host_of(url: str) -> str:
    """The host of an address as DNS knows it: in lower case, beyond ASCII in IDNA. Raises ValueError for none."""
    name = (urlsplit(url).hostname or "").removesuffix(".")
    host = name.encode("idna").decode("ascii").lower() if name else ""
    if len(host) > LONGEST or not HOST.fullmatch(host):
        raise ValueError(url)
    return host


def is_official(url: str, sites: Collection[str]) -> bool:
    """Whether the address lies on one of the sites or on a subdomain of one. Raises ValueError for no address."""
    labels = host_of(url).split(".")
    return any(".".join(labels[start:]) in sites for start in range(len(labels)))


def read_sites(written: Iterable[str]) -> list[str]:
    """Hosts as people write them, whole addresses too, each once. Raises Invalid, naming the first that is none."""
    found: dict[str, None] = {}
    for line in filter(None, (line.strip() for line in written)):
        found[_read(line)] = None
    if len(found) > MOST_SITES:
        raise Invalid(_("At most %(most)d sites are kept. Nothing was changed.") % {"most": MOST_SITES})
    return list(found)


def shown(site: str) -> str:
    """The host as people read it."""
    try:
        return site.encode("ascii").decode("idna")
    except UnicodeError:
        return site


def _read(line: str) -> str:
    try:
        host = host_of(line if "://" in line else f"//{line}")
    except ValueError:
        host = ""
    if not host or host.replace(".", "").isdigit():
        raise Invalid(
            _("“%(site)s” is no site. Write its name only, such as shop.example. Nothing was changed.")
            % {"site": line[:80]}
        )
    return host
