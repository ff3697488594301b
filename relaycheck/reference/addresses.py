"""One mailbox per string, by the grammar of RFC 5321 §4.1.2 with the UTF-8 of RFC 6531 §3.3. No lists, no display names."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.reference.received import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.submission import Submission

ATOM = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u0080-\U0010ffff]+"
LOCAL = re.compile(rf'(?:{ATOM}(?:\.{ATOM})*|"(?:[ !#-\[\]-~\u0080-\U0010ffff]|\\[ -~])*")')
LABEL = r"[A-Za-z0-9\u0080-\U0010ffff](?:[A-Za-z0-9\-\u0080-\U0010ffff]*[A-Za-z0-9\u0080-\U0010ffff])?"
DOMAIN = re.compile(rf"{LABEL}(?:\.{LABEL})*")
GENERAL_LITERAL = re.compile(r"[A-Za-z0-9\-]*[A-Za-z0-9]:[!-Z^-~]+")
LONGEST_LOCAL, LONGEST_DOMAIN, LONGEST_MAILBOX, LONGEST_LABEL = 64, 255, 254, 63
"""Octets (RFC 5321 §4.5.3.1; a path is at most 256 with its angle brackets; RFC 1035 §2.3.4)."""


def split_mailbox(text: str) -> tuple[str, str]:
    """Local part and domain, at the last `@`: a quoted local part may hold others."""
    local, at, domain = text.rpartition("@")
    if not at:
        raise ValueError
    return local, domain


def check_local(local: str) -> None:
    if not LOCAL.fullmatch(local) or len(local.encode()) > LONGEST_LOCAL:
        raise ValueError


def check_domain(domain: str) -> None:
    if len(domain.encode()) > LONGEST_DOMAIN:
        raise ValueError
    if domain.startswith("[") and domain.endswith("]"):
        _check_literal(domain[1:-1])
        return
    if not DOMAIN.fullmatch(domain) or any(len(label.encode()) > LONGEST_LABEL for label in domain.split(".")):
        raise ValueError


def _check_literal(literal: str) -> None:
    """An address literal (RFC 5321 §4.1.3); `ipaddress` says by ValueError what is none."""
    if literal[:5].lower() == "ipv6:":
        ipaddress.IPv6Address(literal[5:])
    elif re.fullmatch(r"[0-9.]+", literal):
        ipaddress.IPv4Address(literal)
    elif not GENERAL_LITERAL.fullmatch(literal):
        raise ValueError


def controls(text: str) -> bool:
    """Control characters, C1 and the Unicode line separators included."""
    return any(ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u2029" for c in text)


def mailbox(steps: Addresses, name: str, text: str) -> str:
    """The address as it will stand in the envelope: unchanged, or refused."""
    try:
        if steps.controls(text) or len(text.encode()) > LONGEST_MAILBOX:
            raise ValueError
        local, domain = steps.split_mailbox(text)
        steps.check_local(local)
        steps.check_domain(domain)
    except ValueError:
        raise Refusal(400, "bad-address", f"{name} must hold one mail address and nothing else.") from None
    return text


def reverse_path(steps: Addresses, submission: Submission) -> str:
    """MAIL FROM is From (page); what the message's own header says does not matter (RFC 5321 §3.3)."""
    return steps.mailbox(steps, "From", submission.sender)


def forward_paths(steps: Addresses, submission: Submission) -> tuple[str, ...]:
    """RCPT TO is each of Recipients, in order, as often as it is there; nobody from To, Cc or Bcc (RFC 5321 §7.2)."""
    return tuple(steps.mailbox(steps, "Each of Recipients", text) for text in submission.recipients)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Steps from strings to envelope."""

    mailbox: Callable[[Addresses, str, str], str] = mailbox
    controls: Callable[[str], bool] = controls
    split_mailbox: Callable[[str], tuple[str, str]] = split_mailbox
    check_local: Callable[[str], None] = check_local
    check_domain: Callable[[str], None] = check_domain
    reverse_path: Callable[[Addresses, Submission], str] = reverse_path
    forward_paths: Callable[[Addresses, Submission], tuple[str, ...]] = forward_paths
