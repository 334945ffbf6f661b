"""Mails to the owners of a team about its credit, in each owner's language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation

from tenants.models import Member, Tenant


@dataclass(frozen=True)
class Mail:
    subject: str
    text: str


def tell_owners(tenant: Tenant, write: Callable[[], Mail]) -> None:
    """Send every owner what `write` says in their language. Inside the tenant's scope.

    Raises OSError (smtplib's errors among them) where the mail server does not take it.
    """
    for owner in Member.objects.owners().select_related("user"):
        with translation.override(owner.user.language or tenant.language):
            mail = write()
        subject = " ".join(mail.subject.split())  # a team's name may hold line breaks, a header may not
        send_mail(subject, mail.text, settings.DEFAULT_FROM_EMAIL, [owner.user.email])


def address_of(url_name: str, *args: object) -> str:
    return f"{settings.PUBLIC_URL}{reverse(url_name, args=args)}"
