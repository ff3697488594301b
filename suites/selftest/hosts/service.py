"""The RelayMessage service that every host offers: the reference's own, without its care for message syntax, which is the host's
business here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.reference.accounts import demo_installation
from relaycheck.reference.mutants.model import change
from relaycheck.reference.received import Refusal
from relaycheck.reference.service import Service

if TYPE_CHECKING:
    from relaycheck.reference.received import Lines, Received

BODY_LIMIT = 20_000_000


def not_too_large(fields: Lines) -> None:
    """413 for a declared length beyond the limit, before any of the body is read."""
    lengths = [value for name, value in fields if name.lower() == "content-length"]
    if lengths and lengths[0].isdigit() and int(lengths[0]) > BODY_LIMIT:
        raise Refusal(413, "too-large", "The content is too large.", close=True)


def unchecked(received: Received) -> str:
    return ""


def thin_service(default_smtp: tuple[str, int], smtp_timeout: float) -> Service:
    """Mail without a connection goes to `default_smtp`; certificates of mail servers are not verified."""
    installation = demo_installation(
        default_smtp=default_smtp, smtp_verify=False, smtp_timeout=smtp_timeout, body_limit=BODY_LIMIT
    )
    return change("routing", host_problem=unchecked, length_problem=unchecked)(Service(installation=installation))
