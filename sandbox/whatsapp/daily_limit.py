"""How many people a number may begin with in a moving 24 hours, where a test has set its tier.

https://developers.facebook.com/docs/whatsapp/messaging-limits
"""

from sandbox.accounts import WhatsAppNumber
from sandbox.graph.errors import GraphError
from sandbox.world import World

DAY_S = 24 * 3600


def begin(world: World, number: WhatsAppNumber, person: int) -> None:
    """A template goes to this person. Raises GraphError where the number has begun with as many others as it may; who
    wrote within the day, or was begun with already, is none of them."""
    figure = number.tier.removeprefix("TIER_").replace("K", "000")
    known, now = world.people.known(person), world.now()
    if not figure.isdecimal() or (known is not None and known.wrote_within(DAY_S, now)):
        return
    begun = {who: at for who, at in world.begun.get(number.id, {}).items() if now - at < DAY_S}
    if person not in begun and len(begun) >= int(figure):
        raise GraphError(131048)
    world.begun[number.id] = begun | {person: now}
