"""Links by the API: asked for or not, what came of them, and who tapped."""

import pytest
from django.utils import timezone

from campaigns.links.freezing import freeze_links
from campaigns.links.taps import note_tap
from campaigns.models import Campaign, Part, PartState, Recipient
from tenants.scopes import tenant_scope
from tests.workspace.api.conftest import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def tapped(tenant, finished):
    """The finished broadcast with a link that the one person who read it tapped."""
    with tenant_scope(tenant):
        Part.objects.filter(campaign=finished, position=0).update(
            kind="text", text="See https://shop.example/a"
        )
        campaign = Campaign.objects.select_related("tenant").get(pk=finished.pk)
        freeze_links(campaign)
        person = Recipient.objects.filter(campaign=campaign).order_by("contact_id").first()
        Recipient.objects.filter(pk=person.pk).update(
            accepted_at=timezone.now(), part_states=[PartState.ACCEPTED]
        )
        note_tap(campaign.links.get(), person.pk, timezone.now())
    return finished


def test_links_are_short_unless_one_says_otherwise(api, sales):
    program = api(sales)
    body = {
        "audience": {"filter": {"status": "in_progress"}},
        "parts": [{"kind": "text", "text": "See https://shop.example/a"}],
    }
    for given, kept in (({}, True), ({"track_links": False}, False)):
        answer = program.post("campaigns", body | given | {"draft": True})
        assert answer.status_code == 201
        assert answer.json()["track_links"] is kept
    assert_problem(program.post("campaigns", body | {"track_links": "yes"}), 400, "invalid_campaign")


def test_what_came_of_each_link(api, sales, tapped):
    answer = api(sales).get(f"campaigns/{tapped.number}/links")
    assert answer.json() == {
        "results": [
            {
                "place": 0,
                "part": 0,
                "url": "https://shop.example/a",
                "official": False,
                "sent": 1,
                "people": 1,
                "taps": 1,
                "robots": 0,
            }
        ]
    }


@pytest.mark.requirement("S0-5")
def test_who_tapped_stands_in_figures_lists_and_timeline(api, sales, tapped):
    program = api(sales)
    row = program.get(f"campaigns/{tapped.number}").json()
    assert (row["clicked"], row["interacted"]) == (1, 1)
    (person,) = program.get(f"campaigns/{tapped.number}/recipients", {"state": "clicked"}).json()["results"]
    assert person["clicked_at"]
    others = program.get(f"campaigns/{tapped.number}/recipients", {"state": "not_clicked"}).json()["results"]
    assert others == []
    entries = program.get(f"campaigns/{tapped.number}/recipients/{person['id']}/timeline").json()["results"]
    assert ("clicked", "Tapped https://shop.example/a") in {(each["what"], each["text"]) for each in entries}


def test_who_tapped_nothing_can_be_followed_up(api, sales, tapped):
    audience = {"campaign": {"id": tapped.number, "states": ["read", "failed"], "clicked": False}}
    body = {"audience": audience, "parts": [{"kind": "text", "text": "Hello again"}], "draft": True}
    assert api(sales).post("campaigns", body).status_code == 201
    wrong = {"campaign": {"id": tapped.number, "states": ["read"], "clicked": "no"}}
    assert_problem(api(sales).post("campaigns", body | {"audience": wrong}), 400, "invalid")
