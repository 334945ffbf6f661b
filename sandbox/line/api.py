"""The endpoints of `/v2/bot/`, on the API host and the data host alike.

https://developers.line.biz/en/reference/messaging-api/
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sandbox import ids
from sandbox.accounts import LineChannel
from sandbox.http import Request, Response, json_response
from sandbox.line import account, errors, sending
from sandbox.line.errors import LineError
from sandbox.routes import Routes
from sandbox.world import World

MAX_JSON = 2 * 1024 * 1024
RATES: dict[str, float] = {
    "message/multicast": 200,
    "message/narrowcast": 60 / 3600,
    "message/broadcast": 60 / 3600,
    "channel/webhook/endpoint": 1000 / 60,
    "channel/webhook/test": 60 / 3600,
}
USUAL_RATE = 2000.0
LARGEST_BURST = 60.0  # for the slow endpoints, which count by the minute or hour

Endpoint = Callable[[World, LineChannel, Request, list[str]], Response | Awaitable[Response]]


def _routes() -> Routes[Endpoint]:
    routes: Routes[Endpoint] = Routes()
    routes.add("POST", "message/push", sending.push)
    routes.add("POST", "message/multicast", sending.multicast)
    routes.add("POST", "message/reply", sending.reply)
    routes.add("POST", "message/validate/{}", sending.validate)
    routes.add("GET", "message/quota", account.quota)
    routes.add("GET", "message/quota/consumption", account.consumption)
    routes.add("GET", "message/{}/content", account.content)
    routes.add("GET", "message/{}/content/preview", account.content)
    routes.add("GET", "profile/{}", account.profile)
    routes.add("GET", "info", account.info)
    routes.add("GET", "channel/webhook/endpoint", account.get_endpoint)
    routes.add("PUT", "channel/webhook/endpoint", account.put_endpoint)
    routes.add("POST", "channel/webhook/test", account.check_endpoint)
    routes.add("POST", "chat/markAsRead", account.mark_as_read)
    routes.add("POST", "chat/loading/start", account.start_loading)
    return routes


@dataclass(slots=True)
class LineApi:
    """Answers what starts with `/v2/bot/`."""

    world: World
    routes: Routes[Endpoint]
    name = "line"

    def owns(self, path: str) -> bool:
        return path.startswith("/v2/bot/")

    def account_of(self, request: Request) -> str:
        """The id of the channel whose token the request carries; empty for a stranger's."""
        channel = self.world.accounts.line_by_token(request.bearer or "")
        return channel.id if channel else ""

    def answer(self, request: Request) -> Response | Awaitable[Response]:
        try:
            return self._answer(request)
        except LineError as refusal:
            return refusal.response

    def _answer(self, request: Request) -> Response | Awaitable[Response]:
        channel = self._authenticate(request)
        path = request.path.removeprefix("/v2/bot/")
        found = self.routes.find(request.method, path)
        if found is None:
            raise LineError(404, "Not found")
        endpoint, filled = found
        if len(request.body) > MAX_JSON:
            raise LineError(413, "Request Entity Too Large")
        if self.world.scenarios.of(channel.id).rate_limits:
            place = path if not filled else f"{endpoint.__module__}.{endpoint.__name__}"
            rate = RATES.get(path, USUAL_RATE)
            burst = rate if rate >= 1 else LARGEST_BURST
            if not self.world.buckets.take((channel.id, place), per_second=rate, burst=burst):
                raise LineError(429, errors.RATE_LIMIT)
        return endpoint(self.world, channel, request, filled)

    def _authenticate(self, request: Request) -> LineChannel:
        token = request.bearer
        if token is None:
            raise LineError(401, errors.ANONYMOUS)
        channel = self.world.accounts.line_by_token(token)
        if channel is None:
            raise LineError(401, errors.STRANGER)
        if self.world.scenarios.of(channel.id).token_revoked:
            raise LineError(401, errors.REVOKED)
        return channel

    def finish(self, response: Response) -> Response:
        """Every answer carries a request id of its own."""
        response.headers.setdefault("x-line-request-id", ids.request_id())
        return response

    def throttled(self, request: Request) -> Response:
        return LineError(429, errors.RATE_LIMIT).response

    def broken(self) -> Response:
        return json_response({"message": "Internal server error"}, 500)


def line_api(world: World) -> LineApi:
    return LineApi(world, _routes())
