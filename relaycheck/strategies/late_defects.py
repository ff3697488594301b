"""Requests that hold a whole message and one defect that a careless service notices too late."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from relaycheck.encodings import MEDIA_TYPES, encode, encode_members
from relaycheck.encodings.members import members
from relaycheck.message import NONCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.client import Variations
    from relaycheck.message import Connection, Message
    from relaycheck.target import Content

JSON, XML, FORM = MEDIA_TYPES[0], MEDIA_TYPES[3], MEDIA_TYPES[4]


NOTHING: Variations = {}


@dataclass(frozen=True, slots=True)
class Defect:
    """What differs from a valid request: properties of the message, the octets of the body, or the request around it."""

    changes: Callable[[Message], Message] = lambda message: message
    octets: Callable[[bytes], bytes] | None = None
    members: dict[str, Any] = field(default_factory=dict)
    media_type: str = JSON
    around: Variations = field(default_factory=lambda: NOTHING)

    def variations(self, content: Content) -> Variations:
        if self.octets is not None:
            spoil = self.octets
            return {
                **self.around,
                "media_type": self.media_type,
                "body": lambda m: spoil(encode(m, self.media_type, content)),
            }
        if self.members:
            return {
                **self.around,
                "media_type": self.media_type,
                "body": lambda m: encode_members({**members(m), **self.members}, self.media_type, content),
            }
        return self.around


def _speaking(protocol: str, message: Message) -> Connection | None:
    return replace(message.connection, protocol=protocol) if message.connection else None


LATE_DEFECTS: dict[str, Defect] = {
    "a bad recipient at the end": Defect(lambda m: m.but(recipients=(*m.recipients, f"no address {NONCE}"))),
    "JSON with text after it": Defect(octets=lambda body: body + b" and more"),
    "no credentials": Defect(around={"auth": None}),
    "an unsupported Content-Type": Defect(around={"content_type": "text/plain"}),
    "an empty recipient at the end": Defect(lambda m: m.but(recipients=(*m.recipients, ""))),
    "a bad sender": Defect(lambda m: m.but(sender=f"no address {NONCE}")),
    "an empty sender": Defect(lambda m: m.but(sender="")),
    "a number among the recipients": Defect(members={"Recipients": [f"to-{NONCE}@relaycheck.test", 5]}),
    "an object for From": Defect(members={"From": {}}),
    "XML that breaks off": Defect(octets=lambda body: body[:-3], media_type=XML),
    "a form with a bad triplet at its end": Defect(octets=lambda body: body + b"&x=%zz", media_type=FORM),
    "another method": Defect(around={"method": "PUT"}),
    "no Content-Type": Defect(around={"content_type": None}),
    "a protocol that is none": Defect(lambda m: m.but(connection=_speaking("RELAYCHECK", m))),
    "a coding that the body does not have": Defect(around={"headers": (("Content-Encoding", "gzip"),)}),
}
