"""Who listens to whom. `channels` sends one signal per class of event and never knows the receivers."""

from __future__ import annotations


def connect() -> None:
    """Connect the receivers; called once by the app registry."""
