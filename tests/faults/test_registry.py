"""Which faults there are, and how they are chosen."""

import json

import pytest
from django.core.management import CommandError, call_command

from faults.crashes import PLACES
from faults.registry import FAULTS, UnknownFault, chosen
from faults.trial import Line, slug_of
from tenants.models import Tenant


def names(faults):
    return [fault.name for fault in faults]


def test_names_are_unique_and_every_fault_says_what_it_does():
    assert len(set(names(FAULTS))) == len(FAULTS)
    assert all(len(fault.about) > 4 for fault in FAULTS)


def test_every_crash_point_is_in_the_normal_run_and_every_pair_in_the_nightly_one():
    usual, nightly = names(chosen([], nightly=False)), names(chosen([], nightly=True))
    assert {f"crash-{place}" for place in PLACES} <= set(usual)
    assert not any("-then-" in name for name in usual)
    assert sum("-then-" in name for name in nightly) > 250


def test_every_fault_however_long_its_name_can_be_the_name_of_a_team():
    most = Tenant._meta.get_field("slug").max_length
    slugs = {slug_of(fault.name, 99) for fault in FAULTS}
    assert max(map(len, names(FAULTS))) > most - len("-99-1000000000000")
    assert all(len(slug) <= most for slug in slugs)


def test_a_name_means_one_fault_or_a_family():
    assert names(chosen(["worker-frozen"], nightly=False)) == ["worker-frozen"]
    family = names(chosen(["valkey", "valkey-away"], nightly=False))
    assert len(family) > 2
    assert all(name.startswith("valkey-") for name in family)
    assert names(chosen(["crash-mark.committed-then-lease.taken"], nightly=False)) == [
        "crash-mark.committed-then-lease.taken"
    ]
    with pytest.raises(UnknownFault):
        chosen(["nonsense"], nightly=False)


def test_the_command_lists_them_and_refuses_what_it_does_not_know(capsys):
    call_command("faults", "--list")
    assert "crash-mark.committed" in capsys.readouterr().out
    with pytest.raises(CommandError, match="nonsense"):
        call_command("faults", "nonsense")


def test_a_line_has_the_agreed_fields():
    assert list(json.loads(str(Line("x")))) == [
        "name",
        "people",
        "lost",
        "duplicates",
        "unconfirmed",
        "unconfirmed_after_settling",
        "ledger_difference",
        "seconds",
        "passed",
    ]
