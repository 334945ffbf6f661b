"""The one entry of the web server: webhooks and live events are plain ASGI, everything else is Django in threads."""

from __future__ import annotations

from typing import Any, cast

from a2wsgi import WSGIMiddleware
from django.conf import settings

from broadcaster.composition import Composition
from broadcaster.wsgi import application as pages  # first: it loads the settings and the apps

application = Composition(
    {
        # "/webhooks/": the door of channels
        # "/events/": server-sent events
    },
    rest=cast(Any, WSGIMiddleware(cast(Any, pages), workers=settings.WEB_THREADS)),
)
