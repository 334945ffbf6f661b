"""The texts people read: one `.po` file per area and language, merged into one `django.mo` per language.

    locale/zh_Hant/LC_MESSAGES/inbox.po + campaigns.po + …  ->  locale/zh_Hant/LC_MESSAGES/django.mo

The msgid is the English text. An area's file may be written by hand; `manage.py extract_po` adds what is missing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import django
import polib

if TYPE_CHECKING:  # finding texts needs Babel, which production lacks
    from broadcaster.extraction import Text

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
LANGUAGES = ("zh_Hant", "zh_Hans")
METADATA = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}


class TranslationError(Exception):
    """A `.po` file cannot be read; the message says which and where."""


def compile_all() -> dict[str, int]:
    """Write every language's django.mo; how many texts each holds. Raises TranslationError."""
    return {language: _compile(language) for language in LANGUAGES}


def area_files(language: str) -> list[Path]:
    """The `.po` files of a language, one an area."""
    return sorted((LOCALE / language / "LC_MESSAGES").glob("*.po"))


def read(file: Path) -> polib.POFile:
    """Raises TranslationError, with line, where the file is not a `.po` file."""
    try:
        return polib.pofile(str(file), check_for_duplicates=True)
    except (OSError, ValueError) as error:
        raise TranslationError(f"{file.relative_to(ROOT)}: {error}") from error


def merged(language: str) -> tuple[polib.POFile, list[str]]:
    """All areas' translated texts in one catalogue (the first area wins), and a line for each disagreement."""
    whole, conflicts = polib.POFile(), []
    whole.metadata = METADATA | {"Language": language}
    places: dict[tuple[str | None, str], tuple[polib.POEntry, Path]] = {}
    for file in area_files(language):
        for entry in read(file):
            if not entry.translated():  # fuzzy and obsolete ones too
                continue
            first, where = places.setdefault((entry.msgctxt, entry.msgid), (entry, file))
            if first is entry:
                whole.append(entry)
            elif (first.msgstr, first.msgstr_plural) != (entry.msgstr, entry.msgstr_plural):
                conflicts.append(
                    f"{language}: “{entry.msgid}” is translated differently in {where.name} and {file.name}; "
                    "agree on one, or tell them apart with a context (msgctxt)."
                )
    return whole, conflicts


def missing(language: str, texts: Iterable[Text]) -> list[Text]:
    """Those of the texts that no area of the language has translated, nor Django itself."""
    whole, _conflicts = merged(language)
    translated = {(entry.msgctxt, entry.msgid) for entry in whole} | _djangos_own(language)
    return [text for text in texts if (text.context, text.msgid) not in translated]


def add(language: str, texts: Iterable[Text]) -> None:
    """Put the texts, untranslated, into the `.po` files of their areas."""
    for text in texts:
        file = LOCALE / language / "LC_MESSAGES" / f"{text.area}.po"
        catalogue = read(file) if file.exists() else polib.POFile()
        if not file.exists():
            catalogue.metadata = METADATA | {"Language": language}
        if catalogue.find(text.msgid, msgctxt=text.context or False):
            continue
        entry = polib.POEntry(
            msgctxt=text.context, msgid=text.msgid, occurrences=[tuple(text.place.split(":"))]
        )
        if text.plural:
            entry.msgid_plural, entry.msgstr_plural = text.plural, {0: ""}
        catalogue.append(entry)
        catalogue.save(str(file))


def _djangos_own(language: str) -> set[tuple[str | None, str]]:
    file = Path(django.__file__).parent / "conf/locale" / language / "LC_MESSAGES/django.po"
    return {(entry.msgctxt, entry.msgid) for entry in polib.pofile(str(file)) if entry.translated()}


def _compile(language: str) -> int:
    catalogue, _conflicts = merged(language)
    target = LOCALE / language / "LC_MESSAGES/django.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save_as_mofile(str(target))
    return len(catalogue)
