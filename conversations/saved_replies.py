"""Saved replies: what members keep to answer with, and to put into broadcasts."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.models import Media
from conversations.models import SavedReply
from conversations.variables import LABELS, variables_in
from tenants import audit
from tenants.errors import Invalid, NotAllowed
from tenants.models import Member
from tenants.roles import Permission

MOST = 500  # of the team, and of each member
LONGEST_TITLE, LONGEST_SHORTCUT, LONGEST_TEXT = 80, 30, 5000  # characters; no channel takes a longer text
SHORTCUT = re.compile(r"[\w-]+")


@dataclass(frozen=True)
class Draft:
    """What a saved reply is to be. `team`: everybody's; else the writer's own."""

    title: str
    shortcut: str = ""
    text: str = ""
    media: Media | None = None
    team: bool = False


@transaction.atomic
def create_saved_reply(by: Member, draft: Draft) -> SavedReply:
    """Keep a new one. Raises NotAllowed for the team's without the right, Invalid naming faulty fields."""
    by.require(Permission.REPLY)
    reply = SavedReply(tenant=by.tenant, created_at=timezone.now())
    _fill(reply, by, draft)
    audit.record(by, "saved_reply.created", reply, title=reply.title, team=draft.team)
    return reply


@transaction.atomic
def change_saved_reply(reply: SavedReply, by: Member, draft: Draft) -> SavedReply:
    """Replace its content and whose it is. Broadcasts and answers it went into stay as they are.

    Raises as `create_saved_reply`.
    """
    _may_change(reply, by)
    before = reply.title
    _fill(reply, by, draft)
    audit.record(by, "saved_reply.changed", reply, before=before, title=reply.title, team=draft.team)
    return reply


@transaction.atomic
def delete_saved_reply(reply: SavedReply, by: Member) -> None:
    """It is offered no more; what it was used in keeps text and file. Raises NotAllowed."""
    _may_change(reply, by)
    audit.record(by, "saved_reply.deleted", reply, title=reply.title, team=reply.owner_id is None)
    reply.delete()


def _may_change(reply: SavedReply, by: Member) -> None:
    by.require(Permission.REPLY)
    if not reply.may_be_changed_by(by):
        raise NotAllowed


def _fill(reply: SavedReply, by: Member, draft: Draft) -> None:
    if draft.team:
        by.require(Permission.MANAGE_SAVED_REPLIES)
    reply.owner = None if draft.team else by
    reply.title = " ".join(draft.title.split())
    reply.shortcut = plain_shortcut(draft.shortcut)
    reply.text = draft.text.replace("\r\n", "\n").strip()
    reply.media = draft.media
    reply.updated_at = timezone.now()
    if faults := _faults(reply):
        raise Invalid(errors=faults)
    reply.save()


def plain_shortcut(typed: str) -> str:
    """As it is kept and compared: without slash, in lower case, full-width forms as plain ones."""
    return unicodedata.normalize("NFKC", typed).strip().removeprefix("/").casefold()


def _faults(reply: SavedReply) -> list[dict[str, str]]:
    faults = []
    if not reply.title:
        faults.append(_fault("title", "required", _("Give it a title to find it by.")))
    for field, longest in (("title", LONGEST_TITLE), ("shortcut", LONGEST_SHORTCUT), ("text", LONGEST_TEXT)):
        if len(getattr(reply, field)) > longest:
            detail = _("At most %(most)d characters.") % {"most": longest}
            faults.append(_fault(field, "too_long", detail))
    if reply.shortcut and not SHORTCUT.fullmatch(reply.shortcut):
        faults.append(_fault("shortcut", "invalid", _("Use letters, digits, hyphens and underscores only.")))
    if not reply.text and reply.media is None:
        faults.append(_fault("text", "required", _("Write a text or choose a file.")))
    for name in variables_in([reply.text]):
        if name not in LABELS:
            detail = _("There is no variable “%(name)s”.") % {"name": name}
            faults.append(_fault("text", "unknown_variable", detail))
    return faults or _taken(reply)


def _taken(reply: SavedReply) -> list[dict[str, str]]:
    """Its shortcut is another's, or there are too many already."""
    alike = SavedReply.objects.filter(owner=reply.owner).exclude(pk=reply.pk)
    if reply.shortcut and alike.filter(shortcut=reply.shortcut).exists():
        detail = _("“/%(shortcut)s” stands for another saved reply already.") % {"shortcut": reply.shortcut}
        return [_fault("shortcut", "taken", detail)]
    if alike.count() >= MOST:
        detail = _("There are %(most)d saved replies already. Delete one that is no longer used.")
        return [_fault("title", "too_many", detail % {"most": MOST})]
    return []


def _fault(field: str, code: str, detail: str) -> dict[str, str]:
    return {"field": field, "code": code, "detail": detail}
