"""The texts people read: one `.po` file per area and language, merged into one `django.mo` per language.

    locale/zh_Hant/LC_MESSAGES/inbox.po + campaigns.po + …  ->  locale/zh_Hant/LC_MESSAGES/django.mo

The msgid is the English text. An area's file may be written by hand; `manage.py extract_po` adds what is missing.
"""

from __future__ import annotations

from pathlib import Path

import polib

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


def _compile(language: str) -> int:
    catalogue, _conflicts = merged(language)
    target = LOCALE / language / "LC_MESSAGES/django.mo"
    target.parent.mkdir(parents=True, exist_ok=True)
    catalogue.save_as_mofile(str(target))
    return len(catalogue)
