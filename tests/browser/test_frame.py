"""The frame in a real Chromium: sign in, language, look, phone, and what assistive technology finds."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect


def open_profile_menu(page) -> None:
    page.locator(".rail > .popup > summary").last.click()


PAGES = ["/settings/profile", "/settings/team", "/settings/members", "/settings/tokens", "/settings/audit"]


def test_signing_in_and_out(page, sign_in, axe):
    page.goto("/settings/profile")
    expect(page).to_have_url(re.compile("/accounts/login/"))
    axe(page)
    sign_in(page, "owner@demo.test")
    expect(page.get_by_role("navigation", name="Main").first).to_be_visible()
    open_profile_menu(page)
    page.get_by_role("button", name="Sign out").first.click()
    expect(page).to_have_url(re.compile("/accounts/login/"))


def test_a_wrong_password_is_said_and_the_address_kept(page):
    page.goto("/accounts/login/")
    page.get_by_label("Email").fill("owner@demo.test")
    page.get_by_label("Password").fill("not-this-one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("not correct")
    expect(page.get_by_label("Email")).to_have_value("owner@demo.test")


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("look", ["light", "dark"])
def test_settings_have_no_grave_accessibility_finding(new_page, sign_in, axe, address, look):
    page = sign_in(new_page(color_scheme=look), "admin@demo.test")
    page.goto(address)
    axe(page)


def test_the_language_is_switched_and_remembered(new_page, sign_in):
    page = sign_in(new_page(), "manager@demo.test")
    page.goto("/settings/profile")
    open_profile_menu(page)
    page.get_by_role("button", name="繁體中文").first.click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hant")
    expect(page.get_by_role("heading", level=1)).to_have_text("個人資料")
    elsewhere = sign_in(new_page(), "manager@demo.test")
    elsewhere.goto("/settings/profile")
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("個人資料")
    open_profile_menu(elsewhere)
    elsewhere.get_by_role("button", name="English").first.click()
    expect(elsewhere.get_by_role("heading", level=1)).to_have_text("Profile")


def test_the_look_changes_at_once_and_is_remembered(new_page, sign_in):
    page = sign_in(new_page(color_scheme="light"), "manager@demo.test")
    page.goto("/settings/profile")
    open_profile_menu(page)
    with page.expect_response("**/theme"):
        page.get_by_role("button", name="Dark").first.click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    open_profile_menu(page)
    with page.expect_response("**/theme"):
        page.get_by_role("button", name="Like the system").first.click()
    expect(page.locator("html")).not_to_have_attribute("data-theme", re.compile(".+"))


def test_the_rail_folds_and_stays_folded(page, sign_in):
    sign_in(page, "admin@demo.test").goto("/settings/profile")
    wide = page.locator(".rail").bounding_box()["width"]
    page.get_by_role("button", name="Narrow").click()
    page.reload()
    assert page.locator(".rail").bounding_box()["width"] < wide / 2
    expect(page.get_by_role("link", name="Settings").first).to_be_visible()


def test_menus_close_by_escape_and_by_a_click_elsewhere(page, sign_in):
    sign_in(page, "admin@demo.test").goto("/settings/profile")
    who = page.locator(".rail > .popup > summary").last
    entry = page.locator(".rail").get_by_role("button", name="Sign out")
    who.click()
    expect(entry).to_be_visible()
    page.keyboard.press("Escape")
    expect(entry).not_to_be_visible()
    who.click()
    page.get_by_role("heading", level=1).click()
    expect(entry).not_to_be_visible()


def test_a_phone_has_a_bottom_bar_and_nothing_sticks_out(phone, sign_in, axe):
    sign_in(phone, "owner@demo.test")
    for address in PAGES:
        phone.goto(address)
        assert phone.evaluate("document.documentElement.scrollWidth") == 390
    phone.get_by_role("button", name="More", exact=True).click()
    expect(phone.get_by_role("button", name="Sign out").last).to_be_visible()
    axe(phone)


def test_administrators_add_change_and_remove_a_member(page, sign_in):
    sign_in(page, "owner@demo.test").goto("/settings/members")
    page.get_by_role("link", name="Add member").click()
    page.get_by_label("Name").fill("Wong Siu Ming")
    page.get_by_label("E-mail address").fill("siuming@demo.test")
    page.get_by_label("Salesperson").check()
    page.get_by_role("button", name="Add member").click()
    expect(page.get_by_role("status")).to_contain_text("Wong Siu Ming is in the team now")
    page.get_by_role("link", name="Wong Siu Ming").click()
    page.get_by_label("Sales manager").check()
    page.get_by_role("button", name="Change roles").click()
    row = page.get_by_role("row", name=re.compile("Wong Siu Ming"))
    expect(row).to_contain_text("Sales manager, Salesperson")
    page.get_by_role("link", name="Wong Siu Ming").click()
    page.get_by_role("button", name="Remove from the team").click()
    expect(row).to_contain_text("Past member")


def test_a_token_is_shown_once_and_ended(new_page, sign_in):
    page = sign_in(new_page(permissions=["clipboard-read", "clipboard-write"]), "admin@demo.test")
    page.goto("/settings/tokens")
    page.get_by_role("link", name="New token").first.click()
    page.locator("main input[type=password]").fill("demo-only")
    page.locator("main button[type=submit]").click()
    page.get_by_label("What is it for?").fill("Till")
    page.get_by_role("button", name="Make token").click()
    secret = page.locator("#secret").inner_text()
    page.get_by_role("button", name="Copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == secret
    page.get_by_role("link", name="Done").click()
    row = page.get_by_role("row", name=re.compile("Till"))
    expect(row).not_to_contain_text(secret)
    row.get_by_role("button", name="End").click()
    expect(row).to_contain_text("Ended")


def test_a_lost_server_is_said_in_a_toast(page, sign_in, errors):
    errors.forgive("ERR_FAILED|htmx:")
    sign_in(page, "sales@demo.test").goto("/settings/profile")
    page.route("**/nowhere", lambda route: route.abort())
    page.evaluate("htmx.ajax('GET', '/nowhere', '#main').catch(() => {})")
    expect(page.locator("[data-toast]")).to_contain_text("The server could not be reached")
    page.get_by_role("button", name="Close").click()
    expect(page.locator("[data-toast]")).to_have_count(0)
