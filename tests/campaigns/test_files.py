"""Files on their way to WhatsApp: uploaded once, sent by their id, and whatever can go wrong with that."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from campaigns.drafts import PartDraft
from campaigns.engine.finish import finish_campaigns
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.slice import run_slice
from campaigns.models import Recipient, Shard, Status
from campaigns.services import create_campaign
from channels.adapters.base import PartKind
from channels.media.provider_files import upload_once
from channels.models import ProviderFile
from tests.campaigns.test_engine import states
from tests.factories import MediaFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def picture(scoped, settings):
    settings.PUBLIC_URL = "https://shop.example"
    return MediaFactory()


def part(picture):
    return PartDraft(PartKind.IMAGE, media=picture.key)


def pictures(shop):
    rows = shop.providers.call("GET", "/_sandbox/journal").json()["results"]
    return [row["body"]["image"] for row in rows if row["body"].get("type") == "image"]


@pytest.mark.requirement("S2-18")
def test_a_picture_is_uploaded_once_and_sent_by_its_id(shop, picture):
    shop.chats(shop.whatsapp, 20)
    campaign = shop.send(shop.launch("Look", part(picture)))
    assert states(campaign) == {"accepted": 20}
    (row,) = ProviderFile.objects.all()
    assert pictures(shop) == [{"id": row.provider_media_id}] * 20
    assert shop.summary()["uploads"] == 1
    shop.send(shop.launch(part(picture)))
    assert (shop.summary()["uploads"], len(pictures(shop))) == (1, 40)


def test_a_file_about_to_be_dropped_by_the_provider_is_uploaded_anew(shop, picture):
    shop.chats(shop.whatsapp, 1)
    shop.send(shop.launch(part(picture)))
    ProviderFile.objects.update(expires_at=timezone.now() + timedelta(hours=1))
    shop.send(shop.launch(part(picture)))
    assert shop.summary()["uploads"] == 2


def test_an_upload_that_cannot_be_done_now_leaves_the_address(shop, picture):
    shop.chats(shop.whatsapp, 2)
    shop.scenario(error_rate=1.0, accepted_share=0.0)
    campaign = shop.launch(part(picture))
    shop.scenario(error_rate=0.0)
    assert states(shop.send(campaign)) == {"accepted": 2}
    assert {image["link"].partition("/m/")[0] for image in pictures(shop)} == {"https://shop.example"}


def test_an_upload_whose_worker_died_is_done_by_another(shop, picture):
    shop.chats(shop.whatsapp, 1)
    ProviderFile.objects.create(
        tenant=shop.tenant,
        channel=shop.whatsapp,
        media=picture,
        claimed_until=timezone.now() + timedelta(minutes=1),
    )
    campaign = create_campaign(shop.sales, shop.draft(part(picture)))
    prepare_campaigns()
    assert (shop.fresh(campaign).status, shop.summary()["uploads"]) == (Status.PREPARING, 0)
    ProviderFile.objects.update(claimed_until=timezone.now())
    prepare_campaigns()
    assert states(shop.send(shop.fresh(campaign))) == {"accepted": 1}
    assert shop.summary()["uploads"] == 1


@pytest.mark.requirement("D-14")
def test_a_file_that_is_no_longer_itself_fails_its_people_and_nobody_else(shop, picture):
    shop.chats(shop.whatsapp, 2)
    Path(picture.file.path).write_bytes(b"something else")
    campaign = shop.send(shop.launch("Look", part(picture), "Bye"))
    assert (campaign.status, states(campaign)) == (Status.COMPLETED, {"partial": 2})
    for person in Recipient.objects.all():
        assert (person.part_states, person.reason, person.provider_code) == (
            [3, 4, 0],
            "media_rejected",
            "file_changed",
        )
    assert shop.summary()["uploads"] == 0


def test_a_file_the_provider_refuses_fails_its_people_with_its_words(shop, picture):
    shop.chats(shop.whatsapp, 1)
    type(picture).objects.update(mime="image/tiff")
    picture.refresh_from_db()
    assert upload_once(shop.whatsapp, [picture])
    type(picture).objects.update(mime="image/png")
    campaign = shop.send(shop.launch(part(picture)))
    assert states(campaign) == {"failed": 1}
    person = Recipient.objects.get()
    assert (person.reason, person.provider_code) == ("media_rejected", "100")
    assert "must be a file with one of the following types" in person.provider_answer


def test_a_file_that_is_gone_at_the_provider_goes_by_its_address(shop, picture):
    shop.chats(shop.whatsapp, 3)
    campaign = shop.launch(part(picture))
    ProviderFile.objects.update(provider_media_id="12345")
    for _ in range(3):
        run_slice()
        Shard.objects.filter(state=0).update(due_at=timezone.now())
    finish_campaigns()
    assert states(shop.fresh(campaign)) == {"accepted": 3}
    assert all("link" in image for image in pictures(shop))
    assert not ProviderFile.objects.exists()
