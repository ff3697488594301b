"""What an httpx request says goes out in that order and spelling, and nothing else does."""

from __future__ import annotations

import httpx
import pytest
from scripted_server import Do, ScriptedServer

from relaycheck.exchange import Outcome
from relaycheck.wire import HttpxTransport, Observation, Unanswered, Wire
from relaycheck.wire.transport import chunked, serialise

URL = "http://h.test/api/v1/X?$select=name,category/id"


@pytest.mark.parametrize(
    ("extensions", "first_line", "rest"),
    [
        ({}, b"POST /api/v1/X?$select=name,category/id HTTP/1.1", b"Content-Length: 5\r\nx-B: 2\r\n\r\nhello"),
        ({"target": b"http://h.test/"}, b"POST http://h.test/ HTTP/1.1", b"Content-Length: 5\r\nx-B: 2\r\n\r\nhello"),
        ({"target": "/é"}, b"POST /\xc3\xa9 HTTP/1.1", b"Content-Length: 5\r\nx-B: 2\r\n\r\nhello"),
        (
            {"framing": "chunked"},
            b"POST /api/v1/X?$select=name,category/id HTTP/1.1",
            b"Transfer-Encoding: chunked\r\nx-B: 2\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ),
        (
            {"framing": "chunked", "chunks": (1, 3)},
            b"POST /api/v1/X?$select=name,category/id HTTP/1.1",
            b"Transfer-Encoding: chunked\r\nx-B: 2\r\n\r\n1\r\nh\r\n3\r\nell\r\n1\r\no\r\n0\r\n\r\n",
        ),
    ],
)
def test_the_octets_are_those_of_the_request(extensions: dict[str, object], first_line: bytes, rest: bytes) -> None:
    headers = [("X-a", "1"), ("HOST", "h.test"), ("Content-Length", "5"), ("x-B", "2")]
    request = httpx.Request("POST", URL, headers=headers, content=b"hello", extensions=extensions)
    assert serialise(request) == first_line + b"\r\nX-a: 1\r\nHOST: h.test\r\n" + rest


def test_a_transfer_encoding_of_the_request_is_kept_and_obeyed() -> None:
    request = httpx.Request(
        "POST", URL, headers=[("Host", "h"), ("TRANSFER-encoding", "chunked")], content=iter([b"a", b"bc"])
    )
    assert serialise(request).endswith(b"Host: h\r\nTRANSFER-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")


@pytest.mark.parametrize(("sizes", "chunks"), [((), [10]), ((4,), [4, 6]), ((10,), [10]), ((3, 3, 9), [3, 3, 4])])
def test_chunks_have_the_sizes_asked_for_and_hold_the_whole_body(sizes: tuple[int, ...], chunks: list[int]) -> None:
    expected, start = b"", 0
    for size in chunks:
        expected += b"%x\r\n%b\r\n" % (size, b"0123456789"[start : start + size])
        start += size
    assert chunked(b"0123456789", sizes) == expected + b"0\r\n\r\n"


def test_a_chunk_extension_stands_behind_each_size() -> None:
    assert chunked(b"abc", (2,), b";a=b") == b"2;a=b\r\nab\r\n1;a=b\r\nc\r\n0\r\n\r\n"


def test_raw_octets_go_out_as_they_are_whatever_else_the_request_says() -> None:
    raw = b"POST  /odd HTTP/1.1\r\nHost : h\r\n\r\n"
    with ScriptedServer([Do.READ, b"HTTP/1.1 400 Bad\r\nContent-Length: 0\r\n\r\n", Do.HOLD]) as server:
        transport = HttpxTransport(Wire(server.url))
        request = httpx.Request("POST", f"{server.url}/x", content=b"body", extensions={"raw": raw})
        response = transport.handle_request(request)
        transport.close()
    assert server.requests == [raw]
    assert response.extensions["observation"].sent == raw


def test_the_response_carries_its_observation() -> None:
    answer = (
        b"HTTP/1.1 401 Who Are You\r\nWWW-Authenticate: Basic\r\nwww-authenticate: X\r\nContent-Length: 2\r\n\r\nno"
    )
    with (
        ScriptedServer([Do.READ, answer, Do.HOLD]) as server,
        httpx.Client(transport=HttpxTransport(Wire(server.url)), trust_env=False) as client,
    ):
        response = client.post(f"{server.url}/x", content=b"hello", extensions={"token": "t7"})
    observation = response.extensions["observation"]
    assert isinstance(observation, Observation)
    assert (response.status_code, response.reason_phrase, response.content) == (401, "Who Are You", b"no")
    assert response.headers.get_list("www-authenticate") == ["Basic", "X"]
    assert (observation.token, observation.received, observation.sent) == ("t7", answer, server.requests[0])


def test_an_exchange_without_an_answer_raises_with_its_observation() -> None:
    with (
        ScriptedServer([Do.READ, b"garbage"]) as server,
        httpx.Client(transport=HttpxTransport(Wire(server.url)), trust_env=False) as client,
        pytest.raises(Unanswered) as caught,
    ):
        client.post(f"{server.url}/x", extensions={"token": "t"})
    assert caught.value.observation.outcome is Outcome.MALFORMED
    assert caught.value.observation.received == b"garbage"


def test_proxies_of_the_environment_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    with ScriptedServer([Do.READ, b"HTTP/1.1 204 N\r\n\r\n", Do.HOLD]) as server:
        transport = HttpxTransport(Wire(server.url))
        response = transport.handle_request(httpx.Request("GET", f"{server.url}/x"))
        transport.close()
    assert response.status_code == 204
