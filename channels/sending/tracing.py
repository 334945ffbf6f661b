"""What may be logged of an exchange with a provider: no header, no query, no body, nobody's words."""

from __future__ import annotations

import logging

from channels.adapters.base import Fault, ProviderRequest, ProviderResponse

logger = logging.getLogger("channels.sending")


def trace(request: ProviderRequest, host: str, answer: ProviderResponse | Fault, seconds: float) -> None:
    """Log one exchange: a fault or refusal as INFO, the rest, by the thousand, as DEBUG only."""
    accepted = isinstance(answer, ProviderResponse) and answer.status < 400
    level = logging.DEBUG if accepted else logging.INFO
    if logger.isEnabledFor(level):
        status = answer.status if isinstance(answer, ProviderResponse) else answer.value
        path = request.path.partition("?")[0]
        logger.log(level, "%s %s%s %s %.3fs", request.method, host, path, status, seconds)
