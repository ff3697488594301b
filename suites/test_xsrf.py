"""The browser's way in: a session cookie and the XSRF value that belongs to it (page, X-XSRF-TOKEN)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relaycheck.client import Credential
from relaycheck.encodings import FORM, MEDIA_TYPES
from relaycheck.judgements import no_grant_to, not_served, observed, same_outcome, served
from relaycheck.plugin import judge, lacking, requirement
from relaycheck.secret import Secret
from relaycheck.strategies.headers import case_masks

if TYPE_CHECKING:
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Credentials, Draw, Send
    from relaycheck.target import Session, Target


@pytest.fixture
def session(target: Target) -> Session:
    """The declared session: its cookies and its value."""
    if target.auth.xsrf is None:
        raise lacking("auth.xsrf")
    return target.auth.xsrf


def presenting(session: Session, token: str | None, name: str = "xsrf-altered") -> Credential:
    """A session whose X-XSRF-TOKEN is another value, or is not sent."""
    return Credential("xsrf", session=replace(session, token=Secret(name, token or "")))


@requirement("RM-XSRF-01")
def test_a_session_with_its_value_is_served(send: Send, message: Message, session: Session) -> None:
    """Cookies and the matching X-XSRF-TOKEN, no Authorization. As in a browser, a cookie of something else comes first."""
    cookies = (("theme", Secret("foreign-cookie", "relaycheck-dark")), *session.cookies)
    judge(served(send(message, auth=Credential("xsrf", session=replace(session, cookies=cookies)))))


@requirement("RM-XSRF-02")
@pytest.mark.parametrize("media_type", list(MEDIA_TYPES))
def test_a_session_without_its_value_is_refused(
    send: Send, control: Control, message: Message, credential: Credentials, session: Session, media_type: str
) -> None:
    """A cookie that any site can make the browser send is not enough."""
    accepted = control(auth=credential("xsrf"), media_type=media_type)
    judge(not_served(send(message, auth=presenting(session, None), media_type=media_type, expects=None), accepted))


def alterations(value: str) -> dict[str, str]:
    """Values that are not `value` though they resemble it."""
    last = "A" if value[-1] != "A" else "B"
    return {
        "truncated": value[:-1],
        "extended": f"{value}x",
        "last character changed": value[:-1] + last,
        "first character dropped": value[1:],
        "another case": value.swapcase(),
        "a constant": "null",
    }


@requirement("RM-XSRF-03")
@pytest.mark.parametrize("alteration", list(alterations("x-y")))
def test_a_wrong_value_is_refused(
    send: Send, control: Control, message: Message, credential: Credentials, session: Session, alteration: str
) -> None:
    """The value must be the session's own, to the last character."""
    right = session.token.reveal()
    wrong = alterations(right)[alteration]
    if wrong == right:
        raise lacking("auth.xsrf", "the declared value has no letters, so its case cannot be changed")
    probe = send(message, auth=presenting(session, wrong), expects=None)
    judge(not_served(probe, control(auth=credential("xsrf"))))


@requirement("RM-XSRF-03")
def test_the_value_of_another_session_is_refused(
    send: Send, control: Control, message: Message, credential: Credentials, session: Session, target: Target
) -> None:
    """Valid, but not for these cookies."""
    if target.auth.other_xsrf is None:
        raise lacking("auth.xsrf.other", "the target file declares no second session under [auth.xsrf_other]")
    probe = send(message, auth=presenting(session, target.auth.other_xsrf.token.reveal(), "xsrf-other"), expects=None)
    judge(not_served(probe, control(auth=credential("xsrf"))))


@requirement("RM-XSRF-04")
def test_the_value_without_its_session_is_refused(
    send: Send, control: Control, message: Message, credential: Credentials, session: Session
) -> None:
    """X-XSRF-TOKEN guards a session; it is none."""
    alone = Credential("xsrf", session=replace(session, cookies=()))
    judge(not_served(send(message, auth=alone, expects=None), control(auth=credential("xsrf"))))


