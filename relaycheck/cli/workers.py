"""`check -n`: further processes that each take a share of the checks, with a witness and, if need be, a reference target of its own."""

from __future__ import annotations

import multiprocessing
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from relaycheck.plugin.launch import launch_for_outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

    from relaycheck.plugin.outcome import RunOutcome
    from relaycheck.plugin.settings import Settings
    from relaycheck.target import WitnessSettings

VIEWS = ("relaycheck.views.allure_results", "relaycheck.views.emit")


class TooFewPorts(Exception):
    """The declared witness has fewer ports than there are workers; the message says what to declare."""


class WorkerLost(Exception):
    """A worker process ended without a result: a fault of the suite."""


def shared(settings: Settings, share: int, shares: int) -> Settings:
    """These settings for one of several processes: its own witness ports, its part of the rate. Raises TooFewPorts."""
    target = settings.target
    rate = target.limits.requests_per_second
    return replace(
        settings,
        share=(share, shares),
        target=replace(
            target,
            witness=_ports_of(target.witness, share, shares),
            limits=replace(target.limits, requests_per_second=rate / shares if rate else None),
        ),
    )


def _ports_of(witness: WitnessSettings, share: int, shares: int) -> WitnessSettings:
    ports = witness.listen_ports
    if not ports:
        return witness
    if len(ports) < shares:
        raise TooFewPorts(
            f"-n {shares}: each worker needs a witness port of its own and {len(ports)} is declared. "
            f'Declare a range in [witness], such as listen = "{witness.listen_host}:{ports[0]}-{ports[0] + 2 * shares - 1}".'
        )
    return replace(witness, listen_ports=ports[share::shares], address_ports=witness.address_ports[share::shares])


@contextmanager
def workers(
    make: Callable[[ExitStack], Settings], shares: int, options: tuple[str, ...]
) -> Iterator[Callable[[], list[RunOutcome]]]:
    """Start the processes for every share but the first. Gives a function that waits for their outcomes."""
    context = multiprocessing.get_context("spawn")
    started = []
    for share in range(1, shares):
        mine, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(make, share, shares, options, theirs), daemon=True)
        process.start()
        theirs.close()
        started.append((process, mine))

    def outcomes() -> list[RunOutcome]:
        return [_received(pipe) for _, pipe in started]

    try:
        yield outcomes
    finally:
        for process, pipe in started:
            pipe.close()
            process.terminate()
            process.join()


def _received(pipe: Connection) -> RunOutcome:
    try:
        outcome: RunOutcome = pipe.recv()
    except EOFError:
        raise WorkerLost("a worker process ended without a result; its own message stands above") from None
    return outcome


def _work(
    make: Callable[[ExitStack], Settings], share: int, shares: int, options: tuple[str, ...], pipe: Connection
) -> None:
    """A worker's life: its share of the run, then its outcome through the pipe."""
    with ExitStack() as stack:
        settings = shared(make(stack), share, shares)
        outcome = launch_for_outcome(settings, options, views=VIEWS)
    if outcome is not None:
        pipe.send(_sendable(outcome))


def _sendable(outcome: RunOutcome) -> RunOutcome:
    """Without what only this process can hold: its witness, and the strategies that examples were drawn from."""
    for check in outcome.checks:
        for attempt in (*check.attempts, *([check.example.attempt] if check.example else [])):
            attempt.drawings, attempt.instead = [], None
    return replace(outcome, settings=replace(outcome.settings, witness=None, others=None))
