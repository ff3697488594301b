"""What a user of a mail relay expects: the mail arrives, once, unchanged, where it was sent (RFC 5321, RFC 9110 §15.3.5)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from relaycheck.client import at_once
from relaycheck.encodings import MEDIA_TYPES
from relaycheck.judgements import nothing_relayed_without_204, same_or_refused, served
from relaycheck.judgements.relaying import (
    a_bcc_field_observed,
    a_refusal_relays_nothing,
    kept_or_encoded_anew,
    line_ends_made_whole,
    no_more_often_than_asked,
    one_mail_at_most,
    recipients_undisclosed,
    sessions_observed,
    two_mails,
)
from relaycheck.message import NONCE
from relaycheck.plugin import judge, lacking, requirement, rows
from relaycheck.strategies.imperfect import HEADERS, IMPERFECT, TRICKY, imperfect_messages, twin
from relaycheck.strategies.late_defects import FORM, JSON, LATE_DEFECTS, XML, Defect
from relaycheck.strategies.line_ends import (
    BARE_LINE_ENDS,
    DOTTED,
    dotted_bodies,
    ragged_bodies,
    smuggling,
    smuggling_messages,
)
from relaycheck.strategies.mailboxes import ordinary_mailboxes
from relaycheck.strategies.messages import messages
from relaycheck.witness import Behaviour, LookAlike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.exchange import Delivery, Exchange
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Compose, Control, Draw, Send, Serving
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

LENIENT = Behaviour(lenient_end_of_data=frozenset(LookAlike))


def ask(run: Run, message: Message) -> Exchange:
    """Send once: of a failing mail server, 503 with Retry-After is an answer and no reason to send again."""
    return run.client.await_mail(run.client.transmit(run.client.request(message)))


FOR_PEOPLE = ("Cc", "To", "Bcc", "Resent-To", "Resent-Cc", "Resent-Bcc", "X-Envelope-To", "X-RCPT-TO")


def with_field(message: Message, field: str) -> Message:
    return message.but(rfc822=f"{field}\r\n{message.rfc822}")


@requirement("RM-REL-01")
@pytest.mark.parametrize("recipients", [3, 1, 2, 10, 50])
def test_every_recipient_gets_the_mail_once(send: Send, run: Run, recipients: int) -> None:
    """204 means fulfilled: one accepted transaction for each recipient, not none and not two."""
    judge(served(send(run.message(recipients))))


@requirement("RM-REL-01")
@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_every_recipient_gets_it_once_in_any_media_type(send: Send, run: Run, media_type: str) -> None:
    judge(served(send(run.message(3), media_type=media_type)))


@requirement("RM-REL-01")
def test_a_long_message_arrives_once(send: Send, run: Run, target: Target) -> None:
    """300 000 octets, or a quarter of what the target takes."""
    judge(served(send(run.message(2, body=target.limits.as_much_of(("0123456789" * 7 + "\r\n") * (300_000 // 72))))))


@requirement("RM-REL-01")
def test_mail_without_a_connection_arrives_once(send: Send, run: Run, target: Target) -> None:
    """A null ConnectionInfoExtended: the installation's own mail server."""
    if not target.relay.default_connection:
        raise lacking("connection.default")
    judge(served(send(run.message(3).but(connection=None))))


@requirement("RM-REL-02")
@pytest.mark.parametrize("field", ["From", "Sender", "Return-Path", "Reply-To", "Resent-From", "all but From"])
def test_mail_from_is_from(send: Send, message: Message, target: Target, field: str) -> None:
    """The envelope's sender is the request's From, whatever the message's own header says."""
    other = f"Relaycheck <header-{NONCE}@{target.safety_domain}>"
    if field != "From":
        fields = ("Sender", "Return-Path", "Reply-To", "Resent-From") if field == "all but From" else (field,)
        judge(served(send(with_field(message, "\r\n".join(f"{name}: {other}" for name in fields)))))
        return
    head, _, rest = message.rfc822.partition("From: ")
    judge(served(send(message.but(rfc822=f"{head}From: {other}{rest[rest.index(chr(13)) :]}"))))


@requirement("RM-REL-02")
@pytest.mark.parametrize("sender", ["Upper-{}", "with.dots.{}", "plus+tag-{}", "With.dots+Tag_{}"])
def test_the_local_part_of_from_is_kept(send: Send, message: Message, target: Target, sender: str) -> None:
    """Only the domain may change its case (RFC 5321 §2.4)."""
    judge(served(send(message.but(sender=f"{sender.format(NONCE)}@{target.safety_domain}"))))


@requirement("RM-REL-02")
def test_any_sender_stays_itself(send: Send, message: Message, draw: Draw, target: Target) -> None:
    for sender in draw(ordinary_mailboxes(target.safety_domain), 6):
        judge(served(send(message.but(sender=sender))))


