"""Who is who: users, tenants, members and their roles, API tokens, the audit log."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, time
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tenants.errors import NotAllowed, PlanRequired
from tenants.plans import FEATURES, PLAN_LABELS, Feature, Plan
from tenants.quiet import QuietHours
from tenants.roles import ROLE_LABELS, Permission, Role, permissions_of
from tenants.scopes import TenantManager, TenantModel


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A person who signs in with an e-mail address; what they may do is said by their memberships."""

    email = models.EmailField(_("e-mail address"), unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(_("language"), max_length=10, blank=True)  # "" = the browser's choice
    theme = models.CharField(max_length=5, blank=True)  # "light", "dark", "" = the system's
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)
    session_generation = models.PositiveIntegerField(default=0)  # raised to end every session

    objects: ClassVar[UserManager] = UserManager()

    EMAIL_FIELD = "email"
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    def __str__(self) -> str:
        return self.name or self.email

    def get_session_auth_hash(self) -> str:
        """What a session must know to go on: ends with the password and with the generation."""
        return self._of_generation(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        for known in super().get_session_auth_fallback_hash():
            yield self._of_generation(known)

    def _of_generation(self, known: str) -> str:
        return f"{known}.{self.session_generation}"


class Tenant(models.Model):
    """One company. `time_zone` is an IANA name; `country` (ISO 3166) reads phone numbers without a prefix.

    Broadcasts do not leave from `quiet_from` to `quiet_to` (`tenants.quiet`) on `quiet_days`, ISO weekdays.
    `official_sites`: the team's own hosts (`tenants.sites`). Taps and answers count for a broadcast within
    `attribution_days` after it reached somebody.
    `rehearses`: the real team beside which this one only rehearses (`tenants.rehearsing`); None for a real one.
    """

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    plan = models.CharField(
        max_length=20, choices=[(p.value, PLAN_LABELS[p]) for p in Plan], default=Plan.STARTER
    )
    time_zone = models.CharField(max_length=60, default="Asia/Hong_Kong")
    country = models.CharField(max_length=2, default="HK")
    currency = models.CharField(max_length=3, default="USD")
    language = models.CharField(max_length=10, default="en")
    quiet_from = models.TimeField(default=time(21), db_default=time(21))
    quiet_to = models.TimeField(default=time(9), db_default=time(9))
    quiet_days = ArrayField(models.PositiveSmallIntegerField(), default=list, db_default=[], blank=True)
    official_sites = ArrayField(models.CharField(max_length=253), default=list, db_default=[], blank=True)
    attribution_days = models.PositiveSmallIntegerField(default=7, db_default=7)
    rehearses = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="rehearsal"
    )
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @property
    def is_rehearsal(self) -> bool:
        """Whether nothing it sends reaches anybody."""
        return self.rehearses_id is not None

    @property
    def quiet_hours(self) -> QuietHours:
        return QuietHours(self.zone, self.quiet_from, self.quiet_to, frozenset(self.quiet_days))

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    def has_feature(self, feature: Feature) -> bool:
        return feature in FEATURES.get(Plan(self.plan), frozenset())

    def require_feature(self, feature: Feature) -> None:
        """Raises PlanRequired where the plan lacks it."""
        if not self.has_feature(feature):
            raise PlanRequired


class MemberQuerySet(models.QuerySet["Member"]):
    def owners(self) -> MemberQuerySet:
        """Those who own the team now, oldest first."""
        return self.filter(active=True, roles__contains=[Role.OWNER.value]).order_by("pk")


class Member(TenantModel):
    """A user in a tenant, with roles. Past members stay (`active=False`): their work keeps their name."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    roles = ArrayField(models.CharField(max_length=20), default=list)
    name = models.CharField(max_length=120)
    active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(MemberQuerySet)()

    limited_to: frozenset[Permission] | None = (
        None  # for the length of a request: a token's limits, a rehearsal's
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="member_once_per_tenant")]

    def __str__(self) -> str:
        return self.name

    @property
    def role_names(self) -> list[str]:
        """The roles as people read them."""
        return [str(ROLE_LABELS[role]) for role in Role if role.value in self.roles]

    @property
    def permissions(self) -> frozenset[Permission]:
        """What the roles allow, less what the API token in use leaves out; nothing for past members."""
        allowed = permissions_of(self.roles) if self.active else frozenset()
        return allowed if self.limited_to is None else allowed & self.limited_to

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def require(self, permission: Permission) -> None:
        """Raises NotAllowed where no role of this member has the permission; what only owners may, names them."""
        if self.may(permission):
            return
        if permission is not Permission.TOP_UP:
            raise NotAllowed
        names = gettext(", ").join(Member.objects.owners().values_list("name", flat=True))
        raise NotAllowed(
            gettext("Only the owner of your team may do this: %(names)s. Nothing was changed.")
            % {"names": names}
        )


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def seen_by(self, member: Member) -> ApiTokenQuerySet:
        """One's own; everybody's for those who manage members."""
        return self if member.may(Permission.MANAGE_MEMBERS) else self.filter(member=member)

    def newest_first(self) -> ApiTokenQuerySet:
        return self.select_related("member").order_by("-pk")


class ApiToken(TenantModel):
    """A program's key, acting as one member with some of that member's rights. Only its hash is stored."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=12)  # shown, so that people can tell tokens apart
    hash = models.CharField(max_length=64, unique=True)  # hex SHA-256; the token has 256 random bits
    only = ArrayField(models.CharField(max_length=40), default=list, blank=True)  # permissions; [] = all
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(ApiTokenQuerySet)()

    @staticmethod
    def new_secret() -> str:
        return "bc_" + secrets.token_urlsafe(32)

    @staticmethod
    def hash_of(secret: str) -> str:
        return hashlib.sha256(secret.encode()).hexdigest()

    def acting_member(self) -> Member:
        """The member this token acts as, with no more rights than the token has."""
        member = self.member
        member.limited_to = frozenset(Permission(name) for name in self.only) if self.only else None
        return member

    def usable_at(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


class IdempotentRequest(TenantModel):
    """The first answer to a POST that carried an Idempotency-Key, given again to its repeats for 24 hours."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)  # hex SHA-256 of method, path and body
    status = models.PositiveSmallIntegerField(null=True)  # None while the first is being answered
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager["IdempotentRequest"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "member", "key"], name="idempotency_key_once")
        ]


class AuditEntry(TenantModel):
    """Who did what, when, from where. Insert-only: a database trigger refuses changes."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=60)  # "campaign.launched"
    subject_kind = models.CharField(max_length=40)
    subject_id = models.BigIntegerField(null=True)
    details = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)
    at = models.DateTimeField(default=timezone.now)

    objects = TenantManager["AuditEntry"]()

    class Meta:
        indexes = [models.Index(fields=["tenant", "-at"], name="audit_by_time")]


class NumberSequence(TenantModel):
    """The per-tenant numbers people see: chats, campaigns. Gapless is not promised, order is."""

    name = models.CharField(max_length=20)
    last = models.BigIntegerField(default=0)

    objects = TenantManager["NumberSequence"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="sequence_once_per_tenant")]


class Canary(models.Model):
    """One a queue, the installation's own: rung for each minute, and taken only by a worker that really takes messages.

    `waiting_since`: the first ring that nobody has taken yet.
    """

    queue = models.CharField(max_length=20, primary_key=True)
    rung_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True)
