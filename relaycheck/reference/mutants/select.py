"""Faults in `$select`, which must change nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

from relaycheck.reference.content import FORM, XML
from relaycheck.reference.faults import WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relaycheck.reference.faults import Move, Outgoing
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Submission

NULL = Answer(200, (("Content-Type", "application/json; charset=utf-8"), ("Content-Length", "4")), b"null")
KNOWN = frozenset({"name", "department", "category/id", "category", "id"})


def bad_query(sentence: str = "The query is malformed.") -> Refusal:
    return Refusal(400, "bad-query", sentence)


def value_of(query: str) -> str | None:
    """The decoded value of `$select`; None when there is none."""
    for pair in query.split("&"):
        name, _, value = pair.partition("=")
        if unquote(name) == "$select":
            return unquote_plus(value, errors="replace")
    return None


def selecting(judge: Callable[[str], None]) -> Callable[[Service], Service]:
    """A service that does something with the decoded value, when there is one."""

    def select(query: str) -> None:
        value = value_of(query)
        if value is not None:
            judge(value)

    return change("", select=select)


def required(query: str) -> None:
    if value_of(query) is None:
        raise bad_query("$select is missing.")


def required_in_forms(received: Received, submission: Submission) -> Submission:
    if received.media_type == FORM and value_of(received.query) is None:
        raise bad_query("$select is missing.")
    return submission


def no_query(query: str) -> None:
    if query:
        raise Refusal(404, "not-found", "There is nothing at this URL.")


def no_dollar(query: str) -> None:
    if "$" in query:
        raise bad_query("A dollar sign must be encoded.")


def no_slash(query: str) -> None:
    if "/" in query:
        raise bad_query("A slash must be encoded.")


def null_with_select(received: Received, answer: Answer) -> Answer:
    return NULL if answer.status == 204 and "select=" in received.query else answer


def null_for_xml(received: Received, answer: Answer) -> Answer:
    return null_with_select(received, answer) if received.media_type in XML else answer


def first_when_selected(received: Received, submission: Submission) -> Submission:
    """The selection is applied to the request: what it names is taken as one value."""
    names = (value_of(received.query) or "").split(",")
    return replace(submission, recipients=submission.recipients[:1]) if "Recipients" in names else submission


def cleared_when_not_selected(received: Received, submission: Submission) -> Submission:
    """What a selection of the request's own properties leaves out is nulled."""
    names = {name.partition("/")[0] for name in (value_of(received.query) or "").split(",")}
    own = names & {"Rfc822", "From", "Recipients", "ConnectionInfoExtended"}
    if own and "Rfc822" not in own:
        return replace(submission, rfc822="\r\n")
    return submission


# The wire sees the query only in the request line.


def remember_query(octets: bytes, memory: dict[str, object]) -> bytes:
    line = re.match(rb"[^ \r\n]+ [^ ?\r\n]*\??([^ \r\n]*) HTTP/", octets)
    if line:
        memory["query"] = line[1].decode("latin-1")
    return octets


def selected(outgoing: Outgoing) -> str | None:
    return value_of(str(outgoing.memory.get("query", "")))


def length_with_select(outgoing: Outgoing) -> Iterable[Move]:
    if outgoing.status != 204 or selected(outgoing) is None:
        return (outgoing.raw,)
    return (outgoing.head.removesuffix(b"\r\n") + b"Content-Length: 0\r\n\r\n",)


def null_after_select(outgoing: Outgoing) -> Iterable[Move]:
    return (outgoing.raw + b"null",) if outgoing.status == 204 and selected(outgoing) else (outgoing.raw,)


def reflected(outgoing: Outgoing) -> Iterable[Move]:
    value = selected(outgoing)
    if not value:
        return (outgoing.raw,)
    field = b"X-Selected: " + value.encode("utf-8", "replace") + b"\r\n\r\n"
    return (outgoing.head.removesuffix(b"\r\n") + field + outgoing.content,)


def reflected_as_octets(outgoing: Outgoing) -> Iterable[Move]:
    """Characters are cut to octets, as some servers write header fields: U+560D becomes CR."""
    value = selected(outgoing)
    if not value or value.isascii():
        return (outgoing.raw,)
    field = b"X-Selected: " + bytes(ord(c) & 0xFF for c in value) + b"\r\n\r\n"
    return (outgoing.head.removesuffix(b"\r\n") + field + outgoing.content,)


# What a reader of the value trips over.


def unknown_crashes(value: str) -> None:
    for name in value.split(","):
        if re.fullmatch(r"[a-z_]+", name) and name.startswith("no_"):
            raise KeyError(name)


def empty_crashes(value: str) -> None:
    for name in value.split(","):
        name[0]


def duplicates_crash(value: str) -> None:
    names = value.split(",")
    if len(set(names)) != len(names):
        raise ValueError("an item with the same key has already been added")


