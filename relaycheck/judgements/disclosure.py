"""What a response tells of the inside of the service: stack traces, paths, SQL, exceptions (CWE-209); and of the message it got."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote_plus

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.state import described, missing
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.exchange import Exchange

# Each is anchored by punctuation or case that ordinary prose does not have.
INTERNALS: dict[str, re.Pattern[str]] = {
    "a Python traceback": re.compile(r"Traceback \(most recent call last\)|File \\?\"[^\"\n]+\.py\\?\", line \d+"),
    "a stack trace": re.compile(
        r"(?:^|[\n>]|\\n|\\r)\s*at (?:async )?(?:[\w$<>`]+[.+/])+[\w$<>`\[\], |-]+\([^)\n]*\)"
        r"|\([^()\s]+\.(?:java|kt|scala|cs|m?[jt]s):\d+(?::\d+)?\)"
        r"|\bnode:internal/|\bgoroutine \d+ \[\w+|thread '[^']*' panicked at|\.rb:\d+:in [`']"
        r"|\b[Ss]tack ?[Tt]race:"
    ),
    "a PHP error": re.compile(
        r"PHP (?:Fatal|Parse|Warning|Notice)|\bin (?:<b>)?/\S+\.php(?:</b>)? on line|\.php\(\d+\):"
    ),
    "a file path": re.compile(
        r"\b[A-Za-z]:(?:\\{1,2}[\w .$~-]+){2,}"
        r"|(?<![\w:/.])/(?:usr|home|var|opt|srv|app|root|etc|tmp|mnt|Users|inetpub|site-packages)(?:/[\w.@+-]+)+"
        r"\.(?:py|pyc|js|ts|rb|php|java|go|rs|cs|dll|so|jar|conf|config|ini|json|ya?ml|xml|log|db|pem|key)\b"
    ),
    "an SQL statement": re.compile(
        r"\bSELECT\s[^\n]{1,200}?\sFROM\s+[\w.\"`\[]+|\bINSERT INTO\s+[\w.\"`\[]+|\bUPDATE\s+[\w.\"`\[\]]+\s+SET\s"
        r"|\bDELETE FROM\s+[\w.\"`\[]+"
    ),
    "a database error": re.compile(
        r"\bORA-\d{5}\b|SQLSTATE\[|error in your SQL syntax|[Uu]nclosed quotation mark after"
        r"|Incorrect syntax near|\bsqlite3?\.\w*Error\b|\bpsycopg2?\."
    ),
    "the name of an exception": re.compile(
        r"\b(?:System|Microsoft|Newtonsoft|SuperOffice)(?:\.\w+)*\.\w+Exception\b"
        r"|\b(?:java|javax|jakarta|org|com|io|net)(?:\.[a-z]\w*)+\.[A-Z]\w*(?:Exception|Error)\b"
        r"|\b(?:NullReference|NullPointer|ArgumentNull|ArgumentOutOfRange|InvalidOperation|InvalidCast|KeyNotFound"
        r"|IndexOutOfRange|JsonReader|JsonSerialization|JsonMapping|JsonParse|Xml|SAXParse|Sql|ClassCast|ObjectDisposed"
        r"|HttpRequest|SmtpCommand|SmtpProtocol|NumberFormat)Exception\b"
        r"|\b[a-z_]+(?:\.[a-z_]+)+\.[A-Z]\w*(?:Error|Exception)\b"
        r"|\b(?:JSONDecodeError|ExpatError|UnicodeDecodeError|UnicodeEncodeError|RecursionError|StackOverflowError"
        r"|OutOfMemoryError|ModuleNotFoundError)\b"
        r"|\b(?:KeyError|ValueError|TypeError|AttributeError|IndexError|SyntaxError|ReferenceError|RangeError|NameError"
        r"|RuntimeError|AssertionError)(?:: |\()"
    ),
    "an error of Go's runtime or library": re.compile(
        r"\binto Go (?:struct field|value of type) [\w.\[\]*]+"
        r"|\bruntime error: (?:index out of range|slice bounds|invalid memory address|integer divide|makeslice)"
        r"|\binterface conversion: (?:interface|any)\b|\S+\.go:\d+ \+0x[0-9a-f]+"
    ),
    "a debugging page": re.compile(r"Werkzeug Debugger|DEBUG = True|<b>Source Error:|Whoops\\Run|django\.core\."),
}


@judgement
def no_internals(exchanges: Sequence[Exchange]) -> Verdict:
    """No response shows a stack trace, a file path, SQL or an exception's name. What the request itself said does not count."""
    seen = 0
    for exchange in exchanges:
        if exchange.response is None:
            continue
        seen += 1
        if found := _internals(exchange):
            return failed(
                f"{described(exchange)} to {exchange.request.note or exchange.id} shows {found}", decisive=True
            )
    if seen:
        return passed(f"{seen} responses, none shows the inside of the service")
    gone = next((m for e in exchanges if (m := missing(e))), None)
    return gone or inconclusive(Cause.UNANSWERED, "nothing was answered")


def _internals(exchange: Exchange) -> str:
    assert exchange.response is not None
    text = (exchange.response.head + exchange.response.body + exchange.stray).decode("utf-8", "replace")
    asked = ""
    for name, pattern in INTERNALS.items():
        for match in pattern.finditer(text):
            asked = asked or _asked(exchange)
            if match[0].strip() not in asked:
                return f"{name}: {match[0].strip()[:80]!r}"
    return ""


def _asked(exchange: Exchange) -> str:
    raw = exchange.request.raw.decode("utf-8", "replace")
    return raw + unquote_plus(raw)


@judgement
def repeats_nothing(exchanges: Sequence[Exchange], told: Sequence[str], heard: Sequence[str] = ()) -> Verdict:
    """No error holds one of the texts that the request `told`. What was `heard` from the mail server is only recorded.

    Inconclusive when none of the exchanges ended in an error.
    """
    errors = [e for e in exchanges if e.response is not None and e.response.status >= 400]
    notes = []
    for exchange in errors:
        assert exchange.response is not None
        text = (exchange.response.head + exchange.response.body).decode("utf-8", "replace")
        for word in told:
            if any(spelling in text for spelling in _spellings(word)):
                return failed(
                    f"{described(exchange)} to {exchange.request.note or exchange.id} repeats {word!r}", decisive=True
                )
        notes += [f"{exchange.request.note or exchange.id} repeats the mail server's {w!r}" for w in heard if w in text]
    if errors:
        return passed("; ".join((f"{len(errors)} errors, none repeats the message", *notes)))
    gone = next((m for e in exchanges if (m := missing(e))), None)
    return gone or inconclusive(Cause.VACUOUS, "; ".join(f"no error: {described(e)}" for e in exchanges[:3]))


def _spellings(word: str) -> tuple[str, ...]:
    """As it is, percent-encoded, and as XML and JSON may write it."""
    escaped = word.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return (word, quote(word, safe=""), escaped, word.replace("@", "\\u0040"), word.replace("@", "&#64;"))
