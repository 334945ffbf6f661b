"""WhatsApp: what webhooks tell of message templates.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/message_template_status_update
and its neighbours message_template_quality_update, template_category_update, message_template_components_update.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from channels.adapters.base import TemplateChange
from channels.adapters.parsing import Json, digest, number, public_detail, required, text

Values = dict[str, Any]


def template_change(waba_id: str, field: str, time: Any, at: datetime, value: Json) -> TemplateChange:
    """The event of one change. Raises Malformed."""
    return TemplateChange(
        waba_id,
        digest(waba_id, field, time, value),
        at,
        value,
        template_id=str(number(value, "message_template_id") or ""),
        name=required(value, "message_template_name"),
        language=required(value, "message_template_language"),
        **TEMPLATE_FIELDS[field](value),
    )


def _status(value: Json) -> Values:
    """`other_info` tells why it was paused, `rejection_info` what to do about a rejection."""
    other, rejection = _details(value, "other_info"), _details(value, "rejection_info")
    reason = text(value, "reason")
    words = (rejection.get("reason"), rejection.get("recommendation"), other.get("description"))
    return {
        "status": required(value, "event"),
        "reason": public_detail(other.get("title")) if reason in ("", "NONE") else reason,
        "explanation": " ".join(filter(None, map(public_detail, words))),
        "category": text(value, "message_template_category"),
    }


def _quality(value: Json) -> Values:
    return {"quality": required(value, "new_quality_score")}


def _category(value: Json) -> Values:
    """A notice names what the category will be (`correct_category`) beside what it still is."""
    return {"category": text(value, "new_category"), "next_category": text(value, "correct_category")}


def _components(value: Json) -> Values:
    """The webhook holds the texts only; what was changed is read anew."""
    return {"content_changed": True}


def _details(value: Json, key: str) -> Json:
    found = value.get(key)
    return found if isinstance(found, dict) else {}


TEMPLATE_FIELDS: dict[str, Callable[[Json], Values]] = {
    "message_template_status_update": _status,
    "message_template_quality_update": _quality,
    "template_category_update": _category,
    "message_template_components_update": _components,
}
