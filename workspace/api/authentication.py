"""`Authorization: Bearer TOKEN`: a program acting as one member of one tenant."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from tenants import doors
from tenants.models import ApiToken, Tenant, User
from tenants.scopes import tenant_scope

LAST_USED_EVERY = timedelta(minutes=5)  # `last_used_at` is written at most this often


class BearerAuthentication(BaseAuthentication):
    """Finds the member behind a token. The token's tenant is the only one the request can see."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """None without a bearer header. Raises AuthenticationFailed, always in the same words, for a token
        that is unknown, expired or revoked, or whose member or user is no longer active."""
        scheme, _space, secret = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        token = _usable_token(secret.strip().decode("latin-1"))
        if token is None:
            raise AuthenticationFailed(_("The API token is unknown, expired or revoked."))
        return token.acting_member().user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="Broadcaster API"'


def _usable_token(secret: str) -> ApiToken | None:
    hashed = ApiToken.hash_of(secret)
    tenant_id = doors.tenant_of_api_token(hashed)
    if tenant_id is None:
        return None
    now = timezone.now()
    with tenant_scope(Tenant.objects.get(pk=tenant_id)):
        token = ApiToken.objects.select_related("member__user", "member__tenant", "tenant").get(hash=hashed)
        if not (token.usable_at(now) and token.member.active and token.member.user.is_active):
            return None
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - LAST_USED_EVERY)
        if token.last_used_at is None or token.last_used_at < now - LAST_USED_EVERY:
            ApiToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token
