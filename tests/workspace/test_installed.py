"""What makes the pages an app: manifest, worker, and the page for when there is no network."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from PIL import Image

pytestmark = pytest.mark.django_db
LANGUAGES = {"en": "You are offline", "zh-hant": "您已離線", "zh-hans": "您已离线"}


def test_the_manifest_names_icons_that_are_there_in_the_sizes_it_says(client):
    answer = client.get("/app.webmanifest")
    assert answer.headers["Content-Type"] == "application/manifest+json"
    described = json.loads(answer.content)
    assert (described["display"], described["start_url"], described["scope"]) == ("standalone", "/", "/")
    assert {icon["purpose"] for icon in described["icons"]} == {"any", "maskable"}
    for icon in described["icons"]:
        with Image.open(finders.find(icon["src"].removeprefix("/static/"))) as picture:
            assert f"{picture.width}x{picture.height}" == icon["sizes"]


def test_the_worker_keeps_the_shell_and_a_page_for_when_there_is_no_network(client):
    script = client.get("/service-worker.js").content.decode()
    escaped = re.search(r'JSON\.parse\("(.*)"\);', script)[1]
    setup = json.loads(json.loads(f'"{escaped}"'))
    assert setup["shell"] == [
        "/static/build/app.css",
        "/static/icons/broadcaster.svg",
        "/static/icons/lucide.svg",
    ]
    assert (setup["cache"][:6], setup["offline"]) == ("shell-", "/offline/")


def test_the_worker_is_the_same_in_every_language(client):
    scripts = {
        client.get("/service-worker.js", headers={"accept-language": each}).content for each in LANGUAGES
    }
    assert len(scripts) == 1


@pytest.mark.parametrize(("language", "words"), LANGUAGES.items())
def test_the_kept_page_speaks_the_language_it_is_asked_for_in_and_says_so(client, language, words):
    answer = client.get(f"/offline/?language={language}", headers={"accept-language": "en"})
    assert words in answer.content.decode()
    assert answer.headers["Content-Language"] == language  # the worker compares


def test_the_kept_page_is_the_same_for_everybody_who_reads_it(client, sign_in, sales):
    address = "/offline/?language=zh-hans"
    assert sign_in(sales).get(address).content == client.get(address).content
    assert client.get("/offline/?language=xx").status_code == 200


def test_pages_lead_to_the_manifest_and_to_the_worker_in_their_language(sign_in, sales):
    sales.user.language = "zh-hant"
    sales.user.save()
    page = sign_in(sales).get("/campaigns/").content.decode()
    assert 'href="/app.webmanifest" data-worker="/service-worker.js" data-language="zh-hant"' in page
    assert page.count('name="theme-color"') == 2
