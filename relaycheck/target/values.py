"""Secret values: written out, or by reference as `env:NAME` or `file:PATH`; and what a credential may hold."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
LARGEST = 65_536  # octets of a secret's file: a header section is smaller


class BadValue(ValueError):
    """A value that cannot be used. `what` is the finding, `todo` the way out; neither holds the value."""

    def __init__(self, what: str, todo: str) -> None:
        super().__init__(what)
        self.what = what
        self.todo = todo


class Use(Enum):
    """Where a credential goes, and so which characters it may have."""

    PASSWORD = "password"
    """user-pass of the Basic scheme: no control characters (RFC 7617 §2)."""
    FIELD = "field"
    """A field value as it stands: visible ASCII, spaces only inside (RFC 9110 §5.5)."""
    COOKIE = "cookie"
    """A cookie's value: as a field value, and no semicolon (RFC 6265 §4.2.1)."""


def is_reference(text: str) -> bool:
    return text.startswith(("env:", "file:"))


def resolve(text: str, environ: Mapping[str, str], folder: Path) -> str:
    """The value that `text` is or refers to. A file loses one trailing line end.

    Raises `BadValue`: the variable is not set, the file cannot be read, or there is nothing in it.
    """
    if text.startswith("env:"):
        return _from_variable(text[4:], environ)
    if text.startswith("file:"):
        return _from_file(text[5:], folder)
    return text


def _from_variable(name: str, environ: Mapping[str, str]) -> str:
    if not _VARIABLE.match(name):
        raise BadValue("env: is not followed by the name of a variable", "Write it as env:NAME")
    value = environ.get(name)
    if value is None:
        raise BadValue(f"the environment variable {name} is not set", f"Set {name}, or give the value another way")
    if not value:
        raise BadValue(
            f"the environment variable {name} is empty", f'Give {name} a value; a password that is empty is written ""'
        )
    return value


def _from_file(name: str, folder: Path) -> str:
    if not name or "\0" in name:
        raise BadValue("file: is not followed by a path", "Write it as file:PATH, relative to the target file")
    try:
        path = folder / name
        with (path.expanduser() if name.startswith("~") else path).open("rb") as stream:
            data = stream.read(LARGEST + 1)
    except (OSError, RuntimeError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "no such place"
        raise BadValue(
            f"the file {name} cannot be read ({reason})", "Relative paths start at the folder of the target file"
        ) from None
    if len(data) > LARGEST:
        raise BadValue(f"the file {name} is larger than {LARGEST} octets", "It must hold the secret alone")
    try:
        value = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadValue(f"the file {name} is not UTF-8 text", "It must hold the secret alone, as UTF-8") from None
    value = value.removesuffix("\n").removesuffix("\r")
    if not value:
        raise BadValue(f"the file {name} is empty", "It must hold the secret alone")
    return value


def check(value: str, use: Use) -> None:
    """Raise `BadValue` if `value` could end a header field early, or cannot be sent where it is used."""
    if _CONTROL.search(value):
        raise BadValue(
            "the value holds a control character (such as CR, LF or NUL), which would break the header section",
            "Remove it; a secret is one line of text",
        )
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise BadValue("the value is not Unicode text", "Give it as UTF-8")
    if use is Use.PASSWORD:
        return
    if not value.isascii():
        raise BadValue(
            "the value holds characters outside ASCII", "Check that it was copied whole and without decoration"
        )
    if value != value.strip(" "):
        raise BadValue("the value begins or ends with a space, which no header field can carry", "Remove the space")
    if use is Use.COOKIE and ";" in value:
        raise BadValue(
            "the value holds a semicolon, which would begin another cookie", "Give each cookie by its own name"
        )
