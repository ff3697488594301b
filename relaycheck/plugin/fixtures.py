"""The nouns of a test. Everything is valid by default; a test says only what is different."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar, Unpack

import pytest

from relaycheck.catalogue import NEEDS
from relaycheck.client import basic
from relaycheck.plugin.judging import lacking, running_attempt, unobservable
from relaycheck.plugin.mail_servers import mail_server
from relaycheck.plugin.run import RUN
from relaycheck.plugin.settings import Depth
from relaycheck.plugin.shrinking import drawn
from relaycheck.verdicts import Cause
from relaycheck.witness import FAITHFUL

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from hypothesis.strategies import SearchStrategy

    from relaycheck.client import Client, Conversation, Credential, Variations
    from relaycheck.exchange import Exchange, Request
    from relaycheck.message import Message
    from relaycheck.plugin.mail_servers import MailServer
    from relaycheck.plugin.run import Run
    from relaycheck.target import BasicAccount, Target
    from relaycheck.witness import Behaviour, Witness

T = TypeVar("T")
SHARE = {Depth.QUICK: 0.2, Depth.STANDARD: 1.0, Depth.THOROUGH: 5.0}


class Send(Protocol):
    """Send one request: `send(message, scheme="basic")`."""

    def __call__(
        self, message: Message, *, fresh: bool = False, timeout: float | None = None, **variations: Unpack[Variations]
    ) -> Exchange: ...


class Control(Protocol):
    """An accepted request, at most twenty exchanges old: `control()`, or `control(media_type="text/xml")`."""

    def __call__(self, **variations: Unpack[Variations]) -> Exchange: ...


class Compose(Protocol):
    """Compose a request without sending it, for conversations."""

    def __call__(self, message: Message, **variations: Unpack[Variations]) -> Request: ...


class Credentials(Protocol):
    """`credential("soticket")`: the valid credential of a declared scheme; an undeclared one makes the check not applicable."""

    def __call__(self, scheme: str) -> Credential: ...


class Account(Protocol):
    """`account(has_colon, "auth.basic.colon")`: a further Basic account of the target file; without one, not applicable."""

    def __call__(self, fits: Callable[[BasicAccount], bool], capability: str) -> Credential: ...


class Serving(Protocol):
    """`with serving(Behaviour(…)) as server:` — a further mail server; `message.but(connection=server.connection)` names it."""

    def __call__(self, behaviour: Behaviour = FAITHFUL) -> AbstractContextManager[MailServer]: ...


class Draw(Protocol):
    """`draw(strategy, 20)`: 20 distinct examples at standard depth, a fifth at quick, five times as many at thorough."""

    def __call__(self, strategy: SearchStrategy[T], count: int) -> tuple[T, ...]: ...


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Run:
    """The whole run, for checks that look over all its exchanges."""
    return request.config.stash[RUN]


@pytest.fixture(scope="session")
def client(run: Run) -> Client:
    return run.client


@pytest.fixture(scope="session")
def send(run: Run) -> Send:
    return run.send


@pytest.fixture(scope="session")
def send_http2(run: Run) -> Send:
    """The same over HTTP/2, where ALPN offers it; where it does not, the check is not applicable."""

    def over_http2(
        message: Message, *, fresh: bool = False, timeout: float | None = None, **variations: Unpack[Variations]
    ) -> Exchange:
        return run.client.send_http2(message, timeout=timeout, **variations)

    return over_http2


@pytest.fixture(scope="session")
def control(run: Run) -> Control:
    return run.control


@pytest.fixture(scope="session")
def compose(run: Run) -> Compose:
    return run.client.request


@pytest.fixture(scope="session")
def message(run: Run) -> Message:
    """A message that any relay can carry, to two recipients at the witness."""
    return run.message()


@pytest.fixture(scope="session")
def target(run: Run) -> Target:
    return run.target


@pytest.fixture(scope="session")
def witness(run: Run) -> Witness:
    if run.witness is None:
        raise unobservable(
            Cause.NO_WITNESS, "this needs the suite's own mail server: declare [witness] in the target file"
        )
    return run.witness


@pytest.fixture(scope="session")
def serving(run: Run) -> Serving:
    def open_one(behaviour: Behaviour = FAITHFUL) -> AbstractContextManager[MailServer]:
        return mail_server(run, behaviour)

    return open_one


@pytest.fixture(scope="session")
def conversation() -> Conversation | None:
    """A connection of the test's own. It is opened with each attempt (`session.call`); this only names it."""
    return None


@pytest.fixture(scope="session")
def credential(run: Run) -> Credentials:
    def of(scheme: str) -> Credential:
        if scheme not in run.credentials:
            raise lacking(f"auth.{scheme}")
        return run.credentials[scheme]

    return of


@pytest.fixture(scope="session")
def account(run: Run) -> Account:
    def of(fits: Callable[[BasicAccount], bool], capability: str) -> Credential:
        if not run.target.auth.basic:
            raise lacking("auth.basic")
        found = next((a for a in run.target.auth.basic if fits(a)), None)
        if found is None:
            raise lacking(capability, f"the target file has no such account: {NEEDS[capability].meaning}")
        return basic(found)

    return of


@pytest.fixture(scope="session")
def draw(run: Run) -> Draw:
    def examples(strategy: SearchStrategy[T], count: int) -> tuple[T, ...]:
        number = max(1, round(count * SHARE[run.settings.depth]))
        return drawn(running_attempt(), strategy, number, run.settings.seed)

    return examples
