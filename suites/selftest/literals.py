"""Exchanges and deliveries as literals, for judgements: `exchange(204, mail=True)`, `exchange(401)`, `exchange(None)`."""

from __future__ import annotations

from itertools import count

from relaycheck.exchange import (
    ConnectionUse,
    Delivery,
    Exchange,
    Fields,
    Outcome,
    Recipient,
    Request,
    Response,
)
from relaycheck.message import Message, plain_message
from relaycheck.target.model import Relay

_ids = count(1)
REASONS = {200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 415: "Unsupported Media Type"}


def message(nonce: str = "rcliteral0001", recipients: int = 2) -> Message:
    return plain_message("relaycheck.test", recipients).stamped(nonce)


def delivery(
    of: Message,
    *,
    sender: str | None = None,
    recipients: tuple[str, ...] | None = None,
    data: bytes | None = None,
    reply: int = 250,
) -> Delivery:
    """One transaction that carried `of`, with some of it different."""
    number = next(_ids)
    octets = of.rfc822.encode() if data is None else data
    named = of.recipients if recipients is None else recipients
    return Delivery(
        id=f"mail-{number}-1",
        listener="main",
        session=number,
        transaction=1,
        hello="client.test",
        sender=of.sender if sender is None else sender,
        sender_parameters=(),
        recipients=tuple(Recipient(address, (), 250) for address in named),
        data=octets,
        wire=octets + b".\r\n",
        reply=reply,
    )


def exchange(
    status: int | None,
    *,
    mail: bool | tuple[Delivery, ...] = False,
    carries: Message | bool | None = True,
    outcome: Outcome | None = None,
    fields: tuple[tuple[str, str], ...] = (),
    request_fields: tuple[tuple[str, str], ...] = (),
    body: bytes = b"",
    stray: bytes = b"",
    witnessed: bool = True,
    relay: Relay | None = None,
    leaks: tuple[str, ...] = (),
    note: str = "",
    ordinal: int = 1,
    closed_after: bool = False,
    trailers: tuple[tuple[str, str], ...] = (),
    method: str = "POST",
) -> Exchange:
    """An exchange answered with `status`; None: not answered. `mail=True`: its message arrived as it was sent."""
    number = next(_ids)
    nonce = f"rcliteral{number:04d}"
    carried = message(nonce) if carries is True else carries or None
    request = Request(method, "/", Fields(request_fields), b"{}", b"", nonce, carried, note=note)
    response = None
    if status is not None:
        response = Response(status, REASONS.get(status, "Status"), Fields(fields), body, trailers=Fields(trailers))
    seen = (delivery(carried or message(nonce)),) if mail is True else tuple(mail or ())
    return Exchange(
        id=f"X{number:05d}",
        check="literal",
        request=request,
        outcome=outcome or (Outcome.ANSWERED if status is not None else Outcome.UNANSWERED),
        response=response,
        stray=stray,
        connection=ConnectionUse("c1", ordinal, closed_after=closed_after),
        leaks=leaks,
        deliveries=seen,
        witnessed=witnessed,
        relay=relay or Relay(),
    )


ACCEPTED = exchange(204, mail=True)
REFUSED = exchange(400)
GONE = exchange(None, outcome=Outcome.NOT_SENT)
THROTTLED = exchange(429, fields=(("Retry-After", "1"),))
BUSY = exchange(503)
SILENT = exchange(None)
LOST = exchange(204)
