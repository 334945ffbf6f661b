"""Echoes of broadcasts: on Messenger with our own id, on Instagram with nothing of ours."""

import pytest

from campaigns.engine.echoes import claim_echoes
from campaigns.models import State
from channels.adapters.base import Echo
from channels.signals import echoes
from conversations.models import Message
from tests.campaigns.threads import Thread
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "New arrivals are in"


@pytest.fixture
def messenger(scoped, sales, valkey):
    return Thread.start(ChannelFactory(kind="facebook", account_id="104857600012345"), sales)


@pytest.fixture
def instagram(scoped, sales, valkey):
    return Thread.start(ChannelFactory(kind="instagram", account_id="17841400123456789"), sales)


@pytest.mark.requirement("B-3")
def test_an_echo_with_our_id_settles_the_doubt(messenger, tenant):
    person = messenger.doubtful(TEXT)
    echo = messenger.echo(person, TEXT, opaque_id=f"{person.pk}.0.0")
    assert claim_echoes(tenant, [echo]) == ({echo}, set())
    person = messenger.fresh(person)
    assert (person.state, person.provider_ids, person.sent_at) == (State.ACCEPTED, ["m_1"], [echo.event.at])


def test_an_echo_may_overtake_the_answer(messenger, tenant):
    person, lease = messenger.sending(TEXT, "And one more")
    claim_echoes(tenant, [messenger.echo(person, TEXT, opaque_id=f"{person.pk}.0.0")])
    person = messenger.answered(person, lease, "m_1")
    assert (person.state, person.part, person.provider_ids) == (State.WAITING, 1, ["m_1", ""])


def test_an_id_of_another_person_or_installation_is_not_believed(messenger, tenant, sales):
    person = messenger.doubtful(TEXT)
    stranger = Thread.start(messenger.channel, sales, address="99")
    echo = stranger.echo(person, TEXT, opaque_id=f"{person.pk}.0.0")
    assert claim_echoes(tenant, [echo, stranger.echo(person, TEXT, opaque_id="1.2.3")]) == (set(), set())
    assert messenger.fresh(person).state == State.UNCONFIRMED


def test_on_messenger_the_same_words_prove_nothing(messenger, tenant):
    person = messenger.doubtful(TEXT)
    assert claim_echoes(tenant, [messenger.echo(person, TEXT)]) == (set(), set())
    assert messenger.fresh(person).state == State.UNCONFIRMED


def test_an_echo_that_overtakes_the_answer_waits_for_it(instagram, tenant):
    person, lease = instagram.sending(TEXT)
    echo = instagram.echo(person, TEXT)
    answers = echoes.send(Echo, tenant=tenant, received=[echo])
    assert [answer for _receiver, answer in answers] == [{echo}]
    assert not Message.objects.exists()

    instagram.answered(person, lease, "m_1")
    answers = echoes.send(Echo, tenant=tenant, received=[echo])
    assert [answer for _receiver, answer in answers] == [set()]
    person = instagram.fresh(person)
    assert (person.state, person.sent_at) == (State.ACCEPTED, [echo.event.at])
    assert not Message.objects.exists(), "a part of a broadcast is no message written elsewhere"


@pytest.mark.requirement("B-3")
def test_an_echo_without_our_id_settles_the_only_message_it_can_be(instagram, tenant):
    person = instagram.doubtful(TEXT)
    echo = instagram.echo(person, f"{TEXT} ")
    assert claim_echoes(tenant, [echo]) == ({echo}, set())
    person = instagram.fresh(person)
    assert (person.state, person.provider_ids) == (State.ACCEPTED, ["m_1"])


@pytest.mark.parametrize(
    ("text", "seconds", "kind"),
    [("Other words", 0.5, "text"), (TEXT, -60, "text"), (TEXT, 1200, "text"), (TEXT, 0.5, "image")],
    ids=["other words", "before it left", "long after", "another kind"],
)
def test_what_it_cannot_be_stays_in_doubt(instagram, tenant, text, seconds, kind):
    person = instagram.doubtful(TEXT)
    echo = instagram.echo(person, text, seconds=seconds, kind=kind)
    assert claim_echoes(tenant, [echo]) == (set(), set())
    assert instagram.fresh(person).state == State.UNCONFIRMED


def test_two_that_look_alike_settle_nothing(instagram, tenant):
    person = instagram.doubtful(TEXT)
    ours = instagram.echo(person, TEXT, provider_id="m_1")
    staff = instagram.echo(person, TEXT, provider_id="m_2", seconds=30)
    assert claim_echoes(tenant, [ours, staff]) == (set(), set())
    assert instagram.fresh(person).state == State.UNCONFIRMED


def test_what_staff_wrote_on_the_phone_stands_in_the_thread(instagram, tenant):
    person, lease = instagram.sending(TEXT)
    instagram.answered(person, lease, "m_1")
    staff = instagram.echo(person, "See you at six", provider_id="m_staff")
    assert [answer for _receiver, answer in echoes.send(Echo, tenant=tenant, received=[staff])] == [set()]
    assert [message.text for message in Message.objects.filter(author="app")] == ["See you at six"]
