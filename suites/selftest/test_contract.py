"""The contract is a valid OpenAPI document, agrees with the page, and its facts are the ones the rest of the suite relies on."""

from __future__ import annotations

import subprocess
import sys
from typing import Any
from urllib.parse import parse_qs

import pytest
from defusedxml import ElementTree
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from relaycheck import encodings
from relaycheck.contract import ContractError, contract, is_json, is_valid_body, load, validate_body, violations
from relaycheck.encodings import members
from relaycheck.message import Connection, plain_message
from relaycheck.target.model import DATACONTRACT, OPERATION_PATH

EXAMPLES: dict[str, Any] = dict(contract().document["components"]["examples"])


def test_the_document_is_valid_openapi_31() -> None:
    assert contract().document["openapi"].startswith("3.1.")
    assert list(OpenAPIV31SpecValidator(dict(contract().document)).iter_errors()) == []


def test_there_is_one_operation_at_the_address_of_the_page() -> None:
    assert (contract().method, contract().path) == ("POST", OPERATION_PATH)


def test_the_media_types_are_the_seven_of_the_page_in_its_order() -> None:
    assert contract().media_types == encodings.MEDIA_TYPES


def test_every_media_type_takes_the_same_request() -> None:
    content = contract().document["paths"][OPERATION_PATH]["post"]["requestBody"]["content"]
    assert {media["schema"]["$ref"] for media in content.values()} == {contract().request_schema["$ref"]}


def test_the_properties_are_those_of_the_page_in_its_order() -> None:
    assert contract().properties == ("ConnectionInfoExtended", "Rfc822", "From", "Recipients")


def test_the_security_alternatives_are_three_schemes_and_the_session_with_its_token() -> None:
    assert [tuple(scheme.key for scheme in alternative) for alternative in contract().security] == [
        ("basic",),
        ("soTicket",),
        ("bearer",),
        ("session", "xsrf"),
    ]


def test_no_header_parameter_has_a_name_that_openapi_ignores() -> None:
    named = {p.name.lower() for p in contract().parameters}
    assert named.isdisjoint({"accept", "content-type", "authorization"})
    assert {"$select", "so-apptoken", "accept-language", "so-language", "so-culture", "so-timezone"} == named


def test_the_success_has_no_content() -> None:
    success = contract().document["paths"][OPERATION_PATH]["post"]["responses"]["204"]
    assert "content" not in success
    assert "headers" not in success


