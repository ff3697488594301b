"""XML bodies (W3C XML 1.0, RFC 7303): one text in all its spellings, what is no document, and what a document must not do."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relaycheck.encodings import MEDIA_TYPES, XmlSpelling, encode
from relaycheck.judgements.bodies import alike_or_refused
from relaycheck.judgements.outcome import observed, refused, same_or_refused, same_outcome
from relaycheck.plugin import judge, requirement
from relaycheck.strategies.damage import XML_TAILS, Damage, damage
from relaycheck.strategies.spellings import xml_spellings

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

XML, TEXT_XML = MEDIA_TYPES[2:4]
BOTH = (XML, TEXT_XML)
both = pytest.mark.parametrize("media_type", [XML, TEXT_XML])
MARKUP = "<a> &amp; ]]> \"quoted\" 'single' &#13; <![CDATA[x]]> <!-- y --> 5 > 4 & 3 < 4\r\n"
TEXTS: dict[str, XmlSpelling] = {
    "CDATA": XmlSpelling(text="cdata"),
    "predefined entities": XmlSpelling(text="entities"),
    "decimal references": XmlSpelling(text="decimal"),
    "hexadecimal references": XmlSpelling(text="hexadecimal", upper_hex=True),
    "all of them in one value": XmlSpelling(text="mixed", seed=3),
}


@requirement("RM-XML-01")
@pytest.mark.parametrize(
    ("media_type", "name"),
    [(XML, "all of them in one value"), *((XML, n) for n in list(TEXTS)[:-1]), *((TEXT_XML, n) for n in TEXTS)],
)
def test_references_and_cdata_give_the_same_text(
    send: Send, control: Control, run: Run, media_type: str, name: str
) -> None:
    """XML 1.0 §2.7, §4.1, §4.6: in every value, numbers and addresses included."""
    probe = send(run.message(body=MARKUP), media_type=media_type, spelling=TEXTS[name])
    judge(same_outcome(probe, control(media_type=media_type)))


@requirement("RM-XML-01")
@both
def test_any_mixture_of_spellings_gives_the_same_text(
    send: Send, control: Control, run: Run, draw: Draw, target: Target, media_type: str
) -> None:
    """References, CDATA, quotes, prefixes, white space between elements and the empty element's form, drawn together."""
    for spelling in draw(xml_spellings(target.content), 5):
        probe = send(run.message(body=MARKUP), media_type=media_type, spelling=spelling)
        judge(same_outcome(probe, control(media_type=media_type)))


# Ways to write CRLF so that an XML reader gives it back (XML 1.0 §2.11).
LINE_ENDS = {
    "decimal, with a line feed": (b"&#13;", b"\n"),
    "hexadecimal, both": (b"&#xD;", b"&#xA;"),
    "decimal, both": (b"&#13;", b"&#10;"),
    "with leading zeros": (b"&#x000d;", b"&#0010;"),
}


@requirement("RM-XML-02")
@pytest.mark.parametrize(
    ("media_type", "ends"),
    [
        pytest.param(media_type, ends, id=f"{media_type}-{name}")
        for n, (media_type, (name, ends)) in enumerate((m, item) for m in BOTH for item in LINE_ENDS.items())
    ],
)
def test_a_referenced_carriage_return_survives(
    send: Send, control: Control, run: Run, target: Target, media_type: str, ends: tuple[bytes, bytes]
) -> None:
    """The mail is that of the same request in the baseline's type: its CRLF are CRLF, neither LF nor two line ends."""

    def body(message: Message) -> bytes:
        return encode(message, media_type, target.content).replace(b"&#13;\n", b"".join(ends))

    text = run.message(body="one\r\n\r\nthree\r\n\r\n\r\nsix\r\n")
    judge(same_outcome(send(text, media_type=media_type, body=body), control()))


EIGHT_BIT = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n"
# The document's encoding, and the charset parameter of its type.
CONSISTENT: dict[str, tuple[XmlSpelling, str]] = {
    "UTF-16 little-endian": (XmlSpelling(encoding="utf-16", label="UTF-16"), ""),
    "UTF-16 big-endian": (XmlSpelling(encoding="utf-16-be", label="UTF-16", bom=True), ""),
    "UTF-16 with charset": (XmlSpelling(encoding="utf-16", label="UTF-16"), "utf-16"),
    "UTF-8 without declaration": (XmlSpelling(declaration=False), ""),
    "UTF-8 with byte order mark": (XmlSpelling(bom=True), ""),
    "UTF-8 with charset": (XmlSpelling(label="UTF-8"), "UTF-8"),
}


