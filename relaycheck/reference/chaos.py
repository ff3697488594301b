"""A disturbed way to a faithful target: a proxy before it, or before the witness, that misbehaves at random, the same for the same seed.

The proxy knows no HTTP beyond "the client speaks, the server answers": what a client sends after an answer is a new request. So it
stands before raw dialogues too. What it does is what networks, gateways and restarts do, and nothing that a target could be blamed for.
"""

from __future__ import annotations

import asyncio
import random
import threading
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from relaycheck.target import Target

DRAIN = 0.2
"""Seconds for which a request is still read after a gateway's own answer, so that closing does not reset it."""


class Act(StrEnum):
    """What happens to one request."""

    FORWARD = "forward"
    DELAY = "delay"
    RESET_BEFORE = "reset before it is forwarded"
    RESET_AFTER = "reset when the answer comes"
    TRUNCATE = "the answer breaks off"
    DRIP = "the answer comes octet by octet"
    CLOSE_AFTER = "the connection closes after the answer, unannounced"
    RESET_THEN = "the connection is reset right after the answer"
    ANSWER = "a gateway answers in its place"
    ANSWER_AFTER = "it is forwarded, and a gateway answers in the target's place"


@dataclass(frozen=True, slots=True)
class Fate:
    """One request's act. `seconds` of a delay, `keep` octets before a truncation, `reply` of a gateway."""

    act: Act = Act.FORWARD
    seconds: float = 0.0
    keep: int = 0
    reply: bytes = b""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """`says` in a sentence; `fate` decides for the n-th request; `away` for how many connections after how many none is accepted."""

    says: str
    fate: Callable[[random.Random, int], Fate]
    away: tuple[int, int] = (0, 0)
    mail: bool = False
    """It is before the witness, not before the target: a request is then what the target says in SMTP."""


def _reply(status: int, reason: str, fields: str = "") -> bytes:
    body = f"<html><body><h1>{status} {reason}</h1></body></html>".encode()
    head = f"HTTP/1.1 {status} {reason}\r\nDate: {formatdate(usegmt=True)}\r\nContent-Type: text/html\r\n{fields}"
    return f"{head}Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body


def _sometimes(fate: Callable[[random.Random], Fate], one_in: int = 8) -> Callable[[random.Random, int], Fate]:
    return lambda chance, number: fate(chance) if chance.randrange(one_in) == 0 else Fate()


def _bursts(fate: Callable[[random.Random], Fate], every: int, longest: int) -> Callable[[random.Random, int], Fate]:
    """Of `every` requests the last few, up to `longest`, in a row."""
    lengths: dict[int, int] = {}

    def decide(chance: random.Random, number: int) -> Fate:
        burst, place = divmod(number, every)
        length = lengths.setdefault(burst, chance.randint(1, longest))
        return fate(chance) if place >= every - length else Fate()

    return decide


def _of(act: Act) -> Callable[[random.Random], Fate]:
    return lambda chance: Fate(act)


def _answers(act: Act, *replies: tuple[int, str, str]) -> Callable[[random.Random], Fate]:
    return lambda chance: Fate(act, reply=_reply(*chance.choice(replies)))


def _delay(chance: random.Random) -> Fate:
    return Fate(Act.DELAY, seconds=chance.choice((0.001, 0.005, 0.02, 0.1)))


def _truncate(chance: random.Random) -> Fate:
    return Fate(Act.TRUNCATE, keep=chance.randint(1, 40))


def _anything(chance: random.Random) -> Fate:
    answer = _answers(Act.ANSWER, (502, "Bad Gateway", ""), (503, "Service Unavailable", "Retry-After: 0\r\n"))
    acts = (_delay, _truncate, answer, _of(Act.RESET_BEFORE), _of(Act.RESET_AFTER), _of(Act.DRIP), _of(Act.CLOSE_AFTER))
    return chance.choice(acts)(chance)


