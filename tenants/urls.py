"""Addresses of the frame's switches and of the settings."""

from __future__ import annotations

from django.urls import path

from tenants import views

app_name = "tenants"
urlpatterns = [
    path("switch", views.switch, name="switch"),
    path("language", views.choose_language, name="language"),
    path("theme", views.choose_theme, name="theme"),
    path("settings/", views.settings_home, name="settings"),
    path("settings/profile", views.profile, name="profile"),
]
