import csv
import io

import pytest
from django.utils import timezone
from openpyxl import load_workbook

from campaigns.models import Counter, PartState, State
from tenants.models import AuditEntry
from tenants.scopes import tenant_scope
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    ContactFactory,
    PartFactory,
    RecipientFactory,
)


@pytest.fixture
def campaign(sales, line):
    made = CampaignFactory(created_by=sales, status="completed")
    whatsapp = ChannelFactory(kind="whatsapp", name="Shop WhatsApp")
    for name, state, reason, code in (
        ("=cmd|' /C calc'!A0", State.ACCEPTED, "", ""),
        ("王小美", State.FAILED, "undeliverable", "131026"),
        ("Ada", State.FAILED, "undeliverable", "131026"),
    ):
        contact = ContactFactory(channel=whatsapp, customer__name=name)
        RecipientFactory(
            campaign=made, channel=whatsapp, contact=contact, state=state, reason=reason, provider_code=code
        )
    Counter.objects.create(tenant=made.tenant, campaign=made, channel=whatsapp, accepted=1, failed=2)
    return made


def content(answer):
    return b"".join(answer.streaming_content)


def rows(answer):
    return list(csv.DictReader(io.StringIO(content(answer).decode("utf-8-sig"))))


def test_the_file_has_everybody_with_outcome_and_reason(browser, campaign):
    answer = browser.get(f"/campaigns/{campaign.number}/people.csv")
    assert answer["Content-Disposition"] == f'attachment; filename="broadcast-{campaign.number}.csv"'
    found = rows(answer)
    assert [row["Customer"] for row in found] == ["'=cmd|' /C calc'!A0", "王小美", "Ada"]
    assert found[1]["Reason"].startswith("Message Undeliverable")
    assert (found[1]["Outcome"], found[1]["Provider's code"]) == ("failed", "131026")


def test_it_has_what_the_table_shows(browser, campaign):
    assert [
        row["Customer"]
        for row in rows(browser.get(f"/campaigns/{campaign.number}/people.csv?state=failed&q=Ada"))
    ] == ["Ada"]
    page = browser.get(f"/campaigns/{campaign.number}/?state=failed&q=Ada").content.decode()
    assert "people.xlsx?state=failed&amp;q=Ada" in page


def test_a_workbook_opens(browser, campaign):
    answer = browser.get(f"/campaigns/{campaign.number}/people.xlsx")
    sheet = load_workbook(io.BytesIO(content(answer))).active
    assert sheet.max_row == 4
    assert sheet.cell(3, 1).value == "王小美"


def test_who_took_it_stands_in_the_audit_log(browser, campaign, sales):
    content(browser.get(f"/campaigns/{campaign.number}/people.csv?state=failed"))
    entry = AuditEntry.objects.get(action="campaign.exported")
    assert (entry.member, entry.details) == (sales, {"form": "csv", "rows": 2, "state": "failed"})


@pytest.mark.requirement("B-27")
def test_the_evidence_has_every_message_with_its_cost_and_entry(browser, sales, line, tenant):
    made = CampaignFactory(created_by=sales, status="completed", currency="USD")
    for position, text in enumerate(("Hello", "Bye")):
        PartFactory(campaign=made, position=position, text=text)
    at = timezone.now()
    whatsapp = ChannelFactory(kind="whatsapp", name="Shop WhatsApp")
    for name, charges, entries in (("Ada", [11_300, None], [7, 0]), ("王小美", [0, -11_300], [8, 9])):
        RecipientFactory(
            campaign=made,
            contact=ContactFactory(channel=whatsapp, customer__name=name),
            state=State.ACCEPTED,
            part_states=[PartState.ACCEPTED, PartState.ACCEPTED],
            provider_ids=["wamid.1", "wamid.2"],
            prices=[11_300, 11_300],
            charges=charges,
            entries=entries,
            delivered_at=[at, None],
        )
    found = rows(browser.get(f"/campaigns/{made.number}/evidence.csv"))
    told = [
        (
            row["Customer"],
            row["Message"],
            row["What"],
            row["Cost (USD)"],
            row["What became of it"],
            row["Entry in the ledger"],
        )
        for row in found
    ]
    assert told == [
        ("Ada", "1", "Hello", "0.011300", "spent", "7"),
        ("Ada", "2", "Bye", "0.000000", "on hold", ""),
        ("王小美", "1", "Hello", "0.000000", "given back", "8"),
        ("王小美", "2", "Bye", "0.000000", "borne by the platform", "9"),
    ]
    assert [bool(row[next(key for key in row if key.startswith("Delivered"))]) for row in found] == [
        True,
        False,
        True,
        False,
    ]
    with tenant_scope(tenant):
        assert AuditEntry.objects.get(action="campaign.exported").details["evidence"] is True
