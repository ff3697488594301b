"""The seams below HTTP: each hook sees what it is promised, and what it makes is what crosses the wire."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import h11
import pytest
from http_probe import DEADLINE, Conversation, Probe
from reference_fixtures import witness

from relaycheck.reference.accounts import demo_auth, demo_installation
from relaycheck.reference.candidates import Candidate, Candidates
from relaycheck.reference.faults import Close, Outgoing, Pause, WireFaults
from relaycheck.reference.run import Ready, Settings, serve
from relaycheck.reference.service import Service
from relaycheck.target import Target, Url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from relaycheck.reference.faults import Move
    from relaycheck.witness import Witness

__all__ = ["witness"]


@contextmanager
def offering(wire: WireFaults, witness: Witness) -> Iterator[Probe]:
    """A server in this process with one faulty candidate, `x`, beside the faithful one."""
    service = Service(installation=demo_installation(default_smtp=(witness.main.host, witness.main.port)))
    candidates = Candidates(Candidate(service=service), {"x": Candidate("x", service, wire)})
    listening, found = threading.Event(), list[Ready]()

    def on_ready(ready: Ready) -> None:
        found.append(ready)
        listening.set()

    thread = threading.Thread(target=lambda: asyncio.run(serve(Settings(), on_ready, candidates)))
    thread.start()
    assert listening.wait(DEADLINE)
    try:
        yield Probe(Target(url=Url("http", "127.0.0.1", found[0].port, "/x"), auth=demo_auth()), witness)
    finally:
        found[0].stop()
        thread.join()


def exchange(probe: Probe, octets: bytes) -> bytes:
    with Conversation(probe.target) as conversation:
        conversation.send(octets)
        return conversation.rest()


def test_the_outgoing_hook_may_write_pause_and_write_again(witness: Witness) -> None:
    def outgoing(response: Outgoing) -> Iterable[Move]:
        assert (response.status, response.content) == (204, b"")
        return response.head, Pause(0.05), b"late ", b"octets"

    with offering(WireFaults(outgoing=outgoing), witness) as probe:
        assert exchange(probe, probe.request(probe.message())).endswith(b"\r\n\r\nlate octets")


@pytest.mark.parametrize("reset", [False, True])
def test_the_outgoing_hook_may_close_without_a_word(witness: Witness, reset: bool) -> None:
    with offering(WireFaults(outgoing=lambda response: (Close(reset=reset),)), witness) as probe:
        message = probe.message()
        assert exchange(probe, probe.request(message, close=False)) == b""
        assert probe.relayed_whole(message)


def test_the_outgoing_hook_can_hold_a_response_back_for_the_next_request(witness: Witness) -> None:
    def swapped(response: Outgoing) -> Iterable[Move]:
        held = response.memory.pop("held", None)
        if held is None:
            response.memory["held"] = response.raw
            return ()
        assert isinstance(held, bytes)
        return response.raw, held

    with offering(WireFaults(outgoing=swapped), witness) as probe, Conversation(probe.target) as conversation:
        bad = probe.request(b"{", close=False)
        conversation.send(probe.request(probe.message(), close=False) + bad)
        assert [conversation.reply().status for _ in range(2)] == [400, 204]


def test_the_incoming_hook_rewrites_octets_before_they_are_parsed(witness: Witness) -> None:
    def unspaced(octets: bytes, memory: dict[str, object]) -> bytes:
        return octets.replace(b"X-Odd :", b"X-Odd:")

    with offering(WireFaults(incoming=unspaced), witness) as probe:
        assert probe.post(probe.message(), fields=["X-Odd : 1"]).status == 204
        assert probe.post(probe.message(), fields=["X-Other : 1"]).status == 400


def test_the_incoming_hook_can_make_a_body_run_as_a_request(witness: Witness) -> None:
    def undrained(octets: bytes, memory: dict[str, object]) -> bytes:
        head, separator, rest = octets.partition(b"\r\n\r\n")
        if b"Authorization" in head:
            return octets
        lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
        return b"\r\n".join(lines) + separator + rest

    with offering(WireFaults(incoming=undrained), witness) as probe:
        hidden = probe.message()
        exchange(probe, probe.request(probe.request(hidden), authorization=None, close=False))
        assert probe.relayed_whole(hidden)


def test_the_event_hook_changes_what_the_parser_found(witness: Witness) -> None:
    def upper(event: h11.Event, memory: dict[str, object]) -> h11.Event:
        if isinstance(event, h11.Request):
            return h11.Request(method=event.method.upper(), target=event.target, headers=event.headers.raw_items())
        return event

    with offering(WireFaults(event=upper), witness) as probe:
        message = probe.message()
        assert probe.post(message, method="post").status == 204
        assert probe.relayed_whole(message)


def test_the_interim_hook_can_keep_the_100_back(witness: Witness) -> None:
    with offering(WireFaults(interim=lambda octets, memory: b""), witness) as probe:
        reply = probe.post(probe.message(), fields=["Expect: 100-continue"])
        assert reply.status == 204


def test_a_fault_touches_only_requests_that_name_its_candidate(witness: Witness) -> None:
    def broken(response: Outgoing) -> Iterable[Move]:
        return (response.raw + b"!",)

    with offering(WireFaults(outgoing=broken), witness) as probe, Conversation(probe.target) as conversation:
        faithful = probe.target.url.path.removeprefix("/x")
        for _ in range(2):
            conversation.send(probe.request(probe.message(), target=faithful, close=False))
            assert conversation.reply().status == 204
        conversation.send(probe.request(probe.message()))
        assert conversation.reply().status == 204
        assert conversation.rest() == b"!"
