"""Every address of the product. Webhooks and live events are not here: `broadcaster.asgi` takes them first."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("accounts/", include("allauth.urls")),
]
