"""Runs a reference target: listens, says where in one line, and ends with SIGTERM, SIGINT or the end of its standard input."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import socket
import ssl
import stat
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import trustme
import uvicorn

from relaycheck.reference import door
from relaycheck.reference.accounts import demo_installation
from relaycheck.reference.application import Application
from relaycheck.reference.candidates import Candidate, Candidates
from relaycheck.reference.service import Service
from relaycheck.reference.wire import protocol_for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from relaycheck.reference.installation import Installation
    from relaycheck.reference.wire import WireProtocol


@dataclass(frozen=True, slots=True)
class Settings:
    """How one server runs. Port 0: any free one. Times in seconds."""

    host: str = "127.0.0.1"
    port: int = 0
    tls: bool = False
    default_smtp: tuple[str, int] | None = None
    installation: Literal["onsite", "online"] = "onsite"
    patch: Literal["body", "operations"] = "body"
    smtp_ca: str | None = None
    smtp_verify: bool = True
    smtp_timeout: float = 5.0
    body_limit: int = 20_000_000
    faults: bool = False
    """Offer every mutant and every variant beside the faithful service, each on its base path."""

    def for_installation(self) -> Installation:
        return demo_installation(
            self.installation,
            default_smtp=self.default_smtp,
            patch=self.patch,
            smtp_ca=self.smtp_ca,
            smtp_verify=self.smtp_verify,
            smtp_timeout=self.smtp_timeout,
            body_limit=self.body_limit,
            https_only=self.tls,
        )


@dataclass(frozen=True, slots=True)
class Ready:
    """Where a server listens. `stop` ends it, from any thread."""

    url: str
    port: int
    ca: str | None
    candidates: tuple[str, ...]
    stop: Callable[[], None]


def candidates_for(settings: Settings) -> Candidates:
    faithful = Service(installation=settings.for_installation())
    others: dict[str, Candidate] = {}
    if settings.faults:
        from relaycheck.reference.mutants import MUTANTS
        from relaycheck.reference.variants import VARIANTS

        others |= {mutant.id: mutant.candidate(faithful) for mutant in MUTANTS.values()}
        others |= {variant.id: variant.candidate(faithful) for variant in VARIANTS.values()}
    return Candidates(Candidate(service=faithful), others)


class ListenProblem(Exception):
    """The server cannot listen; the text says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio switches Nagle's delay off only where the protocol is named.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except (OSError, OverflowError) as error:
        listener.close()
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ListenProblem(
            f"Cannot listen on {host}:{port}: {reason}. Choose another port, or 0 for a free one."
        ) from None
    return listener


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        await self.on_tick(0)  # the Date of the first answer
        self._on_ready()

    def handle_stop(self) -> None:
        self.should_exit = True


