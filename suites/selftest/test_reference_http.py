"""The reference target as an HTTP server: endpoint, method, framing and the 204 itself, as octets."""

from __future__ import annotations

import gzip
import json
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import pytest
from http_probe import Conversation
from reference_fixtures import probe, witness

if TYPE_CHECKING:
    from http_probe import Probe

__all__ = ["probe", "witness"]


def chunked(octets: bytes, size: int, extension: str = "") -> bytes:
    pieces = [octets[at : at + size] for at in range(0, len(octets), size)]
    return b"".join(f"{len(p):x}{extension}\r\n".encode() + p + b"\r\n" for p in pieces) + b"0\r\n\r\n"


def test_success_is_204_with_nothing_after_its_header_section(probe: Probe) -> None:
    message = probe.message()
    reply = probe.post(message)
    assert (reply.status, reply.body) == (204, b"")
    assert not (reply.all("content-length") + reply.all("transfer-encoding") + reply.all("trailer"))
    assert parsedate_to_datetime(reply.get("date")).tzinfo is not None
    assert probe.relayed_whole(message)


def test_a_connection_stays_open_and_in_step_over_mixed_answers(probe: Probe) -> None:
    turns = [
        (204, probe.request(probe.message(), close=False)),
        (400, probe.request(b"{", close=False)),
        (401, probe.request(probe.message(), authorization="Basic eDp5", close=False)),
        (415, probe.request(probe.message(), content_type="text/plain", close=False)),
        (204, probe.request(probe.message(), close=False)),
    ]
    with Conversation(probe.target) as conversation:
        for status, octets in turns * 2:
            conversation.send(octets)
            assert conversation.reply().status == status


def test_pipelined_requests_are_answered_in_order(probe: Probe) -> None:
    requests = [
        probe.request(probe.message(), close=False),
        probe.request(b"<", close=False, content_type="text/plain"),
        probe.request(b"", close=False, authorization=None),
        probe.request(probe.message()),
    ]
    with Conversation(probe.target) as conversation:
        conversation.send(b"".join(requests))
        assert [conversation.reply().status for _ in requests] == [204, 415, 401, 204]
        assert conversation.rest() == b""


@pytest.mark.parametrize(
    ("method", "status"),
    [
        *((method, 405) for method in ("GET", "HEAD", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT")),
        ("OPTIONS", 200),
        *((method, 501) for method in ("FROB", "post", "Post")),
    ],
)
def test_only_post_relays(probe: Probe, method: str, status: int) -> None:
    message = probe.message()
    reply = probe.post(message, method=method)
    assert (reply.status, reply.get("allow")) == (status, "POST, OPTIONS")
    assert not probe.mails(message)


def test_a_head_response_has_no_content(probe: Probe) -> None:
    with Conversation(probe.target) as conversation:
        conversation.send(probe.request(b"", method="HEAD"))
        assert conversation.reply("HEAD").status == 405
        assert conversation.rest() == b""


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/Agents/EMail/RelayMessage", 204),
        ("/api/v1/%41gents/EMail/Relay%4dessage", 204),
        ("http://relaycheck.test/api/v1/Agents/EMail/RelayMessage", 204),
        ("HTTP://other.test:8080/api/v1/Agents/EMail/RelayMessage?$select=a", 204),
        ("/api/v1/%2541gents/EMail/RelayMessage", 404),
        ("/api/v1/Agents/EMail/RelayMessage/", 404),
        ("/api/v1/Agents//EMail/RelayMessage", 404),
        ("/api/v1/Agents/EMail/../EMail/RelayMessage", 404),
        ("/api/v1/agents/email/relaymessage", 404),
        ("/api%2fv1/Agents/EMail/RelayMessage", 404),
        ("/", 404),
        ("http://relaycheck.test", 404),
    ],
)
def test_the_path_is_compared_exactly_after_decoding_unreserved_characters_once(
    probe: Probe, path: str, status: int
) -> None:
    message = probe.message()
    assert probe.post(message, target=path).status == status
    assert probe.relayed_whole(message) == (status == 204)


@pytest.mark.parametrize("path", ["/api/v1/agents/email/relaymessage", "/api/v1/Agents/EMail/RelayMessage/", "//api"])
def test_no_spelling_of_the_path_goes_round_authentication(probe: Probe, path: str) -> None:
    assert probe.post(probe.message(), target=path, authorization=None).status in (401, 404)


@pytest.mark.parametrize("override", ["X-HTTP-Method-Override: POST", "X-HTTP-Method: POST", "X-Method-Override: POST"])
def test_a_method_override_does_nothing(probe: Probe, override: str) -> None:
    message = probe.message()
    assert probe.post(message, method="GET", fields=[override], query="?_method=POST").status == 405
    assert not probe.mails(message)


