"""The page of the shopping-link report, its files and its API, over broadcasts as they stand in the database."""

import csv
import io
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Click, Counter, Link
from tenants.models import AuditEntry
from tenants.roles import Role
from tenants.scopes import tenant_scope
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    MemberFactory,
    MessageFactory,
    PartFactory,
    RecipientFactory,
)
from tests.workspace.api.conftest import api  # noqa: F401  (fixture)

pytestmark = pytest.mark.django_db
SHOP = "https://www.shop.example/coat"


@pytest.fixture
def broadcast(tenant, sales):
    """Today's, by the salesperson: a text with an official link and another, to ten people; two tapped."""
    with tenant_scope(tenant):
        now = timezone.now()
        ended = {"started_at": now, "finished_at": now, "counted_at": now, "status": "completed"}
        campaign = CampaignFactory(created_by=sales, **ended)
        PartFactory(campaign=campaign, text=f"=cmd {SHOP}")
        channel = ChannelFactory(kind="line")
        counted = {"messages": [10], "accepted": 10, "clicked": 2, "interacted": 2}
        Counter.objects.create(tenant=tenant, campaign=campaign, channel=channel, **counted)
        of = {"tenant": tenant, "campaign": campaign, "part": 0}
        official = Link.objects.create(place=0, start=5, url=SHOP, official=True, **of)
        Link.objects.create(place=1, start=50, url="https://blog.example/", official=False, **of)
        for times in (1, 3):
            person = RecipientFactory(campaign=campaign, channel=channel)
            tapped = {"first_at": now, "last_at": now, "times": times, "robots": 1}
            Click.objects.create(
                tenant=tenant, link=official, recipient=person, contact=person.contact, **tapped
            )
        MessageFactory(direction="out", author="member", member=sales, status="read")
    return campaign


@pytest.fixture
def see(client):
    def get(member, query="", path="/reports/links/"):
        client.force_login(member.user)
        return client.get(path + query)

    return get


def overview(page):
    return {tile.name: (tile.count, [line.count for line in tile.lines]) for tile in page.context["tiles"]}


@pytest.mark.requirement("S1-22")
def test_both_figures_stand_in_the_overview(see, sales, broadcast):
    page = see(sales)
    assert overview(page) == {"messages": (11, [10, 1]), "links": (20, [10, 10]), "taps": (2, [4, 2])}
    assert page.content.decode().index('aria-label="Overview"') < page.content.decode().index("table-title")


@pytest.mark.requirement("S1-23")
def test_it_is_found_under_reports(see, sales):
    page = see(sales, path="/campaigns/").content.decode()
    assert 'href="/reports/links/" title="Reports"' in page


def test_an_empty_report_says_what_would_stand_there(see, sales):
    page = see(sales)
    assert overview(page) == {"messages": (0, [0, 0]), "links": (0, [0, 0]), "taps": (0, [0, 0])}
    text = page.content.decode()
    assert "Nothing in this period" in text
    assert "bars-day" not in text


def test_the_rows_are_broadcasts_members_or_addresses(see, sales, broadcast):
    def rows(by):
        return [(row.title, row.numbers) for row in see(sales, f"?by={by}").context["rows"]]

    assert rows("broadcast") == [(f"=cmd {SHOP}", (10, 10, 10, 2, 4))]
    assert rows("member") == [(sales.name, (10, 1, 10, 10, 2, 4))]
    assert rows("address") == [(SHOP, (1, 10, 2, 4)), ("https://blog.example/", (1, 10, 0, 0))]
    assert rows("nonsense") == rows("broadcast")


def test_charts_have_a_bar_for_each_day(see, sales, broadcast):
    context = see(sales).context
    for name, total in (("message", "11"), ("link", "20")):
        assert len(context[f"{name}_chart"].bars) == 30
        assert [bar.words for bar in context[f"{name}_chart"].bars if bar.pieces] == [total]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?from=2026-13-01", "That is no day."),
        ("?to=yesterday", "That is no day."),
        ("?from=2000-01-01&to=2999-12-31", "A report covers 366 days at most."),
        ("?to=0001-01-02", "That is no day."),
        ("?from=0001-01-01&to=0001-01-01", "Choose days between the years 2000 and 2999."),
        ("?from=9999-12-31&to=9999-12-31", "Choose days between the years 2000 and 2999."),
        ("?from=2026-11-02&to=2026-11-01", "The first day lies after the last one."),
    ],
)
def test_a_period_that_cannot_be_is_said_and_the_usual_one_shown(see, sales, broadcast, query, said):
    page = see(sales, query)
    assert page.status_code == 422
    assert page.context["asked"].fault.startswith(said)
    assert overview(page)["messages"] == (11, [10, 1])


def test_the_fault_is_in_the_reader_s_language(see, sales):
    sales.user.language = "zh-hant"
    sales.user.save()
    assert "這不是日期" in see(sales, "?from=x").content.decode()


def test_a_period_is_chosen_by_its_days(see, sales, broadcast):
    today = timezone.localdate(timezone=broadcast.tenant.zone)
    assert overview(see(sales, f"?from={today}&to={today}"))["messages"] == (11, [10, 1])
    before = today - timedelta(days=1)
    assert overview(see(sales, f"?from={before}&to={before}"))["messages"] == (0, [0, 0])
    (chosen,) = [one for one in see(sales).context["shortcuts"] if one.chosen]
    assert chosen.label == "30 days"


def test_nobody_sees_what_others_sent(see, broadcast, other_tenant):
    with tenant_scope(broadcast.tenant):
        colleague = MemberFactory(roles=[Role.SALESPERSON.value])
    assert overview(see(colleague))["messages"] == (0, [0, 0])
    with tenant_scope(other_tenant):
        stranger = MemberFactory(tenant=other_tenant, roles=[Role.OWNER.value])
    assert overview(see(stranger))["messages"] == (0, [0, 0])


def test_a_file_holds_the_rows_and_is_on_record(see, sales, broadcast):
    answer = see(sales, "?by=broadcast", path="/reports/links.csv")
    head, row = csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")))
    assert head[0] == "Broadcast"
    assert row[0] == f"'=cmd {SHOP}"
    assert row[4:] == ["10", "10", "10", "2", "4"]
    answer = see(sales, "?by=address", path="/reports/links.xlsx")
    assert b"".join(answer.streaming_content)[:2] == b"PK"
    with tenant_scope(broadcast.tenant):
        kept = AuditEntry.objects.filter(action="report.exported")
        assert [entry.details["form"] for entry in kept.order_by("pk")] == ["csv", "xlsx"]


@pytest.mark.requirement("S1-22")
def test_other_programs_get_the_same(api, sales, broadcast):  # noqa: F811
    answer = api(sales).get("reports/links").json()
    today = f"{timezone.localdate(timezone=broadcast.tenant.zone):%Y-%m-%d}"
    sums = {
        "total_messages": {"total": 11, "broadcasts": 10, "replies": 1},
        "shopping_links": {"total": 20, "official": 10, "other": 10},
        "clicks": {"people": 2, "taps": 4, "robots": 2},
    }
    assert answer["overview"] == sums
    assert answer["days"][-1] == {"day": today} | sums
    assert len(answer["days"]) == 30
    assert answer["members"] == [{"member": sales.pk, "name": sales.name} | sums]
    assert [row["campaign"] for row in answer["campaigns"]] == [broadcast.number]
    assert answer["addresses"][0] == {
        "url": SHOP,
        "official": True,
        "broadcasts": 1,
        "sent": 10,
        "people": 2,
        "taps": 4,
    }
    wrong = api(sales).get("reports/links", {"from": "soon"})
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid")
