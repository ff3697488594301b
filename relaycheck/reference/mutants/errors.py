"""Faults of refusals: what they lead to and what they tell."""

from __future__ import annotations

import json
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from relaycheck.reference.answers import error_body, refused
from relaycheck.reference.content import decode_coding, decode_text
from relaycheck.reference.faults import Close, WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.reading_json import parse
from relaycheck.reference.received import Answer, Refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relaycheck.reference.content import MediaType
    from relaycheck.reference.faults import Move, Outgoing
    from relaycheck.reference.reading_json import JsonReading
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service

PAGE = b"<!DOCTYPE html><html><body><h1>Error</h1><p>Something went wrong.</p></body></html>"


def unhandled_json(steps: JsonReading, given: str) -> Any:
    return json.loads(given, object_pairs_hook=steps.unique_members)


def recursion_unhandled(steps: JsonReading, given: str) -> Any:
    if given.count("[") > 1000 or given.count("{") > 1000:
        raise RecursionError(given[:20])
    return parse(steps, given)


def untyped(name: str, value: Any) -> str:
    return str(value.strip("\0")) if value is not None else ""


def unhandled_charset(media_type: MediaType, octets: bytes) -> str:
    if media_type.charset and media_type.charset.lower() not in ("utf-8", "utf8", "iso-8859-1", "utf-16", "us-ascii"):
        return octets.decode(media_type.charset)
    return decode_text(media_type, octets)


def gzip_crash(received: Received, octets: bytes, limit: int) -> bytes:
    try:
        return decode_coding(received, octets, limit)
    except Refusal as refusal:
        if refusal.code == "bad-coding":
            raise OSError("not a gzipped file") from None
        raise


def drop_on_400(outgoing: Outgoing) -> Iterable[Move]:
    return (Close(reset=True),) if outgoing.status == 400 and b"bad-json" in outgoing.content else (outgoing.raw,)


def empty(*statuses: int) -> Callable[[Received, Answer], Answer]:
    def finish(received: Received, answer: Answer) -> Answer:
        if answer.status not in statuses:
            return answer
        bare = answer.without_field("Content-Type").without_field("Content-Length")
        return bare.with_field("Content-Length", "0").but(body=b"")

    return finish


def untyped_error(received: Received, answer: Answer) -> Answer:
    return answer.without_field("Content-Type") if answer.status >= 400 else answer


def html(*statuses: int) -> Callable[[Received, Answer], Answer]:
    def finish(received: Received, answer: Answer) -> Answer:
        if answer.status not in statuses or received.method == "HEAD":
            return answer
        kept = answer.without_field("Content-Type").without_field("Content-Length")
        fields = (*kept.fields, ("Content-Type", "text/html"), ("Content-Length", str(len(PAGE))))
        return answer.but(fields=fields, body=PAGE)

    return finish


def page_called_json(received: Received, answer: Answer) -> Answer:
    """The type is negotiated, the content is the framework's page."""
    if answer.status != 415:
        return answer
    kept = answer.without_field("Content-Length")
    return kept.with_field("Content-Length", str(len(PAGE))).but(body=PAGE)


def trace_of(received: Received, error: Exception) -> Answer:
    body = "".join(traceback.format_exception(error)).encode()
    return Answer(500, (("Content-Type", "text/plain"), ("Content-Length", str(len(body)))), body)


def debug(service: Service) -> Service:
    json_reading = replace(service.content.json, parse=unhandled_json)
    return replace(
        service,
        content=replace(service.content, json=json_reading),
        answers=replace(service.answers, crashed=trace_of),
    )


def said(sentence: str, when: str) -> Callable[[str, Refusal], bytes]:
    """The error of one code ends in a sentence of the framework's."""

    def body(media_type: str, refusal: Refusal) -> bytes:
        if refusal.code == when:
            refusal = Refusal(refusal.status, refusal.code, f"{refusal.sentence} {sentence}")
        return error_body(media_type, refusal)

    return body


def debug_field(received: Received, answer: Answer) -> Answer:
    if answer.status != 405:
        return answer
    return answer.with_field("X-Debug-Source", "/srv/relay/handlers/routing.py")


def text_for_415(media_type: str, refusal: Refusal) -> bytes:
    return error_body("text/plain" if refusal.status == 415 else media_type, refusal)


def labelled(service: Service, received: Received, refusal: Refusal) -> Answer:
    """415 is written by another part of the service, as plain text."""
    answer = refused(service, received, refusal)
    if refusal.status != 415:
        return answer
    return answer.without_field("Content-Type").with_field("Content-Type", "text/plain; charset=utf-8")


