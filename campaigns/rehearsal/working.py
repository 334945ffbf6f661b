"""The worker of rehearsals: what the ordinary workers do for real teams, for those that rehearse, in one loop."""

from __future__ import annotations

import ipaddress
import socket
import time
from threading import Event
from urllib.parse import urlsplit

import redis
import requests
import structlog
from django.conf import settings

from campaigns.doors import campaigns_in
from campaigns.engine.finish import finish_campaigns
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.reprice import reprice_campaigns
from campaigns.engine.slice import run_slice
from campaigns.models import Status
from campaigns.rehearsal.performing import ALIVE_KEY, ALIVE_S
from conversations.files import fetch_due_files
from conversations.outbox import send_due
from conversations.profiles import fetch_due_profiles
from tenants.rehearsing import Teams, stand_in, teams_served

log = structlog.get_logger(__name__)
PAUSE_S = 1.0  # between looks for work
ASKING_S = 10
JOURNAL_S = (
    86_400  # it holds what was written to people by name: emptied when so old and nothing is under way
)
UNFINISHED = [status.value for status in (Status.PREPARING, Status.RUNNING, Status.PAUSED, Status.CANCELLING)]


class Unsafe(Exception):
    """This process could reach something that is no sandbox; the message says why."""


def require_safe() -> None:
    """Raises Unsafe where this process works for anybody but teams that rehearse, or sends anywhere but to a sandbox on
    this machine or a private network."""
    address = stand_in()
    if teams_served() is not Teams.REHEARSING or address is None or address != settings.REHEARSAL_URL:
        raise Unsafe(
            f"REHEARSAL_URL must be the plain http:// address of a sandbox, not {settings.REHEARSAL_URL!r}."
        )
    if settings.REHEARSAL_ANYWHERE:
        return
    try:
        found = socket.getaddrinfo(urlsplit(address).hostname, None)
    except OSError as error:
        raise Unsafe(f"{address} cannot be found: {error}.") from error
    public = sorted({str(place[0]) for *_rest, place in found if not _is_private(str(place[0]))})
    if public:
        raise Unsafe(
            f"{address} is {', '.join(public)}: neither this machine nor a private network. If a sandbox of yours does "
            "listen there, say so with REHEARSAL_ANYWHERE=on."
        )


def _is_private(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    return ip.is_loopback or ip.is_private


def is_sandbox() -> bool:
    """Whether what listens at the address answers as the sandbox does."""
    try:
        answer = requests.get(f"{settings.REHEARSAL_URL}/_sandbox/summary", timeout=ASKING_S)
        return "journal_began_at" in answer.json()
    except (requests.RequestException, ValueError):
        return False


def work_until(stop: Event) -> None:
    """Look for work and do it, until told to stop."""
    with redis.Redis.from_url(settings.TOKENS_REDIS_URL, socket_timeout=2) as client:
        emptied = time.monotonic()
        while not stop.is_set():
            _beat(client)
            if not work():
                if time.monotonic() - emptied > JOURNAL_S and not campaigns_in(UNFINISHED):
                    _empty_journal()
                    emptied = time.monotonic()
                stop.wait(PAUSE_S)
        client.delete(ALIVE_KEY)


def work() -> bool:
    """One look, at most a slice long. Returns whether there may be more to do at once."""
    prepare_campaigns()
    found = [run_slice()]
    finish_campaigns()
    found += [bool(step()) for step in (reprice_campaigns, send_due, fetch_due_profiles, fetch_due_files)]
    return any(found)


def _beat(client: redis.Redis) -> None:
    try:
        client.set(ALIVE_KEY, 1, ex=ALIVE_S)
    except redis.RedisError as error:  # without tokens nothing is sent either; the next look tries again
        log.warning("heartbeat_not_noted", error=str(error))


def _empty_journal() -> None:
    try:
        requests.post(f"{settings.REHEARSAL_URL}/_sandbox/reset", timeout=ASKING_S).raise_for_status()
    except requests.RequestException as error:
        log.warning("journal_not_emptied", error=str(error))
