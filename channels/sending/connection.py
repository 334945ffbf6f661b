"""One kept connection to a provider: HTTP/1.1, one request at a time, never waiting.

It knows what no library tells: whether a single byte of a request has left. Until then a failure is NOT_CONNECTED,
from then on BROKEN, and what has begun to leave is never sent again (docs/adr/0025).
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections import deque

import httptools

from channels.adapters.base import Answer, Fault, ProviderResponse
from channels.sending.headers import Headers
from channels.sending.hosts import Host, SocketAddress

BLOCK = 65_536  # bytes read at once
MAX_HEAD = 65_536  # bytes of an answer that are not its body
READABLE, WRITABLE = 0x1, 0x4  # EPOLLIN and POLLIN, EPOLLOUT and POLLOUT are the same numbers
_NOT_NOW = (BlockingIOError, InterruptedError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class Connection:
    """`connect`, then `send` a request and `advance` until `answer` is there; again from `send` while `reusable`.

    `max_answer`: bytes an answer's body may have; `context`: for a host that speaks TLS. `fd` is to be watched for
    `interest`; both change in any of these. No method raises: what goes wrong is an answer.
    """

    __slots__ = (
        "_addresses",
        "_begun",
        "_body",
        "_context",
        "_head_read",
        "_headers",
        "_max_answer",
        "_message_open",
        "_parser",
        "_read",
        "_rest",
        "_sock",
        "_surplus",
        "answer",
        "connected",
        "fd",
        "host",
        "idle_since",
        "interest",
        "on_body",
        "on_header",
        "reusable",
        "tried",
        "watched_for",
    )

    def __init__(self, host: Host, max_answer: int, context: ssl.SSLContext | None) -> None:
        self.host = host
        self.fd = -1
        self.interest = 0
        self.watched_for = 0  # what it is watched for now
        self.answer: Answer | None = None
        self.connected = self.reusable = False
        self.idle_since = 0.0
        self.tried: list[SocketAddress] = []  # the last one is in use or failed
        self._context = context
        self._max_answer = max_answer
        self._sock: socket.socket  # there while `fd` is
        self._addresses: deque[SocketAddress] = deque()
        self._rest: bytes | memoryview = b""  # of the request: what has not left
        self._begun = self._message_open = self._head_read = self._surplus = False
        self._read = 0  # bytes of the answer
        self._headers: dict[bytes, bytes] = {}
        self._body: list[bytes] = []
        # The parser's callbacks. These two go straight into C: no Python code for a header or a block.
        self.on_header = self._headers.__setitem__
        self.on_body = self._body.append
        self._parser = httptools.HttpResponseParser(self)

    # --- opening ------------------------------------------------------------------------------------------------

    def connect(self, addresses: list[SocketAddress]) -> None:
        """Begin to connect to the first of the addresses; where one fails, the next is tried."""
        self._addresses.extend(addresses)
        self._try_next()

    def _try_next(self) -> None:
        self._drop_socket()
        while self._addresses:
            family, address = self._addresses.popleft()
            self.tried.append((family, address))
            try:
                sock = socket.socket(family, socket.SOCK_STREAM)
            except OSError:  # no descriptor left, or no such family here
                continue
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if sock.connect_ex(address) in (0, errno.EINPROGRESS):
                self._sock, self.fd, self.interest = sock, sock.fileno(), WRITABLE
                return
            sock.close()
        self._fail(Fault.NOT_CONNECTED)

    def hurry(self) -> None:
        """This address takes too long: try the next one."""
        self._try_next()

    def _go_on_connecting(self) -> None:
        if self._sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return self._try_next()
        if self._context is not None:
            try:
                self._shake_hands(self._context)
            except ssl.SSLWantReadError:
                self.interest = READABLE
                return None
            except ssl.SSLWantWriteError:
                self.interest = WRITABLE
                return None
            except OSError:  # a certificate that is not good among them
                return self._try_next()
        self.connected = True
        return self._write()

    def _shake_hands(self, context: ssl.SSLContext) -> None:
        if not isinstance(self._sock, ssl.SSLSocket):
            self._sock = context.wrap_socket(
                self._sock,
                server_hostname=self.host.name,
                do_handshake_on_connect=False,
                suppress_ragged_eofs=False,  # an answer that was cut is no answer
                session=self.host.session,
            )
        self._sock.do_handshake()

    # --- one exchange -------------------------------------------------------------------------------------------

    def send(self, request: bytes) -> None:
        """Let a request leave, as soon as the connection is there."""
        self.answer = None
        self._rest = request
        self._begun = self._surplus = self.reusable = False
        self._read = 0
        if self.connected:
            self._write()

    def advance(self, happened: int) -> None:
        """Do what can be done for the exchange now that this happened to `fd`."""
        if not self.connected:
            self._go_on_connecting()
            return
        if self._rest:
            self._write()
        if happened != WRITABLE and self.answer is None:
            self._receive()

    def alive(self) -> bool:
        """Whether an idle connection can carry another request, as far as anybody can know before trying."""
        try:  # also of a TLS connection the bare socket is asked: whatever waits there is nothing we asked for
            socket.socket.recv(self._sock, 1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def give_up(self) -> None:
        """Time is over: whatever has begun stays in doubt."""
        self._fail(Fault.BROKEN if self._begun else Fault.NOT_CONNECTED)

    def close(self) -> None:
        self.reusable = self.connected = False
        self._drop_socket()

    def _write(self) -> None:
        rest, self.interest = self._rest, READABLE
        if not rest:
            return
        if self._context is not None:
            self._begun = True  # what TLS keeps of a record is not told
        try:
            sent = self._sock.send(rest)
        except _NOT_NOW:
            sent = 0
        except OSError:
            self.give_up()
            return
        if sent:
            self._begun = True
        if sent == len(rest):
            self._rest = b""
        else:
            self._rest = memoryview(rest)[sent:]
            self.interest = READABLE | WRITABLE

    def _receive(self) -> None:
        while self.answer is None:
            try:
                data = self._sock.recv(BLOCK)
            except _NOT_NOW:
                return None
            except OSError:
                return self.give_up()
            if not data:
                return self._ended()
            self._read += len(data)
            try:
                self._parser.feed_data(data)
            except (
                httptools.HttpParserError,
                httptools.HttpParserUpgrade,
            ):  # no HTTP, or another protocol now
                self._surplus = True
                if self.answer is None:
                    return self.give_up()
            if self.answer is not None:
                return self._answered()
            if self._read > self._max_answer + MAX_HEAD or self._announced() > self._max_answer:
                return self._fail(Fault.TOO_LARGE)
            if not (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending()):
                return None
        return None

    def _announced(self) -> int:
        """Bytes of the body, where the head that has arrived tells."""
        told = next((each for name, each in self._headers.items() if name.lower() == b"content-length"), b"")
        return int(told) if told.isdigit() else 0

    def _answered(self) -> None:
        if self._surplus or self._message_open or self._rest:
            self.reusable = False
        if self.host.session is None and isinstance(self._sock, ssl.SSLSocket):
            self.host.session = self._sock.session
        if not self.reusable:
            self.close()

    def _ended(self) -> None:
        """The provider closed. That ends an answer which did not say how long it is."""
        names = {name.lower() for name in self._headers}
        if self._head_read and self._parser.get_status_code() >= 200 and names.isdisjoint(_LENGTHS):
            self.on_message_complete()
            self.close()
        else:
            self.give_up()

    def _fail(self, fault: Fault) -> None:
        self.answer = fault
        self.close()

    def _drop_socket(self) -> None:
        if self.fd >= 0:
            self._sock.close()
        self.fd = -1

    # --- the parser's other callbacks ---------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._message_open = True

    def on_headers_complete(self) -> None:
        self._head_read = True

    def on_message_complete(self) -> None:
        self._message_open = self._head_read = False
        status = self._parser.get_status_code()
        if self.answer is not None:
            self._surplus = True
        elif status >= 200:  # those below announce another
            self.reusable = bool(self._parser.should_keep_alive())
            body = b"".join(self._body)
            fits = len(body) <= self._max_answer
            self.answer = (
                ProviderResponse(status, Headers(self._headers.copy()), body) if fits else Fault.TOO_LARGE
            )
        self._headers.clear()
        self._body.clear()


_LENGTHS = {b"content-length", b"transfer-encoding"}
