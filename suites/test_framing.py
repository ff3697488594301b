"""Message syntax and connections, as octets (RFC 9112). Mostly the business of the server in front: reported, not blocking.

Requests that are wrong on purpose go out over connections of their own, so that what they break stays with them.
"""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from relaycheck.client.dialogues import (
    answered,
    cut_short,
    followed,
    held_back,
    sent_all_the_same,
    together,
    tried_again,
    with_payload,
)
from relaycheck.encodings import FORM, encode
from relaycheck.judgements import refused, same_or_refused, same_outcome_or, served
from relaycheck.judgements.framing import (
    answered_before_its_body,
    answered_in_order,
    body_never_runs,
    by_its_coding_or_refused_then_closed,
    decoded_or_415,
    incomplete,
    no_accept_encoding_for_a_type,
    nothing_after_close,
    refused_and_closed,
    says_close,
    stays_open_or_says_close,
)
from relaycheck.judgements.http2 import no_connection_specific_fields
from relaycheck.plugin import beyond_quick, judge, requirement
from relaycheck.wire import chunked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from relaycheck.client import Variations
    from relaycheck.exchange import Exchange, Request
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Compose, Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

XML = "application/xml"


def first(value: object, *rest: object) -> list[object]:
    """Parameters of which a quick run tries only the first."""
    return [value, *(pytest.param(other, marks=beyond_quick) for other in rest)]


@pytest.fixture
def another(compose: Compose, message: Message) -> Request:
    """What is sent on a connection to see whether it still answers."""
    return compose(message, auth=None, expects=None, note="the next request on the connection")


# Connections that go on, and connections that end


@requirement("RM-FR-01")
@pytest.mark.parametrize(
    ("variation", "count"),
    [
        ({"chunks": (40,)}, 4),
        pytest.param({}, 2, marks=beyond_quick),
        pytest.param({"query": "$select=name"}, 2, marks=beyond_quick),
        pytest.param({"media_type": XML}, 2, marks=beyond_quick),
    ],
    ids=["four in chunks", "plain", "select", "XML"],
)
def test_a_connection_stays_open_after_204_or_its_close_is_announced(
    run: Run, compose: Compose, message: Message, variation: Variations, count: int
) -> None:
    """Persistence is the default; who does not persist says `Connection: close` (RFC 9112 §9.3)."""
    answers: list[Exchange] = []
    with run.client.converse() as conversation:
        while len(answers) < count and not (answers and (says_close(answers[-1]) or not answers[-1].answered)):
            answers.append(conversation.send(compose(message, **variation)))
    judge(stays_open_or_says_close(answers))


@requirement("RM-FR-02")
@pytest.mark.parametrize(
    "variation",
    first(
        {"headers": (("Connection", "relaycheck, Close"),)},
        {"headers": (("Connection", "close"),)},
        {"headers": (("Connection", "close"),), "chunks": (30,)},
        {"headers": (("Connection", "close"),), "auth": None, "expects": None},
    ),
    ids=["in a list", "alone", "chunked", "refused"],
)
def test_nothing_after_connection_close_is_processed(
    run: Run, compose: Compose, control: Control, message: Message, variation: Variations
) -> None:
    """Two requests in one write, the first with the close option: the second is not served, the connection ends (RFC 9112 §9.6)."""
    accepted = control()
    last, following = compose(message, **variation), compose(message, expects=None, note="after Connection: close")
    judge(nothing_after_close(*followed(run.client, last, following), accepted))


# Requests that a target answers differently, so that an answer out of place shows.
KINDS: dict[str, Variations] = {
    "valid": {"note": "valid"},
    "anonymous": {"auth": None, "expects": None, "note": "no credentials"},
    "text/plain": {"content_type": "text/plain", "expects": None, "note": "text/plain"},
}
MIXTURES = (
    st.lists(st.sampled_from(sorted(KINDS)), min_size=2, max_size=10)
    .filter(lambda kinds: len(set(kinds)) > 1)
    .map(tuple)
)


@requirement("RM-FR-03")
def test_pipelined_requests_are_answered_in_order(
    run: Run, compose: Compose, control: Control, message: Message
) -> None:
    """Requests written at once, with different outcomes: one answer each, in their order (RFC 9112 §9.3.2)."""
    pipelined_in_order(run, compose, control, message, [("valid", "anonymous", "valid")])


