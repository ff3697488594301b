"""A response parses the same however it is split, and no byte of it is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from relaycheck.wire.reader import ResponseReader

LIMIT = 1 << 16
TOKEN = "abcXYZ019-_"
HEAD_204 = b"HTTP/1.1 204 No Content\r\nDate: x\r\n\r\n"


def read(data: bytes, method: str = "POST", limit: int = LIMIT, ended: bool = True) -> ResponseReader:
    reader = ResponseReader(method, limit)
    reader.feed(data)
    if ended:
        reader.end()
    return reader


names = st.text(TOKEN, min_size=1, max_size=8).map(lambda n: f"X-{n}")
values = st.text(TOKEN + "äÿ;=,", max_size=12)
field_lines = st.lists(st.tuples(names, values), max_size=4)


def spelled(lines: list[tuple[str, str]]) -> bytes:
    return b"".join(f"{name}: {value}\r\n".encode("latin-1") for name, value in lines)


@st.composite
def whole_responses(draw: st.DrawFn) -> tuple[bytes, bytes, bytes, bytes, str, list[tuple[str, str]], bytes]:
    """Interim responses, head, coded body, body, framing, trailers, stray bytes."""
    interim = draw(
        st.sampled_from([b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"])
    )
    kind = draw(st.sampled_from(["none", "length", "chunked", "close"]))
    body = b"" if kind == "none" else draw(st.binary(max_size=60))
    lines = draw(field_lines)
    trailers: list[tuple[str, str]] = []
    coded = body
    if kind == "length":
        lines = [*lines, ("Content-Length", str(len(body)))]
    if kind == "chunked":
        lines = [("Transfer-Encoding", "chunked"), *lines]
        trailers = draw(field_lines)
        cut = draw(st.integers(0, len(body)))
        parts = [p for p in (body[:cut], body[cut:]) if p]
        coded = b"".join(b"%X;ext=1\r\n%b\r\n" % (len(p), p) for p in parts) + b"0\r\n" + spelled(trailers) + b"\r\n"
    status = 204 if kind == "none" else draw(st.sampled_from([200, 400, 401, 500]))
    head = b"HTTP/1.1 %d Why So\r\n%b\r\n" % (status, spelled(lines))
    stray = b"" if kind == "close" else draw(st.binary(max_size=20))
    return interim, head, coded, body, kind, trailers, stray


@given(whole_responses(), st.data())
@settings(deadline=None, max_examples=200)
def test_a_response_parses_the_same_however_it_is_split_and_nothing_is_lost(
    case: tuple[bytes, bytes, bytes, bytes, str, list[tuple[str, str]], bytes], data: st.DataObject
) -> None:
    interim, head, coded, body, kind, trailers, stray = case
    octets = interim + head + coded + stray
    cuts = sorted(data.draw(st.sets(st.integers(0, len(octets)), max_size=12)))
    reader = ResponseReader("POST", LIMIT)
    for start, stop in zip([0, *cuts], [*cuts, len(octets)], strict=True):
        if start < stop:
            reader.feed(octets[start:stop])
    reader.end()
    response = reader.response()
    assert reader.complete
    assert response is not None
    assert (response.head, response.body, response.framing) == (head, body, kind)
    assert list(response.trailers) == trailers
    assert len(response.interim) == (1 if interim else 0)
    assert reader.stray == stray
    assert bytes(reader.received) == octets
    assert response == read(octets).response()


@pytest.mark.parametrize(
    ("method", "data", "framing", "body", "stray"),
    [
        ("POST", b"HTTP/1.1 204 N\r\nContent-Length: 4\r\n\r\nnull", "none", b"", b"null"),
        ("POST", b"HTTP/1.1 204 N\r\n\r\nnull", "none", b"", b"null"),
        ("POST", b"HTTP/1.1 204 N\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "none", b"", b"0\r\n\r\n"),
        ("POST", b"HTTP/1.1 304 N\r\nContent-Length: 9\r\n\r\n", "none", b"", b""),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull", "none", b"", b"null"),
        ("CONNECT", b"HTTP/1.1 200 OK\r\n\r\nxyz", "none", b"", b"xyz"),
        ("CONNECT", b"HTTP/1.1 405 No\r\nContent-Length: 1\r\n\r\nxyz", "length", b"x", b"yz"),
        ("POST", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "length", b"", b""),
        ("POST", b"HTTP/1.0 200 OK\r\n\r\nto the end", "close", b"to the end", b""),
        ("POST", b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", "length", b"x", b""),
    ],
)
def test_the_framing_follows_from_method_status_and_fields(
    method: str, data: bytes, framing: str, body: bytes, stray: bytes
) -> None:
    reader = read(data, method)
    response = reader.response()
    assert response is not None
    assert (reader.complete, response.framing, response.body, reader.stray) == (True, framing, body, stray)


@pytest.mark.parametrize(
    "data",
    [
        b"null",
        b"\x15\x03\x01\x00\x02\x02\x46",
        b"220 mail.example ESMTP\r\n",
        b"HTTP/1.1 two Oh Four\r\n\r\n",
        b"HTTP/1.1 204 N\r\nName : value\r\n\r\n",
        b"HTTP/1.1 200 N\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
        b"HTTP/1.1 200 N\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n",
    ],
)
def test_a_malformed_answer_keeps_its_bytes_and_says_what_is_wrong(data: bytes) -> None:
    reader = read(data, ended=False)
    assert reader.malformed
    assert not reader.complete
    assert bytes(reader.received) == data


@pytest.mark.parametrize(
    "data", [HEAD_204[:-2], b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", b"HTTP/1.1 100 C\r\n\r\n"]
)
def test_a_response_that_ends_early_is_neither_complete_nor_malformed(data: bytes) -> None:
    reader = read(data)
    assert not reader.complete
    assert not reader.malformed
    assert bytes(reader.received) == data


def test_a_body_beyond_the_limit_stops_the_reading() -> None:
    reader = read(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100, limit=50, ended=False)
    assert reader.oversized
    assert reader.done


@pytest.mark.parametrize(
    ("data", "closes"),
    [
        (HEAD_204, False),
        (b"HTTP/1.1 204 N\r\nConnection: Foo, CLOSE\r\n\r\n", True),
        (b"HTTP/1.1 204 N\r\nConnection: closely\r\n\r\n", False),
        (b"HTTP/1.0 204 N\r\n\r\n", True),
        (b"HTTP/1.0 204 N\r\nConnection: keep-alive\r\n\r\n", False),
        (b"HTTP/1.1 200 OK\r\n\r\nbody", True),
    ],
)
def test_a_response_says_whether_its_connection_persists(data: bytes, closes: bool) -> None:
    assert read(data).closes is closes


@pytest.mark.parametrize(
    ("behind", "stray", "following"),
    [
        (b"", b"", b""),
        (b"null", b"null", b""),
        (b"null" + HEAD_204, b"null", HEAD_204),
        (HEAD_204, b"", HEAD_204),
        (b"nullHT", b"null", b"HT"),
    ],
)
def test_a_pipelined_response_is_told_from_stray_bytes(behind: bytes, stray: bytes, following: bytes) -> None:
    reader = read(HEAD_204 + behind)
    assert reader.split_off_next() == following
    assert reader.stray == stray
