"""Every kind of part over four channels: what preflight says of it is what each person gets."""

import pytest
from django.core.files.base import ContentFile
from django.utils.translation import override

from campaigns.affected import people_behind
from campaigns.drafts import PartDraft
from campaigns.engine.prepare import prepare_campaigns
from campaigns.errors import InvalidCampaign, NobodyReachable
from campaigns.models import Campaign, OnUnsupported, PartState, Recipient, State, Status
from campaigns.preflight import outlook, preflight
from campaigns.reports import counts_of
from campaigns.services import create_campaign
from channels.adapters.base import PartKind
from channels.media import store_upload
from tests.campaigns.test_meta_threads import connect  # noqa: F401  (fixture)
from tests.channels.media.film import film
from tests.channels.media.samples import PDF, office, picture

pytestmark = pytest.mark.django_db(transaction=True)
WORD = office("word")


@pytest.fixture
def people(shop, connect, settings):  # noqa: F811
    """Three people on LINE, four each on Messenger and Instagram, two on WhatsApp."""
    settings.PUBLIC_URL = "https://shop.test"  # the sandbox fetches from this machine only
    shop.chats(shop.line, 3)
    shop.chats(shop.whatsapp, 2)
    return {kind: connect(kind) for kind in ("facebook", "instagram")}


@pytest.fixture
def part(shop):
    """`part("video", film(), "spring.mp4")`: a part with that file."""

    def make(kind, data, name):
        media = store_upload(ContentFile(data), by=shop.sales, name=name)
        return PartDraft(PartKind(kind), media=media.key)

    return make


@pytest.fixture
def five(part):
    return (
        "Good morning",
        part("image", picture(), "coat.jpg"),
        part("video", film(), "spring.mp4"),
        part("file", PDF, "prices.pdf"),
        "See you",
    )


def texts(found):
    return {(line.code, line.channel): line.text for line in found.lines}


def kinds_by_channel(shop):
    """Channel → the kinds of message that arrived there, each person's in order; all people of it alike."""
    rows = shop.providers.call("GET", "/_sandbox/journal?limit=1000").json()["results"]
    found = {}
    for row in rows:
        kind = row["body"].get("type") or row["body"].get("attachment", {"type": "text"})["type"]
        found.setdefault((row["channel"], row["recipient"]), []).append(kind)
    by_channel = {}
    for (channel, _person), kinds in found.items():
        by_channel.setdefault(channel, set()).add(tuple(kinds))
    return by_channel


@pytest.mark.requirement("S2-19", "S2-20")
def test_each_line_names_the_message_and_the_rule_and_leaving_out_is_what_happens(shop, people, five):
    found = preflight(shop.sales, shop.draft(*five))
    assert texts(found) == {
        ("takes_all", "facebook"): "4 on Facebook Messenger get everything.",
        ("takes_all", "whatsapp"): "2 on WhatsApp get everything.",
        ("unsupported_part", "instagram"): (
            "4 on Instagram cannot take message 3 (video) and message 4 (file) and are left out."
            " Instagram takes videos only from the app. Instagram takes files only from the app."
        ),
        ("unsupported_part", "line"): (
            "3 on LINE cannot take message 4 (file) and are left out. LINE takes no files in broadcasts."
        ),
    }
    assert {line.channel: (line.parts, line.part, line.fixes) for line in found.lines if line.parts} == {
        "instagram": ((2, 3), 2, ("drop_part", "leave_out")),
        "line": ((3,), 3, ("drop_part", "leave_out")),
    }
    campaign = shop.send(shop.launch(*five))
    assert counts_of(campaign).completed == found.sendable == 6
    assert counts_of(campaign).skipped == found.total - found.sendable == 7
    assert set(Recipient.objects.filter(state=State.SKIPPED).values_list("channel__kind", "reason")) == {
        ("line", "unsupported_part"),
        ("instagram", "unsupported_part"),
    }
    assert set(kinds_by_channel(shop)) == {"facebook", "whatsapp"}


@pytest.mark.requirement("D-2", "D-3")
def test_dropping_parts_sends_each_person_exactly_what_their_channel_takes(shop, people, five):
    more = {"on_unsupported": OnUnsupported.DROP_PART}
    found = preflight(shop.sales, shop.draft(*five, **more))
    assert texts(found)["takes_some", "line"] == (
        "3 on LINE get everything but message 4 (file). LINE takes no files in broadcasts."
    )
    campaign = shop.send(shop.launch(*five, **more))
    assert counts_of(campaign).completed == found.sendable == found.total == 13
    assert kinds_by_channel(shop) == {
        "line": {("text", "image", "video", "text")},
        "facebook": {("text", "image", "video", "file", "text")},
        "instagram": {("text", "image", "text")},
        "whatsapp": {("text", "image", "video", "document", "text")},
    }
    assert shop.summary()["duplicates"] == 0
    dropped = Recipient.objects.filter(channel=shop.line).first()
    assert dropped.part_states[3] == PartState.DROPPED


@pytest.mark.requirement("D-3")
def test_each_channel_may_have_a_choice_of_its_own(shop, people, five):
    more = {"on_unsupported_by": {"instagram": OnUnsupported.DROP_PART.value}}
    found = preflight(shop.sales, shop.draft(*five, **more))
    assert {line.channel: line.code for line in found.lines} == {
        "facebook": "takes_all",
        "whatsapp": "takes_all",
        "instagram": "takes_some",
        "line": "unsupported_part",
    }
    campaign = shop.send(shop.launch(*five, **more))
    assert counts_of(campaign).completed == found.sendable == 10
    assert set(kinds_by_channel(shop)) == {"facebook", "whatsapp", "instagram"}


