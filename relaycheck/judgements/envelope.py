"""What an address does to the SMTP session: it is one path of one command, and nothing more (RFC 5321 §4.1.1.2, §4.1.1.3, §4.1.2).

`sessions` are transcripts of the witness's sessions that speak of the probe: they show what was tried, also where no mail came of it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.mail import canonical
from relaycheck.judgements.outcome import INJECTED
from relaycheck.judgements.state import described, missing, red, relayed
from relaycheck.verdicts import Verdict, failed, passed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from relaycheck.exchange import Exchange

CLIENT = b"C: "
NOTED = "‹".encode()
"""Begins what a transcript only notes: mail data and secrets."""
COMMAND = re.compile(rb"[A-Za-z][A-Za-z0-9-]{2,}(?: |$)")
ENVELOPE = re.compile(rb"(?:MAIL FROM|RCPT TO): *<?", re.IGNORECASE)
LINE_END = re.compile(rb"\r\n|\r|\n")


def commands(probe: Exchange, sessions: Sequence[bytes]) -> Iterator[bytes]:
    """The client's lines, without their line ends, of every session that speaks of the probe."""
    for transcript in dict.fromkeys((*sessions, *(d.transcript for d in probe.deliveries))):
        for line in transcript.split(b"\n"):
            if line.startswith(CLIENT) and not line.startswith(CLIENT + NOTED):
                yield line[len(CLIENT) :].removesuffix(b"\r")


def _strangers(probe: Exchange, stranger: str) -> tuple[str, ...]:
    """Recipients of accepted mails whose address begins with `stranger`."""
    named = (address for d in probe.deliveries if d.accepted for address in d.accepted_recipients)
    return tuple(address for address in named if address.lower().startswith(stranger.lower()))


@judgement
def adds_no_command(probe: Exchange, control: Exchange, sessions: Sequence[bytes], stranger: str) -> Verdict:
    """No command, recipient or header field came of an address with CR, LF or NUL in it. The answer is not judged.

    `stranger` begins the address that the injected text names; the control shows that the witness sees this target's mail.
    """
    nonce = probe.request.nonce.encode()
    for line in commands(probe, sessions):
        if fault := _added(line, nonce, stranger.encode()):
            return failed(f"{fault}: {_shown(line)}", decisive=True)
    if people := _strangers(probe, stranger):
        return failed(f"the mail went to {people[0]}, who is no recipient", decisive=True)
    for delivery in probe.deliveries:
        for line in LINE_END.split(delivery.data):
            if line.lower().startswith(INJECTED.encode()):
                return failed(f"the mail has a header field made from an address: {_shown(line)}", decisive=True)
    return red(control) or missing(probe) or passed(described(probe))


def _added(line: bytes, nonce: bytes, stranger: bytes) -> str:
    """What is wrong with one line of the client."""
    path = ENVELOPE.match(line)
    if path is None and not COMMAND.match(line):
        return "part of an address became a line of its own in the SMTP session"
    if path is None:
        return "part of an address became an SMTP command" if nonce in line.lower() else ""
    if line[path.end() :].lower().startswith(stranger):
        return "part of an address became an SMTP command"
    if nonce in line.lower() and (b"\r" in line or b"\0" in line):
        return "an SMTP command holds a bare CR or a NUL"
    return ""


@judgement
def adds_no_parameter(
    probe: Exchange, control: Exchange, sessions: Sequence[bytes], tokens: Collection[str], stranger: str
) -> Verdict:
    """Nothing inside an address became a parameter (one of `tokens`) or a second path. The answer is not judged."""
    wanted = {token.lower().encode() for token in tokens}
    for line in commands(probe, sessions):
        path = ENVELOPE.match(line)
        if path is None or probe.request.nonce.encode() not in line.lower():
            continue
        if line[path.end() :].lower().startswith(stranger.encode()):
            return failed(f"part of an address became a path of its own: {_shown(line)}", decisive=True)
        beyond = beyond_path(line).lower()
        if any(word in wanted for word in beyond.split()):
            return failed(f"part of an address became a parameter: {_shown(line)}", decisive=True)
        if stranger.encode() in beyond:
            return failed(f"part of an address became a second path: {_shown(line)}", decisive=True)
    if people := _strangers(probe, stranger):
        return failed(f"the mail went to {people[0]}, who is no recipient", decisive=True)
    return red(control) or missing(probe) or passed(described(probe))


def beyond_path(line: bytes) -> bytes:
    """What follows the path of a MAIL or RCPT command. A bracket in a quoted string belongs to the path (RFC 5321 §4.1.2)."""
    if b"<" not in line:
        return b" ".join(line.split()[2:])
    quoted = escaped = False
    for at, octet in enumerate(line):
        if escaped:
            escaped = False
        elif quoted and octet == ord("\\"):
            escaped = True
        elif octet == ord('"'):
            quoted = not quoted
        elif octet == ord(">") and not quoted:
            return line[at + 1 :]
    return line.partition(b">")[2]  # an open quote hides every bracket: simple servers take the first


def _shown(line: bytes) -> str:
    return repr(line[:120])[1:]


@judgement
def nobody_but(probe: Exchange, control: Exchange, allowed: Collection[str]) -> Verdict:
    """One recipient string is one recipient: mail for one of `allowed`, or a refusal in any form with no mail."""
    known = {canonical(address) for address in allowed}
    named = (address for d in probe.deliveries if d.accepted for address in d.accepted_recipients)
    others = [address for address in named if canonical(address) not in known]
    if others:
        return failed(f"one string of Recipients became mail to {', '.join(others)}", decisive=True)
    if bad := red(control) or missing(probe):
        return bad
    if probe.succeeded and probe.witnessed and not relayed(probe):
        return failed(f"it was neither relayed nor refused: {described(probe)}")
    return passed(described(probe))
