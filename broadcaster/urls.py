"""Every address of the product. Webhooks and live events are not here: `broadcaster.asgi` takes them first."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from billing.webhooks import stripe_webhook
from broadcaster import navigation
from broadcaster.health import healthz
from campaigns.links.door import follow_link
from channels.media.serving import serve_media
from workspace import installed

urlpatterns: list[URLPattern | URLResolver] = [
    path("", navigation.home, name="home"),
    path("", include("tenants.urls")),
    path("campaigns/", include("workspace.broadcasts.urls")),
    path("healthz", healthz, name="healthz"),
    path("app.webmanifest", installed.manifest, name="app_manifest"),
    path("service-worker.js", installed.worker, name="app_worker"),
    path("offline/", installed.offline, name="app_offline"),
    path("accounts/", include("allauth.urls")),
    path("channels/", include("workspace.channels.urls")),
    path("credit/", include("workspace.credit.urls")),
    path("reports/", include("workspace.reports.urls")),
    path("templates/", include("workspace.templates.urls")),
    path("inbox/", include("workspace.inbox.urls")),
    path("saved-replies/", include("workspace.saved_replies.urls")),
    path("api/", include("workspace.api.urls")),
    path("webhooks/stripe", stripe_webhook, name="stripe_webhook"),
    path("l/<str:code>", follow_link, name="link"),
    path("m/<slug:key>/<str:name>", serve_media, name="media"),
]

handler400 = "tenants.pages.bad_request"
handler403 = "tenants.pages.forbidden"
handler404 = "tenants.pages.not_found"
handler500 = "tenants.pages.server_error"