def problem_for_401(media_type: str, refusal: Refusal) -> bytes:
    if refusal.status == 401:
        return json.dumps({"error": refusal.code, "error_description": refusal.sentence}).encode()
    return error_body(media_type, refusal)


MUTANTS = (
    Mutant(
        "RM-ERR-01-json",
        breaks="RM-ERR-01",
        fault="What is no JSON leads to 500.",
        service=change("content.json", parse=unhandled_json),
    ),
    Mutant(
        "RM-ERR-01-depth",
        breaks="RM-ERR-01",
        fault="Deep nesting leads to 500.",
        service=change("content.json", parse=recursion_unhandled),
    ),
    Mutant(
        "RM-ERR-01-types",
        breaks="RM-ERR-01",
        fault="A number where a text belongs leads to 500.",
        service=change("binding", text=untyped),
    ),
    Mutant(
        "RM-ERR-01-charset",
        breaks="RM-ERR-01",
        fault="An unknown charset leads to 500.",
        service=change("content", decode_text=unhandled_charset),
    ),
    Mutant(
        "RM-ERR-01-gzip",
        breaks="RM-ERR-01",
        fault="What is no gzip leads to 500.",
        service=change("content", decode_coding=gzip_crash),
    ),
    Mutant(
        "RM-ERR-01-reset",
        breaks="RM-ERR-01",
        fault="What is no JSON resets the connection.",
        wire=WireFaults(outgoing=drop_on_400),
    ),
    Mutant(
        "RM-ERR-02-bare-400",
        breaks="RM-ERR-02",
        fault="A 400 has no body.",
        service=change("answers", finish=empty(400)),
    ),
    Mutant(
        "RM-ERR-02-bare-401",
        breaks="RM-ERR-02",
        fault="A 401 has no body.",
        service=change("answers", finish=empty(401)),
    ),
    Mutant(
        "RM-ERR-02-untyped",
        breaks="RM-ERR-02",
        fault="Errors have no Content-Type.",
        service=change("answers", finish=untyped_error),
    ),
    Mutant(
        "RM-ERR-03-html",
        breaks="RM-ERR-03",
        fault="Errors are HTML pages.",
        service=change("answers", finish=html(400, 401, 404, 405, 413, 415)),
    ),
    Mutant(
        "RM-ERR-03-html-401",
        breaks="RM-ERR-03",
        fault="Only the refusal of a login is an HTML page.",
        service=change("answers", finish=html(401)),
    ),
    Mutant(
        "RM-ERR-03-page-called-json",
        breaks="RM-ERR-03",
        fault="The page for a 415 says that it is JSON.",
        service=change("answers", finish=page_called_json),
    ),
    Mutant("RM-ERR-04-debug", breaks="RM-ERR-04", fault="The debug mode is switched on.", service=debug),
    Mutant(
        "RM-ERR-04-exception",
        breaks="RM-ERR-04",
        fault="The error for a wrong type names the exception.",
        service=change(
            "answers", error_body=said("Newtonsoft.Json.JsonReaderException at line 1, position 13.", "bad-request")
        ),
    ),
    Mutant(
        "RM-ERR-04-go-types",
        breaks="RM-ERR-04",
        fault="The error for a wrong type is the one of encoding/json of Go.",
        service=change(
            "answers",
            error_body=said(
                "json: cannot unmarshal number into Go struct field Request.From of type string", "bad-request"
            ),
        ),
    ),
    Mutant(
        "RM-ERR-04-stack",
        breaks="RM-ERR-04",
        fault="The error for XML holds a stack trace on one line.",
        service=change(
            "answers",
            error_body=said("   at System.Xml.XmlTextReaderImpl.Throw(Exception e)\r\n   at Relay.Read()", "bad-xml"),
        ),
    ),
    Mutant(
        "RM-ERR-04-field",
        breaks="RM-ERR-04",
        fault="A field of the 405 names a source file.",
        service=change("answers", finish=debug_field),
    ),
    Mutant(
        "RM-ERR-05-text-415",
        breaks="RM-ERR-05",
        fault="A 415 is plain text, other errors are JSON.",
        service=change("answers", error_body=text_for_415, refused=labelled),
    ),
    Mutant(
        "RM-ERR-05-oauth-401",
        breaks="RM-ERR-05",
        fault="A 401 has other members than a 400.",
        service=change("answers", error_body=problem_for_401),
    ),
)