def eight_bit(run: Run) -> Message:
    """Its text, read as Latin-1, is the same text for those who take Latin-1 for windows-1252."""
    plain = run.message(body="Grün, señor: 漢中\r\n")
    return plain.but(rfc822=EIGHT_BIT + plain.rfc822)


def labelled(media_type: str, charset: str) -> str:
    return f"{media_type}; charset={charset}" if charset else media_type


@requirement("RM-XML-03")
@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        (XML, "UTF-16 little-endian"),
        *((XML, n) for n in list(CONSISTENT)[1:]),
        *((TEXT_XML, n) for n in list(CONSISTENT)[:3]),
    ],
)
def test_a_document_in_utf_8_or_utf_16_works(
    send: Send, control: Control, message: Message, media_type: str, name: str
) -> None:
    """Every XML processor reads both (XML 1.0 §4.3.3)."""
    spelling, charset = CONSISTENT[name]
    probe = send(message, media_type=media_type, spelling=spelling, content_type=labelled(media_type, charset))
    judged = same_or_refused if charset.startswith("utf-16") else same_outcome  # a parameter may be refused (RM-CT-12)
    judge(judged(probe, control(media_type=media_type)))


# Labels that contradict each other, where the stronger one is right: mark, then charset, then declaration (RFC 7303 §3).
CONFLICTS: dict[str, tuple[XmlSpelling, str]] = {
    "mark against declaration": (XmlSpelling(bom=True, label="iso-8859-1"), ""),
    "mark against charset": (XmlSpelling(bom=True), "iso-8859-1"),
    "UTF-16 mark against declaration": (XmlSpelling(encoding="utf-16", label="utf-8"), ""),
    "UTF-16 mark against charset": (XmlSpelling(encoding="utf-16", label="utf-16"), "utf-8"),
    "charset against declaration": (XmlSpelling(label="iso-8859-1"), "utf-8"),
}


@requirement("RM-XML-03")
@both
def test_contradicting_labels_give_the_same_text_or_are_refused(
    send: Send, control: Control, run: Run, media_type: str
) -> None:
    """Garbled text is neither; the text holds characters that a wrong reading garbles. Who puts the charset before an 8-bit mark, as
    RFC 3023 had it, gets what the charset says."""
    message = eight_bit(run)
    clear = send(message, media_type=media_type)
    as_the_charset_says = send(message.but(rfc822=message.rfc822.encode().decode("latin-1")), media_type=media_type)
    for name, (spelling, charset) in CONFLICTS.items():
        content_type = labelled(media_type, charset)
        probe = send(message, media_type=media_type, spelling=spelling, content_type=content_type, note=name)
        otherwise = as_the_charset_says if name == "mark against charset" else None
        judge(alike_or_refused(probe, clear, control=control(media_type=media_type), otherwise=otherwise))


BREAKS = {"comment": b"<!--x-->", "instruction": b"<?relaycheck x?>"}
# What stands before and after the interruption: both ends of an address are addresses, so a cut one is relayed.
INSIDE = {
    "Rfc822": (b"A line", b" of text."),
    "From": (b">x", b"from-"),
    "Recipients": (b">x", b"to1-"),
    "the domain of From": (b"@relaycheck", b".test</"),
}


@requirement("RM-XML-04")
@pytest.mark.parametrize(
    ("media_type", "kind", "where"),
    [
        (XML, "comment", "Rfc822"),
        *(
            (media_type, kind, where)
            for media_type in BOTH
            for kind in BREAKS
            for where in ("Rfc822", "From", "Recipients")
            if (media_type, kind, where) != (XML, "comment", "Rfc822")
        ),
    ],
)
def test_a_comment_inside_a_value_does_not_cut_it(
    send: Send, control: Control, message: Message, target: Target, media_type: str, kind: str, where: str
) -> None:
    """`a<!--x-->b` is `ab` (XML 1.0 §2.5)."""
    before, after = INSIDE[where]
    longer = message.but(sender=f"x{message.sender}", recipients=tuple(f"x{address}" for address in message.recipients))

    def body(stamped: Message) -> bytes:
        text = encode(stamped, media_type, target.content)
        assert before + after in text
        return text.replace(before + after, before + BREAKS[kind] + after)

    judge(same_or_refused(send(longer, media_type=media_type, body=body), control(media_type=media_type)))


