"""The environment variables that embedded services and the demo hand to the settings."""

from __future__ import annotations

import os

from broadcaster.embedded.state import StateFolder

SERVICES = ("DATABASE_URL", "REDIS_URL")
PROVIDERS = ("LINE_API_URL", "LINE_DATA_API_URL", "GRAPH_API_URL", "INSTAGRAM_API_URL", "STRIPE_API_URL")
PAYMENTS = ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET")
NAMES = (*SERVICES, *PROVIDERS, *PAYMENTS, "DEBUG", "SECRET_KEYS", "PUBLIC_URL", "MEDIA_ROOT")
PLACEHOLDERS = {
    "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/nothing",
    "REDIS_URL": "redis://127.0.0.1:9",
    "SECRET_KEYS": "signs-nothing",
    "DEBUG": "on",
}


def placeholders() -> dict[str, str]:
    """Enough for the settings to load in a command that opens no connection of its own."""
    return {name: value for name, value in PLACEHOLDERS.items() if not os.environ.get(name)}


def chosen() -> dict[str, str]:
    """What the person who started us has set; it overrules whatever we would."""
    return {
        name: os.environ[name]
        for name in NAMES
        if os.environ.get(name) not in (None, "", PLACEHOLDERS.get(name))
    }


def demo_environment(state: StateFolder, *, port: int, sandbox_port: int) -> dict[str, str]:
    """The settings of a demo whose providers are the sandbox, without the addresses of its services."""
    return {
        "DEBUG": "true",
        "SECRET_KEYS": state.secret("secret-key"),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "MEDIA_ROOT": str(state.path / "media"),
        "DATA_DIR": str(state.path),
        **dict.fromkeys(PROVIDERS, f"http://127.0.0.1:{sandbox_port}"),
        **{name: state.secret(name.lower().replace("_", "-")) for name in PAYMENTS},
        **chosen(),
    }