@requirement("RM-REL-02")
def test_an_address_in_the_query_is_no_sender(send: Send, control: Control, message: Message, target: Target) -> None:
    """Of the parameters of a form's request, those of its query may come first."""
    query = f"From=stranger-{NONCE}@{target.safety_domain}"
    judge(same_or_refused(send(message, media_type=FORM, query=query), control(media_type=FORM)))


@requirement("RM-REL-03")
@pytest.mark.parametrize("fields", [*((field,) for field in FOR_PEOPLE), FOR_PEOPLE], ids=[*FOR_PEOPLE, "all of them"])
def test_addresses_in_the_header_are_no_recipients(
    send: Send, message: Message, target: Target, fields: tuple[str, ...]
) -> None:
    """RCPT TO is Recipients: the message adds nobody to it and takes nobody from it (RFC 5321 §7.2)."""
    named = f"stranger-{NONCE}@{target.safety_domain}, {message.recipients[0]}"
    lines = "\r\n".join(f"{field}: {named}" for field in fields)
    judge(served(send(with_field(message, lines))))


@requirement("RM-REL-03")
def test_an_address_in_the_query_is_no_recipient(
    send: Send, control: Control, message: Message, target: Target
) -> None:
    """Readers of forms that ask for the parameters of a request get those of its query too."""
    style = {"repeated": "", "brackets": "%5B%5D", "indexed": f"%5B{len(message.recipients)}%5D"}[target.content.form]
    query = f"Recipients{style}=stranger-{NONCE}@{target.safety_domain}"
    judge(same_or_refused(send(message, media_type=FORM, query=query), control(media_type=FORM)))


@requirement("RM-REL-03")
def test_the_set_of_recipients_is_kept(send: Send, run: Run, draw: Draw, target: Target) -> None:
    """Any addresses, beside a header that names some of them and others."""
    for drawn in draw(messages(target.safety_domain, max_recipients=target.limits.at_most(8)), 6):
        field = f"Cc: {drawn.recipients[0]}, {drawn.sender}, other-{NONCE}@{target.safety_domain}"
        judge(served(send(with_field(drawn, field).but(connection=run.connection()))))


@requirement("RM-REL-03")
def test_recipients_that_differ_in_case_are_two(send: Send, message: Message, target: Target) -> None:
    """Only the mail server of the domain knows whether they are one person (RFC 5321 §2.4)."""
    spelled = [f"{name}-{NONCE}@{target.safety_domain}" for name in ("ann", "Ann")]
    judge(served(send(message.but(recipients=tuple(spelled)))))


@requirement("RM-REL-04")
@pytest.mark.parametrize("times", [2, 3])
def test_order_and_duplicates_are_recorded(send: Send, run: Run, times: int) -> None:
    message = run.message(3)
    judge(
        no_more_often_than_asked(
            send(message.but(recipients=(*message.recipients[::-1], *message.recipients[:1] * times)))
        )
    )


@requirement("RM-REL-05")
def test_a_plain_message_arrives_byte_for_byte(send: Send, run: Run, draw: Draw, target: Target) -> None:
    """7-bit, CRLF, lines up to 998 octets: a relay must not alter it (RFC 5321 §3.6.3, §6.4)."""
    for drawn in draw(messages(target.safety_domain, max_recipients=target.limits.at_most(5)), 10):
        judge(served(send(drawn.but(connection=run.connection()))))


@requirement("RM-REL-05")
@pytest.mark.parametrize("body", rows(TRICKY))
def test_what_careless_relays_alter_is_left_alone(send: Send, run: Run, target: Target, body: str) -> None:
    judge(served(send(run.message(body=target.limits.as_much_of(body)))))


@requirement("RM-REL-05")
@pytest.mark.parametrize("field", rows(HEADERS))
def test_a_header_is_not_written_anew(send: Send, message: Message, field: str) -> None:
    """Header lines keep their folding, order, case and white space."""
    judge(served(send(message.but(rfc822=field + message.rfc822))))


@requirement("RM-REL-05")
def test_control_characters_survive_or_are_refused(send: Send, control: Control, run: Run) -> None:
    """All but NUL, CR and LF are text (RFC 5322 §3.5), and none of them ends a line."""
    body = "a page\x0cand a tab\x0bdown, \x1c \x1d \x1e, \x1b[1mbold, \x08back and \x7f\r\n"
    judge(same_or_refused(send(run.message(body=body), media_type=JSON), control(media_type=JSON)))


