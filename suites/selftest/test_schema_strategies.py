"""What Schemathesis makes of the contract: labels are right, mails go only to the domain, and the mail is the one that was meant."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from relaycheck.contract import contract, violations
from relaycheck.encodings import members
from relaycheck.message import NONCE, Connection, plain_message
from relaycheck.strategies.draw import draw
from relaycheck.strategies.schema import (
    conforming_bodies,
    locale_fields,
    refusable_bodies,
    relayable_bodies,
    violating_bodies,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DOMAIN = "relaycheck.test"
WITNESS = Connection("127.0.0.1", 2525)
COUNT = 40

# Another implementation of JSON Schema than the one the strategies decide with.
JUDGE: Any = jsonschema_rs.Draft202012Validator(dict(contract().request_schema))


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            for name, item in value.items():
                yield name
                yield from _texts(item)


def _addresses(value: object) -> set[str]:
    return {address for text in _texts(value) for address in re.findall(r"[^\s<>]+@[^\s<>]+", text)}


def _known(body: dict[str, Any]) -> dict[str, Any]:
    return {name: body[name] for name in contract().properties if name in body}


@pytest.mark.parametrize("strategy", [conforming_bodies(), relayable_bodies(DOMAIN), relayable_bodies(DOMAIN, WITNESS)])
def test_conforming_bodies_conform(strategy: Any) -> None:
    bodies = draw(strategy, COUNT, 1)
    assert len(bodies) == COUNT
    assert [body for body in bodies if not JUDGE.is_valid(body)] == []


@pytest.mark.parametrize("strategy", [violating_bodies(), refusable_bodies(DOMAIN), refusable_bodies(DOMAIN, WITNESS)])
def test_violating_bodies_violate_and_are_json(strategy: Any) -> None:
    bodies = draw(strategy, COUNT, 1)
    assert len(bodies) == COUNT
    assert [body for body in bodies if JUDGE.is_valid(body)] == []
    assert [json.loads(json.dumps(body, allow_nan=False)) for body in bodies] == list(bodies)


@pytest.mark.parametrize("strategy", [relayable_bodies(DOMAIN), relayable_bodies(DOMAIN, WITNESS)])
def test_relayable_bodies_all_say_the_same_mail(strategy: Any) -> None:
    said = members(plain_message(DOMAIN))
    for body in draw(strategy, COUNT, 2):
        assert {name: body[name] for name in ("Rfc822", "From", "Recipients")} == {
            name: said[name] for name in ("Rfc822", "From", "Recipients")
        }
        assert NONCE in body["Rfc822"]


def test_relayable_bodies_name_the_server_that_was_given() -> None:
    seen = set()
    for body in draw(relayable_bodies(DOMAIN, WITNESS), COUNT, 2):
        connection = body["ConnectionInfoExtended"]
        assert {name: connection[name] for name in ("ServerName", "Port", "Protocol", "UseSSL")} == {
            "ServerName": "127.0.0.1",
            "Port": 2525,
            "Protocol": "SMTP",
            "UseSSL": False,
        }
        assert connection.get("UserName") is connection.get("Password") is connection.get("Folder") is None
        assert not connection.get("UseGraphApi")
        seen |= set(connection)
    assert {"UserName", "Password", "Folder"} <= seen


def test_relayable_bodies_keep_a_login_that_was_given() -> None:
    login = Connection("127.0.0.1", 2525, user_name="relay")
    for body in draw(relayable_bodies(DOMAIN, login), 20, 2):
        assert body["ConnectionInfoExtended"]["UserName"] == "relay"


def test_relayable_bodies_without_a_server_name_none() -> None:
    found = [body.get("ConnectionInfoExtended", "absent") for body in draw(relayable_bodies(DOMAIN), COUNT, 2)]
    assert set(found) == {None, "absent"}


def test_relayable_bodies_vary_in_order_and_in_members_that_are_to_be_ignored() -> None:
    bodies = draw(relayable_bodies(DOMAIN, WITNESS), COUNT, 2)
    assert len({tuple(name for name in body if name in contract().properties) for body in bodies}) > 5
    assert sum(len(body) > len(_known(body)) for body in bodies) > COUNT / 4
    assert any(set(body["ConnectionInfoExtended"]) - set(contract().connection_properties) for body in bodies)


def test_no_extra_member_can_be_taken_for_a_known_one() -> None:
    known = {name.casefold() for name in contract().properties}
    for body in draw(relayable_bodies(DOMAIN), COUNT, 4):
        folded = [name.casefold() for name in body]
        assert len(set(folded)) == len(folded)
        assert all(name in contract().properties or name.casefold() not in known for name in body)


@pytest.mark.parametrize("strategy", [relayable_bodies(DOMAIN, WITNESS), refusable_bodies(DOMAIN, WITNESS)])
def test_no_sent_body_names_an_address_outside_the_domain(strategy: Any) -> None:
    for body in draw(strategy, COUNT, 5):
        assert all(address.endswith(f"@{DOMAIN}") for address in _addresses(body))


def test_refusable_bodies_differ_from_the_mail_only_in_what_is_wrong() -> None:
    said = members(plain_message(DOMAIN).but(connection=WITNESS))
    wrong: set[str] = set()
    for body in draw(refusable_bodies(DOMAIN, WITNESS), COUNT, 6):
        if isinstance(body, dict):
            bad = {name for name in said if violations(name, body[name])}
            assert bad
            assert {name: body[name] for name in said if name not in bad} == {
                n: v for n, v in said.items() if n not in bad
            }
            wrong |= bad
    assert wrong == set(contract().properties)


def test_a_wrong_connection_names_no_other_server() -> None:
    for body in draw(refusable_bodies(DOMAIN, WITNESS), COUNT, 8):
        connection = body.get("ConnectionInfoExtended") if isinstance(body, dict) else None
        if isinstance(connection, dict):
            server = connection["ServerName"]
            assert server == "127.0.0.1" or not isinstance(server, str)


def test_locale_fields_can_be_sent() -> None:
    drawn = draw(locale_fields(), COUNT, 7)
    assert {name for fields in drawn for name in fields} == {"SO-Language", "SO-Culture", "SO-TimeZone"}
    assert all(re.fullmatch(r"[!-~]+( [!-~]+)*", value) for fields in drawn for value in fields.values())


def test_a_configuration_in_the_current_directory_has_no_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from relaycheck.strategies import schema

    before = draw(conforming_bodies(), 20, 9)
    (tmp_path / "schemathesis.toml").write_text("[generation]\nallow-x00 = false\ncodec = 'ascii'\n")
    monkeypatch.chdir(tmp_path)
    schema._bodies.cache_clear()
    assert draw(conforming_bodies(), 20, 9) == before
