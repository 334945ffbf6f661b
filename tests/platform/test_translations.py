import gettext
import re

import polib
import pytest

from broadcaster import extraction, translations


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_no_two_areas_translate_one_text_differently(language):
    _whole, conflicts = translations.merged(language)
    assert conflicts == []


@pytest.mark.requirement("D-11")
@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_every_text_is_translated(language):
    missing = translations.missing(language, extraction.texts())
    assert [f"{text.place}: {text.msgid}" for text in missing] == []


@pytest.mark.parametrize("language", translations.LANGUAGES)
def test_translations_keep_every_placeholder_of_the_text(language):
    whole, _conflicts = translations.merged(language)
    wrong = [
        entry.msgid
        for entry in whole
        for translated in (entry.msgstr_plural.values() or [entry.msgstr])
        if not placeholders(translated) <= placeholders(entry.msgid) | placeholders(entry.msgid_plural)
    ]
    assert wrong == []


def placeholders(text):

    return set(re.findall(r"%\(\w+\)[sd]|\{\w*\}", text))


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project of one page and one module, with no translation yet."""
    (tmp_path / "templates/shop").mkdir(parents=True)
    (tmp_path / "templates/shop/page.html").write_text(
        "{% load i18n %}\n<div>\n   {% translate 'Hello' %}\n {% blocktranslate count n=n trimmed %}\n   One chat\n"
        "{% plural %}\n  {{ n }} chats\n{% endblocktranslate %}</div>"
    )
    (tmp_path / "tenants").mkdir()
    (tmp_path / "tenants/words.py").write_text(
        'from x import _, pgettext\n_("Hello")\npgettext("verb", "Order")\n'
    )
    monkeypatch.setattr(extraction, "ROOT", tmp_path)
    monkeypatch.setattr(translations, "LOCALE", tmp_path / "locale")
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    return tmp_path


def test_texts_are_found_in_code_and_templates(project):
    found = {(text.context, text.msgid, text.plural, text.area) for text in extraction.texts()}
    assert found == {
        (None, "Hello", None, "tenants"),
        ("verb", "Order", None, "tenants"),
        (None, "One chat", "%(n)s chats", "shop"),
    }


def test_what_is_missing_is_added_to_its_area_and_compiles_once_translated(project):
    folder = project / "locale/zh_Hant/LC_MESSAGES"
    folder.mkdir(parents=True)
    translations.add("zh_Hant", translations.missing("zh_Hant", extraction.texts()))
    for area in ("tenants", "shop"):
        catalogue = polib.pofile(str(folder / f"{area}.po"))
        for entry in catalogue:
            entry.msgstr = "" if entry.msgid_plural else f"[{entry.msgid}]"
            entry.msgstr_plural = {0: "%(n)s 則"} if entry.msgid_plural else {}
        catalogue.save()
    assert translations.missing("zh_Hant", extraction.texts()) == []
    assert translations.compile_all()["zh_Hant"] == 3
    with (folder / "django.mo").open("rb") as file:
        words = gettext.GNUTranslations(file)
    assert words.gettext("Hello") == "[Hello]"
    assert words.pgettext("verb", "Order") == "[Order]"
    assert words.ngettext("One chat", "%(n)s chats", 7) == "%(n)s 則"


def test_two_translations_of_one_text_are_named_with_their_files(project):
    folder = project / "locale/zh_Hant/LC_MESSAGES"
    folder.mkdir(parents=True)
    for area, word in (("a", "取消"), ("b", "撤銷")):
        catalogue = polib.POFile()
        catalogue.append(polib.POEntry(msgid="Cancel", msgstr=word))
        catalogue.save(str(folder / f"{area}.po"))
    whole, (conflict,) = translations.merged("zh_Hant")
    assert whole.find("Cancel").msgstr == "取消"
    assert "a.po" in conflict and "b.po" in conflict and "Cancel" in conflict
