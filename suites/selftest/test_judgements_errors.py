"""What errors say, with literals: their shape, their length, what they tell, and whether the service survives."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from literals import ACCEPTED, BUSY, GONE, LOST, REFUSED, SILENT, THROTTLED, exchange
from test_judgements_outcome import FAIL, OPEN, PASS, SURE, told

from relaycheck.exchange import Outcome
from relaycheck.judgements.disclosure import no_internals, repeats_nothing
from relaycheck.judgements.errors import (
    answered_without_5xx,
    explained,
    no_crash_over_the_run,
    nothing_behind_an_error,
    one_shape,
    refused_or_served_cleanly,
    served_again,
    the_length_is_true,
    the_type_fits_accept,
    too_large_is_refused,
)
from relaycheck.judgements.no_content import promised_only_what_was_kept

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange
    from relaycheck.judgements.judgement import Judgement

CRASH = exchange(500, carries=None)
VALID_CRASH = exchange(500)
BAD_CHUNKS = exchange(500, carries=None, request_fields=(("Transfer-Encoding", "chunked"),))
JSON = "application/json; charset=utf-8"
ERROR = b'{"Code": "bad", "Message": "No."}'
PAGE = b"<!DOCTYPE html><html><body>No.</body></html>"


def error(status: int, body: bytes = ERROR, kind: str | None = JSON, stray: bytes = b"") -> Exchange:
    fields = (("Content-Type", kind),) if kind is not None else ()
    return exchange(status, fields=fields, body=body, stray=stray, carries=None)


def saying(text: str, asked: bytes = b"") -> Exchange:
    probe = error(400, text.encode(), "text/plain")
    return replace(probe, request=replace(probe.request, raw=asked))


def coded(body: bytes) -> Exchange:
    return exchange(400, fields=(("Content-Type", JSON), ("Content-Encoding", "br")), body=body, carries=None)


CUT = replace(error(400), outcome=Outcome.CUT)
CLOSED = exchange(None, carries=None, closed_after=True)

LATER = exchange(503, fields=(("Retry-After", "1"),))

CASES: list[tuple[str, Judgement, str]] = [
    ("5xx: refused", answered_without_5xx(REFUSED, ACCEPTED), PASS),
    ("5xx: served", answered_without_5xx(ACCEPTED, ACCEPTED), PASS),
    ("5xx: 500", answered_without_5xx(CRASH, ACCEPTED), FAIL),
    ("5xx: silence", answered_without_5xx(SILENT, ACCEPTED), FAIL),
    ("5xx: 501 for a coding", answered_without_5xx(exchange(501), ACCEPTED, tolerated=(501,)), PASS),
    ("5xx: 501 for a body", answered_without_5xx(exchange(501), ACCEPTED), FAIL),
    ("5xx: a gateway", answered_without_5xx(exchange(502), ACCEPTED), OPEN),
    ("5xx: the control crashes too", answered_without_5xx(CRASH, VALID_CRASH), OPEN),
    ("run: none", no_crash_over_the_run([REFUSED, error(400)], ACCEPTED), PASS),
    ("run: one", no_crash_over_the_run([CRASH, error(400)], ACCEPTED), OPEN),
    ("run: two", no_crash_over_the_run([CRASH, CRASH], ACCEPTED), FAIL),
    ("run: chunks are for other rows", no_crash_over_the_run([BAD_CHUNKS, BAD_CHUNKS, REFUSED], ACCEPTED), PASS),
    ("run: valid requests are for other rows", no_crash_over_the_run([VALID_CRASH, VALID_CRASH], ACCEPTED), PASS),
    ("run: the control is refused", no_crash_over_the_run([CRASH, CRASH], REFUSED), OPEN),
    ("explained: with a type", explained(error(400)), PASS),
    ("explained: no content", explained(error(400, b"")), FAIL),
    ("explained: blank", explained(error(400, b" \r\n")), FAIL),
    ("explained: no type", explained(error(400, kind=None)), FAIL),
    ("explained: no error", explained(ACCEPTED), OPEN),
    ("explained: throttled", explained(THROTTLED), OPEN),
    ("type: JSON", the_type_fits_accept(error(400), "json"), PASS),
    ("type: problem", the_type_fits_accept(error(400, kind="application/problem+json"), "json"), PASS),
    ("type: Accept is disregarded", the_type_fits_accept(error(400), "xml"), PASS),
    ("type: text", the_type_fits_accept(error(400, b"No.", "text/plain"), "json"), PASS),
    ("type: none", the_type_fits_accept(error(400, b"", None), "json"), PASS),
    ("type: a page", the_type_fits_accept(error(400, PAGE, "text/html"), "json"), FAIL),
    ("type: a page that says JSON", the_type_fits_accept(error(400, PAGE), "json"), FAIL),
    ("type: no JSON that says JSON", the_type_fits_accept(error(400, b"No."), "json"), FAIL),
    ("type: a coding that nobody opens", the_type_fits_accept(coded(b"\x1b\x03\x00br\x01"), "json"), OPEN),
    ("type: a coding that was opened", the_type_fits_accept(coded(ERROR), "json"), PASS),
    ("type: a page in a coding", the_type_fits_accept(coded(PAGE), "json"), FAIL),
    ("type: XHTML is a page", the_type_fits_accept(error(400, b"<a/>", "application/xhtml+xml"), "xml"), FAIL),
    ("type: no error", the_type_fits_accept(ACCEPTED, "json"), OPEN),
    ("shape: one", one_shape([error(400), error(401), error(415)]), PASS),
    ("shape: one in XML", one_shape([error(s, b"<e><a/><b/></e>", "application/xml") for s in (400, 401)]), PASS),
    ("shape: another type", one_shape([error(400), error(415, b"No.", "text/plain")]), FAIL),
    ("shape: other members", one_shape([error(400), error(401, b'{"error": "x"}')]), FAIL),
    ("shape: no content", one_shape([error(400), error(401, b"", None)]), FAIL),
    ("shape: too few", one_shape([error(400), ACCEPTED]), OPEN),
    ("length: true", the_length_is_true([error(400), error(415)]), PASS),
    ("length: too short", the_length_is_true([error(400, stray=b"}")]), SURE),
    ("length: a second response is not its content", the_length_is_true([error(401, stray=b"HTTP/1.1 400 B")]), PASS),
    ("length: too long", the_length_is_true([CUT]), FAIL),
    ("length: no error", the_length_is_true([ACCEPTED]), OPEN),
    ("behind: nothing", nothing_behind_an_error([error(400), CUT]), PASS),
    ("behind: an octet", nothing_behind_an_error([error(400), error(401, stray=b"\n")]), SURE),
    ("behind: no error", nothing_behind_an_error([ACCEPTED]), OPEN),
    ("long: served", refused_or_served_cleanly(ACCEPTED, ACCEPTED), PASS),
    ("long: 431", refused_or_served_cleanly(exchange(431), ACCEPTED), PASS),
    ("long: 500", refused_or_served_cleanly(VALID_CRASH, ACCEPTED), FAIL),
    ("long: silence", refused_or_served_cleanly(SILENT, ACCEPTED), FAIL),
    ("long: 414 and relayed", refused_or_served_cleanly(exchange(414, mail=True), ACCEPTED), SURE),
    ("long: the control is refused", refused_or_served_cleanly(exchange(431), REFUSED), OPEN),
    ("large: 413", too_large_is_refused(error(413), ACCEPTED, ACCEPTED), PASS),
    ("large: an early close", too_large_is_refused(CLOSED, ACCEPTED, ACCEPTED), PASS),
    ("large: silence", too_large_is_refused(SILENT, ACCEPTED, ACCEPTED), FAIL),
    ("large: 500", too_large_is_refused(CRASH, ACCEPTED, ACCEPTED), FAIL),
    ("large: served", too_large_is_refused(exchange(204, mail=True, carries=None), ACCEPTED, ACCEPTED), PASS),
    ("large: refused and relayed", too_large_is_refused(exchange(413, mail=True), ACCEPTED, ACCEPTED), SURE),
    ("large: unwell after it", too_large_is_refused(error(413), ACCEPTED, VALID_CRASH), FAIL),
    ("large: refused before it", too_large_is_refused(error(413), REFUSED, ACCEPTED), OPEN),
    ("again: at once", served_again([error(400)], ACCEPTED, [ACCEPTED]), PASS),
    ("again: at the second try", served_again([error(400)], ACCEPTED, [VALID_CRASH, ACCEPTED]), PASS),
    ("again: every try crashes", served_again([error(400)], ACCEPTED, [VALID_CRASH] * 5), SURE),
    ("again: silence", served_again([error(400)], ACCEPTED, [SILENT] * 5), FAIL),
    ("again: a gateway", served_again([error(400)], ACCEPTED, [BUSY] * 5), OPEN),
    ("again: not there before", served_again([error(400)], GONE, [VALID_CRASH] * 5), OPEN),
    ("kept: refused", promised_only_what_was_kept(VALID_CRASH, ACCEPTED), PASS),
    ("kept: 503, and when to try again", promised_only_what_was_kept(LATER, ACCEPTED), PASS),
    ("kept: throttled", promised_only_what_was_kept(THROTTLED, ACCEPTED), OPEN),
    ("kept: all got it", promised_only_what_was_kept(ACCEPTED, ACCEPTED), PASS),
    ("kept: 204 without mail", promised_only_what_was_kept(LOST, ACCEPTED), FAIL),
    ("kept: the control is refused", promised_only_what_was_kept(LOST, REFUSED), OPEN),
    ("repeats: nothing", repeats_nothing([error(400)], told=("secret line",)), PASS),
    ("repeats: a line", repeats_nothing([saying("Got: secret line")], told=("secret line",)), SURE),
    ("repeats: encoded", repeats_nothing([saying("a%40b.test")], told=("a@b.test",)), SURE),
    ("repeats: escaped", repeats_nothing([saying("a &lt;b&gt;")], told=("a <b>",)), SURE),
    ("repeats: the mail server", repeats_nothing([saying("550 no such")], told=("x",), heard=("no such",)), PASS),
    ("repeats: no error", repeats_nothing([ACCEPTED], told=("x",)), OPEN),
    ("internals: nothing was answered", no_internals([SILENT]), OPEN),
    (
        "internals: what the request said itself",
        no_internals([saying("no /etc/relay/a.conf", b"/etc/relay/a.conf")]),
        PASS,
    ),
]


@pytest.mark.parametrize(("judgement", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_judgement_says(judgement: Judgement, expected: str) -> None:
    verdict = judgement.evaluate()
    assert told(verdict) == expected, verdict


@pytest.mark.parametrize(
    "text",
    [
        'Traceback (most recent call last):\n  File "/srv/app.py", line 3, in f',
        '{"trace": "  File \\"relay.py\\", line 12"}',
        "   at System.Xml.XmlTextReaderImpl.Throw(Exception e)",
        '{"StackTrace":"x\\r\\n   at SuperOffice.WebApi.Agent.Relay(String from)"}',
        "\tat com.example.Relay.handle(Relay.java:42)",
        "Error: x\n    at Object.<anonymous> (/srv/relay.js:10:5)",
        "panic: x\ngoroutine 12 [running]:",
        "PHP Warning: x in /var/www/relay.php on line 3",
        "relay.rb:12:in `call'",
        "thread 'main' panicked at src/main.rs:2",
        r"Could not find file C:\inetpub\relay\web.config",
        r'{"path": "D:\\Services\\Relay\\bin"}',
        "cannot read /etc/relay/relay.conf",
        "SELECT id, name FROM contact WHERE id = 1",
        "INSERT INTO mail (sender) VALUES ('x')",
        "ORA-00942: table does not exist",
        "SQLSTATE[42000]: syntax",
        "System.NullReferenceException: Object reference",
        "java.lang.NullPointerException",
        "json.decoder.JSONDecodeError: Expecting value",
        "KeyError: 'Rfc822'",
        "TypeError: Cannot read properties of undefined",
        "Werkzeug Debugger",
        "json: cannot unmarshal number into Go struct field Request.Rfc822 of type string",
        "json: cannot unmarshal array into Go value of type main.Request",
        "runtime error: index out of range [0] with length 0",
        "interface conversion: interface {} is float64, not string",
        "main.relay(...)\n\t/build/relay.go:31 +0x1d",
    ],
)
def test_the_inside_of_a_service_is_seen(text: str) -> None:
    assert told(no_internals([saying(text)]).evaluate()) == SURE


@pytest.mark.parametrize(
    "text",
    [
        "The System. Please try again at a later time (about an hour).",
        "The value at position 3 (Rfc822) is not a string.",
        "Select a sender from the list where it applies.",
        "Go to the next field and enter a value of type string.",
        "invalid character 'x' after top-level value",
        "See https://docs.relaycheck.test/usr/guide.json for more.",
        "Meet us at example.com (port 25).",
        "Update the message, set a sender, and send again.",
        '{"type": "https://tools.ietf.org/html/rfc9110#section-15.5.1", "traceId": "00-84c1fd4063c38d9f3900d06e56542d48-01"}',
        '{"Code": "TypeError", "Message": "From must be a string."}',
        "An exception to this rule: no error here.",
        "Use application/json or text/xml; charset=utf-8.",
        "Delete from the list what is too much.",
        "The file is too large: 12:30:05 in UTC.",
    ],
)
def test_ordinary_prose_is_no_inside(text: str) -> None:
    assert told(no_internals([saying(text)]).evaluate()) == PASS
