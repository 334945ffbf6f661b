"""What is asked of Meta, against the sandbox: taken, refused, lost on the way; nothing is ever half booked."""

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from channels.media import store_upload
from templates_app import errors
from templates_app.content import Button, ButtonKind, Content, Header, HeaderKind
from templates_app.hooks import hooks
from templates_app.lifecycle import Status
from templates_app.models import HistoryEntry, Template
from templates_app.services import create_draft, save_edit
from templates_app.submitting import delete, submit
from tenants.errors import NotAllowed
from tenants.models import AuditEntry
from tests.channels.media.samples import picture
from tests.factories import MemberFactory

from .conftest import GOOD, WABA, reread, sync

OTHER = Content(body="Good day {{first_name}}, your parcel is here.", body_examples={"first_name": "Mei"})


def history(template):
    entries = HistoryEntry.objects.filter(template=template).order_by("pk")
    return [(entry.kind, entry.after) for entry in entries]


@pytest.mark.requirement("S0-12", "S2-35")
def test_a_submitted_template_is_at_meta_and_in_review(draft, admin, at_meta):
    template = draft("order_pending")
    assert submit(template, by=admin)
    assert (template.status, template.edited) == (Status.PENDING, None)
    found = at_meta("order_pending")
    assert (found["id"], found["status"]) == (template.meta_id, "PENDING")
    assert found["components"] == template.components
    assert history(template) == [("created", ""), ("submitted", ""), ("status", "pending")]
    assert AuditEntry.objects.filter(action="template.submitted", subject_id=template.pk).exists()


def test_what_breaks_a_rule_is_not_sent(draft, admin, meta):
    template = draft(content=Content(body="{{first_name}}, hello"))
    with pytest.raises(errors.InvalidTemplate) as refused:
        submit(template, by=admin)
    assert {one["field"] for one in refused.value.errors} == {"body", "body.examples.first_name"}
    assert meta.get("/_sandbox/summary").json()["requests"] == 0
    assert reread(template).status == Status.DRAFT


def test_meta_may_give_another_category(draft, admin, at_meta):
    template = draft("sale_pending", content=Content(body="Our autumn sale begins on Friday morning."))
    submit(template, by=admin)
    assert template.category == "MARKETING"
    assert ("category", "MARKETING") in history(template)


def test_metas_refusal_is_told_and_the_draft_stays(draft, admin, meta, at_meta):
    meta.post(
        f"/v25.0/{WABA}/message_templates",
        {
            "name": "order_ready",
            "language": "en",
            "category": "UTILITY",
            "components": [{"type": "BODY", "text": "Hi all"}],
        },
        token="whatsapp-token",
    )
    template = draft()
    with pytest.raises(errors.RefusedByMeta, match="already has a template of this name"):
        submit(template, by=admin)
    assert reread(template).status == Status.DRAFT
    assert reread(template).edited is not None


@pytest.mark.parametrize(
    ("scenario", "error"),
    [({"throttle_rate": 1}, errors.RefusedByMeta), ({"token_revoked": True}, errors.RefusedByMeta)],
)
def test_where_meta_did_nothing_the_draft_stays(draft, admin, meta, at_meta, scenario, error):
    template = draft()
    meta.post("/_sandbox/scenario", scenario)
    with pytest.raises(error):
        submit(template, by=admin)
    assert reread(template).status == Status.DRAFT


def test_without_a_number_nothing_is_asked(draft, admin, meta, number):
    template = draft()
    number.enabled = False
    number.save()
    with pytest.raises(errors.NoUsableNumber):
        submit(template, by=admin)
    assert reread(template).status == Status.DRAFT


@pytest.mark.parametrize(("accepted", "ends"), [(1, Status.PENDING), (0, Status.DRAFT)])
@pytest.mark.parametrize("fault", ["cut_rate", "error_rate"])
def test_a_lost_answer_is_settled_by_the_next_sync(draft, admin, account, meta, fault, accepted, ends):
    template = draft("order_pending")
    meta.post("/_sandbox/scenario", {fault: 1, "accepted_share": accepted})
    assert not submit(template, by=admin)
    assert reread(template).status == Status.UNCONFIRMED
    meta.post("/_sandbox/scenario", {fault: 0})
    assert sync(account) == 1
    settled = reread(template)
    assert settled.status == ends
    assert bool(settled.meta_id) == (ends == Status.PENDING)
    assert settled.written.words == GOOD


def test_a_draft_that_is_being_submitted_is_not_submitted_twice(draft, admin, meta, at_meta):
    template, again = draft("order_pending"), Template.objects.get(name="order_pending")
    submit(template, by=admin)
    with pytest.raises(errors.DomainError):
        submit(again, by=admin)
    assert reread(template).status == Status.PENDING


def test_the_example_of_a_header_is_uploaded(shop, account, admin, meta, at_meta):
    media = store_upload(ContentFile(picture(size=(300, 200)), "lamp.jpg"), by=admin)
    content = Content(body="Hello and welcome", header=Header(HeaderKind.IMAGE))
    template = create_draft(
        account,
        by=admin,
        name="lamp_pending",
        language="en",
        category="MARKETING",
        content=content,
        header_media=media,
    )
    submit(template, by=admin)
    assert template.content.header.handle.startswith("4:")
    (shown,) = (one for one in at_meta("lamp_pending")["components"] if one["type"] == "HEADER")
    assert shown["example"]["header_handle"][0].startswith("https://")


# --- Editing --------------------------------------------------------------------------------------------------


