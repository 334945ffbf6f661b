"""The provider of the benchmarks: a raw asyncio protocol on uvloop that reads a request and answers it.

    python -m bench.sink [--latency MS] [--ceiling N] [--certificate FILE]

WhatsApp's path gets one message id, LINE's push as many as it has messages, its multicast none. `--ceiling`: requests
a second that each account (its path) is granted, the rest is answered 429 with code 130429. GET /counts tells per path
how many were accepted and refused, and when the first and last one came. Nothing is parsed but the head's length.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import ssl
import time
from typing import cast

import uvloop

REFUSED = json.dumps({"error": {"message": "Rate limit hit", "code": 130429, "fbtrace_id": "A"}}).encode()
MULTICAST = b"/v2/bot/message/multicast"
_serial = itertools.count(1)


class Account:
    """What came to one path. The ceiling is a bucket of one tenth of a second's worth."""

    def __init__(self, ceiling: float) -> None:
        self.ceiling = ceiling
        self.tokens = self.burst = max(1.0, ceiling / 10)
        self.accepted = self.refused = 0
        self.first = self.at = time.monotonic()

    def grants(self) -> bool:
        now = time.monotonic()
        if self.ceiling:
            self.tokens = min(self.burst, self.tokens + (now - self.at) * self.ceiling)
        if not self.accepted:
            self.first = now
        self.at = now
        if self.ceiling and self.tokens < 1:
            self.refused += 1
            return False
        self.tokens -= 1
        self.accepted += 1
        return True


class Sink(asyncio.Protocol):
    accounts: dict[bytes, Account] = {}
    latency = ceiling = 0.0
    slow: dict[bytes, float] = {}  # seconds by path
    broken: set[bytes] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.loop = asyncio.get_running_loop()
        self.data = b""

    def data_received(self, data: bytes) -> None:
        self.data += data
        while (end := self.data.find(b"\r\n\r\n")) >= 0:
            head = self.data[:end]
            at = head.lower().find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self.data) < end + 4 + length:
                return
            body, self.data = self.data[end + 4 : end + 4 + length], self.data[end + 4 + length :]
            self.answer(head.split(b" ", 2)[1], body)

    def answer(self, path: bytes, body: bytes) -> None:
        if path == b"/counts":
            return self.say(b"200 OK", json.dumps(self.counts()).encode())
        account = self.accounts.get(path)
        if account is None:
            account = self.accounts[path] = Account(self.ceiling)
        if path in self.broken:
            account.refused += 1
            self.later(path, b"503 Service Unavailable", b"")
        elif not account.grants():
            self.later(path, b"429 Too Many Requests", REFUSED)
        elif path.startswith(b"/v2/bot/"):
            sent = b"{}" if path == MULTICAST else b'{"sentMessages":[{"id":"%d"}]}' % next(_serial)
            self.later(path, b"200 OK\r\nx-line-request-id: %032d" % next(_serial), sent)
        else:
            self.later(
                path,
                b"200 OK",
                b'{"messaging_product":"whatsapp","contacts":[{"input":"+886900000000","wa_id":"886900000000"}],'
                b'"messages":[{"id":"wamid.HBgMODg2OTAwMDAwMDAwFQIAERgSQkVOQ0gw%016d"}]}' % next(_serial),
            )
        return None

    def later(self, path: bytes, status: bytes, body: bytes) -> None:
        wait = self.slow.get(path, self.latency)
        if wait:
            self.loop.call_later(wait, self.say, status, body)
        else:
            self.say(status, body)

    def say(self, status: bytes, body: bytes) -> None:
        if self.transport.is_closing():
            return  # whoever asked has not waited for the answer
        self.transport.write(
            b"HTTP/1.1 %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
            % (status, len(body), body)
        )

    def counts(self) -> dict[str, object]:
        return {
            path.decode(): {
                "accepted": of.accepted,
                "refused": of.refused,
                "seconds": of.at - of.first,
            }
            for path, of in self.accounts.items()
        }


async def serve(arguments: argparse.Namespace) -> None:
    Sink.latency, Sink.ceiling = arguments.latency / 1000, arguments.ceiling
    Sink.broken = {path.encode() for path in arguments.broken}
    Sink.slow = {path.encode(): float(ms) / 1000 for path, ms in (each.split("=") for each in arguments.slow)}
    context = None
    if arguments.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments.certificate)
    server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", 0, ssl=context, backlog=2048)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--ceiling", type=float, default=0.0)
    parser.add_argument("--certificate", default="")
    parser.add_argument("--broken", action="append", default=[], metavar="PATH")
    parser.add_argument("--slow", action="append", default=[], metavar="PATH=MS")
    uvloop.run(serve(parser.parse_args()))
