"""Pictures, videos and files on their way into a part of a broadcast."""

from __future__ import annotations

from dataclasses import replace

from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from campaigns.drafts import draft_of
from campaigns.models import Campaign
from channels.adapters.base import PartKind
from channels.media.uploads import Examined, examine, keep, shown_name
from tenants.errors import DomainError
from tenants.requests import TenantRequest
from workspace.broadcasts.access import for_senders
from workspace.broadcasts.drafting import check
from workspace.broadcasts.files import described
from workspace.broadcasts.setup import chosen_kinds

MISSING: dict[str, str | Promise] = {
    PartKind.IMAGE: gettext_lazy("Choose a picture."),
    PartKind.VIDEO: gettext_lazy("Choose a video."),
    PartKind.FILE: gettext_lazy("Choose a file."),
}
OTHERS: dict[str, str | Promise] = {
    PartKind.IMAGE: gettext_lazy("This is not a picture. Nothing was saved; choose a JPEG or PNG."),
    PartKind.VIDEO: gettext_lazy("This is not a video. Nothing was saved; choose an MP4."),
    PartKind.FILE: gettext_lazy(
        "This is not a document. Nothing was saved; add pictures and videos as messages of their own, so that they are"
        " seen in the chat. Sound cannot be broadcast."
    ),
}


@require_POST
@for_senders
def upload(request: TenantRequest, number: int) -> JsonResponse:
    """Store one file for a draft, as the `kind` of part it is for; with a video may come its `poster`.

    The answer is JSON for the composer: `media` and a `note` of what was changed, or `error` in words.
    """
    campaign = get_object_or_404(Campaign, number=number, created_by=request.member)
    kind = request.POST.get("kind", PartKind.IMAGE)
    file = request.FILES.get("file")
    if kind not in OTHERS or file is None:
        return _refused(str(MISSING.get(kind, MISSING[PartKind.FILE])))
    name = shown_name(file.name or "")
    try:
        examined = examine(file, name, poster=request.FILES.get("poster"))
    except DomainError as error:
        return _refused(str(error.message))
    if examined.type.kind != kind:
        return _refused(str(OTHERS[kind]))
    media = keep(examined, tenant=request.tenant, name=name, by=request.member)
    draft = draft_of(campaign)
    sound = replace(draft, audience=draft.audience.without_faulty(request.member))
    kinds = chosen_kinds(check(request.member, sound))
    return JsonResponse({"media": described(media, kinds), "note": _note(examined)}, status=201)


def _note(examined: Examined) -> str:
    return _("This picture moves; its first image is sent.") if examined.stilled else ""


def _refused(text: str) -> JsonResponse:
    """200, since the page expects an answer to show; a status of 400 and more would be an error of the page."""
    return JsonResponse({"error": text})
