"""The credit page, its filter and files, and the statement of a month."""

import pytest
from django.utils import timezone

from billing.models import Entry, Method
from billing.money import minor_units
from billing.services import reserve, settle
from billing.topups import confirm, start_top_up
from conversations.charges import subject_of
from tenants.models import AuditEntry
from tenants.scopes import tenant_scope
from tests.factories import CampaignFactory, MessageFactory, PartFactory, TemplateFactory

pytestmark = pytest.mark.django_db
UNIT = 1_000_000


@pytest.fixture
def spent(tenant, owner):
    """Paid in 20, held 8 for a broadcast and spent 3 of it; the campaign."""
    with tenant_scope(tenant):
        top_up = start_top_up(owner, amount=20 * UNIT, currency="USD")
        confirm(top_up, payment="pi_1", total=minor_units(20 * UNIT, "USD"), currency="USD")
        campaign = CampaignFactory(created_by=owner)
        subject = f"campaign:{campaign.number}"
        reserve(tenant, key=f"reserve:{subject}", subject=subject, amount=8 * UNIT, currency="USD")
        settle(tenant, key="a", subject=subject, captured=3 * UNIT)
    return campaign


@pytest.fixture
def see(client):
    def get(member, path="/credit/"):
        client.force_login(member.user)
        return client.get(path)

    return get


def test_an_empty_page_says_what_to_do(see, owner, manager):
    assert "Top up once" in see(owner).content.decode()
    page = see(manager).content.decode()
    assert f"Only the owner of your team can top up: {owner.name}." in page
    assert "bars-day" not in page


def test_movements_are_filtered_and_keep_their_balances(see, manager, spent):
    page = see(manager, f"/credit/?kind=capture&campaign={spent.number}&month={timezone.localdate():%Y-%m}")
    (row,) = page.context["rows"]
    assert (row.line.kind, row.line.after, row.about) == ("capture", 12 * UNIT, f"Broadcast №{spent.number}")
    assert see(manager, "/credit/?month=1999-01").context["rows"] == []
    assert len(see(manager, "/credit/?month=x&kind=y&campaign=z").context["rows"]) == 3


def test_the_chart_says_what_was_spent_on_what(see, manager, spent):
    chart = see(manager).context["chart"]
    assert [(one.name, one.amount) for one in chart.legend] == [("service", "3.0000 USD")]
    assert [bar.words for bar in chart.bars if bar.pieces] == ["3.0000 USD"]
    assert len(chart.bars) == 30


def test_a_broadcast_of_a_template_counts_as_its_category(see, manager, spent, tenant):
    with tenant_scope(tenant):
        template = TemplateFactory(category="MARKETING")
        spent.parts.all().delete()
        PartFactory(campaign=spent, kind="template", template=template)
    assert [one.name for one in see(manager).context["chart"].legend] == ["marketing"]


def test_a_template_sent_by_itself_counts_as_its_category(see, manager, spent, tenant):
    """Beside an answer of the same day, one template that is billed above what was held, and one that costs nothing."""
    with tenant_scope(tenant):
        at, template = timezone.now(), TemplateFactory(category="MARKETING")
        subject = subject_of(at)
        reserve(tenant, key="reserve:replies", subject=subject, amount=5 * UNIT, currency="USD")
        settle(tenant, key="b", subject=subject, captured=5 * UNIT)
        entry = Entry.objects.latest("pk").pk
        priced = {"direction": "out", "at": at, "price": 2 * UNIT, "category": "marketing", "entry": entry}
        MessageFactory(template=template, charge=3 * UNIT, **priced)
        MessageFactory(template=template, charge=0, **priced)
        MessageFactory(charge=2 * UNIT, **priced | {"category": "service"})
    legend = see(manager).context["chart"].legend
    assert [(one.name, one.amount) for one in legend] == [
        ("marketing", "2.0000 USD"),
        ("service", "6.0000 USD"),
    ]
    assert see(manager, "/credit/month/").context["categories"] == [
        ("Marketing templates", "2.0000 USD"),
        ("Messages without a template", "6.0000 USD"),
    ]


def test_announced_transfers_are_shown_until_they_arrive(see, manager, owner, tenant):
    with tenant_scope(tenant):
        top_up = start_top_up(owner, amount=50 * UNIT, currency="USD", method=Method.TRANSFER)
        reference = top_up.reference
    assert reference in see(manager).content.decode()
    with tenant_scope(tenant):
        confirm(top_up, payment="", total=minor_units(50 * UNIT, "USD"), currency="USD")
    assert reference not in see(manager).content.decode()


def test_the_file_holds_what_is_shown_with_every_decimal(see, manager, spent, tenant):
    answer = see(manager, "/credit/statement.csv?kind=capture")
    _head, row = b"".join(answer.streaming_content).decode("utf-8-sig").splitlines()
    assert row.split(",")[1:] == ["Spent", f"Broadcast №{spent.number}", "0.000000", "-3.000000", "12.000000"]
    with tenant_scope(tenant):
        assert AuditEntry.objects.get(action="credit.exported").details["kind"] == "capture"


def test_a_month_is_told_on_one_page(see, manager, spent):
    page = see(manager, "/credit/month/")
    assert (page.context["statement"].closing, page.context["spent"]) == (12 * UNIT, "3.0000 USD")
    assert page.context["categories"] == [("Messages without a template", "3.0000 USD")]
    assert see(manager, "/credit/month/?month=1999-01").status_code == 404
    assert see(manager, "/credit/month/?month=nonsense").status_code == 404


def test_the_owner_sets_an_alert_and_everybody_who_may_see_it_is_warned(
    client, owner, admin, sales, see, spent
):
    client.force_login(owner.user)
    assert client.post("/credit/alert/", {"level": "a lot"}).status_code == 422
    assert client.post("/credit/alert/", {"level": "13"}).status_code == 302
    assert "Owner is told below 13.00 USD" in see(admin).content.decode()
    warned = see(admin, "/settings/profile").content.decode()
    assert "12.00 USD of WhatsApp credit left, below 13.00 USD" in warned
    assert 'href="/credit/top-up/"' not in warned
    assert 'href="/credit/top-up/"' in see(owner, "/settings/profile").content.decode()
    assert "WhatsApp credit" not in see(sales, "/settings/profile").content.decode()
    client.force_login(owner.user)
    client.post("/credit/alert/", {"level": ""})
    assert "credit left, below" not in see(admin, "/settings/profile").content.decode()
