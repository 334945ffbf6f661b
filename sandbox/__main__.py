"""`python -m sandbox --port 8001 [--config FILE.json] [--state FILE.json]`."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path

import orjson
import uvloop

from sandbox.app import Sandbox
from sandbox.http import Connection


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox", description="Imitates the providers on loopback."
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001, help="0 takes any free port")
    parser.add_argument(
        "--config", type=Path, help="accounts as JSON: a list, as POST /_sandbox/accounts takes them"
    )
    parser.add_argument("--state", type=Path, help="file in which accounts and people outlive a restart")
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    sandbox = Sandbox(arguments.state)
    sandbox.world.load()
    if arguments.config:
        for description in orjson.loads(arguments.config.read_bytes()):
            sandbox.world.accounts.register(description)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: Connection(sandbox.handle), arguments.host, arguments.port, backlog=4096
    )
    port = server.sockets[0].getsockname()[1]
    sandbox.world.base_url = f"http://{arguments.host}:{port}"
    print(f"Provider sandbox on {sandbox.world.base_url}", flush=True)  # noqa: T201
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()
    sandbox.world.webhooks.reset()
    sandbox.world.client.close()
    sandbox.world.save()


def main() -> int:
    arguments = _arguments()
    try:
        uvloop.run(_serve(arguments))
    except OSError as error:
        print(f"sandbox: cannot listen on port {arguments.port}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
