"""Webhooks: the door, absorption, and both beside sending."""
