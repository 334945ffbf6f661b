"""Errors as operators may read them: no value of a customer's, no secret, yet enough to find the line."""

from __future__ import annotations

import traceback
from pathlib import Path

from django.conf import settings

DEADLOCK = "40P01"


def describe(error: BaseException) -> str:
    """The error's class, the database's short message where it has one, and the innermost line of ours."""
    words = [type(error).__name__]
    diagnosis = getattr(error.__cause__, "diag", None)
    if diagnosis is not None and diagnosis.message_primary:
        words.append(diagnosis.message_primary)
    if place := _place(error):
        words.append(f"at {place}")
    return " ".join(words)


def is_deadlock(error: BaseException) -> bool:
    return getattr(error.__cause__, "sqlstate", None) == DEADLOCK


def _place(error: BaseException) -> str:
    root = str(settings.ROOT)
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename.startswith(root) and ".venv" not in frame.filename
    ]
    return f"{Path(ours[-1].filename).relative_to(root)}:{ours[-1].lineno}" if ours else ""
