"""The command that shows a finding again: it names the target, and for each credential the variable that must hold it. Pure."""

from __future__ import annotations

import re
from shlex import quote
from typing import TYPE_CHECKING

from relaycheck.places import default_output

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.plugin.settings import Settings
    from relaycheck.target import Target


def again(settings: Settings, row: str) -> str:
    """A replay from the record; without a record there is nothing to replay, so the row is checked anew."""
    place = [quote(settings.source)] if settings.source else []
    given = list(_credentials(settings.target)) if "://" in settings.source else []
    if settings.output is None:
        return " ".join(["relaycheck check", *place, *given, f"--select {row}"])
    beside = [] if settings.output == default_output() else [quote(str(settings.output))]
    return " ".join(["relaycheck replay", row, *beside, *(["--target", *place] if place else []), *given])


def _credentials(target: Target) -> Iterator[str]:
    """The options of a target that is only a URL; a target file has its credentials in itself."""
    auth = target.auth
    for option, there in (
        ("basic", auth.basic),
        ("soticket", auth.soticket),
        ("bearer", auth.bearer),
        ("app-token", auth.app),
        ("xsrf", auth.xsrf),
    ):
        if there:
            yield f"--{option} env:{_variable(option)}"
    for name, _ in auth.xsrf.cookies if auth.xsrf else ():
        yield quote(f"--cookie={name}=env:{_variable(f'cookie-{name}')}")
    if target.allow_plaintext:
        yield "--allow-plaintext"


def _variable(name: str) -> str:
    return "RELAYCHECK_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
