"""A service that tells everything it is told: for the test that no secret survives in what a run writes down.

Every request that it can relay is relayed, answered 204 with its header fields repeated in the response's, and followed by stray
octets with the whole request in them; every mail holds the request too. Anything else is answered 400 with the request as content,
as it is and in the spellings in which services repeat things.
"""

from __future__ import annotations

import base64
import json
import smtplib
import threading
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

REPEATED = ("Authorization", "Cookie", "X-XSRF-TOKEN", "SO-AppToken")


class EchoingService:
    """Context manager; `url` is its base URL on the loopback interface."""

    def __init__(self) -> None:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Every method is served alike."""
        if name.startswith("do_"):
            return self.repeat
        raise AttributeError(name)

    def repeat(self) -> None:
        """Relay what can be relayed, and repeat everything."""
        told = f"{self.requestline}\r\n{self.headers.as_string()}".encode("utf-8", "surrogateescape")
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        repeated = [f"X-Repeated-{name}: {value}" for name in REPEATED for value in self.headers.get_all(name, [])]
        if any(name in self.headers for name in REPEATED) and _relayed(body, told + body):
            self._answer(204, "No Content", repeated, None)
            self.wfile.write(told + body)
            self.close_connection = True
        else:
            self._answer(400, "Bad Request", [*repeated, "Content-Type: text/plain"], _spelled(told + body))

    def _answer(self, status: int, reason: str, fields: list[str], content: bytes | None) -> None:
        length = [] if content is None else [f"Content-Length: {len(content)}"]
        lines = [f"HTTP/1.1 {status} {reason}", f"Date: {formatdate(usegmt=True)}", *fields, *length]
        head = "".join(f"{line}\r\n" for line in lines) + "\r\n"
        self.wfile.write(head.encode("latin-1", "replace") + (content or b""))

    def log_message(self, format: str, *args: object) -> None:
        """Nothing to the terminal."""


def _spelled(octets: bytes) -> bytes:
    text = octets.decode("utf-8", "replace")
    return b"\n".join(
        [
            octets,
            base64.b64encode(octets),
            quote(text, safe="").encode(),
            json.dumps(text).encode(),
            octets.hex().encode(),
        ]
    )


def _relayed(body: bytes, told: bytes) -> bool:
    """Relay a JSON body to the server that it names, all that was told appended to the mail."""
    try:
        request: dict[str, Any] = json.loads(body)
        server = request["ConnectionInfoExtended"]
        with smtplib.SMTP(server["ServerName"], server["Port"], timeout=5) as smtp:
            mail = request["Rfc822"].encode() + base64.b64encode(told) + b"\r\n" + told.replace(b"\r\n", b" ") + b"\r\n"
            smtp.sendmail(request["From"], request["Recipients"], mail)
    except (ValueError, KeyError, TypeError, AttributeError, OSError, smtplib.SMTPException):
        return False
    return True
