"""What a run costs: against bare httpx, at each depth, with two workers, and where the time goes. Prints ratios of one session.

The same requests are sent once by the suite and once by a plain httpx client, to the same reference target with the same mail
server. "Own cost" is what the suite takes beside its requests: composing, drawing, recording, judging, reporting. It is compared
per exchange, because httpx cannot send those that are no proper HTTP.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from relaycheck.client import Client
from relaycheck.plugin.launch import launch_for_outcome
from relaycheck.plugin.settings import Depth, Settings
from relaycheck.reference.embedded import Embedded
from relaycheck.rollup import CertificateLevel
from relaycheck.strategies.draw import forget_examples
from relaycheck.target import WitnessSettings
from relaycheck.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from relaycheck.exchange import Exchange, Request
    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.target import Target
    from relaycheck.wire import Observation

LOOPBACK = WitnessSettings(delivery_timeout=2.0, settle_time=0.3)


@dataclass
class Sent:
    """The requests of a run in clear, as they were sent, and the seconds that the exchanges took."""

    requests: list[Request] = field(default_factory=list)
    seconds: float = 0.0


@contextmanager
def noted() -> Iterator[Sent]:
    """Note what every client sends meanwhile."""
    sent, transmit = Sent(), Client.transmit

    def noting(client: Client, request: Request, **how: object) -> Exchange:
        exchange = transmit(client, request, **how)  # type: ignore[arg-type]
        sent.requests.append(request)
        sent.seconds += exchange.seconds
        return exchange

    Client.transmit = noting  # type: ignore[assignment, method-assign]
    try:
        yield sent
    finally:
        Client.transmit = transmit  # type: ignore[method-assign]


def run(target: Target, witness: Witness, depth: Depth) -> tuple[RunOutcome, float]:
    settings = Settings(target=target, level=CertificateLevel.HARDENED, depth=depth, witness=witness)
    return launched(settings, time.perf_counter)


@contextmanager
def past_httpx() -> Iterator[None]:
    """Straight to the wire: what httpx takes for a request is part of the request, and in both measures otherwise."""

    def straight(client: Client, request: Request, token: str, fresh: bool, timeout: float | None) -> Observation:
        return client.wire.exchange(
            request.raw, method=request.method, token=token, fresh=fresh, response_timeout=timeout
        )

    over_httpx, Client._over_httpx = Client._over_httpx, straight  # type: ignore[method-assign]
    try:
        yield
    finally:
        Client._over_httpx = over_httpx  # type: ignore[method-assign]


def rehearsed(target: Target) -> float:
    """Seconds of processor time for everything but the exchanges: the same checks, examples, requests and records, nothing sent.

    The best of three, each of which draws its examples anew; what Python imports once is not counted, as it is not for httpx.
    """
    settings = Settings(target=target, level=CertificateLevel.HARDENED, depth=Depth.STANDARD, rehearsal=True)
    with past_httpx():
        return min(_rehearsed_anew(settings) for _ in range(3))


def _rehearsed_anew(settings: Settings) -> float:
    forget_examples()
    return launched(settings, time.process_time)[1]


def launched(settings: Settings, clock: Callable[[], float]) -> tuple[RunOutcome, float]:
    began = clock()
    outcome = launch_for_outcome(settings)
    assert outcome is not None, "the run did not begin"
    return outcome, clock() - began


def bare(target: Target, requests: list[Request]) -> float:
    """Seconds that a plain httpx client takes for the same requests on kept-alive connections."""
    began = time.perf_counter()
    with httpx.Client(trust_env=False, timeout=30) as client:
        for request in requests:
            headers = [
                (n, v) for n, v in request.fields if n.lower() not in ("content-length", "transfer-encoding", "host")
            ]
            encoded = [(n.encode("latin-1"), v.encode("latin-1", "replace")) for n, v in headers]
            url = f"http://{target.url.authority}{request.target}"
            try:
                client.request(request.method, url, headers=encoded, content=request.body)
            except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
                continue
    return time.perf_counter() - began


def command(*arguments: str) -> float:
    """Seconds of a whole command."""
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-m", "relaycheck", *arguments], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    return time.perf_counter() - began


def report() -> None:
    with Witness(LOOPBACK) as witness, Embedded(default_smtp=(witness.main.host, witness.main.port)) as embedded:
        target = replace(embedded.target, witness=LOOPBACK)
        run(target, witness, Depth.QUICK)
        with noted() as sent:
            outcome, total = run(target, witness, Depth.STANDARD)
        plain = bare(target, sent.requests)
        own = rehearsed(target)
        quick, quickly = run(target, witness, Depth.QUICK)
    print(
        f"standard, hardened: {outcome.sent} requests in {total:.1f} s, {1000 * total / outcome.sent:.1f} ms a request"
    )
    print(f"the same {len(sent.requests)} requests by bare httpx: {plain:.1f} s")
    print(f"whole run / bare httpx: {total / plain:.2f}")
    own_of_each, plain_of_each = own / outcome.sent, plain / len(sent.requests)
    print(
        f"own cost / bare httpx: {own_of_each / plain_of_each:.2f} for each exchange"
        f" (a rehearsal, which sends nothing: {own:.1f} s for {outcome.sent})"
    )
    print(f"quick: {quick.sent} requests in {quickly:.1f} s, {quickly / total:.2f} of standard")
    _commands()
    _slowest(outcome)


def _commands() -> None:
    with tempfile.TemporaryDirectory() as folder:
        level = ("check", "--level", "hardened", "--output")
        alone, together = (command(*level, str(Path(folder, name)), "-n", name) for name in ("1", "2"))
    print(f"command with reports: {alone:.1f} s; two workers / one: {together / alone:.2f}")
    print(f"--help: {min(command('--help') for _ in range(5)):.2f} s")


def _slowest(outcome: RunOutcome) -> None:
    requests = Counter(exchange.check for exchange in outcome.exchanges)
    print("\nthe ten slowest checks")
    for check in sorted(outcome.checks, key=lambda c: -c.seconds)[:10]:
        print(f"{check.seconds:6.2f} s {requests[check.id]:4} requests  {check.requirement.id} {check.name}")


if __name__ == "__main__":
    report()