@pytest.mark.parametrize("octets", [2_000, 8_000, 60_000])
def test_long_request_lines_are_served(probe: Probe, octets: int) -> None:
    message = probe.message()
    assert probe.post(message, query="?$select=" + "n" * octets).status == 204
    assert probe.relayed_whole(message)


@pytest.mark.parametrize(("octets", "status"), [(65_536, 204), (300_000, 431)])
def test_a_large_header_section_is_served_or_431(probe: Probe, octets: int, status: int) -> None:
    reply = probe.post(probe.message(), fields=["X-Large: " + "x" * octets])
    assert reply.status == status
    assert parsedate_to_datetime(reply.get("date"))


HOSTS = [(None, ()), ("a b", ()), ("a.test", ("Host: a.test",)), ("a.test", ("Host: b.test",)), ("", ())]
HOSTS += [("a.test/x", ()), ("[::1", ()), ("a.test:http", ()), ("u@a.test", ())]


@pytest.mark.parametrize(("host", "more"), HOSTS)
def test_a_missing_repeated_or_invalid_host_is_400_and_closes(
    probe: Probe, host: str | None, more: tuple[str, ...]
) -> None:
    message = probe.message()
    reply = probe.post(message, host=host, fields=more, close=False)
    assert (reply.status, reply.get("connection").lower()) == (400, "close")
    assert not probe.mails(message)


@pytest.mark.parametrize("host", ["a.test", "a.test:8080", "127.0.0.1", "[::1]:80", "a.test:", "xn--bcher-kva.test"])
def test_a_valid_host_is_served(probe: Probe, host: str) -> None:
    assert probe.post(probe.message(), host=host).status == 204


MALFORMED = {
    "two lengths": ("Content-Length: 3", "Content-Length: 4"),
    "negative": ("Content-Length: -1",),
    "plus": ("Content-Length: +3",),
    "underscore": ("Content-Length: 7_8",),
    "list that differs": ("Content-Length: 3, 4",),
    "space before the colon": ("X-A : b",),
    "bare CR": ("X-A: b\rX-B: c",),
    "NUL": ("X-A: b\0c",),
    "last coding is not chunked": ("Transfer-Encoding: gzip",),
    "chunked is not last": ("Transfer-Encoding: chunked, gzip",),
    "chunked twice": ("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"),
}