@requirement("RM-XML-05")
def test_how_other_documents_are_taken_is_recorded(send: Send, message: Message, target: Target) -> None:
    """Data-contract readers need an order; others do not."""

    def written(spelling: XmlSpelling | None = None, *, swap: tuple[bytes, bytes] = (b"", b"")) -> Callable[..., bytes]:
        return lambda m: encode(m, XML, target.content, spelling).replace(swap[0], swap[1], 1)

    with_nil = replace(target.content, xml=replace(target.content.xml, nil=True))
    unknown = (b"</" + target.content.xml.root.encode(), b"<Zz>1</Zz></" + target.content.xml.root.encode())
    bodies: dict[str, Callable[[Message], bytes]] = {
        "other order": written(XmlSpelling(order=1)),
        "an unknown element": written(swap=unknown),
        "other prefixes": written(XmlSpelling(prefix="p", item_prefix="q", nil_prefix="r")),
        "a null connection": lambda m: encode(m.but(connection=None), XML, with_nil),
    }
    judge(
        observed(*(send(message, media_type=XML, body=make, expects=None, note=name) for name, make in bodies.items()))
    )


ILL_FORMED: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda text: b"",
    "no root": lambda text: text[: text.index(b"?>") + 2],
    "the last tag missing": lambda text: text[: text.rindex(b"</")],
    "two roots": lambda text: text + text[text.index(b"?>") + 2 :],
    "text after the root": lambda text: text + b"x",
    "an undefined entity": lambda text: text.replace(b"A line", b"A &undefined; line"),
    "a bare ampersand": lambda text: text.replace(b"A line", b"A & line"),
    "a bare angle bracket": lambda text: text.replace(b"A line", b"A < line"),
    "a reference to no character": lambda text: text.replace(b"A line", b"A &#0; line"),
    "a control character": lambda text: text.replace(b"A line", b"A \x01 line"),
    "crossed tags": lambda text: text.replace(b"A line", b"<a><b>A line</a></b>"),
    "an attribute twice": lambda text: text.replace(b"<From>", b'<From a="1" a="2">'),
    "an end tag in another case": lambda text: text.replace(b"</From>", b"</FROM>"),
    "end of CDATA in text": lambda text: text.replace(b"A line", b"A ]]> line"),
}


@requirement("RM-XML-06")
@pytest.mark.parametrize(
    ("media_type", "name"),
    [
        (XML, "the last tag missing"),
        *((XML, n) for n in ILL_FORMED if n != "the last tag missing"),
        *((TEXT_XML, n) for n in ("empty", "the last tag missing", "two roots", "an undefined entity")),
    ],
)
def test_an_ill_formed_document_is_refused(
    send: Send, control: Control, message: Message, target: Target, media_type: str, name: str
) -> None:
    """A reader must not go on after a fatal error (XML 1.0 §1.2)."""
    spoil = ILL_FORMED[name]
    probe = send(
        message, media_type=media_type, expects=None, body=lambda m: spoil(encode(m, XML, target.content)), note=name
    )
    judge(refused(probe, control(media_type=media_type)))


@requirement("RM-XML-06")
@both
def test_a_damaged_document_is_refused(
    send: Send, control: Control, message: Message, draw: Draw, target: Target, media_type: str
) -> None:
    """Cut anywhere, without one bracket or slash of its tags, or with something after it."""
    for fault in draw(damage(XML_TAILS), 4):

        def body(stamped: Message, fault: Damage = fault) -> bytes:
            return fault.of_xml(encode(stamped, XML, target.content))

        probe = send(message, media_type=media_type, expects=None, body=body, note=str(fault))
        judge(refused(probe, control(media_type=media_type)))


@requirement("RM-XML-06")
@both
@pytest.mark.parametrize("root", ["Other", "RelayMessageRequests"])
def test_another_root_is_refused(
    send: Send, control: Control, message: Message, target: Target, media_type: str, root: str
) -> None:
    """It is another document type; binding it to an empty request would answer 204 for nothing."""
    name = target.content.xml.root.encode()
    probe = send(
        message,
        media_type=media_type,
        expects=None,
        body=lambda m: encode(m, XML, target.content).replace(name, root.encode()),
    )
    judge(refused(probe, control(media_type=media_type)))