@requirement("RM-XSRF-04")
def test_the_value_with_the_xsrf_cookie_alone_is_refused(
    send: Send, control: Control, message: Message, credential: Credentials, session: Session
) -> None:
    """A cookie that equals the header is double submission, not a session."""
    same = tuple((n, v) for n, v in session.cookies if v.reveal() == session.token.reveal())
    if not same or len(same) == len(session.cookies):
        raise lacking("auth.xsrf", "the declared cookies hold no XSRF cookie beside the session's")
    probe = send(message, auth=Credential("xsrf", session=replace(session, cookies=same)), expects=None)
    judge(not_served(probe, control(auth=credential("xsrf"))))


@requirement("RM-XSRF-04")
def test_the_value_with_cookies_that_resemble_its_session_s_is_refused(
    send: Send, control: Control, message: Message, credential: Credentials, session: Session
) -> None:
    """The right names with another value, behind other names with the right value. An XSRF cookie stays as it is."""
    token = session.token.reveal()
    kept = tuple((n, v) for n, v in session.cookies if v.reveal() == token)
    known = [(n, v.reveal()) for n, v in session.cookies if v.reveal() not in ("", token)]
    if not known:
        raise lacking("auth.xsrf", "the declared cookies hold no session")
    named = tuple((f"X{n}", Secret("xsrf-cookie-renamed", v)) for n, v in known)
    changed = tuple((n, Secret("xsrf-cookie-altered", ("0" if v[0] != "0" else "1") + v[1:])) for n, v in known)
    alike = Credential("xsrf", session=replace(session, cookies=(*named, *changed, *kept)))
    judge(not_served(send(message, auth=alike, expects=None), control(auth=credential("xsrf"))))


@requirement("RM-XSRF-05")
@pytest.mark.parametrize(
    ("media_type", "content_type"),
    [
        (FORM, FORM),
        (FORM, "multipart/form-data"),
        ("application/json", "text/plain"),
        ("application/json", None),
        (FORM, None),
    ],
)
def test_a_cross_site_post_relays_nothing(
    send: Send,
    control: Control,
    message: Message,
    credential: Credentials,
    session: Session,
    media_type: str,
    content_type: str | None,
) -> None:
    """What a foreign page can make a browser send without asking: cookies, a simple type, no header of its own."""
    probe = send(
        message,
        auth=presenting(session, None),
        media_type=media_type,
        content_type=content_type,
        headers=(("Origin", "https://attacker.example"), ("Referer", "https://attacker.example/")),
        expects=None,
    )
    judge(not_served(probe, control(auth=credential("xsrf"), media_type=media_type)))


@requirement("RM-XSRF-06")
@pytest.mark.parametrize("origin", ["https://attacker.example", "null"])
def test_a_foreign_origin_is_not_granted_credentials(send: Send, message: Message, origin: str) -> None:
    """The answer to a preflight does not reflect any origin together with credentials."""
    asked = (
        ("Origin", origin),
        ("Access-Control-Request-Method", "POST"),
        ("Access-Control-Request-Headers", "content-type, x-xsrf-token"),
    )
    judge(no_grant_to(origin, send(message, method="OPTIONS", auth=None, body=b"", headers=asked, expects=None)))


@requirement("RM-XSRF-07")
def test_the_name_of_the_field_matches_in_any_case(
    send: Send, control: Control, message: Message, credential: Credentials, session: Session, draw: Draw
) -> None:
    """Field names are case-insensitive (RFC 9110 §5.1)."""
    without = presenting(session, None)
    accepted = control(auth=credential("xsrf"))
    for name in draw(case_masks("x-xsrf-token"), 4):
        probe = send(message, auth=without, headers=((name, session.token.reveal()),))
        judge(same_outcome(probe, accepted))


@requirement("RM-XSRF-08")
def test_the_value_in_a_form_field_or_the_query_is_recorded(send: Send, message: Message, session: Session) -> None:
    """The page speaks of a hidden input field as where the value comes from, not how it travels."""
    without, value = presenting(session, None), session.token.reveal()
    judge(
        observed(
            send(message, auth=without, query=f"X-XSRF-TOKEN={value}", expects=None, note="in the query"),
            send(message, auth=without, query=f"XSRF_TOKEN={value}", expects=None, note="as XSRF_TOKEN in the query"),
        )
    )
