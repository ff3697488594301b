"""Reading of the contract. The file belongs to the suite, so a fault in it is a fault of the installation."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import yaml

from relaycheck.contract.model import Contract, Parameter, SecurityScheme
from relaycheck.places import CONTRACT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class ContractError(Exception):
    """The contract cannot be used. The text says what is wrong with it and what to do."""


@lru_cache(maxsize=1)
def contract() -> Contract:
    """The suite's own contract, read once. Raises `ContractError` if the installation is damaged."""
    return load(CONTRACT)


def load(path: Path) -> Contract:
    """The contract in the file `path`: an OpenAPI 3.1 document with exactly one operation."""
    try:
        document = yaml.load(path.read_bytes(), Loader=_Loader)
    except OSError as error:
        raise ContractError(f"{path}: cannot be read ({error.strerror}); install relaycheck again") from error
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: is not YAML ({' '.join(str(error).split())}); restore the file") from error
    try:
        return _contract(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ContractError(
            f"{path}: is not an OpenAPI document with one operation ({type(error).__name__}: {error}); restore the file"
        ) from error


def _contract(document: Mapping[str, Any]) -> Contract:
    [(path, item)] = document["paths"].items()
    [method] = [name for name in item if name in ("get", "put", "post", "delete", "options", "head", "patch", "trace")]
    operation = item[method]
    content = operation["requestBody"]["content"]
    return Contract(
        path=path,
        method=method.upper(),
        operation_id=operation["operationId"],
        media_types=tuple(content),
        request_schema=_self_contained(next(iter(content.values()))["schema"], document),
        parameters=tuple(_parameter(_resolved(p, document), document) for p in operation.get("parameters", ())),
        security=_security(operation.get("security", document.get("security", ())), document),
        statuses=tuple(str(status) for status in operation["responses"]),
        document=document,
    )


def _self_contained(schema: Mapping[str, Any], document: Mapping[str, Any]) -> dict[str, Any]:
    return {"$schema": DIALECT, **schema, "components": {"schemas": document["components"]["schemas"]}}


def _resolved(value: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    """The object that a local reference names, or the value itself if it is none."""
    if "$ref" not in value:
        return value
    found: Any = document
    for step in value["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    resolved: Mapping[str, Any] = found
    return resolved


def _parameter(parameter: Mapping[str, Any], document: Mapping[str, Any]) -> Parameter:
    return Parameter(
        name=parameter["name"],
        location=parameter["in"],
        required=parameter.get("required", False),
        schema=_self_contained(parameter["schema"], document),
        examples=tuple(example["value"] for example in parameter.get("examples", {}).values()),
    )


def _security(
    alternatives: list[Mapping[str, Any]], document: Mapping[str, Any]
) -> tuple[tuple[SecurityScheme, ...], ...]:
    schemes = document["components"]["securitySchemes"]
    return tuple(tuple(_scheme(key, schemes[key]) for key in alternative) for alternative in alternatives)


def _scheme(key: str, scheme: Mapping[str, Any]) -> SecurityScheme:
    return SecurityScheme(
        key=key,
        type=scheme["type"],
        scheme=scheme.get("scheme", ""),
        location=scheme.get("in", ""),
        name=scheme.get("name", ""),
    )
