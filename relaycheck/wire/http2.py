"""HTTP/2 where ALPN offers it: httpx's own h2 connection over a socket of ours, and what came back frame by frame."""

from __future__ import annotations

import itertools
import ssl
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import httpcore
from hpack import HPACKError
from hyperframe.exceptions import HyperframeError

from relaycheck.exchange import ConnectionUse, Fields, Outcome
from relaycheck.wire.dial import NotConnected, dial, trust_context
from relaycheck.wire.frames import FrameLog, StreamLog, written
from relaycheck.wire.observation import Observation

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

    from relaycheck.target.model import Url

READ_SIZE = 65536
CONNECTION_SPECIFIC = frozenset(
    {"connection", "keep-alive", "proxy-connection", "upgrade", "http2-settings", "transfer-encoding"}
)
"""Fields of HTTP/1.1 that a request over HTTP/2 must not have (RFC 9113 §8.2.2); TE only if it says nothing but trailers."""


class NotOffered(Exception):
    """The target's TLS does not select h2. The text says what it did."""


class Http2Wire:
    """Sends requests over HTTP/2 to one origin, one after the other on a connection that is kept. For one thread.

    Never raises for what the target does, except NotOffered. Times are in seconds.
    """

    def __init__(
        self,
        url: Url,
        *,
        trust: str | None = None,
        connect_timeout: float = 5.0,
        response_timeout: float = 30.0,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._url = url
        self._trust = trust
        self._connect_timeout = connect_timeout
        self._response_timeout = response_timeout
        self._clock = clock
        self._numbers = itertools.count(1)
        self._connection: _Connection | None = None

    def connect(self) -> None:
        """Connect if there is no connection to use. Raises NotOffered; a target that cannot be reached is for `exchange` to say."""
        with suppress(NotConnected):
            self._usable()

    def exchange(
        self,
        method: str,
        target: str,
        fields: Fields,
        body: bytes,
        *,
        token: str,
        response_timeout: float | None = None,
    ) -> Observation:
        """Send one request and return what came back. Fields that HTTP/2 forbids are left out; Host becomes :authority."""
        started = self._clock()
        try:
            connection = self._usable()
        except NotConnected as fault:
            return Observation(
                token, b"", Outcome.NOT_SENT, error=str(fault), started=started, seconds=self._clock() - started
            )
        timeout = self._response_timeout if response_timeout is None else response_timeout
        log, error = connection.carry(method, target, fields, body, timeout)
        if error or connection.over:
            self.close()
        response = log.response()
        whole = log.ended and response is not None
        return Observation(
            token=token,
            sent=decoded(method, target, fields, self._url.authority) + body,
            outcome=Outcome.ANSWERED if whole else Outcome.CUT if log.sections else Outcome.UNANSWERED,
            response=response,
            received=log.octets(),
            stray=bytes(log.data) if whole and response and response.status in (204, 304) else b"",
            connection=ConnectionUse(connection.id, connection.carried, True, connection.over),
            error="" if whole else error,
            started=started,
            seconds=self._clock() - started,
        )

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _usable(self) -> _Connection:
        if self._connection is not None and self._connection.ended():
            self.close()  # while it was idle, as a server may that waits no longer (RFC 9113 §6.8, §9.1)
        if self._connection is None:
            if self._url.scheme != "https":
                raise NotOffered("HTTP/2 is offered by ALPN, which needs an https URL")
            context = trust_context(self._trust)
            context.set_alpn_protocols(["h2", "http/1.1"])
            sock = dial(self._url, context, self._connect_timeout)
            chosen = sock.selected_alpn_protocol() if isinstance(sock, ssl.SSLSocket) else None
            if chosen != "h2":
                sock.close()
                raise NotOffered(f"asked for h2, the target's TLS selects {chosen or 'nothing'} (ALPN)")
            self._connection = _Connection(sock, self._url, f"h{next(self._numbers)}")
        return self._connection


def decoded(method: str, target: str, fields: Fields, authority: str) -> bytes:
    """The header section of a request over HTTP/2 in lines."""
    pseudo = (
        (":method", method),
        (":scheme", "https"),
        (":authority", fields.get("host") or authority),
        (":path", target),
    )
    return written(Fields((*pseudo, *((n, v) for n, v in carried(fields) if n != "host"))))


def carried(fields: Fields) -> tuple[tuple[str, str], ...]:
    """Those that HTTP/2 carries, in lower case (RFC 9113 §8.2), and as browsers write them: each cookie in a field of its own (§8.2.3).

    The last one stands first: nobody may rely on their order (RFC 6265 §4.2.2).
    """
    lines = ((name.lower(), crumb) for name, value in fields for crumb in _crumbs(name, value))
    return tuple(
        (name, value)
        for name, value in lines
        if name not in CONNECTION_SPECIFIC and (name != "te" or value.lower() == "trailers")
    )


def _crumbs(name: str, value: str) -> tuple[str, ...]:
    return tuple(value.split("; "))[::-1] if name.lower() == "cookie" else (value,)


class _Connection:
    def __init__(self, sock: socket.socket, url: Url, id: str) -> None:
        self.id = id
        self.carried = 0
        self._url = url
        self._stream = _Stream(sock)
        origin = httpcore.Origin(b"https", url.host.encode("idna"), url.port)
        self._http = httpcore.HTTP2Connection(origin, self._stream)

    @property
    def over(self) -> bool:
        """It takes no further request."""
        return self._stream.closed or self._stream.log.going_away is not None

    def ended(self) -> bool:
        """Whether it takes no further request, by what has come since the last one."""
        self._stream.look()
        return self.over

    def carry(self, method: str, target: str, fields: Fields, body: bytes, timeout: float) -> tuple[StreamLog, str]:
        """What came for one request, and why it is not whole: "" if it is."""
        self.carried += 1
        self._stream.deadline = time.monotonic() + timeout
        lines = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in carried(fields)]
        if not any(name == b"host" for name, _ in lines):
            lines.insert(0, (b"host", self._url.authority.encode("idna")))
        if body and not any(name == b"content-length" for name, _ in lines):
            # This makes httpcore send the body; the field itself stays behind.
            lines.append((b"transfer-encoding", b"chunked"))
        url = httpcore.URL(
            scheme="https", host=self._url.host.encode("idna"), port=self._url.port, target=target.encode()
        )
        known = set(self._stream.log.streams)
        error = ""
        try:
            self._http.handle_request(httpcore.Request(method.encode(), url, headers=lines, content=body)).read()
        except httpcore.TimeoutException:
            error = f"No whole answer came over HTTP/2 within {timeout:g} s: the request may have been carried out."
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ConnectionNotAvailable) as fault:
            error = f"The answer over HTTP/2 broke off ({type(fault).__name__}: {fault})."
        except (HPACKError, HyperframeError) as fault:
            error = f"What came back over HTTP/2 cannot be read ({fault})."
        new = [log for number, log in self._stream.log.streams.items() if number and number not in known]
        return (new[-1] if new else StreamLog()), error

    def close(self) -> None:
        self._stream.close()


