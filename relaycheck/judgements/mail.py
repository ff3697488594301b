"""What became of a message: who got it, how often, from whom, and with which bytes.

The byte oracle: what arrives is the submitted message with CRLF line ends and one final CRLF, possibly with header lines added in
front (trace and signatures: RFC 5321 §4.4), though none that speak for the author; a line of Bcc (RFC 5322 §3.6.3) or Return-Path
(RFC 5321 §4.4) may be gone.
Nothing else may differ unless declared.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relaycheck.exchange import Delivery, Exchange
    from relaycheck.target.model import Relay

HEADER_LINES = re.compile(rb"(?:[!-9;-~]+:[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*)+")
REPORT = re.compile(rb"\A(?:[^\r\n]+\r\n)*?Content-Type:\s*multipart/report\b", re.IGNORECASE)
NEWLINE = re.compile(rb"\r\n|\r|\n")
MAY_BE_ADDED = frozenset(
    {b"date", b"message-id", b"from", b"sender", b"mime-version", b"content-type", b"content-transfer-encoding"}
)
"""What a submission agent may add where it is missing, if that is declared (RFC 6409 §8)."""
MAY_BE_GONE = frozenset({b"bcc", b"resent-bcc", b"return-path"})
"""What a relay may take out: blind copies (RFC 5322 §3.6.3), and a path of return before final delivery (RFC 5321 §4.4)."""
THE_AUTHORS = MAY_BE_ADDED | {b"reply-to", b"to", b"cc", b"bcc", b"in-reply-to", b"references", b"subject"}
"""Fields that speak for the author (RFC 5322 §3.6.2 to §3.6.5): in front of them stands trace, never one of these."""
QUOTED_LOCAL = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
DOT_STRING = re.compile(r"[^\s\"(),:;<>@\[\\\].]+(?:\.[^\s\"(),:;<>@\[\\\].]+)*")


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


def is_notification(delivery: Delivery) -> bool:
    """A report to one sender, from nobody, that a mail could not be delivered: what a queue owes (RFC 5321 §6.1, RFC 3464)."""
    return not delivery.sender and len(delivery.recipients) == 1 and REPORT.search(delivery.data) is not None


def _times(got: Counter[str], wanted: Counter[str], address: str) -> int:
    """A recipient listed twice may get the mail once or twice: both count as once."""
    return 1 if 1 <= got[address] <= wanted[address] else got[address]


@lru_cache(maxsize=16384)
def canonical(address: str) -> str:
    """An address as it compares: the case of its domain, U-labels for A-labels and needless quotes do not count.

    RFC 5321 §2.4 and §4.1.2, RFC 5890 §2.3.2.1. Otherwise the local part is left alone.
    """
    local, at, domain = address.rpartition("@")
    if quoted := QUOTED_LOCAL.fullmatch(local):
        plain = re.sub(r"\\(.)", r"\1", quoted.group(1), flags=re.DOTALL)
        local = plain if DOT_STRING.fullmatch(plain) else f'"{plain}"'
    return f"{local}{at}{_a_labels(domain.lower())}"


def _a_labels(domain: str) -> str:
    try:
        return domain if domain.isascii() else domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


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
    return with_crlf(octets_of(exchange.request.message.rfc822, exchange.charset))


def octets_of(text: str, charset: str) -> bytes:
    """Text in `charset`; what the charset lacks becomes a question mark, as most encoders have it."""
    try:
        return text.encode(charset, "surrogatepass")
    except UnicodeEncodeError:
        return text.encode(charset, "replace")


def with_crlf(data: bytes) -> bytes:
    data = NEWLINE.sub(b"\r\n", data)
    return data if data.endswith(b"\r\n") or not data else data + b"\r\n"


def difference(sent: bytes, got: bytes, relay: Relay) -> str:
    """What differs between the submitted and the relayed message beyond what is legal; empty when nothing does."""
    if got == sent:
        return ""
    sent_head, sent_body = _split(sent)
    if not HEADER_LINES.fullmatch(sent_head) and got.endswith(sent):  # no message at all: it may get a header
        before = got[: -len(sent)]
        return _foreign(_fields(before[:-2] if before.endswith(b"\r\n\r\n") else before), relay)
    lead = HEADER_LINES.match(sent)
    if (
        lead
        and not HEADER_LINES.fullmatch(sent_head)
        and got.endswith(parted := lead[0] + b"\r\n" + sent[lead.end() :])
    ):
        # The header ends where its fields do, and an empty line says so.
        return _foreign(_fields(got[: -len(parted)]), relay)
    got_head, got_body = _split(got)
    if got_body != sent_body:
        return _first_difference("the body", sent_body, got_body)
    left = _without_optional(sent_head)
    rest = _without_optional(got_head)
    front = rest[: len(rest) - len(left)]
    if rest[len(front) :] == left:
        return _foreign(front, relay, missing_from=left)
    if relay.adds_headers and _only_added(left, rest):
        return ""
    return _first_difference("the header section", b"".join(left), b"".join(rest))


def _foreign(front: list[bytes], relay: Relay, missing_from: list[bytes] | None = None) -> str:
    """The first field put in front that no relay may put there: one of the author's, unless missing and declared."""
    present = {name_of(line) for line in missing_from or ()}
    for line in front:
        name = name_of(line)
        if not HEADER_LINES.fullmatch(line):
            return f"the header section has {_excerpt(line, 0)} in front of it, which is no header field"
        if name in THE_AUTHORS and not (relay.adds_headers and name in MAY_BE_ADDED and name not in present):
            return (
                f"the header section has one more field, {_excerpt(line, 0)} (missing ones: declare relay.adds_headers)"
            )
    return ""


def name_of(line: bytes) -> bytes:
    """The name of a header field, in lower case."""
    return line.split(b":", 1)[0].strip().lower()


def added_fields(sent: bytes, got: bytes) -> list[bytes]:
    """The header fields of the relayed message that the submitted one does not have, wherever they stand."""
    known = Counter(_fields(_split(sent)[0]))
    added = []
    for line in _fields(_split(got)[0]):
        if known[line]:
            known[line] -= 1
        else:
            added.append(line)
    return added


def _split(data: bytes) -> tuple[bytes, bytes]:
    head, empty, body = data.partition(b"\r\n\r\n")
    if empty:
        return head + b"\r\n", body
    return (data, b"") if HEADER_LINES.fullmatch(data) else (b"", data)


def _fields(head: bytes) -> list[bytes]:
    """Header fields with their folded lines, each up to and with its line end."""
    return re.findall(rb"[^\r\n]*\r\n(?:[ \t][^\r\n]*\r\n)*", head)


def _without_optional(head: bytes) -> list[bytes]:
    return [line for line in _fields(head) if name_of(line) not in MAY_BE_GONE]


def _only_added(sent: list[bytes], got: list[bytes]) -> bool:
    """Whether `got` is `sent` with nothing but trace and missing fields (RFC 6409 §8) added, anywhere."""
    present = {name_of(line) for line in sent}
    rest = iter(sent)
    expected = next(rest, None)
    for line in got:
        if line == expected:
            expected = next(rest, None)
        elif name_of(line) in THE_AUTHORS and (name_of(line) in present or name_of(line) not in MAY_BE_ADDED):
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
