"""Every byte on a connection is charged to the exchange that caused it, and nothing the target does is lost or raises."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from scripted_server import DEADLINE, Do, ScriptedServer, Step

from relaycheck.exchange import Outcome
from relaycheck.wire import Wire

REQUEST = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
CLEAN = b"HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n"
HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
STRAYS = {
    "length and null": (b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n", b"null"),
    "null": (CLEAN, b"null"),
    "chunked null": (b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", b"4\r\nnull\r\n0\r\n\r\n"),
    "chunked, empty": (b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", b"0\r\n\r\n"),
}
stray_table = pytest.mark.parametrize(("head", "stray"), STRAYS.values(), ids=STRAYS.keys())

Late = list[tuple[str, bytes, bool]]


def wire_to(server: ScriptedServer, late: Late | None = None, **options: float) -> Wire:
    def note(token: str, stray: bytes, closed: bool) -> None:
        if late is not None:
            late.append((token, stray, closed))

    return Wire(server.url, on_late=note, response_timeout=options.pop("response_timeout", DEADLINE))


def test_a_kept_alive_connection_carries_one_exchange_after_the_other() -> None:
    with ScriptedServer([Do.READ, CLEAN, Do.READ, HELLO, Do.HOLD]) as server:
        wire = wire_to(server)
        first, second = (wire.exchange(REQUEST, method="POST", token=t) for t in "ab")
        wire.close()
    assert server.connections == 1
    assert server.requests == [REQUEST, REQUEST]
    assert (first.connection.ordinal, second.connection.ordinal) == (1, 2)
    assert first.connection.id == second.connection.id
    assert first.sent == REQUEST
    assert first.received == CLEAN
    assert second.response is not None
    assert second.response.body == b"hello"


def test_a_fresh_exchange_has_a_connection_of_its_own_and_ends_it() -> None:
    with ScriptedServer([Do.READ, CLEAN, Do.HOLD]) as server:
        wire = wire_to(server)
        for token in "ab":
            wire.exchange(REQUEST, method="POST", token=token, fresh=True)
        wire.close()
    assert server.connections == 2


@stray_table
def test_stray_bytes_in_the_same_packet_are_of_this_exchange_and_the_next_is_answered(
    head: bytes, stray: bytes
) -> None:
    late: Late = []
    with ScriptedServer([Do.READ, head + stray, Do.HOLD], [Do.READ, HELLO, Do.HOLD]) as server:
        wire = wire_to(server, late)
        guilty = wire.exchange(REQUEST, method="POST", token="guilty")
        innocent = wire.exchange(REQUEST, method="POST", token="innocent")
        wire.close()
    assert guilty.outcome is innocent.outcome is Outcome.ANSWERED
    assert (guilty.stray, innocent.stray) == (stray, b"")
    assert guilty.received == head + stray
    assert late == []


@stray_table
def test_stray_bytes_between_two_exchanges_are_charged_to_the_earlier(head: bytes, stray: bytes) -> None:
    late: Late = []
    go = threading.Event()
    with ScriptedServer([Do.READ, head, go, stray, Do.HOLD], [Do.READ, HELLO, Do.HOLD]) as server:
        wire = wire_to(server, late)
        guilty = wire.exchange(REQUEST, method="POST", token="guilty")
        go.set()
        server.wait_sent(2)
        innocent = wire.exchange(REQUEST, method="POST", token="innocent")
        wire.close()
    assert guilty.stray == b""
    assert late == [("guilty", stray, False)]
    assert innocent.received == HELLO
    assert innocent.connection.id != guilty.connection.id


@pytest.mark.parametrize("together", [True, False], ids=["in one packet", "in two packets"])
@stray_table
def test_stray_bytes_that_race_with_the_next_answer_are_charged_to_the_earlier(
    head: bytes, stray: bytes, together: bool
) -> None:
    late: Late = []
    answer: list[Step] = [stray + HELLO] if together else [stray, HELLO]
    with ScriptedServer([Do.READ, head, Do.READ, *answer, Do.HOLD], [Do.READ, CLEAN, Do.HOLD]) as server:
        wire = wire_to(server, late)
        for token in ("guilty", "innocent", "third"):
            observation = wire.exchange(REQUEST, method="POST", token=token)
            assert observation.outcome is Outcome.ANSWERED
            if token == "innocent":
                assert observation.received == HELLO
        wire.close()
    assert late == [("guilty", stray, False)]
    assert server.connections == 2


def test_settling_reports_late_bytes_and_closes_of_every_idle_connection() -> None:
    late: Late = []
    go = threading.Event()
    together = threading.Barrier(3)
    first: list[Step] = [Do.READ, together, CLEAN, go]
    with (
        ScriptedServer([*first, b"nu", b"ll", Do.HOLD], first, [*first, Do.HOLD]) as server,
        ThreadPoolExecutor(3) as threads,
    ):
        wire = wire_to(server, late)
        seen = list(threads.map(lambda token: wire.exchange(REQUEST, method="POST", token=token), "abc"))
        go.set()
        wire.settle(0.3)
        again = wire.exchange(REQUEST, method="POST", token="d", response_timeout=0.0)
        wire.close()
    assert sorted((stray, closed) for _, stray, closed in late) == [(b"", True), (b"null", False)]
    (unreported,) = {"a", "b", "c"} - {token for token, _, _ in late}
    (kept,) = (o.connection.id for o in seen if o.token == unreported)
    assert (again.connection.id, again.connection.ordinal) == (kept, 2)


def test_settling_with_nothing_to_watch_returns_at_once() -> None:
    with ScriptedServer([Do.READ, CLEAN]) as server:
        wire = wire_to(server)
        wire.settle(3600.0)
        wire.close()
    assert server.connections == 0


@pytest.mark.parametrize("settled", [True, False], ids=["seen by settling", "seen before the next request"])
def test_a_close_between_exchanges_is_reported_and_the_next_request_goes_out_once(settled: bool) -> None:
    late: Late = []
    go = threading.Event()
    with ScriptedServer([Do.READ, CLEAN, go], [Do.READ, HELLO, Do.HOLD]) as server:
        wire = wire_to(server, late)
        first = wire.exchange(REQUEST, method="POST", token="a")
        go.set()
        if settled:
            wire.settle(DEADLINE)
        else:
            server.wait_closed(1)
        second = wire.exchange(REQUEST, method="POST", token="b")
        wire.close()
    assert not first.connection.closed_after
    assert late == [("a", b"", True)]
    assert second.outcome is Outcome.ANSWERED
    assert len(server.requests) == 2


def test_an_announced_close_is_on_record_and_late_bytes_before_it_are_still_seen() -> None:
    late: Late = []
    go = threading.Event()
    with ScriptedServer([Do.READ, b"HTTP/1.1 204 N\r\nConnection: close\r\n\r\n", go, b"null"]) as server:
        wire = wire_to(server, late)
        observation = wire.exchange(REQUEST, method="POST", token="a")
        go.set()
        wire.settle(DEADLINE)
        wire.close()
    assert observation.connection.closed_after
    assert late == [("a", b"null", True)]


def test_a_request_that_the_target_may_have_seen_is_never_repeated() -> None:
    with ScriptedServer([Do.READ, CLEAN, Do.READ], [Do.READ, HELLO, Do.HOLD]) as server:
        wire = wire_to(server)
        wire.exchange(REQUEST, method="POST", token="a")
        second = wire.exchange(REQUEST, method="POST", token="b")
        wire.close()
    assert second.outcome is Outcome.UNANSWERED
    assert server.connections == 1


def test_a_request_with_the_close_option_is_the_last_on_its_connection() -> None:
    with ScriptedServer([Do.READ, CLEAN, Do.HOLD]) as server:
        wire = wire_to(server)
        for _ in range(2):
            wire.exchange(REQUEST.replace(b"Host", b"connection: Close\r\nHost"), method="POST", token="a")
        wire.close()
    assert server.connections == 2


FAULTS: dict[str, tuple[list[Step], Outcome, bytes, str]] = {
    "a close without an answer": ([Do.READ], Outcome.UNANSWERED, b"", "closed by the target before an answer"),
    "a reset without an answer": ([Do.READ, Do.RESET], Outcome.UNANSWERED, b"", "reset by the target"),
    "an immediate close": ([Do.READ_HEAD], Outcome.UNANSWERED, b"", "before an answer came"),
    "silence": ([Do.READ, Do.HOLD], Outcome.UNANSWERED, b"", "No answer came within"),
    "half a head": ([Do.READ, CLEAN[:20]], Outcome.CUT, CLEAN[:20], "inside the response, after 20 octets"),
    "half a body": ([Do.READ, HELLO[:-1]], Outcome.CUT, HELLO[:-1], "closed by the target inside"),
    "silence in a body": ([Do.READ, HELLO[:-1], Do.HOLD], Outcome.CUT, HELLO[:-1], "did not end within"),
    "garbage": ([Do.READ, b"garbage\x00\xff", Do.HOLD], Outcome.MALFORMED, b"garbage\x00\xff", "not an HTTP response"),
    "garbage and a close": ([Do.READ, b"220 smtp\r\n"], Outcome.MALFORMED, b"220 smtp\r\n", "status line"),
    "a TLS alert": (
        [Do.READ, b"\x15\x03\x01\x00\x02\x02\x46"],
        Outcome.MALFORMED,
        b"\x15\x03\x01\x00\x02\x02\x46",
        "use https",
    ),
}


@pytest.mark.parametrize(("script", "outcome", "received", "sentence"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_becomes_an_outcome_with_its_bytes_and_a_sentence(
    script: list[Step], outcome: Outcome, received: bytes, sentence: str
) -> None:
    with ScriptedServer(script) as server:
        wire = wire_to(server, response_timeout=0.3 if Do.HOLD in script else DEADLINE)
        observation = wire.exchange(REQUEST, method="POST", token="a")
        wire.close()
    assert (observation.outcome, observation.received) == (outcome, received)
    assert sentence in observation.error
    assert observation.sent == REQUEST


def test_a_slow_drip_does_not_outlast_the_deadline_of_the_whole_response() -> None:
    with ScriptedServer([Do.READ, b"HTTP/1.1 200 OK\r\n\r\n", Do.DRIP]) as server:
        wire = wire_to(server, response_timeout=0.2)
        observation = wire.exchange(REQUEST, method="POST", token="a")
        wire.close()
    assert observation.outcome is Outcome.CUT
    assert observation.response is not None
    assert observation.response.body.startswith(b"x")


def test_an_endless_body_is_cut_at_the_limit() -> None:
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with ScriptedServer([Do.READ, head + b"x" * 300_000, Do.HOLD]) as server:
        wire = Wire(server.url, body_limit=100_000)
        observation = wire.exchange(REQUEST, method="POST", token="a")
        wire.close()
    assert observation.outcome is Outcome.CUT
    assert "longer than 100000 octets" in observation.error


@pytest.mark.parametrize("size", [20_000_000, 1000])
def test_an_early_answer_to_a_large_upload_is_read_and_the_upload_stops(size: int) -> None:
    early = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    request = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n" % size + b"b" * size
    with ScriptedServer([Do.READ_HEAD, early]) as server:
        wire = wire_to(server)
        observation = wire.exchange(request, method="POST", token="a")
        wire.close()
    assert observation.response is not None
    assert observation.response.status == 413
    assert request.startswith(observation.sent)
    assert len(observation.sent) < 20_000_000


def test_a_large_upload_that_is_read_arrives_whole() -> None:
    request = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 3000000\r\n\r\n" + b"b" * 3_000_000
    with ScriptedServer([Do.READ, CLEAN, Do.HOLD]) as server:
        wire = wire_to(server)
        observation = wire.exchange(request, method="POST", token="a")
        wire.close()
    assert observation.outcome is Outcome.ANSWERED
    assert server.requests == [request]


def test_a_target_that_stops_reading_meets_the_deadline_of_the_writing() -> None:
    go = threading.Event()
    with ScriptedServer([Do.READ_HEAD, go]) as server:
        wire = wire_to(server, response_timeout=0.2)
        observation = wire.exchange(REQUEST + b"b" * 20_000_000, method="POST", token="a")
        go.set()
        wire.close()
    assert observation.outcome is Outcome.UNANSWERED
    assert "octets of the request" in observation.error


def test_interim_responses_are_collected() -> None:
    with ScriptedServer([Do.READ, b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 E\r\n\r\n" + HELLO, Do.HOLD]) as server:
        wire = wire_to(server)
        observation = wire.exchange(REQUEST, method="POST", token="a")
        wire.close()
    assert observation.response is not None
    assert observation.response.interim == (100, 103)
    assert observation.response.head == HELLO[:-5]


def test_fifty_threads_share_a_wire_and_each_gets_its_own_answer() -> None:
    def answer(n: int) -> bytes:
        return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n%02d" % n

    scripts: list[list[Step]] = [[step for _ in range(60) for step in (Do.READ, answer(n))] for n in range(50)]
    with ScriptedServer(*scripts) as server, ThreadPoolExecutor(50) as threads:
        wire = wire_to(server)
        seen = list(threads.map(lambda n: wire.exchange(REQUEST, method="POST", token=str(n)), range(200)))
        wire.close()
    bodies: dict[str, set[bytes]] = {}
    for observation in seen:
        assert observation.response is not None
        bodies.setdefault(observation.connection.id, set()).add(observation.response.body)
    assert all(len(b) == 1 for b in bodies.values())
    assert {o.token for o in seen} == {str(n) for n in range(200)}
    assert len({(o.connection.id, o.connection.ordinal) for o in seen}) == 200
