"""Faults in what becomes of addresses: limits, hostile line ends and brackets, lists, and the unusual."""

from __future__ import annotations

import re
from dataclasses import replace
from email.utils import parseaddr
from typing import TYPE_CHECKING

from relaycheck.reference.addresses import mailbox
from relaycheck.reference.content import FORM, MEDIA_TYPES, XML, read_members
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Refusal
from relaycheck.reference.relaying import SmtpFailure, prepare

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from relaycheck.reference.addresses import Addresses
    from relaycheck.reference.content import MediaType
    from relaycheck.reference.received import Received
    from relaycheck.reference.relaying import Client
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Mail, Submission

FROM = "From"


def bad_address() -> Refusal:
    return Refusal(400, "bad-address", "This is no mail address.")


def rewriting(rewrite: Callable[[str], str], only: str = "") -> Callable[[Service], Service]:
    """A service that changes addresses once they are judged; `only` those of From, or only recipients."""

    def changed(steps: Addresses, name: str, text: str) -> str:
        judged = mailbox(steps, name, text)
        return rewrite(judged) if only in ("", name) else judged

    return change("addresses", mailbox=changed)


def refusing(wrong: Callable[[str], object]) -> Callable[[Service], Service]:
    """A service that refuses further addresses."""

    def judged(steps: Addresses, name: str, text: str) -> str:
        if wrong(text):
            raise bad_address()
        return mailbox(steps, name, text)

    return change("addresses", mailbox=judged)


def nul_passes(service: Service) -> Service:
    """Neither the property nor the address is searched for NUL, and the command is a string like any other."""
    unsearched = change("binding", text=lambda name, value: value)(service)
    return unjudged(lambda text: re.search(r"[\r\n]", text))(unsearched)


async def as_it_is(client: Client, line: bytes) -> int:
    """A command written without a look at what is in it."""
    protocol = client.protocol
    if protocol is None:
        raise SmtpFailure("command")
    protocol.write(line + b"\r\n")
    return (await protocol.read_response(timeout=client.timeout)).code


def unjudged(harmful: Callable[[str], object], only: str = "") -> Callable[[Service], Service]:
    """A service that joins strings to commands. What is `harmful` is refused; what else is in an address, nobody looks at."""

    def judged(steps: Addresses, name: str, text: str) -> str:
        if only and name != only:
            return mailbox(steps, name, text)
        if harmful(text):
            raise bad_address()
        return text

    def apply(service: Service) -> Service:
        return change("relaying", command=as_it_is)(change("addresses", mailbox=judged)(service))

    return apply


def unjudged_in(media_types: Collection[str]) -> Callable[[Service], Service]:
    """Line ends are looked for in the body as it came, where escapes and references hide them."""

    def read(service: Service, declared: MediaType, octets: bytes) -> dict[str, object]:
        members = read_members(service, declared, octets)
        texts = [members.get("From"), *(members.get("Recipients") or ())]
        if declared.name not in media_types and any(re.search(r"[\r\n\0]", str(t)) for t in texts):
            raise bad_address()
        return members

    def apply(service: Service) -> Service:
        return change("content", read_members=read)(unjudged(lambda text: False)(service))

    return apply


def sender_header(service: Service, submission: Submission) -> Mail:
    """The sender goes into a header field of the service's own, as it came; the envelope has what stands before the line end."""
    first = re.split(r"[\r\n]", submission.sender)[0]
    mail = prepare(service, replace(submission, sender=first))
    return replace(mail, content=f"X-Sender: {submission.sender}\r\n".encode() + mail.content)


def one_a_line(received: Received, submission: Submission) -> Submission:
    found = [line for text in submission.recipients for line in re.split(r"[\r\n]+", text) if line]
    return replace(submission, recipients=tuple(found))


def one_between(marks: str) -> Callable[[Service], Service]:
    def divided(received: Received, submission: Submission) -> Submission:
        found = [a.strip() for text in submission.recipients for a in re.split(marks, text) if a.strip()]
        return replace(submission, recipients=tuple(found))

    return change("", submitted=divided)


