"""What people type into the settings."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from tenants.models import User

THEME_CHOICES = [("", _("Like the system")), ("light", _("Light")), ("dark", _("Dark"))]


class ProfileForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    language = forms.ChoiceField(
        label=_("Language"), required=False, choices=[("", _("Like the browser")), *settings.LANGUAGES]
    )
    theme = forms.ChoiceField(label=_("Look"), required=False, choices=THEME_CHOICES)

    @staticmethod
    def initial_of(user: User) -> dict[str, Any]:
        return {"name": user.name, "language": user.language, "theme": user.theme}
