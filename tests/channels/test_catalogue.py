"""Plain causes and cures, complete and in three languages."""

from __future__ import annotations

from pathlib import Path

import polib
import pytest
from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import override

from channels.adapters.base import ChannelKind, Reason
from channels.adapters.meta.whatsapp.codes import WHATSAPP_CODES
from channels.catalogue import PROVIDER_CODES, REASONS, WHATSAPP_UNDELIVERABLE, explain

EVERY = [*REASONS.values(), *PROVIDER_CODES.values(), WHATSAPP_UNDELIVERABLE]


def test_every_reason_is_explained():
    assert set(REASONS) == set(Reason)


@pytest.mark.requirement("S0-20", "S0-21", "S0-22")
def test_an_undeliverable_whatsapp_message_has_its_name_and_four_explanations():
    with override("en"):
        explanation = explain(Reason.RECIPIENT_UNAVAILABLE, ChannelKind.WHATSAPP, "131026")
        assert str(explanation.title) == "Message Undeliverable"
        assert [str(cause) for cause in explanation.causes] == [
            "This phone has blocked messages from strangers",
            "The number is not a WhatsApp number",
            "The recipient has not accepted WhatsApp's new terms of service and privacy policy",
            "The recipient uses an old version of WhatsApp",
        ]


@pytest.mark.requirement("S0-23", "S0-24", "S0-26")
@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["One of these four", "does not say which", "terms of service", "old version"]),
        ("zh-hant", ["四項原因之一", "沒有說明", "陌生", "不是 WhatsApp", "服務條款", "舊版"]),
        ("zh-hans", ["四项原因之一", "没有说明", "陌生", "不是 WhatsApp", "服务条款", "旧版"]),
    ],
)
def test_it_is_told_as_one_of_four_in_the_readers_language(language, words):
    with override(language):
        cause = explain("undeliverable", "whatsapp", "131026").cause
    assert all(word in cause for word in words), cause
    assert all(f"({n})" in cause for n in (1, 2, 3, 4))


@pytest.mark.requirement("S0-25")
def test_a_reason_of_another_version_is_still_explained():
    assert explain("struck_by_lightning", "line", "999") is REASONS[Reason.UNEXPECTED_RESPONSE]


def test_a_providers_code_says_more_only_for_that_provider():
    assert explain(Reason.TEMPLATE_UNAVAILABLE, "whatsapp", "132015") is PROVIDER_CODES["whatsapp", "132015"]
    assert explain(Reason.TEMPLATE_UNAVAILABLE, "line", "132015") is REASONS[Reason.TEMPLATE_UNAVAILABLE]


def test_exact_codes_are_codes_the_adapter_knows():
    assert {int(code) for kind, code in PROVIDER_CODES if kind == "whatsapp"} <= set(WHATSAPP_CODES)


@pytest.mark.parametrize("language", ["zh_Hant", "zh_Hans"])
def test_every_text_is_translated(language):
    path = Path(settings.ROOT) / "locale" / language / "LC_MESSAGES" / "catalogue.po"
    translated = {entry.msgid: entry.msgstr for entry in polib.pofile(str(path)) if entry.msgstr}
    with override("en"):
        texts = {
            str(text)
            for explanation in EVERY
            for text in (explanation.title, explanation.cure, explanation.preface, *explanation.causes)
            if isinstance(text, Promise)
        } | {"; "}
    assert texts == set(translated), "missing or no longer used"
