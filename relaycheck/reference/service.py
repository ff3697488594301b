"""The faithful RelayMessage service as a record of steps. A fault is the same record with one step replaced.

A step is a plain function: it gets what it judges, and the `Service` where it needs other steps or the installation. State that
faults need lives in `Received.connection` (one connection) or in a closure (the whole server).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from relaycheck.reference.addresses import Addresses
from relaycheck.reference.answers import Answers
from relaycheck.reference.authentication import Authentication
from relaycheck.reference.binding import Binding
from relaycheck.reference.content import Content
from relaycheck.reference.installation import Installation
from relaycheck.reference.received import Answer, ClientGone, Received, Refusal
from relaycheck.reference.relaying import Relaying
from relaycheck.reference.routing import Routing, route

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from relaycheck.reference.submission import Submission


def select(query: str) -> None:
    """`$select` chooses among result properties (page) and there are none: no value of it changes anything."""


async def perform(service: Service, received: Received) -> Answer:
    """The operation: who asks, what, and then the mail. Nothing is read of the body before the user is known."""
    service.authentication.authenticate(service, received)
    service.select(received.query)
    members = await service.content.read_content(service, received)
    submission = service.binding.bind(service.binding, service.installation, members)
    submission = service.submitted(received, submission)
    await service.relaying.relay(service, submission)
    return service.answers.accepted(service, received)


def submitted(received: Received, submission: Submission) -> Submission:
    """The submission as bound, just before it is relayed."""
    return submission


async def serve(service: Service, received: Received) -> Answer:
    """One answer for one request, whatever happens."""
    try:
        if not route(service, received):
            return service.answers.options(received)
        return await service.perform(service, received)
    except Refusal as refusal:
        return service.answers.refused(service, received, refusal)
    except ClientGone:
        raise
    except Exception as error:
        return service.answers.crashed(received, error)


@dataclass(frozen=True, slots=True)
class Service:
    """Every step of the service, by subject, and the installation it runs for."""

    installation: Installation = field(default_factory=Installation)
    serve: Callable[[Service, Received], Awaitable[Answer]] = serve
    perform: Callable[[Service, Received], Awaitable[Answer]] = perform
    select: Callable[[str], None] = select
    submitted: Callable[[Received, Submission], Submission] = submitted
    routing: Routing = field(default_factory=Routing)
    authentication: Authentication = field(default_factory=Authentication)
    content: Content = field(default_factory=Content)
    binding: Binding = field(default_factory=Binding)
    addresses: Addresses = field(default_factory=Addresses)
    relaying: Relaying = field(default_factory=Relaying)
    answers: Answers = field(default_factory=Answers)

    async def answer(self, received: Received) -> Answer:
        """The answer to one request; raises only `ClientGone`."""
        return self.answers.finish(received, await self.serve(self, received))

    def but(self, **changes: object) -> Service:
        """The same service with some parts changed."""
        return replace(self, **changes)  # type: ignore[arg-type]
