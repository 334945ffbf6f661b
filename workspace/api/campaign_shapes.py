"""How broadcasts and their people look in the API."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from campaigns.costs import Cost, cost_of, costs_of
from campaigns.models import Campaign as CampaignRow
from campaigns.models import (
    CampaignKind,
    DeliveryRank,
    PartState,
    Recipient,
    State,
    Status,
)
from campaigns.outlook import Outlook, Waiting, outlook_of, outlooks
from campaigns.reasons import explanation_of
from campaigns.reports import STATE_FILTERS, Counts, Summary, counts_of, reason_of
from channels.capabilities import Client
from workspace.api.shapes import Instant, kind_field

TERMS = tuple(Counts().as_dict())


class CountsSerializer(serializers.Serializer[Any]):
    """People under their current outcome; the ten add up to `total`."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {term: serializers.IntegerField() for term in TERMS}


class ReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    provider_code = serializers.CharField()
    count = serializers.IntegerField()
    title = serializers.CharField()
    cause = serializers.CharField()
    cure = serializers.CharField()


class RepricedSerializer(serializers.Serializer[Any]):
    category = serializers.CharField(help_text="by which those who still waited are priced now")
    amount = serializers.IntegerField(help_text="millionths put on hold besides; below 0: given back")


class CostSerializer(serializers.Serializer[Any]):
    """Millionths of the currency unit; what is left of `reserved` is still held."""

    currency = serializers.CharField()
    reserved = serializers.IntegerField(help_text="held back when it started, at most what it can cost")
    captured = serializers.IntegerField(help_text="spent: billed by WhatsApp")
    released = serializers.IntegerField(help_text="given back: failed, free, not sent, or never confirmed")
    direct = serializers.IntegerField(
        help_text="of `reserved`, what Meta bills the team itself, by our price list: an estimate, no credit"
    )


class WaitSerializer(serializers.Serializer[Any]):
    """One thing a broadcast waits for."""

    code = serializers.CharField()
    channel = serializers.CharField(help_text="the channel it is about, or empty")
    until = Instant(allow_null=True, help_text="when it ends, where that is known")
    count = serializers.IntegerField(
        help_text="how many other broadcasts (other_campaigns) or people a day (daily_limit), else 0"
    )


class _WithOutlooks(serializers.ListSerializer[Any]):
    """Many broadcasts are looked at together: one query and one round trip for all."""

    def to_representation(self, data: Any) -> list[Any]:
        rows = list(data)
        found, costs = outlooks(rows), costs_of(rows)
        for row in rows:
            row.outlook, row.cost = found[row.pk], costs[row.pk]
        return super().to_representation(rows)


class CampaignRowSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="number")
    number = serializers.IntegerField()
    kind = serializers.ChoiceField(CampaignKind.values)
    status = serializers.ChoiceField(Status.values)
    reason = serializers.CharField(help_text="why it is paused, refused or missed")
    message = serializers.SerializerMethodField(help_text="the first text, or the template's name")
    agent = serializers.CharField(source="created_by.name")
    client = serializers.ChoiceField([client.value for client in Client])
    created_at = Instant()
    scheduled_at = Instant(allow_null=True)
    scheduled_zone = serializers.CharField(help_text="IANA name of the zone in which it was picked, or empty")
    started_at = Instant(allow_null=True)
    finished_at = Instant(allow_null=True)
    expected_finish_at = serializers.SerializerMethodField(
        help_text="from whom is left, the pace allowed now and the other broadcasts on the channels; null while it "
        "waits for somebody"
    )
    waiting_for = serializers.SerializerMethodField()
    waits = serializers.SerializerMethodField(help_text="`waiting_for` with channel and time")
    total = serializers.IntegerField()
    completed = serializers.SerializerMethodField(help_text="accepted + delivered + read")
    counts = serializers.SerializerMethodField()
    interacted = serializers.SerializerMethodField()
    clicked = serializers.SerializerMethodField()
    replied = serializers.SerializerMethodField()
    cost = serializers.SerializerMethodField()
    repriced = serializers.SerializerMethodField(
        help_text="where Meta has counted the template as another category since it began"
    )
    retry_of = serializers.IntegerField(
        source="retry_of.number", default=None, allow_null=True, help_text="the broadcast it goes on with"
    )
    track_links = serializers.BooleanField(help_text="whether links in its texts are each person's own")
    at_any_hour = serializers.BooleanField(help_text="whether a member lets it leave in quiet hours, too")
    in_doubt = serializers.BooleanField(help_text="whether it may reach people twice: sent again on a doubt")

    class Meta:
        list_serializer_class = _WithOutlooks

    def get_message(self, row: CampaignRow) -> str:
        return getattr(row, "message", None) or ""

    @extend_schema_field(Instant(allow_null=True))
    def get_expected_finish_at(self, row: CampaignRow) -> Any:
        return _instant(_outlook(row).finish_at)

    @extend_schema_field(
        serializers.ListField(
            child=serializers.CharField(), help_text=", ".join(word.value for word in Waiting)
        )
    )
    def get_waiting_for(self, row: CampaignRow) -> list[str]:
        return _outlook(row).codes

    @extend_schema_field(WaitSerializer(many=True))
    def get_waits(self, row: CampaignRow) -> Any:
        return WaitSerializer(_outlook(row).waits, many=True).data

    def get_completed(self, row: CampaignRow) -> int:
        return counts_of(row).completed

    @extend_schema_field(CountsSerializer)
    def get_counts(self, row: CampaignRow) -> dict[str, int]:
        return counts_of(row).as_dict()

    def get_interacted(self, row: CampaignRow) -> int:
        return counts_of(row).interacted

    def get_clicked(self, row: CampaignRow) -> int:
        return counts_of(row).clicked

    def get_replied(self, row: CampaignRow) -> int:
        return counts_of(row).replied

    @extend_schema_field(CostSerializer)
    def get_cost(self, row: CampaignRow) -> dict[str, Any]:
        found: Cost = getattr(row, "cost", None) or cost_of(row)
        return found.as_dict()

    @extend_schema_field(RepricedSerializer(allow_null=True))
    def get_repriced(self, row: CampaignRow) -> dict[str, Any] | None:
        if not row.repriced_category:
            return None
        return {"category": row.repriced_category, "amount": row.repriced_by}


