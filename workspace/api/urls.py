"""Every address of the API. Without a slash at the end, as in `docs/api.md`."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path, re_path

from workspace.api import schema
from workspace.api.base import UnknownAddress
from workspace.api.me import Me

app_name = "api"

v1: list[URLPattern | URLResolver] = [
    path("me", Me.as_view(), name="me"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", schema.Document.as_view(), name="schema"),
    path("docs/", schema.DocumentPage.as_view(), name="docs"),
    path("v1/", include(v1)),
    re_path(r"^.*$", UnknownAddress.as_view(), name="unknown"),
]
