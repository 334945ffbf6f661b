"""Who can be sent to once more, and what: the people behind *Retry failed* and *Send again*.

Both make a new campaign that is linked to the former. Each person goes on at the parts that are missing; what has
arrived is left out of theirs. Whoever is claimed by such a campaign is not offered again unless it sent them nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from campaigns.audience import People
from campaigns.audience.picked import ended, sendable_by
from campaigns.classify import Group, by_verdict, classified
from campaigns.delay import with_delay
from campaigns.drafts import draft_of
from campaigns.engine.times import times
from campaigns.errors import InvalidCampaign
from campaigns.lines import TAKES_MISSING
from campaigns.models import Campaign, Recipient, State, Status
from campaigns.preflight import Plan, Preflight, faults_of, plan, tell
from channels.adapters import ADAPTERS
from channels.adapters.base import Idempotency, Reason
from channels.catalogue import PROVIDER_CODES
from tenants.models import Member

# Whether the same messages can reach a person for whom they failed for this reason, with nothing else changed but
# time, the channel or the person's own doing.
RETRYABLE: dict[Reason, bool] = {
    Reason.RATE_LIMITED: True,
    Reason.PAIR_LIMITED: True,
    Reason.QUOTA_EXCEEDED: True,
    Reason.DAILY_LIMIT: True,
    Reason.RECIPIENT_UNAVAILABLE: True,
    Reason.RECIPIENT_INVALID: False,
    Reason.RECIPIENT_EXPERIMENT: False,
    Reason.RECIPIENT_LIMITED: True,
    Reason.COUNTRY_RESTRICTED: False,
    Reason.OPTED_OUT: False,
    Reason.WINDOW_CLOSED: True,  # where it has opened again
    Reason.MESSAGE_REJECTED: False,  # the content must change first
    Reason.MEDIA_REJECTED: True,  # perhaps its address could not be reached
    Reason.MEDIA_EXPIRED: True,
    Reason.REPLY_EXPIRED: False,
    Reason.TEMPLATE_UNAVAILABLE: True,
    Reason.CHANNEL_DISCONNECTED: True,
    Reason.CHANNEL_RESTRICTED: True,
    Reason.PAYMENT_REQUIRED: True,
    Reason.PROVIDER_UNAVAILABLE: True,
    Reason.CONNECTION_FAILED: True,
    Reason.ANSWER_LOST: False,  # a doubt is a person's to settle: Send again
    Reason.UNEXPECTED_RESPONSE: False,
    Reason.EXPIRED: True,
    Reason.UNSUPPORTED_PART: False,
    Reason.CHANNEL_OFF: True,
    Reason.CHAT_ENDED: False,
    Reason.TAKEN_OVER: False,
    Reason.NOT_WHATSAPP: False,
    Reason.OTHER_ACCOUNT: False,
    Reason.VALUE_MISSING: False,  # a fallback, or the customer's details, must be given first
    Reason.VALUE_TOO_LONG: False,
    Reason.SUPPRESSED: False,
    Reason.NO_PRICE: True,  # once somebody has loaded one
    Reason.STOPPED_IN_DOUBT: True,
    Reason.ATTEMPTS_EXHAUSTED: True,
    Reason.INTERNAL_ERROR: False,
    Reason.CANCELLED: False,  # somebody stopped it on purpose
}
NOBODY = 0  # no row has this id; with it an empty list still is a statement
ENDED = frozenset({Status.COMPLETED, Status.CANCELLED})
UNSENT = frozenset({State.SKIPPED, State.CANCELLED})
KEPT = [kind.value for kind, adapter in ADAPTERS.items() if adapter.spec.idempotency is Idempotency.RETRY_KEY]


@dataclass(frozen=True)
class Doubt:
    """Somebody in doubt: whether a member may send again now, or `since` when."""

    recipient: Recipient
    offered: bool
    since: datetime | None


def failed_people(campaign: Campaign, by: Member) -> QuerySet[Recipient]:
    """Whom *Retry failed* is for: refused for good for a reason that can pass, nobody in doubt, chats of one's own."""
    final = Q(pk=None)
    for (kind, code), entry in PROVIDER_CODES.items():
        if not entry.retry:
            final |= Q(channel__kind=kind, provider_code=code)
    reasons = [reason.value for reason, retryable in RETRYABLE.items() if retryable]
    people = _of(campaign, by).filter(state__in=[State.FAILED, State.PARTIAL], reason__in=reasons)
    return people.exclude(final)