@requirement("RM-REL-06")
@pytest.mark.parametrize("body", rows(DOTTED))
def test_lines_with_dots_survive(send: Send, run: Run, target: Target, body: str) -> None:
    """The client of SMTP adds a dot to each line that begins with one, the server removes it (RFC 5321 §4.5.2)."""
    body = target.limits.as_much_of(body)
    text = run.message().rfc822.replace("A line of text.\r\n", body)
    bare = text.replace(f"{NONCE}\r\n{body}", body) if body.startswith(".") else text
    judge(served(send(run.message().but(rfc822=bare))))


@requirement("RM-REL-06")
@pytest.mark.parametrize("start", [".\r\n", ".x: y\r\n"])
def test_a_dot_at_the_very_start_survives_or_is_refused(
    send: Send, control: Control, message: Message, start: str
) -> None:
    """Not quite a message, but no reason to lose an octet."""
    judge(same_or_refused(send(message.but(rfc822=start + message.rfc822)), control()))


@requirement("RM-REL-06")
def test_dots_survive_at_the_edge_of_any_buffer(send: Send, run: Run, target: Target) -> None:
    """Lines of three octets in 200 000: every multiple of a power of two falls before, into and behind a line end."""
    judge(served(send(run.message(body=target.limits.as_much_of(".\r\n" * (200_000 // 3))))))


@requirement("RM-REL-06")
def test_dots_survive_anywhere(send: Send, run: Run, draw: Draw) -> None:
    for body in draw(dotted_bodies(), 6):
        judge(served(send(run.message(body=body))))


@requirement("RM-REL-07")
@pytest.mark.parametrize("body", rows(BARE_LINE_ENDS))
def test_bare_line_ends_are_made_whole_or_refused(send: Send, control: Control, run: Run, body: str) -> None:
    """On the SMTP connection CR and LF stand only together (RFC 5321 §2.3.8)."""
    judge(line_ends_made_whole(send(run.message(body=body)), control()))


@requirement("RM-REL-07")
@pytest.mark.parametrize("end", ["\n", "\r"], ids=["LF", "CR"])
def test_a_message_with_one_kind_of_line_end_is_made_whole(
    send: Send, control: Control, message: Message, end: str
) -> None:
    """The header too: as a file has it that was written on another system."""
    judge(line_ends_made_whole(send(message.but(rfc822=message.rfc822.replace("\r\n", end))), control()))


@requirement("RM-REL-07")
def test_line_ends_in_any_order_are_made_whole(send: Send, control: Control, run: Run, draw: Draw) -> None:
    for body in draw(ragged_bodies(), 8):
        judge(line_ends_made_whole(send(run.message(body=body)), control()))


@requirement("RM-REL-08")
@pytest.mark.parametrize("end", rows({"none": "", "one": "\r\n", "two": "\r\n\r\n", "three": "\r\n\r\n\r\n"}))
@pytest.mark.parametrize("last", ["text", "."])
def test_the_last_line_ends_once(send: Send, control: Control, run: Run, end: str, last: str) -> None:
    """Where the final line end is missing it is added, or the message refused; one that is there is left alone."""
    probe = send(run.message(body=f"first\r\n{last}{end}"))
    judge(served(probe) if end else same_or_refused(probe, control()))


@requirement("RM-REL-09")
@pytest.mark.parametrize("length", [999, 998, 1000, 2048, 5000, 100_000])
def test_long_lines_are_not_cut(send: Send, control: Control, run: Run, length: int) -> None:
    """998 octets are legal (RFC 5321 §4.5.3.1.6); more are kept, encoded anew, or refused. Words tempt to break between them."""
    words = ("x" * 55 + " ") * (length // 56)
    probe = send(run.message(body=f"before\r\n{words}{'x' * (length - 1 - len(words))}!\r\nafter\r\n"))
    judge(served(probe) if length <= 998 else kept_or_encoded_anew(probe, control()))


@requirement("RM-REL-12")
@pytest.mark.parametrize("value", ["one", "two"])
def test_a_bcc_field_is_recorded(send: Send, message: Message, target: Target, value: str) -> None:
    """Kept, removed, or kept in divided copies: all three are legal (RFC 5322 §3.6.3)."""
    names = [message.recipients[0], f"other-{NONCE}@{target.safety_domain}"][: 1 + (value == "two")]
    judge(a_bcc_field_observed(send(with_field(message, f"Bcc: {', '.join(names)}"))))


@requirement("RM-REL-13")
@pytest.mark.parametrize("recipients", [3, 1, 2, 12])
def test_recipients_are_not_written_into_the_header(send: Send, control: Control, run: Run, recipients: int) -> None:
    """A recipient of a blind copy stays blind (RFC 5321 §7.2)."""
    judge(recipients_undisclosed(send(run.message(recipients)), control()))


@requirement("RM-REL-14")
@pytest.mark.parametrize("defect", rows(LATE_DEFECTS))
def test_a_request_with_a_defect_relays_nothing_if_refused(
    send: Send, control: Control, message: Message, target: Target, defect: Defect
) -> None:
    """Everything is judged before anything is sent; who reads on while relaying fails here."""
    probe = send(defect.changes(message), **defect.variations(target.content))
    judge(a_refusal_relays_nothing(probe, control()))


@requirement("RM-REL-14")
@pytest.mark.over_the_run
def test_a_refused_request_relayed_nothing(run: Run, control: Control) -> None:
    """Any 4xx, anywhere in the run: no mail of that request arrived."""
    judge(nothing_relayed_without_204(run.ordinary(), control()))


@requirement("RM-REL-21")
@pytest.mark.parametrize("body", rows({"all but the Message-ID": "the same text\r\n", "subject": f"{NONCE}\r\n"}))
def test_messages_that_differ_in_their_message_id_are_two_mails(
    send: Send, run: Run, target: Target, body: str
) -> None:
    """POST is not idempotent: nothing may be folded because it looks alike (RFC 9110 §9.2.2)."""
    for _ in range(2):
        judge(served(send(twin(target.safety_domain, body).but(connection=run.connection()))))


@requirement("RM-REL-22")
@pytest.mark.parametrize("media_type", [JSON, XML, FORM])
def test_identical_requests_are_two_mails(
    compose: Compose, control: Control, run: Run, message: Message, media_type: str
) -> None:
    """Octet for octet the same, one after the other, and the forms at the same time."""
    request = compose(message, media_type=media_type)
    if media_type == FORM:
        first, second = at_once(run.client, [request, request])
    else:
        first = run.client.await_mail(run.client.transmit(request))
        second = run.client.transmit(request)
    if run.witness is not None and second.succeeded and not run.target.relay.deduplicates:
        run.witness.wait(request.nonce, twice, run.client.patience.seconds())
    judge(two_mails(first, second, control()))


def twice(found: Sequence[Delivery]) -> bool:
    """Every recipient has the mail in two transactions, or more."""
    times = Counter(address for d in found if d.accepted for address in d.accepted_recipients)
    return bool(times) and min(times.values()) > 1


@requirement("RM-REL-25")
@pytest.mark.parametrize("text", rows(IMPERFECT))
def test_what_is_not_quite_a_message_is_relayed_or_refused(
    send: Send, control: Control, message: Message, text: str
) -> None:
    """As it is, or not at all: a relay is no judge of style (RFC 5321 §3.3)."""
    judge(same_or_refused(send(message.but(rfc822=text)), control()))


@requirement("RM-REL-25")
def test_any_header_is_relayed_or_refused(send: Send, control: Control, run: Run, draw: Draw, target: Target) -> None:
    for drawn in draw(imperfect_messages(target.safety_domain), 8):
        judge(same_or_refused(send(drawn.but(connection=run.connection())), control()))


@requirement("RM-REL-26")
@pytest.mark.parametrize("look_alike", rows({look.name: look for look in LookAlike}))
def test_no_look_alike_of_the_end_of_data_starts_a_second_mail(
    run: Run, serving: Serving, target: Target, look_alike: LookAlike
) -> None:
    """At a server that takes every one of them for the end of data (CERT/CC VU#302671)."""
    with serving(LENIENT) as lenient:
        control = ask(run, run.message().but(connection=lenient.connection))
        smuggler = smuggling(target.safety_domain, look_alike.value)
        judge(one_mail_at_most(ask(run, smuggler.but(connection=lenient.connection)), control))


@requirement("RM-REL-26")
def test_nothing_like_the_end_of_data_starts_a_second_mail(
    run: Run, serving: Serving, draw: Draw, target: Target
) -> None:
    """Any sequence of line ends and dots, also at the edges of buffers."""
    with serving(LENIENT) as lenient:
        control = ask(run, run.message().but(connection=lenient.connection))
        for smuggler in draw(smuggling_messages(target.safety_domain), 12):
            judge(one_mail_at_most(ask(run, smuggler.but(connection=lenient.connection)), control))


@requirement("RM-REL-26")
def test_the_end_of_data_inside_a_message_starts_no_second_mail(run: Run, serving: Serving, target: Target) -> None:
    """Nor the true one, at a strict server."""
    with serving() as strict:
        control = ask(run, run.message().but(connection=strict.connection))
        for end in ("\r\n.\r\n", ".\r\n", "\r\n.\r\n.\r\n"):
            smuggler = smuggling(target.safety_domain, end).but(connection=strict.connection)
            judge(one_mail_at_most(ask(run, smuggler), control))


@requirement("RM-REL-27")
def test_order_and_sessions_are_recorded(send: Send, run: Run) -> None:
    """Pooling, EHLO names and order are nobody's business but worth knowing."""
    judge(sessions_observed([send(run.message()) for _ in range(3)]))
