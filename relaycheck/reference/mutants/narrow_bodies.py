"""Faults in reading bodies that only one kind of body shows: one media type, one place in it, or one spelling beside another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from relaycheck.reference.addresses import check_local
from relaycheck.reference.binding import PROPERTIES, pick
from relaycheck.reference.content import MERGE_PATCH, read_members
from relaycheck.reference.mutants.json import under
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.mutants.patch import declared, with_operations
from relaycheck.reference.reading_form import gather
from relaycheck.reference.reading_json import parse, top_level
from relaycheck.reference.reading_patch import bad_patch, read_merge_patch
from relaycheck.reference.reading_xml import bad_xml, members_of
from relaycheck.reference.reading_xml import parse as parse_xml
from relaycheck.reference.received import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from relaycheck.reference.binding import Binding
    from relaycheck.reference.content import MediaType
    from relaycheck.reference.installation import Installation
    from relaycheck.reference.reading_form import FormReading, Key
    from relaycheck.reference.reading_json import JsonReading, Members
    from relaycheck.reference.reading_patch import PatchReading
    from relaycheck.reference.reading_xml import Element, XmlReading
    from relaycheck.reference.service import Service
    from relaycheck.target.model import XmlDialect

INSIDE = ("Port", "ServerName", "Protocol", "UserName", "Password", "UseSSL", "Folder", "UseGraphApi")
COLUMN = 40


# the four properties


def converted(service: Service, media_type: MediaType, octets: bytes) -> Members:
    """A merge patch is bound by another binder, which makes of each value what the property needs."""
    members = read_members(service, media_type, octets)
    for name, value in members.items():
        if name in ("Rfc822", "From") and isinstance(value, int | float):
            members[name] = str(value)
        elif name == "Recipients" and isinstance(value, str):
            members[name] = [value]
    return members


def only_known_elements(steps: XmlReading, dialect: XmlDialect, element: Element) -> Members:
    if element.local == "ConnectionInfoExtended":
        for child in element.children:
            INSIDE.index(child.local)
    return members_of(steps, dialect, element)


def login_without_a_name(steps: Binding, members: Mapping[str, Any], known: tuple[str, ...]) -> Members:
    """Measures the login before it looks whether there is one."""
    for name in ("UserName", "Password"):
        if name in members and "ServerName" in members:
            len(members[name])
    return pick(steps, members, known)


def as_long_as_its_column(local: str) -> None:
    if len(local) > COLUMN:
        raise ValueError
    check_local(local)


# JSON and patches


def ended_after_a_text(steps: JsonReading, text: str) -> Any:
    """A reader of streams: after the text of a member it has what it needs, whether or not the object ends."""
    return parse(steps, text + "}" if text.rstrip().endswith('"') else text)


def place_of_the_open_bracket(steps: JsonReading, text: str) -> Any:
    """The error for what is never closed names its place, which is found by recursion."""
    if text.count("[") - text.count("]") > 1_000:
        raise RecursionError
    return parse(steps, text)


def all_but_the_last(steps: PatchReading, json: JsonReading, text: str) -> Members:
    """Goes through the members while it removes some of them, and so never comes to the last."""
    members = json.read(json, text)
    if members and list(members.values())[-1] is None:
        raise bad_patch("null is no value.")
    return read_merge_patch(steps, json, text)


def begins_anew(steps: PatchReading, json: JsonReading, installation: Installation, text: str) -> Members:
    """A failing operation takes back what came before it, and the rest is applied."""
    document: Any = {}
    for operation in parse(json, text):
        try:
            document = steps.apply(document, operation)
        except Refusal:
            document = {}
    return top_level(document)


# forms and XML


def in_order_of_the_page(steps: FormReading, pairs: Iterable[tuple[Key, str]]) -> dict[str, Any]:
    """Goes through the keys once and looks for the next property in those that are left."""
    members = gather(steps, pairs)
    known = [name.lower() for name in PROPERTIES]
    found = [known.index(name.lower()) for name in members if name.lower() in known]
    if found != sorted(found):
        raise Refusal(400, "bad-form", "A property is missing.")
    return members


def double_quotes(steps: XmlReading, text: str) -> Element:
    """Finds namespaces by a pattern of its own."""
    if re.search(r"xmlns(?::\w+)?\s*=\s*'", text):
        raise bad_xml("The root element is in no namespace.")
    return parse_xml(steps, text)


MUTANTS = (
    Mutant(
        "RM-BODY-07-merge-converted",
        "RM-BODY-07",
        "In a merge patch, values are converted: a number to a text, a text to a list of one.",
        change("content", read_members=under(MERGE_PATCH, converted)),
    ),
    Mutant(
        "RM-BODY-09-inside-xml-500",
        "RM-BODY-09",
        "In XML, an unknown element of the connection leads to 500.",
        change("content.xml", members_of=only_known_elements),
    ),
    Mutant(
        "RM-BODY-09-null-login-500",
        "RM-BODY-09",
        "A connection whose UserName or Password is null leads to 500.",
        change("binding", pick=login_without_a_name),
    ),
    Mutant(
        "RM-BODY-17-long-local",
        "RM-BODY-17",
        "A local part of more than 40 characters is refused.",
        change("addresses", check_local=as_long_as_its_column),
    ),
    Mutant(
        "RM-JSON-03-ended-by-text",
        "RM-JSON-03",
        "A body that ends after the text of a member is read as if its object ended there.",
        change("content.json", parse=ended_after_a_text),
    ),
    Mutant(
        "RM-JSON-07-open-brackets",
        "RM-JSON-07",
        "A thousand brackets that are never closed lead to 500.",
        change("content.json", parse=place_of_the_open_bracket),
    ),
    Mutant(
        "RM-PATCH-01-last-null",
        "RM-PATCH-01",
        "The last member of a merge patch may not be null.",
        change("content.patch", read_merge_patch=all_but_the_last),
    ),
    Mutant(
        "RM-PATCH-03-begins-anew",
        "RM-PATCH-03",
        "A failing operation takes back those before it, and those after it are applied.",
        with_operations(read_json_patch=begins_anew),
        target=declared,
    ),
    Mutant(
        "RM-FORM-01-key-order",
        "RM-FORM-01",
        "The keys of a form must come in the order of the page.",
        change("content.form", gather=in_order_of_the_page),
    ),
    Mutant(
        "RM-XML-01-single-quotes",
        "RM-XML-01",
        "Namespaces are only known in double quotes.",
        change("content.xml", parse=double_quotes),
    ),
)
