"""The reference target as a child process: a second core serves while the first one checks."""

from __future__ import annotations

import json
import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from relaycheck.places import PACKAGE
from relaycheck.reference.accounts import demo_auth
from relaycheck.target import Content, Limits, Relay, Target, Url, WitnessSettings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

START_DEADLINE = 20.0
ANY_OTHERS = (0,) * 15
"""Further listeners of the witness: any free ports."""


class EmbeddedProblem(Exception):
    """The child did not come up; the text says what it said."""


@dataclass(slots=True)
class Embedded:
    """Context manager: the child runs inside, `target` describes it. Who asks for that first waits until the child listens.

    Mail without a connection goes to `default_smtp`. Without one a free port is kept for the witness, and `target.witness` tells it
    to listen there. `default_connection=False`: such requests are refused.
    Without `smtp_ca` the certificates of mail servers are not verified: a witness makes its own when it starts.
    """

    default_smtp: tuple[str, int] | None = None
    default_connection: bool = True
    installation: Literal["onsite", "online"] = "onsite"
    patch: Literal["body", "operations"] = "body"
    tls: bool = False
    faults: bool = False
    smtp_ca: str | None = None
    smtp_timeout: float = 1.0
    body_limit: int = 20_000_000
    _kept: socket.socket | None = None
    _process: subprocess.Popen[bytes] | None = None
    _errors: Any = None
    _ready: dict[str, Any] | None = None

    def __enter__(self) -> Embedded:
        """Starts the child, and waits for nothing."""
        if self.default_connection and self.default_smtp is None:
            self._kept = _keep_a_port()
        path = os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))))
        self._errors = tempfile.TemporaryFile()
        self._process = subprocess.Popen(
            self._command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**os.environ, "PYTHONPATH": path},
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def ready(self) -> Mapping[str, Any]:
        """What the child says of itself, waited for at the first call. Raises `EmbeddedProblem`."""
        if self._ready is None:
            self._ready = json.loads(self._first_line())
        return self._ready

    @property
    def target(self) -> Target:
        """The faithful service, as a target file would describe it."""
        return self.target_for("")

    def target_for(self, candidate: str, *, delivery_timeout: float | None = None, settle_time: float = 0.3) -> Target:
        """A candidate that is offered beside the faithful service: the same description at its base path, as the candidate alters it.

        `delivery_timeout` and `settle_time` (seconds) are what the description says before that.
        """
        ready = self.ready()
        scheme: Literal["http", "https"] = "https" if self.tls else "http"
        url = Url(scheme, "127.0.0.1", ready["port"], f"/{candidate}" if candidate else "")
        witness = WitnessSettings()
        if self._kept is not None:
            witness = WitnessSettings(listen_ports=(self._kept.getsockname()[1], *ANY_OTHERS))
        if delivery_timeout is not None:
            witness = replace(witness, delivery_timeout=delivery_timeout, settle_time=settle_time)
        return _altered(candidate, replace(describe(url, self), trust=ready["ca"], witness=witness))

    @property
    def candidates(self) -> tuple[str, ...]:
        return tuple(self.ready()["candidates"])

    def _relay_to(self) -> tuple[str, int] | None:
        if not self.default_connection:
            return None
        return self._kept.getsockname() if self._kept is not None else self.default_smtp

    def _command(self) -> list[str]:
        command = [sys.executable, "-m", "relaycheck.reference", "--json", "--installation", self.installation]
        command += [
            "--patch",
            self.patch,
            "--smtp-timeout",
            str(self.smtp_timeout),
            "--body-limit",
            str(self.body_limit),
        ]
        relay_to = self._relay_to()
        command += ["--default-smtp", _joined(*relay_to)] if relay_to else []
        command += ["--smtp-ca", self.smtp_ca] if self.smtp_ca else ["--smtp-any-certificate"]
        command += ["--tls"] if self.tls else []
        return [*command, "--faults"] if self.faults else command

    def _first_line(self) -> bytes:
        assert self._process is not None, "only inside the with block"
        assert self._process.stdout is not None
        deadline = time.monotonic() + START_DEADLINE
        line = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self._process.stdout, selectors.EVENT_READ)
            while not line.endswith(b"\n"):
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise EmbeddedProblem(f"The embedded reference target did not start within {START_DEADLINE:g} s.")
                more = os.read(self._process.stdout.fileno(), 65536)
                if not more:
                    raise EmbeddedProblem(f"The embedded reference target did not start: {self._last_words()}")
                line += more
        return line

    def _last_words(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it ended without a word."

    def _stop(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        assert process.stdout is not None
        process.kill()  # it holds nothing that is worth a farewell, and one takes a third of a second
        process.wait()
        process.stdin.close()
        process.stdout.close()
        self._errors.close()
        self._process = None


def _keep_a_port() -> socket.socket:
    """A port that nobody else is given, and on which a listener that reuses addresses can listen."""
    kept = socket.socket()
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    kept.bind(("127.0.0.1", 0))
    return kept


def _altered(candidate: str, target: Target) -> Target:
    """`target` as this mutant or variant is to be described."""
    if not candidate:
        return target
    from relaycheck.reference.mutants import MUTANTS
    from relaycheck.reference.variants import VARIANTS

    if candidate in MUTANTS:
        return MUTANTS[candidate].target(target)
    return VARIANTS[candidate].target(target) if candidate in VARIANTS else target


def _joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def describe(url: Url, settings: Embedded) -> Target:
    """What a target file for such a server says."""
    return Target(
        url=url,
        name="relaycheck reference target",
        installation=settings.installation,
        auth=demo_auth(settings.installation),
        content=Content(patch=settings.patch, declared=frozenset({"xml", "form", "patch", "property_case", "charset"})),
        relay=Relay(default_connection=settings.default_connection, smtp_timeout=settings.smtp_timeout),
        limits=Limits(body_bytes=settings.body_limit),
        http2=settings.tls,
    )
