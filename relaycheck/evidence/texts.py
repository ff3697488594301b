"""Octets and requests as a reader sees them: text, and in what one request differs from another. Pure."""

from __future__ import annotations

import difflib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relaycheck.exchange import Request
    from relaycheck.message import Message

WIDEST = 300  # characters of one differing line that are shown
LONGEST = 16 * 1024  # octets of one side of an exchange that the record holds as text
SCATTERED = 4  # differing places of a body that are told one by one; beyond, its beginning is shown
FIELDS = 8  # differing fields that are told one by one
COMPARED = 500  # octets between the first and the last difference of two bodies; beyond, its beginning is shown


def as_text(octets: bytes, longest: int = LONGEST) -> str:
    """UTF-8 with line feeds; other octets as `\\xNN`. What is cut is counted."""
    shown = octets[:longest].decode("utf-8", "backslashreplace").replace("\r\n", "\n")
    left = len(octets) - longest
    return f"{shown}\n… {left} more octets" if left > 0 else shown


def request_line(request: Request) -> str:
    return f"{request.method} {request.target}"


def differences(control: Request, probe: Request) -> list[str]:
    """In what the probe differs from its control, nonces aside: request line, fields, body."""
    found = []
    was_line, now_line = (request_line(r).replace(r.nonce, "#") for r in (control, probe))
    if was_line != now_line:
        found.append(f"{short(now_line)} instead of {short(was_line)}")
    before, after = _lines(control), _lines(probe)
    found += _listed("without", [line for line in _beyond(after, before) if not _replaced(line, after)])
    found += _listed("with", _beyond(before, after))
    was, now = (r.body.replace(r.nonce.encode(), b"#") for r in (control, probe))
    if was != now:
        found.append(_body(was, now, same_message=_says(control) == _says(probe) is not None))
    return found


def _listed(word: str, lines: list[str]) -> list[str]:
    told = [f"{word} {short(line)}" for line in lines[:FIELDS]]
    return [*told, f"{len(lines) - FIELDS} more fields"] if len(lines) > FIELDS else told


def short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}… ({len(text)} characters)"


def _lines(request: Request) -> list[str]:
    """Every field line that says something: not a Content-Length that counts the body and stands alone."""
    plain = "" if request.fields.all("Transfer-Encoding") else str(len(request.body))
    return [
        f"{n}: {v}".replace(request.nonce, "#")
        for n, v in request.fields
        if n.lower() != "user-agent" and (n.lower(), v) != ("content-length", plain)
    ]


def _beyond(others: list[str], lines: list[str]) -> list[str]:
    """The lines that the others do not have, or have fewer times: a field may stand twice."""
    left = Counter(others)
    found = []
    for line in lines:
        if left[line]:
            left[line] -= 1
        else:
            found.append(line)
    return found


def _replaced(line: str, others: list[str]) -> bool:
    name = line.partition(":")[0].lower()
    return any(other.partition(":")[0].lower() == name for other in others)


def _says(request: Request) -> Message | None:
    """The logical message, nonce aside; None if it carries none."""
    said, nonce = request.message, request.nonce
    if said is None:
        return None
    return said.but(
        rfc822=said.rfc822.replace(nonce, "#"),
        sender=said.sender.replace(nonce, "#"),
        recipients=tuple(r.replace(nonce, "#") for r in said.recipients),
    )


def _body(was: bytes, now: bytes, *, same_message: bool) -> str:
    if not now:
        return "no body"
    if same_message:
        return f"the same message in {len(now)} octets"
    lead, trail = _in_common(was, now)
    was, now, whole = was[lead : len(was) - trail], now[lead : len(now) - trail], now
    if max(len(was), len(now)) <= COMPARED:
        matcher = difflib.SequenceMatcher(None, was, now, autojunk=False)
        parts = [_part(tag, was[a1:a2], now[b1:b2]) for tag, a1, a2, b1, b2 in matcher.get_opcodes() if tag != "equal"]
        if 0 < len(parts) <= SCATTERED and sum(map(len, parts)) < WIDEST:
            return f"body {', '.join(parts)} ({len(whole)} octets)"
    return f"body {short(_plain(whole))!r} ({len(whole)} octets)"


def _in_common(was: bytes, now: bytes) -> tuple[int, int]:
    """How many octets both begin with, and how many of the rest both end with."""
    shorter = min(len(was), len(now))
    lead = next((n for n in range(shorter) if was[n] != now[n]), shorter)
    trail = next((n for n in range(shorter - lead) if was[-1 - n] != now[-1 - n]), shorter - lead)
    return lead, trail


def _part(tag: str, was: bytes, now: bytes) -> str:
    match tag:
        case "delete":
            return f"without {_plain(was)!r}"
        case "insert":
            return f"with {_plain(now)!r}"
        case _:
            return f"{_plain(now)!r} for {_plain(was)!r}"


def _plain(octets: bytes) -> str:
    return octets.decode("utf-8", "backslashreplace")
