"""Whole dialogues on a connection of their own, for requests that no ordinary client would send."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.client.client import Client
    from relaycheck.exchange import Exchange, Request

LEAST, MOST = 0.5, 3.0


def patience(client: Client) -> float:
    """Seconds that a target has to close a connection, or to answer what it should answer at once: ten times its slowest answer so
    far, within limits."""
    return min(MOST, max(LEAST, 10 * client.slowest))


def answered(client: Client, request: Request) -> Exchange:
    """The answer to `request` on a connection of its own; the run does not count it as silence when none comes."""
    with client.converse() as conversation:
        return conversation.send(request, patience(client))


def tried_again(
    client: Client, request: Request, following: Request, hidden: Request | None = None
) -> tuple[Exchange, Exchange]:
    """The answer to `request`, and what then comes for `following` on the same connection: nothing, if the target has closed it.

    `hidden` is a request within the first: if it is carried out, the second answer is its answer, so it is recorded as that.
    """
    with client.converse() as conversation:
        answer = conversation.send(request, patience(client))
        if answer.answered:
            conversation.write(following.raw)
        return answer, conversation.read(hidden or following, patience(client))


def together(client: Client, requests: Sequence[Request]) -> tuple[Exchange, ...]:
    """Requests written at once, and their answers up to the first that does not come."""
    answers: list[Exchange] = []
    with client.converse() as conversation:
        conversation.write(b"".join(request.raw for request in requests))
        for request in requests:
            answers.append(conversation.read(request, patience(client)))
            if not answers[-1].answered:
                break
    return tuple(client.await_mail(answer) for answer in answers)


def held_back(client: Client, request: Request) -> tuple[Exchange, int | None]:
    """The answer to a request whose body waits for a 100, and the status of the first response head that came meanwhile."""
    head = len(_head(request))
    with client.converse() as conversation:
        conversation.write(request.raw[:head])
        before = conversation.interim(patience(client))
        if before is None or before < 200:
            conversation.write(request.raw[head:])
        return client.await_mail(conversation.read(request)), before


def sent_all_the_same(
    client: Client, request: Request, following: Request, hidden: Request
) -> tuple[Exchange, Exchange]:
    """The answers to a request whose body comes after its head was answered, whatever the answer, and to the one behind it, or to
    the one within."""
    head = len(_head(request))
    with client.converse() as conversation:
        conversation.write(request.raw[:head])
        conversation.interim(patience(client))
        conversation.write(request.raw[head:] + following.raw)
        return conversation.read(request, patience(client)), conversation.read(hidden, patience(client))


def followed(
    client: Client, request: Request, following: Request, hidden: Request | None = None
) -> tuple[Exchange, Exchange]:
    """Two requests in one write, and what came for each; the second is expected to get nothing, or nothing good.

    `hidden` is a request within the first: if it is carried out, the second answer is its answer, so it is recorded as that.
    """
    with client.converse() as conversation:
        conversation.write(request.raw + following.raw)
        answer = conversation.read(request, patience(client))
        after = conversation.read(hidden or following, patience(client))
    return client.await_mail(answer), after


def cut_short(client: Client, request: Request, octets: bytes, *, reset: bool = False) -> Exchange:
    """What came back for the first `octets` of a request whose connection the client then ended, with FIN or RST."""
    with client.converse() as conversation:
        conversation.write(octets)
        if reset:
            conversation.reset()
        else:
            conversation.finish_writing()
        return conversation.read(request, patience(client))


def with_payload(request: Request, payload: bytes) -> Request:
    """The same header section before other octets."""
    return replace(request, raw=_head(request) + payload)


def _head(request: Request) -> bytes:
    head, end, _ = request.raw.partition(b"\r\n\r\n")
    return head + end
