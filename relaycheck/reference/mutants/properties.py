"""Faults in what becomes of the four properties: null and absent, one and many, missing, mistyped, empty and too large."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from relaycheck.reference.binding import PROPERTIES, bad, bind, connection, pick, recipients, require, text
from relaycheck.reference.content import FORM, XML, read_members
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.reading_patch import read_merge_patch
from relaycheck.reference.relaying import relay

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relaycheck.reference.binding import Binding
    from relaycheck.reference.content import MediaType
    from relaycheck.reference.installation import Installation
    from relaycheck.reference.reading_json import JsonReading
    from relaycheck.reference.reading_patch import PatchReading
    from relaycheck.reference.reading_xml import XmlReading
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import MailServer, Submission

Members = dict[str, Any]
CONNECTION = "connectioninfoextended"


def folded(members: Mapping[str, Any]) -> Members:
    return {name.lower(): value for name, value in members.items()}


def reading(change_members: Callable[[str, Members], Members]) -> Callable[[Service], Service]:
    """A service that changes the members once they are read, by the name of their media type."""

    def read(service: Service, declared: MediaType, octets: bytes) -> Members:
        return change_members(declared.name, read_members(service, declared, octets))

    return change("content", read_members=read)


def binding_of(change_members: Callable[[Members], Members]) -> Callable[[Service], Service]:
    """A service that changes the members, of whatever type, before they are bound."""

    def bound(steps: Binding, installation: Installation, members: Mapping[str, Any]) -> Submission:
        return bind(steps, installation, change_members(dict(members)))

    return change("binding", bind=bound)


# ConnectionInfoExtended


def null_crashes(members: Members) -> Members:
    for name, value in members.items():
        if name.lower() == CONNECTION:
            value["ServerName"]
    return members


def nil_is_an_empty_server(name: str, members: Members) -> Members:
    return {n: {} if name in XML and n == "ConnectionInfoExtended" and v is None else v for n, v in members.items()} | (
        {"ConnectionInfoExtended": {"ServerName": "?"}}
        if name in XML and members.get("ConnectionInfoExtended", "") is None
        else {}
    )


def nothing_to_remove(steps: PatchReading, reading_json: JsonReading, text: str) -> Members:
    for name, value in json.loads(text).items():
        if value is None:
            raise KeyError(name)
    return read_merge_patch(steps, reading_json, text)


def connection_required(members: Members) -> Members:
    if CONNECTION not in folded(members):
        raise bad("ConnectionInfoExtended is missing.")
    return members


def absent_in_xml_crashes(name: str, members: Members) -> Members:
    return members if name not in XML else members | {"ConnectionInfoExtended": members["ConnectionInfoExtended"]}


def no_object(steps: Binding, value: Any) -> MailServer | None:
    if value is not None:
        raise bad("ConnectionInfoExtended must be null.")
    return None


def dotted_names_unknown(name: str, members: Members) -> Members:
    if name == FORM and any(isinstance(value, dict) for value in members.values()):
        raise bad("The form has a key that is not known.")
    return members


def server_name_first(members: Members) -> Members:
    """A reader that goes through the object once and takes the port for that of a server it has not met yet."""
    for value in members.values():
        if isinstance(value, dict) and list(value) and list(value).index("Port") > list(value).index("ServerName"):
            raise bad("Port comes before ServerName.")
    return members


# missing, null, mistyped


def default_sender(members: Members) -> Members:
    return members if "from" in folded(members) else members | {"From": "noreply@relaycheck.test"}


def sender_of_the_header(members: Members) -> Members:
    """As mail libraries do that are given no envelope sender."""
    found = re.search(r"(?m)^From: .*<(.+)>", str(members.get("Rfc822")))
    return {**members, "From": found[1]} if members.get("From") == "" and found else members


def default_sender_in_xml(name: str, members: Members) -> Members:
    return default_sender(members) if name in XML else members


def nothing_is_empty(steps: Binding, installation: Installation, members: Mapping[str, Any]) -> Submission:
    """A missing text stands for a text with one line."""
    given = dict(members)
    if "rfc822" not in folded(given):
        given["Rfc822"] = "(no content)\r\n"
    return bind(steps, installation, given)


async def nobody_is_fine(service: Service, submission: Submission) -> None:
    if submission.recipients:
        await relay(service, submission)


def no_recipients_needed(members: Members) -> Members:
    return members if "recipients" in folded(members) else members | {"Recipients": []}


def or_none(steps: Binding, value: Any) -> tuple[str, ...]:
    return () if value == [] else recipients(steps, value)


def nobody_is_fine_in_xml(service: Service) -> Service:
    def empty(steps: Binding, value: Any) -> tuple[str, ...]:
        return () if value == "" else recipients(steps, value)

    def read(name: str, members: Members) -> Members:
        return members | {"Recipients": ""} if name in XML and members.get("Recipients") == [] else members

    changed = change("binding", recipients=empty)(reading(read)(service))
    return change("relaying", relay=nobody_is_fine)(changed)


def nobody_is_fine_anywhere(service: Service) -> Service:
    return change("relaying", relay=nobody_is_fine)(change("binding", recipients=or_none)(service))


def nobody_named_is_fine(service: Service) -> Service:
    return binding_of(no_recipients_needed)(nobody_is_fine_anywhere(service))


def null_is_a_word(members: Members) -> Members:
    return {n: "null" if v is None and n.lower() in ("rfc822", "from") else v for n, v in members.items()}


def null_content_is_empty_lines(members: Members) -> Members:
    return {n: "None\r\n" if v is None and n.lower() == "rfc822" else v for n, v in members.items()}


def null_crashes_the_sender(found: Mapping[str, Any], name: str) -> Any:
    if name == "From" and name in found and found[name] is None:
        raise AttributeError("NoneType has no attribute strip")
    return require(found, name)


def unchecked_text(name: str, value: Any) -> str:
    return text(name, value.strip() and value)


def coerced_text(name: str, value: Any) -> str:
    return text(name, str(value) if isinstance(value, int | float) else value)


def one_or_many(steps: Binding, value: Any) -> tuple[str, ...]:
    return recipients(steps, [value] if isinstance(value, str) else value)


def odd_items_left_out(steps: Binding, value: Any) -> tuple[str, ...]:
    return recipients(steps, [i for i in value if isinstance(i, str)] if isinstance(value, list) else value)


def objects_only(steps: Binding, value: Any) -> MailServer | None:
    return connection(steps, value) if isinstance(value, dict) else None


# members that nobody asked for


def unknown_crashes(steps: Binding, members: Mapping[str, Any], known: tuple[str, ...]) -> Members:
    if known == PROPERTIES:
        for name in members:
            {n.lower(): n for n in known}[name.lower()]
    return pick(steps, members, known)


def unknown_inside_crashes(steps: Binding, members: Mapping[str, Any], known: tuple[str, ...]) -> Members:
    if known != PROPERTIES and set(members) - {*known, "TableRight", "FieldProperties"}:
        raise KeyError("unknown member")
    return pick(steps, members, known)


def blind_copies(members: Members) -> Members:
    found = [a for n, v in members.items() if n.lower() == "bcc" for a in (v if isinstance(v, list) else [v])]
    return {n: [*v, *found] if n == "Recipients" and found else v for n, v in members.items()}


def blind_copies_in_forms(name: str, members: Members) -> Members:
    return blind_copies(members) if name == FORM else members


def other_sender(members: Members) -> Members:
    return members | {"From": members["Sender"]} if isinstance(members.get("Sender"), str) else members


def unknown_elements_crash(steps: XmlReading, dialect: Any, element: Any) -> Members:
    from relaycheck.reference.reading_xml import members_of

    for child in element.children:
        if element.local == "RelayMessageRequest":
            PROPERTIES.index(child.local)
    return members_of(steps, dialect, element)


MUTANTS = (
    Mutant("RM-BODY-01-null-500", "RM-BODY-01", "A null connection leads to 500.", binding_of(null_crashes)),
    Mutant(
        "RM-BODY-01-xml-nil",
        "RM-BODY-01",
        "In XML, a nil connection is taken for one that names a server.",
        reading(nil_is_an_empty_server),
    ),
    Mutant(
        "RM-BODY-02-absent-400",
        "RM-BODY-02",
        "A request without ConnectionInfoExtended is refused.",
        binding_of(connection_required),
    ),
    Mutant(
        "RM-BODY-02-xml-absent-500",
        "RM-BODY-02",
        "In XML, a missing connection leads to 500.",
        reading(absent_in_xml_crashes),
    ),
    Mutant(
        "RM-BODY-02-merge-null-500",
        "RM-BODY-02",
        "A null in a merge patch, which removes what is not there, leads to 500.",
        change("content.patch", read_merge_patch=nothing_to_remove),
    ),
    Mutant(
        "RM-BODY-03-no-object",
        "RM-BODY-03",
        "A request with a connection object is refused.",
        change("binding", connection=no_object),
    ),
    Mutant(
        "RM-BODY-03-form-object",
        "RM-BODY-03",
        "In a form, the members of the connection are unknown keys.",
        reading(dotted_names_unknown),
    ),
    Mutant(
        "RM-BODY-03-member-order",
        "RM-BODY-03",
        "The connection's members are read in one order only.",
        binding_of(server_name_first),
    ),
    Mutant("RM-BODY-05-default-from", "RM-BODY-05", "A missing From is invented.", binding_of(default_sender)),
    Mutant(
        "RM-BODY-05-xml-default-from",
        "RM-BODY-05",
        "In XML, a missing From is invented.",
        reading(default_sender_in_xml),
    ),
    Mutant(
        "RM-BODY-05-default-content",
        "RM-BODY-05",
        "A missing Rfc822 is relayed as a text of the service's own.",
        change("binding", bind=nothing_is_empty),
    ),
    Mutant("RM-BODY-05-nobody", "RM-BODY-05", "204 for a request without Recipients.", nobody_named_is_fine),
    Mutant("RM-BODY-06-null-word", "RM-BODY-06", "null becomes the text null.", binding_of(null_is_a_word)),
    Mutant(
        "RM-BODY-06-null-content",
        "RM-BODY-06",
        "A null Rfc822 is relayed as the text None.",
        binding_of(null_content_is_empty_lines),
    ),
    Mutant(
        "RM-BODY-06-null-from-500",
        "RM-BODY-06",
        "A null From leads to 500.",
        change("binding", require=null_crashes_the_sender),
    ),
    Mutant(
        "RM-BODY-07-type-500",
        "RM-BODY-07",
        "A text of another type leads to 500.",
        change("binding", text=unchecked_text),
    ),
    Mutant("RM-BODY-07-coerced", "RM-BODY-07", "Numbers are read as text.", change("binding", text=coerced_text)),
    Mutant(
        "RM-BODY-07-one-or-many",
        "RM-BODY-07",
        "A text as Recipients is taken for one recipient.",
        change("binding", recipients=one_or_many),
    ),
    Mutant(
        "RM-BODY-07-items-left-out",
        "RM-BODY-07",
        "Recipients that are no text are left out in silence.",
        change("binding", recipients=odd_items_left_out),
    ),
    Mutant(
        "RM-BODY-07-connection-ignored",
        "RM-BODY-07",
        "A connection of another type counts as null.",
        change("binding", connection=objects_only),
    ),
    Mutant(
        "RM-BODY-10-header-sender",
        "RM-BODY-10",
        "An empty From is replaced by the address of the message's own From field.",
        binding_of(sender_of_the_header),
    ),
    Mutant("RM-BODY-08-nobody", "RM-BODY-08", "A mail to nobody is answered with 204.", nobody_is_fine_anywhere),
    Mutant(
        "RM-BODY-08-xml-nobody", "RM-BODY-08", "In XML, a mail to nobody is answered with 204.", nobody_is_fine_in_xml
    ),
    Mutant(
        "RM-BODY-08-tried",
        "RM-BODY-08",
        "A mail to nobody is tried, and fails with the mail server's refusal.",
        change("binding", recipients=or_none),
    ),
    Mutant(
        "RM-BODY-09-unknown-500",
        "RM-BODY-09",
        "An unknown member leads to 500.",
        change("binding", pick=unknown_crashes),
    ),
    Mutant(
        "RM-BODY-09-inside-500",
        "RM-BODY-09",
        "An unknown member of the connection leads to 500.",
        change("binding", pick=unknown_inside_crashes),
    ),
    Mutant("RM-BODY-09-bcc", "RM-BODY-09", "A member Bcc adds recipients.", binding_of(blind_copies)),
    Mutant(
        "RM-BODY-09-form-bcc", "RM-BODY-09", "In a form, a key Bcc adds recipients.", reading(blind_copies_in_forms)
    ),
    Mutant("RM-BODY-09-sender", "RM-BODY-09", "A member Sender takes the place of From.", binding_of(other_sender)),
    Mutant(
        "RM-BODY-09-xml-500",
        "RM-BODY-09",
        "An unknown element leads to 500.",
        change("content.xml", members_of=unknown_elements_crash),
    ),
)
