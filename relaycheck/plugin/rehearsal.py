"""A run without a target: every test executes, every request is composed and counted, nothing is sent.

What comes back is a plain 204 each time, and nothing is judged. So the count is that of a run against a conforming target, as long
as no test lets the number of its requests depend on the answers.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from relaycheck.exchange import ConnectionUse, Fields, Outcome, Response
from relaycheck.wire import Http2Wire, Observation, Wire
from relaycheck.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from relaycheck.exchange import Delivery
    from relaycheck.witness import SessionRecord


def answer(token: str, sent: bytes) -> Observation:
    return Observation(
        token=token,
        sent=sent,
        outcome=Outcome.ANSWERED,
        response=Response(status=204, reason="No Content", fields=Fields(), body=b""),
        connection=ConnectionUse(id="rehearsal"),
    )


class RehearsalConnection:
    """Takes bytes and answers nothing but 204."""

    id = "rehearsal"

    def write(self, data: bytes, deadline: float | None = None) -> int:
        return len(data)

    def read_response(self, method: str, token: str, timeout: float | None = None) -> Observation:
        return answer(token, b"")

    def read_interim(self, timeout: float) -> int | None:
        return 100

    def quiet(self, seconds: float) -> bytes:
        return b""

    def at_eof(self, timeout: float) -> bool:
        return True

    def shutdown_write(self) -> None:
        pass

    def reset(self) -> None:
        pass

    def close(self) -> None:
        pass


class RehearsalWire(Wire):
    """The wire's face with nothing behind it."""

    def exchange(
        self,
        raw: bytes,
        *,
        method: str,
        token: str,
        fresh: bool = False,
        response_timeout: float | None = None,
    ) -> Observation:
        return answer(token, raw)

    @contextmanager
    def open(self) -> Iterator[RehearsalConnection]:  # type: ignore[override]
        yield RehearsalConnection()

    def http2(self) -> RehearsalHttp2Wire:
        return RehearsalHttp2Wire(self.url)

    def settle(self, quiet: float) -> None:
        pass


class RehearsalHttp2Wire(Http2Wire):
    """The same for HTTP/2, taken to be offered."""

    def connect(self) -> None:
        pass

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
        return answer(token, body)


class RehearsalWitness(Witness):
    """Real listeners, so that tests find their addresses; nobody is waited for."""

    def wait(self, nonce: str, enough: Callable[[tuple[Delivery, ...]], bool], timeout: float) -> tuple[Delivery, ...]:
        return ()

    def wait_session(self, predicate: Callable[[SessionRecord], bool], timeout: float) -> SessionRecord | None:
        return None

    def wait_for_quiet(self, settle: float, timeout: float, since: float | None = None) -> bool:
        return True
