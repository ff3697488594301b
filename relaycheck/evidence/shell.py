"""A recorded request as a line for a POSIX shell: curl where curl can say it, printf into nc or openssl where it cannot. Pure.

Secrets are variables: the names of `relaycheck check`'s own where there is one, and `RELAYCHECK_` with the secret's name otherwise.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from relaycheck.exchange import Request
    from relaycheck.target import Url

LONGEST = 32 * 1024  # octets of a request that still go on a command line
PLACEHOLDER = re.compile("‹secret:([^›]+)›")
TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
SAFE_TARGET = re.compile(r"/[!$%&'()*+,\-./0-9:;=?@A-Z_a-z~\[\]]*")
COOKIES = re.compile(r"(?:[^=;\s]+=‹secret:[^›]+›(?:; )?)+")
KNOWN = {
    "basic-credentials": '"$RELAYCHECK_BASIC"',
    "basic-password-credentials": '"$(printf %s "$RELAYCHECK_BASIC" | base64 | tr -d "\\n")"',
    "basic-password": '"${RELAYCHECK_BASIC#*:}"',
    "soticket": '"$RELAYCHECK_SOTICKET"',
    "bearer": '"$RELAYCHECK_BEARER"',
    "app-token": '"$RELAYCHECK_APP_TOKEN"',
    "xsrf-token": '"$RELAYCHECK_XSRF"',
}
ESCAPES = {n: f"\\{n:03o}" for n in range(256) if not 32 <= n < 127 or chr(n) in "\\'"} | {
    ord("%"): "%%",
    ord("\r"): "\\r",
    ord("\n"): "\\n",
}
"""For the first argument of printf, between single quotes."""
WRITTEN_BY_CURL = ("host", "content-length")
ADDED_BY_CURL = ("User-Agent", "Accept", "Content-Type", "Expect")


def shell_line(request: Request, url: Url) -> str:
    """The line that sends `request` to the target at `url`; empty for a request too long for one."""
    if len(request.raw) > LONGEST:
        return ""
    return _curl(request, url) if _plain(request, url) else _raw(request, url)


def _plain(request: Request, url: Url) -> bool:
    """Whether curl would write just these octets, but for the order of fields."""
    head = (
        f"{request.method} {request.target} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in request.fields) + "\r\n"
    )
    names = [name.lower() for name, _ in request.fields]
    return (
        request.raw.decode("utf-8", "replace") == head + request.body.decode("utf-8", "replace")
        and bool(TOKEN.fullmatch(request.method) and SAFE_TARGET.fullmatch(request.target))
        and all(TOKEN.fullmatch(n) and v == v.strip() and v.isprintable() for n, v in request.fields)
        and request.fields.all("Host") == (url.authority,)
        and (names.count("content-length") == 1 or not request.body)
        and "transfer-encoding" not in names
        and request.method not in ("HEAD", "CONNECT")
    )


def _curl(request: Request, url: Url) -> str:
    place = f"{url.scheme}://{url.authority}{request.target}"
    parts = [f"curl -isSg --http1.1 --path-as-is -X {request.method} {_quoted(place)}"]
    parts += [f"-H {_quoted(_field(n, v))}" for n, v in request.fields if n.lower() not in WRITTEN_BY_CURL]
    parts += [f"-H '{name}:'" for name in ADDED_BY_CURL if name not in request.fields]
    if not request.body:
        return " \\\n  ".join(parts)
    text = _text(request.body)
    if text is not None and text.isprintable() and not text.startswith("@"):
        return " \\\n  ".join([*parts, f"--data-binary {_quoted(text)}"])
    return f"{_printf(request.body)} | " + " \\\n  ".join([*parts, "--data-binary @-"])


def _field(name: str, value: str) -> str:
    return f"{name}: {value}" if value else f"{name};"


def _raw(request: Request, url: Url) -> str:
    if url.scheme == "https":
        reach = f"openssl s_client -quiet -servername {url.host} -connect {url.host}:{url.port}"
    else:
        reach = f"nc -w 5 {url.host} {url.port}"
    return f"{_printf(request.raw)} | {reach}"


def _printf(octets: bytes) -> str:
    """A printf command that writes the octets; variables are its arguments."""
    text = octets.decode("utf-8", "surrogateescape")
    arguments = [_variable(name) for name in PLACEHOLDER.findall(text)]
    pattern = "%s".join(_escaped(piece) for piece in PLACEHOLDER.split(text)[::2])
    return " ".join([f"printf '{pattern}'", *arguments])


def _escaped(text: str) -> str:
    return text.encode("utf-8", "surrogateescape").decode("latin-1").translate(ESCAPES)


def _quoted(text: str) -> str:
    """A shell word for the text, its placeholders as variables."""
    if text.startswith("Cookie: ") and COOKIES.fullmatch(text.removeprefix("Cookie: ")):
        return '"Cookie: $RELAYCHECK_COOKIES"'
    pieces = PLACEHOLDER.split(text)
    made = [_variable(piece) if at % 2 else _literal(piece) for at, piece in enumerate(pieces)]
    return "".join(made) or "''"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'" if text else ""


def _variable(name: str) -> str:
    bare = name.removeprefix("--").removeprefix("RELAYCHECK_")
    return KNOWN.get(name) or f'"$RELAYCHECK_{re.sub("[^0-9A-Za-z]+", "_", bare).upper()}"'


def _text(octets: bytes) -> str | None:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return None
