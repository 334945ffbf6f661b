"""Verdicts of Meta: by webhook in any order and any number, by sync; told live and to the apps above."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from channels.adapters.base import TemplateChange
from templates_app.content import Content
from templates_app.hooks import hooks
from templates_app.lifecycle import Quality, Status
from templates_app.models import AccountSync, HistoryEntry, Template
from templates_app.submitting import submit
from templates_app.syncing import sync_due
from templates_app.verdicts import take_in
from tests.factories import TemplateFactory

from .conftest import WABA, reread, status_is, sync

NOW = timezone.now().replace(microsecond=0)


def change(template, at=NOW, **what):
    return TemplateChange(WABA, "id", at, {}, template.meta_id, template.name, template.language, **what)


@pytest.fixture
def template(account):
    return TemplateFactory(account=account, name="order_ready")


@pytest.fixture
def told(monkeypatch):
    """What the apps above were told."""
    heard = {"stopped": [], "moved": []}
    monkeypatch.setattr(hooks, "templates_stopped", lambda them: heard["stopped"].extend(them))
    monkeypatch.setattr(hooks, "templates_recategorised", lambda them: heard["moved"].extend(them))
    return heard


# --- Whole: from the sandbox through door and workers ---------------------------------------------------------


def test_a_template_is_approved_by_webhook(draft, admin, absorb):
    template = draft()
    submit(template, by=admin)
    absorb(status_is("APPROVED"))
    assert reread(template).status == Status.APPROVED
    assert reread(template).sendable


def test_a_rejection_says_why(draft, admin, absorb):
    template = draft("order_reject")
    submit(template, by=admin)
    absorb(status_is("REJECTED"))
    row = reread(template)
    assert (row.status, row.reason) == (Status.REJECTED, "INVALID_FORMAT")
    assert "Choose another name." in row.explanation
    entry = HistoryEntry.objects.filter(template=row, after="rejected").get()
    assert entry.reason == "INVALID_FORMAT"


def test_a_pause_stops_what_was_sendable(draft, admin, absorb, told):
    template = draft("order_pause")
    submit(template, by=admin)
    absorb(status_is("PAUSED"))
    assert (reread(template).status, reread(template).reason) == (Status.PAUSED, "FIRST_PAUSE")
    assert told["stopped"] == [template]


def test_every_webhook_may_come_again(draft, admin, absorb, meta):
    meta.post("/_sandbox/scenario", {"webhook_duplicates": 3, "webhook_shuffle": True})
    template = draft()
    submit(template, by=admin)
    absorb(lambda events: len(events) >= 4)
    assert reread(template).status == Status.APPROVED
    assert HistoryEntry.objects.filter(template=template, after="approved").count() == 1


def test_ratings_and_categories_come_too(draft, admin, absorb, steer, account):
    template = draft("order_pending")
    submit(template, by=admin)
    steer("order_pending", quality="RED")
    steer("order_pending", category="MARKETING", notice=True)
    absorb(lambda events: len(events) >= 2)
    row = reread(template)
    assert (row.quality, row.category, row.next_category) == (Quality.LOW, "UTILITY", "MARKETING")


# --- Order ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shuffled", [False, True])
def test_the_later_verdict_stands_in_whatever_order_they_come(account, template, shuffled):
    news = [
        change(template, NOW, status="PAUSED"),
        change(template, NOW + timedelta(seconds=9), status="APPROVED"),
        change(template, NOW + timedelta(seconds=4), quality="RED"),
    ]
    for one in reversed(news) if shuffled else news:
        assert take_in(account, one)
    assert (reread(template).status, reread(template).quality) == (Status.APPROVED, Quality.LOW)


def test_news_from_before_the_last_sync_is_left_alone(account, template):
    Template.objects.update(synced_at=NOW, status=Status.PAUSED)
    take_in(account, change(template, NOW - timedelta(hours=1), status="APPROVED"))
    assert reread(template).status == Status.PAUSED


def test_a_sync_asked_before_a_verdict_does_not_undo_it(account, template, steer, meta):
    """The page was asked for, then the webhook came, then the page was stored."""
    Template.objects.update(heard_at=timezone.now() + timedelta(minutes=1), status=Status.DISABLED)
    meta.post("/_sandbox/accounts", _described(template))
    sync(account)
    assert reread(template).status == Status.DISABLED


def test_the_same_verdict_again_changes_nothing(account, template, told):
    for second in range(3):
        take_in(account, change(template, NOW + timedelta(seconds=second), status="PAUSED"))
    assert HistoryEntry.objects.filter(template=template).count() == 1
    assert told["stopped"] == [template]


def test_another_price_is_told(account, template, told):
    take_in(account, change(template, category="MARKETING"))
    assert reread(template).category == "MARKETING"
    assert told["moved"] == [template]


@pytest.mark.parametrize(
    ("word", "status"),
    [("FLAGGED", "flagged"), ("REINSTATED", "approved"), ("UNPAUSED", "approved"), ("NEW_WORD", "unknown")],
)
def test_metas_words_become_ours(account, template, word, status):
    take_in(account, change(template, status=word))
    assert reread(template).status == status
    assert reread(template).sendable == (status in ("flagged", "approved"))


# --- Syncing --------------------------------------------------------------------------------------------------


def _described(*templates, count=0):
    from tests.sandbox.conftest import WHATSAPP

    rows = [
        {
            "id": one.meta_id,
            "name": one.name,
            "language": one.language,
            "status": "APPROVED",
            "category": one.category,
            "parameter_format": "NAMED",
            "components": one.components,
        }
        for one in templates
    ]
    many = [
        {
            "id": str(7000 + n),
            "name": f"number_{n:03}",
            "language": "en",
            "components": [{"type": "BODY", "text": "Hi"}],
        }
        for n in range(count)
    ]
    return WHATSAPP | {"templates": rows + many, "webhook_url": ""}


def test_all_pages_are_read(account, meta):
    meta.post("/_sandbox/accounts", _described(count=230))
    assert sync(account) == 1
    assert Template.objects.count() == 230
    row = AccountSync.objects.get()
    assert (row.seen, row.expected, row.error, row.leased_until) == (230, 230, "", None)
    assert sync_due() == 0  # not due again


def test_what_meta_no_longer_has_is_deleted(account, template, meta, told):
    sync(account)
    assert reread(template).status == Status.DELETED
    assert told["stopped"] == [template]


def test_a_failed_sync_deletes_nothing_and_is_tried_again(account, template, meta):
    meta.post("/_sandbox/scenario", {"error_rate": 1})
    assert sync(account) == 0
    assert reread(template).status == Status.APPROVED
    row = AccountSync.objects.get()
    assert row.error
    assert row.due_at > timezone.now()


def test_words_changed_in_whatsapp_manager_are_taken_over_and_noted(account, template, meta):
    meta.post("/_sandbox/accounts", _described(template))
    sync(account)
    other = [{"type": "BODY", "text": "Hello and welcome back"}]
    description = _described(template)
    description["templates"][0]["components"] = other
    meta.post("/_sandbox/accounts", description)
    sync(account)
    assert reread(template).content.body == "Hello and welcome back"
    assert HistoryEntry.objects.filter(template=template, kind="content").count() == 1


def test_a_webhook_about_a_template_we_do_not_know_asks_for_a_sync(account, template):
    assert not take_in(account, replace(change(template), name="other", template_id="77", status="APPROVED"))
    assert not take_in(account, change(template, content_changed=True))


def test_parts_we_do_not_write_are_shown_and_never_sent(account, meta):
    description = _described()
    description["templates"] = [
        {
            "id": "77",
            "name": "carousel",
            "language": "en",
            "components": [{"type": "BODY", "text": "Hi"}, {"type": "CAROUSEL", "cards": []}],
        },
        {"id": "78", "name": "strange", "language": "en", "components": [{"type": "BODY", "text": "Hi"}, {}]},
    ]
    meta.post("/_sandbox/accounts", description)
    sync(account)
    assert Template.objects.get(name="carousel").content == Content("Hi", named=False, foreign=("CAROUSEL",))
    assert Template.objects.get(name="strange").content.foreign
