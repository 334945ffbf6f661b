"""The value in which `channels.catalogue` says why something was not accepted."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext

Text = str | Promise


@dataclass(frozen=True)
class Explanation:
    """One reason for people.

    `causes`: what is behind it; where there are several it is one of them and nobody says which, as `preface` tells.
    `cure`: what to do. `retry`: whether sending to this person again can succeed, once the cure is followed.
    """

    title: Text
    causes: tuple[Text, ...]
    cure: Text
    retry: bool
    preface: Text = ""

    @property
    def cause(self) -> str:
        """All causes in one text."""
        if not self.preface:
            return "".join(map(str, self.causes))
        listed = gettext("; ").join(f"({n}) {cause}" for n, cause in enumerate(self.causes, 1))
        return f"{self.preface} {listed}"
