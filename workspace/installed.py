"""The installable app: what a browser needs to put the pages on a home screen, and to say so when it is offline.

The worker keeps the shell only: a page without anybody's data, and what it looks like. Everything else always comes
from the network. https://www.w3.org/TR/appmanifest/, https://www.w3.org/TR/service-workers/
"""

from __future__ import annotations

import hashlib
import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, override
from django.views.decorators.http import require_GET

NAME = "Broadcaster"
GROUND = "#ffffff"
ICONS = (
    ("icons/broadcaster-192.png", "192x192", "any"),
    ("icons/broadcaster-512.png", "512x512", "any"),
    ("icons/broadcaster-maskable.png", "512x512", "maskable"),
)
SHELL = ("build/app.css", "icons/broadcaster.svg", "icons/lucide.svg")


@login_not_required
@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """The name, icons and start of the app; the same for everybody."""
    described = {
        "id": "/",
        "name": NAME,
        "short_name": NAME,
        "start_url": reverse("home"),
        "scope": "/",
        "display": "standalone",
        "background_color": GROUND,
        "theme_color": GROUND,
        "icons": [
            {"src": static(path), "sizes": sizes, "type": "image/png", "purpose": purpose}
            for path, sizes, purpose in ICONS
        ],
    }
    return JsonResponse(described, content_type="application/manifest+json")


@login_not_required
@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The service worker, one for all languages: pages tell it which theirs is. It changes, and with it what browsers
    keep, when the shell does."""
    shell = [static(path) for path in SHELL]
    pages = [_page(language) for language, _name in settings.LANGUAGES]
    mark = hashlib.sha256(json.dumps([shell, pages]).encode()).hexdigest()[:12]
    setup = {"cache": f"shell-{mark}", "offline": reverse("app_offline"), "shell": shell}
    script = render_to_string("app/worker.js", {"setup": json.dumps(setup)})
    return HttpResponse(script, content_type="text/javascript", headers={"Cache-Control": "no-cache"})


@login_not_required
@require_GET
def offline(request: HttpRequest) -> HttpResponse:
    """What is shown in place of any page while there is no network, in `language`."""
    language = _language(request)
    return HttpResponse(_page(language), headers={"Content-Language": language})


def _page(language: str) -> str:
    with override(language):
        return render_to_string("app/offline.html", {"language": language})


def _language(request: HttpRequest) -> str:
    asked = request.GET.get("language", "")
    return asked if asked in dict(settings.LANGUAGES) else get_language() or settings.LANGUAGE_CODE
