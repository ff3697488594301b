"""Without a connection or without TLS nothing is sent, and a sentence says why and what to do."""

from __future__ import annotations

import socket
import ssl
import threading
from typing import TYPE_CHECKING

import pytest
import trustme
from scripted_server import DEADLINE, Do, ScriptedServer, Step

from relaycheck.exchange import Outcome
from relaycheck.target.model import Url
from relaycheck.wire import NotConnected, TrustError, Wire, WireConnection
from relaycheck.wire.connection import RECORD

if TYPE_CHECKING:
    from pathlib import Path

REQUEST = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
CLEAN = b"HTTP/1.1 204 No Content\r\n\r\n"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def trust(authority: trustme.CA, tmp_path: Path) -> str:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return str(path)


def served_as(authority: trustme.CA, name: str = "localhost") -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2", "http/1.1"])
    authority.issue_cert(name).configure_cert(context)
    return context


def test_exchanges_and_raw_mode_work_over_tls_with_a_trusted_authority(authority: trustme.CA, trust: str) -> None:
    late: list[tuple[str, bytes, bool]] = []
    go = threading.Event()
    scripts: list[list[Step]] = [
        [Do.READ, CLEAN, Do.READ, CLEAN, go, b"null", Do.HOLD],
        [Do.READ, CLEAN + b"null", Do.HOLD],
    ]
    with ScriptedServer(*scripts, tls=served_as(authority)) as server:
        wire = Wire(server.url, trust=trust, on_late=lambda *report: late.append(report))
        first, second = (wire.exchange(REQUEST, method="POST", token=t) for t in "ab")
        go.set()
        server.wait_sent(3)
        wire.settle(0.2)
        with wire.open() as connection:
            connection.write(REQUEST)
            raw = connection.read_response("POST", "c")
            behind = raw.stray + connection.quiet(0.05)
        wire.close()
    assert first.outcome is second.outcome is raw.outcome is Outcome.ANSWERED
    assert first.connection.tls
    assert second.connection.ordinal == 2
    assert late == [("b", b"null", False)]
    assert behind == b"null"


def test_a_large_upload_arrives_whole_over_tls(authority: trustme.CA, trust: str) -> None:
    request = b"POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\n" + b"b" * 2_000_000
    with ScriptedServer([Do.READ, CLEAN, Do.HOLD], tls=served_as(authority)) as server:
        wire = Wire(server.url, trust=trust)
        observation = wire.exchange(request, method="POST", token="a")
        wire.close()
    assert observation.outcome is Outcome.ANSWERED
    assert server.requests == [request]


def test_only_http_1_1_is_offered(authority: trustme.CA, trust: str) -> None:
    context = served_as(authority)
    context.set_alpn_protocols(["h2"])
    with ScriptedServer([Do.READ, CLEAN, Do.HOLD], tls=context) as server:
        wire = Wire(server.url, trust=trust)
        observation = wire.exchange(REQUEST, method="POST", token="a")
        wire.close()
    assert observation.outcome is Outcome.ANSWERED


def test_an_untrusted_certificate_sends_nothing(authority: trustme.CA) -> None:
    with ScriptedServer([Do.READ, CLEAN], tls=served_as(authority)) as server:
        observation = Wire(server.url).exchange(REQUEST, method="POST", token="a")
    assert observation.outcome is Outcome.NOT_SENT
    assert "is not trusted" in observation.error
    assert "`trust`" in observation.error
    assert server.requests == []


def test_a_certificate_for_another_host_sends_nothing(authority: trustme.CA, trust: str) -> None:
    with ScriptedServer([Do.READ, CLEAN], tls=served_as(authority, "other.example")) as server:
        observation = Wire(server.url, trust=trust).exchange(REQUEST, method="POST", token="a")
    assert observation.outcome is Outcome.NOT_SENT
    assert "is for another host" in observation.error
    assert server.requests == []


HANDSHAKES: dict[str, tuple[list[Step], str]] = {
    "plain HTTP": ([b"HTTP/1.1 400 Bad Request\r\n\r\n", Do.HOLD], "may want http://"),
    "a close": ([], "during the TLS handshake"),
    "silence": ([Do.HOLD], "did not finish the TLS handshake within 0.5 s"),
}


@pytest.mark.parametrize(("script", "sentence"), HANDSHAKES.values(), ids=HANDSHAKES.keys())
def test_a_tls_handshake_that_fails_says_why(script: list[Step], sentence: str) -> None:
    with ScriptedServer(script) as server:
        url = Url("https", "localhost", server.url.port)
        observation = Wire(url, connect_timeout=0.5).exchange(REQUEST, method="POST", token="a")
    assert observation.outcome is Outcome.NOT_SENT
    assert sentence in observation.error


def test_plain_http_to_a_tls_port_names_the_scheme(authority: trustme.CA) -> None:
    with ScriptedServer([], tls=served_as(authority)) as server:
        wire = Wire(Url("http", "localhost", server.url.port), response_timeout=DEADLINE)
        observation = wire.exchange(REQUEST, method="POST", token="a")
        wire.close()
    assert observation.outcome in (Outcome.MALFORMED, Outcome.UNANSWERED)
    assert "https://" in observation.error


@pytest.mark.parametrize(
    ("host", "sentence"),
    [
        ("127.0.0.1", "connection refused"),
        ("nowhere.invalid", "does not resolve"),
        ("no..dots", "does not resolve"),
    ],
)
def test_a_place_that_cannot_be_reached_is_not_sent_with_a_sentence(host: str, sentence: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        wire = Wire(Url("http", host, closed.getsockname()[1]))
        observation = wire.exchange(REQUEST, method="POST", token="a")
        with pytest.raises(NotConnected, match=sentence):
            wire.open()
    assert observation.outcome is Outcome.NOT_SENT
    assert sentence in observation.error
    assert observation.sent == b""


@pytest.mark.parametrize(
    ("content", "sentence"), [("no certificate", "holds no PEM certificate"), (None, "cannot be read")]
)
def test_a_useless_trust_file_is_refused_with_a_sentence(tmp_path: Path, content: str | None, sentence: str) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(TrustError, match=sentence):
        Wire(Url("https", "localhost", 1), trust=str(path))


class CutOff:
    """A TLS socket of which the target has read some records, answered, and closed: the next record cannot be sent."""

    def __init__(self, *received: bytes) -> None:
        self.received = list(received)
        self.pair = socket.socketpair()

    def fileno(self) -> int:
        return self.pair[0].fileno()

    def send(self, data: bytes) -> int:
        raise BrokenPipeError

    def recv(self, size: int) -> bytes:
        return self.received.pop(0) if self.received else b""

    def settimeout(self, seconds: float) -> None: ...

    def close(self) -> None:
        for end in self.pair:
            end.close()


@pytest.mark.parametrize(("size", "again"), [(100, True), (RECORD, True), (RECORD + 1, False), (60_000, False)])
def test_a_request_of_several_records_is_never_taken_for_unsent(size: int, again: bool) -> None:
    """Sent again on another connection, its answer would be left on this one, as octets behind the answer before it."""
    cut_off = CutOff(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    with WireConnection(cut_off, "c1") as connection:  # type: ignore[arg-type]
        connection.tls, connection.ordinal, connection.token = True, 1, "X1"
        seen = connection.exchange(b"x" * size, "POST", "X2", 1.0)
    assert (seen is None) is again
    if seen is not None:
        assert (seen.outcome, seen.response and seen.response.status) == (Outcome.ANSWERED, 400)
