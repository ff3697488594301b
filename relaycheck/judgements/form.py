"""The form of a response: what of it does not depend on the mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.state import missing, red
from relaycheck.verdicts import Verdict, failed, passed

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange

FRAMING = ("Content-Length", "Transfer-Encoding", "Content-Type")


@judgement
def same_form(probe: Exchange, control: Exchange) -> Verdict:
    """The probe's response is framed as the control's: the same fields about content, the same content, the same octets after it."""
    if bad := red(control) or missing(probe):
        return bad
    was, came = _form(control), _form(probe)
    for what, before in was.items():
        if came[what] != before:
            return failed(f"{what}: {_said(before)} in the control's response, {_said(came[what])} in the probe's")
    return passed("both responses are framed alike")


def _form(exchange: Exchange) -> dict[str, object]:
    response = exchange.response
    fields = {name: response.fields.get(name) if response else None for name in FRAMING}
    return {
        "status": exchange.status,
        **fields,
        "content": response.body if response else b"",
        "octets after the response": exchange.stray,
    }


def _said(value: object) -> str:
    return "none" if value is None or value == b"" else repr(value)
