"""Where a message ends: chunks, and lengths that are wrong, many or in doubt (RFC 9112 §6, §7).

Requests that are wrong on purpose go out over connections of their own, so that what they break stays with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from relaycheck.client.dialogues import tried_again, with_payload
from relaycheck.encodings import FORM
from relaycheck.judgements import same_outcome_or
from relaycheck.judgements.framing import by_its_coding_or_refused_then_closed, refused_and_closed
from relaycheck.plugin import judge, requirement
from relaycheck.wire import chunked

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.exchange import Request
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Compose, Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

XML = "application/xml"


@pytest.fixture
def another(compose: Compose, message: Message) -> Request:
    """What is sent on a connection to see whether it still answers."""
    return compose(message, auth=None, expects=None, note="the next request on the connection")


# Bodies in chunks

SIZES = st.lists(
    st.integers(1, 300) | st.sampled_from((1024, 4095, 4096, 4097, 8192, 8193, 16_384, 16_385)), min_size=1, max_size=8
).map(tuple)


@requirement("RM-FR-04")
def test_a_body_in_chunks_is_the_same_request(
    send: Send, control: Control, run: Run, target: Target, draw: Draw
) -> None:
    """However the body is divided, also at the edges of buffers and into chunks that no buffer holds (RFC 9112 §7.1); 411 is legal."""
    long = run.message(body=target.limits.as_much_of(("0123456789" * 7 + "\r\n") * (40_000 // 72)))
    for sizes in draw(SIZES, 6):
        judge(same_outcome_or(send(long, chunks=sizes), control(), statuses=(411,)))


@requirement("RM-FR-04")
@pytest.mark.parametrize("media_type", ["text/json", XML, FORM])
def test_a_body_in_chunks_is_the_same_request_in_other_types(
    send: Send, control: Control, message: Message, media_type: str
) -> None:
    accepted = control(media_type=media_type)
    for sizes in ((1, 1, 1), (100, 7)):
        judge(same_outcome_or(send(message, media_type=media_type, chunks=sizes), accepted, statuses=(411,)))


def every_liberty(body: bytes) -> bytes:
    """A size in capitals, one with zeros, a single octet, a rest, and trailers."""
    return b"1E\r\n%b\r\n000f\r\n%b\r\n1\r\n%b\r\n%b" % (body[:30], body[30:45], body[45:46], trailers(body[46:]))


def sizes_in_capitals(body: bytes) -> bytes:
    return b"1E\r\n%b\r\n" % body[:30] + chunked(body[30:])


def sizes_with_zeros(body: bytes) -> bytes:
    return b"0000%x\r\n%b\r\n000\r\n\r\n" % (len(body), body)


def trailers(body: bytes) -> bytes:
    return chunked(body).removesuffix(b"\r\n") + b"X-Relaycheck-Trailer: 1\r\n\r\n"


def one_octet_each(body: bytes) -> bytes:
    return chunked(body, (1,) * len(body))


@requirement("RM-FR-04")
@pytest.mark.parametrize(
    "coded",
    [every_liberty, sizes_in_capitals, sizes_with_zeros, trailers, one_octet_each],
    ids=["every liberty", "capitals", "zeros", "trailers", "one octet each"],
)
def test_every_spelling_of_the_chunked_coding_is_read(
    run: Run, compose: Compose, control: Control, message: Message, coded: Callable[[bytes], bytes]
) -> None:
    """Hexadecimal sizes in either case, with leading zeros, and with a trailer section (RFC 9112 §7.1, §7.1.2)."""
    composed = compose(message, chunks=())
    request = with_payload(composed, coded(composed.body))
    judge(same_outcome_or(run.client.await_mail(run.client.transmit(request)), control(), statuses=(411,)))


@requirement("RM-FR-04")
def test_chunks_may_come_one_by_one(run: Run, compose: Compose, control: Control, message: Message) -> None:
    """Each chunk in a write of its own, its size line and its end too."""
    accepted, request = control(), compose(message, chunks=(5, 80, 200))
    with run.client.converse() as conversation:
        for piece in request.raw.split(b"\r\n"):
            conversation.write(piece)
            conversation.write(b"\r\n")
        probe = conversation.read(request)
    judge(same_outcome_or(run.client.await_mail(probe), accepted, statuses=(411,)))


@requirement("RM-FR-05")
@pytest.mark.parametrize(
    "extension",
    [';a;b=c;relaycheck="d; e"', ";relaycheck=1", ";relaycheck", ';relaycheck="a; b\\"c"', ";relaycheck=" + "x" * 200],
    ids=["several", "value", "bare", "quoted", "long"],
)
def test_unknown_chunk_extensions_are_ignored(
    run: Run, compose: Compose, control: Control, message: Message, extension: str
) -> None:
    """A recipient ignores extensions that it does not know (RFC 9112 §7.1.1)."""
    composed = compose(message, chunks=())
    request = with_payload(composed, chunked(composed.body, (20, 100), extension.encode()))
    judge(same_outcome_or(run.client.await_mail(run.client.transmit(request, fresh=True)), control(), statuses=(411,)))


# Where a message ends


@requirement("RM-FR-06")
@pytest.mark.parametrize("length_first", [True, False], ids=["length first", "coding first"])
def test_a_length_beside_a_coding_ends_the_connection(
    run: Run, compose: Compose, control: Control, message: Message, another: Request, length_first: bool
) -> None:
    """Refused, or read by its coding; closed in both cases (RFC 9112 §6.1). The length given is that of the coded octets."""
    accepted = control()
    coded = len(chunked(compose(message).body, (50,)))
    lines = (("Content-Length", str(coded)), ("Transfer-Encoding", "chunked"))
    request = compose(message, chunks=(50,), headers=lines if length_first else lines[::-1])
    judge(by_its_coding_or_refused_then_closed(*tried_again(run.client, request, another), accepted))


@requirement("RM-FR-06")
@pytest.mark.parametrize("hidden_by", ["coding", "length"])
def test_a_length_and_a_coding_that_disagree_hide_no_request(
    run: Run, compose: Compose, control: Control, message: Message, another: Request, hidden_by: str
) -> None:
    """A request that one of the two readings takes for content never runs."""
    accepted, inner = control(), compose(message, expects=None, note="the request within")
    if hidden_by == "coding":
        payload = chunked(inner.raw)
        length = payload.index(b"\r\n") + 2
    else:
        payload = b"0\r\n\r\n" + inner.raw
        length = len(payload)
    lines = (("Content-Length", str(length)), ("Transfer-Encoding", "chunked"))
    outer = with_payload(compose(message, headers=lines, expects=None), payload)
    judge(by_its_coding_or_refused_then_closed(*tried_again(run.client, outer, another, inner), accepted))


LENGTHS: tuple[Callable[[int], tuple[str, ...]], ...] = (
    lambda right: (str(right - 1), str(right)),
    lambda right: ("-1",),
    lambda right: (str(right), str(right + 1)),
    lambda right: (f"{right}, {right + 1}",),
    lambda right: (f"+{right}",),
    lambda right: (f"{right // 10}_{right % 10}",),
    lambda right: (f"{right}.0",),
    lambda right: (f"0x{right:x}",),
    lambda right: (f"{right} {right}",),
    lambda right: ("many",),
)


@requirement("RM-FR-07")
@pytest.mark.parametrize(
    "lengths",
    list(LENGTHS),
    ids=[
        "the last right", "negative", "the first right", "a list", "plus", "underscore", "fraction", "hexadecimal", "two in one", "word",
    ],
)  # fmt: skip
def test_an_invalid_content_length_is_400_and_a_close(
    run: Run,
    compose: Compose,
    control: Control,
    message: Message,
    another: Request,
    lengths: Callable[[int], tuple[str, ...]],
) -> None:
    """Nobody knows where such a message ends (RFC 9112 §6.3)."""
    accepted = control()
    values = lengths(len(compose(message).body))
    request = compose(message, headers=tuple(("Content-Length", value) for value in values), expects=None)
    judge(refused_and_closed(*tried_again(run.client, request, another), accepted))


@requirement("RM-FR-08")
@pytest.mark.parametrize(
    "codings",
    [["identity"], ["relaycheck"], ["chunked, identity"], ["chunked", "gzip"], ["xchunked"], ["chunked;q=1"]],
    ids=["identity", "unknown", "chunked first", "two fields", "looks like chunked", "parameter"],
)
def test_a_coding_that_does_not_end_in_chunked_is_refused(
    run: Run, compose: Compose, control: Control, message: Message, another: Request, codings: list[str]
) -> None:
    """400, or 501 for an unknown coding, or 411 where a length is wanted, and a close: the body has no end (RFC 9112 §6.3).
    The octets behind it never run."""
    accepted, inner = control(), compose(message, expects=None, note="the request within")
    payload = inner.raw if "chunked" not in ", ".join(codings) else chunked(compose(message).body)
    headers = tuple(("Transfer-Encoding", coding) for coding in codings)
    outer = with_payload(compose(message, headers=headers, expects=None), payload)
    judge(refused_and_closed(*tried_again(run.client, outer, another, inner), accepted, statuses=(400, 411, 501)))
