"""WhatsApp: managing message templates, each call a request and the reader of its answer.

https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates

Components, categories and states are passed on in Meta's own words; what they mean is `templates_app`'s business.
Readers raise CallFailed; where Meta explains a refusal to people, its `detail` holds those words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from channels.adapters.base import (
    Answer,
    CallFailed,
    Credentials,
    ProviderRequest,
    ProviderResponse,
    Verdict,
    unanswered,
)
from channels.adapters.meta.graph import REJECTED, Code, GraphErrors, request
from channels.adapters.meta.whatsapp.codes import WHATSAPP_CODES
from channels.adapters.parsing import (
    Json,
    Malformed,
    as_object,
    body_object,
    items,
    number,
    public_detail,
    reader,
    required,
    text,
)

FIELDS = (
    "id,name,language,status,category,previous_category,correct_category,parameter_format,components,"
    "quality_score,rejected_reason"
)
PAGE = 100

# Why a template is not taken; only these are told apart.
TOO_MANY_TEMPLATES, DELETION_RUNS, EXISTS_ALREADY = (100, 2388019), (100, 2388023), (100, 2388024)
EDGE_VARIABLE, VARIABLE_RATIO, TOO_LONG = (100, 2388299), (100, 2388293), (100, 2388040)
REFUSALS: Mapping[Code, Verdict] = dict.fromkeys(
    (
        TOO_MANY_TEMPLATES,
        DELETION_RUNS,
        EXISTS_ALREADY,
        EDGE_VARIABLE,
        VARIABLE_RATIO,
        TOO_LONG,
        (100, 2388047),  # header
        (100, 2388072),  # body
        (100, 2388073),  # footer
    ),
    REJECTED,
)
ERRORS = GraphErrors({**WHATSAPP_CODES, **REFUSALS}, unproven=frozenset({131000, 131016}))
STALE_CURSOR = "131059"


@dataclass(frozen=True)
class TemplateState:
    """A template as Meta has it. Values are Meta's words, "" where it does not tell."""

    template_id: str
    name: str
    language: str
    status: str
    category: str
    next_category: str
    quality: str
    rejected_reason: str
    parameter_format: str
    components: tuple[Json, ...]


@dataclass(frozen=True)
class TemplatePage:
    """One page of an account's templates. `after` leads to the next, "" on the last; `total` is 0 where unknown."""

    templates: tuple[TemplateState, ...]
    after: str
    total: int


@dataclass(frozen=True)
class Submitted:
    """What Meta made of a new template: its id, and the status and category it gave it."""

    template_id: str
    status: str
    category: str


def list_templates(waba_id: str, after: str, credentials: Credentials) -> ProviderRequest:
    """One page, from the beginning or from a cursor on. A cursor that is stale is refused as STALE_CURSOR."""
    query = {"fields": FIELDS, "limit": str(PAGE), "summary": "total_count"}
    if after:
        query["after"] = after
    return request("GET", f"{_edge(waba_id)}?{urlencode(query, safe=',')}", credentials)


@reader
def read_list(answer: Answer) -> TemplatePage:
    body = _body(answer)
    paging = body.get("paging")
    more = isinstance(paging, dict) and bool(paging.get("next"))
    cursors = paging.get("cursors") if isinstance(paging, dict) else None
    summary = body.get("summary")
    return TemplatePage(
        tuple(_state(as_object(raw)) for raw in items(body, "data")),
        required(as_object(cursors), "after") if more else "",
        number(summary, "total_count") if isinstance(summary, dict) else 0,
    )


def one_template(template_id: str, credentials: Credentials) -> ProviderRequest:
    return request("GET", f"/{quote(template_id, safe='')}?fields={FIELDS}", credentials)


@reader
def read_one(answer: Answer) -> TemplateState:
    return _state(_body(answer))


def create_template(
    waba_id: str,
    credentials: Credentials,
    *,
    name: str,
    language: str,
    category: str,
    parameter_format: str,
    components: Sequence[Json],
) -> ProviderRequest:
    body = {
        "name": name,
        "language": language,
        "category": category,
        "parameter_format": parameter_format,
        "components": list(components),
    }
    return request("POST", _edge(waba_id), credentials, body)


