"""Baseline: aiohttp on uvloop with orjson, nothing around it. `python -m bench.dispatch.aiohttp_loop ADDRESS`."""

from __future__ import annotations

import asyncio
import sys

import aiohttp
import orjson
import uvloop

from bench.contender import ready, tell
from bench.dispatch.bodies_read import read_bodies

CONNECTIONS = 64


async def main(address: str) -> None:
    path, headers, bodies, _people = read_bodies()
    waiting = iter([body.encode() for body in bodies])
    ids: list[str] = []
    connector = aiohttp.TCPConnector(limit=CONNECTIONS)
    async with aiohttp.ClientSession(connector=connector, headers=dict(headers)) as session:

        async def send() -> None:
            for body in waiting:
                async with session.post(address + path, data=body) as answer:
                    ids.append(orjson.loads(await answer.read())["messages"][0]["id"])

        clock = ready()
        await asyncio.gather(*[send() for _ in range(CONNECTIONS)])
        run = clock.run(len(ids))
    if len(set(ids)) != len(bodies):
        sys.exit("answers are missing")
    tell(run)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1]))
