"""The same message in another transfer encoding (RFC 2045 §6): what a relay may make of it where the server takes only 7 bits."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import compat32
from typing import TYPE_CHECKING

from relaycheck.judgements.mail import NEWLINE, added_fields, name_of

if TYPE_CHECKING:
    from email.message import Message

REWRITTEN = (b"content-transfer-encoding", b"content-type", b"mime-version", b"bcc")
"""Fields that encoding anew may change or add; Bcc may go at any time."""


def same_content(sent: bytes, got: bytes) -> bool:
    """Whether both hold the same parts once decoded, and the relayed header has every other field of the submitted one."""
    return _parts(sent) == _parts(got) and not _lost_fields(sent, got)


def _lost_fields(sent: bytes, got: bytes) -> list[bytes]:
    return [line for line in added_fields(got, sent) if name_of(line) not in REWRITTEN]


def _parts(data: bytes) -> list[bytes]:
    """The decoded content of every part that is no multipart, line ends made alike, the last of them left out."""
    return [_decoded(part) for part in message_from_bytes(data, policy=compat32).walk() if not part.is_multipart()]


def _decoded(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    octets = content if isinstance(content, bytes) else b""
    return NEWLINE.sub(b"\r\n", octets).removesuffix(b"\r\n")