def ascii_only(value: str) -> None:
    value.encode("ascii")


def raw_names(query: str) -> None:
    if query and not query.startswith("$select"):
        raise bad_query("The query parameter is not known.")


def raw_values(query: str) -> None:
    if "%2C" in query.upper() or "%2F" in query.upper():
        raise bad_query("$select names a property that is not there.")


def no_nul(value: str) -> None:
    if "\0" in value:
        raise ValueError("embedded null byte")


def short_only(value: str) -> None:
    if len(value) > 4000:
        raise OverflowError("value too long for type character varying(4000)")


def no_apostrophe(value: str) -> None:
    if value.count("'") % 2:
        raise RuntimeError("unterminated string")


def strict_utf_8(query: str) -> None:
    unquote(query, errors="strict")


def no_parent(value: str) -> None:
    if ".." in value:
        raise PermissionError("path escapes the root")


MUTANTS = (
    Mutant("RM-SEL-01-required", "RM-SEL-01", "$select is required.", change("", select=required)),
    Mutant(
        "RM-SEL-01-required-in-forms",
        "RM-SEL-01",
        "With a form, $select is required.",
        change("", submitted=required_in_forms),
    ),
    Mutant("RM-SEL-02-query-404", "RM-SEL-02", "A query leads to 404.", change("", select=no_query)),
    Mutant("RM-SEL-02-no-dollar", "RM-SEL-02", "A literal dollar sign is refused.", change("", select=no_dollar)),
    Mutant("RM-SEL-02-no-slash", "RM-SEL-02", "A literal slash is refused.", change("", select=no_slash)),
    Mutant(
        "RM-SEL-03-select-200",
        "RM-SEL-03",
        "$select turns the 204 into a 200 with null.",
        change("answers", finish=null_with_select),
    ),
    Mutant(
        "RM-SEL-03-xml-200",
        "RM-SEL-03",
        "With XML, $select turns the 204 into a 200 with null.",
        change("answers", finish=null_for_xml),
    ),
    Mutant(
        "RM-SEL-03-first",
        "RM-SEL-03",
        "$select=Recipients leaves one recipient.",
        change("", submitted=first_when_selected),
    ),
    Mutant(
        "RM-SEL-03-cleared",
        "RM-SEL-03",
        "$select=From clears Rfc822 in the request.",
        change("", submitted=cleared_when_not_selected),
    ),
    Mutant(
        "RM-SEL-03-length",
        "RM-SEL-03",
        "With $select, the 204 says Content-Length: 0.",
        wire=WireFaults(incoming=remember_query, outgoing=length_with_select),
    ),
    Mutant(
        "RM-SEL-03-null-after",
        "RM-SEL-03",
        "With $select, null follows the header section of the 204.",
        wire=WireFaults(incoming=remember_query, outgoing=null_after_select),
    ),
    Mutant("RM-SEL-04-unknown-500", "RM-SEL-04", "An unknown name leads to 500.", selecting(unknown_crashes)),
    Mutant("RM-SEL-04-empty-500", "RM-SEL-04", "An empty name leads to 500.", selecting(empty_crashes)),
    Mutant("RM-SEL-04-twice-500", "RM-SEL-04", "A name that occurs twice leads to 500.", selecting(duplicates_crash)),
    Mutant("RM-SEL-04-ascii", "RM-SEL-04", "A name beyond ASCII leads to 500.", selecting(ascii_only)),
    Mutant("RM-SEL-05-raw-name", "RM-SEL-05", "%24select is not known.", change("", select=raw_names)),
    Mutant("RM-SEL-05-raw-value", "RM-SEL-05", "%2C parts no names.", change("", select=raw_values)),
    Mutant(
        "RM-SEL-06-reflected",
        "RM-SEL-06",
        "The value is reflected into a response field with its line ends.",
        wire=WireFaults(incoming=remember_query, outgoing=reflected),
    ),
    Mutant(
        "RM-SEL-06-octets",
        "RM-SEL-06",
        "The value is reflected with its characters cut to octets, so that some become line ends.",
        wire=WireFaults(incoming=remember_query, outgoing=reflected_as_octets),
    ),
    Mutant("RM-SEL-06-nul-500", "RM-SEL-06", "A NUL leads to 500.", selecting(no_nul)),
    Mutant("RM-SEL-06-long-500", "RM-SEL-06", "A long value leads to 500.", selecting(short_only)),
    Mutant("RM-SEL-06-quote-500", "RM-SEL-06", "An apostrophe leads to 500.", selecting(no_apostrophe)),
    Mutant(
        "RM-SEL-06-octets-500", "RM-SEL-06", "Octets that are no UTF-8 lead to 500.", change("", select=strict_utf_8)
    ),
    Mutant("RM-SEL-06-path-500", "RM-SEL-06", "Two dots lead to 500.", selecting(no_parent)),
)
