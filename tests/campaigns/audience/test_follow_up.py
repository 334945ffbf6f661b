"""The people of a former broadcast, under the outcomes one chooses."""

import pytest
from django.utils import timezone

from campaigns.audience import FollowUp, audience_of
from campaigns.engine.prepare import prepare_campaigns
from campaigns.models import DeliveryRank, State
from campaigns.preflight import preflight
from campaigns.reports import STATE_FILTERS
from campaigns.services import create_campaign
from conversations.models import Contact
from tenants.errors import Invalid
from tenants.scopes import tenant_scope
from tests.campaigns.audience.conftest import contacts_of, recipients_of, saying
from tests.factories import CampaignFactory, RecipientFactory


@pytest.fixture
def former(sales, chat, line):
    """`former(State.FAILED, …)`: a broadcast of the salesperson's with one person in each state."""

    def make(*states, by=sales):
        campaign = CampaignFactory(created_by=by, status="completed", started_at=timezone.now())
        people = []
        for state in states:
            state, delivery = state if isinstance(state, tuple) else (state, DeliveryRank.ACCEPTED)
            one = chat(line)
            RecipientFactory(
                campaign=campaign, contact=one.contact, conversation=one, state=state, delivery=delivery
            )
            people.append(one.contact)
        return campaign, people

    return make


READ = (State.ACCEPTED, DeliveryRank.READ)


def test_it_reaches_those_under_the_chosen_outcomes(former, sales):
    campaign, (failed, read, accepted) = former(State.FAILED, READ, State.ACCEPTED)
    assert contacts_of(FollowUp(campaign.number, ("failed",)), sales) == [failed.pk]
    assert contacts_of(FollowUp(campaign.number, ("read", "accepted")), sales) == [read.pk, accepted.pk]
    again = create_campaign(sales, saying(FollowUp(campaign.number, ("failed", "read"))))
    prepare_campaigns()
    assert sorted(recipients_of(again).values_list("contact", flat=True)) == [failed.pk, read.pk]


def test_whoever_answered_can_be_kept_or_left_out(former, sales):
    campaign, (one, other) = former(READ, READ)
    recipients_of(campaign).filter(contact=one).update(replied_at=timezone.now())
    assert contacts_of(FollowUp(campaign.number, ("read",), replied=False), sales) == [other.pk]
    assert contacts_of(FollowUp(campaign.number, ("read",), replied=True), sales) == [one.pk]


def test_whom_a_colleague_took_over_is_named_and_left_out(former, sales, manager, chat, line):
    campaign, (mine, theirs) = former(State.FAILED, State.FAILED)
    theirs.conversations.update(assignee=manager)
    draft = saying(FollowUp(campaign.number, ("failed",)))
    assert {found.code: found.count for found in preflight(sales, draft).lines} == {
        "takes_all": 1,
        "taken_over": 1,
    }
    assert preflight(manager, draft).sendable == 2
    again = create_campaign(sales, draft)
    prepare_campaigns()
    assert recipients_of(again).get(contact=theirs).reason == "taken_over"
    assert recipients_of(again).get(contact=mine).reason == ""


def test_a_merged_person_is_reached_once(former, sales):
    campaign, (keep, drop) = former(State.FAILED, State.FAILED)
    Contact.objects.filter(pk=drop.pk).update(merged_into=keep)
    assert contacts_of(FollowUp(campaign.number, ("failed",)), sales) == [keep.pk]


def test_broadcasts_one_may_not_see_do_not_exist(former, sales, manager, other_tenant):
    theirs, _people = former(State.FAILED, by=manager)
    with tenant_scope(other_tenant):
        foreign = CampaignFactory(number=9001)
    for number in (theirs.number, foreign.number, 123_456):
        with pytest.raises(Invalid) as refused:
            contacts_of(FollowUp(number, ("failed",)), sales)
        assert [error["code"] for error in refused.value.errors] == ["not_found"]
    assert contacts_of(FollowUp(theirs.number, ("failed",)), manager)


@pytest.mark.parametrize(
    "value",
    [
        None,
        {"id": 1},
        {"id": 1, "states": []},
        {"id": 1, "states": "failed"},
        {"id": 1, "states": ["lost"]},
        {"id": 1, "states": [["failed"]]},
        {"id": 1, "states": ["failed"], "replied": 1},
        {"id": 0, "states": ["failed"]},
        {"id": "1", "states": ["failed"]},
        {"id": 1, "states": ["failed"], "replied": "no"},
        {"id": 1, "states": ["failed"], "mine": True},
    ],
)
def test_what_names_no_outcome_is_refused(value):
    with pytest.raises(Invalid):
        audience_of({"campaign": value})


@pytest.mark.parametrize("state", STATE_FILTERS)
def test_every_outcome_can_be_followed_up(state):
    value = {"campaign": {"id": 3, "states": [state], "replied": False}}
    assert audience_of(value).to_dict() == value
