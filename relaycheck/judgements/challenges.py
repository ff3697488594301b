"""Challenges of WWW-Authenticate (RFC 9110 §11.3, §11.6.1; RFC 7617 §2; RFC 6750 §3): their grammar and what they must say."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from relaycheck.judgements.judgement import judgement
from relaycheck.judgements.outcome import served
from relaycheck.judgements.state import described, missing
from relaycheck.verdicts import Cause, Verdict, failed, inconclusive, passed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    from relaycheck.exchange import Exchange

TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
QUOTED = r'"(?:[^"\\]|\\.)*"'
SCHEME = re.compile(rf"({TOKEN})")
PARAMETER = re.compile(rf"({TOKEN})[ \t]*=[ \t]*({TOKEN}(?=[ \t]*(?:,|$))|{QUOTED})")
TOKEN68 = re.compile(r"([A-Za-z0-9._~+/-]+=*)(?=[ \t]*(?:,|$))")
SPACE = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Challenge:
    """One challenge: the scheme as it was spelled, and its parameters with lower-case names."""

    scheme: str
    parameters: tuple[tuple[str, str], ...] = ()
    token68: str = ""

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.parameters if key == name), None)


class MalformedChallenge(ValueError):
    """A WWW-Authenticate value that the grammar does not allow."""


def challenges(value: str) -> tuple[Challenge, ...]:
    """Parse one WWW-Authenticate field, several challenges and all. Raises MalformedChallenge."""
    found: list[Challenge] = []
    at = 0
    while at < len(value):
        at = _past(SPACE, value, at)
        if at < len(value) and value[at] == ",":
            at += 1
            continue
        if at >= len(value):
            break
        parameter = PARAMETER.match(value, at)
        if parameter and found and not found[-1].token68:
            found[-1] = _with(found[-1], parameter)
            at = parameter.end()
        else:
            found.append(_scheme(value, at))
            at += len(found[-1].scheme)
            at, found[-1] = _token68(value, at, found[-1])
    if not found:
        raise MalformedChallenge("no challenge in it")
    return tuple(found)


def _scheme(value: str, at: int) -> Challenge:
    scheme = SCHEME.match(value, at)
    if not scheme:
        raise MalformedChallenge(f"no scheme name at {value[at : at + 20]!r}")
    if scheme.end() < len(value) and value[scheme.end()] not in " \t,":
        raise MalformedChallenge(f"{value[at : at + 30]!r} is no challenge")
    return Challenge(scheme[1])


def _token68(value: str, at: int, challenge: Challenge) -> tuple[int, Challenge]:
    start = _past(SPACE, value, at)
    if start == at or PARAMETER.match(value, start):
        return at, challenge
    token = TOKEN68.match(value, start)
    return (token.end(), Challenge(challenge.scheme, (), token[1])) if token else (at, challenge)


def _with(challenge: Challenge, parameter: re.Match[str]) -> Challenge:
    raw = parameter[2]
    text = re.sub(r"\\(.)", r"\1", raw[1:-1]) if raw.startswith('"') else raw
    return Challenge(challenge.scheme, (*challenge.parameters, (parameter[1].lower(), text)))


def _past(pattern: re.Pattern[str], value: str, at: int) -> int:
    found = pattern.match(value, at)
    return found.end() if found else at


def of(exchange: Exchange) -> tuple[Challenge, ...]:
    """All challenges of a response. Raises MalformedChallenge."""
    assert exchange.response is not None
    return tuple(c for line in exchange.response.fields.all("WWW-Authenticate") for c in challenges(line))


def _over_401s(exchanges: Sequence[Exchange], fault: Callable[[Exchange], str]) -> Verdict:
    """Fail at the first 401 with a fault. Without a 401 in sight nothing is obliged."""
    seen = [e for e in exchanges if e.status == 401]
    for exchange in seen:
        if found := fault(exchange):
            return failed(found, decisive=True)
    if seen:
        return passed(f"{len(seen)} answers with 401, none with the fault")
    gone = next((missing(e) for e in exchanges if missing(e)), None)
    if gone or not any(e.answered for e in exchanges):
        return gone or inconclusive(Cause.UNANSWERED, "nothing was answered")
    return passed(f"no answer was 401 ({described(exchanges[0])}), so nothing is obliged")


@judgement
def a_challenge_with_every_401(exchanges: Sequence[Exchange]) -> Verdict:
    """Every 401 has WWW-Authenticate with at least one well-formed challenge (RFC 9110 §11.6.1, §15.5.2)."""

    def fault(exchange: Exchange) -> str:
        assert exchange.response is not None
        value = exchange.response.fields.get("WWW-Authenticate")
        if value is None:
            return "401 without WWW-Authenticate"
        try:
            return "" if of(exchange) else f"401 with WWW-Authenticate: {value!r}, which holds no challenge"
        except MalformedChallenge as problem:
            return f"401 with WWW-Authenticate: {value!r}, which is malformed ({problem})"

    return _over_401s(exchanges, fault)


@judgement
def challenges_say_what_their_scheme_asks(exchanges: Sequence[Exchange]) -> Verdict:
    """Basic has a realm (RFC 7617 §2), Bearer at least one parameter (RFC 6750 §3)."""

    def fault(exchange: Exchange) -> str:
        for challenge in readable(exchange):
            scheme = challenge.scheme.lower()
            if scheme == "basic" and challenge.get("realm") is None:
                return f"a Basic challenge without realm: {_value(exchange)!r}"
            if scheme == "bearer" and not challenge.parameters:
                return f"a Bearer challenge without any parameter: {_value(exchange)!r}"
        return ""

    return _over_401s(exchanges, fault)


@judgement
def challenges_name_one_of(exchanges: Sequence[Exchange], schemes: Collection[str]) -> Verdict:
    """At least one challenge of each 401 names a scheme that the target declares (RFC 9110 §15.5.2)."""
    known = {s.lower() for s in schemes}

    def fault(exchange: Exchange) -> str:
        named = [c.scheme for c in readable(exchange)]
        if named and not known & {n.lower() for n in named}:
            return f"the challenges name {', '.join(named)}; declared are {', '.join(sorted(schemes))}"
        return ""

    return _over_401s(exchanges, fault)


def readable(exchange: Exchange) -> tuple[Challenge, ...]:
    """The challenges, or none where they are malformed: that is another row's finding."""
    try:
        return of(exchange)
    except MalformedChallenge:
        return ()


def _value(exchange: Exchange) -> str | None:
    return exchange.response.fields.get("WWW-Authenticate") if exchange.response else None


@judgement
def served_where_utf_8_is_announced(probe: Exchange, refusal: Exchange) -> Verdict:
    """A non-ASCII account is served if the Basic challenge says charset="UTF-8" (RFC 7617 §2.1); else it is an observation."""
    if gone := missing(probe) or missing(refusal):
        return gone
    basic = [c for c in readable(refusal) if c.scheme.lower() == "basic"] if refusal.response else []
    announced = any((c.get("charset") or "").upper() == "UTF-8" for c in basic)
    if not announced:
        return passed(f'no Basic challenge says charset="UTF-8"; in UTF-8 the account got {described(probe)}')
    return served(probe).evaluate()
