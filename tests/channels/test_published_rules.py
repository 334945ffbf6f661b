"""Whatever our adapters are asked to send, they build what the provider's reference has, or refuse."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.adapters import ADAPTERS
from channels.adapters.base import (
    PLAIN_KINDS,
    ChannelKind,
    Credentials,
    Outgoing,
    OutgoingMedia,
    OutgoingPart,
    PartKind,
    Unsupported,
)

from .published_rules import breaches

KINDS = [kind.value for kind in ADAPTERS]
CREDENTIALS = Credentials("106500700800900", "token", "secret")
RETRY_KEY = "7f3d1c5e-2b8a-4c1d-9e0f-5a6b7c8d9e0f"
PEOPLE = {
    "line": st.text("0123456789abcdef", min_size=32, max_size=32).map("U".__add__),
    "whatsapp": st.one_of(
        st.text(string.digits, min_size=8, max_size=15).map("+".__add__),
        st.text(string.ascii_uppercase + string.digits, min_size=10, max_size=30).map("TW.".__add__),
    ),
    "facebook": st.text(string.digits, min_size=10, max_size=20),
    "instagram": st.text(string.digits, min_size=10, max_size=20),
}
TEXTS = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
    st.builds(lambda letter, times: letter * times, st.sampled_from("a字🌸"), st.integers(0, 6000)),
)


def media(mimes):
    return st.builds(
        OutgoingMedia,
        url=st.just("https://shop.test/m/5f0c/file"),
        mime=st.sampled_from([*sorted(mimes) * 4, "image/heic"]),
        filename=st.text(max_size=20),
        preview_url=st.sampled_from(["https://shop.test/m/5f0c/preview.jpg", ""]),
        provider_media_id=st.sampled_from(["", "1037543291543636"]),
        duration_ms=st.integers(0, 10**7),
    )


def mostly_one(values, most):
    return st.one_of(values.map(lambda one: (one,)), st.lists(values, max_size=most).map(tuple))


def file_part(kind, part_kind):
    rule = ADAPTERS[ChannelKind(kind)].spec.media.get(part_kind)
    return st.builds(
        OutgoingPart,
        kind=st.just(part_kind),
        text=st.one_of(st.just(""), st.just(""), TEXTS),
        media=st.one_of(*[media(rule.mimes if rule else frozenset())] * 3, st.none()),
        template=st.none(),
    )


def outgoing(kind):
    text = st.builds(OutgoingPart, kind=st.just(PartKind.TEXT), text=TEXTS, template=st.none())
    file = st.sampled_from(PLAIN_KINDS).flatmap(lambda part_kind: file_part(kind, part_kind))
    part = st.one_of(text, file)
    return st.builds(
        Outgoing,
        to=mostly_one(PEOPLE[kind], most=4),
        parts=mostly_one(part, most=6),
        retry_key=st.sampled_from([RETRY_KEY, RETRY_KEY, RETRY_KEY, ""]),
        opaque_id=st.sampled_from(["9021.1.1", "", "9" * 1200]),
        reply_token=st.sampled_from(["", "0f3779fba3b349968c5d07db31eab56f"])
        if kind == "line"
        else st.just(""),
        quote_provider_id=st.sampled_from(["", "wamid.HBgLODg2OTEyMDAwMTEx"]),
        human_agent=st.booleans(),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_everything_that_can_be_built_follows_the_published_rules(kind):
    built = {part.value: 0 for part in PLAIN_KINDS}

    @settings(max_examples=300, deadline=None, derandomize=True)
    @given(outgoing(kind))
    def check(asked):
        try:
            request = ADAPTERS[ChannelKind(kind)].build(asked, CREDENTIALS)
        except Unsupported:
            return
        built[asked.parts[0].kind.value] += 1
        assert breaches(kind, request) == []

    check()
    assert built["text"] and built["image"] + built["video"] + built["audio"], (
        "the strategy must build something"
    )


@pytest.mark.parametrize("kind", KINDS)
def test_a_sound_part_of_every_kind_of_the_spec_can_be_built(kind):
    adapter = ADAPTERS[ChannelKind(kind)]
    person = {"line": "U3f1c9a0be27d4485a1c2e5f6079b8d34", "whatsapp": "+886912000111"}.get(
        kind, "7412589630147853"
    )
    for part_kind, rule in adapter.spec.media.items():
        for mime in sorted(rule.mimes):
            file = OutgoingMedia(
                "https://shop.test/a", mime, "a", preview_url="https://shop.test/p.jpg", duration_ms=1500
            )
            asked = Outgoing(
                (person,), (OutgoingPart(part_kind, media=file),), retry_key=RETRY_KEY, opaque_id="1.0.1"
            )
            assert breaches(kind, adapter.build(asked, CREDENTIALS)) == []


def test_the_rules_do_notice():
    adapter = ADAPTERS[ChannelKind.WHATSAPP]
    asked = Outgoing(("+886912000111",), (OutgoingPart(PartKind.TEXT, "您好"),), opaque_id="1.0.1")
    request = adapter.build(asked, CREDENTIALS)
    renamed = request._replace(body=request.body.replace(b'"preview_url"', b'"preview"'))
    assert breaches("whatsapp", renamed) == ["text has no preview"]
    assert breaches("whatsapp", request._replace(method="PUT")) == ["messages are posted"]
