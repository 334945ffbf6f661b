from __future__ import annotations

import pytest

from conversations.models import SavedReply
from conversations.saved_replies import (
    Draft,
    change_saved_reply,
    create_saved_reply,
    delete_saved_reply,
)
from tenants.errors import Invalid, NotAllowed
from tenants.models import AuditEntry

HOURS = Draft("Opening hours", "/Hours", "Hello {{ name|there }}, we are open from 11 to 9.")


def codes(error):
    return [(fault["field"], fault["code"]) for fault in error.value.errors]


def test_one_of_ones_own_is_seen_by_nobody_else(mei, ken, boss):
    reply = create_saved_reply(mei, HOURS)
    assert (reply.owner, reply.shortcut) == (mei, "hours")
    assert list(SavedReply.objects.visible_to(mei)) == [reply]
    assert not SavedReply.objects.visible_to(ken).exists()
    for other in (ken, boss):
        with pytest.raises(NotAllowed):
            change_saved_reply(reply, other, HOURS)
        with pytest.raises(NotAllowed):
            delete_saved_reply(reply, other)


def test_the_teams_is_everybodys_and_kept_by_those_who_lead(mei, ken, boss):
    with pytest.raises(NotAllowed):
        create_saved_reply(mei, Draft("Hours", text="11 to 9", team=True))
    reply = create_saved_reply(boss, Draft("Hours", text="11 to 9", team=True))
    assert list(SavedReply.objects.visible_to(ken)) == [reply]
    with pytest.raises(NotAllowed):
        change_saved_reply(reply, mei, Draft("Hours", text="never"))
    change_saved_reply(reply, boss, Draft("Hours", text="10 to 9", team=True))
    reply.refresh_from_db()
    assert reply.text == "10 to 9"


@pytest.mark.parametrize(
    ("draft", "faults"),
    [
        (Draft(" ", text="x"), [("title", "required")]),
        (Draft("Nothing in it"), [("text", "required")]),
        (Draft("Long", text="x" * 5001), [("text", "too_long")]),
        (Draft("Odd", "two words", "x"), [("shortcut", "invalid")]),
        (Draft("Odd", text="Hi {{ surname }}"), [("text", "unknown_variable")]),
    ],
)
def test_faults_are_named_and_nothing_is_kept(mei, draft, faults):
    with pytest.raises(Invalid) as error:
        create_saved_reply(mei, draft)
    assert codes(error) == faults
    assert not SavedReply.objects.exists()


def test_a_shortcut_stands_for_one_of_mine_and_one_of_the_teams(mei, ken, boss):
    create_saved_reply(mei, HOURS)
    with pytest.raises(Invalid) as error:
        create_saved_reply(mei, Draft("Again", "ＨＯＵＲＳ", "x"))
    assert codes(error) == [("shortcut", "taken")]
    create_saved_reply(ken, HOURS)
    create_saved_reply(boss, Draft("Hours", "hours", "x", team=True))


def test_search_looks_at_shortcut_title_and_text(mei):
    hours = create_saved_reply(mei, HOURS)
    way = create_saved_reply(mei, Draft("門市位置", "way", "我們在中山路 12 號"))
    for words, found in (("/hou", [hours]), ("位置", [way]), ("中山", [way]), ("open from", [hours])):
        assert list(SavedReply.objects.matching(words)) == found


def test_every_change_is_in_the_audit_log(mei):
    reply = create_saved_reply(mei, HOURS)
    change_saved_reply(reply, mei, Draft("When", text="11 to 9"))
    delete_saved_reply(reply, mei)
    entries = AuditEntry.objects.filter(subject_kind="savedreply").order_by("pk")
    assert [(entry.action, entry.details["title"]) for entry in entries] == [
        ("saved_reply.created", "Opening hours"),
        ("saved_reply.changed", "When"),
        ("saved_reply.deleted", "When"),
    ]