@requirement("RM-FR-03")
@beyond_quick
def test_any_mixture_of_pipelined_requests_is_answered_in_order(
    run: Run, compose: Compose, control: Control, message: Message, draw: Draw
) -> None:
    """Two to ten of them, in any mixture."""
    pipelined_in_order(run, compose, control, message, draw(MIXTURES, 4))


def pipelined_in_order(
    run: Run, compose: Compose, control: Control, message: Message, mixtures: Sequence[Sequence[str]]
) -> None:
    accepted = control()
    others = sorted({kind for kinds in mixtures for kind in kinds} - {"valid"})
    lone = [answer for kind in others for answer in together(run.client, [compose(message, **KINDS[kind])])]
    for kinds in mixtures:
        answers = together(run.client, [compose(message, **KINDS[kind]) for kind in kinds])
        judge(answered_in_order(answers, lone, accepted))


# Bodies in chunks


@requirement("RM-FR-04")
@beyond_quick
def test_a_body_in_chunks_is_the_same_request(send: Send, control: Control, message: Message, draw: Draw) -> None:
    """However the body is divided (RFC 9112 §7.1); 411 is legal."""
    for sizes in draw(st.lists(st.integers(1, 300), min_size=1, max_size=8).map(tuple), 6):
        judge(same_outcome_or(send(message, chunks=sizes), control(), statuses=(411,)))


@requirement("RM-FR-04")
@beyond_quick
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
    first(every_liberty, sizes_in_capitals, sizes_with_zeros, trailers, one_octet_each),
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
@beyond_quick
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
    first(
        ';a;b=c;relaycheck="d; e"', ";relaycheck=1", ";relaycheck", ';relaycheck="a; b\\"c"', ";relaycheck=" + "x" * 200
    ),
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
@pytest.mark.parametrize("length_first", first(True, False), ids=["length first", "coding first"])
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
@pytest.mark.parametrize("hidden_by", first("coding", "length"))
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
    first(*LENGTHS),
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
    first(("identity",), ("relaycheck",), ("chunked, identity",), ("chunked", "gzip"), ("xchunked",), ("chunked;q=1",)),
    ids=["identity", "unknown", "chunked first", "two fields", "looks like chunked", "parameter"],
)
def test_a_coding_that_does_not_end_in_chunked_is_refused(
    run: Run, compose: Compose, control: Control, message: Message, another: Request, codings: tuple[str, ...]
) -> None:
    """400, or 501 for an unknown coding, and a close: the body has no end (RFC 9112 §6.3). The octets behind it never run."""
    accepted, inner = control(), compose(message, expects=None, note="the request within")
    payload = inner.raw if "chunked" not in ", ".join(codings) else chunked(compose(message).body)
    headers = tuple(("Transfer-Encoding", coding) for coding in codings)
    outer = with_payload(compose(message, headers=headers, expects=None), payload)
    judge(refused_and_closed(*tried_again(run.client, outer, another, inner), accepted, statuses=(400, 501)))


# Field lines


@requirement("RM-FR-09")
def test_a_missing_host_is_400(send: Send, control: Control, message: Message) -> None:
    """RFC 9112 §3.2."""
    accepted = control()
    judge(refused(send(message, fresh=True, without=("Host",), expects=None), accepted, statuses=(400,)))


@requirement("RM-FR-09")
@pytest.mark.parametrize("second", first(None, "other.relaycheck.test"), ids=["the same", "another"])
def test_a_second_host_is_400(
    send: Send, control: Control, message: Message, target: Target, second: str | None
) -> None:
    """Also when both say the same."""
    accepted = control()
    lines = (("Host", second or target.url.authority),)
    judge(refused(send(message, fresh=True, headers=lines, expects=None), accepted, statuses=(400,)))


@requirement("RM-FR-09")
@pytest.mark.parametrize("host", first("relay.test/path", "re lay.test", "user@relay.test", "[::1", "relay.test:port"))
def test_an_invalid_host_is_400(send: Send, control: Control, message: Message, host: str) -> None:
    """Not a uri-host with an optional port (RFC 9110 §7.2)."""
    accepted = control()
    probe = send(message, fresh=True, without=("Host",), headers=(("Host", host),), expects=None)
    judge(refused(probe, accepted, statuses=(400,)))


