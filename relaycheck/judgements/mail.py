"""What became of a message: who got it, how often, from whom, and with which bytes.

The byte oracle: what arrives is the submitted message with CRLF line ends and one final CRLF, possibly with header lines added in
front (trace and signatures: RFC 5321 §4.4); a Bcc line may be gone (RFC 5322 §3.6.3). Nothing else may differ unless declared.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relaycheck.exchange import Delivery, Exchange
    from relaycheck.target.model import Relay

HEADER_LINES = re.compile(rb"(?:[!-9;-~]+:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)+")
NEWLINE = re.compile(rb"\r\n|\r|\n")
MAY_BE_ADDED = frozenset(
    {b"date", b"message-id", b"from", b"sender", b"mime-version", b"content-type", b"content-transfer-encoding"}
)


@dataclass(frozen=True, slots=True)
class Fate:
    """How the mail of one exchange fared, in terms that two exchanges with different nonces can be compared by."""

    counts: tuple[int, ...]
    """For each recipient asked for, in how many accepted transactions it was named."""
    strangers: int
    """Recipients at the witness that nobody asked for."""
    sender: str
    """"kept", "rewritten" or "mixed"."""
    content: str
    """"identical", or what differs in a few words."""

    @property
    def nothing(self) -> bool:
        return not any(self.counts) and not self.strangers

    @property
    def arrived(self) -> bool:
        """Somebody got it, faithful or not."""
        return not self.nothing

    @property
    def complete(self) -> bool:
        return bool(self.counts) and all(self.counts)

    def fault(self) -> str:
        """What is wrong with it, in a phrase; empty when every recipient got it once, unchanged, from the right sender."""
        if self.nothing:
            return "no mail arrived at the witness"
        if self.strangers:
            return f"{self.strangers} recipient(s) that the request does not name got it"
        if not self.complete:
            return f"{sum(1 for c in self.counts if not c)} of {len(self.counts)} recipients got nothing"
        if max(self.counts) > 1:
            return f"a recipient got it {max(self.counts)} times"
        if self.sender != "kept":
            return "MAIL FROM is not From"
        return "" if self.content == "identical" else self.content


def fate(exchange: Exchange) -> Fate:
    """The fate of the message that `exchange` carried. Without a message, every recipient seen is a stranger."""
    accepted = [d for d in exchange.deliveries if d.accepted]
    message = exchange.request.message
    got = Counter(canonical(address) for d in accepted for address in dict.fromkeys(d.accepted_recipients))
    if message is None:
        return Fate((), sum(got.values()), "kept", "identical")
    wanted = Counter(canonical(address) for address in message.recipients)
    counts = tuple(_times(got, wanted, address) for address in dict.fromkeys(map(canonical, message.recipients)))
    strangers = sum(count for address, count in got.items() if address not in wanted)
    return Fate(counts, strangers, _sender(accepted, message.sender, exchange.relay), _content(accepted, exchange))


def _times(got: Counter[str], wanted: Counter[str], address: str) -> int:
    """A recipient listed twice may get the mail once or twice: both count as once."""
    return 1 if 1 <= got[address] <= wanted[address] else got[address]


def canonical(address: str) -> str:
    """An address with its domain in lower case; the local part is left alone (RFC 5321 §2.4)."""
    local, at, domain = address.rpartition("@")
    return f"{local}{at}{domain.lower()}"


def _sender(accepted: list[Delivery], sender: str, relay: Relay) -> str:
    if relay.rewrites_sender:
        return "kept"
    kept = {canonical(d.sender) == canonical(sender) for d in accepted}
    return "kept" if kept <= {True} else "rewritten" if kept == {False} else "mixed"


def _content(accepted: list[Delivery], exchange: Exchange) -> str:
    sent = submitted(exchange)
    differences = [difference(sent, d.data, exchange.relay) for d in accepted]
    return next((found for found in differences if found), "identical")


def submitted(exchange: Exchange) -> bytes:
    """The octets that the request asks to relay, with CRLF line ends and a final CRLF."""
    assert exchange.request.message is not None
    return with_crlf(exchange.request.message.rfc822.encode(exchange.charset, "surrogatepass"))


def with_crlf(data: bytes) -> bytes:
    data = NEWLINE.sub(b"\r\n", data)
    return data if data.endswith(b"\r\n") or not data else data + b"\r\n"


def difference(sent: bytes, got: bytes, relay: Relay) -> str:
    """What differs between the submitted and the relayed message beyond what is legal; empty when nothing does."""
    if got == sent or (got.endswith(sent) and HEADER_LINES.fullmatch(got[: -len(sent)])):
        return ""
    sent_head, sent_body = _split(sent)
    got_head, got_body = _split(got)
    if got_body != sent_body:
        return _first_difference("the body", sent_body, got_body)
    left = _without_bcc(sent_head)
    rest = _without_bcc(got_head)
    if rest[len(rest) - len(left) :] == left or (relay.adds_headers and _only_added(left, rest)):
        return ""
    return _first_difference("the header section", b"".join(left), b"".join(rest))


def _split(data: bytes) -> tuple[bytes, bytes]:
    head, empty, body = data.partition(b"\r\n\r\n")
    return (head + b"\r\n", body) if empty else (b"", data)


def _fields(head: bytes) -> list[bytes]:
    """Header fields with their folded lines, each up to and with its line end."""
    return re.findall(rb"[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", head)


def _without_bcc(head: bytes) -> list[bytes]:
    return [line for line in _fields(head) if not line.lower().startswith(b"bcc:")]


def _only_added(sent: list[bytes], got: list[bytes]) -> bool:
    """Whether `got` is `sent` with nothing but fields that a submission agent may add (RFC 6409 §8), anywhere."""
    rest = iter(sent)
    expected = next(rest, None)
    for line in got:
        if line == expected:
            expected = next(rest, None)
        elif line.split(b":", 1)[0].strip().lower() not in MAY_BE_ADDED:
            return False
    return expected is None


def _first_difference(where: str, sent: bytes, got: bytes) -> str:
    at = next((i for i, (a, b) in enumerate(zip(sent, got, strict=False)) if a != b), min(len(sent), len(got)))
    return (
        f"{where} differs from octet {at}: sent {_excerpt(sent, at)} ({len(sent)} octets), "
        f"arrived {_excerpt(got, at)} ({len(got)} octets)"
    )


def _excerpt(data: bytes, at: int) -> str:
    piece = data[max(0, at - 12) : at + 24]
    return "nothing more" if not data[at:] and not piece else repr(piece)[1:]
