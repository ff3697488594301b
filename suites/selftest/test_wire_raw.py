"""Raw mode sends bytes as given and shows every byte and every end of the connection."""

from __future__ import annotations

import threading

from scripted_server import DEADLINE, Do, ScriptedServer

from relaycheck.exchange import Outcome
from relaycheck.wire import Wire, WireConnection

CLEAN = b"HTTP/1.1 204 No Content\r\n\r\n"
REFUSED = b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno"
ODD = b"POST  / HTTP/1.1\nHost : h\r\n\x00\r\n\r\n"


def test_bytes_go_out_as_given() -> None:
    with ScriptedServer([Do.READ_HEAD, REFUSED, Do.HOLD]) as server, Wire(server.url).open() as connection:
        assert connection.write(ODD) == len(ODD)
        observation = connection.read_response("POST", "t", DEADLINE)
    assert server.requests == [ODD]
    assert (observation.sent, observation.received) == (ODD, REFUSED)


def test_pipelined_responses_are_read_one_by_one_and_a_stray_byte_stays_with_its_own() -> None:
    go = threading.Event()
    with (
        ScriptedServer([go, CLEAN + REFUSED + b"null" + CLEAN, Do.HOLD]) as server,
        Wire(server.url).open() as connection,
    ):
        connection.write(b"GET / HTTP/1.1\r\n\r\n" * 3)
        go.set()
        first, second, third = (connection.read_response("GET", t, DEADLINE) for t in "abc")
    assert [o.response.status for o in (first, second, third) if o.response] == [204, 401, 204]
    assert [o.stray for o in (first, second, third)] == [b"", b"null", b""]
    assert [o.received for o in (first, second, third)] == [CLEAN, REFUSED + b"null", CLEAN]
    assert [o.connection.ordinal for o in (first, second, third)] == [1, 2, 3]


def test_an_interim_head_is_seen_before_the_body_is_sent_and_collected_afterwards() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\n"
    go = threading.Event()
    with (
        ScriptedServer([Do.READ_HEAD, interim, go, CLEAN, Do.HOLD]) as server,
        Wire(server.url).open() as connection,
    ):
        connection.write(b"POST / HTTP/1.1\r\nExpect: 100-continue\r\n\r\n")
        assert connection.read_interim(DEADLINE) == 100
        assert connection.read_interim(0.0) is None
        go.set()
        connection.write(b"body")
        observation = connection.read_response("POST", "t", DEADLINE)
    assert observation.response is not None
    assert (observation.response.status, observation.response.interim) == (204, (100,))
    assert observation.received == interim + CLEAN


def test_no_interim_head_within_the_time_is_none() -> None:
    with ScriptedServer([Do.HOLD]) as server, Wire(server.url).open() as connection:
        assert connection.read_interim(0.05) is None


def test_quiet_returns_what_comes_late_and_ends_with_the_connection() -> None:
    go = threading.Event()
    with ScriptedServer([Do.READ_HEAD, CLEAN, go, b"nu", b"ll"]) as server, Wire(server.url).open() as connection:
        connection.write(b"GET / HTTP/1.1\r\n\r\n")
        connection.read_response("GET", "t", DEADLINE)
        go.set()
        assert connection.quiet(3600.0) == b"null"
        assert connection.at_eof(0.0)


def test_an_open_connection_is_not_at_its_end_and_a_reset_is_one() -> None:
    go = threading.Event()
    with ScriptedServer([go, Do.RESET]) as server, Wire(server.url).open() as connection:
        assert not connection.at_eof(0.05)
        go.set()
        assert connection.at_eof(DEADLINE)


def test_a_half_closed_connection_still_gives_its_answer() -> None:
    with ScriptedServer([Do.HOLD, REFUSED]) as server, Wire(server.url).open() as connection:
        connection.write(b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\nhalf")
        connection.shutdown_write()
        observation = connection.read_response("POST", "t", DEADLINE)
    assert observation.outcome is Outcome.ANSWERED
    assert observation.received == REFUSED


def test_a_reset_reaches_the_target_as_one_and_a_close_does_not() -> None:
    with ScriptedServer([Do.READ_HEAD, Do.HOLD]) as server:
        wire = Wire(server.url)
        for end in (WireConnection.close, WireConnection.reset):
            connection = wire.open()
            connection.write(b"POST / HTTP/1.1\r\n\r\n")
            end(connection)
            server.wait_closed(1)
    assert server.faults == [ConnectionResetError]


def test_writing_to_a_target_that_is_gone_says_how_much_was_taken() -> None:
    with ScriptedServer([Do.RESET]) as server, Wire(server.url).open() as connection:
        assert connection.at_eof(DEADLINE)
        assert connection.write(b"x" * 10_000_000, DEADLINE) < 10_000_000
        assert connection.read_response("POST", "t", DEADLINE).outcome is Outcome.UNANSWERED


def test_only_a_reused_connection_that_took_no_byte_lets_its_request_go_elsewhere() -> None:
    go = threading.Event()
    with ScriptedServer([Do.READ_HEAD, CLEAN, go, Do.RESET]) as server, Wire(server.url).open() as connection:
        first = connection.exchange(ODD, "POST", "a", DEADLINE)
        go.set()
        server.wait_closed(1)
        second = connection.exchange(ODD, "POST", "b", DEADLINE)
    assert first is not None
    assert first.outcome is Outcome.ANSWERED
    assert second is None
    assert connection.token == "a"
