"""A short selection of the fault runs, as anybody starts them."""

import json
import subprocess
import sys

import pytest

from broadcaster.embedded.state import ROOT
from tests.stack import clean_environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
QUICK = ["crash-mark.committed", "webhooks-thousand-in-one"]
LONGER = ["crash-mark.committed-then-record.committed", "provider-cuts-after-accepting", "poison-recipient"]


@pytest.mark.parametrize(
    "names", [QUICK, pytest.param(LONGER, marks=pytest.mark.nightly)], ids=["quick", "longer"]
)
def test_a_short_selection_passes(names):
    """At a tenth of the engine's times, for other tests run beside it."""
    done = subprocess.run(
        [
            sys.executable,
            str(ROOT / "manage.py"),
            "faults",
            "--people",
            "0.25",
            "--time-scale",
            "0.1",
            *names,
        ],
        cwd=ROOT,
        env=clean_environment(BOOTSTRAP="off"),
        capture_output=True,
        text=True,
        check=False,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["name"] for line in lines] == names, done.stderr
    assert all(line["passed"] for line in lines), f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0
    assert all(line["people"] and not line["lost"] and not line["duplicates"] for line in lines)
