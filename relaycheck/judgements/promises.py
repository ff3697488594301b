"""What the mails of a run tell about the requests that caused them: whether the 204 came too soon, whether credentials went along."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.state import described
from relaycheck.secret import OPENING
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from relaycheck.exchange import Exchange


@judgement
def no_204_before_its_mail(exchanges: Sequence[Exchange]) -> Verdict:
    """A relay that is not declared as queued says 204 after the mail server has the mail, not while it still may refuse it.

    Only requests that name the witness count: on the way from an installation's own server a mail may rest. So do only mails with
    the request's own content: a later one to its recipients is another's. A mail is stamped before the witness answers the end of
    data, an exchange when its response was read, both by one clock: no slack is needed.
    """
    sent = Counter(e.request.nonce for e in exchanges)
    # Of a request that was sent twice, nothing tells whose mail it is.
    seen = [e for e in exchanges if e.accepted and e.deliveries and _names_a_server(e) and sent[e.request.nonce] == 1]
    for exchange in seen:
        said = exchange.started + exchange.seconds
        own = exchange.request.nonce.encode()
        late = max((d.at for d in exchange.deliveries if d.accepted and own in d.data.lower()), default=0.0) - said
        if late > 0:
            return failed(
                f"{exchange.id} got 204 {1000 * late:.0f} ms before the mail server had its mail: what the server "
                'answered cannot have counted (a relay that queues declares [relay] mode = "queued")',
                decisive=True,
            )
    if not seen:
        return inconclusive(Cause.NO_WITNESS, "no mail arrived by which the order could be judged")
    return passed(f"{len(seen)} mails, each at its server before the 204 was said")


def _names_a_server(exchange: Exchange) -> bool:
    message = exchange.request.message
    return message is not None and message.connection is not None


@judgement
def no_secret_travels(exchanges: Sequence[Exchange]) -> Verdict:
    """What a relay puts in front of a message (RFC 5321 §4.4) holds no credentials: every recipient would read them."""
    mails = 0
    for exchange in exchanges:
        if exchange.request.message is None:
            continue
        first = exchange.request.message.rfc822.replace("\r", "\n").partition("\n")[0].encode("utf-8", "replace")
        for delivery in exchange.deliveries:
            mails += 1
            if not first:  # nothing tells where the message begins
                continue
            added, submitted, _ = delivery.data.partition(first)
            if submitted and OPENING in added:
                return failed(
                    f"{exchange.id} ({described(exchange)}): the relay wrote a secret into the mail's header",
                    decisive=True,
                )
    return passed(f"{mails} mails, none with a secret in what the relay added")