class _Stream(httpcore.NetworkStream):
    """The socket as httpcore sees it; every octet read is logged, and one deadline bounds a whole exchange."""

    def __init__(self, sock: socket.socket) -> None:
        self.log = FrameLog()
        self.deadline = 0.0
        self.closed = False
        self._sock = sock
        self._ahead = b""

    def look(self) -> None:
        """Take what is there without waiting, and keep it for the next read."""
        self._sock.settimeout(0.0)
        while not self.closed:
            try:
                octets = self._sock.recv(READ_SIZE)
            except (BlockingIOError, ssl.SSLWantReadError):
                return
            except OSError:
                octets = b""
            self.closed = not octets
            self.log.feed(octets)
            self._ahead += octets

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        if self._ahead:
            octets, self._ahead = self._ahead[:max_bytes], self._ahead[max_bytes:]
            return octets
        try:
            self._sock.settimeout(self._left())
            octets = self._sock.recv(max_bytes)
        except TimeoutError:
            raise httpcore.ReadTimeout from None
        except OSError as fault:
            self.closed = True
            raise httpcore.ReadError(fault.strerror or str(fault)) from None
        if not octets:
            self.closed = True
        self.log.feed(octets)
        return octets

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if not buffer:
            return
        try:
            self._sock.settimeout(self._left())
            self._sock.sendall(buffer)
        except TimeoutError:
            raise httpcore.WriteTimeout from None
        except OSError as fault:
            self.closed = True
            raise httpcore.WriteError(fault.strerror or str(fault)) from None

    def close(self) -> None:
        self.closed = True
        self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        return self._sock if info == "ssl_object" else None

    def _left(self) -> float:
        return max(0.001, self.deadline - time.monotonic())
