"""The words of preflight's lines, in every language."""

import pytest
from django.utils.translation import override

from campaigns.classify import Rule
from campaigns.content import Content
from campaigns.lines import TAKES_ALL, TAKES_MISSING, outcome_lines
from channels.models import Channel
from templates_app.models import Template


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["1 on WhatsApp gets the template.", "2 on WhatsApp get the template."]),
        ("zh-hant", ["WhatsApp：1 人會收到範本訊息。", "WhatsApp：2 人會收到範本訊息。"]),
        ("zh-hans", ["WhatsApp：1 人会收到模板消息。", "WhatsApp：2 人会收到模板消息。"]),
    ],
)
@pytest.mark.parametrize("good", ["", TAKES_MISSING])
def test_of_a_template_everybody_gets_the_template(language, words, good):
    rules = {7: Rule(Channel(pk=7, kind="whatsapp"), "", False, (0,))}
    content = Content((), {}, {}, (), template=Template())
    with override(language):
        found = [outcome_lines({(7, ""): count}, rules, content, good) for count in (1, 2)]
    assert [(line.code, line.text) for (line,) in found] == [(good or TAKES_ALL, text) for text in words]
