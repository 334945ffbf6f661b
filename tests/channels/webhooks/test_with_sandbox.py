"""The way in, whole: a customer writes in the sandbox, the door takes it, absorption tells it, the file is fetched."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.request

import pytest
from django.conf import settings as django_settings

from channels import errors
from channels.adapters.base import InboundMessage, IncomingMedia
from channels.media import fetch_incoming
from channels.webhooks.absorb import absorb_batch
from tenants.scopes import tenant_scope
from tests.channels.media.samples import EXE, PDF, picture
from tests.channels.webhooks.payloads import APP_SECRET, SECRET
from tests.web_process import web

pytestmark = pytest.mark.django_db(transaction=True)


class Sandbox:
    def __init__(self, url: str) -> None:
        self.url = url

    def tell(self, what: str, body: dict) -> dict:
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{what}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())


@pytest.fixture(scope="module")
def sandbox():
    command = [sys.executable, "-m", "sandbox", "--port", "0"]
    with subprocess.Popen(command, cwd=django_settings.ROOT, stdout=subprocess.PIPE, text=True) as process:
        yield Sandbox(process.stdout.readline().rpartition(" ")[2].strip())
        process.terminate()


@pytest.fixture(scope="module")
def running(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), web(tmp_path_factory.mktemp("web")) as process:
        yield process


@pytest.fixture(autouse=True)
def providers(settings, sandbox):
    settings.PROVIDER_URLS = {
        "line": sandbox.url,
        "line_data": sandbox.url,
        "graph": f"{sandbox.url}/{settings.GRAPH_VERSION}",
        "graph_media": sandbox.url,
    }


@pytest.fixture
def connected(sandbox, running, line, whatsapp, facebook, instagram):
    """All channels, those of Meta under one app, known to the sandbox with their secrets and webhook addresses."""
    base = f"http://127.0.0.1:{running.port}/webhooks"
    sandbox.tell(
        "accounts",
        {
            "kind": "line",
            "channel_id": "1650000001",
            "access_token": line.access_token,
            "channel_secret": SECRET,
            "bot_user_id": line.account_id,
            "webhook_url": f"{base}/line/{line.pk}",
        },
    )
    sandbox.tell(
        "accounts",
        {
            "kind": "whatsapp",
            "phone_number_id": whatsapp.account_id,
            "display_phone_number": "+886 2 7700 1234",
            "waba_id": "104511220033445",
            "access_token": whatsapp.access_token,
            "app_secret": APP_SECRET,
            "webhook_url": f"{base}/meta/{whatsapp.meta_app.key}",
        },
    )
    for channel, name in ((facebook, "page_id"), (instagram, "ig_id")):
        sandbox.tell(
            "accounts",
            {
                "kind": channel.kind,
                name: channel.account_id,
                "access_token": channel.access_token,
                "app_secret": APP_SECRET,
                "webhook_url": f"{base}/meta/{channel.meta_app.key}",
            },
        )
    return {"line": line, "whatsapp": whatsapp, "facebook": facebook, "instagram": instagram}


@pytest.fixture
def send(sandbox, connected, listener):
    """A customer sends; the event as absorption tells it."""

    def write(channel, text="", media=None, name=""):
        attached = media and {
            "media": {"mime": media[0], "base64": base64.b64encode(media[1]).decode(), "name": name}
        }
        sandbox.tell(
            "inbound",
            {
                "channel": channel,
                "from": "+886912000111" if channel == "whatsapp" else "7412589630147852",
                "text": text,
                **(attached or {}),
            },
        )
        while absorb_batch() is None:
            pass
        (event,) = listener.events
        return event

    return write


@pytest.mark.parametrize("channel", ["line", "whatsapp", "facebook", "instagram"])
def test_what_a_customer_writes_arrives(send, connected, channel):
    event = send(channel, "有現貨嗎？")
    assert isinstance(event, InboundMessage)
    assert (event.kind, event.text, event.account_id) == ("text", "有現貨嗎？", connected[channel].account_id)


@pytest.mark.parametrize("channel", ["line", "whatsapp", "facebook", "instagram"])
def test_a_picture_is_fetched_with_our_credentials_and_drawn_anew(send, connected, shop, channel):
    event = send(channel, media=("image/jpeg", picture(size=(300, 200)) + b"<script>"), name="photo.jpg")
    with tenant_scope(shop):
        media = fetch_incoming(connected[channel], event.media)
    assert (media.kind, media.mime, media.width, media.height) == ("image", "image/jpeg", 300, 200)
    assert media.preview
    with media.file.open() as stored:
        assert b"<script>" not in stored.read()


@pytest.mark.parametrize("channel", ["line", "whatsapp"])
def test_a_document_keeps_its_name(send, connected, shop, channel):
    event = send(channel, media=("application/pdf", PDF), name="訂單.pdf")
    with tenant_scope(shop):
        media = fetch_incoming(connected[channel], event.media)
    assert (media.kind, media.mime, media.name, media.bytes) == (
        "file",
        "application/pdf",
        "訂單.pdf",
        len(PDF),
    )


def test_what_is_not_what_it_says_is_kept_but_never_shown(send, connected, shop):
    event = send("whatsapp", media=("image/png", EXE), name="holiday.png")
    with tenant_scope(shop):
        media = fetch_incoming(connected["whatsapp"], event.media)
    assert (media.kind, media.mime, media.extension) == ("file", "application/octet-stream", ".bin")


@pytest.mark.parametrize(
    "incoming",
    [
        IncomingMedia(provider_media_id="424242424242"),
        IncomingMedia(provider_media_id="../../v2/bot/info"),
        IncomingMedia(url="http://169.254.169.254/latest/meta-data"),
    ],
)
@pytest.mark.parametrize("channel", ["line", "whatsapp"])
def test_what_cannot_be_fetched_says_so(connected, shop, channel, incoming):
    with tenant_scope(shop), pytest.raises(errors.MediaUnavailable):
        fetch_incoming(connected[channel], incoming)


def test_a_huge_file_is_not_swallowed(send, connected, shop, settings):
    event = send("line", media=("application/pdf", PDF + b" " * 10_000), name="long.pdf")
    settings.MAX_UPLOAD_BYTES = 5_000
    with tenant_scope(shop), pytest.raises(errors.MediaError):
        fetch_incoming(connected["line"], event.media)
