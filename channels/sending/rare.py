"""The transport of rare calls (profiles, media, quota, one reply): one request at a time, the same values.

Every call has an end: seconds in all, bytes at most.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Self

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, NewConnectionError

from channels.adapters.base import Answer, Fault, ProviderRequest, ProviderResponse
from channels.sending.tracing import trace

MAX_ANSWER = 1024 * 1024  # bytes, unless the caller expects a file
BLOCK = 64 * 1024


class RareCalls:
    """Calls over one `requests.Session`. For one thread; open it after the fork.

    `base_urls`: addresses by `ProviderRequest.host` (settings.PROVIDER_URLS). `timeout`: seconds until the answer is
    complete, `connect_timeout` until connected. Nothing is repeated, no redirect followed, and neither proxies nor
    .netrc of the environment are looked at (.netrc would replace our token).
    """

    def __init__(
        self,
        base_urls: Mapping[str, str],
        *,
        timeout: float = 20.0,
        connect_timeout: float = 5.0,
        ca_file: str = "",
    ) -> None:
        self._base_urls = dict(base_urls)
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.clear()
        self._session.verify = ca_file or True
        adapter = HTTPAdapter(max_retries=0)
        self._session.mount("https://", adapter)
        self._session.mount("http://", adapter)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session.close()

    def call(self, request: ProviderRequest, *, max_answer: int = MAX_ANSWER) -> Answer:
        """What came back of `request`, within `max_answer` bytes.

        Raises KeyError where the settings have no address for `request.host`.
        """
        url = self._base_urls[request.host] + request.path
        began = time.monotonic()
        try:
            answer = self._exchange(url, request, began + self._timeout, max_answer)
        except (requests.RequestException, HTTPError, OSError, ValueError) as error:
            answer = Fault.NOT_CONNECTED if _never_left(error) else Fault.BROKEN
        trace(request, request.host, answer, time.monotonic() - began)
        return answer

    def _exchange(self, url: str, request: ProviderRequest, deadline: float, max_answer: int) -> Answer:
        with self._session.request(
            request.method,
            url,
            headers=dict(request.headers),
            data=request.body,
            timeout=(self._connect_timeout, self._timeout),
            allow_redirects=False,
            stream=True,
        ) as response:
            if int(response.headers.get("content-length", "0")) > max_answer:
                return Fault.TOO_LARGE
            body = bytearray()
            while block := response.raw.read1(BLOCK, decode_content=True):
                body += block
                if len(body) > max_answer:
                    return Fault.TOO_LARGE
                if time.monotonic() > deadline:
                    return Fault.BROKEN
            headers = {name.lower(): value for name, value in response.headers.items()}
            return ProviderResponse(response.status_code, headers, bytes(body))


def _never_left(error: BaseException) -> bool:
    """Whether the request surely did not leave: no address, no connection, or a certificate that does not hold."""
    return any(
        isinstance(cause, requests.ConnectTimeout | NewConnectionError | ssl.SSLCertVerificationError)
        for cause in _causes(error)
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error` and everything it wraps."""
    pending: list[object] = [error]
    seen: set[int] = set()
    while pending:
        one = pending.pop()
        if isinstance(one, BaseException) and id(one) not in seen:
            seen.add(id(one))
            yield one
            pending += [one.__cause__, one.__context__, getattr(one, "reason", None), *one.args]
