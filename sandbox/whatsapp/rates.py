"""The sandbox's own rate card, US dollars a delivered message: what public copies of Meta's say since October 2026."""

from decimal import Decimal

MARKETS = {
    "Rest of Asia Pacific": ("TW", "HK", "CN", "SG", "TH", "JP"),
    "Malaysia": ("MY",),
    "Indonesia": ("ID",),
    "India": ("IN",),
    "North America": ("US", "CA"),
    "Brazil": ("BR",),
    "United Kingdom": ("GB",),
    "Mexico": ("MX",),
}
# Marketing; utility, authentication and service cost the same.
RATES = {
    "Rest of Asia Pacific": ("0.0842", "0.0113"),
    "Malaysia": ("0.0860", "0.0140"),
    "Indonesia": ("0.0411", "0.0250"),
    "India": ("0.0118", "0.0014"),
    "North America": ("0.0250", "0.0034"),
    "Brazil": ("0.0625", "0.0068"),
    "United Kingdom": ("0.0529", "0.0220"),
    "Mexico": ("0.0397", "0.0085"),
}
_MARKET_OF = {country: market for market, countries in MARKETS.items() for country in countries}


def cost(country: str, category: str) -> Decimal:
    """Of one message; elsewhere in the world as in Asia."""
    marketing, others = RATES[_MARKET_OF.get(country, "Rest of Asia Pacific")]
    return Decimal(marketing if category == "MARKETING" else others)
