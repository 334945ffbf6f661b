"""The processes of a run end with it."""

import select

from bench.machine import Machine
from broadcaster.embedded.state import StateFolder

# Whom it starts has the same end of the pipe, which stays open for as long as one of them lives.
STARTS_ANOTHER = """import subprocess
subprocess.Popen(["sleep", "600"])
print("ready", flush=True)
input()"""


def test_whatever_a_contender_has_started_ends_with_it(tmp_path):
    machine = Machine(StateFolder(tmp_path, None), {}, (), 0, 0)
    with machine.child("timeit", "-n1", "-r1", STARTS_ANOTHER) as process:
        assert process.stdout.readline() == "ready\n"
        assert select.select([process.stdout], [], [], 0)[0] == []
    with process:  # closes the pipes
        assert select.select([process.stdout], [], [], 10)[0]
        assert process.stdout.read() == ""
