"""Bodies that nobody reads, that break off, or that are coded (RFC 9112 §8, RFC 9110 §8.4)."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from relaycheck.client.dialogues import cut_short, followed, patience, sent_all_the_same
from relaycheck.encodings import FORM, encode
from relaycheck.judgements import refused
from relaycheck.judgements.framing import body_never_runs, decoded_or_415, incomplete, no_accept_encoding_for_a_type
from relaycheck.plugin import judge, requirement

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.client import Variations
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Compose, Control, Draw, Send
    from relaycheck.plugin.run import Run

XML = "application/xml"


# Bodies that are not read, and bodies that do not end

REFUSED: dict[str, Variations] = {
    "401": {"auth": None},
    "415": {"content_type": "text/plain"},
    "401, chunked": {"auth": None, "chunks": (50,)},
}


@requirement("RM-FR-16")
@pytest.mark.parametrize(
    ("kind", "lead"),
    [("401", b""), ("415", b""), ("401", b"\r\n" * 4), ("401, chunked", b"")],
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
def test_a_body_that_comes_after_its_refusal_never_runs(
    run: Run, compose: Compose, control: Control, message: Message
) -> None:
    """Held back for a 100 that did not come: sent all the same, it is still no request."""
    accepted, inner = control(), compose(message, expects=None, note="the request within")
    another = compose(message, auth=None, expects=None, note="the next request on the connection")
    outer = compose(message, auth=None, headers=(("Expect", "100-continue"),), body=inner.raw, expects=None)
    judge(body_never_runs(*sent_all_the_same(run.client, outer, another, inner), accepted))


def padded(run: Run, media_type: str | None = None) -> Callable[[Message], bytes]:
    """A body that may end in white space: what comes before it is whole already."""
    return lambda stamped: encode(stamped, media_type or run.client.composer.media_type, run.target.content) + b" " * 64


@requirement("RM-FR-17")
@pytest.mark.parametrize("how", ["FIN", "RST"])
def test_a_body_that_lacks_its_last_octets_relays_nothing(
    run: Run, compose: Compose, control: Control, message: Message, how: str
) -> None:
    """Even if what came would do: only white space is missing (RFC 9112 §6.3, §8)."""
    accepted, request = control(), compose(message, body=padded(run), expects=None)
    judge(incomplete(cut_short(run.client, request, request.raw[:-32], reset=how == "RST"), accepted))


@requirement("RM-FR-17")
def test_a_form_that_breaks_off_relays_nothing(
    run: Run, compose: Compose, control: Control, message: Message, draw: Draw
) -> None:
    """A form is well-formed wherever it is cut; the last recipient, at least, would be another."""
    accepted = control(media_type=FORM)
    for missing in (1, *draw(st.integers(2, 80), 2)):
        request = compose(message, media_type=FORM, expects=None)
        judge(incomplete(cut_short(run.client, request, request.raw[:-missing]), accepted))


@requirement("RM-FR-17")
def test_a_body_that_breaks_off_anywhere_relays_nothing(
    run: Run, compose: Compose, control: Control, message: Message, draw: Draw
) -> None:
    accepted = control()
    for share in draw(st.integers(1, 99), 3):
        request = compose(message, expects=None)
        cut = len(request.raw) - len(request.body) * share // 100
        judge(incomplete(cut_short(run.client, request, request.raw[:cut]), accepted))


@requirement("RM-FR-17")
@pytest.mark.parametrize("ends", ["the connection", "the grammar"])
def test_chunks_without_the_last_one_relay_nothing(
    run: Run, compose: Compose, control: Control, message: Message, ends: str
) -> None:
    """The whole body came, but not the chunk that says so: nothing more, or a size that is none while the client waits."""
    chosen: Variations = {} if ends == "the connection" else {"media_type": XML}
    in_chunks: Variations = {**chosen, "chunks": (100,), "expects": None}
    accepted, request = control(**chosen), compose(message, **in_chunks)
    octets = request.raw.removesuffix(b"0\r\n\r\n")
    if ends == "the connection":
        judge(incomplete(cut_short(run.client, request, octets), accepted))
        return
    with run.client.converse() as conversation:
        conversation.write(octets + b"zz\r\n\r\n")
        judge(incomplete(conversation.read(request, patience(run.client)), accepted))


# Content codings


@requirement("RM-FR-19")
@pytest.mark.parametrize("media_type", [None, XML, FORM], ids=["baseline", "XML", "form"])
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
def test_gzip_that_breaks_off_is_refused(run: Run, send: Send, control: Control, message: Message) -> None:
    """A form is well-formed wherever it ends, so nothing but the coding tells that there was more (RFC 1952 §2.3.1)."""

    def body(stamped: Message) -> bytes:
        whole = encode(stamped, FORM, run.target.content) + b"&Extra=" + b"x" * 64
        return gzip.compress(whole, compresslevel=0, mtime=0)[:-32]

    coded: Variations = {"media_type": FORM, "body": body, "headers": (("Content-Encoding", "gzip"),), "expects": None}
    judge(refused(send(message, **coded), control(media_type=FORM)))


@requirement("RM-FR-19")
@pytest.mark.parametrize("coding", ["gzip", "relaycheck", "gzip, relaycheck"])
def test_a_body_that_is_not_what_its_coding_says_is_not_read_as_plain(
    send: Send, control: Control, message: Message, coding: str
) -> None:
    """Plain octets under the name of a coding: whoever serves them has ignored Content-Encoding."""
    probe = send(message, headers=(("Content-Encoding", coding),), expects=None)
    judge(refused(probe, control()))


@requirement("RM-FR-20")
@pytest.mark.parametrize("content_type", ["text/plain", "image/png", None], ids=["text/plain", "image/png", "none"])
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
