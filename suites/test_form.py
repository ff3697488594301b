"""Form bodies (WHATWG URL standard, application/x-www-form-urlencoded) in the target's spelling of arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from relaycheck.encodings import FORM, MEDIA_TYPES, FormSpelling, encode
from relaycheck.judgements.bodies import alike
from relaycheck.judgements.endurance import unharmed
from relaycheck.judgements.outcome import observed, same_or_refused, same_outcome, served
from relaycheck.plugin import judge, requirement
from relaycheck.strategies.spellings import form_spellings
from relaycheck.target import Content

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

JSON = MEDIA_TYPES[0]
SIGNS = "1 + 1 = 2 & 100% of a+b; %41 is not A, %0D%0A no line end; [0] .x [] ?q#f /~*-_\r\n"
SPELLINGS = {
    "space as plus": FormSpelling(space="+"),
    "space as %20": FormSpelling(space="%20"),
    "lower-case digits": FormSpelling(upper_hex=False),
    "every octet encoded": FormSpelling(encoded="all", space="%20"),
    "every octet encoded, lower-case digits": FormSpelling(encoded="all", space="%20", upper_hex=False),
    "brackets as they are": FormSpelling(brackets="raw"),
}


@requirement("RM-FORM-01")
@pytest.mark.parametrize("name", list(SPELLINGS))
def test_encodings_of_the_same_value_are_equivalent(send: Send, control: Control, run: Run, name: str) -> None:
    """Plus and %20, hex digits of either case, more encoding than needed; the text has every sign that means something."""
    probe = send(run.message(body=SIGNS), media_type=FORM, spelling=SPELLINGS[name])
    judge(same_outcome(probe, control()))


@requirement("RM-FORM-01")
def test_any_mixture_of_encodings_is_equivalent(send: Send, control: Control, run: Run, draw: Draw) -> None:
    for spelling in draw(form_spellings(), 8):
        judge(same_outcome(send(run.message(body=SIGNS), media_type=FORM, spelling=spelling), control()))


@requirement("RM-FORM-01")
@pytest.mark.parametrize(
    "spelling", [FormSpelling(), FormSpelling(encoded="all", upper_hex=False)], ids=["plain", "all"]
)
def test_utf_8_is_decoded(send: Send, control: Control, run: Run, spelling: FormSpelling) -> None:
    """The mail is that of the same text in JSON."""
    plain = run.message(body="Grüße, señor: € 漢字 😀\r\n")
    head = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
    text = plain.but(rfc822=head + plain.rfc822)
    as_json = send(text, media_type=JSON)
    judge(alike(send(text, media_type=FORM, spelling=spelling), as_json, control=control(media_type=FORM)))


@requirement("RM-FORM-02")
@pytest.mark.parametrize("number", [3, *(n for n in (1, 2, 4, 9, 10, 11, 12, 20))])
def test_every_recipient_arrives(send: Send, control: Control, run: Run, number: int) -> None:
    """As many as the form names, also where the index has two digits."""
    judge(same_outcome(send(run.message(number), media_type=FORM), control()))


STYLES = ("indexed", "repeated", "brackets")


@requirement("RM-FORM-03")
def test_what_other_spellings_of_arrays_lead_to_is_recorded(send: Send, message: Message) -> None:
    """The page does not say how a form spells an array."""

    def written(style: str) -> Callable[[Message], bytes]:
        return lambda m: encode(m, FORM, Content(form=style))  # type: ignore[arg-type]

    probes = [send(message, media_type=FORM, body=written(style), expects=None, note=style) for style in STYLES]
    judge(observed(*probes))


# What follows the form, as further pairs that nobody asked for.
ODD_PAIRS = (
    b"&x=%zz",
    b"&x=%",
    b"&x=%4",
    b"&x=%u0041",
    b"&%zz=1",
    b"&%=1",
    b"&=1",
    b"&=",
    b"&&&",
    b"&x",
    b"&x=%80",
    b"&x=%C3%28",
    b"&x=1;y=2",
    b"&x[=1",
    b"&x]=1",
    b"&x==1",
)
# In the value of Rfc822: what is written, and what it means (WHATWG URL, percent-decode).
ODD_VALUES = {"%zz": "%zz", "%": "%", "100% sure": "100% sure", "a;b": "a;b", "a=b": "a=b", "%4": "%4"}


@requirement("RM-FORM-04")
def test_an_odd_pair_is_read_the_same_or_refused(
    send: Send, control: Control, message: Message, target: Target, draw: Draw
) -> None:
    """Beside the request, in a pair that means nothing; in front of it or behind it."""
    for pair, front in draw(st.tuples(st.sampled_from(ODD_PAIRS), st.booleans()), 16):

        def body(stamped: Message, pair: bytes = pair, front: bool = front) -> bytes:
            form = encode(stamped, FORM, target.content)
            return pair[1:] + b"&" + form if front else form + pair

        judge(same_or_refused(send(message, media_type=FORM, body=body, note=repr(pair)), control(media_type=FORM)))


@requirement("RM-FORM-04")
@pytest.mark.parametrize("written", list(ODD_VALUES))
def test_an_odd_value_is_read_the_same_or_refused(
    send: Send, control: Control, run: Run, target: Target, written: str
) -> None:
    """A percent sign that begins no escape stays; a semicolon separates nothing."""
    text = run.message(body=f"before {ODD_VALUES[written]} after\r\n")

    def body(stamped: Message) -> bytes:
        form = encode(stamped.but(rfc822=stamped.rfc822.replace(ODD_VALUES[written], "HERE")), FORM, target.content)
        return form.replace(b"HERE", written.replace(" ", "+").encode())

    judge(same_or_refused(send(text, media_type=FORM, body=body), control(media_type=FORM)))


def _sparse(form: bytes, index: int) -> bytes:
    """Another index for the last recipient; where the style has none, a key with one is added."""
    for last in (b"Recipients%5B1%5D", b"Recipients[1]"):
        if last in form:
            return form.replace(last, b"Recipients[%d]" % index)
    return form + b"&Extra[%d]=x" % index


HUGE: dict[str, Callable[[bytes], bytes]] = {
    "index 2^31 - 1": lambda form: _sparse(form, 2**31 - 1),
    "ten thousand keys": lambda form: form + b"".join(b"&k%d=v" % n for n in range(10_000)),
    "index 2^32": lambda form: _sparse(form, 2**32),
    "a sparse index": lambda form: _sparse(form, 1_000_000),
    "a negative index": lambda form: _sparse(form, -1),
    "ten thousand equal keys": lambda form: form + b"&k=v" * 10_000,
    "deep brackets": lambda form: form + b"&k" + b"[a]" * 5_000 + b"=v",
    "an unknown array with a huge index": lambda form: form + b"&k[2147483647]=v",
}


@requirement("RM-FORM-05")
@pytest.mark.parametrize("name", list(HUGE))
def test_a_huge_form_does_no_harm(send: Send, message: Message, target: Target, name: str) -> None:
    """Served the same or refused, never 5xx, and the next request is served."""
    grow, no_index = HUGE[name], name == "a negative index"  # so its key may be passed over as an unknown one
    before = send(message, media_type=FORM)
    probe = send(message, media_type=FORM, body=lambda m: grow(encode(m, FORM, target.content)), note=name)
    judge(unharmed(probe, before, send(message, media_type=FORM), optional=int(no_index)))


@requirement("RM-FORM-06")
@pytest.mark.parametrize("recipients", [2, 1])
def test_a_form_without_connection_means_null(send: Send, run: Run, recipients: int) -> None:
    """The page's sample says null; a form cannot, so the key is left out."""
    text = run.message(recipients).but(connection=None)
    said = send(text, media_type=JSON)
    judge(served(send(text, media_type=FORM), said))
