"""A team's own sites: written by people, compared as DNS does, told apart from all others."""

import pytest
from django.urls import reverse

from tenants.errors import Invalid
from tenants.models import AuditEntry
from tenants.scopes import tenant_scope
from tenants.sites import MOST_SITES, is_official, read_sites, shown

SITES = {"shop.example", "xn--q9jyb4c.example"}


@pytest.mark.requirement("S1-21")
@pytest.mark.parametrize(
    ("url", "official"),
    [
        ("https://shop.example", True),
        ("http://WWW.Shop.Example:8080/sale?q=1", True),
        ("https://a.b.shop.example/", True),
        ("https://みんな.example/x", True),
        ("https://xn--q9jyb4c.example/x", True),
        ("https://notshop.example/", False),
        ("https://shop.example.evil.test/", False),
        ("https://other.example/?shop.example", False),
        ("https://evil.test/shop.example", False),
    ],
)
def test_a_link_is_official_where_its_host_is_a_site_or_lies_below_one(url, official):
    assert is_official(url, SITES) is official


def test_sites_are_kept_as_dns_knows_them_each_once():
    written = [" Shop.Example ", "https://shop.example/sale?x=1", "", "みんな.example", "shop.example."]
    assert read_sites(written) == ["shop.example", "xn--q9jyb4c.example"]
    assert [shown(site) for site in read_sites(written)] == ["shop.example", "みんな.example"]


@pytest.mark.parametrize(
    "line",
    [
        "shop",
        "shop..example",
        "-shop.example",
        "192.0.2.1",
        "a b.example",
        f"{'a' * 64}.example",
        "https://",
        "_x.example",
    ],
)
def test_what_is_no_site_is_named(line):
    with pytest.raises(Invalid, match="is no site"):
        read_sites(["shop.example", line])


def test_there_is_an_end_to_them():
    with pytest.raises(Invalid, match=str(MOST_SITES)):
        read_sites(f"s{n}.example" for n in range(MOST_SITES + 1))


@pytest.fixture
def post(client, tenant):
    def go(member, sites, **headers):
        client.force_login(member.user)
        values = {"name": "Wing On", "time_zone": "Asia/Taipei", "country": "TW", "language": "en"}
        values["attribution_days"] = 7
        return client.post(reverse("tenants:team_settings"), values | {"official_sites": sites}, **headers)

    return go


@pytest.mark.requirement("S1-21")
def test_who_sets_the_team_up_names_its_sites_and_it_is_on_record(post, client, admin, tenant):
    assert post(admin, "shop.example，www.shop.example\nhttps://商店.example/首頁").status_code == 302
    tenant.refresh_from_db()
    assert tenant.official_sites == [
        "shop.example",
        "www.shop.example",
        "商店.example".encode("idna").decode(),
    ]
    with tenant_scope(tenant):
        entry = AuditEntry.objects.get(action="tenant.changed")
    assert entry.details["before"]["official_sites"] == []
    assert entry.details["after"]["official_sites"] == tenant.official_sites
    assert "商店.example" in client.get(reverse("tenants:team_settings")).content.decode()


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "is no site"), ("zh-hant", "不是網站名稱"), ("zh-hans", "不是网站名称")],
)
def test_nonsense_is_told_beside_what_was_typed(post, admin, tenant, language, said):
    admin.user.language = language
    admin.user.save()
    answer = post(admin, "shop.example\nour shop")
    assert answer.status_code == 200
    page = answer.content.decode()
    assert said in page
    assert "our shop" in page
    tenant.refresh_from_db()
    assert tenant.official_sites == []


def test_others_may_not(post, sales, tenant):
    assert post(sales, "evil.test").status_code == 403
    tenant.refresh_from_db()
    assert tenant.official_sites == []
