"""Which part of which person an entry of the sandbox's journal brought.

What went out with the request tells: LINE's retry key with the person's address, elsewhere our
`<recipient>.<part>.<try>`. Instagram's requests carry neither; there, and for whatever bears no name of ours at all,
address, words and time decide. So a message sent twice by mistake is found even where no row of ours knows of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Q

from campaigns.links.texts import Text, texts_of
from campaigns.models import Attempt, Campaign, Part, PartState, Recipient
from campaigns.rendering import render_line
from channels.adapters.meta.threads.events import METADATA
from channels.models import Channel
from channels.sandbox import Entry, journal_of
from conversations.models import Message
from templates_app.wording import Wording

Place = tuple[int, int]  # recipient id, position of the part
EARLIER = timedelta(seconds=5)  # clocks of two processes
LATER = timedelta(minutes=1)
OPAQUE_ID = re.compile(rf"(?:{METADATA})?(\d{{1,18}})\.(\d{{1,2}})\.\d+")
RETRY_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def by_place(
    campaign: Campaign, channel: Channel, people: Sequence[Recipient]
) -> Mapping[Place, list[Entry]]:
    """The journal's entries by the part they brought. Raises SandboxAway."""
    assert campaign.started_at is not None  # noqa: S101  for the type: a finished campaign has begun
    attempts = Attempt.objects.filter(campaign=campaign, channel=channel).values_list("key", flat=True)
    keys = frozenset(str(key) for key in attempts)
    place_of = _by_key(people, keys) if keys else _by_opaque_id(people)
    found: dict[Place, list[Entry]] = {}
    others: list[Entry] = []
    for entry in journal_of(channel.account_id, campaign.started_at - EARLIER):
        if (place := place_of(entry)) is None:
            others.append(entry)
        else:
            found.setdefault(place, []).append(entry)
    until = (campaign.finished_at or campaign.started_at) + LATER
    nameless = (entry for entry in _nameless(channel, others) if entry.at <= until)
    _add_by_words(found, nameless, people, list(campaign.parts.select_related("media")))
    return found


def _by_opaque_id(people: Sequence[Recipient]) -> Callable[[Entry], Place | None]:
    """`<recipient>.<part>.<try>` names the place; Messenger's metadata say before it that it is ours."""
    known = {person.pk for person in people}

    def place_of(entry: Entry) -> Place | None:
        match = OPAQUE_ID.fullmatch(entry.attempt)
        return (int(match[1]), int(match[2])) if match and int(match[1]) in known else None

    return place_of


def _by_key(people: Sequence[Recipient], keys: frozenset[str]) -> Callable[[Entry], Place | None]:
    """A call under one of the campaign's retry keys; the address names the person, the place in the call the part,
    of those that were not left out."""
    by_address = {person.address: person for person in people}

    def place_of(entry: Entry) -> Place | None:
        person = by_address.get(entry.recipient)
        if person is None or entry.attempt not in keys:
            return None
        sent = [place for place, state in enumerate(person.part_states) if state != PartState.DROPPED]
        return (person.pk, sent[entry.part]) if entry.part < len(sent) else None

    return place_of


def _nameless(channel: Channel, entries: Sequence[Entry]) -> list[Entry]:
    """Those that bear the name of no campaign and no reply of ours."""
    names = {entry.attempt for entry in entries if entry.attempt}
    keys = {name for name in names if RETRY_KEY.fullmatch(name)}
    plain = {name.removeprefix(METADATA) for name in names}
    recipients = {name: int(match[1]) for name in names if (match := OPAQUE_ID.fullmatch(name))}
    ours = set(Recipient.objects.filter(pk__in=set(recipients.values())).values_list("pk", flat=True))
    known = {name for name, pk in recipients.items() if pk in ours}
    calls = Attempt.objects.filter(channel=channel, key__in=keys).values_list("key", flat=True)
    known |= {str(key) for key in calls}
    replies = Message.objects.filter(Q(retry_key__in=keys) | Q(opaque_id__in=plain))
    for key, opaque_id in replies.values_list("retry_key", "opaque_id"):
        known |= {str(key), opaque_id, METADATA + opaque_id} - {"", METADATA}
    return [entry for entry in entries if entry.attempt not in known]


def _add_by_words(
    found: dict[Place, list[Entry]],
    entries: Iterable[Entry],
    people: Sequence[Recipient],
    parts: Sequence[Part],
) -> None:
    """Each entry joins the part that says the same to the same person: one that has none yet, else it is a copy."""
    by_address = {person.address.removeprefix("+"): person for person in people}
    texts = texts_of(parts)
    for entry in entries:
        person = by_address.get(entry.recipient.removeprefix("+"))
        if person is None:
            continue
        same = [
            (person.pk, part.position)
            for part in parts
            if _says(entry, part, texts[part.campaign_id, part.position], person)
        ]
        if same:
            place = next((each for each in same if each not in found), same[0])
            found.setdefault(place, []).append(entry)


def _sent_template(entry: Entry) -> tuple[str, str, list[str]] | None:
    """Name, language and texts of a template that arrived."""
    sent = entry.body.get("template") if isinstance(entry.body, dict) else None
    if not isinstance(sent, dict):
        return None
    return sent["name"], sent["language"]["code"], _texts_of(sent.get("components", []))


def _meant_template(wording: Wording, part: Part, person: Recipient) -> tuple[str, str, list[str]]:
    values = {name: render_line(text, person.fields) for name, text in part.values.items()}
    parameters = [values[parameter.name] for parameter in wording.content.parameters]
    return wording.name, wording.language, parameters


def _texts_of(components: Sequence[Mapping[str, Any]]) -> list[str]:
    return [
        value
        for component in components
        for parameter in component["parameters"]
        if isinstance(value := parameter.get("text", parameter.get("coupon_code")), str)
    ]


def _says(entry: Entry, part: Part, said: Text, person: Recipient) -> bool:
    """Whether the entry brought this part: its text, or the file under the unguessable key in its address."""
    if part.media is not None:
        return part.media.key in json.dumps(entry.body)
    if part.wording is not None:
        return _sent_template(entry) == _meant_template(Wording.read(part.wording), part, person)
    text = entry.body.get("text") if isinstance(entry.body, dict) else None
    plain = text.get("body") if isinstance(text, dict) else text
    return plain == said.to(person.pk, person.fields)
