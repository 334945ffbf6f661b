"""One message on a phone's screen."""

import time
from dataclasses import dataclass, field
from typing import Any

MEDIA = "/phones/media/"
Content = dict[str, Any]


@dataclass(slots=True)
class Button:
    """Something to tap: a link, or an answer with a payload."""

    title: str
    payload: str = ""
    link: str = ""


@dataclass(slots=True)
class Bubble:
    """One message on the screen. `label` names a text for kinds that have no words of their own."""

    mine: bool
    at: float
    text: str = ""
    label: str = ""
    heading: str = ""
    footer: str = ""
    images: list[str] = field(default_factory=list)
    video: str = ""
    poster: str = ""  # what stands there before the video plays
    audio: str = ""
    link: str = ""
    buttons: list[Button] = field(default_factory=list)
    state: str = ""
    words: dict[str, str] = field(default_factory=dict)
    attempt: str = ""
    message_id: str = ""

    @property
    def clock(self) -> str:
        return time.strftime("%H:%M", time.localtime(self.at))

    @property
    def day(self) -> str:
        return time.strftime("%Y-%m-%d", time.localtime(self.at))

    @property
    def state_word(self) -> str:
        return self.words.get(self.state, self.state)

    @property
    def label_word(self) -> str:
        return self.words.get(self.label, self.label)

    @property
    def summary(self) -> str:
        """One line for the list of phones."""
        kind = "picture" if self.images else "video" if self.video else "audio" if self.audio else self.label
        mark = {"picture": "🖼️", "video": "🎬", "audio": "🔊", "file": "📎"}.get(kind, "")
        return f"{mark} {self.heading or self.text or self.words.get(kind, kind)}".strip()
