"""Services whose JSON reader decides otherwise where RFC 8259 leaves it open."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from relaycheck.reference.binding import integer
from relaycheck.reference.binding import text as checked_text
from relaycheck.reference.reading_json import parse, top_level
from relaycheck.reference.received import Answer
from relaycheck.reference.variants.model import Variant, change

if TYPE_CHECKING:
    from relaycheck.reference.reading_json import JsonReading, Members
    from relaycheck.reference.received import Received, Refusal
    from relaycheck.reference.service import Service
    from relaycheck.target import Target

SURROGATE = re.compile("[\ud800-\udfff]")
COMMENT_OR_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
COMMA_OR_STRING = re.compile(r'"(?:[^"\\]|\\.)*"|,(?=\s*[}\]])')


def with_extensions(steps: JsonReading, text: str) -> Any:
    """Comments and commas at the end are no errors."""
    text = COMMENT_OR_STRING.sub(lambda found: found[0] if found[0].startswith('"') else " ", text)
    return parse(steps, COMMA_OR_STRING.sub(lambda found: found[0] if found[0].startswith('"') else "", text))


def last_member(pairs: list[tuple[str, Any]]) -> Members:
    return dict(pairs)


def first_member(pairs: list[tuple[str, Any]]) -> Members:
    return dict(reversed(pairs))


def surrogates_replaced(name: str, value: Any) -> str:
    return checked_text(name, SURROGATE.sub("\ufffd", value) if isinstance(value, str) else value)


def shallow(steps: JsonReading, text: str) -> Any:
    """Depth 32 is enough."""

    def deepest(value: Any, depth: int = 0) -> int:
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return max((deepest(item, depth + 1) for item in inner), default=depth) if depth < 40 else depth

    value = parse(steps, text)
    return top_level(None) if deepest(value) > 32 else value


def whole_number(name: str, value: Any) -> int:
    """2525.0 is an integer (JSON Schema 2020-12, 4.2.3)."""
    return integer(name, int(value) if isinstance(value, float) and value.is_integer() else value)


def null_for_no_object(service: Service, received: Received, refusal: Refusal) -> Answer:
    """Where the body is no object, the agent answers 200 with null."""
    if refusal.code == "bad-body":
        return Answer(200, (("Content-Type", "application/json"), ("Content-Length", "4")), b"null")
    from relaycheck.reference.answers import refused

    return refused(service, received, refusal)


def exact(target: Target) -> Target:
    return replace(target, content=replace(target.content, property_case="exact"))


def infinite(name: str) -> float:
    return float(name.replace("Infinity", "inf"))


VARIANTS = (
    Variant(
        "V-JSON-extensions", "Comments and trailing commas are allowed.", change("content.json", parse=with_extensions)
    ),
    Variant("V-JSON-nan", "NaN and the infinities are numbers.", change("content.json", refuse_constant=infinite)),
    Variant("V-JSON-last", "Of equal names the last counts.", change("content.json", unique_members=last_member)),
    Variant("V-JSON-first", "Of equal names the first counts.", change("content.json", unique_members=first_member)),
    Variant("V-JSON-surrogates", "Half a pair becomes U+FFFD.", change("binding", text=surrogates_replaced)),
    Variant("V-JSON-shallow", "Objects may be nested 32 deep.", change("content.json", parse=shallow)),
    Variant("V-JSON-whole-numbers", "A port may be written 2525.0.", change("binding", integer=whole_number)),
    Variant(
        "V-JSON-200-null",
        "A body that is no object is answered with 200 and null.",
        change("answers", refused=null_for_no_object),
    ),
    Variant(
        "V-JSON-exact-names",
        "Names are matched with regard to case.",
        change("binding", same_name=lambda given, known: given == known),
        target=exact,
    ),
)
