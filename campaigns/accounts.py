"""The WhatsApp business accounts behind a selection: a template is sent to customers of one of them (S2-29..32)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from campaigns.audience import Audience
from campaigns.classify import Rule, by_verdict, count_people, template_rules
from campaigns.errors import AccountChats, AccountConflict
from channels.adapters.base import ChannelKind
from channels.models import Channel
from templates_app.models import Template
from tenants.models import Member


def accounts_chosen(by: Member, audience: Audience) -> list[AccountChats]:
    """The accounts of the chosen WhatsApp chats, the one with the most first. Raises Invalid for a faulty audience."""
    rules = template_rules(numbers(), None, {})
    return accounts_among(rules, by_verdict(count_people(audience.people(by).sql(), rules, by.tenant_id)))


def numbers() -> list[Channel]:
    """Every channel of the tenant, with its account where it has one."""
    return list(Channel.objects.select_related("whatsapp_account").order_by("pk"))


def accounts_among(rules: Iterable[Rule], counts: Mapping[tuple[int, str], int]) -> list[AccountChats]:
    """As `accounts_chosen`, of people counted by channel and verdict."""
    channels = {rule.channel.pk: rule.channel for rule in rules if rule.channel.kind == ChannelKind.WHATSAPP}
    found: dict[int | None, AccountChats] = {}
    for (pk, _verdict), count in counts.items():
        if (channel := channels.get(pk)) is None:
            continue
        account = channel.whatsapp_account
        key = account.pk if account else None
        before = found.get(key, AccountChats(key, account.name if account else channel.name, 0))
        found[key] = AccountChats(before.id, before.name, before.chats + count)
    return sorted(found.values(), key=lambda one: (-one.chats, one.name))


def require_one(accounts: Sequence[AccountChats], template: Template | None) -> None:
    """Raises AccountConflict where the chats are of several accounts, or of another than the template's."""
    others = [one for one in accounts if template is not None and one.id != template.account_id]
    if len(accounts) > 1 or others:
        raise AccountConflict(accounts)
