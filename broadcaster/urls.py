"""Every address of the product. Webhooks and live events are not here: `broadcaster.asgi` takes them first."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from broadcaster.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", healthz),
    path("accounts/", include("allauth.urls")),
]
