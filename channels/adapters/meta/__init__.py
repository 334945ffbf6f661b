"""The channels of Meta's Graph API. What they share is in `graph`."""
