"""`$select` picks properties of a result; a 204 has none, so it changes nothing (page, "Query String Parameters")."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relaycheck.encodings import FORM, MEDIA_TYPES
from relaycheck.judgements import harmless, observed, same_outcome, served
from relaycheck.judgements.form import same_form
from relaycheck.plugin import judge, requirement
from relaycheck.strategies.select import HOSTILE, select_values

if TYPE_CHECKING:
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send

EXAMPLE = "$select=name,department,category/id"
JSON, _, XML, _, _, _, _ = MEDIA_TYPES


@requirement("RM-SEL-01")
@pytest.mark.parametrize("media_type", [JSON, XML, FORM])
def test_it_may_be_left_out(send: Send, message: Message, media_type: str) -> None:
    """The page calls it optional."""
    judge(served(send(message, query=None, media_type=media_type)))


@requirement("RM-SEL-02")
@pytest.mark.parametrize("media_type", [JSON, XML, FORM])
def test_the_example_of_the_page_is_served(send: Send, message: Message, media_type: str) -> None:
    """With `$`, `,` and `/` literally on the wire, as the page shows it."""
    judge(served(send(message, query=EXAMPLE, media_type=media_type)))


@requirement("RM-SEL-03")
@pytest.mark.parametrize("media_type", list(MEDIA_TYPES))
def test_no_well_formed_value_changes_anything(
    send: Send, control: Control, message: Message, draw: Draw, media_type: str
) -> None:
    """Not the status, not the framing, not the mail; not even when it names properties of the request."""
    for value in draw(select_values(), 2):
        probe = send(message, query=f"$select={value}", media_type=media_type)
        judge(same_outcome(probe, control(media_type=media_type)))
        judge(same_form(probe, control(media_type=media_type)))


@requirement("RM-SEL-03")
@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("Rfc822,From,Recipients,ConnectionInfoExtended", JSON),
        ("Rfc822", JSON),
        ("From", JSON),
        ("Recipients", JSON),
        ("ConnectionInfoExtended/Port,ConnectionInfoExtended", JSON),
        ("From", XML),
        ("Recipients", FORM),
    ],
)
def test_a_property_of_the_request_is_not_selected_away(
    send: Send, control: Control, message: Message, name: str, media_type: str
) -> None:
    """`$select` speaks of the result, never of the request."""
    probe = send(message, query=f"$select={name}", media_type=media_type)
    judge(same_outcome(probe, control(media_type=media_type)))


# The spelling and what is unusual about it.
UNUSUAL = {
    "unknown": "$select=no_such_property",
    "empty": "$select=",
    "no value": "$select",
    "duplicates": "$select=name,name",
    "deeply nested": "$select=a/b/c/d/e/f",
    "other case": "$select=NAME,Department",
    "parameter in another case": "$SELECT=name",
    "encoded spaces": "$select=name,%20department",
    "plus signs": "$select=name,+department",
    "only commas": "$select=,,,",
    "a comma at the end": "$select=name,department,",
    "unicode": "$select=n%C3%A4me,%E5%90%8D,%F0%9F%98%80",
    "a digit first": "$select=1,2",
    "many": "$select=" + ",".join(f"p{n}" for n in range(120)),
    "all at once": "$select=,no_such_property,NAME,name,name,n%C3%A4me,%F0%9F%98%80,a/b/c/d/e/f,1,+department,%20name,",
}


@requirement("RM-SEL-04")
@pytest.mark.parametrize("query", [pytest.param(query, id=name) for at, (name, query) in enumerate(UNUSUAL.items())])
def test_an_unusual_value_changes_nothing(send: Send, control: Control, message: Message, query: str) -> None:
    """There is no result to find the name in, so there is nothing to complain about."""
    judge(same_outcome(send(message, query=query), control()))


@requirement("RM-SEL-05")
@pytest.mark.parametrize(
    "query",
    ["%24select=name%2Cdepartment%2Ccategory%2Fid", "%24select=name,department,category/id", "$select=name%2Cid"],
)
def test_encoded_and_literal_forms_are_equal(send: Send, control: Control, message: Message, query: str) -> None:
    """What HTTP clients make of `$` and `,` means the same."""
    judge(same_outcome(send(message, query=query), control(query=EXAMPLE)))


@requirement("RM-SEL-06")
@pytest.mark.parametrize(
    ("kind", "value"),
    [(kind, value) for kind, values in HOSTILE.items() for at, value in enumerate(values)],
    ids=[f"{kind}-{at}" for kind, values in HOSTILE.items() for at, _ in enumerate(values)],
)
def test_a_hostile_value_does_no_harm(send: Send, control: Control, message: Message, kind: str, value: str) -> None:
    """204 or 4xx; never a 5xx, never a header field made from the value."""
    judge(harmless(send(message, query=f"$select={value}", note=kind), control()))


@requirement("RM-SEL-07")
def test_two_of_them_and_unknown_parameters_are_recorded(send: Send, message: Message) -> None:
    """The page does not say what they do."""
    judge(
        observed(
            send(message, query="$select=name&$select=department", note="two"),
            send(message, query="verbose=1", note="unknown parameter"),
        )
    )
