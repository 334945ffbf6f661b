"""What people type into the settings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

import phonenumbers
from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tenants.errors import DomainError, Invalid, NotAllowed
from tenants.models import Tenant, User
from tenants.roles import ROLE_LABELS, Role
from tenants.sites import read_sites, shown

THEME_CHOICES = [("", _("Like the system")), ("light", _("Light")), ("dark", _("Dark"))]
SEPARATOR = re.compile(r"[\s,;，、；]+")
ROLE_CHOICES = [(role.value, ROLE_LABELS[role]) for role in Role]


@contextmanager
def refusals_in(form: forms.Form) -> Iterator[None]:
    """What a service refuses inside is said above the form, so that nothing typed is lost; 403 stays a page."""
    try:
        yield
    except DomainError as error:
        if error.status == NotAllowed.status:
            raise
        form.add_error(None, str(error.message))


@cache
def _zones() -> list[tuple[str, str]]:
    return [(zone, zone.replace("_", " ")) for zone in sorted(available_timezones()) if "/" in zone]


@cache
def _countries() -> list[tuple[str, str]]:
    return [(code, code) for code in sorted(phonenumbers.SUPPORTED_REGIONS)]


def _clock() -> forms.TimeInput:
    return forms.TimeInput(attrs={"type": "time"}, format="%H:%M")


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("Like the browser")), *settings.LANGUAGES]
    )
    theme = forms.ChoiceField(label=_("Look"), required=False, choices=THEME_CHOICES)

    @staticmethod
    def initial_of(user: User) -> dict[str, Any]:
        return {"name": user.name, "language": user.language, "theme": user.theme}


class TenantForm(forms.Form):
    name = forms.CharField(label=_("Team name"), max_length=120)
    time_zone = forms.ChoiceField(label=_("Time zone"), choices=_zones)
    country = forms.ChoiceField(
        label=_("Country"),
        choices=_countries,
        help_text=_("Phone numbers without a country code are read as numbers of this country."),
        widget=forms.Select(attrs={"data-regions": ""}),
    )
    language = forms.ChoiceField(
        label=_("Language"), choices=settings.LANGUAGES, help_text=_("For what is written to customers.")
    )
    official_sites = forms.CharField(
        label=_("Your own sites"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocapitalize": "off", "spellcheck": "false"}),
        help_text=_(
            "One a line, such as shop.example; what stands before it (www.shop.example) counts too. Links in "
            "broadcasts that lead there are counted as official, all others apart."
        ),
    )

    attribution_days = forms.IntegerField(
        label=_("Days in which taps and answers count"),
        min_value=1,
        max_value=30,
        help_text=_(
            "So long after a broadcast reached somebody, their first tap and their first answer count for it and "
            "for whoever sent it."
        ),
    )

    def clean_official_sites(self) -> list[str]:
        try:
            return read_sites(SEPARATOR.split(self.cleaned_data["official_sites"]))
        except Invalid as error:
            raise forms.ValidationError(str(error.message)) from error

    @staticmethod
    def initial_of(tenant: Tenant) -> dict[str, Any]:
        plain = ("name", "time_zone", "country", "language", "attribution_days")
        values = {field: getattr(tenant, field) for field in plain}
        return values | {"official_sites": "\n".join(map(shown, tenant.official_sites))}


class QuietHoursForm(forms.Form):
    """No days: no quiet hours. Ends at or before the hour it begins at: on the next day."""

    days = forms.TypedMultipleChoiceField(
        label=_("Days on which they begin"),
        required=False,
        coerce=int,
        choices=[(day + 1, name) for day, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Without a day there are no quiet hours."),
    )
    begins = forms.TimeField(label=pgettext_lazy("hours", "From"), widget=_clock())
    ends = forms.TimeField(
        label=pgettext_lazy("hours", "To"),
        widget=_clock(),
        help_text=_("On the next day where this is not later; the same time twice means a whole day."),
    )

    @staticmethod
    def initial_of(tenant: Tenant) -> dict[str, Any]:
        return {"days": tenant.quiet_days, "begins": tenant.quiet_from, "ends": tenant.quiet_to}


class RolesForm(forms.Form):
    roles = forms.MultipleChoiceField(
        label=_("Roles"), choices=ROLE_CHOICES, widget=forms.CheckboxSelectMultiple
    )


class MemberForm(RolesForm):
    name = forms.CharField(label=_("Name"), max_length=120)
    email = forms.EmailField(label=_("E-mail address"))
    field_order = ["name", "email", "roles"]


class TokenForm(forms.Form):
    """`days` after which the token ends; "" means never."""

    name = forms.CharField(label=_("What is it for?"), max_length=80)
    days = forms.ChoiceField(
        label=_("Ends after"),
        required=False,
        initial="90",
        choices=[("30", _("30 days")), ("90", _("90 days")), ("365", _("1 year")), ("", _("Never"))],
    )
    read_only = forms.BooleanField(
        label=_("May only read"),
        required=False,
        help_text=_("Such a token can never send or change anything."),
    )

    def expires_at(self) -> datetime | None:
        days = self.cleaned_data["days"]
        return timezone.now() + timedelta(days=int(days)) if days else None
