"""Services that bind, judge and count otherwise than the reference, and are right."""

from __future__ import annotations

import re
from dataclasses import replace
from email.utils import parseaddr
from typing import TYPE_CHECKING, Any

from relaycheck.reference.addresses import mailbox
from relaycheck.reference.binding import CONNECTION, PROPERTIES, bad, bind, pick, recipients, text
from relaycheck.reference.received import Refusal
from relaycheck.reference.relaying import prepare, relay
from relaycheck.reference.variants.model import Variant, change
from relaycheck.target import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relaycheck.reference.addresses import Addresses
    from relaycheck.reference.binding import Binding
    from relaycheck.reference.installation import Installation
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Mail, Submission
    from relaycheck.target import Target


def strict(steps: Binding, members: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """Unknown members are refused."""
    listed = {name.lower() for name in (*known, *(("TableRight", "FieldProperties") if known == CONNECTION else ()))}
    if any(name.lower() not in listed for name in members):
        raise bad("There is a member that is not known.")
    return pick(steps, members, known)


def all_members(steps: Binding, installation: Installation, members: Mapping[str, Any]) -> Submission:
    """All four members must be there; null will do for the connection."""
    if {name.lower() for name in PROPERTIES} - {name.lower() for name in members}:
        raise bad("A member is missing.")
    return bind(steps, installation, members)


def coerced(name: str, value: Any) -> str:
    """Numbers become text, as binders of .NET have it."""
    return text(name, str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value)


def null_reverse_path(service: Service) -> Service:
    """A missing or empty sender is the null reverse-path (RFC 5321 §4.5.5)."""

    def bound(steps: Binding, installation: Installation, members: Mapping[str, Any]) -> Submission:
        given = dict(members)
        if not any(name.lower() == "from" and value is not None for name, value in given.items()):
            given = {n: v for n, v in given.items() if n.lower() != "from"} | {"From": ""}
        return bind(steps, installation, given)

    def judged(steps: Addresses, name: str, given: str) -> str:
        return "" if name == "From" and not given else mailbox(steps, name, given)

    return change("addresses", mailbox=judged)(change("binding", bind=bound)(service))


def unprocessable(sentence_of: Callable[..., Submission]) -> Callable[..., Submission]:
    def bound(steps: Binding, installation: Installation, members: Mapping[str, Any]) -> Submission:
        try:
            return sentence_of(steps, installation, members)
        except Refusal as refusal:
            raise Refusal(422, refusal.code, refusal.sentence) from None

    return bound


def named(steps: Addresses, name: str, given: str) -> str:
    """`Name <a@x>` means a@x, and white space around an address means nothing."""
    found = re.fullmatch(r'\s*(?:"[^"\\<>]*"|[^"<>@,;:\r\n\0]*?)\s*<([^<>]*)>\s*', given)
    return mailbox(steps, name, (found[1] if found else given).strip())


def hardly_judged(steps: Addresses, name: str, given: str) -> str:
    """No grammar: what holds no control, no bracket and no space, the mail server may judge."""
    if re.search(r"[\x00-\x20\x7f<>\u0080-\u00a0\u2028\u2029]", given) and not re.fullmatch(
        r'"[ !#-;=?-~\[\]^]*"@[\w.]+', given
    ):
        raise Refusal(400, "bad-address", "This is no mail address.")
    return given


def plain_addresses(steps: Addresses, name: str, given: str) -> str:
    """No quoted local parts, no literals, nothing longer than 254 octets: what most people's addresses are."""
    if parseaddr(given)[1] != given or '"' in given or given.endswith("]"):
        raise Refusal(400, "bad-address", "This is no mail address.")
    return mailbox(steps, name, given)


def short_messages(name: str, value: Any) -> str:
    if isinstance(value, str) and len(value) > 500_000:
        raise Refusal(413, "too-large", "The message is too large.")
    return text(name, value)


def a_hundred_at_most(steps: Binding, value: Any) -> tuple[str, ...]:
    found = recipients(steps, value)
    if len(found) > 100:
        raise bad("There are too many recipients.")
    return found


async def in_batches(service: Service, submission: Submission) -> None:
    """A transaction for every hundred recipients (RFC 5321 §4.5.3.1.8); where a later one fails, the error says who has the mail."""
    for start in range(0, len(submission.recipients), 100):
        try:
            await relay(service, replace(submission, recipients=submission.recipients[start : start + 100]))
        except Refusal as refusal:
            if not start:
                raise
            done = ", ".join(submission.recipients[:start])
            raise Refusal(refusal.status, "partial", f"The mail was relayed to {done} and to nobody else.") from None


def traced(service: Service, submission: Submission) -> Mail:
    """Trace fields in front name the sender, as relays have it (RFC 5321 §4.4)."""
    mail = prepare(service, submission)
    return replace(mail, content=f"Return-Path: <{mail.sender}>\r\nX-Relayed-By: variant\r\n".encode() + mail.content)


def twenty_recipients(target: Target) -> Target:
    return replace(target, limits=replace(target.limits, recipients=20))


def small_bodies(target: Target) -> Target:
    return replace(target, limits=Limits(body_bytes=50_000))


def twenty_at_most(steps: Binding, value: Any) -> tuple[str, ...]:
    found = recipients(steps, value)
    if len(found) > 20:
        raise bad("There are too many recipients.")
    return found


VARIANTS = (
    Variant("V-BODY-strict-binder", "Unknown members are refused.", change("binding", pick=strict)),
    Variant("V-BODY-all-members", "Every member must be there.", change("binding", bind=all_members)),
    Variant("V-BODY-coerces", "Numbers are read as text.", change("binding", text=coerced)),
    Variant("V-BODY-null-reverse-path", "A missing From is the null reverse-path.", null_reverse_path),
    Variant("V-BODY-422", "A body that is wrong is answered with 422.", change("binding", bind=unprocessable(bind))),
    Variant(
        "V-BODY-display-names", "An address may stand in brackets after a name.", change("addresses", mailbox=named)
    ),
    Variant(
        "V-BODY-no-grammar",
        "Addresses are hardly judged; the mail server says what it takes.",
        change("addresses", mailbox=hardly_judged),
    ),
    Variant(
        "V-BODY-plain-addresses",
        "Quoted local parts and literals are refused.",
        change("addresses", mailbox=plain_addresses),
    ),
    Variant("V-BODY-half-a-megabyte", "Longer messages are refused with 413.", change("binding", text=short_messages)),
    Variant(
        "V-BODY-a-hundred", "More than 100 recipients are refused.", change("binding", recipients=a_hundred_at_most)
    ),
    Variant("V-BODY-batches", "One transaction for every 100 recipients.", change("relaying", relay=in_batches)),
    Variant("V-BODY-traced", "Trace fields are put in front.", change("relaying", prepare=traced)),
    Variant(
        "V-BODY-twenty",
        "At most 20 recipients, as declared.",
        change("binding", recipients=twenty_at_most),
        target=twenty_recipients,
    ),
    Variant(
        "V-BODY-small",
        "Bodies of at most 50,000 octets, as declared.",
        change("installation", body_limit=50_000),
        target=small_bodies,
    ),
)
