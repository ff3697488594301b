"""HTTP/2 on the wire: what a server says frame by frame is what is recorded, and nothing that HTTP/2 forbids is sent."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import trustme
from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded
from h2.exceptions import ProtocolError
from scripted_server import DEADLINE

from relaycheck.exchange import Fields, Outcome
from relaycheck.target.model import Url
from relaycheck.wire import Http2Wire, NotOffered

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from relaycheck.wire import Observation

    Answer = Callable[[H2Connection, int], None]

REQUEST = Fields(
    (
        ("Host", "relay.relaycheck.test"),
        ("Connection", "keep-alive"),
        ("TE", "trailers, deflate"),
        ("Transfer-Encoding", "chunked"),
        ("X-Relaycheck", "1"),
    )
)
NO_CONTENT = ((":status", "204"), ("date", "now"))


@dataclass
class Server:
    """Answers each request of its connections with the next answer; keeps what came."""

    url: Url
    trust: str
    requests: list[tuple[dict[bytes, bytes], bytes]] = field(default_factory=list)
    connections: list[ssl.SSLSocket] = field(default_factory=list)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def serving(authority: trustme.CA, folder: Path, *answers: Answer, alpn: str = "h2") -> Iterator[Server]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols([alpn])
    authority.issue_cert("localhost").configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    rest = list(answers)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(Url("https", "localhost", listener.getsockname()[1]), str(folder / "ca.pem"))

        def run() -> None:
            while True:
                try:
                    accepted, _ = listener.accept()
                    with context.wrap_socket(accepted, server_side=True) as sock:
                        talk(sock, server, rest)
                except (OSError, ProtocolError):
                    if not rest:
                        return

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield server
        rest.clear()
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(DEADLINE)
    assert not thread.is_alive()


def talk(sock: ssl.SSLSocket, server: Server, answers: list[Answer]) -> None:
    config = H2Configuration(client_side=False, header_encoding=None, validate_outbound_headers=False)
    config.normalize_outbound_headers = False
    protocol = H2Connection(config)
    protocol.initiate_connection()
    heads: dict[int, dict[bytes, bytes]] = {}
    bodies: dict[int, bytes] = {}
    sock.sendall(protocol.data_to_send())
    server.connections.append(sock)
    while octets := sock.recv(65536):
        for event in protocol.receive_data(octets):
            if isinstance(event, RequestReceived):
                heads[event.stream_id], bodies[event.stream_id] = dict(event.headers), b""
            elif isinstance(event, DataReceived):
                bodies[event.stream_id] += event.data
                protocol.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, StreamEnded):
                server.requests.append((heads[event.stream_id], bodies[event.stream_id]))
                answers.pop(0)(protocol, event.stream_id)
        sock.sendall(protocol.data_to_send())


def plain(protocol: H2Connection, stream: int) -> None:
    protocol.send_headers(stream, NO_CONTENT, end_stream=True)


def with_content(protocol: H2Connection, stream: int) -> None:
    protocol.send_headers(stream, NO_CONTENT)
    protocol.send_data(stream, b"null", end_stream=True)


def empty_data(protocol: H2Connection, stream: int) -> None:
    protocol.send_headers(stream, NO_CONTENT)
    protocol.send_data(stream, b"", end_stream=True)


def with_trailers(protocol: H2Connection, stream: int) -> None:
    protocol.send_headers(stream, NO_CONTENT)
    protocol.send_headers(stream, [("x-trailer", "1")], end_stream=True)


def with_interim(protocol: H2Connection, stream: int) -> None:
    protocol.send_headers(stream, [(":status", "103"), ("link", "</>")])
    protocol.send_headers(stream, [(":status", "401"), ("connection", "keep-alive")])
    protocol.send_data(stream, b"no", end_stream=True)


def reset(protocol: H2Connection, stream: int) -> None:
    protocol.reset_stream(stream, 2)


def cut(protocol: H2Connection, stream: int) -> None:
    protocol.send_headers(stream, [(":status", "200")])
    protocol.send_data(stream, b"half")
    protocol.reset_stream(stream, 2)


def goes_away(protocol: H2Connection, stream: int) -> None:
    plain(protocol, stream)
    protocol.close_connection()


def silence(protocol: H2Connection, stream: int) -> None:
    pass


def post(wire: Http2Wire, body: bytes = b"{}", timeout: float = DEADLINE) -> Observation:
    return wire.exchange("POST", "/x?$select=a", REQUEST, body, token="t", response_timeout=timeout)


def test_a_request_has_no_field_of_a_connection_and_arrives_whole(authority: trustme.CA, tmp_path: Path) -> None:
    body = b"x" * 200_000
    with serving(authority, tmp_path, plain) as server:
        wire = Http2Wire(server.url, trust=server.trust)
        seen = post(wire, body)
        wire.close()
    [(head, received)] = server.requests
    assert head == {
        b":method": b"POST",
        b":authority": b"relay.relaycheck.test",
        b":scheme": b"https",
        b":path": b"/x?$select=a",
        b"x-relaycheck": b"1",
    }
    assert received == body
    assert seen.sent.startswith(
        b":method: POST\r\n:scheme: https\r\n:authority: relay.relaycheck.test\r\n:path: /x?$select=a"
    )
    assert seen.sent.endswith(b"\r\n\r\n" + body)


def test_a_204_is_recorded_as_http_2(authority: trustme.CA, tmp_path: Path) -> None:
    with serving(authority, tmp_path, plain, plain) as server:
        wire = Http2Wire(server.url, trust=server.trust)
        seen, again = post(wire), post(wire)
        wire.close()
    assert seen.outcome is Outcome.ANSWERED
    assert seen.response is not None
    assert (seen.response.status, seen.response.version, seen.response.framing) == (204, "2", "h2")
    assert seen.response.fields == Fields((("date", "now"),))
    assert seen.received == b":status: 204\r\ndate: now\r\n\r\n"
    assert (seen.stray, seen.error, seen.connection.tls) == (b"", "", True)
    assert again.connection.id == seen.connection.id
    assert (seen.connection.ordinal, again.connection.ordinal) == (1, 2)


@pytest.mark.parametrize(
    ("answer", "stray", "trailers"),
    [(with_content, b"null", ()), (empty_data, b"", ()), (with_trailers, b"", (("x-trailer", "1"),))],
)
def test_what_follows_the_head_of_a_204_is_seen(
    authority: trustme.CA, tmp_path: Path, answer: Answer, stray: bytes, trailers: tuple[tuple[str, str], ...]
) -> None:
    with serving(authority, tmp_path, answer) as server:
        wire = Http2Wire(server.url, trust=server.trust)
        seen = post(wire)
        wire.close()
    assert seen.outcome is Outcome.ANSWERED
    assert seen.response is not None
    assert seen.stray == stray
    assert seen.response.trailers.lines == trailers


def test_interim_responses_and_forbidden_fields_are_seen(authority: trustme.CA, tmp_path: Path) -> None:
    with serving(authority, tmp_path, with_interim) as server:
        wire = Http2Wire(server.url, trust=server.trust)
        seen = post(wire)
        wire.close()
    assert seen.response is not None
    assert (seen.response.status, seen.response.interim, seen.response.body) == (401, (103,), b"no")
    assert seen.response.fields.get("Connection") == "keep-alive"
    assert seen.stray == b""


@pytest.mark.parametrize(
    ("answer", "outcome", "timeout"),
    [(reset, Outcome.UNANSWERED, DEADLINE), (cut, Outcome.CUT, DEADLINE), (silence, Outcome.UNANSWERED, 0.2)],
)
def test_an_answer_that_does_not_come_is_no_answer_and_the_next_request_connects_anew(
    authority: trustme.CA, tmp_path: Path, answer: Answer, outcome: Outcome, timeout: float
) -> None:
    with serving(authority, tmp_path, answer, plain) as server:
        wire = Http2Wire(server.url, trust=server.trust)
        seen, again = post(wire, timeout=timeout), post(wire)
        wire.close()
    assert seen.outcome is outcome
    assert seen.error.endswith(".")
    assert again.outcome is Outcome.ANSWERED
    assert again.connection.id != seen.connection.id


def test_a_connection_that_goes_away_is_left(authority: trustme.CA, tmp_path: Path) -> None:
    with serving(authority, tmp_path, goes_away, plain) as server:
        wire = Http2Wire(server.url, trust=server.trust)
        seen, again = post(wire), post(wire)
        wire.close()
    assert [e.outcome for e in (seen, again)] == [Outcome.ANSWERED, Outcome.ANSWERED]
    assert again.connection.id != seen.connection.id


def test_a_connection_that_ends_while_it_is_idle_costs_no_request(authority: trustme.CA, tmp_path: Path) -> None:
    """As servers have it that wait some seconds for the next one."""
    with serving(authority, tmp_path, plain, plain) as server:
        wire = Http2Wire(server.url, trust=server.trust)
        first = post(wire)
        server.connections[0].shutdown(socket.SHUT_RDWR)
        second = post(wire)
        wire.close()
    assert (first.outcome, second.outcome) == (Outcome.ANSWERED, Outcome.ANSWERED)
    assert first.connection.id != second.connection.id


def test_a_server_that_does_not_offer_h2_is_told_apart(authority: trustme.CA, tmp_path: Path) -> None:
    with (
        serving(authority, tmp_path, alpn="http/1.1") as server,
        pytest.raises(NotOffered, match=r"selects http/1\.1 \(ALPN\)"),
    ):
        Http2Wire(server.url, trust=server.trust).connect()


def test_plain_http_has_no_http_2() -> None:
    with pytest.raises(NotOffered, match="https"):
        Http2Wire(Url("http", "127.0.0.1", 1)).connect()


def test_a_port_where_nobody_listens_is_an_exchange_that_was_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        url = Url("https", "127.0.0.1", taken.getsockname()[1])
    wire = Http2Wire(url)
    wire.connect()
    assert post(wire).outcome is Outcome.NOT_SENT
