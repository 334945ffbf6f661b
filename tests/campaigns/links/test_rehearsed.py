"""A rehearsal tries links as well: those of the team that rehearses, official where they would be."""

import pytest

from campaigns.models import Link
from tenants.rehearsing import team_for
from tenants.scopes import tenant_scope
from tests.campaigns.links.conftest import links

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_team_that_rehearses_has_the_same_sites(scoped):
    scoped.official_sites = ["shop.example"]
    scoped.save()
    assert team_for(scoped).official_sites == ["shop.example"]


def test_links_of_one_team_are_not_seen_in_another(shop, other_tenant):
    shop.chats(shop.line, 1)
    campaign = shop.launch("See https://shop.example")
    assert len(links(campaign)) == 1
    with tenant_scope(other_tenant):
        assert not Link.objects.exists()
