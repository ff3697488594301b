"""Texts whose lines end, begin or run on as no line should: bare CR and LF, dots, and look-alikes of the end of data."""

from __future__ import annotations

from functools import lru_cache

from hypothesis import strategies as st

from relaycheck.message import NONCE, Message, plain_message
from relaycheck.witness import LookAlike

BARE_LINE_ENDS = {
    "LF for every line end": "one\ntwo\n\nthree\n",
    "CR for every line end": "one\rtwo\r\rthree\r",
    "one LF among CRLF": "one\r\ntwo\nthree\r\n",
    "one CR among CRLF": "one\r\ntwo\rthree\r\n",
    "LF before CRLF": "one\n\r\ntwo\r\n",
    "CR before CRLF": "one\r\r\ntwo\r\n",
    "LF at the end": "one\r\ntwo\n",
    "a dot after LF": "one\n.two\n..three\r\n",
}
DOTTED = {
    "a dot alone in the middle": "before\r\n.\r\nafter\r\n",
    "a dot alone first": ".\r\nafter\r\n",
    "a dot alone last": "before\r\n.\r\n",
    "dots alone in a row": ".\r\n.\r\n.\r\n",
    "two dots": "..\r\n..\r\n",
    "a dot and text first": ".first\r\nlast\r\n",
    "a dot and text last": "first\r\n.last\r\n",
    "a dot after an empty line": "\r\n.\r\n\r\n.x\r\n",
    "a dot and white space": ". \r\n.\t\r\n .\r\n",
    "many dots": "." * 78 + "\r\n",
    "dots across the buffers": "".join(f"{'x' * length}\r\n.\r\n" for length in range(900, 940)) * 2,
    "nothing but dotted lines": ".a\r\n..b\r\n" * 3000,
}
_SMUGGLED = f"MAIL FROM:<smuggled-{NONCE}@{{domain}}>\r\nRCPT TO:<stranger-{NONCE}@{{domain}}>\r\nDATA\r\n"


@lru_cache(maxsize=64)
def dotted_bodies() -> st.SearchStrategy[str]:
    """Bodies of few lines, most of which begin with dots."""
    line = st.sampled_from((".", "..", "...", "", " ", ".x", "..x", "x", "x.", ". ", "\t.", "." * 80, "x" * 997))
    return st.lists(line, min_size=1, max_size=8).map(lambda lines: "".join(f"{text}\r\n" for text in lines))


@lru_cache(maxsize=64)
def ragged_bodies() -> st.SearchStrategy[str]:
    """Bodies in which CR, LF and CRLF stand in any order between short texts."""
    piece = st.sampled_from(("one", "two words", ".", ".dot", "", "\r", "\n", "\r\n", "\r\n", "\n", "=", " "))
    return st.lists(piece, min_size=2, max_size=12).map("".join).filter(_ragged)


def _ragged(text: str) -> bool:
    whole = text.replace("\r\n", "")
    return "\r" in whole or "\n" in whole


def smuggling(domain: str, sequence: str, *, before: str = "text", recipients: int = 1) -> Message:
    """A message whose body holds, behind `sequence`, the commands of a second mail and its text (CERT/CC VU#302671)."""
    second = f"{_SMUGGLED.format(domain=domain)}Subject: smuggled {NONCE}\r\n\r\nsecond mail\r\n"
    return plain_message(domain, recipients, body=f"{before}{sequence}{second}.\r\nrest\r\n")


@lru_cache(maxsize=64)
def smuggling_messages(domain: str) -> st.SearchStrategy[Message]:
    """Any look-alike, also one behind another, doubled dots, and where a buffer of the whole message ends."""
    dots = st.sampled_from((".", "..", "...", ". ", ".\t"))
    ends = ("\n", "\r", "\r\n", "\n\r", "\r\r", "\r\r\n", "\x85", "\u2028")
    own = st.tuples(st.sampled_from(ends), dots, st.sampled_from(ends)).map("".join).filter(_no_true_end)
    sequence = st.sampled_from([look.value for look in LookAlike]) | own
    lengths = st.sampled_from((0, 1, 998, 1021, 4093, 8189, 16381, 65533))
    head = len(plain_message(domain, body="").rfc822)
    before = lengths.map(lambda length: _lines(length - head if length > head else length))
    return st.builds(lambda s, b, n: smuggling(domain, s, before=b, recipients=n), sequence, before, st.integers(1, 2))


def _no_true_end(sequence: str) -> bool:
    return sequence != "\r\n.\r\n"


def _lines(length: int) -> str:
    """`length` characters in lines of at most 78."""
    return ("x" * 76 + "\r\n") * (length // 78) + "y" * (length % 78)
