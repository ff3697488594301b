"""What relaying may do to a mail on its way to the mail server (RFC 5321, RFC 6152, RFC 6531), and to how many mails.

Octets that a mail server did not offer to take, and mail that nobody asked for, are decisive; a mail that is missing is not.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.mail import (
    added_fields,
    canonical,
    difference,
    fate,
    name_of,
    octets_of,
    submitted,
    with_crlf,
)
from relaycheck.judgements.mime import same_content
from relaycheck.judgements.state import GATEWAY, answer_known, described, missing, red, relayed
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from relaycheck.exchange import Delivery, Exchange

BARE = re.compile(rb"\r(?!\n)|(?<!\r)\n")
HIGH = re.compile(rb"[\x80-\xff]")
OVERLOAD = frozenset({429, 503})


def _accepted(exchange: Exchange) -> list[Delivery]:
    return [d for d in exchange.deliveries if d.accepted]


def _same_or_refused(probe: Exchange, control: Exchange, same: Callable[[bytes], bool], what: str) -> Verdict:
    """O-SOR with a comparison of one's own: a 4xx without mail, or 204 with every recipient's mail of content `what`."""
    if bad := red(control) or missing(probe):
        return bad
    if not probe.accepted:
        if relayed(probe):
            return failed(f"neither served nor refused: {described(probe)}", decisive=answer_known(probe))
        return passed(described(probe)) if probe.refused else failed(f"neither served nor refused: {described(probe)}")
    if not probe.witnessed:
        return passed("204 (no witness: the status alone)")
    was = fate(probe)
    if not was.complete or was.strangers or max(was.counts) > 1 or was.sender != "kept":
        return failed(f"204, but {was.fault()}")
    if any(not same(d.data) for d in _accepted(probe)):
        return failed(f"204, but what arrived is not {what}: {was.content}")
    return passed(described(probe))


@judgement
def line_ends_made_whole(probe: Exchange, control: Exchange) -> Verdict:
    """CR and LF stand only together on the wire, and the lines are those that were sent; or the message is refused.

    A bare LF ends a line. What a bare CR means nobody says: it may end a line, be dropped, or become a space.
    """
    for delivery in probe.deliveries:
        if bare := BARE.search(delivery.wire):
            excerpt = delivery.wire[max(0, bare.start() - 12) : bare.end() + 12]
            kind = "CR" if bare.group() == b"\r" else "LF"
            return failed(f"a bare {kind} is on the wire: {excerpt!r}", decisive=True)
    forms = _readings(probe)
    return _same_or_refused(
        probe, control, lambda got: any(not difference(form, got, probe.relay) for form in forms), "the same lines"
    )


def _readings(probe: Exchange) -> tuple[bytes, ...]:
    """The submitted message in each way that bare line ends can be read."""
    if probe.request.message is None:
        return ()
    octets = octets_of(probe.request.message.rfc822, probe.charset)
    once = re.sub(rb"\r+\n", b"\r\n", octets)
    return (
        with_crlf(octets),
        with_crlf(once),
        *(with_crlf(re.sub(rb"\r(?!\n)", instead, form)) for form in (octets, once) for instead in (b"", b" ")),
    )


@judgement
def kept_or_encoded_anew(probe: Exchange, control: Exchange) -> Verdict:
    """The message arrives as it was sent or in another transfer encoding of MIME, nothing cut or broken; or it is refused."""
    return _same_or_refused(probe, control, lambda got: _equal(submitted(probe), got, probe), "the same message")


def _equal(sent: bytes, got: bytes, probe: Exchange) -> bool:
    return not difference(sent, got, probe.relay) or same_content(sent, got)


@judgement
def eight_bit_as_offered(probe: Exchange, control: Exchange, *, offered: bool, charsets: Sequence[str] = ()) -> Verdict:
    """High octets go only to a server that offers 8BITMIME, with BODY=8BITMIME (RFC 6152 §3); else 7-bit encoding or a refusal.

    `charsets` are those in which the text may have become octets; none: the declared one.
    """
    for delivery in _accepted(probe):
        if not HIGH.search(delivery.data):
            continue
        if not offered:
            return failed("octets beyond 7 bits went to a server that does not offer 8BITMIME", decisive=True)
        if "BODY=8BITMIME" not in (p.upper() for p in delivery.sender_parameters):
            return failed(f"8-bit content was sent without BODY=8BITMIME: MAIL had {_said(delivery)}", decisive=True)
    if _passed_on(probe, offered):
        return red(control) or passed(described(probe))
    message = probe.request.message
    forms = (
        [with_crlf(octets_of(message.rfc822, charset)) for charset in charsets or (probe.charset,)] if message else []
    )
    return _same_or_refused(
        probe, control, lambda got: any(_equal(form, got, probe) for form in forms), "the same text"
    )


def _said(delivery: Delivery) -> str:
    return " ".join(delivery.sender_parameters) or "no parameters"


@judgement
def utf8_addresses_as_offered(probe: Exchange, control: Exchange, *, offered: bool) -> Verdict:
    """Non-ASCII addresses go out only with SMTPUTF8, where it is offered (RFC 6531 §3.4); else A-labels or a refusal."""
    for delivery in probe.deliveries:
        raw = [a for a in (delivery.sender, *(r.address for r in delivery.recipients)) if not a.isascii()]
        if raw and not offered:
            return failed(f"{raw[0]!a} went to a server that does not offer SMTPUTF8", decisive=True)
        if raw and "SMTPUTF8" not in (p.upper() for p in delivery.sender_parameters):
            return failed(f"{raw[0]!a} was sent without SMTPUTF8: MAIL had {_said(delivery)}", decisive=True)
    if bad := red(control) or missing(probe):
        return bad
    if (probe.refused or _passed_on(probe, offered)) and not relayed(probe):
        return passed(described(probe))
    if not probe.accepted:
        return failed(
            f"neither served nor refused: {described(probe)}", decisive=relayed(probe) and answer_known(probe)
        )
    fault = fate(probe).fault()
    return failed(f"204, but {fault}") if probe.witnessed and fault else passed(described(probe))


def _passed_on(probe: Exchange, offered: bool) -> bool:
    """A server error with nothing relayed: what the next server lacks is no fault of the request (RFC 9110 §15.6).

    Where it lacks nothing, the relay does (it may say HELO), and tells of it as a gateway.
    """
    told = probe.status in GATEWAY if offered else probe.status is not None and probe.status >= 500
    return told and not relayed(probe)


@judgement
def no_more_often_than_asked(probe: Exchange) -> Verdict:
    """Record the order of RCPT and how often each recipient is named; more often than the request names it is wrong."""
    if gone := missing(probe):
        return gone
    asked = Counter(map(canonical, probe.request.message.recipients if probe.request.message else ()))
    named = Counter(canonical(address) for d in _accepted(probe) for address in d.accepted_recipients)
    if often := [address for address, count in named.items() if count > asked[address]]:
        return failed(f"{often[0]} was named {named[often[0]]} times, the request names it {asked[often[0]]} times")
    order = [canonical(a) for d in _accepted(probe) for a in d.accepted_recipients]
    wanted = list(map(canonical, probe.request.message.recipients if probe.request.message else ()))
    kind = "as in the request" if order == wanted else "another"
    return passed(f"{described(probe)}; order of RCPT: {kind}; named at most {max(named.values(), default=0)} times")


@judgement
def a_bcc_field_observed(probe: Exchange) -> Verdict:
    """Record what becomes of Bcc: kept, removed, or kept in divided copies (RFC 5322 §3.6.3 allows all)."""
    if gone := missing(probe):
        return gone
    kept = [b"\r\nbcc:" in b"\r\n" + d.data.lower().partition(b"\r\n\r\n")[0] for d in _accepted(probe)]
    if not kept:
        return passed(f"{described(probe)}: nothing to look at")
    return passed("the Bcc field is " + ("kept" if all(kept) else "kept in some copies" if any(kept) else "removed"))


@judgement
def recipients_undisclosed(probe: Exchange, control: Exchange) -> Verdict:
    """No field that the relay adds names a recipient whom the message does not name (RFC 5321 §7.2).

    A Received field may name the one recipient of its transaction.
    """
    if bad := red(control) or missing(probe):
        return bad
    message = probe.request.message
    if message is None or not relayed(probe):
        return failed(f"expected 204 and mail, got {described(probe)}")
    text = message.rfc822.lower()
    hidden = [local for a in message.recipients if (local := a.rpartition("@")[0].lower()) not in text]
    for delivery in _accepted(probe):
        alone = len(delivery.accepted_recipients) == 1
        for line in added_fields(submitted(probe), delivery.data):
            told = next((h for h in hidden if h.encode() in re.sub(rb"\r\n(?=[ \t])", b"", line).lower()), None)
            if told and not (alone and name_of(line) == b"received"):
                return failed(f"the relay added a field that names {told}: {line[:80]!r}", decisive=True)
    return passed(f"{described(probe)}, no recipient in added fields")


@judgement
def a_refusal_relays_nothing(probe: Exchange, control: Exchange) -> Verdict:
    """Whatever the answer is, unless it is a success no mail of the request is at the witness."""
    if relayed(probe) and not probe.succeeded:
        return failed(f"it was refused, and yet {described(probe)}", decisive=answer_known(probe))
    return red(control) or missing(probe) or passed(described(probe))


@judgement
def one_mail_at_most(probe: Exchange, control: Exchange) -> Verdict:
    """No recipient has the mail twice, and nobody has it whom the request does not name. None at all is allowed."""
    was = fate(probe)
    if was.strangers:
        strange = [d.sender for d in _accepted(probe) if canonical(d.sender) != canonical(_sender(probe))]
        return failed(
            f"one request, and a second mail: {was.fault()}{f' from {strange[0]}' if strange else ''}", decisive=True
        )
    if max(was.counts, default=0) > 1:
        return failed(f"one request, and {was.fault()}", decisive=True)
    return red(control) or passed(described(probe))


def _sender(probe: Exchange) -> str:
    return probe.request.message.sender if probe.request.message else ""


@judgement
def each_its_own_mail(exchanges: Sequence[Exchange], control: Exchange) -> Verdict:
    """Of requests at the same time, each mail's sender, recipients and content come from one request, and all arrive.

    A nonce of another request in a mail is decisive. An answer that speaks of overload is no observation.
    """
    for exchange in exchanges:
        shape = re.compile(rf"{exchange.request.nonce[:8]}[0-9a-z]{{{len(exchange.request.nonce) - 8}}}".encode())
        for delivery in _accepted(exchange):
            envelope = " ".join((delivery.sender, *(r.address for r in delivery.recipients))).encode()
            others = set(shape.findall((envelope + b" " + delivery.data).lower()))
            if len(others) > 1:
                return failed(f"one mail has parts of {len(others)} requests: {_mixed(delivery, shape)}", decisive=True)
        if relayed(exchange) and exchange.request.message is None:
            return failed(f"{exchange.request.note}, and yet {described(exchange)}", decisive=True)
    if bad := red(control):
        return bad
    valid = [e for e in exchanges if e.request.message is not None and e.answered and e.status not in OVERLOAD]
    for exchange in valid:
        if not exchange.accepted:
            return failed(f"a valid request among {len(exchanges)} at the same time got {described(exchange)}")
        if exchange.witnessed and (fault := fate(exchange).fault()):
            return failed(f"one of {len(exchanges)} at the same time got 204, but {fault}")
    if len(valid) < 2:
        return inconclusive(
            Cause.VACUOUS, f"only {len(valid)} of {len(exchanges)} requests at the same time were answered"
        )
    return passed(f"{len(valid)} of {len(exchanges)} requests at the same time were served, each with its own mail")


def _mixed(delivery: Delivery, shape: re.Pattern[bytes]) -> str:
    def of(text: str) -> str:
        found = shape.search(text.lower().encode("utf-8", "surrogateescape"))
        return found.group().decode() if found else "none"

    content = sorted({n.decode() for n in shape.findall(delivery.data.lower())})
    recipients = sorted({of(r.address) for r in delivery.recipients})
    return f"MAIL {of(delivery.sender)}, RCPT {', '.join(recipients)}, content {', '.join(content) or 'none'}"


@judgement
def two_mails(first: Exchange, second: Exchange, control: Exchange) -> Verdict:
    """Two requests that are the same octet for octet relay two mails, unless the target declares that it folds duplicates."""
    if bad := red(control) or missing(first) or missing(second):
        return bad
    counts = fate(second).counts
    if first.relay.deduplicates:
        return passed(f"the target declares that it folds duplicates: {described(second)}")
    if not (first.accepted and second.accepted):
        return failed(f"of two identical requests one got {described(first)}, the other {described(second)}")
    if second.witnessed and set(counts) != {2}:
        return failed(f"two identical requests got 204, and a recipient has {min(counts)} to {max(counts)} mails")
    return passed("two identical requests, two mails")


@judgement
def sessions_observed(exchanges: Sequence[Exchange]) -> Verdict:
    """Record the order of mails, the name in EHLO and how many SMTP sessions there were."""
    for exchange in exchanges:
        if gone := missing(exchange):
            return gone
    mails = [(d.at, place, d) for place, e in enumerate(exchanges) for d in _accepted(e)]
    order = [place for _, place, _ in sorted(mails, key=lambda mail: mail[0])]
    names = ", ".join(sorted({d.hello for _, _, d in mails})) or "none"
    sessions = len({(d.listener, d.session) for _, _, d in mails})
    kept = "in the order of the requests" if order == sorted(order) else "in another order"
    return passed(f"{len(mails)} mails {kept} in {sessions} sessions; EHLO {names}")
