"""The whole sandbox as one request handler: providers, control calls and the phones page."""

from collections.abc import Awaitable
from pathlib import Path
from typing import Protocol

from sandbox.control import Control
from sandbox.graph.api import graph_api
from sandbox.http import Fate, Request, Response
from sandbox.line import events
from sandbox.line.api import line_api
from sandbox.messenger.events import Packer as ThreadPacker
from sandbox.phones.page import Phones
from sandbox.scenario import Fault, Scenario
from sandbox.stripe.api import StripeApi
from sandbox.stripe.page import PaymentPage
from sandbox.whatsapp.statuses import Packer
from sandbox.world import World


class Provider(Protocol):
    """An imitated API."""

    name: str

    def owns(self, path: str) -> bool: ...
    def account_of(self, request: Request) -> str:
        """The account whose scenario applies to the request; empty where there is none."""

    def answer(self, request: Request) -> Response | Awaitable[Response]: ...
    def finish(self, response: Response) -> Response:
        """Add what every answer of the provider carries."""

    def throttled(self, request: Request) -> Response: ...
    def broken(self) -> Response: ...


class Sandbox:
    """Answers every request; what fails or is late is decided here, not by the providers."""

    def __init__(self, state_file: Path | None = None) -> None:
        self.world = World(state_file)
        self.world.webhooks.serve("line", events.pack)
        self.world.webhooks.serve("whatsapp", Packer(self.world))
        for kind in ("facebook", "instagram"):
            self.world.webhooks.serve(kind, ThreadPacker(self.world))
        stripe = StripeApi(self.world)
        self.providers: tuple[Provider, ...] = (stripe, graph_api(self.world), line_api(self.world))
        self._control = Control(self.world, stripe)
        self._payment_page = PaymentPage(self.world, stripe)
        self._phones = Phones(self.world)

    def handle(self, request: Request) -> Response | Awaitable[Response]:
        for provider in self.providers:
            if provider.owns(request.path):
                return self._provide(provider, request)
        if request.path.startswith("/_sandbox/"):
            return self._control.answer(request)
        if request.path.startswith("/pay/"):
            return self._payment_page.answer(request)
        return self._phones.answer(request)

    def _provide(self, provider: Provider, request: Request) -> Response | Awaitable[Response]:
        account = provider.account_of(request)
        scenario, fault = self.world.scenarios.of(account), self.world.scenarios.fault(account)
        self.world.requests += 1
        if fault is Fault.THROTTLED:
            return self._finish(provider, scenario, provider.throttled(request))
        if fault is not Fault.NONE and not scenario.accepts_all_the_same():
            return self._finish(provider, scenario, _fail(provider, fault))
        answer = provider.answer(request)
        if isinstance(answer, Response):
            return self._finish(provider, scenario, _spoil(provider, fault, answer))
        return self._finish_later(provider, scenario, fault, answer)

    async def _finish_later(
        self, provider: Provider, scenario: Scenario, fault: Fault, answer: Awaitable[Response]
    ) -> Response:
        return self._finish(provider, scenario, _spoil(provider, fault, await answer))

    def _finish(self, provider: Provider, scenario: Scenario, response: Response) -> Response:
        response.delay_s = scenario.latency_s()
        name = str(response.status) if response.fate is Fate.ANSWER else response.fate.value
        self.world.by_answer[name] += 1
        return provider.finish(response)


def _spoil(provider: Provider, fault: Fault, answer: Response) -> Response:
    return answer if fault is Fault.NONE else _fail(provider, fault)


def _fail(provider: Provider, fault: Fault) -> Response:
    if fault is Fault.ERROR:
        return provider.broken()
    return Response(fate=Fate.CUT if fault is Fault.CUT else Fate.HANG)