async def serve(settings: Settings, on_ready: Callable[[Ready], None], candidates: Candidates | None = None) -> None:
    """Serves until SIGTERM, SIGINT, `Ready.stop` or the end of a piped standard input. `candidates`: instead of the settings'."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(listen(settings.host, settings.port))
        candidates = candidates or candidates_for(settings)
        config = uvicorn.Config(
            Application(candidates),
            http=protocol_for(candidates, _alternatives() if settings.tls else {}),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=60,
            timeout_graceful_shutdown=1,
        )
        config.load()
        ca = None
        if settings.tls:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="relaycheck-reference-")))
            ca = str(folder / "ca.pem")
            authority = trustme.CA()
            authority.cert_pem.write_to_path(ca)
            config.ssl = _tls(authority, settings.host)
        port = listener.getsockname()[1]
        authority_name = f"[{settings.host}]" if ":" in settings.host else settings.host
        url = f"{'https' if settings.tls else 'http'}://{authority_name}:{port}"
        server = _Server(config, lambda: on_ready(ready))
        ready = Ready(url, port, ca, tuple(candidates.others), server.handle_stop)
        _watch_stdin(server)
        if settings.tls and settings.faults:
            old = _tls(authority, settings.host)
            door.allow_old(old)
            inner = stack.enter_context(listen(settings.host, 0))
            await _serve_behind_the_door(server, listener, inner, old)
        else:
            await server.serve(sockets=[listener])


async def _serve_behind_the_door(
    server: _Server, listener: socket.socket, inner: socket.socket, old: ssl.SSLContext
) -> None:
    """uvicorn listens on `inner`, where nobody comes; the door hands it the connections of `listener`."""
    config = server.config
    current, config.ssl = config.ssl, None
    assert current is not None

    def protocol() -> asyncio.Protocol:
        made: asyncio.Protocol = config.http_protocol_class(  # type: ignore[call-arg]
            config=config, server_state=server.server_state, app_state=server.lifespan.state
        )
        return made

    listener.listen(256)
    listener.setblocking(False)
    admitting = asyncio.create_task(door.admit_all(listener, protocol, current, old))
    try:
        await server.serve(sockets=[inner])
    finally:
        admitting.cancel()


def _alternatives() -> Mapping[str, Callable[[WireProtocol], asyncio.Protocol]]:
    from relaycheck.reference import http2

    return {"h2": http2.after}


def _tls(authority: trustme.CA, host: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["h2", "http/1.1"])
    authority.issue_cert(host, "localhost", "127.0.0.1").configure_cert(context)
    return context


def _watch_stdin(server: uvicorn.Server) -> None:
    """The end of a piped standard input ends the server, so that a child never outlives the process that started it."""
    try:
        descriptor = sys.stdin.fileno()
        mode = os.fstat(descriptor).st_mode
    except (AttributeError, ValueError, OSError):
        return
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        return
    loop = asyncio.get_running_loop()

    def readable() -> None:
        if not os.read(descriptor, 4096):
            loop.remove_reader(descriptor)
            server.should_exit = True

    loop.add_reader(descriptor, readable)


def host_and_port(text: str) -> tuple[str, int]:
    """`host:port` of an option."""
    host, _, port = text.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        raise argparse.ArgumentTypeError(f"{text!r} is not host:port")
    return host.removeprefix("[").removesuffix("]"), int(port)


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m relaycheck.reference`. 0 after a proper end, 4 when it cannot listen."""
    parser = argparse.ArgumentParser(prog="relaycheck.reference", description="A faithful RelayMessage service.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--tls", action="store_true", help="serve https with a certificate made for this run")
    parser.add_argument(
        "--default-smtp", type=host_and_port, metavar="HOST:PORT", help="for ConnectionInfoExtended: null"
    )
    parser.add_argument("--installation", choices=("onsite", "online"), default="onsite")
    parser.add_argument("--patch", choices=("body", "operations"), default="body", help="what a json-patch body is")
    parser.add_argument("--smtp-ca", metavar="FILE", help="PEM file of authorities to trust for mail servers")
    parser.add_argument(
        "--smtp-any-certificate", dest="smtp_verify", action="store_false", help="verify no mail server"
    )
    parser.add_argument("--smtp-timeout", type=float, default=5.0, metavar="SECONDS")
    parser.add_argument("--body-limit", type=int, default=20_000_000, metavar="OCTETS")
    parser.add_argument("--faults", action="store_true", help="offer every mutant and variant too, each under /ID")
    parser.add_argument("--json", action="store_true", help="say where it listens as one line of JSON")
    options = vars(parser.parse_args(arguments))
    as_json = options.pop("json")

    def on_ready(ready: Ready) -> None:
        line = json.dumps({"url": ready.url, "port": ready.port, "ca": ready.ca, "candidates": ready.candidates})
        sys.stdout.write((line if as_json else f"RelayMessage reference target at {ready.url}") + "\n")
        sys.stdout.flush()

    try:
        asyncio.run(serve(Settings(**options), on_ready))
    except ListenProblem as problem:
        sys.stderr.write(f"{problem}\n")
        return 4
    except KeyboardInterrupt:
        pass
    return 0
