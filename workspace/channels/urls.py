"""Addresses of the channels' pages, under `/channels/`."""

from __future__ import annotations

from django.urls import path

from workspace.channels import health

app_name = "channels"
urlpatterns = [
    path("", health.channels, name="list"),
    path("<int:channel>/check/", health.check_now, name="check"),
]