@reader
def read_create(answer: Answer) -> Submitted:
    body = _body(answer)
    return Submitted(required(body, "id"), text(body, "status"), text(body, "category"))


def edit_template(
    template_id: str,
    credentials: Credentials,
    *,
    category: str,
    parameter_format: str,
    components: Sequence[Json],
) -> ProviderRequest:
    """Put all components in place of the former ones. `category` is "" where it must stay as it is."""
    body: dict[str, object] = {"components": list(components), "parameter_format": parameter_format}
    if category:
        body["category"] = category
    return request("POST", f"/{quote(template_id, safe='')}", credentials, body)


@reader
def read_edit(answer: Answer) -> None:
    _success(answer)


def delete_template(
    waba_id: str, credentials: Credentials, *, template_id: str, name: str
) -> ProviderRequest:
    """Delete one language of a name."""
    return request(
        "DELETE", f"{_edge(waba_id)}?{urlencode({'hsm_id': template_id, 'name': name})}", credentials
    )


@reader
def read_delete(answer: Answer) -> None:
    _success(answer)


def begin_upload(
    app_id: str, credentials: Credentials, *, name: str, mime: str, size: int
) -> ProviderRequest:
    """Announce the example of a header: a resumable upload of `size` bytes."""
    query = urlencode({"file_name": name, "file_length": str(size), "file_type": mime})
    return request("POST", f"/{quote(app_id, safe='')}/uploads?{query}", credentials)


@reader
def read_upload_session(answer: Answer) -> str:
    """The session the bytes are sent to."""
    session = required(_body(answer), "id")
    if not session.startswith("upload:"):
        raise Malformed("no upload session")
    return session


def upload(session: str, data: bytes, credentials: Credentials) -> ProviderRequest:
    """Send all bytes of an announced file. This call alone wants another kind of Authorization."""
    headers = (("Authorization", f"OAuth {credentials.access_token}"), ("file_offset", "0"))
    path = "/" + session.lstrip("/")  # may hold a query; our token goes to the configured host only
    return ProviderRequest("POST", "graph", path, headers, data)


@reader
def read_upload(answer: Answer) -> str:
    """The handle that stands for the file in an example; it cannot be sent."""
    return required(_body(answer), "h")


def _edge(waba_id: str) -> str:
    return f"/{quote(waba_id, safe='')}/message_templates"


def _state(raw: Json) -> TemplateState:
    quality = raw.get("quality_score")
    rejected = text(raw, "rejected_reason")
    return TemplateState(
        template_id=required(raw, "id"),
        name=required(raw, "name"),
        language=required(raw, "language"),
        status=required(raw, "status"),
        category=text(raw, "category"),
        next_category=text(raw, "correct_category"),
        quality=text(quality, "score") if isinstance(quality, dict) else "",
        rejected_reason="" if rejected == "NONE" else rejected,
        parameter_format=text(raw, "parameter_format") or "POSITIONAL",
        components=tuple(as_object(component) for component in items(raw, "components")),
    )


def _success(answer: Answer) -> None:
    if _body(answer).get("success") is not True:
        raise Malformed("no success")


def _body(answer: Answer) -> Json:
    if not isinstance(answer, ProviderResponse):
        raise CallFailed(unanswered(answer))
    if answer.status != 200:
        outcome = ERRORS.outcome(answer)
        raise CallFailed(outcome._replace(detail=_for_people(answer) or outcome.detail))
    return body_object(answer.body)


def _for_people(response: ProviderResponse) -> str:
    """Meta's title and explanation of a refusal, which it writes for the person who made the template."""
    try:
        error: Any = body_object(response.body).get("error")
    except Malformed:
        return ""
    if not isinstance(error, dict):
        return ""
    said = (public_detail(error.get(key)) for key in ("error_user_title", "error_user_msg"))
    return ". ".join(words.rstrip(".") for words in said if words)
