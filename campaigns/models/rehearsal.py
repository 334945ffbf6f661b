"""A broadcast tried on the provider sandbox."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from campaigns.models.campaign import Campaign
from tenants.models import Member
from tenants.scopes import TenantManager, TenantModel


class Rehearsal(TenantModel):
    """One rehearsal of `campaign`, in the real team. See `campaigns.rehearsal`.

    `copy` is the number of the broadcast in the team that rehearses, `channels` and `files` the ids of what was copied
    there for it. `scenario`: what the sandbox plays; `people` were copied, `left_out` were beyond the most.
    `result`: how it came out, kept from when the copies are deleted on (`cleared_at`), None before.
    """

    number = models.BigIntegerField()
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="rehearsals")
    copy = models.BigIntegerField()
    channels = ArrayField(models.BigIntegerField(), default=list)
    files = ArrayField(models.BigIntegerField(), default=list)
    scenario = models.JSONField(default=dict)
    people = models.IntegerField()
    left_out = models.IntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    cleared_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager["Rehearsal"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="rehearsal_number_once"),
            models.UniqueConstraint(fields=["tenant", "copy"], name="rehearsal_copy_once"),
        ]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="rehearsal_to_clear",
                condition=models.Q(cleared_at__isnull=True),
            )
        ]
