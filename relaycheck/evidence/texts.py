"""Octets and requests as a reader sees them: text, and in what one request differs from another. Pure."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relaycheck.exchange import Request

WIDEST = 300  # characters of one differing line that are shown
LONGEST = 16 * 1024  # octets of one side of an exchange that the record holds as text
COMPARED = 4000  # octets of a body in which the difference is looked for


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
    found += [f"without {short(line)}" for line in before if line not in after and not _replaced(line, after)]
    found += [f"with {short(line)}" for line in after if line not in before]
    was, now = (r.body.replace(r.nonce.encode(), b"#") for r in (control, probe))
    if was != now:
        found.append(_body(was, now))
    return found


def short(text: str) -> str:
    return text if len(text) <= WIDEST else f"{text[:WIDEST]}… ({len(text)} characters)"


def _lines(request: Request) -> list[str]:
    left_out = ("user-agent", "content-length")
    return [f"{n}: {v}".replace(request.nonce, "#") for n, v in request.fields if n.lower() not in left_out]


def _replaced(line: str, others: list[str]) -> bool:
    name = line.partition(":")[0].lower()
    return any(other.partition(":")[0].lower() == name for other in others)


def _body(was: bytes, now: bytes) -> str:
    if not now:
        return "no body"
    matcher = difflib.SequenceMatcher(None, was[:COMPARED], now[:COMPARED], autojunk=False)
    parts = [now[b1:b2] for tag, _, _, b1, b2 in matcher.get_opcodes() if tag in ("replace", "insert")]
    shown = b" ... ".join(parts) if parts and sum(map(len, parts)) < WIDEST else now
    return f"body {short(shown.decode('utf-8', 'backslashreplace'))!r} ({len(now)} octets)"
