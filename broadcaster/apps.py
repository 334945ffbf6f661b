from django.apps import AppConfig


class BroadcasterConfig(AppConfig):
    """Wires the apps together once all of them are loaded."""

    name = "broadcaster"

    def ready(self) -> None:
        from broadcaster import wiring
        from tenants import heartbeat

        heartbeat.connect()
        wiring.connect()
