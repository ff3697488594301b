"""Addresses that try to be more than an address: line ends with SMTP commands, and brackets with SMTP parameters.

Tables rather than strategies: each entry is known to pass through some way of building a command. Every injected text has `STRANGER`,
an address or argument that nobody asked for, so that what became of it can be told from everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from relaycheck.message import NONCE

STRANGER = f"evil-{NONCE}"
Place = Literal["From", "Recipients"]

BREAKS = {"CRLF": "\r\n", "LF": "\n", "CR": "\r", "NUL": "\0"}
LOOK_ALIKES = {"U+560D U+560A": "\u560d\u560a", "U+010D U+010A": "\u010d\u010a", "NEL": "\u0085", "U+2028": "\u2028"}
"""Not line ends, unless somebody cuts characters to octets or divides text by Unicode's idea of a line."""

COMMANDS = {
    "RCPT after a bracket": "{own}>{br}RCPT TO:<{evil}@{domain}",
    "RCPT on the next line": "{own}{br}RCPT TO:<{evil}@{domain}>",
    "NOOP": "{own}>{br}NOOP {evil}",
    "RSET": "{own}>{br}RSET {evil}",
    "DATA": "{own}>{br}DATA {evil}",
    "MAIL": "{own}>{br}MAIL FROM:<{evil}@{domain}",
    "a second address": "{own}{br}{evil}@{domain}",
    "a header field": "{own}{br}X-Relaycheck-Injected: {evil}",
    "inside the local part": "{local}{br}x@{domain}",
    "inside a quoted local part": '"{local}{br}NOOP {evil}"@{domain}',
    "at the end": "{own}{br}",
    "in front": "{br}{own}",
}


@dataclass(frozen=True, slots=True)
class Injection:
    """One hostile address for one property. `tokens` are the parameters that it tries to set."""

    place: Place
    address: str
    note: str
    tokens: tuple[str, ...] = ()


def command_injection(place: Place, shape: str, line_end: str, domain: str) -> Injection:
    """The shape of that name in `COMMANDS` with the line end of that name in `BREAKS` or `LOOK_ALIKES`."""
    ends = BREAKS | LOOK_ALIKES
    return Injection(place, _filled(COMMANDS[shape], place, domain, ends[line_end]), f"{shape}, {line_end}, in {place}")


PARAMETERS: dict[str, tuple[Place, str, tuple[str, ...]]] = {
    "NOTIFY": ("Recipients", "{own}> NOTIFY=NEVER", ("NOTIFY=NEVER", "NOTIFY=NEVER>")),
    "ORCPT": ("Recipients", "{own}> ORCPT=rfc822;{evil}@{domain}", ()),
    "unknown": ("Recipients", "{own}> XRELAYCHECK={evil}", ()),
    "tab": ("Recipients", "{own}>\tNOTIFY=NEVER", ("NOTIFY=NEVER", "NOTIFY=NEVER>")),
    "no bracket": ("Recipients", "{own} NOTIFY=NEVER", ("NOTIFY=NEVER", "NOTIFY=NEVER>")),
    "own brackets": ("Recipients", "<{own}> NOTIFY=NEVER", ("NOTIFY=NEVER", "NOTIFY=NEVER>")),
    "second path": ("Recipients", "{own}><{evil}@{domain}", ()),
    "second path after a comma": ("Recipients", "{own}>, <{evil}@{domain}", ()),
    "quoted": ("Recipients", '"{local}> NOTIFY=NEVER"@{domain}', ("NOTIFY=NEVER", "NOTIFY=NEVER@{domain}>")),
    "quotes in the middle": ("Recipients", '{local}">NOTIFY=NEVER "@{domain}', ("NOTIFY=NEVER",)),
    "SIZE": ("From", "{own}> SIZE=1", ("SIZE=1", "SIZE=1>")),
    "ENVID": ("From", "{own}> RET=HDRS ENVID={evil}", ("RET=HDRS",)),
    "AUTH": ("From", "{own}> AUTH={evil}", ()),
    "BODY": ("From", "{own}> BODY=BINARYMIME", ("BODY=BINARYMIME", "BODY=BINARYMIME>")),
    "second sender": ("From", "{own}><{evil}@{domain}", ()),
    "quoted sender": ("From", '"{local}> SIZE=1"@{domain}', ("SIZE=1", "SIZE=1@{domain}>")),
}


def parameter_injection(name: str, domain: str) -> Injection:
    """The entry of that name in `PARAMETERS`."""
    place, shape, tokens = PARAMETERS[name]
    filled = tuple(token.replace("{domain}", domain) for token in tokens)
    return Injection(place, _filled(shape, place, domain, ""), f"{name}, in {place}", filled)


def _filled(shape: str, place: Place, domain: str, line_end: str) -> str:
    local = f"{'from' if place == 'From' else 'to1'}-{NONCE}"
    return shape.format(own=f"{local}@{domain}", local=local, domain=domain, br=line_end, evil=STRANGER)
