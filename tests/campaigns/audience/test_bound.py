"""Bound customers: one channel at a time, whatever their chats, whoever has none."""

import pytest
from django.utils import timezone

from campaigns.audience import BoundCustomers, audience_of
from campaigns.engine.prepare import prepare_campaigns
from campaigns.preflight import preflight
from campaigns.services import create_campaign
from conversations.models import Contact
from tenants.errors import Invalid
from tenants.scopes import tenant_scope
from tests.campaigns.audience.conftest import contacts_of, recipients_of, saying
from tests.factories import ChannelFactory, ContactFactory, CustomerFactory


def codes(refused):
    return [
        (error["field"].removeprefix("audience.bound_customers."), error["code"]) for error in refused.errors
    ]


@pytest.mark.requirement("S2-37", "S2-40", "S2-41")
def test_customers_are_reached_whatever_the_state_of_their_chats(bound, chat, line, sales):
    people = [bound(line) for _ in range(4)]
    for person, status in zip(people, ("pending", "in_progress", "ended"), strict=False):
        chat(line, contact=person, status=status)
    campaign = create_campaign(sales, saying(BoundCustomers(line.pk, "all"), "Hello {{ number|friend }}"))
    prepare_campaigns()
    rows = recipients_of(campaign).order_by("contact")
    assert [row.contact_id for row in rows] == [person.pk for person in people]
    assert [row.reason for row in rows] == [""] * 4
    assert [row.conversation_id is None for row in rows] == [False, False, False, True]
    assert rows[3].fields == {"number": ""}


@pytest.mark.requirement("S2-38", "S2-39")
def test_it_goes_to_one_channel_only(bound, line, whatsapp, sales):
    customer = CustomerFactory(bound_to=sales)
    here, there = bound(line, customer=customer), bound(whatsapp, customer=customer)
    assert contacts_of(BoundCustomers(line.pk, "all"), sales) == [here.pk]
    assert contacts_of(BoundCustomers(whatsapp.pk, (customer.pk,)), sales) == [there.pk]
    for several in ([line.pk, whatsapp.pk], "all", None):
        with pytest.raises(Invalid) as refused:
            audience_of({"bound_customers": {"channel": several, "customers": "all"}})
        assert codes(refused.value) == [("channel", "one_channel")]


def test_opt_outs_and_windows_still_decide(bound, whatsapp, sales):
    bound(whatsapp)
    bound(whatsapp, opted_out_at=timezone.now())
    bound(whatsapp, last_inbound_at=None, window_closes_at=None)
    found = preflight(sales, saying(BoundCustomers(whatsapp.pk, "all")))
    assert {line.code: line.count for line in found.lines} == {
        "takes_all": 1,
        "opted_out": 1,
        "window_closed": 1,
    }


def test_a_customer_with_two_addresses_gets_one_message(bound, line, sales):
    customer = CustomerFactory(bound_to=sales)
    bound(line, customer=customer)
    latest = bound(line, customer=customer, last_inbound_at=timezone.now())
    merged = bound(line, customer=customer)
    Contact.objects.filter(pk=merged.pk).update(merged_into=latest)
    assert contacts_of(BoundCustomers(line.pk, "all"), sales) == [latest.pk]


def test_other_peoples_customers_do_not_exist(bound, line, whatsapp, sales, manager, other_tenant):
    mine, theirs, elsewhere = bound(line), bound(line, to=manager), bound(whatsapp)
    with tenant_scope(other_tenant):
        foreign = ContactFactory(customer=CustomerFactory(bound_to=None))
    named = [person.customer_id for person in (mine, theirs, elsewhere, foreign)]
    audience = BoundCustomers(line.pk, tuple(named))
    with pytest.raises(Invalid) as refused:
        contacts_of(audience, sales)
    assert codes(refused.value) == [("customers", "not_found")] * 3
    assert contacts_of(audience.without_faulty(sales), sales) == [mine.pk]


def test_a_manager_chooses_whose_and_a_salesperson_does_not(bound, line, sales, manager):
    mine = bound(line)
    assert contacts_of(BoundCustomers(line.pk, "all", sales.pk), manager) == [mine.pk]
    assert contacts_of(BoundCustomers(line.pk, "all", sales.pk), sales) == [mine.pk]
    with pytest.raises(Invalid) as refused:
        contacts_of(BoundCustomers(line.pk, "all", manager.pk), sales)
    assert codes(refused.value) == [("bound_to", "not_found")]


def test_rows_of_another_tenant_are_refused(line, manager, other_tenant, sales):
    with tenant_scope(other_tenant):
        foreign = ChannelFactory()
        stranger = ContactFactory(channel=foreign).pk
    with pytest.raises(Invalid) as refused:
        contacts_of(BoundCustomers(foreign.pk, "all"), manager)
    assert codes(refused.value) == [("channel", "not_found")]
    with pytest.raises(Invalid):
        contacts_of(BoundCustomers(line.pk, "all", 10**9), manager)
    assert stranger


def test_a_web_chat_is_no_channel_for_it(scoped, sales):
    with pytest.raises(Invalid) as refused:
        contacts_of(BoundCustomers(ChannelFactory(kind="web").pk, "all"), sales)
    assert codes(refused.value) == [("channel", "not_found")]


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {"channel": 1},
        {"customers": "all"},
        {"channel": 1, "customers": "some"},
        {"channel": 1, "customers": [True]},
        {"channel": 1, "customers": ["2"]},
        {"channel": 1, "customers": [0]},
        {"channel": 2**63, "customers": "all"},
        {"channel": 1, "customers": "all", "bound_to": "me"},
        {"channel": 1, "customers": "all", "status": "in_progress"},
        {"channel": 1, "customers": list(range(1, 20_002))},
    ],
)
def test_what_says_neither_channel_nor_customers_is_refused(value):
    with pytest.raises(Invalid):
        audience_of({"bound_customers": value})


@pytest.mark.parametrize(
    "value", [{"channel": 3, "customers": "all"}, {"channel": 3, "customers": [5, 4], "bound_to": 9}]
)
def test_it_is_kept_as_it_was_asked_for(value):
    assert audience_of({"bound_customers": value}).to_dict() == {"bound_customers": value}


def test_a_customer_no_longer_bound_after_send_is_accounted_for(bound, line, sales):
    person = bound(line)
    campaign = create_campaign(sales, saying(BoundCustomers(line.pk, (person.customer_id,))))
    person.customer.bound_to = None
    person.customer.save()
    prepare_campaigns()
    assert recipients_of(campaign).get().contact_id == person.pk
