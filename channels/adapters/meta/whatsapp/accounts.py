"""WhatsApp: what a change of the account means for sending.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/account_update
"""

from __future__ import annotations

from channels.adapters.base import AccountState
from channels.adapters.parsing import Json

UPDATES = {
    "ACCOUNT_DELETED": AccountState.DISCONNECTED,
    "ACCOUNT_OFFBOARDED": AccountState.DISCONNECTED,
    "PARTNER_REMOVED": AccountState.DISCONNECTED,
    "PARTNER_APP_UNINSTALLED": AccountState.DISCONNECTED,
    "ACCOUNT_RECONNECTED": AccountState.CONNECTED,
}
BANS = {"DISABLE": AccountState.RESTRICTED, "REINSTATE": AccountState.CONNECTED}
SENDING_RESTRICTED = "RESTRICTED_BIZ_INITIATED_MESSAGING"


def account_state(field: str, value: Json) -> AccountState | None:
    """The state an account is in after a change of `field`; None where that says nothing about sending."""
    if field != "account_update":
        return None
    event = value.get("event")
    if event == "DISABLED_UPDATE":
        ban = value.get("ban_info")
        return BANS.get(str(ban.get("waba_ban_state"))) if isinstance(ban, dict) else None
    if event == "ACCOUNT_RESTRICTION":
        restricted = SENDING_RESTRICTED in str(value.get("restriction_info"))
        return AccountState.RESTRICTED if restricted else None
    return UPDATES.get(str(event))
