"""The one operation of the contract as frozen values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query or header parameter (OpenAPI 3.1, "Parameter Object"). `schema` is self-contained."""

    name: str
    location: Literal["query", "header"]
    required: bool
    schema: Mapping[str, Any]
    examples: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """A security scheme by its key in the document (OpenAPI 3.1, "Security Scheme Object")."""

    key: str
    type: str
    scheme: str = ""
    """The Authorization scheme, of type http."""
    location: str = ""
    """header or cookie, of type apiKey."""
    name: str = ""
    """The field or cookie, of type apiKey."""


@dataclass(frozen=True, slots=True)
class Contract:
    """What the document says about the operation."""

    path: str
    method: str
    operation_id: str
    media_types: tuple[str, ...]
    """Of the request body, in the order of the page."""
    request_schema: Mapping[str, Any]
    """Of the request body: JSON Schema 2020-12 that refers to nothing outside itself."""
    parameters: tuple[Parameter, ...]
    security: tuple[tuple[SecurityScheme, ...], ...]
    """The alternatives; the schemes inside one are needed together."""
    statuses: tuple[str, ...]
    """As the document spells them: 204, 400 …, 4XX, 5XX."""
    document: Mapping[str, Any] = field(repr=False, compare=False)
    """All of it, for tools that read OpenAPI. Shared: not to be changed."""

    @property
    def properties(self) -> tuple[str, ...]:
        """The names of the body's properties, in the order of the page."""
        return tuple(self._schema("RelayMessageRequest")["properties"])

    @property
    def connection_properties(self) -> tuple[str, ...]:
        """The names of the properties of ConnectionInfoExtended."""
        return tuple(self._schema("EMailConnectionInfoExtended")["properties"])

    def property_schema(self, name: str) -> Mapping[str, Any]:
        """The self-contained schema of one property of the body. KeyError if the contract has no such property."""
        return {**self.request_schema, "$ref": f"#/components/schemas/RelayMessageRequest/properties/{name}"}

    def _schema(self, name: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.document["components"]["schemas"][name]
        return found
