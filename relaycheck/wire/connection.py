"""One connection to the target: bytes as given out, every byte that comes back kept, a deadline on every wait."""

from __future__ import annotations

import selectors
import socket
import ssl
import struct
import time
from typing import TYPE_CHECKING, Self

from relaycheck.exchange import ConnectionUse, Outcome
from relaycheck.wire.observation import LateReport, Observation
from relaycheck.wire.reader import STATUS_LINE_START, ResponseReader, could_start_response

if TYPE_CHECKING:
    from collections.abc import Callable

BODY_LIMIT = 16 * 1024 * 1024
READ_SIZE = 65536
WRITE_SIZE = 262144
RECORD = 16384  # octets of the largest TLS record (RFC 8446 §5.1)
GARBAGE_QUIET = 0.05  # seconds without a byte after which a malformed answer is taken to have ended

_NOT_READY = (BlockingIOError, ssl.SSLWantReadError, ssl.SSLWantWriteError)


class WireConnection:
    """A connected socket. Not safe for use by two threads at once.

    Raw mode is `write` and `read_response`; `exchange` is both, and stops writing once the target has answered. No method raises
    for what the target does: resets and closes are states (`at_eof`) and outcomes (`Observation.outcome`).
    """

    def __init__(
        self,
        sock: socket.socket,
        id: str,
        *,
        clock: Callable[[], float] = time.perf_counter,
        response_timeout: float = 30.0,
        body_limit: int = BODY_LIMIT,
        on_late: LateReport | None = None,
    ) -> None:
        self.id = id
        self.ordinal = 0
        """How many exchanges it has carried."""
        self.token = ""
        """The latest exchange."""
        self.clean = True
        """Another request may follow: in step, open, and nothing said against it."""
        self.tls = isinstance(sock, ssl.SSLSocket)
        self._sock = sock
        self._clock = clock
        self._response_timeout = response_timeout
        self._body_limit = body_limit
        self._on_late = on_late
        self._buffer = bytearray()
        self._sent = bytearray()
        self._peeked = 0
        self._eof = False
        self._write_closed = False
        self._touched = False
        self._fault = ""
        self._waits = 0.0
        sock.settimeout(0.0)

    # -- raw mode

    def write(self, data: bytes, deadline: float | None = None) -> int:
        """Send `data`; bytes that arrive meanwhile are kept for the next read. Returns the octets sent: fewer than given if the
        target closed or took longer than `deadline` seconds (default: the response timeout)."""
        written = self._send(data, self._response_timeout if deadline is None else deadline, None)
        self._sent += data[:written]
        return written

    def read_response(self, method: str, token: str, timeout: float | None = None) -> Observation:
        """The next response, whole within `timeout` seconds. `sent` is everything written since the last response was read.

        Stray bytes end where another status line begins: that is left for the next call, as pipelining needs it.
        """
        started = self._clock()
        previous, self.token = self.token, token
        self.ordinal += 1
        reader = ResponseReader(method, self._body_limit)
        self._digest(reader, previous)
        error = self._read(reader, previous, self._response_timeout if timeout is None else timeout)
        sent, self._sent, self._peeked = bytes(self._sent), bytearray(), 0
        if reader.complete:
            self._look(reader)
            self._buffer[:0] = reader.split_off_next()
        return self._observe(reader, sent, error, started)

    def read_interim(self, timeout: float) -> int | None:
        """The status of the next response head that comes within `timeout` seconds, 100 or any other; None if none comes.

        The head stays to be read: `read_response` collects it.
        """
        deadline = time.monotonic() + timeout
        while True:
            end = self._buffer.find(b"\r\n\r\n", self._peeked)
            if end >= 0:
                line = bytes(self._buffer[self._peeked : end]).split(b"\r\n", 1)[0]
                self._peeked = end + 4
                code = line.split(b" ", 2)[1:2]
                return int(code[0]) if line.startswith(b"HTTP/") and code and code[0].isdigit() else None
            if not self._fill(deadline):
                return None

    def quiet(self, seconds: float) -> bytes:
        """The bytes that arrive within `seconds`, unread ones included; returns early if the connection ends."""
        deadline = time.monotonic() + seconds
        while self._fill(deadline):
            pass
        late = bytes(self._buffer)
        self._buffer.clear()
        return late

    def at_eof(self, timeout: float) -> bool:
        """Whether the target closes or resets the connection within `timeout` seconds. Bytes before that stay to be read."""
        deadline = time.monotonic() + timeout
        while self._fill(deadline):
            pass
        return self._eof

    def shutdown_write(self) -> None:
        """End the sending direction (TCP FIN). Under TLS no close_notify goes before it."""
        try:
            # SSLSocket.shutdown would drop the TLS state and with it the answer.
            socket.socket.shutdown(self._sock, socket.SHUT_WR)
        except OSError as fault:
            self._fault = self._fault or _reason(fault)

    def reset(self) -> None:
        """Abort the connection with a TCP RST: the target sees it end without a FIN."""
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        """Close the socket. What it has not read is lost."""
        self._eof = True
        self.clean = False
        self._sock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- one exchange at a time

    def exchange(
        self, raw: bytes, method: str, token: str, timeout: float, *, last: bool = False
    ) -> Observation | None:
        """Send `raw` and read its response, `timeout` seconds for each. `last`: the request itself ends the connection.

        None if a reused connection had ended before it took a byte: only then may the same request be sent on another one.
        """
        started = self._clock()
        reader = ResponseReader(method, self._body_limit)
        previous = self.token
        self.ordinal += 1

        def answered() -> bool:
            self._digest(reader, previous)
            return reader.done

        self._touched = False
        written = self._send(raw, timeout, answered)
        if not self._touched and self._write_closed and self.ordinal > 1 and not self._buffer and not reader.received:
            self.ordinal -= 1
            self.clean = False
            return None
        self.token = token
        stalled = written < len(raw) and not (self._write_closed or self._eof or reader.done)
        error = self._read(reader, previous, 0.0 if stalled else timeout)
        if stalled and error:
            error = (
                f"The target took only {written} of {len(raw)} octets of the request within {timeout:g} s: "
                f"check whether it reads bodies of this size."
            )
        if reader.complete:
            self._look(reader)
        if last or written < len(raw):
            self.clean = False
        return self._observe(reader, raw if written == len(raw) else raw[:written], error, started)

    def look(self) -> bytes:
        """What has arrived since the last exchange, without waiting. Bytes or an end make the connection unclean."""
        while self._fill():
            pass
        late = bytes(self._buffer)
        self._buffer.clear()
        if late or self._eof:
            self.clean = False
        return late

    @property
    def ended(self) -> bool:
        """The target has closed or reset it, as far as seen."""
        return self._eof

    def fileno(self) -> int:
        """The socket's descriptor, for selectors; -1 once closed."""
        return self._sock.fileno()

    # -- bytes

    def _send(self, data: bytes, timeout: float, answered: Callable[[], bool] | None) -> int:
        """Octets of `data` sent. Reads while it writes, so that two full buffers never block each other."""
        written = 0
        if len(data) <= WRITE_SIZE:
            written = self._put(data)
            if written == len(data):
                return written
        view = memoryview(data)
        deadline = time.monotonic() + timeout
        with selectors.DefaultSelector() as selector:
            selector.register(self._sock, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while written < len(data) and not (self._write_closed or self._eof):
                ready = selector.select(max(0.0, deadline - time.monotonic()))
                if not ready or time.monotonic() > deadline:
                    break
                if ready[0][1] & selectors.EVENT_READ:
                    while self._fill():
                        pass
                    if answered is not None and answered():
                        break
                if ready[0][1] & selectors.EVENT_WRITE:
                    written += self._put(view[written : written + WRITE_SIZE])
        return written

    def _put(self, data: bytes | memoryview) -> int:
        if self._waits:
            self._sock.settimeout(0.0)
            self._waits = 0.0
        try:
            count = self._sock.send(data)
        except _NOT_READY:
            # Under TLS a part of the record may be on its way.
            self._touched = self._touched or self.tls
            return 0
        except OSError as fault:
            # What the target said before it closed may still wait to be read, so this is not the end of reading.
            self._write_closed = True
            self._fault = self._fault or _reason(fault)
            # TLS sends in records: those before the one that failed are on their way, and nobody counts them.
            self._touched = self._touched or (self.tls and len(data) > RECORD)
            return 0
        self._touched = True
        return count

    def _fill(self, deadline: float | None = None) -> bool:
        """Wait until `deadline` (monotonic; None: not at all) for bytes and keep them. False if none came or at the end."""
        if self._eof:
            return False
        wait = max(0.0, deadline - time.monotonic()) if deadline is not None else 0.0
        if wait or self._waits:
            self._sock.settimeout(wait)
            self._waits = wait
        try:
            data = self._sock.recv(READ_SIZE)
        except (TimeoutError, *_NOT_READY):
            return False
        except OSError as fault:
            self._eof = True
            self._fault = self._fault or _reason(fault)
            return False
        if not data:
            self._eof = True
            return False
        self._buffer += data
        return True

    # -- responses

    def _digest(self, reader: ResponseReader, previous: str) -> None:
        """Hand what has arrived to `reader`. On a reused connection, bytes before the status line belong to the previous exchange."""
        buffer = self._buffer
        if not buffer:
            return
        if self.ordinal > 1 and not reader.received and not could_start_response(buffer):
            at = buffer.find(STATUS_LINE_START)
            if at < 0:
                return
            self.clean = False
            if self._on_late is not None:
                self._on_late(previous, bytes(buffer[:at]), False)
            del buffer[:at]
        data = bytes(buffer)
        buffer.clear()
        reader.feed(data)

    def _read(self, reader: ResponseReader, previous: str, timeout: float) -> str:
        """Read until the response is whole. Returns "" or why it is not, in a sentence."""
        deadline = time.monotonic() + timeout
        late = False
        while not reader.done and not late and self._fill(deadline):
            self._digest(reader, previous)
            late = not reader.done and time.monotonic() > deadline
        if self._buffer:
            reader.feed(bytes(self._buffer))
            self._buffer.clear()
        if self._eof:
            reader.end()
        if reader.complete:
            return ""
        if reader.oversized:
            return f"The response is longer than {self._body_limit} octets: the rest was not read."
        if reader.malformed:
            self._read_garbage(reader, deadline)
            return _malformed(reader)
        how = f"was lost ({self._fault})" if self._fault else "was closed by the target" if self._eof else ""
        size = len(reader.received)
        if size and how:
            return f"The connection {how} inside the response, after {size} octets of it: look in the target's log."
        if size:
            return (
                f"The response did not end within {timeout:g} s ({size} octets came): is the target still writing it?"
            )
        if how:
            hint = "" if self.tls or self.ordinal > 1 else " If the port expects TLS, use https://."
            return f"The connection {how} before an answer came: the request may have been carried out.{hint}"
        return f"No answer came within {timeout:g} s: the request may have been carried out; `response_timeout` may be too short."

    def _read_garbage(self, reader: ResponseReader, deadline: float) -> None:
        while len(reader.received) < self._body_limit and self._fill(min(deadline, time.monotonic() + GARBAGE_QUIET)):
            reader.feed(bytes(self._buffer))
            self._buffer.clear()

    def _look(self, reader: ResponseReader) -> None:
        """Take what is already there behind a complete response, without waiting."""
        while len(reader.received) < 2 * self._body_limit and self._fill():
            reader.feed(bytes(self._buffer))
            self._buffer.clear()

    def _observe(self, reader: ResponseReader, sent: bytes, error: str, started: float) -> Observation:
        stray = b""
        if reader.complete:
            outcome = Outcome.ANSWERED
            stray = reader.stray
        elif reader.malformed:
            outcome = Outcome.MALFORMED
        else:
            outcome = Outcome.CUT if reader.received else Outcome.UNANSWERED
        announced = reader.complete and reader.closes
        if outcome is not Outcome.ANSWERED or stray or announced or self._eof:
            self.clean = False
        return Observation(
            token=self.token,
            sent=sent,
            outcome=outcome,
            response=reader.response(),
            received=bytes(reader.received),
            stray=stray,
            connection=ConnectionUse(self.id, self.ordinal, self.tls, announced or self._eof),
            error=error,
            started=started,
            seconds=self._clock() - started,
        )


def _malformed(reader: ResponseReader) -> str:
    if reader.received.startswith((b"\x15\x03", b"\x16\x03")):
        return "The target answers with TLS where plain HTTP was spoken: use https:// in its url."
    return (
        f"What came back is not an HTTP response: {reader.malformed}. Check that url and port are those of the service."
    )


def _reason(fault: OSError) -> str:
    if isinstance(fault, ConnectionResetError):
        return "reset by the target"
    if isinstance(fault, BrokenPipeError):
        return "closed by the target while the request was being sent"
    if isinstance(fault, ssl.SSLError):
        return f"TLS: {(fault.reason or str(fault)).lower().replace('_', ' ')}"
    return fault.strerror or str(fault)
