"""Services that take the negotiation of a representation more strictly than the reference."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from relaycheck.reference.received import Refusal
from relaycheck.reference.variants.model import Variant, change

if TYPE_CHECKING:
    from relaycheck.reference.received import Received
    from relaycheck.reference.submission import Submission


def json_or_406(received: Received, submission: Submission) -> Submission:
    """406 before anything is relayed, where neither JSON nor XML nor text is acceptable (RFC 9110 §15.5.7)."""
    accept = (received.get("accept") or "").lower()
    if accept and not re.search(r"json|xml|text/|application/\*|\*/\*", accept):
        raise Refusal(406, "not-acceptable", "The response can be JSON, XML or text.")
    return submission


def well_formed_cultures(received: Received, submission: Submission) -> Submission:
    for name in ("so-culture", "so-language"):
        value = received.get(name)
        if value is not None and not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", value):
            raise Refusal(400, "bad-culture", "This is no culture.")
    return submission


def strict_fields(received: Received, submission: Submission) -> Submission:
    for name in ("accept", "accept-language", "accept-encoding"):
        for weight in re.findall(r";\s*[qQ]=([^;,]*)", received.get(name) or ""):
            if not re.fullmatch(r"\s*(0(\.\d{0,3})?|1(\.0{0,3})?)\s*", weight):
                raise Refusal(400, "bad-weight", "A weight is no number from 0 to 1.")
    return submission


VARIANTS = (
    Variant("V-NEG-406", "An Accept that cannot be met is refused with 406.", change("", submitted=json_or_406)),
    Variant("V-NEG-cultures", "A malformed culture is refused with 400.", change("", submitted=well_formed_cultures)),
    Variant("V-NEG-weights", "A malformed weight is refused with 400.", change("", submitted=strict_fields)),
)
