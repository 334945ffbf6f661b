"""Broadcasts: compose, look before, send, steer, and who got them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns import services
from campaigns.drafts import CampaignDraft, read_start
from campaigns.history import timeline_of
from campaigns.models import Campaign, Recipient
from campaigns.preflight import preflight
from campaigns.reports import STATE_FILTERS, campaigns_visible_to, reading, reasons_of, recipients_of, summary
from channels.capabilities import matrix
from tenants.errors import Invalid
from tenants.models import Member
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.api.campaign_requests import (
    CampaignRequestSerializer,
    ScheduleRequestSerializer,
    SendAgainRequestSerializer,
)
from workspace.api.campaign_shapes import (
    CampaignRowSerializer,
    CampaignSerializer,
    PreflightSerializer,
    RecipientSerializer,
    SummarySerializer,
    TimelineSerializer,
    shape_of_summary,
)
from workspace.api.idempotency import idempotent
from workspace.api.pages import page
from workspace.api.schema import PAGE_PARAMETERS, page_of
from workspace.api.shapes import existing


class Capabilities(ApiView):
    requires = {"GET": None}

    @extend_schema(
        operation_id="capabilities",
        responses={
            200: {
                "type": "object",
                "description": "{client: {channel: {content: whether it may be broadcast}}}",
                "additionalProperties": {
                    "type": "object",
                    "additionalProperties": {"type": "object", "additionalProperties": {"type": "boolean"}},
                },
            }
        },
    )
    def get(self, request: Request) -> Response:
        """Which client may broadcast what over which channel."""
        return Response(matrix())


class Preflight(ApiView):
    requires = {"POST": Permission.SEND_CAMPAIGNS}

    @extend_schema(
        operation_id="preflight_campaign", request=CampaignRequestSerializer, responses=PreflightSerializer
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """What would happen if this were sent now: every person's outcome, counted. Nothing is created."""
        found = preflight(self.member, CampaignDraft.from_dict(_body(request)))
        return Response(PreflightSerializer(found).data)