THROTTLED = ((429, "Too Many Requests", "Retry-After: 0\r\n"), (429, "Too Many Requests", ""))
UNAVAILABLE = ((503, "Service Unavailable", "Retry-After: 0\r\n"),)
GATEWAYS = ((502, "Bad Gateway", ""), (504, "Gateway Timeout", ""), (503, "Service Unavailable", ""))
ANY: Mapping[str, Disturbance] = {
    "delays": Disturbance("requests are delayed", _sometimes(_delay, 3)),
    "resets-before": Disturbance(
        "connections are reset before the request is forwarded", _sometimes(_of(Act.RESET_BEFORE))
    ),
    "resets-after": Disturbance("connections are reset instead of an answer", _sometimes(_of(Act.RESET_AFTER))),
    "reset-bursts": Disturbance("every connection is reset for a while", _bursts(_of(Act.RESET_BEFORE), 60, 14)),
    "truncated": Disturbance("answers break off", _sometimes(_truncate)),
    "slow-drip": Disturbance("answers come octet by octet", _sometimes(_of(Act.DRIP), 20)),
    "refused-phases": Disturbance("nobody listens for a while", _sometimes(_of(Act.CLOSE_AFTER), 3), away=(12, 4)),
    "throttled": Disturbance("429 in bursts", _bursts(_answers(Act.ANSWER, *THROTTLED[:1]), 40, 6)),
    "unavailable": Disturbance("503 with Retry-After in bursts", _bursts(_answers(Act.ANSWER, *UNAVAILABLE), 40, 9)),
    "gateway": Disturbance("a gateway answers 502, 503 and 504 by itself", _sometimes(_answers(Act.ANSWER, *GATEWAYS))),
    "gateway-bursts": Disturbance(
        "a gateway has lost its target for a while", _bursts(_answers(Act.ANSWER, *GATEWAYS[:2]), 50, 20)
    ),
    "gateway-too-late": Disturbance(
        "a gateway answers 504 to what the target carries out", _sometimes(_answers(Act.ANSWER_AFTER, GATEWAYS[1]))
    ),
    "restart": Disturbance("the target restarts in the middle", _bursts(_of(Act.RESET_AFTER), 150, 3), away=(150, 8)),
    "closes-idle": Disturbance("idle connections are closed silently", _sometimes(_of(Act.CLOSE_AFTER), 3)),
    "resets-idle": Disturbance("connections are reset after the answer", _sometimes(_of(Act.RESET_THEN), 4)),
    "anything": Disturbance("all of that", _sometimes(_anything, 6)),
    "witness-lost": Disturbance(
        "the witness refuses connections for a while", _sometimes(_of(Act.FORWARD)), (25, 10), mail=True
    ),
    "witness-tarpit": Disturbance("the witness is slow", _sometimes(_delay, 4), mail=True),
    "witness-resets": Disturbance("SMTP sessions are reset", _sometimes(_of(Act.RESET_BEFORE), 60), mail=True),
}
KINDS = tuple(ANY)


@contextmanager
def disturbed(kind: str, target: Target, seed: int = 0) -> Iterator[Target]:
    """`target` as it is seen through the disturbance. The target must be plain http on loopback; KeyError for an unknown kind."""
    disturbance = ANY[kind]
    with ExitStack() as stack:
        if disturbance.mail:
            port = stack.enter_context(Proxy(disturbance, target.witness.listen_ports[0], seed))
            yield replace(target, witness=replace(target.witness, address_ports=(port,)))
        else:
            port = stack.enter_context(Proxy(disturbance, target.url.port, seed))
            yield replace(target, url=replace(target.url, port=port))