@pytest.mark.parametrize(
    ("response", "header"),
    [
        ("Unauthorized", "WWW-Authenticate"),
        ("MethodNotAllowed", "Allow"),
        ("UnsupportedMediaType", "Accept"),
        ("TooManyRequests", "Retry-After"),
    ],
)
def test_a_refusal_has_the_header_that_http_wants(response: str, header: str) -> None:
    assert header in contract().document["components"]["responses"][response]["headers"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_valid(name: str) -> None:
    assert validate_body(EXAMPLES[name]["value"]) == ()


@pytest.mark.parametrize("parameter", contract().parameters, ids=lambda p: p.name)
def test_a_parameter_s_examples_are_valid(parameter: Any) -> None:
    assert parameter.examples
    for example in parameter.examples:
        Draft202012Validator(parameter.schema).validate(example)


def test_the_written_samples_say_the_first_example() -> None:
    text = contract().document["paths"][OPERATION_PATH]["post"]["requestBody"]["description"]
    said = EXAMPLES["Minimal"]["value"]
    root = ElementTree.fromstring(text.split("```xml\n")[1].split("```")[0])
    assert root.tag == f"{{{DATACONTRACT.namespace}}}{DATACONTRACT.root}"
    found = {child.tag.rpartition("}")[2]: child for child in root}
    assert list(found) == sorted(said)
    assert (found["From"].text, found["Rfc822"].text) == (said["From"], said["Rfc822"])
    assert [item.text for item in found["Recipients"]] == said["Recipients"]
    assert {item.tag for item in found["Recipients"]} == {f"{{{DATACONTRACT.item_namespace}}}{DATACONTRACT.item}"}
    form = parse_qs(text.split("```text\n")[1].split("```")[0].strip(), strict_parsing=True)
    assert form == {"Rfc822": [said["Rfc822"]], "From": [said["From"]], "Recipients": said["Recipients"]}


def test_the_xml_names_are_those_of_the_default_dialect() -> None:
    schema = contract().document["components"]["schemas"]["RelayMessageRequest"]
    item = schema["properties"]["Recipients"]["items"]
    assert schema["xml"] == {"name": DATACONTRACT.root, "namespace": DATACONTRACT.namespace}
    assert item["xml"] == {"name": DATACONTRACT.item, "namespace": DATACONTRACT.item_namespace}


@pytest.mark.parametrize(
    "connection", [None, Connection("mail.relaycheck.test", 25), Connection("::1", 2525, folder="x")]
)
def test_the_suite_s_own_messages_conform(connection: Connection | None) -> None:
    assert validate_body(members(plain_message("relaycheck.test").but(connection=connection))) == ()


def test_the_sample_of_the_page_conforms() -> None:
    sample = {"ConnectionInfoExtended": None, "Rfc822": "a", "From": "b", "Recipients": ["c", "d"]}
    assert validate_body(sample) == ()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"Rfc822": None, "From": None, "Recipients": None, "ConnectionInfoExtended": None},
        {"Recipients": []},
        {"Unlisted": [1, {"x": None}]},
        {"ConnectionInfoExtended": {}},
        {"ConnectionInfoExtended": {"Port": -(2**31), "Unlisted": 1, "TableRight": None, "FieldProperties": {"a": {}}}},
    ],
)
def test_a_conforming_body_has_no_complaint(body: object) -> None:
    assert validate_body(body) == ()
    assert is_valid_body(body)


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (None, "the body"),
        ([], "the body"),
        ("text", "the body"),
        ({"Rfc822": 5}, "Rfc822"),
        ({"From": ["a"]}, "From"),
        ({"From": True}, "From"),
        ({"Recipients": "a"}, "Recipients"),
        ({"Recipients": ["a", None]}, "Recipients[1]"),
        ({"Recipients": [1]}, "Recipients[0]"),
        ({"ConnectionInfoExtended": "smtp"}, "ConnectionInfoExtended"),
        ({"ConnectionInfoExtended": {"Port": 2**31}}, "ConnectionInfoExtended.Port"),
        ({"ConnectionInfoExtended": {"Port": None}}, "ConnectionInfoExtended.Port"),
        ({"ConnectionInfoExtended": {"Port": "25"}}, "ConnectionInfoExtended.Port"),
        ({"ConnectionInfoExtended": {"UseSSL": None}}, "ConnectionInfoExtended.UseSSL"),
        ({"ConnectionInfoExtended": {"ServerName": 1}}, "ConnectionInfoExtended.ServerName"),
        ({"X": [{"Y": float("nan")}]}, "X[0].Y"),
        ({"X": b"octets"}, "X"),
        ({"From": "\ud800"}, "From"),
        ({1: 2}, "the body"),
    ],
)
def test_a_violating_body_is_refused_with_its_place(body: object, place: str) -> None:
    complaints = validate_body(body)
    assert [c.split(": ", 1)[0] for c in complaints] == [place]
    assert not is_valid_body(body)


def test_one_property_is_judged_by_itself() -> None:
    assert violations("Recipients", ["a"]) == ()
    assert violations("Recipients", [1]) == ("[0]: 1 is not of type 'string'",)
    with pytest.raises(KeyError):
        violations("recipients", [])


@pytest.mark.parametrize(("value", "json"), [({"a": [1.5, None, True]}, True), (float("inf"), False), ((1,), False)])
def test_json_values_are_told_from_others(value: object, json: bool) -> None:
    assert is_json(value) is json


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, "cannot be read"),
        ("a: [", "is not YAML"),
        ("5", "is not an OpenAPI document"),
        ("paths: {/a: {post: {}}, /b: {post: {}}}", "is not an OpenAPI document"),
        ("paths: {/a: {}}", "is not an OpenAPI document"),
    ],
)
def test_a_damaged_contract_is_a_sentence(tmp_path: Any, text: str | None, says: str) -> None:
    path = tmp_path / "contract.yaml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ContractError, match=says) as caught:
        load(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_reading_the_contract_loads_no_generator_and_no_validator() -> None:
    code = (
        "import sys; from relaycheck.contract import contract; contract(); "
        "print([m for m in ('schemathesis', 'hypothesis', 'jsonschema', 'httpx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
