"""The links of a broadcast, and the taps on them. See `campaigns.links`."""

from __future__ import annotations

from django.db import models

from campaigns.models.campaign import Campaign
from campaigns.models.people import Recipient
from conversations.models import Contact
from tenants.scopes import TenantManager, TenantModel


class Link(TenantModel):
    """An address in a text of a broadcast that tracks its links, as it was when preparing began.

    `part` is the position of its text, `start` where it begins there, in characters; `place` counts the links of the
    whole broadcast from 0. `official`: whether it led to one of the team's own sites then.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links", db_index=False)
    part = models.PositiveSmallIntegerField()
    place = models.PositiveSmallIntegerField()
    start = models.PositiveIntegerField()
    url = models.TextField()
    official = models.BooleanField()

    objects = TenantManager["Link"]()

    class Meta:
        ordering = ["place"]
        constraints = [models.UniqueConstraint(fields=["campaign", "place"], name="link_place_once")]


class Click(TenantModel):
    """One recipient's link, once it was opened. `times` a person did, from `first_at` to `last_at` (None where nobody
    has yet); `robots` counts previews and crawlers."""

    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="clicks", db_index=False)
    recipient = models.ForeignKey(
        Recipient, on_delete=models.CASCADE, related_name="clicks", db_constraint=False, db_index=False
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    first_at = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(null=True, blank=True)
    times = models.BigIntegerField(default=0)
    robots = models.BigIntegerField(default=0)

    objects = TenantManager["Click"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["link", "recipient"], name="click_once")]
