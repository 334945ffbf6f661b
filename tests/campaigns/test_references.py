"""What recipients refer to stays, though the database holds no foreign key of theirs (docs/adr/0020)."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.db.models import ProtectedError

from campaigns.engine import prepare
from campaigns.models import Attempt, Campaign, Counter, Recipient, Shard
from channels.models import Channel
from conversations.models import Contact, Conversation
from tenants.models import Tenant
from tests.campaigns.threads import Thread
from tests.factories import ChannelFactory, ContactFactory, RecipientFactory

pytestmark = pytest.mark.django_db(transaction=True)
HELD = (Tenant, Campaign, Channel, Shard, Attempt, Contact, Conversation)


@pytest.fixture
def thread(scoped, sales):
    return Thread.start(ChannelFactory(kind="facebook"), sales)


@pytest.fixture
def recipient(thread, now):
    found = thread.launch("Hello")
    places = {"tenant": found.tenant, "campaign": found.campaign, "channel": found.channel}
    found.attempt = Attempt.objects.create(
        **places, shard=found.shard, key="0" * 32, body_hash=b"", people=1, first_sent_at=now
    )
    found.save(update_fields=["attempt"])
    return found


def delete(model, key):
    """As somebody would by hand; foreign keys are asked at once."""
    table, column = model._meta.db_table, model._meta.pk.column
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"DELETE FROM {table} WHERE {column} = %s", [key])  # noqa: S608


@pytest.mark.parametrize("model", HELD, ids=lambda model: model.__name__)
def test_nothing_that_a_recipient_refers_to_can_be_deleted(recipient, model):
    key = recipient.tenant_id if model is Tenant else getattr(recipient, model.__name__.lower()).pk
    with pytest.raises(IntegrityError):
        delete(model, key)
    if model is not Attempt:  # Django would leave the recipient without one
        with pytest.raises(ProtectedError):
            model.objects.get(pk=key).delete()
    assert model.objects.filter(pk=key).exists()


def test_shards_attempts_and_people_are_held_by_the_recipients_alone(recipient):
    """Nothing else refers to these rows any more, so nothing else can have refused."""
    Attempt.objects.all().update(shard=Shard.objects.create(**counted(recipient)))
    lonely = RecipientFactory(contact=ContactFactory(channel=recipient.channel), campaign=recipient.campaign)
    for model, key, column in (
        (Shard, recipient.shard_id, "shard_id"),
        (Attempt, recipient.attempt_id, "attempt_id"),
        (Contact, lonely.contact_id, "contact_id"),
        (Conversation, recipient.conversation_id, "conversation_id"),
    ):
        with pytest.raises(IntegrityError, match=f"campaigns_recipient.{column} refers to rows of"):
            delete(model, key)


def test_what_nobody_refers_to_goes(thread):
    stranger = ContactFactory(channel=thread.channel)
    delete(Contact, stranger.pk)
    assert not Contact.objects.filter(pk=stranger.pk).exists()


def test_campaign_channel_and_tenant_of_every_recipient_are_held_by_a_counter(recipient):
    places = Recipient.objects.values_list("tenant", "campaign", "channel")
    assert set(places) == set(Counter.objects.values_list("tenant", "campaign", "channel"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(DISTINCT confrelid::regclass::text) FROM pg_constraint"
            " WHERE contype = 'f' AND conrelid = 'campaigns_counter'::regclass"
        )
        assert set(cursor.fetchone()[0]) == {"campaigns_campaign", "channels_channel", "tenants_tenant"}


@pytest.mark.parametrize("model", [Contact, Conversation], ids=lambda model: model.__name__)
def test_a_deletion_waits_for_recipients_being_written(thread, monkeypatch, model):
    """Of the person in a chunk that is written and not committed, which the deletion cannot see yet."""
    key = thread.contact.pk if model is Contact else thread.conversation.pk
    refused = []

    def delete_meanwhile(place):
        if place == "prepare.chunk_written":
            with ThreadPoolExecutor(1) as pool:
                refused.append(pool.submit(impatient, model, key).result())

    monkeypatch.setattr(prepare, "reached", delete_meanwhile)
    recipient = thread.launch("Hello")
    assert refused == [True]
    assert (recipient.contact, recipient.conversation) == (thread.contact, thread.conversation)


def impatient(model, key):
    """Whether a deletion, on a connection of its own, gave up waiting for a lock."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        delete(model, key)
    except OperationalError as error:
        return "lock timeout" in str(error)
    else:
        return False
    finally:
        connection.close()


def counted(recipient):
    return {"tenant": recipient.tenant, "campaign": recipient.campaign, "channel": recipient.channel}