@requirement("RM-FR-10")
@pytest.mark.parametrize(
    ("name", "space"),
    [
        ("Content-Type", " "),
        pytest.param("X-Relaycheck", " ", marks=beyond_quick),
        pytest.param("Accept", "\t", marks=beyond_quick),
        pytest.param("Content-Length", " ", marks=beyond_quick),
    ],
)
def test_a_space_before_the_colon_is_400(
    send: Send, compose: Compose, control: Control, message: Message, name: str, space: str
) -> None:
    """RFC 9112 §5.1."""
    accepted, value = control(), compose(message).fields.get(name) or "1"
    probe = send(message, fresh=True, without=(name,), headers=((name + space, value),), expects=None)
    judge(refused(probe, accepted, statuses=(400,)))


@requirement("RM-FR-11")
@beyond_quick
def test_a_fold_never_joins_what_it_divides(send: Send, control: Control, message: Message, run: Run) -> None:
    """A media type broken by a fold is two words (RFC 9112 §5.2), so it is not served."""
    accepted, media_type = control(), run.client.composer.media_type
    judge(
        refused(
            send(message, fresh=True, content_type=f"{media_type[:-2]}\r\n {media_type[-2:]}", expects=None), accepted
        )
    )


@requirement("RM-FR-11")
@beyond_quick
@pytest.mark.parametrize("fold", ["\r\n ", "\r\n\t", "\r\n \r\n  "], ids=["space", "tab", "twice"])
def test_a_folded_parameter_is_read_or_400(send: Send, control: Control, message: Message, run: Run, fold: str) -> None:
    accepted, media_type = control(), run.client.composer.media_type
    probe = send(message, fresh=True, content_type=f"{media_type};{fold}charset=utf-8")
    judge(same_outcome_or(probe, accepted, statuses=(400,)))


@requirement("RM-FR-11")
def test_a_folded_credential_is_read_or_400(send: Send, control: Control, message: Message, run: Run) -> None:
    """The fold stands for the space between scheme and credentials, or for the space after a comma."""
    accepted, valid = control(), run.client.composer.credential
    if valid is not None and valid.scheme:
        probe = send(message, fresh=True, auth=valid, scheme=f"{valid.scheme}\r\n")
    else:
        probe = send(message, fresh=True, without=("Accept",), headers=(("Accept", "application/json,\r\n */*"),))
    judge(same_outcome_or(probe, accepted, statuses=(400,)))


@requirement("RM-FR-12")
def test_a_bare_cr_hides_no_field(send: Send, control: Control, message: Message, run: Run) -> None:
    """Credentials behind a CR are part of the value before it, so nobody is authenticated by them (RFC 9112 §2.2)."""
    accepted, valid = control(), run.client.composer.credential
    lines = "\r".join(f"{name}: {value}" for name, value in valid.fields()) if valid else ""
    judge(
        refused(
            send(message, fresh=True, auth=None, headers=(("X-Relaycheck", f"1\r{lines}"),), expects=None), accepted
        )
    )


@requirement("RM-FR-12")
@beyond_quick
def test_a_bare_cr_is_never_dropped(send: Send, control: Control, message: Message, run: Run) -> None:
    """Refused, or a space: a media type broken by it is not served."""
    accepted, media_type = control(), run.client.composer.media_type
    judge(refused(send(message, fresh=True, content_type=media_type.replace("/", "/\r"), expects=None), accepted))


@requirement("RM-FR-12")
@beyond_quick
def test_a_bare_cr_in_a_field_that_nobody_reads_changes_nothing_or_is_refused(
    send: Send, control: Control, message: Message
) -> None:
    accepted = control()
    judge(same_or_refused(send(message, fresh=True, headers=(("X-Relaycheck", "one\rtwo"),)), accepted))


@requirement("RM-FR-13")
@pytest.mark.parametrize(
    ("scheme", "query"),
    [
        (str.lower, None),
        pytest.param(str.lower, "$select=name,category/id", marks=beyond_quick),
        pytest.param(str.upper, None, marks=beyond_quick),
    ],
    ids=["plain", "select", "scheme in capitals"],
)
def test_absolute_form_is_accepted(
    send: Send, control: Control, message: Message, target: Target, scheme: Callable[[str], str], query: str | None
) -> None:
    """A server accepts the whole URL in the request line, though only proxies are sent it (RFC 9112 §3.2.2)."""
    accepted = control()
    path = f"{scheme(target.url.scheme)}://{target.url.authority}{target.url.path}"
    judge(served(send(message, fresh=True, path=path, query=query), accepted))


# Expectations


