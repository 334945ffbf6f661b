"""Meta's published rules for templates, each breach with its plain words.

https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/components
https://developers.facebook.com/docs/whatsapp/message-templates/guidelines

The same table serves the builder's checks, the API's errors and the tests. What Meta keeps to itself (its review of
the wording) no rule here foresees.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from templates_app.content import MEDIA_HEADERS, Button, ButtonKind, Content, Header, HeaderKind
from templates_app.languages import LANGUAGES
from templates_app.variables import NAME, POSITION, URL_VARIABLE, VARIABLE, fixed_words, variables_in

MAX_NAME: Final = 512
MAX_HEADER: Final = 60
MAX_BODY: Final = 1024
MAX_FOOTER: Final = 60
MAX_BUTTONS: Final = 10
MAX_LABEL: Final = 25
MAX_URL: Final = 2000
MAX_PHONE: Final = 20
MAX_CODE: Final = 15
MOST_OF_KIND: Final = {ButtonKind.URL: 2, ButtonKind.PHONE: 1, ButtonKind.COPY_CODE: 1}
CATEGORIES: Final = ("MARKETING", "UTILITY")  # AUTHENTICATION has a fixed text and is made at Meta

MB = 1000 * 1000
HEADER_FILES: Final[Mapping[HeaderKind, tuple[frozenset[str], int]]] = {
    HeaderKind.IMAGE: (frozenset({"image/jpeg", "image/png"}), 5 * MB),
    HeaderKind.VIDEO: (frozenset({"video/mp4"}), 16 * MB),
    HeaderKind.DOCUMENT: (frozenset({"application/pdf"}), 100 * MB),
}
_TEMPLATE_NAME = re.compile(r"[a-z0-9_]+")
_PHONE = re.compile(r"\+?[0-9][0-9 ()-]*")
_SHORT_HOSTS = frozenset({"wa.me", "bit.ly", "tinyurl.com", "t.co", "goo.gl", "ow.ly"})
_FORMATTING = re.compile(r"[*_~`]")


@dataclass(frozen=True)
class Problem:
    """One breach. `field`: a dotted path such as `buttons.0.url`; `code` is stable; `text` is in the reader's
    language."""

    field: str
    code: str
    text: str


@dataclass(frozen=True)
class ExampleFile:
    """The picture, video or document that shows Meta what a header will hold."""

    mime: str
    bytes: int


def name_problems(name: str) -> list[Problem]:
    if not name:
        return [Problem("name", "missing", _("Give the template a name."))]
    if not _TEMPLATE_NAME.fullmatch(name):
        text = _("A name is made of small letters a–z, digits and underscores.")
        return [Problem("name", "alphabet", text)]
    return _too_long("name", name, MAX_NAME)


def setting_problems(category: str, language: str) -> list[Problem]:
    """Category and language."""
    found = []
    if category not in CATEGORIES:
        text = _("Choose marketing or utility. Templates for one-time codes are made in WhatsApp Manager.")
        found.append(Problem("category", "unknown", text))
    if language not in LANGUAGES:
        found.append(Problem("language", "unknown", _("WhatsApp has no templates in this language.")))
    return found


def content_problems(content: Content, example: ExampleFile | None = None) -> list[Problem]:
    """Everything Meta would refuse in the words themselves; empty where they may be submitted.

    `example`: the file that comes with a header of pictures, videos or documents.
    """
    if content.foreign:
        parts = ", ".join(content.foreign)
        text = _("This template has parts that can only be changed in WhatsApp Manager: {parts}.")
        return [Problem("components", "foreign", text.format(parts=parts))]
    return [
        *(_header_problems(content.header, content.named, example) if content.header else ()),
        *_body_problems(content),
        *_footer_problems(content.footer),
        *_buttons_problems(content.buttons),
    ]


# --- Header, body, footer -------------------------------------------------------------------------------------


def _header_problems(header: Header, named: bool, example: ExampleFile | None) -> Iterator[Problem]:
    if header.kind is HeaderKind.TEXT:
        yield from _header_text_problems(header, named)
    elif header.kind in MEDIA_HEADERS:
        yield from _example_problems(header, example)


def _header_text_problems(header: Header, named: bool) -> Iterator[Problem]:
    field = "header.text"
    if not header.text.strip():
        yield Problem(field, "missing", _("Write the heading, or choose no header."))
        return
    yield from _too_long(field, header.text, MAX_HEADER)
    if "\n" in header.text:
        yield Problem(field, "line_break", _("A heading has one line."))
    if _FORMATTING.search(VARIABLE.sub("", header.text)):
        text = _("A heading takes no formatting: leave out * _ ~ and `.")
        yield Problem(field, "formatting", text)
    if len(variables_in(header.text)) > 1:
        yield Problem(field, "too_many_variables", _("A heading takes one variable at most."))
    yield from _variable_problems(field, header.text, named)
    yield from _missing_examples("header.examples", header.text, header.examples)


def _example_problems(header: Header, example: ExampleFile | None) -> Iterator[Problem]:
    field = "header.media"
    if example is None:
        if not header.handle or header.handle.startswith("http"):  # an address Meta shows it at is no example
            yield Problem(field, "missing", _("Add an example file: Meta reviews the template with it."))
        return
    mimes, most = HEADER_FILES[header.kind]
    if example.mime not in mimes:
        kinds = {
            HeaderKind.IMAGE: _("The example must be a JPEG or PNG picture."),
            HeaderKind.VIDEO: _("The example must be an MP4 video."),
            HeaderKind.DOCUMENT: _("The example must be a PDF."),
        }
        yield Problem(field, "type", kinds[header.kind])
    elif example.bytes > most:
        text = _("The example may have {most} MB at most.").format(most=most // MB)
        yield Problem(field, "too_large", text)


def _body_problems(content: Content) -> Iterator[Problem]:
    if not content.body.strip():
        yield Problem("body", "missing", _("Write the text of the message."))
        return
    yield from _too_long("body", content.body, MAX_BODY)
    yield from _variable_problems("body", content.body, content.named)
    yield from _ratio_problems(content.body)
    yield from _missing_examples("body.examples", content.body, content.body_examples)


def _footer_problems(footer: str) -> Iterator[Problem]:
    yield from _too_long("footer", footer, MAX_FOOTER)
    if "\n" in footer:
        yield Problem("footer", "line_break", _("A footer has one line."))
    if VARIABLE.search(footer):
        yield Problem("footer", "variable", _("A footer takes no variables."))


# --- Variables ------------------------------------------------------------------------------------------------


def _variable_problems(field: str, text: str, named: bool) -> Iterator[Problem]:
    """The first thing that is wrong with the variables of a text."""
    for code, breaks, words in _VARIABLE_RULES:
        if breaks(text, named):
            yield Problem(field, code, words())
            return


def _malformed(text: str, named: bool) -> bool:
    rest = VARIABLE.sub("", text)
    return "{{" in rest or "}}" in rest


def _mixed(text: str, named: bool) -> bool:
    numbered = [bool(POSITION.fullmatch(name)) for name in variables_in(text)]
    return any(numbered) and (named or not all(numbered))


def _misnamed(text: str, named: bool) -> bool:
    wanted = NAME if named else POSITION
    return not all(wanted.fullmatch(name) for name in VARIABLE.findall(text))


def _gapped(text: str, named: bool) -> bool:
    if named:
        return False
    return sorted(map(int, variables_in(text))) != list(range(1, len(variables_in(text)) + 1))


def _at_edge(text: str, named: bool) -> bool:
    places = [found.span() for found in VARIABLE.finditer(text.strip())]
    return bool(places) and (places[0][0] == 0 or places[-1][1] == len(text.strip()))


def _adjacent(text: str, named: bool) -> bool:
    places = [found.span() for found in VARIABLE.finditer(text)]
    pairs = itertools.pairwise(places)
    return any(not text[before[1] : after[0]].strip() for before, after in pairs)


_VARIABLE_RULES: tuple[tuple[str, Callable[[str, bool], bool], Callable[[], str]], ...] = (
    (
        "malformed_variable",
        _malformed,
        lambda: _("A variable is a name between two pairs of braces, such as {{first_name}}."),
    ),
    (
        "mixed_variables",
        _mixed,
        lambda: _("Give all variables names or all numbers: the two cannot be mixed."),
    ),
    (
        "variable_name",
        _misnamed,
        lambda: _("Name variables with small letters a–z, digits and underscores, beginning with a letter."),
    ),
    (
        "variable_gap",
        _gapped,
        lambda: _("Number variables from {{1}} on without leaving one out."),
    ),
    (
        "variable_at_edge",
        _at_edge,
        lambda: _("Put words before the first and after the last variable: WhatsApp takes none at the edge."),
    ),
    (
        "adjacent_variables",
        _adjacent,
        lambda: _("Put words between two variables: WhatsApp takes none side by side."),
    ),
)


def words_needed(variables: int) -> int:
    """Fixed words a text of so many variables must have. Meta does not publish its ratio; this is the one it is known
    to refuse below."""
    return 2 * variables + 1 if variables else 0


def _ratio_problems(text: str) -> Iterator[Problem]:
    variables = len(variables_in(text))
    missing = words_needed(variables) - fixed_words(text)
    if missing > 0:
        words = ngettext(
            "Too many variables for so short a text: write {count} more word, or use fewer variables.",
            "Too many variables for so short a text: write {count} more words, or use fewer variables.",
            missing,
        )
        yield Problem("body", "variable_ratio", words.format(count=missing))


def _missing_examples(field: str, text: str, examples: Mapping[str, str]) -> Iterator[Problem]:
    for name in variables_in(text):
        if not examples.get(name, "").strip():
            words = _("Give an example for {{{{{name}}}}}: Meta reviews the template with it.").format(
                name=name
            )
            yield Problem(f"{field}.{name}", "missing", words)


# --- Buttons --------------------------------------------------------------------------------------------------


def _buttons_problems(buttons: tuple[Button, ...]) -> Iterator[Problem]:
    if len(buttons) > MAX_BUTTONS:
        yield Problem("buttons", "too_many", _("A template takes ten buttons at most."))
    words = {
        ButtonKind.URL: _("A template takes two buttons with a web address at most."),
        ButtonKind.PHONE: _("A template takes one button that calls at most."),
        ButtonKind.COPY_CODE: _("A template takes one button that copies a code at most."),
    }
    for kind, most in MOST_OF_KIND.items():
        if sum(button.kind is kind for button in buttons) > most:
            yield Problem("buttons", f"too_many_{kind.value.lower()}", words[kind])
    quick = [button.kind is ButtonKind.QUICK_REPLY for button in buttons]
    if sum(before != after for before, after in itertools.pairwise(quick)) > 1:
        text = _("Put the quick replies together: either before all other buttons or after them.")
        yield Problem("buttons", "order", text)
    labels = [button.text.strip() for button in buttons]
    for index, button in enumerate(buttons):
        place = f"buttons.{index}"
        if button.kind is not ButtonKind.COPY_CODE:
            yield from _label_problems(f"{place}.text", button.text, labels[:index])
        yield from _BUTTON_RULES[button.kind](place, button)


def _label_problems(field: str, label: str, former: list[str]) -> Iterator[Problem]:
    if not label.strip():
        yield Problem(field, "missing", _("Write what stands on the button."))
        return
    yield from _too_long(field, label, MAX_LABEL)
    if "\n" in label or VARIABLE.search(label):
        yield Problem(field, "plain", _("The words on a button take no variables and no line breaks."))
    if label.strip() in former:
        yield Problem(field, "repeated", _("Two buttons cannot say the same."))


def _quick_reply_problems(place: str, button: Button) -> Iterator[Problem]:
    yield from ()


def _url_problems(place: str, button: Button) -> Iterator[Problem]:
    field = f"{place}.url"
    plain = button.url.removesuffix(URL_VARIABLE)
    address = _address(plain)
    if address is None:
        yield Problem(field, "invalid", _("Write a whole web address, beginning with https://."))
        return
    yield from _too_long(field, button.url, MAX_URL)
    if "{" in plain or "}" in plain:
        text = _("An address takes one variable, {{1}}, and only at its end.")
        yield Problem(field, "variable", text)
    elif address in _SHORT_HOSTS:
        text = _("Write the full address of the page: Meta refuses short links and wa.me.")
        yield Problem(field, "short_link", text)
    elif button.dynamic and not button.example.strip():
        text = _("Give an example of the address's end: Meta reviews the template with it.")
        yield Problem(f"{place}.example", "missing", text)


def _address(url: str) -> str | None:
    """The host of a web address; None where it is none."""
    try:
        parts = urlsplit(url.strip())
        host = parts.hostname or ""
    except ValueError:
        return None
    sound = parts.scheme in ("http", "https") and "." in host and not re.search(r"\s", url.strip())
    return host.lower().removeprefix("www.") if sound else None


def _phone_problems(place: str, button: Button) -> Iterator[Problem]:
    digits = re.sub(r"\D", "", button.phone)
    if not _PHONE.fullmatch(button.phone.strip()) or len(digits) < 6:
        text = _("Write a phone number with its country code, such as +886 2 2345 0000.")
        yield Problem(f"{place}.phone", "invalid", text)
        return
    yield from _too_long(f"{place}.phone", button.phone.strip(), MAX_PHONE)


def _code_problems(place: str, button: Button) -> Iterator[Problem]:
    if not button.example.strip():
        text = _("Give an example of the code: Meta reviews the template with it.")
        yield Problem(f"{place}.example", "missing", text)
        return
    yield from _too_long(f"{place}.example", button.example, MAX_CODE)


_BUTTON_RULES: Mapping[ButtonKind, Callable[[str, Button], Iterator[Problem]]] = {
    ButtonKind.QUICK_REPLY: _quick_reply_problems,
    ButtonKind.URL: _url_problems,
    ButtonKind.PHONE: _phone_problems,
    ButtonKind.COPY_CODE: _code_problems,
}


def _too_long(field: str, text: str, most: int) -> list[Problem]:
    over = len(text) - most
    if over <= 0:
        return []
    words = ngettext(
        "{count} character too long: {most} at most.", "{count} characters too long: {most} at most.", over
    )
    return [Problem(field, "too_long", words.format(count=over, most=most))]
