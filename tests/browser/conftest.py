"""A real Chromium on the whole running product. Every test here is marked `browser`."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, CDPSession, Page, expect, sync_playwright

from broadcaster.testing.browser import FLAGS, find_or_install

PASSWORD = "demo-only"
PATIENCE_MS = 30_000  # two browsers and two products share the machine's cores
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the session."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("E2E_CHROMIUM") or find_or_install(), args=list(FLAGS)
        )
        yield browser
        browser.close()


class Errors:
    """What went wrong in a page: uncaught errors and console errors. Empty, or the test fails."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.forgiven: list[str] = []

    def watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.seen.append(f"uncaught: {error}"))
        page.on("console", self._console)

    def _console(self, message) -> None:
        if message.type == "error":
            self.seen.append(f"console: {message.text} ({message.location.get('url', '')})")

    def forgive(self, pattern: str) -> None:
        """An error the test provokes on purpose, such as a refused form's `status of 422`."""
        self.forgiven.append(pattern)

    def unforgiven(self) -> list[str]:
        return [error for error in self.seen if not any(re.search(p, error) for p in self.forgiven)]


SLOW = {"latency": 300, "downloadThroughput": -1, "uploadThroughput": -1}  # milliseconds; -1: no limit
slow: dict[Page, CDPSession] = {}


def slowed(page: Page) -> None:
    """With SLOW_BROWSER=1 a page computes four times slower and waits 300 ms longer for every answer, as on an old
    phone: shows what works only where scripts are there at once."""
    if os.environ.get("SLOW_BROWSER"):
        slow[page] = page.context.new_cdp_session(page)
        slow[page].send("Network.enable")
        slow[page].send("Network.emulateNetworkConditions", {"offline": False, **SLOW})
        slow[page].send("Emulation.setCPUThrottlingRate", {"rate": 4})


def unplug(page: Page, unplugged: bool = True) -> None:
    """No network for the page and those of its context, or again one."""
    page.context.set_offline(unplugged)
    if page in slow:  # what it was told itself counts for more
        slow[page].send("Network.emulateNetworkConditions", {"offline": unplugged, **SLOW})


@pytest.fixture
def errors() -> Errors:
    return Errors()


@pytest.fixture
def new_page(chromium, stack, errors):
    """Opens further pages, each a person of their own; options as of Playwright's `new_context`."""
    contexts = []

    def open_page(**options) -> Page:
        defaults = {
            "base_url": stack.url,
            "locale": "en-US",
            "viewport": {"width": 1440, "height": 900},
            # Where Playwright watches, a page opened while one worker follows another (the language changed) never
            # came in 1 of 12 tries, though it was answered; unwatched in none. test_installed proves the worker.
            "service_workers": "block",
        }
        context = chromium.new_context(**{**defaults, **options})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        slowed(page)
        errors.watch(page)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors.unforgiven() == []


@pytest.fixture
def page(new_page) -> Page:
    """A signed-out visitor at 1440 px in English."""
    return new_page()


@pytest.fixture
def phone(new_page) -> Page:
    """The same at 390 px with a touch screen."""
    return new_page(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)


@pytest.fixture(scope="session")
def remembered():
    """The session of everybody who signed in, as their browser remembers it."""
    return {}


@pytest.fixture
def sign_in(stack, remembered):
    """`sign_in(page, "sales@demo.test")`: through the form as a person does, the first time; later the browser
    remembers. People who sign in sixty times within minutes are throttled."""

    def go(page: Page, email: str = "sales@demo.test", password: str = PASSWORD) -> Page:
        page.context.add_cookies(remembered.get(email, []))
        page.goto(f"{stack.url}/accounts/login/")
        if "/accounts/login" in page.url:
            through_the_form(page, email, password)
            remembered[email] = page.context.cookies()
        return page

    def through_the_form(page: Page, email: str, password: str) -> None:
        page.locator("input[name=login]").fill(email)
        page.locator("input[name=password]").fill(password)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda url: "/accounts/login" not in url)

    return go


@pytest.fixture
def axe():
    """`axe(page)`: no serious or critical accessibility finding on the page as it stands."""

    def check(page: Page) -> None:
        found = Axe().run(page).response["violations"]
        grave = [
            f"{rule['impact']} {rule['id']}: {rule['help']}: "
            + "; ".join(node["html"][:160] for node in rule["nodes"][:3])
            for rule in found
            if rule["impact"] in ("serious", "critical")
        ]
        assert grave == []

    return check


@pytest.fixture
def everybody_reachable(stack):
    """Whoever is first in a list gets what they are sent."""
    stack.sandbox("scenario", {"magic_numbers": False})
    yield
    stack.sandbox("scenario", {"magic_numbers": True})


@pytest.fixture
def reachable(stack, everybody_reachable):
    """`reachable("line", 5)`: the numbers of the salesperson's newest chats in progress on a kind of channel whose
    customers take what they are sent; of those whose window is closed the oldest, for a message still on its way
    opens it again. Which ones they are depends on the time of day the demo was begun."""

    opened = "k.window_closes_at > now() + interval '1 hour'"
    windows = {"open": opened, "closed": "k.window_closes_at > now() IS NOT TRUE", "any": "true"}

    def numbers(kind: str, count: int = 1, *, window: str = "open") -> list[str]:
        order = "ASC" if window == "closed" else "DESC"
        with psycopg.connect(stack.environment()["DATABASE_URL"]) as database:
            rows = database.execute(
                f"""SELECT c.number FROM conversations_conversation c
                    JOIN conversations_contact k ON k.id = c.contact_id JOIN channels_channel ch ON ch.id = k.channel_id
                    JOIN tenants_member m ON m.id = c.assignee_id JOIN tenants_user u ON u.id = m.user_id
                    WHERE u.email = 'sales@demo.test' AND c.status = 'in_progress' AND ch.kind = %s
                      AND k.opted_out_at IS NULL AND {windows[window]}
                    ORDER BY c.last_message_at {order}, c.id {order} LIMIT %s""",  # noqa: S608
                [kind, count],
            ).fetchall()
        assert len(rows) == count
        return [str(number) for (number,) in rows]

    return numbers
