"""Baseline: the LINE SDK's asynchronous push, 64 at once. `python -m bench.dispatch.line_sdk ADDRESS MESSAGES`."""

from __future__ import annotations

import asyncio
import sys

from linebot.v3.messaging import (
    AsyncApiClient,
    AsyncMessagingApi,
    Configuration,
    PushMessageRequest,
    TextMessage,
)

from bench.contender import ready, tell

AT_ONCE = 64


async def main(address: str, count: int) -> None:
    text = "Hello there, our autumn range is here! " + "The jackets you asked about are back. " * 5
    people = iter([f"U{n:032x}" for n in range(count)])
    ids: list[str] = []
    async with AsyncApiClient(Configuration(host=address, access_token="token")) as client:  # noqa: S106
        api = AsyncMessagingApi(client)

        async def send() -> None:
            for person in people:
                message = TextMessage(text=text, quickReply=None, quoteToken=None)
                request = PushMessageRequest(
                    to=person,
                    messages=[message],
                    notificationDisabled=False,
                    customAggregationUnits=None,
                )
                answer = await api.push_message(request)
                ids.append(answer.sent_messages[0].id)

        clock = ready()
        await asyncio.gather(*[send() for _ in range(AT_ONCE)])
        run = clock.run(len(ids))
    if len(set(ids)) != count:
        sys.exit("answers are missing")
    tell(run)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
