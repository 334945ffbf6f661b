"""The hours in which broadcasts do not leave, for programs."""


def test_they_are_read_by_everybody_and_changed_in_parts(api, admin, sales, tenant):
    assert api(sales).get("quiet-hours").json() == {
        "days": [],
        "begins": "21:00",
        "ends": "09:00",
        "time_zone": tenant.time_zone,
        "until": None,
    }
    changed = api(admin).patch("quiet-hours", {"days": [1, 2], "ends": "08:30"})
    assert changed.status_code == 200
    assert (changed.json()["days"], changed.json()["begins"], changed.json()["ends"]) == (
        [1, 2],
        "21:00",
        "08:30",
    )
    assert api(sales).get("quiet-hours").json()["days"] == [1, 2]


def test_what_cannot_be_is_refused_by_field(api, admin):
    refused = api(admin).patch("quiet-hours", {"days": [8], "begins": "noon"})
    assert refused.status_code == 400
    assert {error["field"].partition(".")[0] for error in refused.json()["errors"]} == {"days", "begins"}
