"""What a provider says about an account of ours, as the state of its channels."""

from __future__ import annotations

from collections.abc import Collection

from channels.adapters.base import AccountChange, Reason
from channels.models import Channel, ChannelState

State = tuple[ChannelState, str]  # and the Reason, "" where it is well

CONNECTED: State = ChannelState.CONNECTED, ""
DISCONNECTED: State = ChannelState.DISCONNECTED, Reason.CHANNEL_DISCONNECTED.value
RESTRICTED: State = ChannelState.RESTRICTED, Reason.CHANNEL_RESTRICTED.value

# https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/account_update
ACCOUNT_UPDATES: dict[str, State] = {
    "ACCOUNT_DELETED": DISCONNECTED,
    "ACCOUNT_OFFBOARDED": DISCONNECTED,
    "PARTNER_REMOVED": DISCONNECTED,
    "PARTNER_APP_UNINSTALLED": DISCONNECTED,
    "ACCOUNT_RECONNECTED": CONNECTED,
}
BANS: dict[str, State] = {"DISABLE": RESTRICTED, "REINSTATE": CONNECTED}
SENDING_RESTRICTED = "RESTRICTED_BIZ_INITIATED_MESSAGING"

# https://developers.line.biz/en/reference/messaging-api/#webhook-event-objects
LINE_CHANGES: dict[str, State] = {"botSuspended": RESTRICTED, "botResumed": CONNECTED}


def apply_account_change(change: AccountChange, channel_ids: Collection[int]) -> bool:
    """Set the state of the account's channels; whether it says anything about it. Runs in the tenant's scope.

    A change older than the state a channel is in comes late and is left alone.
    """
    state = _state(change)
    if state is None:
        return False
    channels = Channel.objects.filter(pk__in=channel_ids, state_changed_at__lte=change.at)
    channels.update(state=state[0], state_reason=state[1], state_changed_at=change.at)
    return True


def _state(change: AccountChange) -> State | None:
    if change.change != "account_update":
        return LINE_CHANGES.get(change.change)
    event = change.values.get("event")
    if event == "DISABLED_UPDATE":
        ban = change.values.get("ban_info")
        return BANS.get(str(ban.get("waba_ban_state"))) if isinstance(ban, dict) else None
    if event == "ACCOUNT_RESTRICTION":
        return RESTRICTED if SENDING_RESTRICTED in str(change.values.get("restriction_info")) else None
    return ACCOUNT_UPDATES.get(str(event))
