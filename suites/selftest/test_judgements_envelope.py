"""What an address did to the SMTP session, with literals: transcripts as the witness writes them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from literals import ACCEPTED, GONE, LOST, REFUSED, delivery, exchange, message
from test_judgements_outcome import FAIL, OPEN, PASS, SURE, told

from relaycheck.judgements.envelope import adds_no_command, adds_no_parameter, beyond_path, nobody_but

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.judgements.judgement import Judgement

PROBE = exchange(400, carries=None)
NONCE = PROBE.request.nonce
OWN = f"to1-{NONCE}@relaycheck.test".encode()
EVIL = f"evil-{NONCE}"
USUAL = b"S: 220 hi\r\nC: EHLO me\r\nS: 250 hi\r\nC: MAIL FROM:<from@relaycheck.test>\r\nS: 250 OK\r\n"
NOTED = "C: ‹812 octets of mail data›\r\nC: ‹secret:smtp-auth›\r\n".encode()


def said(*lines: bytes) -> tuple[bytes, ...]:
    return (USUAL + b"".join(b"C: " + line + b"\r\nS: 250 OK\r\n" for line in lines) + NOTED,)


def command(*lines: bytes, probe: Exchange = PROBE, control: Exchange = ACCEPTED) -> Judgement:
    return adds_no_command(probe, control, said(*lines), EVIL)


def parameter(*lines: bytes, control: Exchange = ACCEPTED) -> Judgement:
    return adds_no_parameter(PROBE, control, said(*lines), ("NOTIFY=NEVER",), EVIL)


def with_mail(*recipients: str, data: bytes | None = None) -> Exchange:
    mail = delivery(message(NONCE), recipients=recipients, data=data)
    return replace(PROBE, deliveries=(mail,))


def late(*lines: bytes) -> Exchange:
    """The mail came after the test had looked at the sessions: only its delivery has the transcript."""
    seen = replace(delivery(message(NONCE)), transcript=said(*lines)[0])
    return replace(PROBE, deliveries=(seen,))


RECIPIENT = b"RCPT TO:<" + OWN + b">"
INJECTED = b"RCPT TO:<" + EVIL.encode() + b"@relaycheck.test>"
HEADER = b"Subject: x\r\nX-Relaycheck-Injected: 1\r\n\r\ntext\r\n"

CASES: list[tuple[str, Judgement, str]] = [
    ("command: refused before any session", adds_no_command(PROBE, ACCEPTED, (), EVIL), PASS),
    ("command: one recipient", command(RECIPIENT, b"DATA", b"QUIT"), PASS),
    ("command: the line end was taken out", command(b"RCPT TO:<" + OWN + b"RCPT TO:<" + EVIL.encode() + b">"), PASS),
    ("command: a second RCPT", command(RECIPIENT, INJECTED), SURE),
    ("command: a second RCPT in lower case", command(b"rcpt to: <" + EVIL.upper().encode() + b"@x>"), SURE),
    ("command: a second MAIL", command(b"MAIL FROM:<" + EVIL.encode() + b">"), SURE),
    ("command: NOOP", command(b"NOOP " + EVIL.encode()), SURE),
    ("command: somebody else's NOOP", command(RECIPIENT, b"NOOP"), PASS),
    ("command: a rest of an address", command(b"RCPT TO:<" + OWN, b">"), SURE),
    ("command: an empty line", command(b""), SURE),
    ("command: a bare CR", command(RECIPIENT + b"\rNOOP"), SURE),
    ("command: a NUL", command(b"RCPT TO:<" + OWN + b"\0>"), SURE),
    ("command: seen in the mail's own transcript", adds_no_command(late(INJECTED), ACCEPTED, (), EVIL), SURE),
    ("command: mail to the stranger", adds_no_command(with_mail(f"{EVIL}@x"), ACCEPTED, (), EVIL), SURE),
    ("command: a header field", adds_no_command(with_mail("a@x", data=HEADER), ACCEPTED, (), EVIL), SURE),
    ("command: the control was refused", adds_no_command(PROBE, REFUSED, (), EVIL), OPEN),
    ("command: the control's mail is lost", adds_no_command(PROBE, LOST, (), EVIL), OPEN),
    ("command: proof stands without a control", command(INJECTED, control=REFUSED), SURE),
    ("command: nothing was sent", adds_no_command(GONE, ACCEPTED, (), EVIL), OPEN),
    ("parameter: none", parameter(RECIPIENT), PASS),
    ("parameter: one", parameter(RECIPIENT + b" NOTIFY=NEVER"), SURE),
    ("parameter: in lower case", parameter(RECIPIENT + b" notify=never"), SURE),
    ("parameter: of the relay's own", parameter(b"MAIL FROM:<" + OWN + b"> SIZE=812 BODY=8BITMIME"), PASS),
    ("parameter: inside the path", parameter(b"RCPT TO:<" + OWN + b" NOTIFY=NEVER>"), PASS),
    ("parameter: inside a quoted string", parameter(b'RCPT TO:<"a> NOTIFY=NEVER "' + OWN + b">"), PASS),
    ("parameter: a second path", parameter(RECIPIENT + b"<" + EVIL.encode() + b"@x>"), SURE),
    ("parameter: only the second path", parameter(INJECTED + b" " + OWN), SURE),
    ("parameter: in another request's command", parameter(b"RCPT TO:<a@x> NOTIFY=NEVER"), PASS),
    ("parameter: the control was refused", parameter(RECIPIENT, control=REFUSED), OPEN),
    ("nobody but: refused", nobody_but(PROBE, ACCEPTED, ["a@x"]), PASS),
    ("nobody but: the mail server refused", nobody_but(exchange(502), ACCEPTED, ["a@x"]), PASS),
    ("nobody but: the one", nobody_but(exchange(204, mail=(delivery(message(), recipients=("a@X",)),)), ACCEPTED, ["a@x"]), PASS),
    ("nobody but: two", nobody_but(with_mail("a@x", "b@x"), ACCEPTED, ["a@x"]), SURE),
    ("nobody but: 204 and nothing", nobody_but(LOST, ACCEPTED, ["a@x"]), FAIL),
    ("nobody but: the control was refused", nobody_but(PROBE, REFUSED, ["a@x"]), OPEN),
]  # fmt: skip


@pytest.mark.parametrize(("judgement", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_judgement_says(judgement: Judgement, expected: str) -> None:
    assert told(judgement.evaluate()) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"RCPT TO:<a@x>", b""),
        (b"RCPT TO:<a@x> NOTIFY=NEVER", b" NOTIFY=NEVER"),
        (b'RCPT TO:<"a>b"@x> P=1', b" P=1"),
        (b'RCPT TO:<"a\\">b"@x> P=1', b" P=1"),
        (b'RCPT TO:<"a@x> P=1', b" P=1"),
        (b"RCPT TO:a@x P=1", b"P=1"),
        (b"MAIL FROM:<>", b""),
    ],
)
def test_what_follows_the_path_is_found(line: bytes, expected: bytes) -> None:
    assert beyond_path(line) == expected
