"""Messages that any relay can carry as they are, and texts that any media type can carry."""

from __future__ import annotations

import string
from functools import lru_cache
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from relaycheck.message import NONCE, Message
from relaycheck.strategies.mailboxes import ordinary_mailboxes

if TYPE_CHECKING:
    from collections.abc import Callable

LINE_OCTETS = 998  # RFC 5322 §2.1.1, without the CRLF

_PRINTABLE = string.digits + string.ascii_letters + string.punctuation + " "
_LINES_WITH_A_PAST = (
    "",
    ".",
    "..",
    "...",
    ".leading dot",
    "..two leading dots",
    "trailing dot.",
    "trailing space ",
    "trailing tab\t",
    " ",
    "\t",
    "\tleading tab",
    "From the start of an mbox line",
    ">From quoted",
    "QUIT",
    "DATA",
    "RSET",
    "--boundary--",
    "Subject: not a header",
    "=3D=0A soft=",
    "%0D%0A + & = ;",
    "<a>&amp;</a> ]]> &#13;",
    '{"From": "\\u0041"}',
)
"""Lines that relays, readers of mail files or parsers of one of the notations are known to trip over."""


@lru_cache(maxsize=64)
def texts_of_the_intersection(max_size: int = 200) -> st.SearchStrategy[str]:
    """Text that all seven media types can say: no C0 control but TAB, CR and LF, no U+FFFE or U+FFFF, no surrogate.

    These are the characters of XML 1.0 §2.2; JSON and forms have no narrower limit.
    """
    return st.text(
        st.characters(codec="utf-8", exclude_characters=_not_xml()) | st.sampled_from("\t\r\n<>&\"'%+=;[]{}\\/"),
        max_size=max_size,
    )


def _not_xml() -> str:
    return "".join(chr(c) for c in range(32) if chr(c) not in "\t\r\n") + "\ufffe\uffff"


@lru_cache(maxsize=64)
def messages(
    domain: str,
    *,
    max_recipients: int = 5,
    mailboxes: Callable[[str], st.SearchStrategy[str]] = ordinary_mailboxes,
) -> st.SearchStrategy[Message]:
    """7-bit messages with CRLF line ends, lines of at most 998 octets, a complete header and all addresses in `domain`.

    `mailboxes` draws the envelope's addresses. Recipients differ by more than case, so none may be folded into another.
    """
    lines = st.one_of(
        st.sampled_from(_LINES_WITH_A_PAST),
        st.text(_PRINTABLE + "\t", max_size=78),
        _long_lines(),
    )
    return _composed(domain, max_recipients, mailboxes(domain), _seven_bit_fields(domain), lines)


@lru_cache(maxsize=64)
def eight_bit_messages(domain: str, *, max_recipients: int = 3) -> st.SearchStrategy[Message]:
    """Messages whose body is UTF-8 beyond ASCII, non-BMP characters included, declared as 8bit in MIME."""
    fields = st.just(
        (
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: 8bit",
        )
    )
    beyond = st.characters(min_codepoint=0xA0, exclude_categories=("Cs", "Cn", "Zl", "Zp"))
    text = st.text(st.sampled_from(_PRINTABLE) | beyond | st.sampled_from("é\u00a0€漢😀𝒳"), max_size=60)
    line = st.tuples(text, beyond, text).map("".join)
    return _composed(domain, max_recipients, ordinary_mailboxes(domain), fields, line, least=1)


@lru_cache(maxsize=64)
def _long_lines() -> st.SearchStrategy[str]:
    """Lines around the limits: 78 is what RFC 5322 advises, 998 what it allows."""
    lengths = st.sampled_from((79, 512, 990, LINE_OCTETS - 1, LINE_OCTETS))
    return st.tuples(lengths, st.sampled_from("x.=-")).map(lambda pair: pair[1] * pair[0])


@lru_cache(maxsize=64)
def _seven_bit_fields(domain: str) -> st.SearchStrategy[tuple[str, ...]]:
    words = st.lists(st.text(string.ascii_letters + string.digits + "!?-.", min_size=1, max_size=12), min_size=1)
    folded = words.map(lambda parts: "X-Folded: " + "\r\n ".join(parts[:8]))
    extra = st.sampled_from(
        (
            f"Cc: Copy <cc-{NONCE}@{domain}>",
            f"Reply-To: reply-{NONCE}@{domain}",
            "MIME-Version: 1.0",
            "X-Empty:",
            "X-Tab:\tvalue",
            "Comments: =?utf-8?q?encoded_word?=",
            "Comments: (a comment) and a dot .",
        )
    )
    return st.lists(extra | folded, max_size=4, unique_by=lambda line: line.split(":")[0]).map(tuple)


@st.composite
def _composed(
    draw: st.DrawFn,
    domain: str,
    max_recipients: int,
    mailboxes: st.SearchStrategy[str],
    fields: st.SearchStrategy[tuple[str, ...]],
    lines: st.SearchStrategy[str],
    least: int = 0,
) -> Message:
    sender = draw(mailboxes)
    recipients = draw(st.lists(mailboxes, min_size=1, max_size=max_recipients, unique_by=str.lower))
    head = (
        "Date: Mon, 23 Nov 2026 12:00:00 +0000",
        f"From: Relaycheck <from-{NONCE}@{domain}>",
        "To: undisclosed-recipients:;",
        f"Subject: relaycheck {NONCE}",
        f"Message-ID: <{NONCE}@{domain}>",
        *draw(fields),
    )
    body = draw(st.lists(lines, min_size=least, max_size=12))
    body.insert(draw(st.integers(0, len(body))), NONCE)
    blank = [""] * draw(st.integers(0, 3))
    text = "".join(f"{line}\r\n" for line in (*head, "", *body, *blank))
    return Message(rfc822=text, sender=sender, recipients=tuple(recipients))
