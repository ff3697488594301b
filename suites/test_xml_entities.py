"""What a document must not make a service do: fetch, read files, or grow without end (OWASP, XML External Entity Prevention)."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from relaycheck.encodings import MEDIA_TYPES, encode
from relaycheck.judgements.endurance import answered_in_time, nothing_fetched
from relaycheck.plugin import judge, requirement
from relaycheck.witness import Callback

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.exchange import Exchange
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Send
    from relaycheck.target import Target

XML, TEXT_XML = MEDIA_TYPES[2:4]

DOCTYPE = b"<!DOCTYPE %s [%s]>"
HERE = b"A line of text."
CONTENT_OF_FILES = (rb"root:[^:\n]*:0:0:", rb"\[fonts\]", rb"relaycheck-canary-file")


def _external(text: bytes, root: bytes, subset: bytes, *, used: bytes = b"&e;") -> bytes:
    """The document with a document type, and a reference in the message."""
    head, mark, rest = text.partition(b"?>")
    return head + mark + (DOCTYPE % (root, subset)) + rest.replace(HERE, used)


class Fetch(Protocol):
    """Changes a document so that reading it carelessly fetches `url`; `root` is its root element's name."""

    def __call__(self, text: bytes, root: bytes, url: bytes) -> bytes: ...


def _every_way(text: bytes, root: bytes, url: bytes) -> bytes:
    """A reader that follows only one of them gives itself away too."""
    head, mark, rest = FETCHES["a schema location"](text, root, url).partition(b"?>")
    subset = b'<!ENTITY %% p SYSTEM "%s"> %%p;<!ENTITY f SYSTEM "%s"><!ENTITY e "&f;">' % (url, url)
    doctype = b'<!DOCTYPE %s SYSTEM "%s" [%s]>' % (root, url, subset)
    return head + mark + doctype + FETCHES["XInclude"](rest, root, url).replace(b"<i:include", b"&e;<i:include", 1)


# What would make a reader fetch `url`; `root` is the root element's name.
FETCHES: dict[str, Fetch] = {
    "an external entity": lambda text, root, url: _external(text, root, b'<!ENTITY e SYSTEM "%s">' % url),
    "a public external entity": lambda text, root, url: _external(text, root, b'<!ENTITY e PUBLIC "-//x" "%s">' % url),
    "an external parameter entity": lambda text, root, url: _external(
        text, root, b'<!ENTITY %% p SYSTEM "%s"> %%p;' % url, used=HERE
    ),
    "an external document type": lambda text, root, url: text.replace(
        b"?>", b'?><!DOCTYPE %s SYSTEM "%s">' % (root, url), 1
    ),
    "a nested entity": lambda text, root, url: _external(text, root, b'<!ENTITY e "&f;"><!ENTITY f SYSTEM "%s">' % url),
    "an entity in UTF-16": lambda text, root, url: (
        "\ufeff" + _external(text, root, b'<!ENTITY e SYSTEM "%s">' % url).decode().replace("utf-8", "utf-16", 1)
    ).encode("utf-16-le"),
    "an entity in an address": lambda text, root, url: _external(
        text.replace(b">from-", b">&e;from-", 1), root, b'<!ENTITY e SYSTEM "%s">' % url, used=HERE
    ),
    "XInclude": lambda text, root, url: text.replace(
        HERE, b'<i:include xmlns:i="http://www.w3.org/2001/XInclude" parse="text" href="%s"/>' % url
    ),
    "a schema location": lambda text, root, url: text.replace(
        b"<" + root,
        b'<%s xmlns:s="http://www.w3.org/2001/XMLSchema-instance" s:schemaLocation="urn:x %s" '
        b's:noNamespaceSchemaLocation="%s"' % (root, url, url),
        1,
    ),
    "a style sheet": lambda text, root, url: text.replace(
        b"?>", b'?><?xml-stylesheet type="text/xsl" href="%s"?>' % url, 1
    ),
}
ONE_BY_ONE = tuple(FETCHES)
FETCHES["every way at once"] = _every_way
KNOWN_FILES = ("file:///etc/passwd", "file:///c:/windows/win.ini")
FILES = ("an external entity", "XInclude", "an entity in UTF-16")
FIRST = ("an external entity", "an external parameter entity", "an external document type", "XInclude")
REST = tuple(name for name in ONE_BY_ONE if name not in FIRST)
LINGER = 0.15  # seconds in which a fetch that the service left to a thread of its own shows up


