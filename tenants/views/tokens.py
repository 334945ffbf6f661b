"""API tokens: one's own; administrators see and end everybody's."""

from __future__ import annotations

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tenants import tokens
from tenants.forms import TokenForm
from tenants.models import ApiToken
from tenants.requests import TenantRequest, require_permission
from tenants.roles import READING, Permission


@require_GET
@require_permission(Permission.MANAGE_TOKENS)
def token_list(request: TenantRequest) -> HttpResponse:
    """The tokens one may end, newest first."""
    now = timezone.now()
    rows = [
        (token, token.usable_at(now)) for token in ApiToken.objects.seen_by(request.member).newest_first()
    ]
    return render(request, "settings/tokens.html", {"rows": rows})


@require_http_methods(["GET", "POST"])
@require_permission(Permission.MANAGE_TOKENS)
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth is not typed
@never_cache
def token_create(request: TenantRequest) -> HttpResponse:
    """A new token for oneself; its secret is on the answer and nowhere else."""
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        token, secret = tokens.create_api_token(
            request.member,
            name=form.cleaned_data["name"],
            expires_at=form.expires_at(),
            only=READING if form.cleaned_data["read_only"] else (),
            by=request.member,
        )
        return render(request, "settings/token_created.html", {"token": token, "secret": secret})
    return render(request, "settings/token_create.html", {"form": form})


@require_POST
@require_permission(Permission.MANAGE_TOKENS)
def token_revoke(request: TenantRequest, token_id: int) -> HttpResponse:
    """End a token at once."""
    token = get_object_or_404(ApiToken.objects.seen_by(request.member), pk=token_id)
    tokens.revoke_api_token(token, by=request.member)
    messages.success(request, _("The token “%(name)s” has ended.") % {"name": token.name})
    return redirect("tenants:tokens")
