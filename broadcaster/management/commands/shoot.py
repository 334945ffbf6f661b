from __future__ import annotations

import itertools
import json
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from playwright.sync_api import Browser, Page, sync_playwright

from broadcaster.embedded.launch import state_folder
from broadcaster.embedded.state import ROOT
from broadcaster.testing.browser import FLAGS, find_or_install

WIDTHS = {1440: 900, 390: 844}
LANGUAGES = {"en": "en-US", "zh-hant": "zh-TW", "zh-hans": "zh-CN"}
THEMES = ("light", "dark")
PEOPLE = {"sales": "sales@demo.test", "owner": "owner@demo.test", "none": "owner@other.test"}
PASSWORD = "demo-only"  # noqa: S105 (the published one of the demo data)


@dataclass(frozen=True)
class Look:
    width: int
    language: str
    theme: str
    person: str

    @property
    def name(self) -> str:
        return f"{self.person}-{self.width}-{self.language}-{self.theme}"


class Command(BaseCommand):
    help = "Picture every page of the running demo: two widths, three languages, light and dark, three people's data."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "paths", nargs="*", help="addresses such as /campaigns/; without any, all that are linked"
        )
        parser.add_argument("--data-dir", help="of the running demo (default: DATA_DIR, else .data)")
        parser.add_argument(
            "--into", type=Path, default=ROOT / "shots", help="folder of the pictures (default: shots)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        environment = state_folder(options["data_dir"]).environment()
        url = environment.get("PUBLIC_URL", "")
        if not _answers(url):
            raise CommandError("No demo is running on that folder: start `manage.py demo` first.")
        options["into"].mkdir(parents=True, exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_or_install(), args=list(FLAGS))
            for look in (Look(*values) for values in itertools.product(WIDTHS, LANGUAGES, THEMES, PEOPLE)):
                page = self._signed_in(browser, url, look)
                for path in options["paths"] or self._linked(page):
                    file = (
                        options["into"]
                        / f"{path.partition('?')[0].strip('/').replace('/', '-') or 'home'}--{look.name}.png"
                    )
                    page.goto(path)
                    page.screenshot(path=file, full_page=True)
                    self.stdout.write(str(file))
                page.context.close()
            browser.close()

    def _signed_in(self, browser: Browser, url: str, look: Look) -> Page:
        context = browser.new_context(
            base_url=url,
            locale=LANGUAGES[look.language],
            color_scheme="dark" if look.theme == "dark" else "light",
            viewport={"width": look.width, "height": WIDTHS[look.width]},
        )
        page = context.new_page()
        page.goto("/accounts/login/")
        page.locator("input[name=login]").fill(PEOPLE[look.person])
        page.locator("input[name=password]").fill(PASSWORD)
        page.locator("input[name=password]").press("Enter")
        page.wait_for_url(lambda where: "/accounts/login" not in where)
        return page

    def _linked(self, page: Page) -> Iterator[str]:
        """Every page that the navigations lead to, then the first link of each list."""
        seen: set[str] = set()
        queue = ["/"]
        while queue:
            path = queue.pop(0)
            if (place := path.partition("?")[0]) in seen:
                continue
            seen.add(place)
            yield path
            links = [link.get_attribute("href") or "" for link in page.locator("nav a[href^='/']").all()]
            first = page.locator("main table a[href^='/'], main li a[href^='/']").first
            if first.count():
                links.append(first.get_attribute("href") or "")
            queue += filter(None, links)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5) as response:  # noqa: S310 (our own demo)
            return bool(json.load(response))
    except (OSError, ValueError):
        return False
