"""From what a test says to the exact octets of one request: everything valid by default, only the difference said. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final, TypedDict, Unpack

from relaycheck import __version__
from relaycheck.encodings import encode, encode_members
from relaycheck.exchange import Fields, Request
from relaycheck.message import NONCE, Message
from relaycheck.wire import chunked

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from relaycheck.client.credentials import Credential
    from relaycheck.encodings import Spelling
    from relaycheck.target import Target


DIALECT_OF = {
    "application/xml": "xml",
    "text/xml": "xml",
    "application/x-www-form-urlencoded": "form",
    "application/json-patch+json": "patch",
}
"""Which key of the target file's [content] a media type rests on: the page does not say how these are spelled."""


class Default(Enum):
    """The one value that stands for "as it would be", so that None can stand for "left out"."""

    VALUE = "default"


DEFAULT: Final = Default.VALUE


class Variations(TypedDict, total=False):
    """What a test may say about a request. What it does not say is valid and the same for all tests."""

    media_type: str
    """The encoding of the body, one of the seven; by default the baseline's."""
    content_type: str | Default | None
    """The value of Content-Type; None leaves the field out."""
    spelling: Spelling | None
    members: Mapping[str, Any]
    """The body's members in place of those of the message: what is missing, null, retyped or extra."""
    body: bytes | Callable[[Message], bytes]
    """The content as it is; a NONCE in it is stamped."""
    auth: Credential | Default | None
    """None: no credentials at all."""
    scheme: str
    """Another spelling of the Authorization scheme."""
    query: str | None
    """The query as on the wire, without the question mark; None: none."""
    headers: Sequence[tuple[str, str]]
    """Further header fields, after the others."""
    without: Sequence[str]
    """Names of default header fields to leave out."""
    method: str
    path: str
    chunks: Sequence[int] | None
    """Sizes of the chunks of a chunked body (RFC 9112 §7.1); what is left over is one more chunk."""
    expects: Message | Default | None
    """What must arrive if the request is accepted; by default the message."""
    note: str


def varied(variations: Variations, **more: Unpack[Variations]) -> Variations:
    """Variations of a table with further ones, which win."""
    return {**variations, **more}


@dataclass(frozen=True, slots=True)
class Composer:
    """Makes requests for one target. `credential` and `media_type` are the baseline that its first control established."""

    target: Target
    credential: Credential | None
    media_type: str
    run_id: str = ""
    baseline_query: str | None = None

    def request(self, nonce: str, message: Message, variations: Variations) -> Request:
        stamped = message.stamped(nonce)
        body = self._body(stamped, nonce, variations)
        method = variations.get("method", "POST")
        fields = self._fields(nonce, variations)
        chunks = variations.get("chunks")
        if "Content-Length" not in variations.get("without", ()) and not _framed(fields):
            fields += (
                (("Transfer-Encoding", "chunked"),) if chunks is not None else (("Content-Length", str(len(body))),)
            )
        path = variations.get("path", self.target.url.path).replace(NONCE, nonce)
        query = variations.get("query", self.baseline_query)
        line = path if query is None else f"{path}?{query.replace(NONCE, nonce)}"
        head = f"{method} {line} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields) + "\r\n"
        payload = chunked(body, chunks) if chunks is not None else body
        expects = variations.get("expects", DEFAULT)
        return Request(
            method=method,
            target=line,
            fields=Fields(fields),
            body=body,
            raw=_octets(head) + payload,
            nonce=nonce,
            message=stamped if expects is DEFAULT else expects.stamped(nonce) if expects else None,
            assumes=self._assumes(variations),
            plain=_holds_no_secret(stamped, variations),
            note=variations.get("note", ""),
            by_hand="body" in variations,
        )

    def _assumes(self, variations: Variations) -> tuple[str, ...]:
        key = DIALECT_OF.get(variations.get("media_type", self.media_type))
        return (f"content.{key}",) if key and key not in self.target.content.declared else ()

    def _body(self, stamped: Message, nonce: str, variations: Variations) -> bytes:
        media_type = variations.get("media_type", self.media_type)
        given = variations.get("body")
        if callable(given):
            return given(stamped)
        if given is not None:
            return given.replace(NONCE.encode(), nonce.encode())
        spelling = variations.get("spelling")
        if "members" in variations:
            members = {name: _stamped(value, nonce) for name, value in variations["members"].items()}
            return encode_members(members, media_type, self.target.content, spelling)
        return encode(stamped, media_type, self.target.content, spelling)

    def _fields(self, nonce: str, variations: Variations) -> tuple[tuple[str, str], ...]:
        content_type = variations.get("content_type", DEFAULT)
        if content_type is DEFAULT:
            content_type = variations.get("media_type", self.media_type)
        lines = [
            ("Host", self.target.url.authority),
            ("User-Agent", f"relaycheck/{__version__} (run {self.run_id}; {nonce})"),
        ]
        lines += self._credentials(variations)
        lines.append(("Accept", "application/json"))
        if isinstance(content_type, str):
            lines.append(("Content-Type", content_type))
        left_out = {name.lower() for name in variations.get("without", ())}
        extra = tuple((name, value.replace(NONCE, nonce)) for name, value in variations.get("headers", ()))
        return (*((n, v) for n, v in lines if n.lower() not in left_out), *extra)

    def _credentials(self, variations: Variations) -> list[tuple[str, str]]:
        auth = variations.get("auth", DEFAULT)
        credential = self.credential if auth is DEFAULT else auth
        if credential is None:
            return []
        if "scheme" in variations:
            credential = credential.spelled(variations["scheme"])
        return list(credential.fields())


def _holds_no_secret(message: Message, variations: Variations) -> bool:
    password = message.connection.password if message.connection else None
    return password is None and "body" not in variations and "members" not in variations


def _framed(fields: Sequence[tuple[str, str]]) -> bool:
    return any(name.lower() in ("content-length", "transfer-encoding") for name, _ in fields)


def _octets(head: str) -> bytes:
    """Header text as octets: characters up to U+00FF are octets, others go out as UTF-8."""
    try:
        return head.encode("latin-1")
    except UnicodeEncodeError:
        return head.encode("utf-8", "surrogateescape")


def _stamped(value: Any, nonce: str) -> Any:
    if isinstance(value, str):
        return value.replace(NONCE, nonce)
    if isinstance(value, list | tuple):
        return [_stamped(item, nonce) for item in value]
    if isinstance(value, dict):
        return {key: _stamped(item, nonce) for key, item in value.items()}
    return value