def only_the_first(received: Received, submission: Submission) -> Submission:
    """A list parser whose first result is taken: "to2@x" <to1@x> is to2@x."""
    found = [re.split(r'[\s"<>]+', text.strip('"'))[0] if "<" in text else text for text in submission.recipients]
    return replace(submission, recipients=tuple(found))


def local_of(text: str) -> str:
    return text.rpartition("@")[0]


def with_local(text: str, rewrite: Callable[[str], str]) -> str:
    local, at, domain = text.rpartition("@")
    return f"{rewrite(local)}{at}{domain}"


def cut_local(octets: int) -> Callable[[Service], Service]:
    """Too long local parts are cut before anybody measures them."""

    def cut(steps: Addresses, name: str, text: str) -> str:
        return mailbox(steps, name, with_local(text, lambda local: local[:octets]))

    return change("addresses", mailbox=cut)


def cut_all(octets: int, only: str) -> Callable[[Service], Service]:
    def cut(steps: Addresses, name: str, text: str) -> str:
        return mailbox(steps, name, text[:octets] if name == only else text)

    return change("addresses", mailbox=cut)


def without_quotes(text: str) -> str:
    """The local part as its meaning, without the quotes that protect it."""
    return with_local(text, lambda local: re.sub(r"\\(.)", r"\1", local[1:-1]) if local.startswith('"') else local)


def plus_is_a_space_in_forms(received: Received, submission: Submission) -> Submission:
    form = received.media_type == FORM
    found = tuple(a.replace("+", "") if form else a for a in submission.recipients)
    return replace(submission, recipients=found)


def undo_percent(text: str) -> str:
    return re.sub(r"%([0-9A-Fa-f]{2})", lambda m: chr(int(m[1], 16)), text)


def not_quoted(rewrite: Callable[[str], str]) -> Callable[[str], str]:
    return lambda text: text if text.startswith('"') else with_local(text, rewrite)


LINE_ENDS = re.compile(r"[\r\n\0]")

