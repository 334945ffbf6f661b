"""What is a link in a text: an http(s) address that stands whole, with nothing of a customer inside it.

Whoever writes Chinese puts no blank after an address; phones and people then disagree where it ends. What is clear is a
link; where it is not clear, the address stays as it was written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from conversations.variables import VARIABLE
from tenants.sites import host_of

MOST_LINKS = 256  # of a broadcast: a place is one byte of the code
_TEXT = r"A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%"  # what RFC 3986 lets an address be made of
_LINK = re.compile(
    rf"""(?<![A-Za-z0-9])https?://
         (?:[^\W_](?:[\w-]*[^\W_])?\.)+                            # labels of the host, also beyond ASCII
         (?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?|(?:(?![\x00-\x7f])\w)+)  # the last one, in one script
         (?::\d{{1,5}})?
         (?P<rest>[/?\#][{_TEXT}]*)?""",
    re.IGNORECASE | re.VERBOSE,
)
_PUNCTUATION = ".,;:!?'"
_MARKERS = "*_~"  # WhatsApp's, around what is to stand out
_OPEN = {")": "(", "]": "["}
_GOES_ON = frozenset("/=&?#-_%+")  # after these, letters beyond ASCII may well belong to the address


@dataclass(frozen=True)
class Found:
    """An address and where it begins in the text, in characters."""

    start: int
    url: str

    @property
    def end(self) -> int:
        return self.start + len(self.url)


def links_in(text: str) -> list[Found]:
    """The links of a text, in order."""
    if "://" not in text:
        return []
    variables = [match.span() for match in VARIABLE.finditer(text)]
    found = []
    for match in _LINK.finditer(text):
        inside = any(start <= match.start() < end for start, end in variables)
        if not inside and _stands_whole(match, text):
            found.append(Found(match.start(), _trimmed(match[0], text[: match.start()][-1:])))
    return found


def shortened(text: str, short: str) -> str:
    """The text with `short` in place of every link: for lengths and previews, before anybody gets it."""
    said, end = "", 0
    for found in links_in(text):
        said += text[end : found.start] + short
        end = found.end
    return said + text[end:]


def _stands_whole(match: re.Match[str], text: str) -> bool:
    """Whether it is clear that the address ends where it was cut, and has a host that can be asked for."""
    after = text[match.end() : match.end() + 1]
    if after == "{" or (match["rest"] is None and re.match(r":?[^\s/?#]*@", text[match.end() :])):
        return False
    if after.isalnum() and match[0][-1] in _GOES_ON:
        return False
    try:
        host_of(match[0])
    except ValueError:
        return False
    return True


def _trimmed(url: str, before: str) -> str:
    """Without the punctuation of the sentence around it."""
    while True:
        last = url[-1]
        unopened = last in _OPEN and url.count(last) > url.count(_OPEN[last])
        if last in _PUNCTUATION or unopened or (last in _MARKERS and last == before):
            url = url[:-1]
        else:
            return url
