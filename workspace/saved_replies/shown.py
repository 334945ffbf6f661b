"""A saved reply as pages show it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from channels.media import problems_for
from conversations.models import SavedReply
from conversations.variables import LONGEST_VALUE, VARIABLE
from workspace.broadcasts.parts import Piece, pieces_of
from workspace.inbox.files import preview_of


@dataclass(frozen=True)
class Entry:
    """One line of the list; `may_change` for the member who looks at it."""

    row: SavedReply
    may_change: bool

    @property
    def pieces(self) -> list[Piece]:
        """Its text, with variables told apart."""
        return pieces_of(self.row.text)

    @property
    def preview(self) -> str:
        return preview_of(self.row.media) if self.row.media else ""

    @cached_property
    def refused(self) -> list[str]:
        """The channels that do not take all of it: the text is too long for them, or the file is not theirs."""
        return [adapter.spec.label for kind, adapter in ADAPTERS.items() if self._is_refused(kind)]

    def _is_refused(self, kind: ChannelKind) -> bool:
        adapter, media = ADAPTERS[kind], self.row.media
        longest = VARIABLE.sub("x" * LONGEST_VALUE, self.row.text)
        if adapter.text_length(longest) > adapter.spec.max_text:
            return True
        return media is not None and bool(problems_for(media, adapter.spec))
