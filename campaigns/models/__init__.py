"""What is sent (`campaign`), to whom (`people`), how many stand where (`counts`), and Meta's bill for it (`bill`)."""

from campaigns.models.bill import BillLine, MetaBill
from campaigns.models.campaign import MAX_PARTS, Campaign, CampaignKind, OnUnsupported, Part, Status
from campaigns.models.counts import Counter, Moment
from campaigns.models.people import Attempt, DeliveryRank, PartState, Recipient, Shard, ShardState, State

__all__ = [
    "MAX_PARTS",
    "Attempt",
    "BillLine",
    "Campaign",
    "CampaignKind",
    "Counter",
    "DeliveryRank",
    "MetaBill",
    "Moment",
    "OnUnsupported",
    "Part",
    "PartState",
    "Recipient",
    "Shard",
    "ShardState",
    "State",
    "Status",
]
