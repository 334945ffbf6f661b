"""What a provider says about an account of ours, as the state of its channels."""

from __future__ import annotations

from collections.abc import Collection

from channels.adapters.base import AccountChange, AccountState, Reason
from channels.models import Channel, ChannelState

STATES: dict[AccountState, tuple[ChannelState, str]] = {
    AccountState.CONNECTED: (ChannelState.CONNECTED, ""),
    AccountState.DISCONNECTED: (ChannelState.DISCONNECTED, Reason.CHANNEL_DISCONNECTED.value),
    AccountState.RESTRICTED: (ChannelState.RESTRICTED, Reason.CHANNEL_RESTRICTED.value),
}


def apply_account_change(change: AccountChange, channel_ids: Collection[int]) -> bool:
    """Set the state of the account's channels; whether it says anything about it. Runs in the tenant's scope.

    A change older than the state a channel is in comes late and is left alone.
    """
    if change.state is None:
        return False
    state, reason = STATES[change.state]
    channels = Channel.objects.filter(pk__in=channel_ids, state_changed_at__lte=change.at)
    channels.update(state=state, state_reason=reason, state_changed_at=change.at)
    return True
