"""Chat numbers, read generously; every fault is named by number with its reason (S3, D-1, D-5, D-20)."""

import pytest

from campaigns.audience import ChatNumbers
from campaigns.audience.base import MOST_NAMED
from campaigns.engine.prepare import prepare_campaigns
from campaigns.errors import EmptySelection, InvalidCampaign
from campaigns.models import Campaign
from campaigns.preflight import preflight
from campaigns.services import create_campaign
from tenants.errors import Invalid
from tenants.scopes import tenant_scope
from tests.campaigns.audience.conftest import contacts_of, recipients_of, saying
from tests.factories import ChannelFactory, ConversationFactory, MediaFactory


def examined(text, member):
    found = ChatNumbers(text).examine(member)
    return list(found.good), [(fault.entry, fault.code) for fault in found.faults]


@pytest.mark.requirement("D-20", "S3-9", "S3-10")
@pytest.mark.parametrize(
    "text",
    [
        "{a}, {b}",
        "{a},{b}",
        "{a}，{b}",
        "{a}、{b}",
        "{a};{b}",
        "{a}；{b}",
        " {a}\t{b} ",
        "{a}\r\n{b}\n",
        "#{a}, # {b}",
        "＃{a} ＃{b}",
        "№{a} № {b}",
        "{a}\u3000{b}",
        "\ufeff{a},\u200b{b}",
        ",,{a},,{b},",
        "0{a} {b}",
    ],
)
def test_numbers_are_read_however_they_are_written(chat, line, sales, text):
    first, second = chat(line), chat(line)
    written = text.format(a=first.number, b=second.number)
    full_width = written.translate({ord(str(digit)): chr(0xFF10 + digit) for digit in range(10)})
    for form in (written, full_width):
        assert examined(form, sales) == ([first.number, second.number], [])
    assert examined(str(first.number), sales) == ([first.number], [])


@pytest.mark.requirement("D-5")
def test_chats_in_any_state_the_member_may_see_are_taken(chat, line, sales, manager):
    mine = [chat(line, status=status) for status in ("pending", "in_progress", "ended")]
    nobodys, theirs = chat(line, assignee=None), chat(line, assignee=manager)
    text = ",".join(str(one.number) for one in [*mine, nobodys, theirs])
    good, faults = examined(text, sales)
    assert good == [one.number for one in [*mine, nobodys]]
    assert faults == [(str(theirs.number), "not_found")]
    assert examined(text, manager)[1] == []


def test_unseen_foreign_and_unknown_numbers_are_told_apart_from_no_others(
    chat, line, sales, manager, other_tenant
):
    theirs = chat(line, assignee=manager)
    with tenant_scope(other_tenant):
        foreign = ConversationFactory(number=70_001)
    faults = ChatNumbers(f"{theirs.number} {foreign.number} 80001").examine(sales).faults
    assert [fault.code for fault in faults] == ["not_found"] * 3
    assert len({fault.detail.replace(fault.entry, "N") for fault in faults}) == 1


@pytest.mark.requirement("S3-1", "S3-7")
def test_whatsapp_and_web_chats_are_refused_by_number(chat, line, whatsapp, sales):
    on_line, on_whatsapp = chat(line), chat(whatsapp)
    on_web = chat(ChannelFactory(kind="web"))
    good, faults = examined(f"{on_line.number},{on_whatsapp.number},{on_web.number}", sales)
    assert good == [on_line.number]
    assert faults == [(str(on_whatsapp.number), "whatsapp"), (str(on_web.number), "not_sendable")]


def test_repeated_numbers_and_two_of_one_customer_are_named(chat, line, sales):
    first = chat(line, status="ended")
    second = chat(line, contact=first.contact)
    text = f"{first.number} {first.number} {second.number}"
    found = ChatNumbers(text).examine(sales)
    assert found.good == (first.number,)
    assert [(fault.entry, fault.code) for fault in found.faults] == [
        (str(first.number), "repeated"),
        (str(second.number), "same_customer"),
    ]
    assert f"#{first.number}" in found.faults[1].detail


@pytest.mark.parametrize("rubbish", ["x9", "12.5", "-3", "0", "1e3", "9" * 19, "١٢abc", "{{ name }}", "<b>"])
def test_rubbish_is_named_as_it_was_typed(line, sales, rubbish):
    good, faults = examined(rubbish, sales)
    assert good == []
    assert faults
    assert {code for _entry, code in faults} == {"not_a_number"}
    assert faults[0][0] in rubbish


@pytest.mark.requirement("S3-17")
def test_nothing_is_sent_until_the_list_is_clean(chat, line, sales):
    one, other = chat(line), chat(line, status="ended")
    faulty = ChatNumbers(f"{one.number}, x, {other.number}")
    with pytest.raises(Invalid) as refused:
        create_campaign(sales, saying(faulty))
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [
        ("audience.chat_numbers", "not_a_number")
    ]
    assert not Campaign.objects.exists()
    clean = faulty.without_faulty(sales)
    assert clean.text == f"{one.number}, {other.number}"
    campaign = create_campaign(sales, saying(clean))
    prepare_campaigns()
    rows = recipients_of(campaign).values_list("conversation", "reason").order_by("conversation")
    assert list(rows) == [(one.pk, ""), (other.pk, "")]


@pytest.mark.requirement("S3-6")
def test_only_texts_are_sent_by_chat_number(chat, line, sales):
    numbers = ChatNumbers(str(chat(line).number))
    picture = {"kind": "image", "media": MediaFactory().key}
    draft = type(saying(numbers)).from_dict({"audience": numbers.to_dict(), "parts": [picture]})
    with pytest.raises(InvalidCampaign) as refused:
        preflight(sales, draft)
    assert refused.value.errors[0]["code"] == "text_only"


def test_an_empty_list_chooses_nobody(line, sales):
    with pytest.raises(EmptySelection):
        contacts_of(ChatNumbers(" ,, "), sales)


@pytest.mark.parametrize("value", [12, None, ["12"], {"text": "12"}, "1" * 400_001])
def test_what_is_no_list_of_numbers_is_refused(value):
    with pytest.raises(Invalid):
        ChatNumbers.read(value)


def test_ten_thousand_entries_are_judged_by_one_query(chat, line, sales, django_assert_num_queries):
    good = [chat(line).number for _ in range(3)]
    text = ", ".join(map(str, [*good, *range(1_000_000, 1_005_000), *("x",) * 5_000]))
    with django_assert_num_queries(1):
        found = ChatNumbers(text).examine(sales)
    assert (len(found.good), len(found.faults)) == (3, 10_000)


def test_too_many_entries_are_one_fault(line, sales, django_assert_num_queries):
    with django_assert_num_queries(0):
        found = ChatNumbers("1 " * (MOST_NAMED + 1)).examine(sales)
    assert [fault.code for fault in found.faults] == ["too_many"]
