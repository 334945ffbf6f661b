from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from argparse import ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from broadcaster.embedded.environment import demo_environment
from broadcaster.embedded.errors import ServiceError
from broadcaster.embedded.launch import state_folder
from broadcaster.embedded.ports import require_free
from broadcaster.embedded.product import Product
from broadcaster.embedded.services import Services
from broadcaster.embedded.state import StateFolder
from broadcaster.embedded.supervisor import StopRequested, Supervisor

SIGN_INS = (
    ("owner@demo.test", "owner"),
    ("admin@demo.test", "admin"),
    ("manager@demo.test", "sales manager"),
    ("sales@demo.test", "salesperson, with the chats"),
    ("owner@other.test", "owner of another tenant"),
    ("sales@other.test", "salesperson of another tenant"),
)
PASSWORD = "demo-only"  # noqa: S105 (published on purpose; refused when DEBUG is off)
READY_S = 120


class Command(BaseCommand):
    help = (
        "Everything up with demo data: services, web, workers, scheduler, provider sandbox. Ctrl-C ends it."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--data-dir", help="what is kept between starts (default: DATA_DIR, else .data)")
        parser.add_argument("--port", type=_port, default=8000, help="pages, API, webhooks and events")
        parser.add_argument("--sandbox-port", type=_port, default=8001, help="the providers' imitation")
        parser.add_argument(
            "--throw-away", action="store_true", help="faster, and not safe on disk (for tests)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            state = state_folder(options["data_dir"])
            if not state.lock():
                address = state.environment().get("PUBLIC_URL", "")
                raise ServiceError(
                    f"{state.path} is in use by {state.holder}{address and f' at {address}'}. "
                    "Use that one, stop it, or choose another folder: --data-dir DIR."
                )
            require_free(options["port"], "--port")
            require_free(options["sandbox_port"], "--sandbox-port")
            self._run(state, options["port"], options["sandbox_port"], throw_away=options["throw_away"])
        except ServiceError as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error}. Is the disk full or the folder read-only?") from error

    def _run(self, state: StateFolder, port: int, sandbox_port: int, *, throw_away: bool) -> None:
        begun = time.monotonic()
        _start_new_logs(state)
        services = Services(state, throw_away=throw_away)
        with Supervisor(self._say) as supervisor:
            try:
                if state.data != state.path:
                    self._say(
                        f"the databases' account cannot reach {state.path}; their data are in {state.data}"
                    )
                addresses = services.start()
                for child in services.children:
                    supervisor.adopt(child)
                environment = demo_environment(state, port=port, sandbox_port=sandbox_port) | addresses
                state.write_environment(environment)
                self._say("PostgreSQL and Valkey are up")
                self._start_product(supervisor, Product(state, environment), port, sandbox_port)
                self._announce(state, environment, sandbox_port, time.monotonic() - begun)
                supervisor.watch()
            except StopRequested:
                self._say("stopping …")
        self._say(f"stopped; the data are kept in {state.data}")

    def _start_product(self, supervisor: Supervisor, product: Product, port: int, sandbox_port: int) -> None:
        local = f"http://127.0.0.1:{port}"
        supervisor.add(product.sandbox(sandbox_port))
        supervisor.run(*(product.step(name) for name in ("migrate", "compile_po", "build_css")))
        self._say("migrations, translations and style sheet are up to date")
        sandbox = f"http://127.0.0.1:{sandbox_port}/_sandbox/summary"
        supervisor.wait_until(lambda: _answers(sandbox), seconds=30, what="the sandbox")
        supervisor.run(product.step("seed_demo"))
        self._say("demo data are there")
        for child in (product.web(port), *product.workers(), product.scheduler()):
            supervisor.add(child)
        supervisor.wait_until(lambda: _answers(f"{local}/healthz"), seconds=READY_S, what="the product")

    def _announce(
        self, state: StateFolder, environment: dict[str, str], sandbox_port: int, seconds: float
    ) -> None:
        lines = [
            "",
            f"Broadcaster is ready after {seconds:.0f} s:  {environment['PUBLIC_URL']}",
            f"Customers' phones (provider sandbox):  http://127.0.0.1:{sandbox_port}/",
            f"Sign in with the password {PASSWORD} as",
            *(f"  {email:<20} {role}" for email, role in SIGN_INS),
            f"Data and logs: {state.path}.  Ctrl-C ends everything.",
            "",
        ]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

    def _say(self, line: str) -> None:
        self.stdout.write(f"· {line}")
        self.stdout.flush()


def _answers(url: str) -> bool:
    """Whether the address answers 200 with a JSON object."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310 (our own address)
            return response.status == 200 and isinstance(json.load(response), dict)
    except (OSError, urllib.error.URLError, ValueError):
        return False


def _start_new_logs(state: StateFolder) -> None:
    for log in state.logs.glob("*.log"):
        log.replace(log.with_suffix(".log.1"))


def _port(text: str) -> int:
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise ArgumentTypeError(f"{text} is no port (1 to 65535)")
    return int(text)