class CampaignSerializer(CampaignRowSerializer):
    reasons = serializers.SerializerMethodField()
    retries = serializers.SerializerMethodField(help_text="the broadcasts that went on with this one")

    @extend_schema_field(ReasonSerializer(many=True))
    def get_reasons(self, row: CampaignRow) -> Any:
        return ReasonSerializer(self.context["reasons"], many=True).data

    def get_retries(self, row: CampaignRow) -> list[int]:
        return list(row.retries.order_by("number").values_list("number", flat=True))


class LineSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    channel = kind_field(allow_blank=True, help_text="empty where it is about all of them")
    part = serializers.IntegerField(allow_null=True, help_text="position of the part that decides")
    parts = serializers.ListField(
        child=serializers.IntegerField(), help_text="positions of all parts the channel does not take"
    )
    count = serializers.IntegerField()
    text = serializers.CharField()
    fixes = serializers.ListField(child=serializers.CharField())


class AccountChatsSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(
        allow_null=True, help_text="of the WhatsApp account; null for a number without one"
    )
    name = serializers.CharField()
    chats = serializers.IntegerField()


class EstimateSerializer(serializers.Serializer[Any]):
    """People of one country whose messages cost something."""

    market = serializers.CharField(help_text="ISO code of the country, empty where it is not known")
    category = serializers.CharField(
        help_text="of the price list: service, marketing, utility, authentication"
    )
    direct = serializers.BooleanField(help_text="whether Meta bills the team itself, which needs no credit")
    people = serializers.IntegerField()
    amount = serializers.IntegerField(help_text="millionths of `currency`, for all of them together")


class PreflightSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    sendable = serializers.IntegerField()
    price = serializers.IntegerField(
        help_text="the most it can cost: so much is held back; millionths of `currency`"
    )
    currency = serializers.CharField()
    credit = serializers.IntegerField(
        help_text="what is free to be spent, asked only where something costs something"
    )
    shortfall = serializers.IntegerField(help_text="what the credit lacks")
    estimates = EstimateSerializer(many=True, help_text="what it can cost, by country, the dearest first")
    free_left = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="service messages that cost nothing this month, by channel id; `price` does not count on them",
    )
    quota = serializers.DictField(
        child=serializers.IntegerField(), help_text="people left this month, by channel id"
    )
    blocking = serializers.BooleanField(help_text="whether sending would be refused as it stands")
    lines = LineSerializer(many=True)
    by_channel = serializers.DictField(child=serializers.IntegerField(), help_text="people by channel kind")
    accounts = AccountChatsSerializer(many=True, help_text="the WhatsApp accounts of those chosen")
    starts_at = Instant(allow_null=True, help_text="when something can leave; null: at once")


class RecipientReasonSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    provider_code = serializers.CharField()
    title = serializers.CharField(help_text="where a reply window closed: when, in the team's time zone")
    cause = serializers.CharField()
    cure = serializers.CharField()


class RecipientSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    contact = serializers.CharField(source="address", help_text="their address on the channel")
    contact_id = serializers.IntegerField()
    name = serializers.CharField(source="contact.customer.name")
    conversation = serializers.IntegerField(source="conversation.number", default=None, allow_null=True)
    channel = kind_field(source="channel.kind")
    channel_name = serializers.CharField(source="channel.name")
    state = serializers.SerializerMethodField()
    parts = serializers.SerializerMethodField(help_text="the state of each part")
    reason = serializers.SerializerMethodField()
    sent_at = serializers.SerializerMethodField()
    delivered_at = serializers.SerializerMethodField()
    read_at = serializers.SerializerMethodField()
    failed_at = serializers.SerializerMethodField()
    interacted_at = serializers.SerializerMethodField(help_text="the first answer or tap that counts")
    clicked_at = Instant(allow_null=True, help_text="the first tap on a link that counts")
    window_closes_at = Instant(source="closes_at", allow_null=True, help_text="or when it closed")

    @extend_schema_field(serializers.ChoiceField([state for state in STATE_FILTERS if state in TERMS]))
    def get_state(self, row: Recipient) -> str:
        if row.state == State.ACCEPTED:
            return DeliveryRank(row.delivery).name.lower()
        return State(row.state).name.lower()

    @extend_schema_field(
        serializers.ListField(child=serializers.ChoiceField([state.name.lower() for state in PartState]))
    )
    def get_parts(self, row: Recipient) -> list[str]:
        return [PartState(state).name.lower() for state in row.part_states]

    @extend_schema_field(RecipientReasonSerializer(allow_null=True))
    def get_reason(self, row: Recipient) -> dict[str, str] | None:
        entry = explanation_of(row)
        if entry is None:
            return None
        return {
            "code": reason_of(row),
            "provider_code": row.provider_code,
            "title": str(entry.title),
            "cause": str(entry.cause),
            "cure": str(entry.cure),
        }

    @extend_schema_field(Instant(allow_null=True))
    def get_sent_at(self, row: Recipient) -> Any:
        return _first(row.sent_at) or _instant(row.accepted_at)

    @extend_schema_field(Instant(allow_null=True))
    def get_delivered_at(self, row: Recipient) -> Any:
        return _first(row.delivered_at)

    @extend_schema_field(Instant(allow_null=True))
    def get_read_at(self, row: Recipient) -> Any:
        return _first(row.read_at)

    @extend_schema_field(Instant(allow_null=True))
    def get_failed_at(self, row: Recipient) -> Any:
        return _first(row.failed_at)

    @extend_schema_field(Instant(allow_null=True))
    def get_interacted_at(self, row: Recipient) -> Any:
        return _first([row.replied_at, row.clicked_at])


class TimelineEntrySerializer(serializers.Serializer[Any]):
    at = Instant()
    what = serializers.CharField(help_text="a stable word: planned, sent, delivered, …")
    text = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)


class TimelineSerializer(serializers.Serializer[Any]):
    results = TimelineEntrySerializer(many=True)


class BroadcastCountsSerializer(serializers.Serializer[Any]):
    created = serializers.IntegerField()
    sent = serializers.IntegerField()
    waiting = serializers.IntegerField()
    scheduled = serializers.IntegerField()
    failed = serializers.IntegerField()


class PeopleCountsSerializer(serializers.Serializer[Any]):
    """`sent` = accepted + delivered + read."""

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        return {
            name: serializers.IntegerField()
            for name in ("total", "sent", *TERMS, "interacted", "replied", "clicked")
        }


class SummarySerializer(serializers.Serializer[Any]):
    """Each counter under its unit."""

    broadcasts = BroadcastCountsSerializer()
    people = PeopleCountsSerializer()


def shape_of_summary(found: Summary) -> dict[str, Any]:
    people = found.people
    return {
        "broadcasts": {
            "created": found.created,
            "sent": found.sent_out,
            "waiting": found.waiting_broadcasts,
            "scheduled": found.scheduled,
            "failed": found.failed_broadcasts,
        },
        "people": people.as_dict()
        | {
            "total": people.total,
            "sent": people.sent,
            "interacted": people.interacted,
            "replied": people.replied,
            "clicked": people.clicked,
        },
    }


def _outlook(row: CampaignRow) -> Outlook:
    """Looked at once a row, together with the others of its list where it stands in one."""
    found: Outlook | None = getattr(row, "outlook", None)
    if found is None:
        found = outlook_of(row)
        row.outlook = found  # type: ignore[attr-defined]
    return found


def _instant(at: datetime | None) -> Any:
    return Instant().to_representation(at) if at else None


def _first(times: Iterable[datetime | None] | None) -> Any:
    return _instant(min((at for at in times or () if at), default=None))
