"""From members to a submission: names without case, the types that the page gives, nothing invented and nothing coerced."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from relaycheck.reference.received import Refusal
from relaycheck.reference.submission import MailServer, Submission

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relaycheck.reference.installation import Installation

PROPERTIES = ("ConnectionInfoExtended", "Rfc822", "From", "Recipients")
CONNECTION = ("Port", "ServerName", "Protocol", "UserName", "Password", "UseSSL", "Folder", "UseGraphApi")
SERVER_NAME = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:\[\]\x00-\x20\x7f]+))(?::([0-9]{1,5}))?")
IPV6 = re.compile(r"[0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
SURROGATE = re.compile("[\ud800-\udfff]")
BOOLEANS = {"true": True, "1": True, "false": False, "0": False}


def bad(sentence: str) -> Refusal:
    return Refusal(400, "bad-request", sentence)


def same_name(given: str, known: str) -> bool:
    """The official clients send camelCase, the page shows PascalCase: case does not matter."""
    return given.lower() == known.lower()


def pick(steps: Binding, members: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """The members that are known, by their name on the page; others are ignored."""
    found: dict[str, Any] = {}
    for given, value in members.items():
        for name in known:
            if steps.same_name(given, name):
                if name in found:
                    raise bad(f"{name} is given twice.")
                found[name] = value
    return found


def text(name: str, value: Any) -> str:
    """A string that can be relayed: no NUL, which would cut it, and no half of a surrogate pair."""
    if not isinstance(value, str):
        raise bad(f"{name} must be a string.")
    if "\0" in value:
        raise bad(f"{name} holds a NUL character.")
    if SURROGATE.search(value):
        raise bad(f"{name} holds half a surrogate pair.")
    return value


def recipients(steps: Binding, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise bad("Recipients must be an array of strings.")
    if not value:
        raise bad("Recipients is empty.")
    return tuple(steps.text("Recipients", item) for item in value)


def integer(name: str, value: Any) -> int:
    """A JSON integer, or decimal digits where the encoding has only text (XML, form)."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 5:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise bad(f"{name} must be an integer.")
    return value


def port(steps: Binding, value: Any) -> int:
    number = 0 if value is None else steps.integer("Port", value)
    if not 0 <= number <= 65535:
        raise bad("Port is out of range.")
    return number


def boolean(name: str, value: Any) -> bool:
    if isinstance(value, str):
        value = BOOLEANS.get(value.strip().lower())
    if not isinstance(value, bool):
        raise bad(f"{name} must be true or false.")
    return value


def connection(steps: Binding, value: Any) -> MailServer | None:
    """EMailConnectionInfoExtended. `ServerName` may end in `:port`; without a port it is 25, or 465 with UseSSL."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise bad("ConnectionInfoExtended must be an object or null.")
    found = steps.pick(steps, value, CONNECTION)
    texts = {n: "" if found.get(n) is None else steps.text(n, found[n]) for n in ("ServerName", "UserName", "Password")}
    for name in ("Protocol", "Folder"):
        if found.get(name) is not None:
            steps.text(name, found[name])
    use_tls = False if found.get("UseSSL") is None else steps.boolean("UseSSL", found["UseSSL"])
    host, named_port = steps.split_server_name(texts["ServerName"])
    number = named_port or steps.port(steps, found.get("Port")) or (465 if use_tls else 25)
    return MailServer(host, number, use_tls, texts["UserName"], texts["Password"])


def split_server_name(name: str) -> tuple[str, int]:
    """Host and port; port 0 when the name has none. An IPv6 address with a port stands in brackets."""
    if IPV6.fullmatch(name):
        return name, 0
    found = SERVER_NAME.fullmatch(name)
    if not found or not (found[3] is None or 0 < int(found[3]) <= 65535):
        raise bad("ServerName must be a host, with or without a port.")
    return found[1] or found[2], int(found[3] or 0)


def require(found: Mapping[str, Any], name: str) -> Any:
    if found.get(name) is None:
        raise bad(f"{name} is missing.")
    return found[name]


def bind(steps: Binding, installation: Installation, members: Mapping[str, Any]) -> Submission:
    """The submission, or a refusal that names the first property that is wrong."""
    found = steps.pick(steps, members, PROPERTIES)
    return Submission(
        rfc822=steps.text("Rfc822", steps.require(found, "Rfc822")),
        sender=steps.text("From", steps.require(found, "From")),
        recipients=steps.recipients(steps, steps.require(found, "Recipients")),
        server=steps.connection(steps, found.get("ConnectionInfoExtended")),
    )


@dataclass(frozen=True, slots=True)
class Binding:
    """Steps from members to submission."""

    bind: Callable[[Binding, Installation, Mapping[str, Any]], Submission] = bind
    same_name: Callable[[str, str], bool] = same_name
    pick: Callable[[Binding, Mapping[str, Any], tuple[str, ...]], dict[str, Any]] = pick
    require: Callable[[Mapping[str, Any], str], Any] = require
    text: Callable[[str, Any], str] = text
    recipients: Callable[[Binding, Any], tuple[str, ...]] = recipients
    integer: Callable[[str, Any], int] = integer
    port: Callable[[Binding, Any], int] = port
    boolean: Callable[[str, Any], bool] = boolean
    connection: Callable[[Binding, Any], MailServer | None] = connection
    split_server_name: Callable[[str], tuple[str, int]] = split_server_name
