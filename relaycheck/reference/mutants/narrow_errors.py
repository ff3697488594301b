"""Faults of errors that one kind of request shows: one media type, or a connection that stays open."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from relaycheck.reference.faults import Close, WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.reading_xml import decode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relaycheck.reference.faults import Move, Outgoing


def first_octet(charset: str, octets: bytes) -> str:
    """Looks for a byte order mark, in a body that need not have an octet."""
    if octets[0] == 0xEF:
        octets = octets.removeprefix(b"\xef\xbb\xbf")
    return decode(charset, octets)


def counts_a_mark(outgoing: Outgoing) -> Iterable[Move]:
    """XML was to begin with a byte order mark, and the length still counts it."""
    if not outgoing.content.startswith(b"<?xml"):
        return (outgoing.raw,)
    longer = b"Content-Length: " + str(len(outgoing.content) + 3).encode()
    head = re.sub(rb"(?i)content-length: \d+", longer, outgoing.head)
    return (head + outgoing.content, Close())


def line_end_between(outgoing: Outgoing) -> Iterable[Move]:
    """A line end between this response and the next, which no length counts."""
    last = ("connection", "close") in outgoing.request_fields
    return (outgoing.raw,) if last or outgoing.status < 400 else (outgoing.raw + b"\r\n",)


MUTANTS = (
    Mutant(
        "RM-ERR-01-empty-xml",
        breaks="RM-ERR-01",
        fault="An empty XML body leads to 500.",
        service=change("content.xml", decode=first_octet),
    ),
    Mutant(
        "RM-ERR-10-xml-mark",
        breaks="RM-ERR-10",
        fault="The length of an XML error counts a byte order mark that it does not have.",
        wire=WireFaults(outgoing=counts_a_mark),
    ),
    Mutant(
        "RM-ERR-10-between",
        breaks="RM-ERR-10",
        fault="A line end follows an error on a connection that stays open.",
        wire=WireFaults(outgoing=line_end_between),
    ),
)
