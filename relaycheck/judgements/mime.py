"""The same message in another transfer encoding (RFC 2045 §6): what a relay may make of it where the server takes only 7 bits."""

from __future__ import annotations

from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.policy import compat32
from typing import TYPE_CHECKING

from relaycheck.judgements.mail import MAY_BE_GONE, NEWLINE, added_fields, name_of

if TYPE_CHECKING:
    from email.message import Message

REWRITTEN = frozenset({b"content-transfer-encoding", b"content-type", b"mime-version"}) | MAY_BE_GONE
"""Fields that encoding anew may change or add, and those that may go at any time."""


def same_content(sent: bytes, got: bytes) -> bool:
    """Whether both hold the same parts once decoded, and the relayed header has every other field of the submitted one."""
    return _parts(sent) == _parts(got) and not _lost_fields(sent, got)


def _lost_fields(sent: bytes, got: bytes) -> list[bytes]:
    """The submitted fields that are not there any more, not even in encoded words (RFC 2047)."""
    words = {_in_plain_words(line) for line in added_fields(sent, got) if b"=?" in line}
    lost = (line for line in added_fields(got, sent) if name_of(line) not in REWRITTEN)
    return [line for line in lost if line.isascii() or _in_plain_words(line) not in words]


def _in_plain_words(line: bytes) -> str:
    """A field beyond ASCII, or the encoded words that it became, as text without its folding."""
    name, _, value = NEWLINE.sub(b"", line).partition(b":")
    if not value.isascii():
        return f"{name.decode('latin-1')}:{' '.join(_text(value).split())}"
    try:
        said = str(make_header(decode_header(value.decode("ascii"))))
    except (LookupError, UnicodeError, HeaderParseError):
        said = value.decode("ascii")
    return f"{name.decode('latin-1')}:{' '.join(said.split())}"


def _text(octets: bytes) -> str:
    try:
        return octets.decode("utf-8")
    except UnicodeDecodeError:
        return octets.decode("latin-1")


def _parts(data: bytes) -> list[bytes]:
    """The decoded content of every part that is no multipart, line ends made alike, the last of them left out."""
    return [_decoded(part) for part in message_from_bytes(data, policy=compat32).walk() if not part.is_multipart()]


def _decoded(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    octets = content if isinstance(content, bytes) else b""
    return NEWLINE.sub(b"\r\n", octets).removesuffix(b"\r\n")