def test_a_channel_that_takes_none_of_the_messages_leaves_its_people_out_whatever_was_chosen(
    shop, people, part
):
    parts = (part("video", film(), "one.mp4"), part("file", PDF, "two.pdf"))
    more = {"on_unsupported": OnUnsupported.DROP_PART}
    found = preflight(shop.sales, shop.draft(*parts, **more))
    (line,) = [line for line in found.lines if line.channel == "instagram"]
    assert line.text.startswith("4 on Instagram can take none of the messages and are left out.")
    assert line.fixes == ("leave_out",)
    campaign = shop.send(shop.launch(*parts, **more))
    assert counts_of(campaign).skipped == 4
    assert set(kinds_by_channel(shop)) == {"line", "facebook", "whatsapp"}
    alone = [line.conversation for line in Recipient.objects.filter(reason="unsupported_part")]
    with pytest.raises(NobodyReachable):
        create_campaign(shop.sales, shop.draft(*parts, chats=alone, **more))


@pytest.mark.requirement("S2-48", "S2-49", "S2-51")
def test_from_the_app_instagram_takes_videos_and_pdf_files(shop, people, part, five):
    more = {"client": "app", "on_unsupported": OnUnsupported.DROP_PART}
    campaign = shop.send(shop.launch(*five, **more))
    assert counts_of(campaign).completed == 13
    assert kinds_by_channel(shop)["instagram"] == {("text", "image", "video", "file", "text")}
    assert kinds_by_channel(shop)["line"] == {("text", "image", "video", "text")}
    word = preflight(shop.sales, shop.draft("Hello", part("file", WORD, "prices.docx"), client="app"))
    assert texts(word)["unsupported_part", "instagram"].endswith(
        "Instagram takes files as PDF only; this is DOCX."
    )


@pytest.mark.parametrize(
    ("data", "name", "kind", "rule"),
    [
        (
            film(padding=17_000_000),
            "long.mp4",
            "whatsapp",
            "WhatsApp takes videos up to 16 MB; this has 17 MB.",
        ),
        (
            film(padding=26_000_000),
            "long.mp4",
            "facebook",
            "Facebook Messenger takes videos up to 25 MB; this has 26 MB.",
        ),
        (film(codec=b"hvc1"), "new.mp4", "whatsapp", "videos with pictures in H.264; this has H.265 (HEVC)."),
        (film(brand=b"qt  "), "apple.mov", "line", "LINE takes videos as MP4 only; this is MOV."),
    ],
)
def test_the_rule_a_video_breaks_is_named(shop, people, part, data, name, kind, rule):
    found = preflight(shop.sales, shop.draft("Hello", part("video", data, name)))
    assert texts(found)["unsupported_part", kind].endswith(rule)


def test_the_people_behind_a_refusal_are_found(shop, people, five):
    behind = people_behind(shop.sales, shop.draft(*five), "unsupported_part", "line", 10)
    assert {person.contact.channel for person in behind} == {shop.line}
    assert len(behind) == 3


def test_an_unfinished_message_keeps_the_numbers_of_the_others(shop, people, part):
    draft = shop.draft("", PartDraft(PartKind.VIDEO), part("file", PDF, "a.pdf"))
    found, faults = outlook(shop.sales, draft)
    assert [fault["field"] for fault in faults] == ["parts.0.text", "parts.1.media"]
    assert "cannot take message 3 (file) and are left out" in texts(found)["unsupported_part", "line"]
    assert "cannot take message 2 (video) and message 3" in texts(found)["unsupported_part", "instagram"]
    with pytest.raises(InvalidCampaign):
        preflight(shop.sales, draft)


def test_a_file_that_left_the_storage_is_missed_before_and_after_send(shop, people, part):
    video = part("video", film(), "spring.mp4")
    draft = shop.draft("Hello", video)
    campaign = create_campaign(shop.sales, draft)
    media = campaign.parts.get(position=1).media
    media.file.storage.delete(media.file.name)
    prepare_campaigns()
    campaign = Campaign.objects.get(pk=campaign.pk)
    assert (campaign.status, campaign.reason) == (Status.REFUSED, "invalid_campaign")
    assert shop.summary()["accepted"] == 0
    with pytest.raises(InvalidCampaign) as refused:
        create_campaign(shop.sales, draft)
    assert [(error["field"], error["code"]) for error in refused.value.errors] == [("parts.1.media", "gone")]


def test_a_file_of_another_kind_is_no_picture(shop, people, part):
    video = part("video", film(), "spring.mp4")
    with pytest.raises(InvalidCampaign) as refused:
        preflight(shop.sales, shop.draft(PartDraft(PartKind.IMAGE, media=video.media)))
    assert refused.value.errors[0]["code"] == "wrong_kind"


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans"])
def test_refusals_are_told_in_the_readers_language(shop, people, five, language):
    with override(language):
        line = texts(preflight(shop.sales, shop.draft(*five)))["unsupported_part", "instagram"]
    assert "cannot" not in line
    assert "only from" not in line
    assert "3" in line
