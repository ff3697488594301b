"""What the client is told: 204 without content, or a refusal that explains itself as JSON, XML or plain text."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from relaycheck.reference.received import Answer
from relaycheck.reference.routing import allow

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.received import Received, Refusal
    from relaycheck.reference.service import Service

JSON_TYPE, XML_TYPE, TEXT_TYPE = "application/json", "application/xml", "text/plain"
OFFERED = (JSON_TYPE, XML_TYPE, TEXT_TYPE)
MATCHES = {
    JSON_TYPE: ("application/json", "text/json"),
    XML_TYPE: ("application/xml", "text/xml"),
    TEXT_TYPE: ("text/plain",),
}


def accepted(service: Service, received: Received) -> Answer:
    """204 has no content, no Content-Length and no Transfer-Encoding (RFC 9110 §15.3.5, §8.6; RFC 9112 §6.1)."""
    return Answer(204)


def options(received: Received) -> Answer:
    return Answer(200, (allow(), ("Content-Length", "0")))


def error_type(received: Received) -> str:
    """The best of JSON, XML and text for the Accept field; what it cannot read or serve is JSON (RFC 9110 §12.5.1)."""
    accept = received.get("accept")
    if not accept:
        return JSON_TYPE
    weights = {offered: _weight(accept, offered) for offered in OFFERED}
    best = max(OFFERED, key=lambda offered: weights[offered])
    return best if weights[best] > 0 else JSON_TYPE


def _weight(accept: str, offered: str) -> float:
    """The weight that the most specific matching range gives; 0 when none does."""
    found = (-1, 0.0)
    for element in accept.split(","):
        media_range, *parameters = (part.strip().lower() for part in element.split(";"))
        if media_range in MATCHES[offered]:
            specific = 2
        elif media_range == offered.split("/")[0] + "/*":
            specific = 1
        elif media_range == "*/*":
            specific = 0
        else:
            continue
        if specific > found[0]:
            found = (specific, _quality(parameters))
    return found[1]


def _quality(parameters: list[str]) -> float:
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                return min(max(float(parameter[2:]), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0


def error_body(media_type: str, refusal: Refusal) -> bytes:
    """One shape for every error: a code and a sentence."""
    if media_type == XML_TYPE:
        members = f"<Code>{escape(refusal.code)}</Code><Message>{escape(refusal.sentence)}</Message>"
        return f'<?xml version="1.0" encoding="utf-8"?><Error>{members}</Error>'.encode()
    if media_type == TEXT_TYPE:
        return f"{refusal.code}: {refusal.sentence}\n".encode()
    return json.dumps({"Code": refusal.code, "Message": refusal.sentence}).encode()


def refused(service: Service, received: Received, refusal: Refusal) -> Answer:
    steps = service.answers
    media_type = steps.error_type(received)
    body = steps.error_body(media_type, refusal)
    fields = [("Content-Type", f"{media_type}; charset=utf-8"), ("Content-Length", str(len(body)))]
    if refusal.status == 401:
        fields += [("WWW-Authenticate", text) for text in service.authentication.challenges(service, refusal)]
    return Answer(refusal.status, (*fields, *refusal.fields), body, close=refusal.close)


def crashed(received: Received, error: Exception) -> Answer:
    """What an unforeseen error tells: nothing of it."""
    body = json.dumps({"Code": "internal", "Message": "The server made a mistake."}).encode()
    return Answer(500, (("Content-Type", "application/json; charset=utf-8"), ("Content-Length", str(len(body)))), body)


def compressed(received: Received, answer: Answer) -> Answer:
    """The answer with its content in gzip, for who lets it finish so."""
    if not answer.body:
        return answer
    content = gzip.compress(answer.body, mtime=0)
    plain = answer.without_field("Content-Length").but(body=content)
    return plain.with_field("Content-Encoding", "gzip").with_field("Content-Length", str(len(content)))


@dataclass(frozen=True, slots=True)
class Answers:
    """Steps from outcome to response. `finish` sees every answer last."""

    accepted: Callable[[Service, Received], Answer] = accepted
    options: Callable[[Received], Answer] = options
    error_type: Callable[[Received], str] = error_type
    error_body: Callable[[str, Refusal], bytes] = error_body
    refused: Callable[[Service, Received, Refusal], Answer] = refused
    crashed: Callable[[Received, Exception], Answer] = crashed
    finish: Callable[[Received, Answer], Answer] = lambda received, answer: answer
