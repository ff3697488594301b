"""Faults that depend on how much there is: one recipient, many recipients, long messages."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from relaycheck.reference.binding import bad, recipients, text
from relaycheck.reference.content import FORM, XML
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.mutants.properties import Members, reading
from relaycheck.reference.received import Refusal
from relaycheck.reference.relaying import prepare, relay

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.binding import Binding
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Mail, Submission


def first_only(received: Received, submission: Submission) -> Submission:
    return replace(submission, recipients=submission.recipients[:1])


def at_most_ten(received: Received, submission: Submission) -> Submission:
    return replace(submission, recipients=submission.recipients[:10])


def at_most_thirty_two(received: Received, submission: Submission) -> Submission:
    if len(submission.recipients) > 32:
        raise bad("There are too many recipients.")
    return submission


def never_one(steps: Binding, value: Any) -> tuple[str, ...]:
    found = recipients(steps, value)
    if len(found) == 1:
        raise bad("Recipients must be an array.")
    return found


def one_item_is_no_array(name: str, members: Members) -> Members:
    """XML to objects, as many converters do it: one child is a value, several are an array."""
    if name in XML and len(members.get("Recipients") or ()) == 1:
        return members | {"Recipients": members["Recipients"][0]}
    return members


def indexes_as_text(name: str, members: Members) -> Members:
    """`Recipients[10]` sorts before `Recipients[2]`, and what comes after the gap is lost."""
    found = members.get("Recipients")
    return members | {"Recipients": found[:10]} if name == FORM and isinstance(found, list) else members


def cut(mail: Mail, octets: int) -> Mail:
    left = mail.content[:octets]
    return replace(mail, content=left if left.endswith(b"\r\n") else left + b"\r\n")


def cutting(octets: int) -> Callable[[Service], Service]:
    return change("relaying", prepare=lambda service, submission: cut(prepare(service, submission), octets))


def last_piece_only(parser: Any, stack: list[Any]) -> None:
    """The parser gives long text in pieces; each overwrites the one before."""

    def collected(data: str) -> None:
        stack[-1].text[:] = [data]

    parser.buffer_text = True
    parser.buffer_size = 32 * 1024
    parser.CharacterDataHandler = collected


def no_long_texts(name: str, value: Any) -> str:
    if isinstance(value, str) and len(value) > 65_000:
        raise Refusal(413, "too-large", "The message is too large.")
    return text(name, value)


def a_hundred(received: Received, submission: Submission) -> Submission:
    return replace(submission, recipients=submission.recipients[:100])


async def overlapping_batches(service: Service, submission: Submission) -> None:
    """A hundred at a time, the last of each batch once more as the first of the next."""
    for start in range(0, len(submission.recipients), 100):
        batch = submission.recipients[max(0, start - 1) : start + 100]
        await relay(service, replace(submission, recipients=batch))


async def first_batch(service: Service, submission: Submission) -> None:
    """The second batch fails after the first was relayed, and the client is told of success."""
    await relay(service, replace(submission, recipients=submission.recipients[:200]))


def ninety_nine(steps: Binding, value: Any) -> tuple[str, ...]:
    found = recipients(steps, value)
    if len(found) > 99:
        raise bad("There are too many recipients.")
    return found


MUTANTS = (
    Mutant(
        "RM-BODY-04-first-only",
        "RM-BODY-04",
        "Only the first recipient gets the mail.",
        change("", submitted=first_only),
    ),
    Mutant(
        "RM-BODY-04-ten", "RM-BODY-04", "Recipients after the tenth get nothing.", change("", submitted=at_most_ten)
    ),
    Mutant(
        "RM-BODY-04-thirty-two",
        "RM-BODY-04",
        "More than 32 recipients are refused.",
        change("", submitted=at_most_thirty_two),
    ),
    Mutant("RM-BODY-04-never-one", "RM-BODY-04", "One recipient is refused.", change("binding", recipients=never_one)),
    Mutant(
        "RM-BODY-04-xml-one-item",
        "RM-BODY-04",
        "In XML, an array of one is taken for a text and refused.",
        reading(one_item_is_no_array),
    ),
    Mutant(
        "RM-BODY-04-form-indexes",
        "RM-BODY-04",
        "In a form, recipients with an index of two digits are lost.",
        reading(indexes_as_text),
    ),
    Mutant("RM-BODY-11-cut-64k", "RM-BODY-11", "Messages are cut at 64 KiB.", cutting(65_536)),
    Mutant("RM-BODY-11-cut-1m", "RM-BODY-11", "Messages are cut at a million octets.", cutting(1_000_000)),
    Mutant(
        "RM-BODY-11-xml-last-piece",
        "RM-BODY-11",
        "In XML, only the last piece of a long text arrives.",
        change("content.xml", collect_text=last_piece_only),
    ),
    Mutant(
        "RM-BODY-11-refused", "RM-BODY-11", "A message of 64 KiB is refused.", change("binding", text=no_long_texts)
    ),
    Mutant(
        "RM-BODY-12-drops", "RM-BODY-12", "Recipients after the hundredth get nothing.", change("", submitted=a_hundred)
    ),
    Mutant(
        "RM-BODY-12-overlap",
        "RM-BODY-12",
        "Batches of a hundred overlap by one, who gets the mail twice.",
        change("relaying", relay=overlapping_batches),
    ),
    Mutant(
        "RM-BODY-12-two-hundred",
        "RM-BODY-12",
        "The third batch of a hundred is lost.",
        change("relaying", relay=first_batch),
    ),
    Mutant(
        "RM-BODY-12-ninety-nine",
        "RM-BODY-12",
        "A hundred recipients are refused.",
        change("binding", recipients=ninety_nine),
    ),
)
