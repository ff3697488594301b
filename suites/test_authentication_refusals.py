"""Who may not relay, and what a refusal tells: malformed, undeclared, expired, doubled, misplaced credentials (RFC 9110 §11)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from relaycheck.client import DEFAULT
from relaycheck.client.compose import varied
from relaycheck.client.credentials import SPELLED, Credential
from relaycheck.encodings import FORM, encode
from relaycheck.judgements import not_served, observed, refused
from relaycheck.judgements.access import (
    no_error_code,
    not_both_served,
    not_served_or_closed,
    nothing_leaks,
    one_status,
    times_compared,
    told_invalid_token,
)
from relaycheck.judgements.promises import no_secret_travels
from relaycheck.plugin import judge, lacking, requirement
from relaycheck.plugin.tables import rows
from relaycheck.secret import Secret
from relaycheck.strategies.credentials import ELSEWHERE, MALFORMED, encoded, secret_of, with_secret

if TYPE_CHECKING:
    from relaycheck.client import Variations
    from relaycheck.exchange import Exchange, Request
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Compose, Control, Credentials, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

schemes = pytest.mark.parametrize("scheme", list(SPELLED))


@requirement("RM-AUTH-15")
@pytest.mark.parametrize("value", rows(MALFORMED))
def test_malformed_credentials_are_refused(send: Send, control: Control, message: Message, value: str) -> None:
    """400 or 401, never a 5xx: what a stranger sends must not break the service."""
    judge(refused(send(message, auth=None, headers=(("Authorization", value),), expects=None), control()))


@requirement("RM-AUTH-15")
@pytest.mark.parametrize("scheme", ["Basic", "Bearer", "SoTicket"])
def test_credentials_of_60_000_octets_are_refused(send: Send, control: Control, message: Message, scheme: str) -> None:
    """By whatever status the server has for it, or by closing."""
    probe = send(message, auth=None, headers=(("Authorization", f"{scheme} {'QUJD' * 15_000}"),), expects=None)
    judge(not_served(probe, control()))


def of_authorization(run: Run) -> list[Credential]:
    """The declared credentials of that field; where there are only sessions, the XSRF value in their place."""
    found = list(run.credentials.values())
    return [c for c in found if c.scheme] or [
        replace(c, session=None, value=c.session.token) for c in found if c.session
    ]


@requirement("RM-AUTH-16")
@pytest.mark.parametrize("spelling", ["Foo", "Digest", "Token", "Basic2", "Bearers", "XSoTicket"])
def test_a_scheme_that_is_not_declared_is_refused(
    send: Send, control: Control, message: Message, run: Run, spelling: str
) -> None:
    """Even with the right secrets behind it (page: "depending on installation type")."""
    for known in of_authorization(run):
        judge(refused(send(message, auth=known, scheme=spelling, expects=None), control()))


@requirement("RM-AUTH-16")
def test_secrets_without_a_scheme_are_refused(send: Send, control: Control, message: Message, run: Run) -> None:
    for known in of_authorization(run):
        judge(refused(send(message, auth=known, scheme="", expects=None), control()))


@requirement("RM-AUTH-17")
def test_an_expired_token_is_told_so(send: Send, message: Message, target: Target, credential: Credentials) -> None:
    """401 with error="invalid_token" (RFC 6750 §3.1)."""
    valid = credential("bearer")
    if target.auth.expired_bearer is None:
        raise lacking("auth.expired", "the target file declares no expired token under [auth.bearer]")
    judge(told_invalid_token(send(message, auth=replace(valid, value=target.auth.expired_bearer), expects=None)))


@requirement("RM-AUTH-17")
def test_a_token_that_never_was_is_told_so(send: Send, message: Message, credential: Credentials) -> None:
    judge(told_invalid_token(send(message, auth=credential("bearer").with_value("8A:no-such-token"), expects=None)))


@requirement("RM-AUTH-18")
@pytest.mark.parametrize("variation", [{}, {"headers": (("SO-AppToken", "x"),)}, {"media_type": "text/xml"}])
def test_the_challenge_has_no_error_code_without_credentials(
    send: Send, message: Message, credential: Credentials, variation: Variations
) -> None:
    """Nothing was wrong yet (RFC 6750 §3.1)."""
    credential("bearer")
    anonymous: Variations = {**variation, "auth": None, "expects": None}
    judge(no_error_code(send(message, **anonymous)))


@requirement("RM-AUTH-19")
@schemes
def test_one_valid_line_of_several_is_not_enough(
    compose: Compose, run: Run, message: Message, credential: Credentials, scheme: str
) -> None:
    """Taking the first or the last is a choice; taking whichever is right invites abuse."""
    valid = credential(scheme)
    wrong = valid.with_value(encoded("tim0", "wrong") if scheme == "basic" else "7T:wrong")
    lines = [(("Authorization", f"{c.scheme} {c.value.reveal() if c.value else ''}")) for c in (valid, wrong)]
    either = [
        send_lines(run, compose(message, auth=None, headers=order, expects=None), valid, wrong)
        for order in (lines, lines[::-1])
    ]
    judge(not_both_served(either, run.control(auth=valid)))


def send_lines(run: Run, request: Request, *secrets: Credential) -> Exchange:
    """Send a request whose further fields hold credentials."""
    return run.client.transmit(request, secrets=tuple(s for c in secrets for s in c.secrets()))


@requirement("RM-AUTH-21")
@schemes
def test_an_invalid_authorization_does_not_fall_back_to_the_session(
    send: Send, control: Control, message: Message, credential: Credentials, scheme: str
) -> None:
    """Who sends Authorization wants to be judged by it."""
    session, valid = credential("xsrf"), credential(scheme)
    mixed = replace(valid.with_value("d3Jvbmc6d3Jvbmc="), session=session.session)
    judge(refused(send(message, auth=mixed, expects=None), control(auth=session)))


@requirement("RM-AUTH-22")
def test_a_wrong_xsrf_value_beside_a_valid_authorization_is_recorded(send: Send, message: Message, run: Run) -> None:
    """The page is silent about both together."""
    judge(observed(send(message, headers=(("X-XSRF-TOKEN", "wrong"),), note="wrong X-XSRF-TOKEN")))


@requirement("RM-AUTH-24")
@pytest.mark.parametrize("token", [None, "wrong-token", ""], ids=["missing", "wrong", "empty"])
def test_online_a_ticket_needs_the_right_so_apptoken(
    send: Send, control: Control, message: Message, credential: Credentials, token: str | None
) -> None:
    """The application token identifies the partner app (page, SO-AppToken)."""
    valid = credential("soticket")
    app = None if token is None else Secret("app-token-wrong", token)
    judge(refused(send(message, auth=replace(valid, app=app), expects=None), control(auth=valid)))


@requirement("RM-AUTH-25")
@pytest.mark.parametrize("declared", rows({"the declared token": True, "any token": False}))
def test_so_apptoken_alone_authenticates_nobody(
    send: Send, control: Control, message: Message, target: Target, declared: bool
) -> None:
    """It identifies an application, not a user."""
    if declared and target.auth.app is None:
        raise lacking("auth.app")
    token = target.auth.app if declared and target.auth.app else Secret("app-token-any", "relaycheck-any-token")
    judge(refused(send(message, auth=Credential("app", app=token), expects=None), control()))


OTHER_REASONS: dict[str, tuple[Variations, ...]] = {
    "in the body": ({"content_type": "text/plain"}, {"body": b"{"}),
    "in the request line": ({"method": "PUT"}, {"path": "/api/v1/Agents/EMail/NoSuchOperation"}),
}


@requirement("RM-AUTH-26")
@schemes
@pytest.mark.parametrize("reasons", rows(OTHER_REASONS))
def test_no_refusal_for_another_reason_repeats_a_secret(
    send: Send, message: Message, credential: Credentials, scheme: str, reasons: tuple[Variations, ...]
) -> None:
    """The right one, which came with a request that is wrong elsewhere."""
    valid = credential(scheme)
    judge(nothing_leaks([send(message, **varied(reason, auth=valid, expects=None)) for reason in reasons]))


@requirement("RM-AUTH-26")
@schemes
@pytest.mark.parametrize("accept", [None, "text/html"])
def test_no_refusal_repeats_a_wrong_secret(
    send: Send, message: Message, credential: Credentials, run: Run, scheme: str, accept: str | None
) -> None:
    """In no spelling, and in no page for a browser."""
    valid = credential(scheme)
    wrong = with_secret(valid, run.target.auth, secret_of(valid, run.target.auth) + "-and-more")
    asked: Variations = {} if accept is None else {"without": ("Accept",), "headers": (("Accept", accept),)}
    judge(nothing_leaks([send(message, **varied(asked, auth=wrong, expects=None))]))


@requirement("RM-AUTH-26")
def test_the_password_of_the_connection_is_not_repeated(send: Send, message: Message, run: Run) -> None:
    """Of a mail server that cannot be reached, of a body that is refused."""
    secret = Secret("connection-password", "c0nnection-Passw0rd-9")
    connection = run.connection()
    if connection is None:
        raise lacking("connection.object")
    named = replace(connection, user_name="relay-user", password=secret)
    judge(
        nothing_leaks(
            [
                send(message.but(connection=replace(named, port=1)), note="unreachable server"),
                send(message.but(connection=named, recipients=()), expects=None, note="no recipients"),
                send(message.but(connection=named), auth=None, expects=None, note="no credentials"),
            ]
        )
    )


@requirement("RM-AUTH-26")
@pytest.mark.over_the_run
def test_no_response_of_the_run_repeats_a_secret(run: Run) -> None:
    judge(nothing_leaks(run.ordinary()))


@requirement("RM-AUTH-26")
@pytest.mark.over_the_run
def test_no_mail_of_the_run_holds_a_secret(run: Run) -> None:
    """Not in a trace field either: every recipient would have it."""
    judge(no_secret_travels(run.ordinary()))


@requirement("RM-AUTH-27")
@pytest.mark.parametrize("place", rows({place: place for place in ELSEWHERE}))
@pytest.mark.parametrize("scheme", ["bearer", "soticket"])
def test_credentials_in_the_query_do_not_authenticate(
    send: Send, control: Control, message: Message, credential: Credentials, place: str, scheme: str
) -> None:
    """Queries end in logs; the page names header fields only."""
    value = credential(scheme).value
    assert value is not None
    query = place.format(quote(value.reveal(), safe=""))
    judge(refused(send(message, auth=None, query=query, expects=None), control(auth=credential(scheme))))


@requirement("RM-AUTH-27")
@pytest.mark.parametrize("name", ["access_token", "ticket", "Authorization"])
@pytest.mark.parametrize("scheme", ["soticket", "bearer"])
def test_credentials_in_the_form_do_not_authenticate(
    send: Send, control: Control, message: Message, credential: Credentials, target: Target, name: str, scheme: str
) -> None:
    """Neither does RFC 6750 §2.2 apply: the page does not offer it."""
    value = credential(scheme).value
    assert value is not None
    extra = f"{name}={quote(value.reveal(), safe='')}&".encode()
    probe = send(
        message, auth=None, media_type=FORM, body=lambda m: extra + encode(m, FORM, target.content), expects=None
    )
    judge(refused(probe, control(auth=credential(scheme), media_type=FORM)))


@requirement("RM-AUTH-28")
@pytest.mark.parametrize("scheme", [*SPELLED, "xsrf"])
def test_each_request_is_authenticated_by_itself(
    compose: Compose, run: Run, message: Message, credential: Credentials, scheme: str
) -> None:
    """On one connection: valid, anonymous, wrong, valid, anonymous. HTTP is stateless (RFC 9110 §3.3)."""
    if run.target.auth.negotiate:
        raise lacking("auth.negotiate", "Negotiate authenticates connections, so a connection may remember its user")
    valid = credential(scheme)
    wrong = valid.with_value("d3Jvbmc6d3Jvbmc=") if valid.scheme else None
    order = (valid, None, wrong, valid, None)
    requests = [compose(message, auth=c, expects=DEFAULT if c is valid else None) for c in order]
    with run.client.converse() as conversation:
        seen = [conversation.send(request) for request in requests]
    for place in (1, 2, 4):
        judge(not_served_or_closed(seen[place], control=seen[0]))


@requirement("RM-AUTH-05")
def test_nothing_is_served_without_credentials_over_http_2(
    send_http2: Send, control: Control, message: Message
) -> None:
    """The way to the service is another, its guard is the same."""
    judge(not_served(send_http2(message, auth=None, expects=None), control()))


@requirement("RM-AUTH-28")
def test_each_request_on_a_connection_of_http_2_is_authenticated_by_itself(send_http2: Send, message: Message) -> None:
    """Valid, then anonymous: the streams of one connection share no user."""
    valid = send_http2(message)
    judge(not_served_or_closed(send_http2(message, auth=None, expects=None), control=valid))


BAD_BODIES: dict[str, tuple[Variations, ...]] = {
    "JSON and no known type": ({"body": b"{"}, {"content_type": "text/plain"}),
    "XML and a form": ({"media_type": "text/xml", "body": b"<broken"}, {"media_type": FORM, "body": b"%zz"}),
}


@requirement("RM-AUTH-29")
@pytest.mark.parametrize("bodies", rows(BAD_BODIES))
def test_credentials_are_checked_before_the_body(send: Send, message: Message, bodies: tuple[Variations, ...]) -> None:
    """A stranger learns nothing about bodies: the status is the same for good, malformed and unsupported ones."""
    seen = [send(message, auth=None, expects=None)]
    seen += [send(message, **varied(body, auth=None, expects=None)) for body in bodies]
    judge(one_status(seen))


@requirement("RM-AUTH-30")
@schemes
def test_several_spaces_after_the_scheme_are_recorded(
    send: Send, message: Message, credential: Credentials, scheme: str
) -> None:
    """The grammar allows one or more (RFC 9110 §11.4)."""
    valid = credential(scheme)
    judge(observed(send(message, auth=valid, scheme=f"{valid.scheme}  ", note="three spaces")))


@requirement("RM-AUTH-31")
def test_the_time_to_refuse_is_recorded(send: Send, message: Message, credential: Credentials, target: Target) -> None:
    """An unknown user against a wrong password, in turn."""
    valid, known = credential("basic"), target.auth.basic[0].user
    pairs = [
        (send(message, auth=valid.with_value(encoded("no-such-user", "wrong")), expects=None),
         send(message, auth=valid.with_value(encoded(known, "wrong")), expects=None))
        for _ in range(5)
    ]  # fmt: skip
    judge(times_compared([a for a, _ in pairs], [b for _, b in pairs]))