@pytest.mark.parametrize("lines", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_http_is_400_and_closes(probe: Probe, lines: tuple[str, ...]) -> None:
    message = probe.message()
    reply = probe.post(message, fields=lines, length=False, close=False)
    assert (reply.status, reply.get("connection").lower()) == (400, "close")
    assert json.loads(reply.body)["Message"]
    assert parsedate_to_datetime(reply.get("date"))
    assert not probe.mails(message)


def test_content_length_beside_transfer_encoding_is_refused_and_closes(probe: Probe) -> None:
    message = probe.message()
    body = json.dumps(probe.members(message)).encode()
    smuggled = probe.message()
    octets = probe.request(chunked(body, 50), fields=["Transfer-Encoding: chunked"], close=False)
    with Conversation(probe.target) as conversation:
        conversation.send(octets + probe.request(smuggled, close=False))
        assert conversation.reply().status == 400
        assert conversation.rest() == b""
    assert not probe.mails(message)
    assert not probe.mails(smuggled)


@pytest.mark.parametrize("size", [1, 7, 64, 100_000])
@pytest.mark.parametrize("extension", ["", ";a", ';name="va;lue"'])
def test_a_chunked_body_is_the_same_request(probe: Probe, size: int, extension: str) -> None:
    message = probe.message()
    body = chunked(json.dumps(probe.members(message)).encode(), size, extension)
    assert probe.post(body, fields=["Transfer-Encoding: chunked"], length=False).status == 204
    assert probe.relayed_whole(message)


def test_a_folded_field_is_joined_by_a_space(probe: Probe) -> None:
    message = probe.message()
    reply = probe.post(message, content_type=None, fields=["Content-Type: application/json;\r\n charset=utf-8"])
    assert reply.status == 204
    assert probe.relayed_whole(message)


def test_nothing_after_a_request_that_closes_is_served(probe: Probe) -> None:
    first, second = probe.message(), probe.message()
    with Conversation(probe.target) as conversation:
        conversation.send(probe.request(first) + probe.request(second))
        assert conversation.reply().status == 204
        assert conversation.rest() == b""
    assert probe.relayed_whole(first)
    assert not probe.mails(second)


def test_100_continue_comes_before_the_body(probe: Probe) -> None:
    message = probe.message()
    octets = probe.request(message, fields=["Expect: 100-continue"], close=False)
    head, separator, body = octets.partition(b"\r\n\r\n")
    with Conversation(probe.target) as conversation:
        conversation.send(head + separator)
        assert conversation.reply().status == 100
        conversation.send(body)
        assert conversation.reply().status == 204
    assert probe.relayed_whole(message)


def test_a_refusal_needs_no_100_and_says_that_it_closes(probe: Probe) -> None:
    octets = probe.request(b"{}", fields=["Expect: 100-continue"], authorization=None, close=False)
    with Conversation(probe.target) as conversation:
        conversation.send(octets.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        reply = conversation.reply()
        assert (reply.status, reply.get("connection").lower()) == (401, "close")
        assert conversation.rest() == b""


def test_an_unknown_expectation_is_ignored(probe: Probe) -> None:
    assert probe.post(probe.message(), fields=["Expect: something-else"]).status == 204


@pytest.mark.parametrize("how", [{"authorization": None}, {"content_type": "text/plain"}, {"method": "PUT"}])
def test_an_unread_body_never_runs_as_a_request(probe: Probe, how: dict[str, str | None]) -> None:
    hidden, after = probe.message(), probe.message()
    with Conversation(probe.target) as conversation:
        conversation.send(probe.request(probe.request(hidden, close=False), close=False, **how))  # type: ignore[arg-type]
        assert conversation.reply().status in (401, 405, 415)
        conversation.send(probe.request(after))
        assert conversation.reply().status == 204
        assert conversation.rest() == b""
    assert not probe.mails(hidden)
    assert probe.relayed_whole(after)


@pytest.mark.parametrize("cut", [0, 1, 50, -1])
def test_an_incomplete_body_relays_nothing(probe: Probe, cut: int) -> None:
    message = probe.message()
    octets = probe.request(message, close=False)
    start = octets.index(b"\r\n\r\n") + 4
    with Conversation(probe.target) as conversation:
        conversation.send(octets[: start + cut] if cut >= 0 else octets[:cut])
        conversation.finish_sending()
        assert conversation.rest() == b""
    assert not probe.mails(message)


def test_a_client_that_ends_its_side_gets_its_answer(probe: Probe) -> None:
    message = probe.message()
    with Conversation(probe.target) as conversation:
        conversation.send(probe.request(message, close=False))
        conversation.finish_sending()
        assert conversation.reply().status == 204
        assert conversation.rest() == b""
    assert probe.relayed_whole(message)


def test_http_1_0_needs_no_host_and_is_closed(probe: Probe) -> None:
    assert probe.post(probe.message(), version="1.0", host=None, close=False).status == 204


def test_a_request_may_come_octet_by_octet(probe: Probe) -> None:
    message = probe.message()
    with Conversation(probe.target) as conversation:
        for octet in probe.request(message):
            conversation.send(bytes([octet]))
        assert conversation.reply().status == 204
    assert probe.relayed_whole(message)


def test_a_gzip_body_is_decoded_and_never_parsed_as_plain(probe: Probe) -> None:
    message = probe.message()
    body = gzip.compress(json.dumps(probe.members(message)).encode())
    assert probe.post(body, fields=["Content-Encoding: gzip"]).status == 204
    assert probe.relayed_whole(message)
    plain = probe.message()
    assert probe.post(plain, fields=["Content-Encoding: gzip"]).status == 400
    assert not probe.mails(plain)
    for cut in (body[:-3], body + b"x"):
        assert probe.post(cut, fields=["Content-Encoding: gzip"]).status == 400


def test_another_coding_is_415_with_accept_encoding_and_a_bad_type_is_415_without(probe: Probe) -> None:
    coding = probe.post(probe.message(), fields=["Content-Encoding: br"])
    media_type = probe.post(probe.message(), content_type="text/plain")
    assert (coding.status, coding.get("accept-encoding")) == (415, "gzip, identity")
    assert (media_type.status, media_type.get("accept-encoding")) == (415, "")


def test_a_body_beyond_the_limit_is_413_and_the_target_lives(probe: Probe) -> None:
    large = json.dumps({"Rfc822": "x" * 3_100_000}).encode()
    assert probe.post(large, close=False).status == 413
    body = chunked(large, 65_536)
    assert probe.post(body, fields=["Transfer-Encoding: chunked"], length=False).status == 413
    bomb = gzip.compress(b" " * 50_000_000)
    assert probe.post(bomb, fields=["Content-Encoding: gzip"]).status == 413
    assert probe.post(probe.message()).status == 204
