"""The mail data of a transaction: where it ends and what dot-stuffing hid (RFC 5321 §4.1.1.4, §4.5.2). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from relaycheck.witness.behaviour import LookAlike

END_OF_DATA = b"\r\n.\r\n"
LINE_START = b"\r\n"  # the line end of the DATA command: data may begin with the dot that ends it
_STUFFED = re.compile(rb"(\A|\r\n)\.")


@dataclass(frozen=True, slots=True)
class MailData:
    """Complete mail data: the message, the octets on the wire, and the octets that came after its end."""

    message: bytes
    wire: bytes
    rest: bytes


class MailDataReader:
    """Finds the end of data in octets that come piece by piece. Every octet is kept as it came."""

    def __init__(self, look_alikes: Iterable[LookAlike] = ()) -> None:
        self._end = _pattern(frozenset(look_alikes))
        self._seen = bytearray(LINE_START)
        self._searched = 0

    @property
    def wire(self) -> bytes:
        """What came so far."""
        return bytes(self._seen[len(LINE_START) :])

    def feed(self, octets: bytes) -> MailData | None:
        """The complete data, or None if its end has not come."""
        self._seen += octets
        match = self._end.search(self._seen, self._searched)
        if match is None:
            # The longest sequence has five octets, and one with a CR at its end looks one further.
            self._searched = max(0, len(self._seen) - len(END_OF_DATA))
            return None
        start, end = len(LINE_START), match.end()
        dot = match.start() + match.group().index(b".")
        return MailData(
            message=unstuffed(bytes(self._seen[start:dot])),
            wire=bytes(self._seen[start:end]),
            rest=bytes(self._seen[end:]),
        )


def unstuffed(wire: bytes) -> bytes:
    """The message without the dots that the client put before dots. Lines end with CRLF only (RFC 5321 §2.3.8)."""
    return _STUFFED.sub(rb"\1", wire)


@lru_cache(maxsize=64)
def _pattern(look_alikes: frozenset[LookAlike]) -> re.Pattern[bytes]:
    forms = [re.escape(END_OF_DATA)]
    for octets in sorted((look.octets for look in look_alikes), key=len, reverse=True):
        # Before LF, a last CR is half of CRLF: then it is another sequence.
        forms.append(re.escape(octets) + (rb"(?=[^\n])" if octets.endswith(b"\r") else b""))
    return re.compile(b"|".join(forms), re.DOTALL)
