"""Reading SMTP command lines without losing an octet (RFC 5321 §4.1). Pure.

Octets become text as UTF-8 with `surrogateescape`: octets that are no UTF-8 come back from
`text.encode("utf-8", "surrogateescape")` as they were.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from relaycheck.secret import Secret

HIDDEN = Secret("smtp-auth", "").placeholder.encode()
_AUTH_RESPONSE = re.compile(rb"(?im)^([ \t]*AUTH[ \t]+[^\s]+[ \t]+)([^\r\n]+)")


@dataclass(frozen=True, slots=True)
class Path:
    """The path of a MAIL or RCPT command, as it stood between the angle brackets, with the parameters after it."""

    address: str
    parameters: tuple[str, ...] = ()

    def parameter(self, keyword: str) -> str | None:
        """The value of a parameter, "" if it stands without one, None if it is absent."""
        for parameter in self.parameters:
            name, _, value = parameter.partition("=")
            if name.upper() == keyword:
                return value
        return None


def text(octets: bytes) -> str:
    return octets.decode("utf-8", "surrogateescape")


def octets(value: str) -> bytes:
    return value.encode("utf-8", "surrogateescape")


def split(line: bytes) -> tuple[str, str]:
    """Verb in upper case and argument. `line` may still have its line end."""
    verb, _, argument = text(line).rstrip("\r\n").partition(" ")
    return verb.upper(), argument.strip(" \t")


def path(argument: str, keyword: str) -> Path | None:
    """The path behind `FROM:` or `TO:`; None where the syntax is broken. Quoted brackets belong to the address."""
    if argument[: len(keyword)].upper() != keyword:
        return None
    rest = argument[len(keyword) :].lstrip(" ")
    if not rest.startswith("<"):
        address, _, parameters = rest.partition(" ")
        return Path(address, tuple(parameters.split())) if address else None
    end = _closing_bracket(rest)
    if end is None:
        return None
    return Path(rest[1:end], tuple(rest[end + 1 :].split()))


def _closing_bracket(rest: str) -> int | None:
    quoted = escaped = False
    for position, character in enumerate(rest):
        if escaped:
            escaped = False
        elif quoted and character == "\\":
            escaped = True
        elif character == '"':
            quoted = not quoted
        elif character == ">" and not quoted:
            return position
    # An odd quote hides every bracket: then the first one closes, as simple servers see it.
    first = rest.find(">")
    return first if first > 0 else None


def without_secrets(line: bytes) -> bytes:
    """A command line, or several, with every initial AUTH response hidden (RFC 4954 §4)."""
    return _AUTH_RESPONSE.sub(lambda found: found.group(1) + HIDDEN, line)