@pytest.fixture
def approved(draft, admin, steer, account):
    template = draft("order_pending")
    submit(template, by=admin)
    steer("order_pending", event="APPROVED")
    sync(account)
    return reread(template)


def test_an_edit_is_reviewed_again(approved, admin, at_meta):
    save_edit(approved, by=admin, category="UTILITY", content=OTHER)
    assert approved.content.words == GOOD  # what is sent until it is submitted
    assert submit(approved, by=admin)
    assert approved.content.words == OTHER
    assert approved.status == Status.PENDING
    assert at_meta("order_pending")["components"][0]["text"] == OTHER.body


def test_an_approved_template_is_edited_once_a_day(approved, admin, steer, account):
    save_edit(approved, by=admin, category="UTILITY", content=OTHER)
    submit(approved, by=admin)
    steer("order_pending", event="APPROVED")
    sync(account)
    again = reread(approved)
    save_edit(again, by=admin, category="UTILITY", content=GOOD)
    with pytest.raises(errors.EditTooSoon):
        submit(again, by=admin)
    assert reread(approved).edited is not None


def test_the_category_of_an_approved_template_stays(approved, admin):
    save_edit(approved, by=admin, category="MARKETING", content=OTHER)
    assert approved.written_category == "UTILITY"


@pytest.mark.parametrize(("accepted", "pending"), [(1, False), (0, True)])
def test_a_lost_edit_stays_written_until_meta_has_it(approved, admin, account, meta, accepted, pending):
    save_edit(approved, by=admin, category="UTILITY", content=OTHER)
    meta.post("/_sandbox/scenario", {"cut_rate": 1, "accepted_share": accepted})
    assert not submit(approved, by=admin)
    meta.post("/_sandbox/scenario", {"cut_rate": 0})
    sync(account)
    settled = reread(approved)
    assert (settled.edited is not None) == pending
    assert settled.content.words == (GOOD if pending else OTHER)


@pytest.mark.parametrize("status", [Status.PENDING, Status.DISABLED, Status.IN_APPEAL, Status.UNKNOWN])
def test_in_other_states_nothing_can_be_edited(approved, admin, status):
    Template.objects.filter(pk=approved.pk).update(status=status)
    with pytest.raises(errors.NotEditable):
        save_edit(approved, by=admin, category="UTILITY", content=OTHER)


# --- Deleting -------------------------------------------------------------------------------------------------


@pytest.fixture
def stopped(monkeypatch):
    """The names of templates that others were told to stop with."""
    told = []
    monkeypatch.setattr(
        hooks, "templates_stopped", lambda templates: told.extend(one.name for one in templates)
    )
    return told


def test_a_deleted_template_is_gone_and_its_name_rests(approved, draft, admin, at_meta, stopped):
    assert delete(approved, by=admin)
    assert at_meta("order_pending") is None
    assert reread(approved).status == Status.DELETED
    assert stopped == ["order_pending"]
    with pytest.raises(errors.NameRests):
        draft("order_pending")
    assert draft("order_pending", "zh_TW").language == "zh_TW"


def test_a_lost_deletion_is_settled_by_the_next_sync(approved, admin, account, meta, at_meta, stopped):
    meta.post("/_sandbox/scenario", {"cut_rate": 1, "accepted_share": 1})
    assert not delete(approved, by=admin)
    assert reread(approved).status == Status.APPROVED
    meta.post("/_sandbox/scenario", {"cut_rate": 0})
    sync(account)
    assert reread(approved).status == Status.DELETED
    assert stopped == ["order_pending"]


def test_what_is_gone_at_meta_already_counts_as_deleted(approved, admin, meta):
    meta.call("DELETE", f"/v25.0/{WABA}/message_templates?name=order_pending", token="whatsapp-token")
    assert delete(approved, by=admin)
    assert reread(approved).status == Status.DELETED


def test_a_draft_is_thrown_away_without_asking_anybody(draft, admin, meta):
    template = draft()
    assert delete(template, by=admin)
    assert not Template.objects.filter(pk=template.pk).exists()
    assert meta.get("/_sandbox/summary").json()["requests"] == 0


def test_a_disabled_template_stays(approved, admin):
    Template.objects.filter(pk=approved.pk).update(status=Status.DISABLED)
    with pytest.raises(errors.NotDeletable):
        delete(reread(approved), by=admin)


@pytest.mark.parametrize("role", ["sales_manager", "salesperson"])
def test_salespeople_manage_no_templates(draft, account, role):
    member, template = MemberFactory(roles=[role]), draft()
    for act in (
        lambda: submit(template, by=member),
        lambda: delete(template, by=member),
        lambda: save_edit(template, by=member, category="UTILITY", content=OTHER),
        lambda: create_draft(account, by=member, name="x", language="en", category="UTILITY"),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert timezone.now() > reread(template).created_at


def test_every_button_meta_takes_is_taken_by_it(draft, admin, at_meta):
    them = (
        Button(ButtonKind.QUICK_REPLY, "Yes"),
        Button(ButtonKind.URL, "Shop", url="https://shop.example/{{1}}", example="mei"),
        Button(ButtonKind.PHONE, "Call", phone="+85227718800"),
        Button(ButtonKind.COPY_CODE, example="LUMI10"),
    )
    content = Content(body="Hello and welcome", buttons=them, header=Header(HeaderKind.LOCATION))
    template = draft("buttons_pending", content=content)
    submit(template, by=admin)
    assert at_meta("buttons_pending")["components"] == template.components
