"""Every time and size the engine works with, in one place. Fault runs shrink the times by ENGINE_TIME_SCALE."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Times:
    """Seconds. slice < hard limit of the task < lease: whoever is cut off has lost the lease before it is given on."""

    scale: float

    @property
    def slice(self) -> float:
        return 30 * self.scale

    @property
    def hard_limit(self) -> float:
        return 75 * self.scale

    @property
    def lease(self) -> float:
        return 120 * self.scale

    @property
    def sweep(self) -> float:
        return 15 * self.scale

    @property
    def answer(self) -> float:
        """Longest wait for a provider's answer: what began before the deadline must end before the hard limit."""
        return min(float(settings.PROVIDER_TIMEOUT_S), 40 * self.scale)

    @property
    def retry_key_life(self) -> float:
        """How long LINE's retry keys may be used again: LINE remembers 24 h, we stop an hour before."""
        return 23 * 3600 * self.scale

    def backoff(self, tries: int) -> float:
        """Wait before the next try after `tries` failed ones: 2 s, 4 s, … up to 5 minutes."""
        return float(min(2**tries, 300)) * self.scale

    def own_pause(self, tries: int) -> float:
        """Wait of one person whom the provider wants left alone for a while: 4 s, 16 s, 64 s … up to 5 minutes, as
        WhatsApp advises for its limit of messages to one person."""
        return self.backoff(2 * tries)


def times() -> Times:
    return Times(settings.ENGINE_TIME_SCALE)


SHARD_PEOPLE: int = settings.SHARD_PEOPLE
PREPARE_CHUNK: int = settings.PREPARE_CHUNK  # chats per transaction
CHANNELS_PER_SLICE = 16
MAX_TRIES = 5  # for requests that surely did not arrive
SMALLEST_WINDOW = 16
WINDOW_SECONDS = 0.1  # a window is at least what may leave in that time
LARGEST_WINDOW = 500  # requests in flight per channel: what a crash leaves in doubt
BREAKER_SAMPLE = 50  # of the last so many answers …
BREAKER_SHARE = 0.2  # … this share failing for the channel's sake pauses the campaign
LOST_SHARE = 0.5  # … and this share lost slows the channel down
