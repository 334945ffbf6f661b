"""Finding conversations by what people remember: a number, part of a name or phone, something that was said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any

from django.db.models import BigIntegerField, Model, QuerySet, TextField, Value

from conversations.grams import Grams, has_grams
from conversations.models import Contact, Conversation, Customer, Message

SHORTEST_PHONE = 3  # digits


def found_by(q: str, tenant_id: int) -> QuerySet[Any, Any]:
    """The ids of the conversations that `q` finds, for `pk__in`: by chat number, name, phone digits, or the text
    of any message; with `#`, by the number alone. Full-width forms count as plain.

    Of one or two letters only names are looked through: every other message would have them.
    """
    words = plain(q)
    chats = Conversation.objects.order_by()
    if re.fullmatch(r"#[0-9]{1,18}", words):
        return chats.filter(number=int(words[1:])).values("pk")
    ways: list[QuerySet[Any, Any]] = [
        chats.filter(customer__in=_with(Customer, "name", words, tenant_id)).values("pk")
    ]
    if has_grams(words):
        ways.append(_with(Message, "text", words, tenant_id).values("conversation"))
    digits = re.sub(r"[\s#+()-]", "", words)
    if digits.isascii() and digits.isdigit() and len(digits) <= 18:
        ways.append(chats.filter(number=int(digits)).values("pk"))
        if len(digits) >= SHORTEST_PHONE:
            contacts = _with(Contact, "phone", digits, tenant_id)
            ways.append(chats.filter(contact__in=contacts.exclude(phone="")).values("pk"))
    return ways[0].union(*ways[1:]) if len(ways) > 1 else ways[0]


def contacts_by(q: str, tenant_id: int) -> QuerySet[Any, Any]:
    """The ids of the contacts that `q` finds, for `contact__in`: by part of the name or of the phone."""
    words = plain(q)
    named = Contact.objects.order_by().filter(customer__in=_with(Customer, "name", words, tenant_id))
    numbered = _with(Contact, "phone", words.lstrip("+"), tenant_id).exclude(phone="")
    return named.values("pk").union(numbered.values("pk"))


def lines_with(q: str, conversations: Sequence[Conversation], tenant_id: int) -> dict[int, Message]:
    """For each of these conversations in which `q` was said, the last message that has it, by conversation id."""
    words = plain(q)
    if not has_grams(words) or not conversations:
        return {}
    said = _with(Message, "text", words, tenant_id).filter(conversation__in=[c.pk for c in conversations])
    last = said.order_by("conversation", "-at", "-pk").distinct("conversation")
    return {message.conversation_id: message for message in last}


def plain(q: str) -> str:
    return unicodedata.normalize("NFKC", q).strip()


def _with(model: type[Model], column: str, words: str, tenant_id: int) -> QuerySet[Any]:
    """Rows of the scope whose `column` has `words` in it, whatever the case; by the index where that can tell."""
    rows: QuerySet[Any] = model.objects.order_by().filter(**{f"{column}__icontains": words})  # type: ignore[attr-defined]
    if not has_grams(words):
        return rows
    wanted = Grams(Value(tenant_id, BigIntegerField()), Value(words, TextField()))
    found: QuerySet[Any] = rows.alias(grams=Grams("tenant", column)).filter(grams__contains=wanted)
    return found
