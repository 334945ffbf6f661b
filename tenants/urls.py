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
    path("settings/team", views.team_settings, name="team_settings"),
    path("settings/quiet-hours", views.quiet_hours, name="quiet_hours"),
    path("settings/members", views.member_list, name="members"),
    path("settings/members/add", views.member_add, name="member_add"),
    path("settings/members/<int:member_id>", views.member_detail, name="member"),
    path("settings/members/<int:member_id>/deactivate", views.member_deactivate, name="member_deactivate"),
    path("settings/members/<int:member_id>/reactivate", views.member_reactivate, name="member_reactivate"),
    path("settings/tokens", views.token_list, name="tokens"),
    path("settings/tokens/new", views.token_create, name="token_create"),
    path("settings/tokens/<int:token_id>/revoke", views.token_revoke, name="token_revoke"),
    path("settings/audit", views.audit_log, name="audit"),
]
