"""What the composer's scripts are told: the chosen channels with their limits, the parts so far, the words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.affected import first_of
from campaigns.drafts import CampaignDraft
from campaigns.models import MAX_PARTS, Campaign
from campaigns.rendering import LABELS, LONGEST_VALUE
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from channels.capabilities import BROADCAST_CHANNELS, Client, Content, takes
from channels.models import KIND_LABELS
from tenants.models import Member
from workspace.broadcasts.drafting import Check, check
from workspace.broadcasts.files import described, offers
from workspace.broadcasts.scheduling import named_zone, proposed_start
from workspace.broadcasts.selection import described as described_selection
from workspace.broadcasts.short_links import short_link_of

EMOJI = {
    "en": {"locale": "en", "source": "vendor/emoji-picker-element-data/1.8.0/en/emojibase/data.json"},
    "zh-hant": {
        "locale": "zh-hant",
        "source": "vendor/emoji-picker-element-data/1.8.0/zh-hant/cldr/data.json",
    },
    "zh-hans": {"locale": "zh", "source": "vendor/emoji-picker-element-data/1.8.0/zh/emojibase/data.json"},
}
# The rows of the table people are shown (S2-17..22), in its order.
ROWS = {
    Content.EMOJI: gettext_lazy("Emoji"),
    Content.IMAGE: gettext_lazy("Picture"),
    Content.VIDEO: gettext_lazy("Video"),
    Content.FILE: gettext_lazy("File"),
    Content.SAVED_REPLY: gettext_lazy("Saved reply"),
}


def composer_context(
    campaign: Campaign, draft: CampaignDraft, found: Check, member: Member
) -> dict[str, Any]:
    """What the composer's page shows beside the draft and its check."""
    if found.preflight is None:  # it names whom it is about; the page goes on with the others
        draft = replace(draft, audience=draft.audience.without_faulty(member))
        found = check(member, draft)
    people = {kind: first_of(member, draft, kind) for kind in chosen_kinds(found)}
    return {
        "chosen": described_selection(draft.audience, found.preflight),
        "setup": _setup(campaign, people),
        "short_link": short_link_of(draft),
        "start": proposed_start(),
        "zone": named_zone(),
        "zone_name": timezone.get_current_timezone_name(),
        "variables": LABELS.items(),
        "matrix": _matrix_rows(),
        "broadcast_labels": [(kind.value, KIND_LABELS[kind]) for kind in BROADCAST_CHANNELS],
        "emoji": EMOJI[translation.get_language() or "en"],
    }


def _setup(campaign: Campaign, people: dict[ChannelKind, dict[str, str]]) -> dict[str, Any]:
    """Plain values for `composer.js`."""
    kinds = list(people)
    words = {
        "counter": _("{used} of {limit} for {channel}"),
        "counter_most": _("up to {used} of {limit} for {channel}"),
        "over": _("{n} characters too long for {channel}."),
        "lost": _("The file did not reach us. The rest is kept; choose it again."),
        "sent": _("{percent} % of {size}"),
        "checking": _("Checking…"),
        "not_sent": _("Message {n} is not sent on {channel}. {rule}"),
        "left_out": _("Nobody on {channel} gets this broadcast: message {n} is refused. {rule}"),
        "picture": _("Picture"),
        "somebody": _("Customer without a name"),
    }
    return {
        "most": MAX_PARTS,
        "upload": reverse("campaigns:upload", args=[campaign.number]),
        "offers": {client.value: offers(client, kinds) for client in Client},
        "parts": [_part(part, kinds) for part in campaign.parts.select_related("media")],
        "channels": [_channel(kind, person) for kind, person in people.items()],
        "titles": {
            "text": _("Message {n} · text"),
            "image": _("Message {n} · picture"),
            "video": _("Message {n} · video"),
            "file": _("Message {n} · file"),
        },
        "words": words,
    }


def chosen_kinds(found: Check) -> list[ChannelKind]:
    """The kinds of channel with anybody chosen that a broadcast can be sent over."""
    counts = found.preflight.by_channel if found.preflight else {}
    return [kind for kind in map(ChannelKind, sorted(counts)) if kind in ADAPTERS]


def _matrix_rows() -> list[dict[str, Any]]:
    """The table of what each channel takes from a desktop browser and from the app."""
    return [
        {
            "label": label,
            "cells": [
                {"web": takes(Client.WEB, kind, content), "app": takes(Client.APP, kind, content)}
                for kind in BROADCAST_CHANNELS
            ],
        }
        for content, label in ROWS.items()
    ]


def _channel(kind: ChannelKind, person: dict[str, str]) -> dict[str, Any]:
    spec = ADAPTERS[kind].spec
    return {
        "kind": kind.value,
        "label": spec.label,
        "max_text": spec.max_text,
        "text_unit": spec.text_unit,
        "longest_value": LONGEST_VALUE,
        "person": person,
    }


def _part(part: Any, kinds: list[ChannelKind]) -> dict[str, Any]:
    if part.media is None:
        return {"kind": part.kind, "text": part.text}
    return described(part.media, kinds) | {"kind": part.kind}
