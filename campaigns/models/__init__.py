"""What is sent (`campaign`), to whom (`people`), how many stand where (`counts`), what was tapped (`links`), Meta's
bill for it (`bill`), and how it was tried before (`rehearsal`)."""

from campaigns.models.bill import BillLine, MetaBill
from campaigns.models.campaign import MAX_PARTS, Campaign, CampaignKind, OnUnsupported, Part, Status
from campaigns.models.counts import Counter, Moment
from campaigns.models.links import Click, Link
from campaigns.models.people import Attempt, DeliveryRank, PartState, Recipient, Shard, ShardState, State
from campaigns.models.rehearsal import Rehearsal

__all__ = [
    "MAX_PARTS",
    "Attempt",
    "BillLine",
    "Campaign",
    "CampaignKind",
    "Click",
    "Counter",
    "DeliveryRank",
    "Link",
    "MetaBill",
    "Moment",
    "OnUnsupported",
    "Part",
    "PartState",
    "Recipient",
    "Rehearsal",
    "Shard",
    "ShardState",
    "State",
    "Status",
]
