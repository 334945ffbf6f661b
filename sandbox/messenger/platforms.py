"""What Messenger and Instagram take: lengths as each of them counts, kinds of files with their types and sizes.

https://developers.facebook.com/docs/messenger-platform/reference/send-api
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

MB = 1024 * 1024
ANYTHING = frozenset({""})  # the empty prefix stands for every type
_VIDEO = frozenset(
    {"video/mp4", "video/ogg", "video/quicktime", "video/webm", "video/x-msvideo", "video/avi"}
)
_M4A = frozenset({"audio/aac", "audio/mp4", "audio/x-m4a", "audio/m4a", "audio/wav", "audio/x-wav"})
_IMAGES = frozenset({"image/jpeg", "image/png", "image/gif"})


@dataclass(frozen=True, slots=True)
class Rule:
    """Which files of one kind are taken: beginnings of their types, and bytes."""

    types: frozenset[str]
    largest: int

    def takes(self, mime: str) -> bool:
        plain = mime.partition(";")[0].strip().lower()
        return any(plain == one or not one for one in self.types)


@dataclass(frozen=True, slots=True)
class Platform:
    """The rules of one platform. Rates are calls a second; `images`: most of them in one message."""

    longest_text: int
    measure: Callable[[str], int]
    counted_in: str
    media: Mapping[str, Rule]
    images: int
    sends: int
    slow_sends: int
    attachments: frozenset[str]  # kinds beside files
    reply_kinds: frozenset[str]


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _utf8(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


PLATFORMS: Mapping[str, Platform] = {
    "facebook": Platform(
        longest_text=1999,
        measure=_utf16,
        counted_in="characters",
        media={
            "image": Rule(_IMAGES, 8 * MB),
            "video": Rule(_VIDEO, 25 * MB),
            "audio": Rule(_M4A | {"audio/mpeg", "audio/mp3"}, 25 * MB),
            "file": Rule(ANYTHING, 25 * MB),
        },
        images=30,
        sends=300,
        slow_sends=10,
        attachments=frozenset({"template"}),
        reply_kinds=frozenset({"text", "user_phone_number", "user_email"}),
    ),
    "instagram": Platform(
        longest_text=1000,
        measure=_utf8,
        counted_in="bytes",
        media={
            "image": Rule(_IMAGES, 8 * MB),
            "video": Rule(_VIDEO, 25 * MB),
            "audio": Rule(_M4A, 25 * MB),
            "file": Rule(frozenset({"application/pdf"}), 25 * MB),
        },
        images=10,
        sends=100,
        slow_sends=10,
        attachments=frozenset({"template", "MEDIA_SHARE", "like_heart"}),
        reply_kinds=frozenset({"text"}),
    ),
}
SLOW = ("audio", "video")