class Campaigns(ApiView):
    requires = {"GET": Permission.VIEW_CAMPAIGNS, "POST": Permission.SEND_CAMPAIGNS}

    @extend_schema(
        operation_id="list_campaigns", parameters=PAGE_PARAMETERS, responses=page_of(CampaignRowSerializer)
    )
    def get(self, request: Request) -> Response:
        """Broadcasts the caller may see, the latest first; without their reasons."""
        return Response(
            page(
                request,
                campaigns_visible_to(self.member),
                order=("created_at", "id"),
                descending=True,
                shape=CampaignRowSerializer,
            )
        )

    @extend_schema(
        operation_id="create_campaign", request=CampaignRequestSerializer, responses={201: CampaignSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Send a broadcast, now or at `scheduled_at`, or keep it as a draft."""
        body = _body(request)
        draft = CampaignDraft.from_dict(body)
        if not isinstance(keep := body.get("draft", False), bool):
            raise Invalid(errors=[{"field": "draft", "code": "invalid", "detail": str(Invalid.message)}])
        campaign = services.create_campaign(self.member, draft, keep_as_draft=keep)
        return Response(_answer(self, campaign.number), status=201)


class CampaignDetail(ApiView):
    requires = {"GET": Permission.VIEW_CAMPAIGNS}

    @extend_schema(operation_id="get_campaign", responses=CampaignSerializer)
    def get(self, request: Request, campaign: int) -> Response:
        """One broadcast as it stands now."""
        return Response(_answer(self, campaign))


class CampaignSummary(ApiView):
    requires = {"GET": Permission.VIEW_CAMPAIGNS}

    @extend_schema(operation_id="summarize_campaigns", responses=SummarySerializer)
    def get(self, request: Request) -> Response:
        """The counters of the status page: broadcasts, and people."""
        return Response(SummarySerializer(shape_of_summary(summary(self.member))).data)


Act = Callable[[Campaign, Member], Campaign | None]
ACTIONS: Mapping[str, tuple[Permission, Act]] = {
    "send": (Permission.SEND_CAMPAIGNS, services.send_campaign),
    "pause": (Permission.VIEW_CAMPAIGNS, services.pause_campaign),  # one's own; the service asks for more
    "resume": (Permission.VIEW_CAMPAIGNS, services.resume_campaign),
    "cancel": (Permission.VIEW_CAMPAIGNS, services.cancel_campaign),
    "retry": (Permission.SEND_CAMPAIGNS, services.retry_campaign),
    "duplicate": (Permission.SEND_CAMPAIGNS, services.duplicate_campaign),
    "send_at_any_hour": (Permission.CONTROL_CAMPAIGNS, services.send_at_any_hour),
}


class CampaignAction(ApiView):
    """One of ACTIONS on a broadcast; each has a class of its own, made below, for the document."""

    act: Act

    def run(self, number: int) -> Response:
        campaign = _find(self, number)
        made = type(self).act(campaign, self.member)
        return Response(_answer(self, (made or campaign).number), status=202)


def _action_view(name: str, permission: Permission, act: Act) -> type[CampaignAction]:
    text = (act.__doc__ or "").strip().partition("\n")[0]

    @extend_schema(
        operation_id=f"{name}_campaign", description=text, request=None, responses={202: CampaignSerializer}
    )
    @idempotent
    def post(self: CampaignAction, request: Request, campaign: int) -> Response:
        return self.run(campaign)

    return type(
        f"Campaign{name.title()}",
        (CampaignAction,),
        {"requires": {"POST": permission}, "act": staticmethod(act), "post": post},
    )


ACTION_VIEWS = {name: _action_view(name, *action) for name, action in ACTIONS.items()}


class SendAgain(ApiView):
    requires = {"POST": Permission.SEND_CAMPAIGNS}

    @extend_schema(
        operation_id="send_again",
        request=SendAgainRequestSerializer,
        responses={202: CampaignSerializer},
    )
    @idempotent
    def post(self, request: Request, campaign: int) -> Response:
        """Send again to people in doubt, 15 minutes after the doubt at the earliest: it can reach them twice."""
        asked = SendAgainRequestSerializer(data=_body(request))
        asked.is_valid(raise_exception=True)
        made = services.send_again(_find(self, campaign), self.member, asked.validated_data.get("recipients"))
        return Response(_answer(self, made.number), status=202)


class Schedule(ApiView):
    requires = {"POST": Permission.SEND_CAMPAIGNS}

    @extend_schema(
        operation_id="schedule_campaign",
        request=ScheduleRequestSerializer,
        responses={202: CampaignSerializer},
    )
    @idempotent
    def post(self, request: Request, campaign: int) -> Response:
        """Another start time for what has not started yet, or has missed its start by more than an hour."""
        found = _find(self, campaign)
        at, zone = read_start(_body(request))
        services.reschedule_campaign(found, self.member, at, zone)
        return Response(_answer(self, campaign), status=202)


class Recipients(ApiView):
    requires = {"GET": Permission.VIEW_CAMPAIGNS}

    @extend_schema(
        operation_id="list_recipients",
        parameters=[
            OpenApiParameter("state", str, enum=list(STATE_FILTERS)),
            OpenApiParameter("q", str, description="name or phone"),
            *PAGE_PARAMETERS,
        ],
        responses=page_of(RecipientSerializer),
    )
    def get(self, request: Request, campaign: int) -> Response:
        """The people of a broadcast with their outcome."""
        row = _find(self, campaign)
        state = request.query_params.get("state", "")
        if state and state not in STATE_FILTERS:
            raise Invalid(errors=[{"field": "state", "code": "unknown", "detail": ", ".join(STATE_FILTERS)}])
        words = request.query_params.get("q", "")
        rows = recipients_of(row, state, words)
        with reading(state, words):
            return Response(
                page(request, rows, order=("contact_id",), descending=False, shape=RecipientSerializer)
            )


class RecipientTimeline(ApiView):
    requires = {"GET": Permission.VIEW_CAMPAIGNS}

    @extend_schema(operation_id="get_timeline", responses=TimelineSerializer)
    def get(self, request: Request, campaign: int, recipient: int) -> Response:
        """Everything known about one person in one broadcast, by time."""
        rows = Recipient.objects.filter(campaign=_find(self, campaign)).select_related(
            "campaign", "channel", "retried_in__created_by"
        )
        row = get_object_or_404(rows, pk=existing(recipient))
        return Response(TimelineSerializer({"results": timeline_of(row)}).data)


def _body(request: Request) -> Mapping[str, Any]:
    if not isinstance(request.data, Mapping):
        raise Invalid
    return request.data


def _find(view: ApiView, number: int) -> Campaign:
    return get_object_or_404(campaigns_visible_to(view.member), number=existing(number))


def _answer(view: ApiView, number: int) -> dict[str, Any]:
    campaign = _find(view, number)
    return dict(CampaignSerializer(campaign, context={"reasons": reasons_of(campaign)}).data)
