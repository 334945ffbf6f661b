"""What stands in the composer: read from its form, checked against the people chosen."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from decimal import ROUND_UP, Decimal

from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.money import shown as money
from campaigns.audience import Audience
from campaigns.delay import QUIET_HOURS
from campaigns.drafts import CampaignDraft, TemplateDraft
from campaigns.errors import InvalidCampaign, NobodyReachable
from campaigns.estimate import Estimate
from campaigns.lines import TAKES_SOME
from campaigns.models import Campaign, CampaignKind, Status
from campaigns.preflight import Preflight, outlook
from campaigns.services import create_campaign, update_draft
from channels.adapters.base import ChannelKind
from channels.models import KIND_LABELS, Channel
from tenants.clock import clock
from tenants.errors import Invalid
from tenants.models import Member
from tenants.requests import TenantRequest
from workspace.broadcasts.outcomes import ShownLine, shown
from workspace.broadcasts.purposes import MESSAGES, Purpose
from workspace.broadcasts.short_links import wants_short_links
from workspace.templates.filling import read_draft as read_template

Fault = dict[str, str]  # {"field", "code", "detail"}
CATEGORIES = {
    "service": gettext_lazy("service message"),
    "marketing": gettext_lazy("marketing template"),
    "utility": gettext_lazy("utility template"),
    "authentication": gettext_lazy("authentication template"),
}


@dataclass(frozen=True)
class ShownEstimate:
    """`name`: country and category."""

    name: str
    people: int
    amount: str


@dataclass(frozen=True)
class Check:
    """A draft's preflight and what still keeps it from being sent.

    `preflight` is None where the selection itself is at fault.
    """

    preflight: Preflight | None
    faults: list[Fault] = field(default_factory=list)
    selection_faults: list[Fault] = field(default_factory=list)

    @property
    def ready(self) -> bool:
        return self.preflight is not None and not self.faults and not self.preflight.blocking

    @property
    def people(self) -> int:
        return self.preflight.sendable if self.preflight else 0

    @property
    def lines(self) -> list[ShownLine]:
        return [shown(line) for line in self.preflight.lines] if self.preflight else []

    @property
    def later(self) -> str:
        """When the quiet hours end that keep it from leaving at once."""
        if self.preflight is None or self.preflight.starts_at is None:
            return ""
        quiet = any(line.code == QUIET_HOURS for line in self.preflight.lines)
        return clock(self.preflight.starts_at) if quiet else ""

    @property
    def refusing(self) -> int:
        """Lines about channels that refuse a message, where one may choose what becomes of their people."""
        return sum(bool(line.fix) for line in self.lines)

    @property
    def some_get_less(self) -> bool:
        return any(line.code == TAKES_SOME for line in self.lines)

    @property
    def channels(self) -> str:
        """ "LINE 60 · WhatsApp 128": who is sent to."""
        if self.preflight is None:
            return ""
        sendable: dict[str, int] = {}
        for line in self.lines:
            if line.sendable:
                sendable[line.channel] = sendable.get(line.channel, 0) + line.count
        return " · ".join(
            f"{KIND_LABELS[ChannelKind(kind)]} {number_format(count, force_grouping=True)}"
            for kind, count in sendable.items()
        )

    @property
    def cost(self) -> str:
        """What sending would cost at most, rounded up to hundredths."""
        if self.preflight is None:
            return ""
        amount = (Decimal(self.preflight.price) / 1_000_000).quantize(Decimal("0.01"), rounding=ROUND_UP)
        return f"{number_format(amount, 2, force_grouping=True)} {self.preflight.currency}"

    @property
    def free(self) -> bool:
        return not (self.preflight and self.preflight.price)

    @property
    def estimates(self) -> list[ShownEstimate]:
        """What the cost is made up of, by country and category."""
        if self.preflight is None:
            return []
        return [
            ShownEstimate(
                _estimated(each),
                each.people,
                money(each.amount, self.preflight.currency, places=4),
            )
            for each in self.preflight.estimates
        ]

    @property
    def free_left(self) -> str:
        """How many service messages cost nothing this month, by number; nothing where that does not matter."""
        if self.preflight is None or self.free or not self.preflight.free_left:
            return ""
        names = dict(Channel.objects.filter(pk__in=self.preflight.free_left).values_list("pk", "name"))
        return " · ".join(
            _("%(name)s: %(n)s free this month")
            % {"name": names[pk], "n": number_format(left, force_grouping=True)}
            for pk, left in self.preflight.free_left.items()
        )

    @property
    def reason(self) -> str:
        """Why Send is closed: the first thing to mend."""
        if self.selection_faults:
            return self.selection_faults[0]["detail"]
        if self.faults:
            return _located(self.faults[0])
        blocking = next((line.text for line in self.lines if line.blocking), None)
        return blocking or str(NobodyReachable.message)


def _estimated(each: Estimate) -> str:
    """ "TW · service message", and who pays."""
    country = each.market or _("Unknown country")
    name = f"{country} · {CATEGORIES.get(each.category, each.category)}"
    return _("%(name)s, billed by Meta directly") % {"name": name} if each.direct else name


def own_campaign(request: TenantRequest, number: int) -> Campaign:
    """The member's own broadcast with this number; else 404."""
    return get_object_or_404(Campaign, number=number, created_by=request.member)


