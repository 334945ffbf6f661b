"""Tags of the frame, available in every template without `{% load %}`."""

from __future__ import annotations

from django import template
from django.template.context import RequestContext
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "icon", label: str = "") -> SafeString:
    """One symbol of `static/icons/lucide.svg`; decoration unless a `label` says what it means."""
    target = f"{static('icons/lucide.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="{}" role="img" aria-label="{}"><use href="{}"></use></svg>', css, label, target
        )
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"></use></svg>', css, target)


@register.simple_tag(takes_context=True)
def block_again(context: RequestContext, name: str) -> str:
    """What the block `name` holds, a second time: a page's title stands in its tab and in its bar."""
    block = context.render_context[BLOCK_CONTEXT_KEY].get_block(name)
    return str(block.render(context)) if block else ""


@register.filter
def channel_icon(kind: str) -> str:
    """The symbol inside a channel's mark."""
    return {
        "line": "message-circle-more",
        "facebook": "zap",
        "instagram": "camera",
        "whatsapp": "phone",
        "web": "globe",
    }.get(kind, "message-circle")


@register.filter
def initial(name: str) -> str:
    """The first character of a name, for an avatar."""
    return name.strip()[:1] or "?"
