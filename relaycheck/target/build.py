"""From keys and values to a typed `Target`: what the schema cannot check, and what goes together with what."""

from __future__ import annotations

import ipaddress
import math
from typing import TYPE_CHECKING, Any

from relaycheck.target.credentials import read_auth
from relaycheck.target.listeners import read_witness
from relaycheck.target.model import DATACONTRACT, PLAIN, Content, Limits, Relay, Target, Url, XmlDialect
from relaycheck.target.problems import TargetProblem
from relaycheck.target.url import BadUrl, Resolver, addresses, host_name, is_loopback, parse_url

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from relaycheck.target.document import Document


def build(document: Document, environ: Mapping[str, str], resolver: Resolver = addresses) -> Target:
    """The target that `document` describes. Raises `TargetProblem` with all that is wrong, in the file's order."""
    data = document.data
    url = _url(document)
    local = url is None or is_loopback(url.host, resolver)
    relay = _relay(document)
    target = Target(
        url=url or Url("https", "nowhere.invalid", 443),
        name=data.get("name", ""),
        version=data.get("version", ""),
        contact=data.get("contact", ""),
        installation=data.get("installation", "onsite"),
        auth=read_auth(document, environ),
        content=_content(document),
        relay=relay,
        witness=read_witness(document, local=local, queued=relay.mode == "queued"),
        limits=_limits(document),
        safety_domain=_safety_domain(document),
        allow_plaintext=data.get("allow_plaintext", False),
        trust=_trust(document),
        http2=data.get("http2"),
        get_describes=data.get("get_describes", False),
    )
    if url is not None:
        _check_transport(document, target, local)
    if document.problems:
        raise TargetProblem(tuple(sorted(document.problems, key=lambda problem: _order(problem.where))))
    return target


def _order(where: str) -> int:
    line = where.rpartition(":")[2]
    return int(line) if line.isdigit() else 0


def _url(document: Document) -> Url | None:
    text = document.data.get("url")
    if text is None:
        return None
    try:
        url = parse_url(text)
    except BadUrl as bad:
        for what, todo in bad.findings:
            document.complain(("url",), what, todo)
        return None
    try:
        unspecified = ipaddress.ip_address(url.host).is_unspecified
    except ValueError:
        unspecified = False
    if unspecified:
        document.complain(
            ("url",), f"{url.host} is where a server listens, not a place to reach", "Write 127.0.0.1 or [::1]"
        )
        return None
    return url


def _check_transport(document: Document, target: Target, local: bool) -> None:
    plain = target.url.scheme == "http"
    if plain and not local and target.secrets() and not target.allow_plaintext:
        document.complain(
            ("url",),
            f"credentials would cross the network to {target.url.host} in plain http",
            "Use https, or allow it with --allow-plaintext or allow_plaintext = true",
        )
    if plain and target.http2:
        document.complain(
            ("http2",), "is true, and the URL is plain http", "HTTP/2 is agreed by ALPN and so needs https"
        )


def _content(document: Document) -> Content:
    table = document.table("content") or {}
    charset = table.get("charset", "utf-8")
    try:
        "".encode(charset)
    except (LookupError, ValueError):
        document.complain(
            ("content", "charset"), "is not a charset that is known here", 'Write it as "utf-8" or "iso-8859-1"'
        )
    return Content(
        xml=_dialect(table.get("xml", "datacontract")),
        form=table.get("form", "indexed"),
        patch=table.get("patch", "body"),
        property_case=table.get("property_case", "any"),
        charset=charset,
        declared=frozenset(table),
    )


def _dialect(given: Any) -> XmlDialect:
    if not isinstance(given, dict):
        return PLAIN if given == "plain" else DATACONTRACT
    return XmlDialect(
        root=given.get("root", PLAIN.root),
        namespace=given.get("namespace", PLAIN.namespace),
        item=given.get("item", PLAIN.item),
        item_namespace=given.get("item_namespace", PLAIN.item_namespace),
        ordered=given.get("ordered", PLAIN.ordered),
        nil=given.get("nil", PLAIN.nil),
    )


def _relay(document: Document) -> Relay:
    table = document.table("relay") or {}
    relay = Relay(**table)
    if not relay.default_connection and not relay.connection_object:
        document.complain(
            ("relay", "connection_object"),
            "and relay.default_connection are both false, so no request could relay anything",
            "Declare the one that the target has",
        )
    if not relay.protocol.isprintable():
        document.complain(("relay", "protocol"), "holds a control character", 'Write it as "SMTP"')
    return relay


def _limits(document: Document) -> Limits:
    table = dict(document.table("limits") or {})
    rate = table.get("requests_per_second")
    if rate is not None and not math.isfinite(rate):
        document.complain(("limits", "requests_per_second"), "is not a finite number", "Leave it out for no limit")
    return Limits(
        requests_per_second=None if rate is None else float(rate),
        body_bytes=_whole(table.get("body_bytes")),
        recipients=_whole(table.get("recipients")),
        response_timeout=float(table.get("response_timeout", 30)),
        failed_logins=_whole(table.get("failed_logins")),
    )


def _whole(value: float | None) -> int | None:
    return None if value is None else int(value)


def _safety_domain(document: Document) -> str:
    domain = (document.table("safety") or {}).get("domain", "relaycheck.test")
    try:
        name = host_name(domain)
        if name.startswith("[") or ":" in name or name.rpartition(".")[2].isdigit():
            raise ValueError("an address is not a mail domain")
    except ValueError as error:
        what = str(error).replace("the host", "the domain")
        document.complain(
            ("safety", "domain"), what, 'Write a domain whose mail harms nobody, such as "relaycheck.test"'
        )
        return "relaycheck.test"
    return name


def _trust(document: Document) -> str | None:
    given = document.data.get("trust")
    if given is None:
        return None
    path: Path = document.folder_of(("trust",)) / given
    import ssl  # here, because few targets need it

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cafile=path)
    except ssl.SSLError:
        document.complain(("trust",), "holds no PEM certificate", "Give the certificate authority's certificate in PEM")
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "not a path"
        document.complain(
            ("trust",), f"cannot be read ({reason})", "Relative paths start at the folder of the target file"
        )
    return str(path.resolve()) if "\0" not in given else given