@requirement("RM-XML-07")
@pytest.mark.parametrize(
    ("media_type", "kinds", "files"),
    [
        pytest.param(XML, FIRST, FILES[:1], id=f"{XML}-first"),
        pytest.param(XML, REST, FILES[1:], id=f"{XML}-rest"),
        pytest.param(TEXT_XML, ONE_BY_ONE, (), id=TEXT_XML),
        pytest.param(XML, ("every way at once",), (), id=f"{XML}-every way at once"),
    ],
)
def test_external_entities_are_never_fetched(
    send: Send,
    control: Control,
    message: Message,
    target: Target,
    media_type: str,
    kinds: tuple[str, ...],
    files: tuple[str, ...],
) -> None:
    """Neither a URL nor a file: nothing calls the suite's listener, and no file comes back or is mailed (OWASP)."""
    root = target.content.xml.root.encode()
    probes: list[tuple[str, Exchange]] = []
    listen, address = target.witness.listen_host, target.witness.address_host
    with Callback(listen_host=listen, address_host=address) as callback, tempfile.TemporaryDirectory() as folder:
        canary = Path(folder) / "canary.txt"
        canary.write_text("relaycheck-canary-file")
        for number, name in enumerate(kinds):
            token = f"xxe{number}x"
            hostile = partial(FETCHES[name], root=root, url=callback.url(token).encode())
            probes.append((token, _attempt(send, message, media_type, target, hostile, name)))
        for name in files:
            for url in (canary.as_uri(), *KNOWN_FILES):
                hostile = partial(FETCHES[name], root=root, url=url.encode())
                probes.append(("no token", _attempt(send, message, media_type, target, hostile, f"{name}, a file")))
        callback.wait("xxe", timeout=LINGER)
        hits = {token: len(callback.hits(token)) for token, _ in probes}
    for token, probe in probes:
        judge(nothing_fetched(probe, control(media_type=media_type), hits[token], CONTENT_OF_FILES))


def _attempt(
    send: Send, message: Message, media_type: str, target: Target, make: Callable[[bytes], bytes], note: str
) -> Exchange:
    return send(
        message,
        media_type=media_type,
        body=lambda m: make(encode(m, XML, target.content)),
        expects=None,
        note=f"{note} in the document",
    )


def _laughs(levels: int, width: int) -> bytes:
    """Entities of entities: `width` to the power of `levels` times the innermost text."""
    declared = [b'<!ENTITY e0 "relaycheck">']
    declared += [b'<!ENTITY e%d "%s">' % (level, (b"&e%d;" % (level - 1)) * width) for level in range(1, levels + 1)]
    return b"".join(declared)


BOMBS: dict[str, Callable[[bytes, bytes], bytes]] = {
    "entities of entities": lambda t, root: _external(t, root, _laughs(9, 10), used=b"&e9;"),
    "one long entity, often": lambda t, root: _external(
        t, root, b'<!ENTITY e "%s">' % (b"x" * 50_000), used=b"&e;" * 20_000
    ),
    "an entity of itself": lambda t, root: _external(t, root, b'<!ENTITY e "&f;"><!ENTITY f "&e;">'),
    "parameter entities": lambda t, root: _external(
        t,
        root,
        b"<!ENTITY %% p0 'x'>"
        + b"".join(b"<!ENTITY %% p%d '%s'>" % (n, b"%%p%d;" % (n - 1) * 10) for n in range(1, 9)),
    ),
}
IN_TIME = 5.0


@requirement("RM-XML-08")
@pytest.mark.parametrize(
    ("media_type", "name"),
    [(XML, "entities of entities"), *((XML, n) for n in list(BOMBS)[1:]), (TEXT_XML, "entities of entities")],
)
def test_entity_expansion_does_no_harm(
    send: Send, message: Message, target: Target, media_type: str, name: str
) -> None:
    """Refused or answered in five seconds, and then business as usual."""
    root, make = target.content.xml.root.encode(), BOMBS[name]
    before = send(message, media_type=media_type)
    probe = send(
        message,
        media_type=media_type,
        body=lambda m: make(encode(m, XML, target.content), root),
        expects=None,
        timeout=IN_TIME + 1.0,
        note=name,
    )
    judge(answered_in_time(probe, before, send(message, media_type=media_type), IN_TIME))
