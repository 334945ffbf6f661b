"""Who asks for live events: the session cookie of a page, as a tenant. Runs in a thread; changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth import SESSION_KEY as USER_KEY
from django.db import close_old_connections
from django.http import HttpRequest, parse_cookie
from django.utils.crypto import constant_time_compare

from tenants.doors import memberships_of
from tenants.live import end_session, session_mark
from tenants.middleware import SESSION_KEY as TEAM_KEY
from tenants.models import User


@dataclass(frozen=True)
class Reader:
    """Somebody signed in, at work for one tenant. `session_mark` is not the session's key."""

    tenant_id: int
    session_mark: str


def who_reads(cookies: str) -> Reader | None:
    """The reader a Cookie header stands for, or None for everybody else. Unlike Django's own look-up it never turns
    a session's key over, for no new cookie could be set here."""
    close_old_connections()
    key = parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME)
    if not key:
        return None
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = User.objects.filter(pk=session.get(USER_KEY), is_active=True).first()
    if user is None or not _still_valid(user, session.get(HASH_SESSION_KEY, "")):
        return None
    memberships = memberships_of(user.pk)
    chosen = (one for one in memberships if one.slug == session.get(TEAM_KEY))
    team = next(chosen, memberships[0] if memberships else None)
    return Reader(team.tenant_id, session_mark(key)) if team else None


def on_signed_out(sender: object, request: HttpRequest | None, **_kwargs: object) -> None:
    """Ends the live streams of the session that was signed out."""
    key = request.session.session_key if request is not None else None
    if key:
        end_session(key)


def _still_valid(user: User, session_hash: str) -> bool:
    """Whether the password is still the one the session was opened with."""
    hashes = [user.get_session_auth_hash(), *user.get_session_auth_fallback_hash()]
    return any(constant_time_compare(session_hash, wanted) for wanted in hashes)