MUTANTS = (
    Mutant("RM-BODY-13-cut-64", "RM-BODY-13", "Local parts are cut to 64 octets.", cut_local(64)),
    Mutant("RM-BODY-13-cut-path", "RM-BODY-13", "The sender is cut to 254 octets.", cut_all(254, FROM)),
    Mutant(
        "RM-BODY-13-off-by-one",
        "RM-BODY-13",
        "A local part of 64 octets is refused.",
        refusing(lambda text: len(local_of(text)) >= 64),
    ),
    Mutant(
        "RM-BODY-13-column",
        "RM-BODY-13",
        "Addresses beyond 200 octets are refused: the database has no room for more.",
        refusing(lambda text: len(text) > 200),
    ),
    Mutant(
        "RM-BODY-14-joined",
        "RM-BODY-14",
        "SMTP commands are joined from strings, whatever is in them.",
        unjudged(lambda text: False),
    ),
    Mutant(
        "RM-BODY-14-joined-from",
        "RM-BODY-14",
        "The MAIL command is joined from strings; only recipients are looked at.",
        unjudged(lambda text: False, only=FROM),
    ),
    Mutant(
        "RM-BODY-14-crlf-only",
        "RM-BODY-14",
        "CRLF in an address is refused; a bare LF passes.",
        unjudged(lambda text: "\r\n" in text or "\0" in text),
    ),
    Mutant(
        "RM-BODY-14-bare-cr",
        "RM-BODY-14",
        "LF in an address is refused; a bare CR passes.",
        unjudged(lambda text: "\n" in text or "\0" in text),
    ),
    Mutant("RM-BODY-14-nul", "RM-BODY-14", "Line ends are refused; NUL passes.", nul_passes),
    Mutant(
        "RM-BODY-14-form",
        "RM-BODY-14",
        "Line ends are looked for before a form is decoded.",
        unjudged_in((FORM,)),
    ),
    Mutant(
        "RM-BODY-14-xml",
        "RM-BODY-14",
        "Line ends are looked for before references in XML are resolved.",
        unjudged_in(XML),
    ),
    Mutant(
        "RM-BODY-14-patch",
        "RM-BODY-14",
        "Line ends are looked for in plain JSON and not in patches.",
        unjudged_in(MEDIA_TYPES[5:]),
    ),
    Mutant(
        "RM-BODY-14-header",
        "RM-BODY-14",
        "The sender stands in a header field of the service's own, line ends and all.",
        change("relaying", prepare=sender_header),
    ),
    Mutant(
        "RM-BODY-14-lines",
        "RM-BODY-14",
        "A recipient with a line end is two recipients.",
        change("", submitted=one_a_line),
    ),
    Mutant(
        "RM-BODY-15-joined",
        "RM-BODY-15",
        "An address of a@x> NOTIFY=NEVER sets the parameter NOTIFY.",
        unjudged(LINE_ENDS.search),
    ),
    Mutant(
        "RM-BODY-15-from",
        "RM-BODY-15",
        "A sender of a@x> SIZE=1 sets the parameter SIZE.",
        unjudged(LINE_ENDS.search, only=FROM),
    ),
    Mutant(
        "RM-BODY-15-unquoted",
        "RM-BODY-15",
        "Quoted local parts lose their quotes on the way to the command.",
        rewriting(without_quotes),
    ),
    Mutant(
        "RM-BODY-15-second-path",
        "RM-BODY-15",
        "Spaces in an address are refused; a bracket passes.",
        unjudged(lambda text: re.search(r"[\s\0]", text)),
    ),
    Mutant("RM-BODY-16-comma", "RM-BODY-16", "Recipients are divided at commas.", one_between(",")),
    Mutant("RM-BODY-16-semicolon", "RM-BODY-16", "Recipients are divided at semicolons.", one_between(";")),
    Mutant("RM-BODY-16-space", "RM-BODY-16", "Recipients are divided at white space.", one_between(r"\s+")),
    Mutant(
        "RM-BODY-16-name",
        "RM-BODY-16",
        "Where the name before an address looks like an address, the name gets the mail.",
        change("", submitted=only_the_first),
    ),
    Mutant("RM-BODY-17-lower", "RM-BODY-17", "Addresses are turned to lower case.", rewriting(str.lower)),
    Mutant("RM-BODY-17-lower-from", "RM-BODY-17", "The sender is turned to lower case.", rewriting(str.lower, FROM)),
    Mutant(
        "RM-BODY-17-tag",
        "RM-BODY-17",
        "What follows a plus sign is cut off.",
        rewriting(not_quoted(lambda local: local.partition("+")[0])),
    ),
    Mutant(
        "RM-BODY-17-dots",
        "RM-BODY-17",
        "Dots are taken out of local parts.",
        rewriting(not_quoted(lambda local: local.replace(".", ""))),
    ),
    Mutant("RM-BODY-17-no-quotes", "RM-BODY-17", "Quoted local parts are refused.", refusing(lambda text: '"' in text)),
    Mutant(
        "RM-BODY-17-no-literal",
        "RM-BODY-17",
        "Address literals are refused.",
        refusing(lambda text: text.endswith("]")),
    ),
    Mutant(
        "RM-BODY-17-apostrophe",
        "RM-BODY-17",
        "An apostrophe is doubled, as for SQL.",
        rewriting(lambda text: text.replace("'", "''")),
    ),
    Mutant("RM-BODY-17-percent", "RM-BODY-17", "Addresses are percent-decoded.", rewriting(undo_percent)),
    Mutant(
        "RM-BODY-17-form-plus",
        "RM-BODY-17",
        "In a form, an escaped plus sign is lost.",
        change("", submitted=plus_is_a_space_in_forms),
    ),
    Mutant(
        "RM-BODY-17-parsed",
        "RM-BODY-17",
        "Addresses go through a reader of header fields that takes the comment and the quotes away.",
        rewriting(lambda text: without_quotes(parseaddr(text)[1]) or text),
    ),
)
