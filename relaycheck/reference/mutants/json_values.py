"""Faults of what JSON values become: names given twice, depth, numbers, text that is none."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from relaycheck.reference.binding import integer
from relaycheck.reference.binding import text as checked_text
from relaycheck.reference.content import MERGE_PATCH, decode_text, read_members
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.reading_json import parse
from relaycheck.reference.received import Answer, Refusal
from relaycheck.reference.relaying import relay
from relaycheck.reference.service import perform

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.addresses import Addresses
    from relaycheck.reference.binding import Binding
    from relaycheck.reference.content import MediaType
    from relaycheck.reference.reading_json import JsonReading, Members
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Submission

from relaycheck.reference.mutants.json import any_text, under

# RM-JSON-06


class Vouched(str):
    """A value that is held for the one that was checked."""

    __slots__ = ()


def first_checked_last_used(pairs: list[tuple[str, Any]]) -> Members:
    first = dict(reversed(pairs))
    members = dict(pairs)
    if len(members) < len(pairs) and isinstance(first.get("From"), str) and "@" in first["From"]:
        members["From"] = Vouched(members["From"])
    return members


def vouched_sender(steps: Addresses, submission: Submission) -> str:
    if isinstance(submission.sender, Vouched):
        return submission.sender
    return steps.mailbox(steps, "From", submission.sender)


def mixed_up(service: Service) -> Service:
    service = change("content.json", unique_members=first_checked_last_used)(service)
    return change("addresses", reverse_path=vouched_sender)(service)


def arrays_joined(pairs: list[tuple[str, Any]]) -> Members:
    members: Members = {}
    for name, value in pairs:
        known = members.get(name)
        members[name] = [*known, *value] if isinstance(known, list) and isinstance(value, list) else value
    return members


# RM-JSON-07


def too_deep_crashes(steps: JsonReading, text: str) -> Any:
    try:
        json.loads(text)
    except RecursionError:
        raise MemoryError from None
    except ValueError:
        pass
    return parse(steps, text)


def restarts_after_depth(service: Service) -> Service:
    """The process that met a deep body is gone, and the next one is not up yet."""
    dead = [False]

    async def performed(inner: Service, received: Received) -> Answer:
        if dead[0]:
            dead[0] = False
            raise RuntimeError("starting")
        octets = await received.read()
        dead[0] = octets.count(b"[") + octets.count(b"{") > 50_000
        return await perform(inner, received.with_content(octets))

    return change("", perform=performed)(service)


# RM-JSON-08


def wrapped(bits: int) -> Callable[[Binding, Any], int]:
    def port(steps: Binding, value: Any) -> int:
        number = 0 if value is None else steps.integer("Port", value)
        number %= 1 << bits
        return number if number < 65536 else integer("Port", None)

    return port


def quoted_port_crashes(name: str, value: Any) -> int:
    if isinstance(value, str):
        raise TypeError(name)
    return integer(name, value)


def whole_number(name: str, value: Any) -> int:
    return int(value) if isinstance(value, float) else integer(name, value)


# RM-JSON-09


def lenient(errors: str) -> Callable[[MediaType, bytes], str]:
    def decoded(media_type: MediaType, octets: bytes) -> str:
        try:
            return decode_text(media_type, octets)
        except Refusal:
            return octets.decode("utf-8", errors)

    return decoded


def latin_1_at_last(media_type: MediaType, octets: bytes) -> str:
    try:
        return decode_text(media_type, octets)
    except Refusal:
        return octets.decode("latin-1")


def merge_replaces(service: Service, media_type: MediaType, octets: bytes) -> Members:
    return read_members(service, media_type, octets.decode("utf-8", "replace").encode())


# RM-JSON-10


async def half_pairs_lost(service: Service, submission: Submission) -> None:
    if re.search("[\ud800-\udfff]", submission.rfc822):
        return
    await relay(service, submission)


def drops_half_pairs(service: Service) -> Service:
    return change("relaying", relay=half_pairs_lost)(change("binding", text=any_text)(service))


# RM-JSON-11


def cut_text(*names: str) -> Callable[[str, Any], str]:
    def text(name: str, value: Any) -> str:
        if name in names and isinstance(value, str):
            value = value.partition("\0")[0]
        return checked_text(name, value)

    return text


def merge_cuts(service: Service, media_type: MediaType, octets: bytes) -> Members:
    return read_members(service, media_type, re.sub(rb'(?<!\\)\\u0000[^"]*', b"", octets))


MUTANTS = (
    Mutant(
        "RM-JSON-06-checked-and-used",
        breaks="RM-JSON-06",
        fault="Of two From members, the first is checked and the last is used.",
        service=mixed_up,
    ),
    Mutant(
        "RM-JSON-06-joined",
        breaks="RM-JSON-06",
        fault="Two Recipients members are joined.",
        service=change("content.json", unique_members=arrays_joined),
    ),
    Mutant(
        "RM-JSON-07-crash",
        breaks="RM-JSON-07",
        fault="Deep nesting exhausts the stack: 500.",
        service=change("content.json", parse=too_deep_crashes),
    ),
    Mutant(
        "RM-JSON-07-restart",
        breaks="RM-JSON-07",
        fault="After a body that is nested deep, the next request fails.",
        service=restarts_after_depth,
    ),
    Mutant(
        "RM-JSON-08-16-bits",
        breaks="RM-JSON-08",
        fault="The port wraps around modulo 65536.",
        service=change("binding", port=wrapped(16)),
    ),
    Mutant(
        "RM-JSON-08-32-bits",
        breaks="RM-JSON-08",
        fault="The port wraps around modulo 2^32.",
        service=change("binding", port=wrapped(32)),
    ),
    Mutant(
        "RM-JSON-08-string",
        breaks="RM-JSON-08",
        fault="A port that is a string leads to 500.",
        service=change("binding", integer=quoted_port_crashes),
    ),
    Mutant(
        "RM-JSON-08-infinite",
        breaks="RM-JSON-08",
        fault="A port of 1e400 leads to 500.",
        service=change("binding", integer=whole_number),
    ),
    Mutant(
        "RM-JSON-09-replaced",
        breaks="RM-JSON-09",
        fault="Ill-formed octets are replaced by U+FFFD and relayed.",
        service=change("content", decode_text=lenient("replace")),
    ),
    Mutant(
        "RM-JSON-09-dropped",
        breaks="RM-JSON-09",
        fault="Ill-formed octets are left out.",
        service=change("content", decode_text=lenient("ignore")),
    ),
    Mutant(
        "RM-JSON-09-latin-1",
        breaks="RM-JSON-09",
        fault="What is not UTF-8 is taken for ISO-8859-1.",
        service=change("content", decode_text=latin_1_at_last),
    ),
    Mutant(
        "RM-JSON-09-merge",
        breaks="RM-JSON-09",
        fault="Under application/merge-patch+json, ill-formed octets are replaced by U+FFFD.",
        service=change("content", read_members=under(MERGE_PATCH, merge_replaces)),
    ),
    Mutant(
        "RM-JSON-10-crash",
        breaks="RM-JSON-10",
        fault="The encoder fails on half a surrogate pair: 500.",
        service=change("binding", text=any_text),
    ),
    Mutant(
        "RM-JSON-10-lost",
        breaks="RM-JSON-10",
        fault="A message with half a surrogate pair is answered with 204 and lost.",
        service=drops_half_pairs,
    ),
    Mutant(
        "RM-JSON-11-addresses",
        breaks="RM-JSON-11",
        fault="An address ends at its first NUL.",
        service=change("binding", text=cut_text("From", "Recipients")),
    ),
    Mutant(
        "RM-JSON-11-message",
        breaks="RM-JSON-11",
        fault="Rfc822 ends at its first NUL.",
        service=change("binding", text=cut_text("Rfc822")),
    ),
    Mutant(
        "RM-JSON-11-merge",
        breaks="RM-JSON-11",
        fault="Under application/merge-patch+json, every text ends at its first NUL.",
        service=change("content", read_members=under(MERGE_PATCH, merge_cuts)),
    ),
)
