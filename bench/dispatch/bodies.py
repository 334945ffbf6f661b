"""The bodies that the baselines send: those the product's adapter builds for the same people."""

from __future__ import annotations

from pathlib import Path

import orjson

from bench.dispatch.bodies_read import BODIES
from campaigns.engine.groups import Script, patterns_of
from campaigns.engine.lease import Row
from campaigns.models import Campaign, Recipient
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from channels.models import Channel
from channels.sending.pacing import limits_of
from tenants.scopes import tenant_scope


def write_bodies(
    campaign: Campaign, channel: Channel, folder: Path, *, name: str = BODIES, most: int | None = None
) -> None:
    """Of the first `most` people, into the file `name`."""
    adapter = ADAPTERS[ChannelKind(channel.kind)]
    with tenant_scope(campaign.tenant):
        script = Script(
            adapter,
            channel.credentials(),
            patterns_of(campaign, channel),
            limits_of(adapter.spec, channel.pace),
        )
        rows = [
            Row(one.pk, one.address, one.fields, one.part, one.part_states, one.tries)
            for one in Recipient.objects.filter(campaign=campaign).order_by("pk")[:most]
        ]
    requests = [script.build(group) for group in script.group(rows)]
    (folder / name).write_bytes(
        orjson.dumps(
            [
                requests[0].path,
                [list(header) for header in requests[0].headers],
                [request.body.decode() for request in requests],
                [row.address for row in rows],
            ]
        )
    )
