"""What a pytest run counted, read from its JUnit file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET


@dataclass(frozen=True)
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(self.passed + other.passed, self.failed + other.failed, self.skipped + other.skipped)

    def __str__(self) -> str:
        line = f"{self.passed} passed, {self.failed} failed"
        return f"{line}, {self.skipped} skipped" if self.skipped else line


def read_junit(file: Path) -> Tally:
    """Errors (of fixtures, of collection) count as failed; a missing file as one failure: pytest never got there."""
    if not file.exists():
        return Tally(failed=1)
    suites = ET.parse(file).getroot().iter("testsuite")  # noqa: S314 (written by our own pytest)
    whole = Tally()
    for suite in suites:
        count = {name: int(suite.get(name, "0")) for name in ("tests", "failures", "errors", "skipped")}
        failed = count["failures"] + count["errors"]
        whole += Tally(max(0, count["tests"] - failed - count["skipped"]), failed, count["skipped"])
    return whole
