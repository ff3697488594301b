"""Contents that are not quite messages (RFC 5322 §2.2, §3.6), and bodies that careless relays alter."""

from __future__ import annotations

from functools import lru_cache

from hypothesis import strategies as st

from relaycheck.message import NONCE, Message, plain_message

TRICKY = {
    "trailing spaces": "line with spaces   \r\n\ttabbed\t\r\n",
    "blank lines at the end": "text\r\n\r\n\r\n\r\n",
    "From at a line start": "From somebody\r\n>From quoted\r\n",
    "a long line": "x" * 998 + "\r\n",
    "soft breaks": "equals = sign=\r\n=3D is not decoded\r\n",
    "only white space": " \r\n\t\r\n",
    "MIME look-alikes": "--boundary\r\nContent-Type: text/plain\r\n\r\n--boundary--\r\n",
    "SMTP look-alikes": "QUIT\r\nRSET\r\nDATA\r\n",
    "what templates replace": "$$ $& $1 \\1 \\n %s %(a)s %% {0} {{a}} ${a} <%= a %> #{a}\r\n",
    "100 000 octets": ("0123456789" * 7 + "\r\n") * 1390,
}
TRICKY["all of them"] = "".join(TRICKY.values())
"""Bodies of 7-bit messages that any relay must leave alone."""
HEADERS = {
    "folded": "X-Folded: one\r\n two\r\n\tthree\r\nx-lower:   spaces\r\nBcc: nobody\r\n at all:;\r\n",
    "long": f"X-Long: {'word ' * 60}\r\n",
    "998 octets": f"X-Long: {'x' * 990}\r\n",
    "in no order": "Received: from a\r\nX-A: 1\r\nReceived: from b\r\nX-A: 2\r\nMIME-Version: 1.0\r\n",
    "encoded words": "Comments: =?utf-8?q?=C3=A9?= =?utf-8?b?w6k=?=\r\nX-Tab:\tvalue \r\nX-Empty: \r\n",
}
HEADERS["all of them"] = "".join(HEADERS.values())
"""Further header fields of messages that any relay must leave alone."""
_HEAD = "Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: Relaycheck <from@relaycheck.test>\r\nTo: undisclosed-recipients:;\r\n"
_REST = f"Subject: relaycheck {NONCE}\r\nMessage-ID: <{NONCE}@relaycheck.test>\r\n"
IMPERFECT = {
    "text without a header": f"{NONCE} is all there is.\r\nNo header at all.\r\n",
    "one word": NONCE,
    "a header without an end": _HEAD + _REST,
    "an empty line first": f"\r\n{_HEAD}{_REST}\r\n{NONCE}\r\n",
    "no From, no Date": f"{_REST}\r\n{NONCE}\r\n",
    "a header line without a colon": f"{_HEAD}this is no field\r\n{_REST}\r\n{NONCE}\r\n",
    "a space before the colon": f"{_HEAD}X-Odd : value\r\n{_REST}\r\n{NONCE}\r\n",
    "a folded first line": f" folded\r\n{_HEAD}{_REST}\r\n{NONCE}\r\n",
    "two of everything": f"{_HEAD}{_HEAD}{_REST}{_REST}\r\n{NONCE}\r\n",
    "a From without an address": f"From: nobody\r\n{_REST}\r\n{NONCE}\r\n",
    "a multipart without a boundary": f"{_HEAD}{_REST}Content-Type: multipart/mixed\r\n\r\n{NONCE}\r\n",
    "an unknown charset": f"{_HEAD}{_REST}Content-Type: text/plain; charset=no-such\r\n\r\n{NONCE}\r\n",
    "a broken encoded word": f"{_HEAD}{_REST}Comments: =?utf-8?b?!!!?= =?x?=\r\n\r\n{NONCE}\r\n",
    "paragraphs without a header": f"Hello\r\n\r\n{NONCE}\r\n\r\nBye\r\n",
}
_LINES = (
    "Date: Mon, 23 Nov 2026 12:00:00 +0000",
    "Date: yesterday",
    "From: nobody",
    "From: <a@relaycheck.test>, <b@relaycheck.test>",
    f"Subject: {NONCE}",
    "Subject:",
    f"Message-ID: {NONCE}",
    "no field",
    ": no name",
    "X Y: a space in the name",
    "Content-Transfer-Encoding: base64",
    "Content-Type: nonsense",
    "Received:",
)


@lru_cache(maxsize=64)
def imperfect_messages(domain: str) -> st.SearchStrategy[Message]:
    """Header lines good and bad, in any number and order, with and without a body."""
    head = st.lists(st.sampled_from(_LINES), max_size=5, unique=True)
    body = st.sampled_from(("", f"\r\n{NONCE}\r\n", f"\r\n{NONCE} no line end", "\r\n\r\n\r\n"))
    text = st.tuples(head, body).map(lambda parts: "".join(f"{line}\r\n" for line in parts[0]) + parts[1])
    usable = text.filter(lambda found: found.strip() != "")
    return usable.map(lambda found: plain_message(domain).but(rfc822=found))


def twin(domain: str, body: str = "the same text\r\n") -> Message:
    """A message that differs from any other made here in nothing but its Message-ID."""
    head = f"Date: Mon, 23 Nov 2026 12:00:00 +0000\r\nFrom: twin-from@{domain}\r\nTo: twin-to@{domain}\r\n"
    text = f"{head}Subject: the same subject\r\nMessage-ID: <{NONCE}@{domain}>\r\n\r\n{body}"
    return Message(text, f"twin-from@{domain}", (f"twin-to@{domain}",))
