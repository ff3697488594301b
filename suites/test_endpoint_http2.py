"""The operation over HTTP/2, where the target speaks it (RFC 9113 §8.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relaycheck.encodings import FORM
from relaycheck.judgements import identical_mail, same_outcome
from relaycheck.judgements.http2 import refused_alike
from relaycheck.plugin import judge, requirement

if TYPE_CHECKING:
    from relaycheck.client import Variations
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Credentials, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target


@requirement("RM-EP-15")
@pytest.mark.parametrize(
    "variation",
    [
        {},
        {"query": "$select=name,department,category/id"},
        {"media_type": "text/xml"},
        {"media_type": FORM},
        {"headers": (("Accept-Language", "*"), ("Accept-Encoding", "gzip"))},
    ],
    ids=["plain", "select", "XML", "form", "negotiation"],
)
def test_a_request_over_http_2_has_the_same_outcome(
    send_http2: Send, control: Control, message: Message, variation: Variations
) -> None:
    """HTTP/2 carries the semantics of HTTP unchanged (RFC 9113 §8)."""
    judge(same_outcome(send_http2(message, **variation), control(**variation)))


@requirement("RM-EP-15")
@pytest.mark.parametrize("size", [20_000, 100_000], ids=["two frames", "two windows"])
def test_a_long_request_over_http_2_arrives_whole(
    send_http2: Send, control: Control, run: Run, target: Target, size: int
) -> None:
    """Longer than a frame of 16 KiB, and than the first window of 64 KiB (RFC 9113 §6.5.2)."""
    line = "A line of a long message.\r\n"
    body = target.limits.as_much_of(line * (size // len(line)))
    judge(identical_mail(send_http2(run.message(body=body)), control()))


@requirement("RM-EP-15")
@pytest.mark.parametrize("scheme", ["basic", "soticket", "bearer", "xsrf"])
def test_credentials_count_over_http_2(
    send_http2: Send, control: Control, message: Message, credential: Credentials, scheme: str
) -> None:
    valid = credential(scheme)
    judge(same_outcome(send_http2(message, auth=valid), control(auth=valid)))


@requirement("RM-EP-15")
@pytest.mark.parametrize(
    "variation",
    [
        {"auth": None},
        {"content_type": "text/plain"},
        {"body": b"{"},
        {"path": "/relaycheck/no-such-path"},
        {"method": "PUT"},
    ],
    ids=["no credentials", "text/plain", "malformed", "path", "method"],
)
def test_a_request_is_refused_over_http_2_as_over_http_1(
    send: Send, send_http2: Send, control: Control, message: Message, variation: Variations
) -> None:
    refusable: Variations = {**variation, "expects": None}
    judge(refused_alike(send_http2(message, **refusable), send(message, **refusable), control()))
