"""What a user of a mail relay expects: the mail arrives, once, unchanged, where it was sent (RFC 5321, RFC 9110 §15.3.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relaycheck.judgements import nothing_relayed_without_204, served
from relaycheck.message import NONCE, plain_message
from relaycheck.plugin import judge, requirement
from relaycheck.strategies.messages import messages

if TYPE_CHECKING:
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target


@requirement("RM-REL-01")
@pytest.mark.parametrize("recipients", [1, 2, 3, 10])
def test_every_recipient_gets_the_mail_once(send: Send, run: Run, recipients: int) -> None:
    """204 means fulfilled: one accepted transaction for each recipient, not none and not two."""
    judge(served(send(run.message(recipients))))


@requirement("RM-REL-02")
def test_mail_from_is_from(send: Send, message: Message, target: Target) -> None:
    """The envelope's sender is the request's From, whatever the message's own header says."""
    other = f"Relaycheck <header-{NONCE}@{target.safety_domain}>"
    head, _, rest = message.rfc822.partition("From: ")
    judge(served(send(message.but(rfc822=f"{head}From: {other}{rest[rest.index(chr(13)) :]}"))))


@requirement("RM-REL-02")
@pytest.mark.parametrize("sender", ["Upper-{}", "with.dots.{}", "plus+tag-{}", "under_score-{}"])
def test_the_local_part_of_from_is_kept(send: Send, message: Message, target: Target, sender: str) -> None:
    """Only the domain may change its case (RFC 5321 §2.4)."""
    judge(served(send(message.but(sender=f"{sender.format(NONCE)}@{target.safety_domain}"))))


@requirement("RM-REL-03")
@pytest.mark.parametrize("field", ["To", "Cc", "Bcc", "Resent-To", "X-Envelope-To"])
def test_addresses_in_the_header_are_no_recipients(send: Send, message: Message, target: Target, field: str) -> None:
    """RCPT TO is Recipients: nothing is added from the message (RFC 5321 §7.2)."""
    stranger = f"stranger-{NONCE}@{target.safety_domain}"
    judge(served(send(message.but(rfc822=f"{field}: {stranger}\r\n{message.rfc822}"))))


@requirement("RM-REL-05")
def test_a_plain_message_arrives_byte_for_byte(send: Send, run: Run, draw: Draw, target: Target) -> None:
    """7-bit, CRLF, lines up to 998 octets: a relay must not alter it (RFC 5321 §3.6.3, §6.4)."""
    for drawn in draw(messages(target.safety_domain), 25):
        judge(served(send(drawn.but(connection=run.connection()))))


# Bodies that careless relays alter.
TRICKY = {
    "trailing spaces": "line with spaces   \r\n\ttabbed\t\r\n",
    "blank lines at the end": "text\r\n\r\n\r\n\r\n",
    "From at a line start": "From somebody\r\n>From quoted\r\n",
    "a dot alone": "before\r\n.\r\nafter\r\n",
    "dots in front": "..\r\n.x\r\n...three\r\n",
    "a long line": "x" * 998 + "\r\n",
    "soft breaks": "equals = sign=\r\n=3D is not decoded\r\n",
    "only white space": " \r\n\t\r\n",
    "MIME look-alikes": "--boundary\r\nContent-Type: text/plain\r\n\r\n--boundary--\r\n",
}


@requirement("RM-REL-05")
@pytest.mark.parametrize("body", TRICKY.values(), ids=list(TRICKY))
def test_what_careless_relays_alter_is_left_alone(send: Send, run: Run, target: Target, body: str) -> None:
    judge(served(send(plain_message(target.safety_domain, body=body).but(connection=run.connection()))))


@requirement("RM-REL-05")
def test_a_folded_header_is_not_folded_anew(send: Send, message: Message) -> None:
    """Header lines keep their folding, order, case and white space."""
    head = "X-Folded: one\r\n two\r\n\tthree\r\nx-lower:   spaces\r\nX-Long: " + "word " * 60 + "\r\n"
    judge(served(send(message.but(rfc822=head + message.rfc822))))


@requirement("RM-REL-14")
@pytest.mark.over_the_run
def test_a_refused_request_relayed_nothing(run: Run, control: Control) -> None:
    """Any answer but 204, anywhere in the run: no mail of that request arrived."""
    judge(nothing_relayed_without_204(run.ledger.all(), control()))
