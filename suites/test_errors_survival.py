"""Nothing that a client gets wrong brings the service down: the next valid request is served."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relaycheck.client.compose import varied
from relaycheck.client.dialogues import with_payload
from relaycheck.judgements.errors import RECOVERY, served_again
from relaycheck.plugin import judge, requirement
from relaycheck.strategies.malformed import BODIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.exchange import Exchange
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Compose, Send
    from relaycheck.plugin.run import Run

PATIENCE = 10.0
"""Seconds for an answer to a request that is wrong."""

GROUPS: dict[str, tuple[str, ...]] = {
    "hostile JSON": ("JSON nested too deep", "JSON that breaks off", "a port with 500 digits"),
    "hostile XML and forms": ("an undefined entity", "XML that breaks off", "half a percent triplet"),
    "hostile codings": ("gzip that breaks off", "octets that are not UTF-8", "NUL octets"),
}


@requirement("RM-ERR-12")
@pytest.mark.parametrize("group", list(GROUPS))
def test_the_service_survives_hostile_requests(send: Send, run: Run, message: Message, group: str) -> None:
    """A valid request is served within ten seconds of them."""
    before = send(message, note="before")
    hostile = [
        send(message, timeout=PATIENCE, **varied(BODIES[name], expects=None, note=name)) for name in GROUPS[group]
    ]
    judge(served_again(hostile, before, _until_served(run, message)))


@requirement("RM-ERR-12")
def test_the_service_survives_broken_connections(send: Send, run: Run, compose: Compose, message: Message) -> None:
    """Requests that stop in their header section or in their body, and a connection that is reset."""
    before = send(message, note="before")
    request = compose(message, expects=None, note="a request that breaks off")
    for end in (len(request.raw) // 3, len(request.raw) - 5):
        with run.client.converse() as conversation:
            conversation.write(request.raw[:end])
            conversation.reset()
    with run.client.converse() as conversation:
        whole = compose(message, chunks=(5,), expects=None, note="chunks that are none")
        garbage = with_payload(whole, b"zz\r\nqqqq\r\n\r\n")
        conversation.write(garbage.raw)
        hostile = conversation.read(garbage, timeout=PATIENCE)
    judge(served_again([hostile], before, _until_served(run, message)))


def _until_served(run: Run, message: Message) -> Sequence[Exchange]:
    """Valid requests until one is accepted, in `RECOVERY` seconds at most, and in less where answers are expected sooner."""
    tries = [run.client.send(message, note="after", fresh=True, timeout=PATIENCE)]
    left = min(RECOVERY, run.target.limits.response_timeout / 3)
    for pause in (left * share for share in (0.02, 0.08, 0.3, 0.6)):
        if tries[-1].accepted:
            break
        run.budget.revive()
        run.budget.pause(pause)
        tries.append(run.client.send(message, note="after", fresh=True, timeout=PATIENCE))
    return tries
