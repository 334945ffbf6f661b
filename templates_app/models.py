"""WhatsApp message templates: what Meta has, what a member is writing, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.adapters.parsing import Malformed
from channels.models import Media, WhatsAppAccount
from templates_app.content import Content, read_content
from templates_app.languages import language_name
from templates_app.lifecycle import SENDABLE, Category, Quality, Status
from templates_app.rules import ExampleFile
from tenants.models import Member
from tenants.scopes import TenantManager, TenantModel


class TemplateQuerySet(QuerySet["Template"]):
    def present(self) -> TemplateQuerySet:
        """Without those that were deleted."""
        return self.exclude(status=Status.DELETED)

    def sendable(self) -> TemplateQuerySet:
        """Those Meta would take a message with now."""
        return self.filter(status__in=SENDABLE)


class Template(TenantModel):
    """One language of one name on one WhatsApp account.

    `components`, `category`, `named`: what Meta has; empty for a draft. `edited`: what a member is writing instead,
    `{"category", "named", "components"}`, None where nobody is. `header_media`: the example file of `edited`'s header.
    `reason`, `explanation`: why it is rejected or paused, in Meta's words. `told_at`: by what webhooks tell ("status",
    "quality", "category") Meta's time of the last one, in Unix seconds; `heard_at`: when we last learned its state from
    a webhook or an answer; `synced_at`: when a sync last asked. `approved_once`: after deletion its name rests 30 days.
    """

    account = models.ForeignKey(WhatsAppAccount, on_delete=models.PROTECT, related_name="templates")
    name = models.CharField(max_length=512)
    language = models.CharField(max_length=15)
    category = models.CharField(max_length=20, choices=Category)
    next_category = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.DRAFT)
    quality = models.CharField(max_length=10, choices=Quality, default=Quality.UNKNOWN)
    named = models.BooleanField(default=True)
    components = models.JSONField(default=list)
    edited = models.JSONField(null=True, blank=True)
    header_media = models.ForeignKey(Media, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    meta_id = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    explanation = models.CharField(max_length=1000, blank=True)
    approved_once = models.BooleanField(default=False)
    told_at = models.JSONField(default=dict)
    heard_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    synced_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(TemplateQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "name", "language"],
                condition=~Q(status=Status.DELETED),
                name="template_once_per_account",
            )
        ]
        indexes = [models.Index(fields=["tenant", "-updated_at", "-id"], name="template_by_time")]

    def __str__(self) -> str:
        return f"{self.name} ({self.language})"

    @property
    def sendable(self) -> bool:
        """Whether Meta would take a message with it now. Ask `content.foreign` whether we can write one."""
        return self.status in SENDABLE

    @property
    def language_name(self) -> str:
        return language_name(self.language)

    @property
    def content(self) -> Content:
        """What a message with it says: what Meta has, or of a draft what is being written."""
        return content_of(self.components, self.named) if self.meta_id else self.written

    @property
    def written(self) -> Content:
        """What a member is writing; what Meta has where nobody is."""
        if self.edited is None:
            return content_of(self.components, self.named)
        return content_of(self.edited["components"], self.edited["named"])

    @property
    def written_category(self) -> str:
        return str(self.edited["category"]) if self.edited else self.category

    @property
    def example_file(self) -> ExampleFile | None:
        """The example that comes with what is being written."""
        media = self.header_media
        return ExampleFile(media.mime, media.bytes) if media else None


def content_of(components: Sequence[Any], named: bool) -> Content:
    """A component that nobody can read makes the template one to look at only."""
    try:
        return read_content(components, named=named)
    except Malformed:
        return Content(named=named, foreign=("?",))


class HistoryKind(models.TextChoices):
    CREATED = "created", _("Draft made")
    SUBMITTED = "submitted", _("Submitted")
    EDITED = "edited", _("Edited")
    STATUS = "status", _("Status")
    QUALITY = "quality", _("Quality")
    CATEGORY = "category", _("Category")
    NOTICE = "notice", _("Category will change")
    CONTENT = "content", _("Changed in WhatsApp Manager")
    DELETED = "deleted", _("Deleted")


class HistoryEntry(TenantModel):
    """Something that happened to a template: a member's act, or Meta's. `before`, `after`: a status, a rating, a
    category."""

    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="history")
    kind = models.CharField(max_length=10, choices=HistoryKind)
    before = models.CharField(max_length=20, blank=True)
    after = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=60, blank=True)
    explanation = models.CharField(max_length=1000, blank=True)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    objects = TenantManager["HistoryEntry"]()

    class Meta:
        indexes = [models.Index(fields=["template", "-at"], name="template_history_by_time")]


class AccountSync(TenantModel):
    """How far an account's templates are read from Meta. A row that is due is taken up by the next sweep.

    `due_at`: when it is to be read (again); `leased_until`: somebody reads it now. `seen`, `expected` are counts of the
    current or last reading, `expected` 0 where Meta does not tell. `error`: a Reason, "" where it went well.
    """

    account = models.OneToOneField(WhatsAppAccount, on_delete=models.CASCADE, related_name="template_sync")
    due_at = models.DateTimeField(default=timezone.now)
    leased_until = models.DateTimeField(null=True, blank=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    seen = models.PositiveIntegerField(default=0)
    expected = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=40, blank=True)

    objects = TenantManager["AccountSync"]()

    def running(self, now: datetime) -> bool:
        """Whether it is being read, or asked for and not yet read."""
        leased = self.leased_until is not None and self.leased_until > now
        return leased or (self.due_at <= now and not self.error)
