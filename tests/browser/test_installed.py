"""The pages as an app: it can be installed, keeps the shell and nobody's data, and says so when it is offline."""

import re

import pytest
from playwright.sync_api import Error, expect

from tests.browser.conftest import PATIENCE_MS, unplug
from tests.browser.test_broadcast_flow import until

KEPT = """async () => {
  const found = [];
  for (const name of await caches.keys()) {
    for (const request of await (await caches.open(name)).keys()) found.push(new URL(request.url).pathname);
  }
  return found.sort();
}"""

SPEAKS = """async (language) => {
  const kept = await caches.match("/offline/", { ignoreVary: true });
  const { active } = await navigator.serviceWorker.ready;
  if (active.state !== "activated") return false;
  return navigator.serviceWorker.controller && kept?.headers.get("Content-Language") === language;
}"""


def go_without_network(phone, path):
    """Open a page unplugged. A watched Chromium now and then opens it without asking the worker, which it has, and is
    disconnected; then once more, for as long as one waits for anything."""
    unplug(phone)

    def opened():
        try:
            phone.goto(path)
        except Error as error:
            assert "ERR_INTERNET_DISCONNECTED" in error.message
            return False
        return True

    until(opened, phone, PATIENCE_MS / 1000)


@pytest.fixture
def phone(new_page):
    """A phone whose browser takes the worker that the pages offer."""
    return new_page(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, service_workers="allow"
    )


def test_it_is_installable_keeps_only_the_shell_and_works_again_with_the_network(phone, sign_in, errors, axe):
    sign_in(phone)
    phone.goto("/inbox/?mine=true&status=in_progress")
    phone.evaluate("navigator.serviceWorker.ready.then(() => null)")
    browser = phone.context.new_cdp_session(phone)
    found = browser.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # A browser of a test is a private one, which installs nothing; else nothing is in the way.
    assert [error["errorId"] for error in found if error["errorId"] != "in-incognito"] == []
    phone.goto("/campaigns/")
    phone.goto("/inbox/?mine=true&status=in_progress")
    kept = phone.evaluate(KEPT)
    assert len(kept) == 4
    assert "/offline/" in kept
    assert all(re.match(r"/(offline/|static/(build/app|icons/)[\w.-]*)", path) for path in kept)

    errors.forgive("ERR_INTERNET_DISCONNECTED")
    go_without_network(phone, "/campaigns/")
    expect(phone.get_by_role("heading")).to_have_text("You are offline")
    axe(phone)
    unplug(phone, False)
    phone.get_by_role("link", name="Try again").tap()
    expect(phone.locator("#overview")).to_be_visible()
    assert phone.url.endswith("/campaigns/")


def test_it_is_offline_in_the_language_in_which_the_pages_were_read(phone, stack, errors):
    for language, words in (("en", "You are offline"), ("zh-hans", "您已离线"), ("zh-hant", "您已離線")):
        phone.context.add_cookies([{"name": "django_language", "value": language, "url": stack.url}])
        phone.goto("/accounts/login/")
        expect(phone.locator("html")).to_have_attribute("lang", re.compile(language, re.IGNORECASE))
        phone.wait_for_function(SPEAKS, arg=language)
        errors.forgive("ERR_INTERNET_DISCONNECTED")
        go_without_network(phone, "/accounts/login/?again")
        expect(phone.get_by_role("heading")).to_have_text(words)
        unplug(phone, False)
