"""Faults of the 204: content, lengths and trailers where there are none, answers out of step, and promises not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.reference.faults import Pause, WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Refusal
from relaycheck.reference.relaying import SmtpFailure, relay, transmit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relaycheck.reference.faults import Move, Outgoing
    from relaycheck.reference.relaying import Client
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Submission


def always(outgoing: Outgoing) -> bool:
    return True


def asked(name: str, part: str) -> Callable[[Outgoing], bool]:
    """Only where a field of the request holds this."""
    return lambda outgoing: any(part in value for field, value in outgoing.request_fields if field == name)


def reused(outgoing: Outgoing) -> bool:
    """Only from the second answer on a connection."""
    count = outgoing.memory.get("answers", 0)
    assert isinstance(count, int)
    outgoing.memory["answers"] = count + 1
    return count > 0


def behind(octets: bytes, when: Callable[[Outgoing], bool] = always, after: float = 0.0) -> WireFaults:
    """These octets follow the header section of a 204, `after` seconds later."""

    def outgoing(response: Outgoing) -> Iterable[Move]:
        if not when(response) or response.status != 204:
            return (response.raw,)
        return (response.raw, Pause(after), octets) if after else (response.raw + octets,)

    return WireFaults(outgoing=outgoing)


def saying(line: bytes, when: Callable[[Outgoing], bool] = always, octets: bytes = b"") -> WireFaults:
    """A 204 has one more field, and perhaps octets that go with it."""

    def outgoing(response: Outgoing) -> Iterable[Move]:
        if not when(response) or response.status != 204:
            return (response.raw,)
        return (response.head.removesuffix(b"\r\n") + line + b"\r\n\r\n" + octets,)

    return WireFaults(outgoing=outgoing)


def the_last_204_again(outgoing: Outgoing) -> Iterable[Move]:
    """A refusal that follows a 204 on its connection is answered with that 204."""
    last = outgoing.memory.get("204")
    if outgoing.status == 204:
        outgoing.memory["204"] = outgoing.raw
    elif isinstance(last, bytes) and outgoing.status in (400, 415):
        return (last,)
    return (outgoing.raw,)


def a_response_more(outgoing: Outgoing) -> Iterable[Move]:
    """A 401 after a 204 comes twice."""
    before = outgoing.memory.get("last")
    outgoing.memory["last"] = outgoing.status
    return (outgoing.raw + outgoing.raw,) if (before, outgoing.status) == (204, 401) else (outgoing.raw,)


async def ignore_failures(service: Service, submission: Submission) -> None:
    try:
        await relay(service, submission)
    except Refusal as refusal:
        if refusal.status < 500:
            raise


async def ignore_unreachable(service: Service, submission: Submission) -> None:
    try:
        await relay(service, submission)
    except Refusal as refusal:
        if refusal.code != "mail-server-unavailable":
            raise


def some_recipient(code: int) -> None:
    """A refused recipient is skipped: the others get the mail."""
    if code == 421:
        raise SmtpFailure("rcpt", code)


async def fire_and_forget(client: Client, wire: bytes) -> int:
    """The reply to the content is not looked at."""
    try:
        await transmit(client, wire)
    except Exception:
        return 250
    return 250


MUTANTS = (
    Mutant(
        "RM-204-01-null-after",
        breaks="RM-204-01",
        fault="The octets null follow the header section of a 204, as in the page's sample response.",
        wire=behind(b"null"),
    ),
    Mutant(
        "RM-204-01-late",
        breaks="RM-204-01",
        fault="The octets null follow a 204 a third of a second later.",
        wire=behind(b"null", after=0.3),
    ),
    Mutant(
        "RM-204-01-line-end",
        breaks="RM-204-01",
        fault="A line end too many follows a 204 to XML.",
        wire=behind(b"\r\n", asked("content-type", "text/xml")),
    ),
    Mutant(
        "RM-204-01-last-chunk",
        breaks="RM-204-01",
        fault="A last chunk follows a 204 to a chunked request, though nothing announces it.",
        wire=behind(b"0\r\n\r\n", asked("transfer-encoding", "chunked")),
    ),
    Mutant(
        "RM-204-02-zero-length",
        breaks="RM-204-02",
        fault="A 204 says Content-Length: 0.",
        wire=saying(b"Content-Length: 0"),
    ),
    Mutant(
        "RM-204-02-for-forms",
        breaks="RM-204-02",
        fault="A 204 to a form says Content-Length: 0.",
        wire=saying(b"Content-Length: 0", asked("content-type", "urlencoded")),
    ),
    Mutant(
        "RM-204-02-length-of-null",
        breaks="RM-204-02",
        fault="A 204 says the length of the null that the framework took away.",
        wire=saying(b"Content-Length: 4", asked("accept", "*/*")),
    ),
    Mutant(
        "RM-204-03-chunked",
        breaks="RM-204-03",
        fault="A 204 is sent chunked, with only the last chunk.",
        wire=saying(b"Transfer-Encoding: chunked", octets=b"0\r\n\r\n"),
    ),
    Mutant(
        "RM-204-03-as-it-came",
        breaks="RM-204-03",
        fault="A 204 to a chunked request says Transfer-Encoding: chunked.",
        wire=saying(b"Transfer-Encoding: chunked", asked("transfer-encoding", "chunked")),
    ),
    Mutant(
        "RM-204-04-trailer-field",
        breaks="RM-204-04",
        fault="A 204 announces trailers to a client that takes them.",
        wire=saying(b"Trailer: X-Checksum", asked("te", "trailers")),
    ),
    Mutant(
        "RM-204-04-trailer-section",
        breaks="RM-204-04",
        fault="A trailer section follows a 204.",
        wire=behind(b"0\r\nX-Checksum: 1\r\n\r\n", asked("te", "trailers")),
    ),
    Mutant(
        "RM-204-05-stray",
        breaks="RM-204-05",
        fault="Octets after a 204 become the start of the next answer, on reused connections only.",
        wire=behind(b"null", reused),
    ),
    Mutant(
        "RM-204-05-again",
        breaks="RM-204-05",
        fault="A refusal after a 204 is answered with the 204 of before.",
        wire=WireFaults(outgoing=the_last_204_again),
    ),
    Mutant(
        "RM-204-05-twice",
        breaks="RM-204-05",
        fault="A 401 after a 204 is sent twice.",
        wire=WireFaults(outgoing=a_response_more),
    ),
    Mutant(
        "RM-204-06-any-error",
        breaks="RM-204-06",
        fault="An SMTP error is answered 204.",
        service=change("relaying", relay=ignore_failures),
    ),
    Mutant(
        "RM-204-06-unreachable",
        breaks="RM-204-06",
        fault="A mail server that takes no session is answered 204: the mail is lost.",
        service=change("relaying", relay=ignore_unreachable),
    ),
    Mutant(
        "RM-204-06-some-recipients",
        breaks="RM-204-06",
        fault="A refused recipient is left out, and the answer is 204.",
        service=change("relaying", judge_recipient=some_recipient),
    ),
    Mutant(
        "RM-204-06-last-reply",
        breaks="RM-204-06",
        fault="The reply to the content is not looked at.",
        service=change("relaying", transmit=fire_and_forget),
    ),
)
