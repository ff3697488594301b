"""The request body before any notation: named properties in the order of the page ("Request Body")."""

from __future__ import annotations

import random
from collections import deque
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from relaycheck.message import Connection, Message

P = TypeVar("P", bound="tuple[str, object]")


@dataclass(frozen=True, slots=True)
class Pairs:
    """An object whose names may repeat: for tests of duplicate members (RFC 8259 §4), elements and keys."""

    items: tuple[tuple[str, JsonValue], ...]


JsonValue: TypeAlias = "str | int | float | bool | Pairs | Sequence[JsonValue] | Mapping[str, JsonValue] | None"


class EncodingError(ValueError):
    """The media type cannot say the value, or the spelling is for another type. The text says which and why."""


def members(message: Message) -> dict[str, JsonValue]:
    """The four properties by the names of the page. The password is in the clear: only for the target."""
    return {
        "ConnectionInfoExtended": _connection(message.connection) if message.connection else None,
        "Rfc822": message.rfc822,
        "From": message.sender,
        "Recipients": list(message.recipients),
    }


def _connection(connection: Connection) -> dict[str, JsonValue]:
    properties: dict[str, JsonValue] = {
        "Port": connection.port,
        "ServerName": connection.server_name,
        "Protocol": connection.protocol,
        "UserName": connection.user_name,
        "Password": connection.password.reveal() if connection.password is not None else None,
        "UseSSL": connection.use_ssl,
        "Folder": connection.folder,
    }
    return {name: value for name, value in properties.items() if value is not None}


def pairs_of(value: Mapping[str, JsonValue] | Pairs) -> list[tuple[str, JsonValue]]:
    """Name and value of each member, in order, repeated names included."""
    return list(value.items) if isinstance(value, Pairs) else list(value.items())


def shuffled(pairs: list[P], order: int | None, name: Callable[[P], str] = itemgetter(0)) -> list[P]:
    """The pairs in the order that the seed `order` gives; None keeps them. Those of equal names keep their own order."""
    if order is None:
        return pairs
    names = [name(pair) for pair in pairs]
    waiting: dict[str, deque[P]] = {}
    for pair in pairs:
        waiting.setdefault(name(pair), deque()).append(pair)
    random.Random(f"order {order}").shuffle(names)
    return [waiting[each].popleft() for each in names]


def scalar(value: str | float | bool) -> str:
    """A string as it is; a number or boolean as JSON writes it, which XML Schema and form readers take as well."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):
        raise EncodingError(f"{value} is not a JSON number (RFC 8259 §6); compose the bytes in the test")
    return repr(value)
