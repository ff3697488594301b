"""A server that does to each connection exactly what a script says: for self-tests of the wire, over real sockets."""

from __future__ import annotations

import re
import socket
import struct
import threading
from enum import Enum, auto
from typing import TYPE_CHECKING, Self

from relaycheck.target.model import Url

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence

DEADLINE = 20.0  # seconds; only a hanging test reaches it


class Do(Enum):
    READ = auto()
    """Read one request, head and body by its Content-Length."""
    READ_HEAD = auto()
    HOLD = auto()
    """Wait until the client ends the connection."""
    DRIP = auto()
    """Send an octet every few milliseconds until the client ends the connection."""
    RESET = auto()


Step = bytes | Do | threading.Event | threading.Barrier
"""Bytes are sent; an event or a barrier is waited for. At the end of its script the connection is closed."""


class ScriptedServer:
    """The n-th connection follows the n-th script, and each further one the last."""

    def __init__(self, *scripts: Sequence[Step], tls: ssl.SSLContext | None = None) -> None:
        self._scripts = scripts
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self.connections = 0
        self.requests: list[bytes] = []
        self.faults: list[type[OSError]] = []
        """How connections ended under a script."""
        self.sent = threading.Semaphore(0)
        """Released after each bytes step."""
        self.closed = threading.Semaphore(0)
        """Released after each end of a connection."""
        self.url = Url("https" if tls else "http", "localhost" if tls else "127.0.0.1", self._listener.getsockname()[1])

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(DEADLINE)
        self._listener.close()

    def wait_sent(self, count: int) -> None:
        """Until `count` more bytes steps are done: on loopback they are then in the client's socket."""
        for _ in range(count):
            assert self.sent.acquire(timeout=DEADLINE)

    def wait_closed(self, count: int) -> None:
        """Until `count` more connections are closed by the server."""
        for _ in range(count):
            assert self.closed.acquire(timeout=DEADLINE)

    def _start(self, work: object, *arguments: object) -> None:
        assert callable(work)
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            script = self._scripts[min(self.connections, len(self._scripts) - 1)]
            self.connections += 1
            self._start(self._follow, peer, script)

    def _follow(self, peer: socket.socket, script: Sequence[Step]) -> None:
        peer.settimeout(DEADLINE)
        try:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._tls is not None:
                peer = self._tls.wrap_socket(peer, server_side=True)
            for step in script:
                self._step(peer, step)
        except OSError as fault:
            self.faults.append(type(fault))
        finally:
            peer.close()
            self.closed.release()

    def _step(self, peer: socket.socket, step: Step) -> None:
        if isinstance(step, bytes):
            peer.sendall(step)
            self.sent.release()
        elif isinstance(step, threading.Event):
            assert step.wait(DEADLINE)
        elif isinstance(step, threading.Barrier):
            step.wait(DEADLINE)
        elif step in (Do.READ, Do.READ_HEAD):
            self.requests.append(_request(peer, body=step is Do.READ))
        elif step is Do.HOLD:
            while peer.recv(65536):
                pass
        elif step is Do.DRIP:
            while not self._stopped.wait(0.005):
                peer.sendall(b"x")
        elif step is Do.RESET:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()


def _request(peer: socket.socket, *, body: bool) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(peer)
    head, _, rest = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    while body and length and len(rest) < int(length[1]):
        more = _some(peer)
        rest += more
        data += more
    return data


def _some(peer: socket.socket) -> bytes:
    data = peer.recv(65536)
    if not data:
        raise ConnectionError("the client closed inside its request")
    return data
