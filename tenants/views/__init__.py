"""The frame's switches and the settings pages."""

from __future__ import annotations

from tenants.views.profile import profile, settings_home
from tenants.views.switches import choose_language, choose_theme, switch

__all__ = ["choose_language", "choose_theme", "profile", "settings_home", "switch"]