@dataclass(slots=True)
class Proxy:
    """Context manager: gives the port it listens on. In a thread with its own event loop."""

    disturbance: Disturbance
    upstream: int
    seed: int = 0
    _chance: random.Random = field(default_factory=random.Random)
    _requests: int = 0
    _connections: int = 0
    _port: int = 0
    _ready: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _loop: asyncio.AbstractEventLoop | None = None
    _over: asyncio.Event | None = None
    _open: set[asyncio.Task[None]] = field(default_factory=set)

    def __enter__(self) -> int:
        self._chance.seed(self.seed)
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="chaos", daemon=True)
        self._thread.start()
        self._ready.wait()
        return self._port

    def __exit__(self, *_: object) -> None:
        assert self._loop is not None
        assert self._over is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await self._over.wait()
            for task in tuple(self._open):
                task.cancel()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            if self._away():
                writer.transport.abort()
            else:
                await self._between(reader, writer)
        except (OSError, asyncio.CancelledError):
            writer.transport.abort()
        finally:
            self._open.discard(task)
            writer.close()

    def _away(self) -> bool:
        after, length = self.disturbance.away
        self._connections += 1
        return bool(length) and self._connections % (after + length) >= after

    async def _between(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target_reader, target_writer = await asyncio.open_connection("127.0.0.1", self.upstream)
        dialogue = _Dialogue(reader, writer, target_reader, target_writer, self._next)
        try:
            await dialogue.run()
        finally:
            target_writer.close()

    def _next(self) -> Fate:
        fate = self.disturbance.fate(self._chance, self._requests)
        self._requests += 1
        return fate


class _Over(Exception):
    """The connection is not worth keeping."""


class _Dialogue:
    """One connection through the proxy."""

    def __init__(
        self,
        client: asyncio.StreamReader,
        to_client: asyncio.StreamWriter,
        target: asyncio.StreamReader,
        to_target: asyncio.StreamWriter,
        next_fate: Callable[[], Fate],
    ) -> None:
        self._client, self._to_client = client, to_client
        self._target, self._to_target = target, to_target
        self._next_fate = next_fate
        self._fate = Fate()
        self._answered, self._wants_head = True, False

    async def run(self) -> None:
        there, back = asyncio.create_task(self._requests()), asyncio.create_task(self._answers())
        try:
            done, _ = await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
            if there in done and there.exception() is None:  # the client has said all; the answer may still come
                await back
            for task in done:
                if (fault := task.exception()) is not None:
                    raise fault
        except _Over:
            pass
        finally:
            for task in (there, back):
                task.cancel()
                with suppress(asyncio.CancelledError, _Over, OSError):
                    await task

    async def _requests(self) -> None:
        while data := await self._client.read(65536):
            if self._answered:
                self._answered, self._wants_head = False, data.startswith(b"HEAD ")
                self._fate = self._next_fate()
                await self._open_request()
            self._to_target.write(data)
            await self._to_target.drain()
        with suppress(OSError):
            self._to_target.write_eof()

    async def _open_request(self) -> None:
        match self._fate.act:
            case Act.DELAY:
                await asyncio.sleep(self._fate.seconds)
            case Act.RESET_BEFORE:
                self._reset()
            case Act.ANSWER:
                await self._answer(self._fate.reply)

    async def _answers(self) -> None:
        while data := await self._target.read(65536):
            self._answered = True
            match self._fate.act:
                case Act.RESET_AFTER:
                    self._reset()
                case Act.TRUNCATE:
                    self._to_client.write(data[: self._fate.keep])
                    await self._to_client.drain()
                    raise _Over
                case Act.ANSWER_AFTER:
                    await self._answer(self._fate.reply)
                case Act.DRIP:
                    for octet in data:
                        self._to_client.write(bytes((octet,)))
                        await self._to_client.drain()
                        await asyncio.sleep(0.001)
                case _:
                    self._to_client.write(data)
                    await self._to_client.drain()
            if self._fate.act is Act.CLOSE_AFTER:
                raise _Over
            if self._fate.act is Act.RESET_THEN:
                self._reset()
        with suppress(OSError):
            self._to_client.write_eof()

    def _reset(self) -> None:
        self._to_client.transport.abort()
        raise _Over

    async def _answer(self, reply: bytes) -> None:
        """A whole answer of the proxy's own, and a close that does not take it back. To HEAD it has no content."""
        head, end, content = reply.partition(b"\r\n\r\n")
        self._to_client.write(head + end + (b"" if self._wants_head else content))
        await self._to_client.drain()
        with suppress(OSError):
            self._to_client.write_eof()
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN):
                while await self._client.read(65536):
                    pass
        raise _Over
