"""What chats are selected for: a broadcast of messages, or of a template. Addresses and forms carry it as one word."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.models import CampaignKind
from templates_app.models import Template


@dataclass(frozen=True)
class Purpose:
    """`template` where it is chosen already. As text "message", "template" or "template-12"."""

    kind: CampaignKind
    template: Template | None = None

    def __str__(self) -> str:
        return self.kind.value if self.template is None else f"{self.kind.value}-{self.template.pk}"

    @property
    def of_templates(self) -> bool:
        return self.kind is CampaignKind.TEMPLATE


MESSAGES = Purpose(CampaignKind.MESSAGE)
TEMPLATES = Purpose(CampaignKind.TEMPLATE)


def read_purpose(word: str) -> Purpose | None:
    """None for what is no purpose; a template that is gone has to be chosen anew."""
    kind, _dash, template = word.partition("-")
    if kind not in CampaignKind.values:
        return None
    number = int(template[:18]) if template.isascii() and template.isdigit() else 0
    if kind != CampaignKind.TEMPLATE or not number:
        return Purpose(CampaignKind(kind))
    found = Template.objects.present().select_related("account").filter(pk=number).first()
    return Purpose(CampaignKind.TEMPLATE, found)