@requirement("RM-FR-14")
@pytest.mark.parametrize(
    "variation",
    first(
        {"headers": (("Expect", "100-Continue"),), "chunks": (100,)},
        {"headers": (("Expect", "100-continue"),)},
        {"headers": (("Expect", "100-continue"),), "media_type": XML},
    ),
    ids=["chunked", "length", "XML"],
)
def test_100_continue_is_answered_before_the_body(
    run: Run, compose: Compose, control: Control, message: Message, variation: Variations
) -> None:
    """100 or a final status while the body is held back (RFC 9110 §10.1.1)."""
    accepted = control()
    judge(answered_before_its_body(*held_back(run.client, compose(message, **variation)), accepted))


@requirement("RM-FR-14")
@beyond_quick
def test_100_continue_is_answered_before_the_body_of_a_request_to_be_refused(
    run: Run, compose: Compose, control: Control, message: Message
) -> None:
    accepted = control()
    request = compose(message, auth=None, headers=(("Expect", "100-continue"),), expects=None)
    answer, before = held_back(run.client, request)
    judge(answered_before_its_body(answer, before, accepted, refusal=True))


@requirement("RM-FR-15")
@beyond_quick
@pytest.mark.parametrize("expectation", ["relaycheck", "relaycheck=1"])
def test_an_unknown_expectation_is_ignored_or_417(
    run: Run, compose: Compose, control: Control, message: Message, expectation: str
) -> None:
    """RFC 9110 §10.1.1."""
    accepted = control()
    probe = answered(run.client, compose(message, headers=(("Expect", expectation),)))
    judge(same_outcome_or(probe, accepted, statuses=(417,)))


# Bodies that are not read, and bodies that do not end

REFUSED: dict[str, Variations] = {
    "401": {"auth": None},
    "415": {"content_type": "text/plain"},
    "401, chunked": {"auth": None, "chunks": (50,)},
}


@requirement("RM-FR-16")
@pytest.mark.parametrize(
    ("kind", "lead"),
    [
        ("401", b""),
        pytest.param("415", b"", marks=beyond_quick),
        pytest.param("401", b"\r\n" * 4, marks=beyond_quick),
        pytest.param("401, chunked", b"", marks=beyond_quick),
    ],
    ids=["401", "415", "empty lines first", "chunked"],
)
def test_the_body_of_a_refused_request_never_runs(
    run: Run, compose: Compose, control: Control, message: Message, kind: str, lead: bytes
) -> None:
    """The body is a valid request of its own. It is read and dropped, or the connection ends (RFC 9112 §9.3)."""
    accepted, inner = control(), compose(message, expects=None, note="the request within")
    refusable: Variations = {**REFUSED[kind], "expects": None}
    hiding: Variations = {**refusable, "body": lead + inner.raw}
    outer = compose(message, **hiding)
    following = compose(message, **refusable)
    judge(body_never_runs(*followed(run.client, outer, following, inner), accepted))


@requirement("RM-FR-16")
@beyond_quick
def test_a_body_that_comes_after_its_refusal_never_runs(
    run: Run, compose: Compose, control: Control, message: Message, another: Request
) -> None:
    """Held back for a 100 that did not come: sent all the same, it is still no request."""
    accepted, inner = control(), compose(message, expects=None, note="the request within")
    outer = compose(message, auth=None, headers=(("Expect", "100-continue"),), body=inner.raw, expects=None)
    judge(body_never_runs(*sent_all_the_same(run.client, outer, another, inner), accepted))


def padded(run: Run, media_type: str | None = None) -> Callable[[Message], bytes]:
    """A body that may end in white space: what comes before it is whole already."""
    return lambda stamped: encode(stamped, media_type or run.client.composer.media_type, run.target.content) + b" " * 64


@requirement("RM-FR-17")
@pytest.mark.parametrize("how", first("FIN", "RST"))
def test_a_body_that_lacks_its_last_octets_relays_nothing(
    run: Run, compose: Compose, control: Control, message: Message, how: str
) -> None:
    """Even if what came would do: only white space is missing (RFC 9112 §6.3, §8)."""
    accepted, request = control(), compose(message, body=padded(run), expects=None)
    judge(incomplete(cut_short(run.client, request, request.raw[:-32], reset=how == "RST"), accepted))


@requirement("RM-FR-17")
@beyond_quick
def test_a_form_that_breaks_off_relays_nothing(
    run: Run, compose: Compose, control: Control, message: Message, draw: Draw
) -> None:
    """A form is well-formed wherever it is cut; the last recipient, at least, would be another."""
    accepted = control(media_type=FORM)
    for missing in (1, *draw(st.integers(2, 80), 2)):
        request = compose(message, media_type=FORM, expects=None)
        judge(incomplete(cut_short(run.client, request, request.raw[:-missing]), accepted))


