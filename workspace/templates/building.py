"""The builder: a template that saves itself while it is written, beside a phone that shows it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from channels.media import store_upload
from channels.models import Media
from templates_app.content import MEDIA_HEADERS, ButtonKind, Content, HeaderKind
from templates_app.lifecycle import SENDABLE, Category
from templates_app.models import Template
from templates_app.rules import (
    CATEGORIES,
    HEADER_FILES,
    MAX_BODY,
    MAX_BUTTONS,
    MAX_CODE,
    MAX_FOOTER,
    MAX_HEADER,
    MAX_LABEL,
    MAX_NAME,
)
from templates_app.services import (
    edit_possible_at,
    rename_draft,
    require_editable,
    save_edit,
)
from templates_app.submitting import submit as submit_template
from tenants.errors import DomainError, Invalid
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.templates.actions import lost_words
from workspace.templates.detail import find
from workspace.templates.drafting import SUGGESTED, Faults, button_cards, example_fields, faults_of, read_form
from workspace.templates.looks import BUTTON_ICONS, HEADER_ICONS, preview_of

HEADERS = [
    ("", gettext_lazy("None"), "minus"),
    (HeaderKind.TEXT, gettext_lazy("Text"), "hash"),
    (HeaderKind.IMAGE, gettext_lazy("Picture"), HEADER_ICONS[HeaderKind.IMAGE]),
    (HeaderKind.VIDEO, gettext_lazy("Video"), HEADER_ICONS[HeaderKind.VIDEO]),
    (HeaderKind.DOCUMENT, gettext_lazy("Document"), HEADER_ICONS[HeaderKind.DOCUMENT]),
    (HeaderKind.LOCATION, gettext_lazy("Place"), HEADER_ICONS[HeaderKind.LOCATION]),
]
BUTTONS = [
    (ButtonKind.QUICK_REPLY, gettext_lazy("Quick reply"), BUTTON_ICONS[ButtonKind.QUICK_REPLY]),
    (ButtonKind.URL, gettext_lazy("Open a web page"), BUTTON_ICONS[ButtonKind.URL]),
    (ButtonKind.PHONE, gettext_lazy("Call a number"), BUTTON_ICONS[ButtonKind.PHONE]),
    (ButtonKind.COPY_CODE, gettext_lazy("Copy a code"), BUTTON_ICONS[ButtonKind.COPY_CODE]),
]
LIMITS = {
    "body": MAX_BODY,
    "code": MAX_CODE,
    "footer": MAX_FOOTER,
    "header": MAX_HEADER,
    "label": MAX_LABEL,
    "name": MAX_NAME,
    "buttons": MAX_BUTTONS,
}


@require_GET
@require_permission(Permission.MANAGE_TEMPLATES)
def edit(request: TenantRequest, template: int) -> HttpResponse:
    row = find(template)
    require_editable(row)
    return _builder(request, row, faults_of(row, request.GET))


@require_POST
@require_permission(Permission.MANAGE_TEMPLATES)
def save(request: TenantRequest, template: int) -> HttpResponse:
    """Keep what is typed; the answer brings what follows from it up to date."""
    row = find(template)
    name_fault = _keep(request, row)
    if not request.htmx:
        return redirect("templates:edit", template=template)
    return _brought_up_to_date(request, row, name_fault)


@require_POST
@require_permission(Permission.MANAGE_TEMPLATES)
def example(request: TenantRequest, template: int) -> HttpResponse:
    """Take the example file of the header."""
    row = find(template)
    file = request.FILES.get("file")
    name_fault, refused = _keep(request, row), ""
    if file is not None:
        try:
            media = store_upload(file, by=request.member, name=file.name or "")
            _keep(request, row, media)
        except DomainError as error:
            refused = str(error.message)
    if not request.htmx:
        return redirect("templates:edit", template=template)
    return _brought_up_to_date(request, row, name_fault, header_file=True, refused=refused)


@require_POST
@require_permission(Permission.MANAGE_TEMPLATES)
def submit(request: TenantRequest, template: int) -> HttpResponse:
    """Have Meta review what stands on the page; where it may not be submitted, the page says why."""
    row = find(template)
    name_fault = _keep(request, row)
    try:
        if name_fault:
            raise Invalid(name_fault)
        known = submit_template(row, by=request.member)
    except DomainError as error:
        messages.error(request, str(error.message))
        row = find(template)
        return _builder(request, row, faults_of(row, _tried()), name_fault, status=error.status)
    if known:
        messages.success(request, _("Submitted. Meta's review takes minutes as a rule, a day at most."))
    else:
        messages.warning(request, lost_words())
    return redirect("templates:detail", template=template)


def _keep(request: TenantRequest, row: Template, media: Media | None = None) -> str:
    """Save the form; what is wrong with the name, which then stays as it was."""
    former = row.written
    content = read_form(request.POST, former)
    same_kind = former.header and content.header and former.header.kind is content.header.kind
    kept = media or (row.header_media if same_kind else None)
    if content.header is None or content.header.kind not in MEDIA_HEADERS:
        kept = None
    category = request.POST.get("category", "")
    save_edit(
        row,
        by=request.member,
        category=category if category in CATEGORIES else row.written_category,
        content=content,
        header_media=kept,
    )
    name = request.POST.get("name", row.name).strip()
    if name == row.name or row.meta_id:
        return ""
    try:
        rename_draft(row, name, by=request.member)
    except Invalid as error:
        row.refresh_from_db()
        return error.errors[0]["detail"] if error.errors else str(error.message)
    return ""


def _tried() -> QueryDict:
    return QueryDict("tried=1")


def _builder(
    request: TenantRequest, row: Template, faults: Faults, name_fault: str = "", *, status: int = 200
) -> HttpResponse:
    context = _shown(request, row, row.written, faults, name_fault) | {
        "headers": HEADERS,
        "button_kinds": BUTTONS,
        "suggested": SUGGESTED.items(),
        "categories": [(value, Category(value).label) for value in CATEGORIES],
        "limits": LIMITS,
        "renamable": not row.meta_id,
        "recategorisable": row.status not in SENDABLE,
        "edit_possible_at": edit_possible_at(row, timezone.now()),
    }
    return render(request, "whatsapp_templates/builder.html", context, status=status)


def _brought_up_to_date(
    request: TenantRequest,
    row: Template,
    name_fault: str,
    *,
    header_file: bool = False,
    refused: str = "",
) -> HttpResponse:
    content = row.written
    context = _shown(request, row, content, faults_of(row, request.POST), name_fault) | {
        "oob": True,
        "limits": LIMITS,
        "button_kinds": BUTTONS,
        "with_examples": _examples_changed(request.POST, content),
        "with_buttons": bool(request.POST.get("do")),
        "with_file": header_file or request.POST.get("header_kind") != request.POST.get("shown_header"),
        "refused": refused,
    }
    return render(request, "whatsapp_templates/saved.html", context)


def _shown(
    request: TenantRequest, row: Template, content: Content, faults: Faults, name_fault: str
) -> dict[str, Any]:
    header = content.header
    if name_fault:
        faults = replace(faults, name_fault=name_fault)
    return {
        "template": row,
        "content": content,
        "category": row.written_category,
        "header_kind": header.kind.value if header else "",
        "media_header": header is not None and header.kind in MEDIA_HEADERS,
        "accept": ",".join(sorted(HEADER_FILES[header.kind][0]))
        if header and header.kind in HEADER_FILES
        else "",
        "examples": example_fields(content, faults),
        "buttons": button_cards(content, faults),
        "preview": preview_of(content, row.header_media),
        "faults": faults,
        "slots": faults.fixed_slots,
        "saved_at": timezone.now(),
    }


def _examples_changed(form: QueryDict, content: Content) -> bool:
    """Whether the variables are others than those the page shows fields for."""
    fields = {field.name for field in example_fields(content, Faults([], tried=False))}
    return fields != {name for name in form if name.startswith("example.")}
