"""`$select` picks properties of a result; a 204 has none, so it changes nothing (page, "Query String Parameters")."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relaycheck.encodings import MEDIA_TYPES
from relaycheck.judgements import harmless, observed, same_outcome, served
from relaycheck.plugin import judge, requirement
from relaycheck.strategies.select import hostile_selects, select_values

if TYPE_CHECKING:
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send

EXAMPLE = "$select=name,department,category/id"


@requirement("RM-SEL-01")
def test_it_may_be_left_out(send: Send, message: Message) -> None:
    """The page calls it optional."""
    judge(served(send(message, query=None)))


@requirement("RM-SEL-02")
def test_the_example_of_the_page_is_served(send: Send, message: Message) -> None:
    """With `$`, `,` and `/` literally on the wire, as the page shows it."""
    judge(served(send(message, query=EXAMPLE)))


@requirement("RM-SEL-03")
@pytest.mark.parametrize("media_type", MEDIA_TYPES)
def test_no_well_formed_value_changes_anything(
    send: Send, control: Control, message: Message, draw: Draw, media_type: str
) -> None:
    """Not the status, not the framing, not the mail; not even when it names properties of the request."""
    for value in draw(select_values(), 3):
        judge(
            same_outcome(send(message, query=f"$select={value}", media_type=media_type), control(media_type=media_type))
        )


@requirement("RM-SEL-03")
@pytest.mark.parametrize(
    "name", ["Rfc822", "From", "Recipients", "ConnectionInfoExtended", "ConnectionInfoExtended/Port"]
)
def test_a_property_of_the_request_is_not_selected_away(
    send: Send, control: Control, message: Message, name: str
) -> None:
    """`$select` speaks of the result, never of the request."""
    judge(same_outcome(send(message, query=f"$select={name}"), control()))


# The spelling and what is unusual about it.
UNUSUAL = {
    "empty": "$select=",
    "no value": "$select",
    "duplicates": "$select=name,name",
    "unknown": "$select=no_such_property",
    "deeply nested": "$select=a/b/c/d/e/f",
    "other case": "$select=NAME,Department",
    "spaces": "$select=name,%20department",
    "only commas": "$select=,,,",
    "unicode": "$select=n%C3%A4me,%E5%90%8D",
}


@requirement("RM-SEL-04")
@pytest.mark.parametrize("query", UNUSUAL.values(), ids=list(UNUSUAL))
def test_an_unusual_value_changes_nothing(send: Send, control: Control, message: Message, query: str) -> None:
    """There is no result to find the name in, so there is nothing to complain about."""
    judge(same_outcome(send(message, query=query), control()))


@requirement("RM-SEL-05")
@pytest.mark.parametrize(
    "query",
    ["%24select=name%2Cdepartment%2Ccategory%2Fid", "%24select=name,department", "$select=name%2Cdepartment"],
)
def test_encoded_and_literal_forms_are_equal(send: Send, control: Control, message: Message, query: str) -> None:
    """What HTTP clients make of `$` and `,` means the same."""
    judge(same_outcome(send(message, query=query), control(query=EXAMPLE)))


@requirement("RM-SEL-06")
def test_a_hostile_value_does_no_harm(send: Send, control: Control, message: Message, draw: Draw) -> None:
    """204 or 4xx; never a 5xx, never a header field made from the value."""
    for value in draw(hostile_selects(), 12):
        judge(harmless(send(message, query=f"$select={value}"), control()))


@requirement("RM-SEL-07")
def test_two_of_them_and_unknown_parameters_are_recorded(send: Send, message: Message) -> None:
    """The page does not say what they do."""
    judge(
        observed(
            send(message, query="$select=name&$select=department", note="two"),
            send(message, query="verbose=1", note="unknown parameter"),
        )
    )
