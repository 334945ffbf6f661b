"""What makes the pages an app: manifest, worker, and the page for when there is no network."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from PIL import Image

pytestmark = pytest.mark.django_db


def test_the_manifest_names_icons_that_are_there_in_the_sizes_it_says(client):
    answer = client.get("/app.webmanifest")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    described = json.loads(answer.content)
    assert (described["display"], described["start_url"], described["scope"]) == ("standalone", "/", "/")
    assert {icon["purpose"] for icon in described["icons"]} == {"any", "maskable"}
    for icon in described["icons"]:
        with Image.open(finders.find(icon["src"].removeprefix("/static/"))) as picture:
            assert f"{picture.width}x{picture.height}" == icon["sizes"]


@pytest.mark.parametrize(
    ("language", "words"), [("en", "You are offline"), ("zh-hant", "您已離線"), ("zh-hans", "您已离线")]
)
def test_the_worker_keeps_the_shell_and_the_page_in_the_readers_language(client, language, words):
    script = client.get(f"/service-worker.js?language={language}").content.decode()
    escaped = re.search(r'JSON\.parse\("(.*)"\);', script)[1]
    setup = json.loads(json.loads(f'"{escaped}"'))
    assert setup["shell"] == [
        "/static/build/app.css",
        "/static/icons/broadcaster.svg",
        "/static/icons/lucide.svg",
    ]
    assert setup["cache"].startswith(f"shell-{language}-")
    assert words in client.get(setup["offline"]).content.decode()


def test_the_kept_page_is_the_same_for_everybody_who_reads_it(client, sign_in, sales):
    address = "/offline/?language=zh-hans"
    assert sign_in(sales).get(address).content == client.get(address).content
    assert client.get("/offline/?language=xx").status_code == 200


def test_pages_lead_to_the_manifest_and_to_the_worker_in_their_language(sign_in, sales):
    sales.user.language = "zh-hant"
    sales.user.save()
    page = sign_in(sales).get("/campaigns/").content.decode()
    assert 'href="/app.webmanifest" data-worker="/service-worker.js?language=zh-hant"' in page
    assert page.count('name="theme-color"') == 2
