"""A target from the command line: a URL or a target file, with credentials from options and RELAYCHECK_* variables.

An option goes before a variable, and a variable before the target file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from relaycheck.secret import Secret
from relaycheck.target.build import build
from relaycheck.target.document import Document
from relaycheck.target.file import read_document
from relaycheck.target.problems import Problem, TargetProblem
from relaycheck.target.url import Resolver, addresses
from relaycheck.target.values import BadValue, is_reference, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relaycheck.target.model import Target


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says of the target. Each credential is the value itself, `env:NAME` or `file:PATH`."""

    place: str
    """A URL or the path of a target file."""
    basic: str | None = field(default=None, repr=False)
    """USER:PASSWORD; the password alone, or the whole, may be a reference."""
    soticket: str | None = field(default=None, repr=False)
    bearer: str | None = field(default=None, repr=False)
    app_token: str | None = field(default=None, repr=False)
    xsrf: str | None = field(default=None, repr=False)
    cookies: tuple[str, ...] = field(default=(), repr=False)
    """NAME=VALUE, for the session that the XSRF token belongs to."""
    allow_plaintext: bool = False


VARIABLES = {
    "basic": "RELAYCHECK_BASIC",
    "soticket": "RELAYCHECK_SOTICKET",
    "bearer": "RELAYCHECK_BEARER",
    "app_token": "RELAYCHECK_APP_TOKEN",
    "xsrf": "RELAYCHECK_XSRF",
    "cookies": "RELAYCHECK_COOKIES",
}
"""The variable for each option; RELAYCHECK_COOKIES holds `a=1; b=2`."""

_PATHS = {
    "soticket": ("auth", "soticket", "ticket"),
    "bearer": ("auth", "bearer", "token"),
    "app_token": ("auth", "app", "token"),
    "xsrf": ("auth", "xsrf", "token"),
}


def target_from(options: Options, environ: Mapping[str, str] = os.environ, resolver: Resolver = addresses) -> Target:
    """The target that `options` and `environ` describe. Raises `TargetProblem` with every problem of both."""
    document = _document(options.place)
    overlay = _Overlay(document, environ)
    overlay.basic(*_given(options.basic, "--basic", "basic", environ))
    for name, path in _PATHS.items():
        overlay.secret(path, *_given(getattr(options, name), f"--{name.replace('_', '-')}", name, environ))
    overlay.cookies(options.cookies)
    overlay.complete_session()
    if options.allow_plaintext:
        document.put(("allow_plaintext",), True, "--allow-plaintext")
    return build(document, environ, resolver)


def _document(place: str) -> Document:
    if "://" in place:
        document = Document("")
        document.put(("url",), place, "the target")
        # Where mail goes whose connection is null, a URL does not tell, and not to a witness on a free port.
        document.put(("relay", "default_connection"), False, "the target")
        return document
    path = Path(place)
    if not place or (path.suffix != ".toml" and not os.path.lexists(place)):
        named = place if place.isprintable() and "@" not in place else "what was given"
        problem = Problem(
            "the target",
            "",
            f"{named or 'nothing'} is neither a URL nor a file that exists",
            "Write a URL in full, such as https://staging.example",
        )
        raise TargetProblem((problem,))
    return read_document(path)


def _given(option: str | None, flag: str, name: str, environ: Mapping[str, str]) -> tuple[str | None, str]:
    """The value and what gave it: the option, else its variable."""
    if option is not None:
        return option, flag
    return environ.get(VARIABLES[name]), VARIABLES[name]


class _Overlay:
    """Lays the credentials of options and variables over a document."""

    def __init__(self, document: Document, environ: Mapping[str, str]) -> None:
        self.document = document
        self.environ = environ

    def basic(self, given: str | None, origin: str) -> None:
        whole = self.resolved(given, origin)
        if whole is None:
            return
        user, colon, password = whole.partition(":")
        if not colon or not user:
            self.complain(
                origin, "is not of the form USER:PASSWORD", "Put a colon between the user name and the password"
            )
            return
        if any(c < " " or c == "\x7f" for c in user):
            self.complain(origin, "the user name holds a control character", "Remove it")
            return
        known = password if given is not None and is_reference(given) else self.resolved(password, origin)
        if known is not None:
            self.document.put(("auth", "basic", "user"), user, origin)
            self.document.put(("auth", "basic", "password"), Secret("basic-password", known), origin)

    def secret(self, path: tuple[str, ...], given: str | None, origin: str) -> None:
        value = self.resolved(given, origin)
        if value is not None:
            self.document.put(path, Secret(origin, value), origin)

    def cookies(self, options: tuple[str, ...]) -> None:
        origin, pairs = "--cookie", options
        if not options:
            origin = VARIABLES["cookies"]
            pairs = tuple(pair.strip() for pair in self.environ.get(origin, "").split(";") if pair.strip())
        for pair in pairs:
            name, equals, given = pair.partition("=")
            if not equals or not _is_token(name):
                self.complain(origin, "is not of the form NAME=VALUE", "A name has letters, digits and -_. only")
                continue
            self.secret(("auth", "xsrf", "cookies", name), given, origin)

    def complete_session(self) -> None:
        """A token needs cookies and cookies need a token, wherever each of them came from."""
        session = self.document.table("auth", "xsrf")
        if session is None or self.document.problems:
            return
        if "token" not in session:
            self.complain("--xsrf", "cookies are given without an XSRF token", "Give the token with --xsrf")
        if not session.get("cookies"):
            self.complain(
                "--xsrf", "an XSRF token is given without its session's cookies", "Give them with --cookie NAME=VALUE"
            )

    def resolved(self, given: str | None, origin: str) -> str | None:
        if given is None:
            return None
        if not given:
            self.complain(origin, "is empty", "Give it a value, or leave it out")
            return None
        try:
            return resolve(given, self.environ, Path())
        except BadValue as bad:
            self.complain(origin, bad.what, bad.todo)
            return None

    def complain(self, origin: str, what: str, todo: str) -> None:
        self.document.problems.append(Problem(origin, "", what, todo))


def _is_token(name: str) -> bool:
    """token of RFC 9110 §5.6.2."""
    return bool(name) and name.isascii() and all(c.isalnum() or c in "!#$%&'*+-.^_`|~" for c in name)
