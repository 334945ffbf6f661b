"""What one asks for when broadcasting by the API: for the document. `campaigns.drafts` reads and checks it."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from campaigns.drafts import LONGEST_TEXT
from campaigns.models import MAX_PARTS, CampaignKind, OnUnsupported
from campaigns.reports import STATE_FILTERS
from channels.adapters.base import PLAIN_KINDS
from channels.capabilities import Client

MOST_RECIPIENTS = 10_000  # named one by one


class PartRequestSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField([kind.value for kind in PLAIN_KINDS])
    text = serializers.CharField(required=False, help_text="may hold variables: {{ name|fallback }}")
    media = serializers.CharField(required=False, help_text="id of an uploaded file")


class PlaceSerializer(serializers.Serializer[Any]):
    """Degrees, north and east positive."""

    latitude = serializers.FloatField(min_value=-90, max_value=90)
    longitude = serializers.FloatField(min_value=-180, max_value=180)
    name = serializers.CharField(max_length=LONGEST_TEXT)
    address = serializers.CharField(max_length=LONGEST_TEXT)


class TemplateRequestSerializer(serializers.Serializer[Any]):
    """An approved template, filled in."""

    id = serializers.IntegerField(min_value=1)
    parameters = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=LONGEST_TEXT),
        required=False,
        help_text="a text for each parameter's name; may hold variables: {{ name|fallback }}",
    )
    header_media = serializers.CharField(
        required=False,
        allow_null=True,
        allow_blank=True,
        max_length=LONGEST_TEXT,
        help_text="id of an uploaded file",
    )
    location = PlaceSerializer(required=False, allow_null=True)


class BoundCustomersRequestSerializer(serializers.Serializer[Any]):
    """Customers bound to a member, on one channel, whatever the state of their chats."""

    channel = serializers.IntegerField(min_value=1)
    customers = serializers.ListField(
        child=serializers.IntegerField(min_value=1), help_text="ids, or the word “all” in place of the list"
    )
    bound_to = serializers.IntegerField(
        required=False, help_text="a member's id; the caller's own customers without it"
    )


class FollowUpRequestSerializer(serializers.Serializer[Any]):
    """The people of a former broadcast under any of these outcomes."""

    id = serializers.IntegerField(min_value=1)
    states = serializers.ListField(child=serializers.ChoiceField(list(STATE_FILTERS)), min_length=1)
    replied = serializers.BooleanField(required=False, help_text="only those who answered, or did not")
    clicked = serializers.BooleanField(required=False, help_text="only those who tapped a link, or did not")


class AudienceRequestSerializer(serializers.Serializer[Any]):
    """Exactly one of these."""

    conversations = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False)
    filter = serializers.DictField(required=False, help_text="as the query of GET conversations")
    chat_numbers = serializers.CharField(
        required=False, help_text="as people write them: “12, 15”; chats in any state, not on WhatsApp"
    )
    bound_customers = BoundCustomersRequestSerializer(required=False)
    campaign = FollowUpRequestSerializer(required=False)


class CampaignRequestSerializer(serializers.Serializer[Any]):
    """For the document; `campaigns.drafts` reads and checks it, for pages and API alike."""

    kind = serializers.ChoiceField(CampaignKind.values, default="message")
    client = serializers.ChoiceField([client.value for client in Client], default="web")
    audience = AudienceRequestSerializer()
    parts = serializers.ListField(
        child=PartRequestSerializer(),
        required=False,
        min_length=1,
        max_length=MAX_PARTS,
        help_text="of a message broadcast",
    )
    template = TemplateRequestSerializer(
        required=False, allow_null=True, help_text="of a template broadcast, in place of `parts`"
    )
    on_unsupported = serializers.ChoiceField(OnUnsupported.values, default="skip_recipient")
    on_unsupported_by = serializers.DictField(
        child=serializers.ChoiceField(OnUnsupported.values),
        required=False,
        help_text="kinds of channel for which something else than `on_unsupported` holds",
    )
    scheduled_at = serializers.DateTimeField(required=False, allow_null=True)
    scheduled_zone = serializers.CharField(
        required=False, help_text="IANA name of the zone in which it was picked; the team's without it"
    )
    track_links = serializers.BooleanField(
        default=True,
        help_text="addresses in texts become short links of each person's own, which tell who tapped",
    )
    draft = serializers.BooleanField(default=False, help_text="keep it; `POST campaigns/{id}/send` sends it")


class ScheduleRequestSerializer(serializers.Serializer[Any]):
    scheduled_at = serializers.DateTimeField()
    scheduled_zone = serializers.CharField(
        required=False, help_text="IANA name of the zone in which it was picked; the team's without it"
    )


class SendAgainRequestSerializer(serializers.Serializer[Any]):
    """Without `recipients`: everybody of whom it may be decided."""

    recipients = serializers.ListField(
        child=serializers.IntegerField(min_value=1), required=False, max_length=MOST_RECIPIENTS
    )