@requirement("RM-FR-17")
@beyond_quick
def test_a_body_that_breaks_off_anywhere_relays_nothing(
    run: Run, compose: Compose, control: Control, message: Message, draw: Draw
) -> None:
    accepted = control()
    for share in draw(st.integers(1, 99), 3):
        request = compose(message, expects=None)
        cut = len(request.raw) - len(request.body) * share // 100
        judge(incomplete(cut_short(run.client, request, request.raw[:cut]), accepted))


@requirement("RM-FR-17")
@beyond_quick
@pytest.mark.parametrize("media_type", [None, XML])
def test_chunks_without_the_last_one_relay_nothing(
    run: Run, compose: Compose, control: Control, message: Message, media_type: str | None
) -> None:
    """The whole body came, but not the chunk that says so."""
    chosen: Variations = {} if media_type is None else {"media_type": media_type}
    in_chunks: Variations = {**chosen, "chunks": (100,), "expects": None}
    accepted, request = control(**chosen), compose(message, **in_chunks)
    judge(incomplete(cut_short(run.client, request, request.raw.removesuffix(b"0\r\n\r\n")), accepted))


# HTTP/2


@requirement("RM-FR-18")
@pytest.mark.parametrize(
    "variation",
    first(
        {},
        {"auth": None, "expects": None},
        {"content_type": "text/plain", "expects": None},
        {"body": b"{", "expects": None},
        {"method": "PUT", "expects": None},
    ),
    ids=["204", "401", "415", "400", "405"],
)
def test_no_response_over_http_2_has_fields_of_a_connection(
    send_http2: Send, message: Message, variation: Variations
) -> None:
    """Connection, Keep-Alive, Transfer-Encoding and their like are of HTTP/1.1 (RFC 9113 §8.2.2)."""
    judge(no_connection_specific_fields([send_http2(message, **variation)]))


@requirement("RM-FR-18")
@pytest.mark.over_the_run
def test_no_response_of_the_run_over_http_2_has_fields_of_a_connection(
    run: Run, send_http2: Send, message: Message
) -> None:
    """Wherever in the run HTTP/2 was spoken."""
    judge(no_connection_specific_fields([*run.ledger.all(), send_http2(message)]))


# Content codings


@requirement("RM-FR-19")
@pytest.mark.parametrize("media_type", first(None, XML, FORM), ids=["baseline", "XML", "form"])
def test_a_gzip_body_is_decoded_or_415(
    run: Run, send: Send, control: Control, message: Message, media_type: str | None
) -> None:
    """The same mail, or 415 with the codings that would do in Accept-Encoding (RFC 9110 §8.4, §12.5.3)."""
    chosen: Variations = {} if media_type is None else {"media_type": media_type}
    spoken = media_type or run.client.composer.media_type

    def body(stamped: Message) -> bytes:
        return gzip.compress(encode(stamped, spoken, run.target.content), mtime=0)

    coded: Variations = {**chosen, "body": body, "headers": (("Content-Encoding", "gzip"),)}
    judge(decoded_or_415(send(message, **coded), control(**chosen)))


@requirement("RM-FR-19")
@beyond_quick
@pytest.mark.parametrize("coding", ["gzip", "relaycheck", "gzip, relaycheck"])
def test_a_body_that_is_not_what_its_coding_says_is_not_read_as_plain(
    send: Send, control: Control, message: Message, coding: str
) -> None:
    """Plain octets under the name of a coding: whoever serves them has ignored Content-Encoding."""
    probe = send(message, headers=(("Content-Encoding", coding),), expects=None)
    judge(refused(probe, control()))


@requirement("RM-FR-20")
@pytest.mark.parametrize(
    "content_type", first("text/plain", "image/png", None), ids=["text/plain", "image/png", "none"]
)
def test_a_415_for_the_type_says_nothing_of_codings(
    send: Send, control: Control, message: Message, content_type: str | None
) -> None:
    """Accept-Encoding in a 415 would blame the coding (RFC 9110 §12.5.3)."""
    accepted = control()
    judge(no_accept_encoding_for_a_type([send(message, content_type=content_type, expects=None)], accepted))


@requirement("RM-FR-20")
@pytest.mark.over_the_run
def test_no_415_of_the_run_blames_the_coding_for_the_type(run: Run, control: Control) -> None:
    judge(no_accept_encoding_for_a_type(run.ledger.all(), control()))
