"""The inputs for properties: addresses have the lengths that they are named after, and nothing of them can reach a stranger."""

from __future__ import annotations

import re
from typing import Any

import pytest

from relaycheck.client.safety import safe
from relaycheck.contract import contract, is_valid_body, violations
from relaycheck.message import NONCE, Connection
from relaycheck.reference.addresses import Addresses, mailbox
from relaycheck.reference.received import Refusal
from relaycheck.strategies.addresses import ODD, SINGLE, lengths, local_part, long_domain, odd
from relaycheck.strategies.draw import draw
from relaycheck.strategies.injections import (
    BREAKS,
    COMMANDS,
    LOOK_ALIKES,
    PARAMETERS,
    STRANGER,
    Place,
    command_injection,
    parameter_injection,
)
from relaycheck.strategies.properties import MISTYPED, UNKNOWN, placed
from relaycheck.strategies.schema import mistyped_bodies, named_bodies

DOMAIN = "relaycheck.test"
WITNESS = Connection("127.0.0.1", 2525)


def relayable(address: str) -> bool:
    try:
        return mailbox(Addresses(), "From", address) == address
    except Refusal:
        return False


@pytest.mark.parametrize("octets", [17, 18, 79, 80, 81, 82, 143, 144, 145, 239, 240, 255, 256])
def test_a_long_domain_has_its_length_and_labels_that_dns_knows(octets: int) -> None:
    domain = long_domain(octets, DOMAIN)
    assert len(domain) == octets
    assert domain.endswith(f".{DOMAIN}")
    assert all(1 <= len(label) <= 63 for label in domain.split("."))


@pytest.mark.parametrize(
    ("what", "local", "path"),
    [
        ("local part of 64", 64, None),
        ("local part of 65", 65, None),
        ("path of 256", None, 256),
        ("path of 257", None, 257),
    ],
)
def test_an_address_has_the_length_that_it_is_named_after(what: str, local: int | None, path: int | None) -> None:
    address = lengths(DOMAIN)[what]
    assert local is None or len(address.rpartition("@")[0]) == local
    assert path is None or len(f"<{address}>") == path
    assert NONCE in address


def test_addresses_within_the_limits_are_valid_and_longer_ones_are_not() -> None:
    verdicts = {what: relayable(address) for what, address in lengths(DOMAIN).items()}
    assert [what for what, valid in verdicts.items() if valid] == [
        "local part of 63",
        "local part of 64",
        "path of 256",
    ]
    assert relayable(f"{local_part(64)}@{DOMAIN}")


@pytest.mark.parametrize("name", ODD)
def test_an_unusual_address_is_valid(name: str) -> None:
    assert relayable(odd(name, DOMAIN))


@pytest.mark.parametrize("text", [text for text, _ in SINGLE.values()])
def test_a_string_that_is_more_than_an_address_is_none(text: str) -> None:
    assert not relayable(placed(text, DOMAIN))


@pytest.mark.parametrize("place", ["From", "Recipients"])
@pytest.mark.parametrize("line_end", [*BREAKS, *LOOK_ALIKES])
@pytest.mark.parametrize("shape", COMMANDS)
def test_an_injection_is_no_address_and_reaches_nobody_outside(shape: str, line_end: str, place: Place) -> None:
    injection = command_injection(place, shape, line_end, DOMAIN)
    assert (BREAKS | LOOK_ALIKES)[line_end] in injection.address
    assert NONCE in injection.address
    assert not relayable(injection.address) or line_end in LOOK_ALIKES
    assert all(safe(found, DOMAIN) for found in re.findall(r"@([A-Za-z0-9._-]+)", injection.address))


@pytest.mark.parametrize("name", PARAMETERS)
def test_a_parameter_injection_says_what_would_show(name: str) -> None:
    injection = parameter_injection(name, DOMAIN)
    assert injection.tokens or STRANGER in injection.address
    assert relayable(injection.address) is (name in ("quoted", "quoted sender"))
    assert all(safe(found, DOMAIN) for found in re.findall(r"@([A-Za-z0-9._-]+)", injection.address))


@pytest.mark.parametrize(("name", "value"), MISTYPED.values(), ids=list(MISTYPED))
def test_a_mistyped_value_contradicts_the_contract(name: str, value: Any) -> None:
    assert violations(name, placed(value, DOMAIN))


@pytest.mark.parametrize("extra", UNKNOWN.values(), ids=list(UNKNOWN))
def test_an_unknown_member_is_one_that_the_contract_has_not(extra: dict[str, Any]) -> None:
    assert not {name.lower() for name in extra} & {name.lower() for name in contract().properties}


def test_named_bodies_hold_only_members_of_the_contract() -> None:
    for body in draw(named_bodies(DOMAIN, WITNESS), 20, 3):
        assert is_valid_body(body)
        assert set(body) <= set(contract().properties)
        assert None not in body["ConnectionInfoExtended"].values()


def test_named_bodies_come_in_several_orders() -> None:
    assert len({tuple(body) for body in draw(named_bodies(DOMAIN, WITNESS), 20, 3)}) > 1


def test_in_a_mistyped_body_a_property_of_the_page_has_another_type() -> None:
    types = {"Rfc822": str, "From": str, "Recipients": list, "ConnectionInfoExtended": dict | None}
    for body in draw(mistyped_bodies(DOMAIN, WITNESS), 20, 3):
        right = isinstance(body, dict) and all(isinstance(body.get(name), kind) for name, kind in types.items())
        assert not right or not all(isinstance(item, str) for item in body["Recipients"])
