"""The target's URL: one strict reading of what people type, and whether a host is this machine."""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable
from typing import Literal
from urllib.parse import quote, unquote_to_bytes

from relaycheck.target.model import OPERATION_PATH, Url

Resolver = Callable[[str], tuple[str, ...]]
"""The addresses of a host name; empty if it has none."""

_URL = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*)://(?P<authority>[^/?#\\]*)(?P<path>[^?#]*)", re.DOTALL)
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
_SAFE = "-._~!$&'()*+,;=:@"  # pchar of RFC 3986 §3.3


class BadUrl(ValueError):
    """A URL that cannot be used; `findings` are (what is wrong, what to do) and hold no credential."""

    def __init__(self, findings: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(what for what, _ in findings))
        self.findings = findings


def parse_url(text: str) -> Url:
    """Scheme, host, port and prefix of `text`; the operation's own path is taken off if somebody pasted it.

    Raises `BadUrl` with everything that is wrong.
    """
    if re.search(r"[\x00-\x20\x7f]", text):
        raise BadUrl((("the URL holds a space or a control character", "Remove it, or write it percent-encoded"),))
    match = _URL.match(text)
    if match is None:
        raise BadUrl((("the URL has no scheme", "Write it in full, such as https://staging.example"),))
    findings: list[tuple[str, str]] = []
    scheme = match["scheme"].lower()
    if scheme not in ("http", "https"):
        findings.append(
            (f"the scheme {scheme} is not http or https", "Write it as https://host, or http://host for a test")
        )
    _, userinfo, place = match["authority"].rpartition("@")
    if userinfo:
        findings.append(
            ("the URL holds a user name or password", "Leave it out; give credentials in [auth.basic] or with --basic")
        )
    if "?" in text:
        findings.append(
            ("the URL has a query", "Leave off everything from the question mark; the suite adds $select itself")
        )
    if "#" in text:
        findings.append(("the URL has a fragment", "Leave off everything from the # sign"))
    host, port = "", 0
    try:
        host, port = _host_and_port(place, 80 if scheme == "http" else 443)
    except ValueError as error:
        findings.append((str(error), "Write it as https://host or https://host:port"))
    prefix = ""
    try:
        prefix = _prefix(match["path"])
    except ValueError as error:
        findings.append((str(error), "Give the path that comes before /api, percent-encoded"))
    if findings:
        raise BadUrl(tuple(findings))
    known: Literal["http", "https"] = "http" if scheme == "http" else "https"
    return Url(scheme=known, host=host, port=port, prefix=prefix)


def _host_and_port(place: str, default: int) -> tuple[str, int]:
    if place.startswith("["):
        literal, bracket, rest = place[1:].partition("]")
        if not bracket or (rest and not rest.startswith(":")):
            raise ValueError("the IPv6 address is not closed by a bracket, or something follows it")
        host, port = host_name(f"[{literal}]"), rest[1:]
    else:
        if place.count(":") > 1:
            raise ValueError("an IPv6 address must stand in brackets, such as [::1]")
        name, _, port = place.partition(":")
        host = host_name(name)
    return host, port_number(port) if port else default


def port_number(text: str) -> int:
    """A TCP port from 1 to 65535; `ValueError` with a sentence otherwise."""
    if not (text.isascii() and text.isdigit() and len(text) <= 5 and 1 <= int(text) <= 65535):
        raise ValueError("the port is not a number from 1 to 65535")
    return int(text)


def host_name(text: str) -> str:
    """A host in its one form: lower case, A-labels (IDNA 2008, UTS 46), IPv6 compressed and without brackets.

    Raises `ValueError` with a sentence.
    """
    if text.startswith("[") and text.endswith("]"):
        try:
            six = ipaddress.IPv6Address(text[1:-1])
        except ValueError:
            raise ValueError("what stands in brackets is not an IPv6 address") from None
        if six.scope_id:
            raise ValueError("the IPv6 address has a zone, which a Host field cannot carry")
        return six.compressed
    if not text:
        raise ValueError("the host is missing")
    if text.isascii():
        name = text.lower().removesuffix(".")
    else:
        import idna  # here, because few need its tables

        try:
            name = idna.encode(text, uts46=True).decode("ascii").removesuffix(".")
        except idna.IDNAError:
            raise ValueError("the host is not a valid internationalised name (IDNA)") from None
    labels = name.split(".")
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        try:
            return str(ipaddress.IPv4Address(name))
        except ValueError:
            raise ValueError("the host looks like an IPv4 address but is not one") from None
    if len(name) > 253 or not all(_LABEL.match(label) for label in labels):
        raise ValueError("the host is not a valid name")
    return name


def _prefix(path: str) -> str:
    """The path before the operation's, normalised (RFC 3986 §6.2.2): no dot segments, no empty ones."""
    if re.search(r"%(?![0-9A-Fa-f]{2})", path):
        raise ValueError("the path holds a % that does not begin a percent-encoded octet")
    segments: list[str] = []
    for raw in path.split("/"):
        octets = unquote_to_bytes(raw)
        if b"/" in octets or b"\\" in octets or any(o < 0x20 or o == 0x7F for o in octets):
            raise ValueError("a segment of the path holds an encoded slash or control character, or a backslash")
        segment = quote(octets, safe=_SAFE)
        if segment == "..":
            segments = segments[:-1]
        elif segment not in ("", "."):
            segments.append(segment)
    operation = OPERATION_PATH.strip("/").lower().split("/")
    if [s.lower() for s in segments[-len(operation) :]] == operation:
        segments = segments[: -len(operation)]
    return "".join(f"/{segment}" for segment in segments)


def addresses(host: str) -> tuple[str, ...]:
    """What the system's resolver says of `host`."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(str(entry[4][0]) for entry in found)


def is_loopback(host: str, resolver: Resolver = addresses) -> bool:
    """Whether `host` is this machine's loopback: an address of it, `localhost` (RFC 6761 §6.3), or a name for such."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        pass
    found = resolver(host)
    return bool(found) and all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in found)
