"""Pictures on their way into a part of a broadcast."""

from __future__ import annotations

from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns.audience import Audience
from campaigns.models import Campaign
from channels.adapters.base import PartKind
from channels.media.uploads import examine, keep, shown_name
from tenants.errors import DomainError
from tenants.requests import TenantRequest
from workspace.broadcasts.access import for_senders
from workspace.broadcasts.selection import without_faulty
from workspace.broadcasts.setup import described, first_people


@require_POST
@for_senders
def upload(request: TenantRequest, number: int) -> JsonResponse:
    """Store one picture for a draft; the answer is JSON for the composer: `media`, or `error` in words."""
    campaign = get_object_or_404(Campaign, number=number, created_by=request.member)
    file = request.FILES.get("file")
    if file is None:
        return _refused(_("Choose a picture."))
    name = shown_name(file.name or "")
    try:
        examined = examine(file, name)
    except DomainError as error:
        return _refused(str(error.message))
    if examined.type.kind is not PartKind.IMAGE:
        return _refused(_("This is not a picture. Nothing was saved; choose a JPEG or PNG."))
    media = keep(examined, tenant=request.tenant, name=name, by=request.member)
    audience = without_faulty(Audience.from_dict(campaign.audience), request.member)
    kinds = list(first_people(audience, request.member))
    return JsonResponse({"media": described(media, kinds)}, status=201)


def _refused(text: str) -> JsonResponse:
    """200, since the page expects an answer to show; a status of 400 and more would be an error of the page."""
    return JsonResponse({"error": text})