def open_draft(member: Member, audience: Audience, purpose: Purpose = MESSAGES) -> Campaign:
    """A draft for this audience; the member's untouched one is used again, so that looking leaves nothing behind."""
    picked = TemplateDraft(purpose.template.pk) if purpose.template else None
    draft = CampaignDraft(audience=audience, parts=(), kind=purpose.kind, template=picked)
    untouched = Campaign.objects.filter(
        created_by=member, status=Status.DRAFT, parts=None, kind=purpose.kind
    ).first()
    if untouched is None:
        return create_campaign(member, draft, keep_as_draft=True)
    return update_draft(untouched, member, draft)


def read_draft(form: QueryDict, audience: Audience, kind: str = CampaignKind.MESSAGE) -> CampaignDraft:
    """The composer's form for `audience`; of messages `parts` is a JSON list, `on_unsupported_by` a JSON object.

    Raises InvalidCampaign.
    """
    said = {"kind": kind, "audience": audience.to_dict(), "client": form.get("client") or "web"}
    if kind == CampaignKind.TEMPLATE:
        return replace(CampaignDraft.from_dict(said), template=read_template(form))
    try:
        parts = json.loads(form.get("parts") or "[]")
        on_unsupported_by = json.loads(form.get("on_unsupported_by") or "{}")
    except ValueError as error:
        raise InvalidCampaign from error
    return CampaignDraft.from_dict(
        said
        | {
            "on_unsupported": form.get("on_unsupported") or "skip_recipient",
            "on_unsupported_by": on_unsupported_by,
            "parts": parts,
            "track_links": wants_short_links(form),
        }
    )


def check(member: Member, draft: CampaignDraft) -> Check:
    """Preflight, and every fault of content and selection at once.

    While the content is incomplete the people are classified all the same, so that closed windows, opt-outs and
    refusals are seen before the first word is typed; only `ready` allows sending.
    """
    try:
        found, faults = outlook(member, draft)
    except Invalid as error:
        return Check(None, selection_faults=error.errors or [_plain(error)])
    return Check(found, faults)


def _located(fault: Fault) -> str:
    """The fault's text, with the number of the message it is about."""
    area, _dot, rest = fault["field"].partition(".")
    place = rest.partition(".")[0]
    if area != "parts" or not place.isdigit():
        return fault["detail"]
    return _("Message %(number)d: %(fault)s") % {"number": int(place) + 1, "fault": fault["detail"]}


def _plain(error: Invalid) -> Fault:
    return {"field": "audience", "code": error.code, "detail": str(error.message)}