def doubtful_people(
    campaign: Campaign, by: Member, only: Collection[int] | None = None
) -> QuerySet[Recipient]:
    """Whom *Send again* is for: in doubt for a quarter of an hour, and nothing of ours can settle it any more.
    `only`: ids of recipients."""
    people = _of(campaign, by).filter(state=State.UNCONFIRMED, marked_at__lt=Now() - patience())
    people = people.exclude(channel__kind__in=KEPT, attempt__first_sent_at__gte=Now() - key_memory())
    return people if only is None else people.filter(pk__in=[NOBODY, *only])


def patience() -> timedelta:
    """How long a doubt must have lasted before a person may decide it."""
    return timedelta(minutes=15) * times().scale


def key_memory() -> timedelta:
    """How long LINE may still settle a call by its key."""
    return timedelta(hours=24) * times().scale


def _of(campaign: Campaign, by: Member) -> QuerySet[Recipient]:
    """People of the campaign in chats this member may send to, who are in no other retry that may reach them."""
    reached = Recipient.objects.filter(campaign=OuterRef("retried_in"), contact=OuterRef("contact"))
    given_back = Q(retried_in__status__in=[*ENDED, Status.REFUSED, Status.MISSED]) & ~Exists(
        reached.exclude(state__in=UNSENT)
    )
    return Recipient.objects.filter(
        Q(retried_in=None) | given_back,
        campaign=campaign,
        conversation__in=sendable_by(by).order_by().values("pk"),
    )


def preflight_again(by: Member, campaign: Campaign, people: QuerySet[Recipient]) -> Preflight:
    """What would happen to `people` of the campaign now: windows, opt-outs and channels are looked at again, and only
    what is missing is priced. Raises InvalidCampaign where the content no longer holds."""
    draft = draft_of(campaign)
    planned = plan(by, draft)
    chosen = _as_people(people)
    groups = _count(by, campaign, planned, chosen)
    if faults := faults_of(draft, planned, by_verdict(groups)):
        raise InvalidCampaign(errors=faults)
    return with_delay(tell(by, planned, groups, good=TAKES_MISSING), by, planned, chosen)


def claimed_people(retry: Campaign) -> People:
    """Everybody a retry has claimed."""
    return _as_people(Recipient.objects.filter(campaign=retry.retry_of, retried_in=retry))


def _as_people(recipients: QuerySet[Recipient]) -> People:
    """By their chats, so that somebody whose address has merged with another since is who they are now."""
    chats = recipients.filter(conversation__isnull=False).order_by()
    return People(
        chats.values_list("conversation__contact_id", "conversation_id", ended("conversation__status"))
    )


# Beside `classified`: what is missing of each person's parts, and its price. Takes the former
# campaign's id.
MISSING_SQL = """
    JOIN campaigns_recipient former ON former.campaign_id = %s AND former.contact_id = classified.contact_id
        AND former.conversation_id = classified.conversation_id
    CROSS JOIN LATERAL (
        SELECT array_agg((CASE WHEN old.state IN (3, 5) THEN 5 ELSE 0 END)::smallint ORDER BY old.n),
               array_agg(CASE WHEN old.state IN (3, 5) THEN 0 ELSE old.price END ORDER BY old.n)
        FROM unnest(former.part_states, classified.prices) WITH ORDINALITY AS old(state, price, n)
    ) AS part(part_states, prices)"""


def _count(by: Member, campaign: Campaign, planned: Plan, people: People) -> list[Group]:
    ctes, params = classified(people.sql(), planned.rules, by.tenant_id, unfit=planned.content.unfit)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH {ctes}
                SELECT classified.channel_id, verdict, market, count(*),
                       coalesce(sum((SELECT sum(price) FROM unnest(part.prices) AS price))
                                FILTER (WHERE verdict = ''), 0)::bigint
                FROM classified {MISSING_SQL}
                GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",  # noqa: S608  (our own SQL)
            [*params, campaign.pk],
        )
        return [Group(*row) for row in cursor.fetchall()]
