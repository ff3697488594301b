"""Faults in what becomes of the octets of a mail."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from typing import TYPE_CHECKING

from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.mutants.relay import prepared, with_lines
from relaycheck.reference.received import Refusal
from relaycheck.reference.relaying import LINE_ENDS, normalise, octets_of, stuff

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.service import Service

LINE = 998
BLOCK = 8192


def then(change_it: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """The faithful content, altered."""
    return lambda content: change_it(normalise(content))


def folded_anew(content: bytes) -> bytes:
    return message_from_bytes(content, policy=policy.SMTP).as_bytes()


def unfolded(content: bytes) -> bytes:
    head, empty, body = content.partition(b"\r\n\r\n")
    return re.sub(rb"\r\n[ \t]+", b" ", head) + empty + body


def proper_case(content: bytes) -> bytes:
    head, empty, body = content.partition(b"\r\n\r\n")
    return re.sub(rb"(?m)^[a-z][A-Za-z-]*:", lambda found: found.group().title(), head) + empty + body


def disclaimer_on_long(content: bytes) -> bytes:
    return content + b"-- \r\nConfidential.\r\n" if len(content) > 20_000 else content


def one_line_end(content: bytes) -> bytes:
    return content.rstrip(b"\r\n") + b"\r\n"


def stuff_by_block(content: bytes) -> bytes:
    blocks = (content[start : start + BLOCK] for start in range(0, len(content), BLOCK))
    return b"".join(block.replace(b"\r\n.", b"\r\n..") for block in blocks)


def lines_broken(content: bytes) -> bytes:
    return re.sub(rb"([^\r\n]{998})(?=[^\r\n])", rb"\1\r\n", content)


def lines_cut(content: bytes) -> bytes:
    return re.sub(rb"([^\r\n]{998})[^\r\n]+", rb"\1", content)


def no_line_of_998(submission_text: str) -> bytes:
    content = octets_of(submission_text)
    if any(len(line) >= LINE for line in content.split(b"\r\n")):
        raise Refusal(422, "long-line", "A line is too long.")
    return content


def lf_only_in_header(content: bytes) -> bytes:
    head, empty, body = content.partition(b"\r\n\r\n")
    if not empty:
        return normalise(content)
    return LINE_ENDS.sub(b"\r\n", head) + empty + (body if body.endswith(b"\r\n") else body + b"\r\n")


def but_around_dots(content: bytes) -> bytes:
    kept = re.sub(rb"\r\n|\r|(?<!\.)\n(?!\.)", b"\r\n", content)
    return kept if kept.endswith(b"\r\n") else kept + b"\r\n"


def but_bare_cr(content: bytes) -> bytes:
    kept = re.sub(rb"\r\n|(?<!\r)\n", b"\r\n", content)
    return kept if kept.endswith(b"\r\n") else kept + b"\r\n"


def ended(content: bytes) -> bytes:
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def stuffed_before_normalised(content: bytes) -> bytes:
    return normalise(stuff(content))


def no_message_no_luck(text: str) -> bytes:
    head, empty, _ = text.partition("\r\n\r\n")
    if not empty or ":" not in head:
        raise IndexError("no header section")
    return octets_of(text)


def only_fields(content: bytes) -> bytes:
    content = normalise(content)
    head, empty, body = content.partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if re.match(rb"[!-9;-~]+:|[ \t]", line)]
    return b"\r\n".join(lines) + empty + body if empty else content


def content(step: str, how: Callable[..., object]) -> Callable[[Service], Service]:
    return change("relaying", **{step: how})


TABLE: tuple[tuple[str, str, str, Callable[[Service], Service]], ...] = (
    ("RM-REL-05", "folds-anew", "Long header fields are folded anew.", content("normalise", then(folded_anew))),
    ("RM-REL-05", "unfolds", "Folded header fields are written on one line.", content("normalise", then(unfolded))),
    ("RM-REL-05", "proper-case", "Field names get capital letters.", content("normalise", then(proper_case))),
    (
        "RM-REL-05",
        "from-quoted",
        "A line that begins with From gets a > in front.",
        content("normalise", then(lambda c: c.replace(b"\r\nFrom ", b"\r\n>From "))),
    ),
    (
        "RM-REL-05",
        "trailing-space",
        "White space at the end of lines is removed.",
        content("normalise", then(lambda c: re.sub(rb"[ \t]+\r\n", b"\r\n", c))),
    ),
    ("RM-REL-05", "tabs-to-spaces", "Tabs become spaces.", content("normalise", then(lambda c: c.expandtabs(8)))),
    (
        "RM-REL-05",
        "long-disclaimer",
        "A disclaimer is added to long mails.",
        content("normalise", then(disclaimer_on_long)),
    ),
    (
        "RM-REL-05",
        "second-subject",
        "A second Subject is put in front.",
        prepared(with_lines(lambda mail: ["Subject: [relayed]"])),
    ),
    ("RM-REL-06", "no-stuffing", "Dots are not stuffed, so the mail ends early.", content("stuff", lambda c: c)),
    (
        "RM-REL-06",
        "lone-dots-only",
        "Only lines of one dot are stuffed.",
        content("stuff", lambda c: c.replace(b"\r\n.\r\n", b"\r\n..\r\n")),
    ),
    (
        "RM-REL-06",
        "first-only",
        "Only the first line with a dot is stuffed.",
        content("stuff", lambda c: c.replace(b"\r\n.", b"\r\n..", 1)),
    ),
    ("RM-REL-06", "twice", "Dots are stuffed twice.", content("stuff", lambda c: stuff(stuff(c)))),
    (
        "RM-REL-06",
        "at-block-edges",
        "A dot at the start of a block of 8192 octets is not stuffed.",
        content("stuff", stuff_by_block),
    ),
    (
        "RM-REL-06",
        "first-line",
        "A dot at the very start is not stuffed.",
        content("stuff", lambda c: c.replace(b"\r\n.", b"\r\n..")),
    ),
    ("RM-REL-07", "passes-lf", "A bare LF is passed through.", content("normalise", ended)),
    ("RM-REL-07", "passes-cr", "A bare CR is passed through.", content("normalise", but_bare_cr)),
    (
        "RM-REL-07",
        "passes-lf-in-body",
        "Line ends are made whole in the header only.",
        content("normalise", lf_only_in_header),
    ),
    (
        "RM-REL-07",
        "naive-crlf",
        "Every LF becomes CRLF, also one behind a CR.",
        content("normalise", lambda c: ended(c.replace(b"\n", b"\r\n"))),
    ),
    (
        "RM-REL-07",
        "drops-lf",
        "A bare LF is dropped, so lines run together.",
        content("normalise", lambda c: normalise(re.sub(rb"(?<!\r)\n", b"", c))),
    ),
    (
        "RM-REL-08",
        "one-more",
        "An empty line is added at the end of every message.",
        content("normalise", then(lambda c: c + b"\r\n")),
    ),
    ("RM-REL-08", "one-less", "Empty lines at the end are removed.", content("normalise", then(one_line_end))),
    (
        "RM-REL-08",
        "not-added",
        "A missing final line end is not added, so the end of data is not seen.",
        content("normalise", lambda c: LINE_ENDS.sub(b"\r\n", c)),
    ),
    ("RM-REL-09", "breaks", "Lines are broken after 998 octets.", content("normalise", then(lines_broken))),
    ("RM-REL-09", "cuts", "Lines are cut after 998 octets.", content("normalise", then(lines_cut))),
    ("RM-REL-09", "refuses-998", "A line of 998 octets is refused.", content("octets_of", no_line_of_998)),
    ("RM-REL-25", "no-header-500", "Content without a header leads to 500.", content("octets_of", no_message_no_luck)),
    (
        "RM-REL-25",
        "only-fields",
        "Lines of the header that are no fields are dropped.",
        content("normalise", only_fields),
    ),
    (
        "RM-REL-25",
        "written-anew",
        "The message is parsed and written anew.",
        content(
            "normalise", then(lambda c: message_from_bytes(c).as_bytes(policy=policy.compat32.clone(linesep="\r\n")))
        ),
    ),
    ("RM-REL-26", "lf-around-dots", "A bare LF is passed on around a dot.", content("normalise", but_around_dots)),
    ("RM-REL-26", "bare-cr", "A bare CR is passed on.", content("normalise", but_bare_cr)),
    (
        "RM-REL-26",
        "stuffed-too-early",
        "Dots are stuffed before line ends are made whole.",
        change("relaying", normalise=stuffed_before_normalised, stuff=lambda c: c),
    ),
    (
        "RM-REL-26",
        "nothing-done",
        "Content goes out as it came.",
        change("relaying", normalise=ended, stuff=lambda c: c),
    ),
)

MUTANTS = tuple(
    Mutant(f"{row}-{name}", breaks=row, fault=fault, service=service) for row, name, fault, service in TABLE
)
