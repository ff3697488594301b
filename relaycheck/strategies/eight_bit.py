"""Messages beyond ASCII: characters of every width in any place of a buffer, high octets that come late, and text of the header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.message import NONCE

if TYPE_CHECKING:
    from relaycheck.message import Message
    from relaycheck.target import Target

MIME = "MIME-Version: 1.0\r\nContent-Type: {}\r\nContent-Transfer-Encoding: 8bit\r\n"
WIDTHS = ("é😀漢😀😀1" * 40 + "\r\n") * 90
"""65 000 octets, or 188 000 of a form, in characters of one to four octets, and of one or two sixteen-bit units: some stand across
the ends of any usual buffers."""
SEVEN_BITS = ("0123456789" * 7 + "\r\n") * 300
ROOM = 900_000  # octets that a body may have where the target declares no limit


@dataclass(frozen=True, slots=True)
class Kind:
    """A field in front of the message, a long text in front of its body, and the text that matters."""

    field: str
    before: str
    text: str

    def of(self, plain: Message, target: Target) -> Message:
        """The message with both, in characters that the target's charset has."""
        before = room_for(self.before, target)
        message = plain.but(rfc822=self.field + plain.rfc822.replace("A line of text.\r\n", before + self.text))
        return encodable(message, target.content.charset)


EIGHT_BIT = {
    "text": Kind(
        MIME.format("text/plain; charset=utf-8"),
        WIDTHS,
        "naïve café, é€, 😀 e\u0301 \u2028 \u0085 \ufeff\u00a0 ﬁ \u200b\u200d\u00ad\u202e ❤\ufe0f\r\n",
    ),
    "a part": Kind(
        MIME.format('multipart/mixed; boundary="b"'),
        "",
        "--b\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nß é\r\n--b--\r\n",
    ),
    "undeclared": Kind("", SEVEN_BITS, "just é, and no MIME at all\r\n"),
}
IN_THE_HEADER = Kind(f"X-Place: Grüße, cafe\u0301 漢字 {NONCE}\r\n", "", "A line of text.\r\n")


def room_for(text: str, target: Target) -> str:
    """So much of the text as fits into a body of any type, where one octet may take three and one character six."""
    return text[: (target.limits.body_bytes or ROOM) // 12]


def spelled(target: Target) -> tuple[str, ...]:
    """The charsets in which the text of Rfc822 may become octets: the declared one, otherwise one of the usual."""
    return (target.content.charset,) if "charset" in target.content.declared else ("utf-8", "iso-8859-1")


def encodable(message: Message, charset: str) -> Message:
    return message.but(rfc822=message.rfc822.encode(charset, "replace").decode(charset))
