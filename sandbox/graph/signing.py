"""Webhook calls signed with the app's secret, as all of Meta's are.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

import hashlib
import hmac

from sandbox.webhooks import Post


def signed(url: str, app_secret: str, body: bytes) -> Post:
    return Post(url, body, _headers(app_secret, body), _headers("wrong secret", body))


def _headers(secret: str, body: bytes) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "content-type": "application/json",
        "user-agent": "facebookexternalua",
        "x-hub-signature-256": f"sha256={digest}",
    }
