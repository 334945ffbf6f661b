"""What a channel takes and when: pictures, web chat, and a channel that is switched off."""

import pytest

from campaigns.drafts import PartDraft
from campaigns.engine.slice import run_slice
from campaigns.errors import NobodyReachable
from campaigns.models import Campaign, Status
from campaigns.preflight import preflight
from campaigns.reports import counts_of
from campaigns.services import continue_held, create_campaign
from channels.adapters.base import PartKind
from channels.models import ProviderFile
from channels.services import set_enabled
from tests.factories import (
    ChannelFactory,
    ContactFactory,
    ConversationFactory,
    CustomerFactory,
    MediaFactory,
    SavedReplyFactory,
)
from tests.sandbox.conftest import INSTAGRAM, PAGE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.requirement("S1-17")
def test_a_picture_and_a_text_reach_everybody_on_both_channels(shop, settings):
    settings.PUBLIC_URL = "https://shop.example"
    shop.chats(shop.line, 2)
    shop.chats(shop.whatsapp, 2)
    picture = MediaFactory(preview="preview.jpg", mime="image/jpeg", extension=".jpg")
    campaign = shop.send(shop.launch(PartDraft(PartKind.IMAGE, media=picture.key), "New in the shop"))
    assert campaign.status == Status.COMPLETED
    assert counts_of(campaign).completed == 4
    journal = shop.providers.call("GET", "/_sandbox/journal").json()["results"]
    bodies = {}
    for row in journal:
        bodies.setdefault(row["recipient"], []).append(row["body"]["type"])
    assert list(bodies.values()) == [["image", "text"]] * 4
    images = [str(row["body"]) for row in journal if row["body"]["type"] == "image"]
    uploaded = ProviderFile.objects.get(media=picture).provider_media_id
    assert sum(f"https://shop.example/m/{picture.key}/" in body for body in images) == 2  # LINE fetches it
    assert sum(uploaded in body for body in images) == 2  # WhatsApp was given it once


@pytest.mark.requirement("S2-6", "S2-17", "S2-18")
def test_emoji_and_picture_reach_people_on_all_four_channels_in_one_broadcast(shop, settings):
    everybody_gets_emoji_and_picture(shop, settings, written_in="web")


@pytest.mark.requirement("S2-47")
def test_the_app_sends_pictures_to_all_four_channels_too(shop, settings):
    everybody_gets_emoji_and_picture(shop, settings, written_in="app")


def everybody_gets_emoji_and_picture(shop, settings, *, written_in):
    settings.PUBLIC_URL = "https://shop.example"
    settings.PROVIDER_URLS |= {"instagram": settings.PROVIDER_URLS["graph"]}
    shop.chats(shop.line, 2)
    shop.chats(shop.whatsapp, 2)
    threads = ((PAGE, "page_id", "facebook"), (INSTAGRAM, "ig_id", "instagram"))
    for n, (account, name, kind) in enumerate(threads):
        channel = ChannelFactory(kind=kind, account_id=account[name], access_token=account["access_token"])
        for person in range(2):
            contact = ContactFactory(channel=channel, address=f"74125896301478{n}{person}")
            ConversationFactory(channel=channel, contact=contact, assignee=shop.sales)
    picture = MediaFactory(preview="preview.jpg", mime="image/jpeg", extension=".jpg")
    parts = ("Spring is here 🌸", PartDraft(PartKind.IMAGE, media=picture.key))
    campaign = shop.send(shop.launch(*parts, client=written_in))
    assert (campaign.status, campaign.total) == (Status.COMPLETED, 8)
    assert counts_of(campaign).completed == 8
    reached = {}
    for row in shop.providers.call("GET", "/_sandbox/journal").json()["results"]:
        reached.setdefault((row["channel"], row["recipient"]), []).append(str(row["body"]))
    assert sorted(channel for channel, _person in reached) == sorted(
        ["line", "whatsapp", "facebook", "instagram"] * 2
    )
    uploaded = ProviderFile.objects.get(media=picture).provider_media_id
    for text, image in reached.values():
        assert "🌸" in text
        assert picture.key in image or uploaded in image
    assert shop.summary()["duplicates"] == 0


@pytest.mark.requirement("S2-7")
def test_web_chat_is_named_and_left_out(shop):
    chat = ConversationFactory(channel=ChannelFactory(kind="web", name="Shop page"), assignee=shop.sales)
    draft = shop.draft("Hello", chats=[chat])
    (line,) = preflight(shop.sales, draft).lines
    assert (line.code, line.count) == ("unsupported_part", 1)
    assert "web chat" in line.text.lower()
    with pytest.raises(NobodyReachable):
        create_campaign(shop.sales, draft)
    assert not Campaign.objects.exists()


@pytest.mark.requirement("S4-23")
def test_nothing_leaves_through_a_channel_from_the_moment_it_is_off(shop, admin):
    shop.chats(shop.whatsapp, 3)
    campaign = shop.launch("Hello")
    set_enabled(shop.whatsapp, False, by=admin)
    assert run_slice() is False
    assert shop.summary()["accepted"] == 0
    set_enabled(shop.whatsapp, True, by=admin)
    assert run_slice() is False  # a member says that it goes on
    continue_held(campaign, shop.sales, shop.whatsapp)
    assert counts_of(shop.send(campaign)).completed == 3


@pytest.mark.requirement("S2-21", "S2-24", "S2-50")
@pytest.mark.parametrize("written_in", ["web", "app"])
def test_a_saved_reply_reaches_people_on_all_four_channels(shop, settings, sign_in, written_in):
    """As the picker hands it to the composer: its text with the variables in it, its picture by its key."""
    settings.PUBLIC_URL = "https://shop.example"
    settings.PROVIDER_URLS |= {"instagram": settings.PROVIDER_URLS["graph"]}
    shop.chats(shop.line, 1)
    shop.chats(shop.whatsapp, 1)
    threads = ((PAGE, "page_id", "facebook"), (INSTAGRAM, "ig_id", "instagram"))
    for n, (account, name, kind) in enumerate(threads):
        channel = ChannelFactory(kind=kind, account_id=account[name], access_token=account["access_token"])
        contact = ContactFactory(
            channel=channel, address=f"741258963014{n}801", customer=CustomerFactory(name="Mei")
        )
        ConversationFactory(channel=channel, contact=contact, assignee=shop.sales)
    picture = MediaFactory(preview="preview.jpg", mime="image/jpeg", extension=".jpg")
    reply = SavedReplyFactory(text="Dear {{ name|friend }}, see you soon.", media=picture)
    picked = sign_in(shop.sales).get(f"/saved-replies/{reply.pk}/use/").json()
    parts = (
        PartDraft(PartKind(picked["media"]["kind"]), media=picked["media"]["media"]),
        PartDraft(PartKind.TEXT, picked["text"]),
    )
    reply.delete()  # what was inserted stays
    campaign = shop.send(shop.launch(*parts, client=written_in))
    assert (campaign.status, campaign.total, counts_of(campaign).completed) == (Status.COMPLETED, 4, 4)
    reached = {}
    for row in shop.providers.call("GET", "/_sandbox/journal").json()["results"]:
        reached.setdefault(row["channel"], []).append(str(row["body"]))
    assert sorted(reached) == ["facebook", "instagram", "line", "whatsapp"]
    for kind, (image, text) in reached.items():
        assert (
            "'id'" in image if kind == "whatsapp" else picture.key in image
        )  # uploaded once, or by its address
        assert "Dear Mei, see you soon." in text
