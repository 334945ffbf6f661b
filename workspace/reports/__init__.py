"""Statistics: what was sent, linked to and tapped in a period."""
