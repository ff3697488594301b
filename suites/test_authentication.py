"""Who may relay: the three Authorization schemes and what is refused (page, "Request Headers"; RFC 9110 §11, RFC 7617, RFC 6750)."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from relaycheck.client.compose import varied
from relaycheck.client.credentials import SPELLED
from relaycheck.encodings import MEDIA_TYPES, encode
from relaycheck.judgements import (
    a_challenge_with_every_401,
    any_served,
    challenges_name_one_of,
    challenges_say_what_their_scheme_asks,
    not_served,
    observed,
    refused,
    same_outcome,
    served,
    served_where_utf_8_is_announced,
    status_in,
)
from relaycheck.plugin import judge, lacking, requirement, unobservable
from relaycheck.plugin.tables import rows
from relaycheck.secret import Secret
from relaycheck.strategies.credentials import EDITS, edits, encoded, secret_of, with_secret
from relaycheck.strategies.headers import case_masks
from relaycheck.strategies.strangers import FORWARDED, PREFLIGHT, SIGNED_IN, cookies_set
from relaycheck.target import Content
from relaycheck.verdicts import Cause

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from relaycheck.client import Variations
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Account, Control, Credentials, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

schemes = pytest.mark.parametrize("scheme", list(SPELLED))
every_scheme = pytest.mark.parametrize("scheme", list(SPELLED))


@requirement("RM-AUTH-01")
def test_valid_basic_credentials_are_served(send: Send, message: Message, credential: Credentials) -> None:
    """The scheme of the page's sample (RFC 7617)."""
    judge(served(send(message, auth=credential("basic"))))


@requirement("RM-AUTH-02")
def test_a_valid_soticket_is_served(send: Send, message: Message, credential: Credentials) -> None:
    """The ticket goes out as it is: it holds a colon, so it is no token68, and nothing decodes it."""
    judge(served(send(message, auth=credential("soticket"))))


@requirement("RM-AUTH-03")
def test_a_valid_bearer_token_is_served(send: Send, message: Message, credential: Credentials) -> None:
    """RFC 6750 §2.1."""
    judge(served(send(message, auth=credential("bearer"))))


@requirement("RM-AUTH-04")
def test_at_least_one_declared_way_works(send: Send, message: Message, run: Run) -> None:
    """A service that nobody can use conforms to nothing. The next way is tried where the one before it did not work."""
    tried = []
    for name, known in run.credentials.items():
        tried.append(send(message, auth=known, note=name))
        if tried[-1].accepted:
            break
    judge(any_served(tried))


@requirement("RM-AUTH-05")
@pytest.mark.parametrize("media_type", rows({name: name for name in MEDIA_TYPES}))
def test_nothing_is_served_without_credentials(send: Send, control: Control, message: Message, media_type: str) -> None:
    """In no media type: neither Authorization nor an XSRF value is there."""
    judge(not_served(send(message, auth=None, media_type=media_type, expects=None), control(media_type=media_type)))


@requirement("RM-AUTH-05")
@pytest.mark.parametrize("query", ["$select=name", "$select=", "debug=1"])
def test_no_query_opens_the_door(send: Send, control: Control, message: Message, query: str) -> None:
    # A query that nobody knows may be refused as such, and an empty $select too (RM-SEL-04).
    known = control(query=query) if query == "$select=name" else control()
    judge(not_served(send(message, auth=None, query=query, expects=None), known))


STRANGERS: dict[str, Variations] = {
    "as if from a trusted proxy": {"headers": tuple((name, "127.0.0.1") for name in FORWARDED)},
    "as if signed in before": {"headers": tuple((name, "{user}") for name in SIGNED_IN)},
    "as if it were a preflight": {"headers": PREFLIGHT},
    "in chunks": {"chunks": (7, 64)},
    "in gzip": {
        "headers": (("Content-Encoding", "gzip"),),
        "body": lambda stamped: gzip.compress(encode(stamped, MEDIA_TYPES[0], Content()), mtime=0),
        "media_type": MEDIA_TYPES[0],
    },
    "announced by Expect": {"headers": (("Expect", "100-continue"),)},
}
STRANGERS["all at once but gzip"] = {
    "headers": tuple(
        field for variation in STRANGERS.values() if "body" not in variation for field in variation.get("headers", ())
    ),
    "chunks": (7, 64),
    "query": "debug=1",
}
"""What a stranger can write, and what takes a request on another way through a service."""


@requirement("RM-AUTH-05")
@pytest.mark.parametrize("variation", rows(STRANGERS))
def test_nothing_else_stands_for_credentials(
    send: Send, control: Control, message: Message, target: Target, variation: Variations
) -> None:
    """No other field vouches for a stranger, and no other way to the service is unguarded."""
    user = target.auth.basic[0].user if target.auth.basic else "admin"
    named = tuple((name, value.format(user=user)) for name, value in variation.get("headers", ()))
    anonymous = varied(variation, headers=named, auth=None, expects=None)
    judge(not_served(send(message, **anonymous), control()))


@requirement("RM-AUTH-05")
@pytest.mark.over_the_run
def test_a_cookie_that_the_service_set_is_no_login(send: Send, control: Control, message: Message, run: Run) -> None:
    """Without Authorization the XSRF value must come too: a cookie alone is what a foreign site makes a browser send."""
    line = cookies_set(run.ledger.all()) or "relaycheck=none"
    judge(not_served(send(message, auth=None, headers=(("Cookie", line),), expects=None), control()))


@requirement("RM-AUTH-06")
def test_the_refusal_without_credentials_is_401(send: Send, control: Control, message: Message) -> None:
    """401 asks for credentials (RFC 9110 §15.5.2); 403 is tolerated."""
    judge(status_in(send(message, auth=None, expects=None), control(), statuses=(401, 403)))


@requirement("RM-AUTH-07")
def test_the_refusal_carries_a_challenge(send: Send, message: Message) -> None:
    """Every 401 has WWW-Authenticate with a well-formed challenge (RFC 9110 §11.6.1)."""
    judge(a_challenge_with_every_401([send(message, auth=None, expects=None)]))


@requirement("RM-AUTH-07")
@every_scheme
def test_the_refusal_of_wrong_credentials_carries_a_challenge(
    send: Send, message: Message, credential: Credentials, scheme: str
) -> None:
    judge(
        a_challenge_with_every_401(
            [send(message, auth=credential(scheme).with_value("d3Jvbmc6d3Jvbmc="), expects=None)]
        )
    )


@requirement("RM-AUTH-07")
@pytest.mark.over_the_run
def test_every_401_of_the_run_carries_a_challenge(run: Run) -> None:
    judge(a_challenge_with_every_401(run.ordinary()))


@requirement("RM-AUTH-08")
@pytest.mark.over_the_run
def test_challenges_say_what_their_scheme_asks(run: Run) -> None:
    """Basic has a realm (RFC 7617 §2), Bearer a parameter (RFC 6750 §3)."""
    judge(challenges_say_what_their_scheme_asks(run.ordinary()))


@requirement("RM-AUTH-08")
def test_the_challenges_of_a_plain_refusal_say_what_their_scheme_asks(send: Send, message: Message) -> None:
    judge(challenges_say_what_their_scheme_asks([send(message, auth=None, expects=None)]))


@requirement("RM-AUTH-09")
def test_the_challenges_name_a_declared_scheme(send: Send, message: Message, run: Run) -> None:
    """Otherwise a client cannot know what to send."""
    named = [SPELLED[s] for s in run.credentials if s in SPELLED]
    named += ["Negotiate", "NTLM"] if run.target.auth.negotiate else []
    if not named:
        raise lacking("auth.basic", "the target declares sessions only, and no challenge can name those")
    judge(challenges_name_one_of([send(message, auth=None, expects=None)], named))


@requirement("RM-AUTH-10")
@schemes
def test_scheme_names_match_in_any_case(
    send: Send, control: Control, message: Message, credential: Credentials, draw: Draw, scheme: str
) -> None:
    """`Authorization` schemes match without regard to case (RFC 9110 §11.1)."""
    accepted = control(auth=credential(scheme))
    others = case_masks(SPELLED[scheme]).filter(lambda spelling: spelling != SPELLED[scheme])
    for spelling in draw(others, 5):
        judge(same_outcome(send(message, auth=credential(scheme), scheme=spelling), accepted))


EDITED = [
    pytest.param(EDITS[name], media_type, id=name)
    for place, (name, media_type) in enumerate(zip(EDITS, MEDIA_TYPES[:1] + MEDIA_TYPES[:0:-1], strict=True))
]
"""Each edit under a media type of its own."""


@requirement("RM-AUTH-11")
@pytest.mark.parametrize(("edit", "media_type"), EDITED)
@schemes
def test_a_secret_with_an_edit_is_refused(
    send: Send,
    control: Control,
    message: Message,
    credential: Credentials,
    run: Run,
    scheme: str,
    edit: Callable[[str], str],
    media_type: str,
) -> None:
    """Altered, shortened or extended: another secret, whatever the body is."""
    valid = credential(scheme)
    wrong = with_secret(valid, run.target.auth, edit(secret_of(valid, run.target.auth)))
    if wrong == valid:
        raise lacking(f"auth.{scheme}", "the declared secret has no letters, so its case cannot be changed")
    note = f"the secret with an edit: {name_in(EDITS, edit)}"
    probe = send(message, auth=wrong, media_type=media_type, expects=None, note=note)
    judge(refused(probe, control(auth=valid, media_type=media_type)))


@requirement("RM-AUTH-11")
@every_scheme
def test_a_secret_with_one_edit_anywhere_is_refused(
    send: Send, control: Control, message: Message, credential: Credentials, run: Run, draw: Draw, scheme: str
) -> None:
    """One character changed, dropped or added at a drawn place."""
    valid = credential(scheme)
    for secret in draw(edits(secret_of(valid, run.target.auth)), 5):
        wrong = with_secret(valid, run.target.auth, secret)
        judge(refused(send(message, auth=wrong, expects=None), control(auth=valid)))


@requirement("RM-AUTH-11")
@pytest.mark.parametrize("scheme", ["soticket", "bearer"])
def test_a_secret_that_has_run_out_is_refused(
    send: Send, control: Control, message: Message, credential: Credentials, target: Target, scheme: str
) -> None:
    """It was right once, so no comparison refuses it: the service must know that its time is over."""
    valid = credential(scheme)
    expired = {"soticket": target.auth.expired_soticket, "bearer": target.auth.expired_bearer}[scheme]
    if expired is None:
        raise lacking("auth.expired", f"the target file declares no expired secret under [auth.{scheme}]")
    probe = send(message, auth=replace(valid, value=expired), expects=None, note="expired")
    judge(refused(probe, control(auth=valid)))


WRONG_PASSWORDS = {
    "none": "",
    "white space around it": " {own} ",
    "a wildcard of queries": "%",
    "the end of a query": "' OR '1'='1",
    "the user's name": "{user}",
    "more after a NUL": "{own}\0x",
    "that of another user": "{others}",
}


@requirement("RM-AUTH-11")
@pytest.mark.parametrize("password", rows(WRONG_PASSWORDS))
@pytest.mark.parametrize("user_exists", rows({"known user": True, "unknown user": False}))
def test_a_wrong_password_is_refused(
    send: Send,
    control: Control,
    message: Message,
    credential: Credentials,
    target: Target,
    user_exists: bool,
    password: str,
) -> None:
    """Whether the user exists or not."""
    valid = credential("basic")
    user = target.auth.basic[0].user if user_exists else "no-such-user"
    own = target.auth.basic[0].password.reveal()
    others = [a.password.reveal() for a in target.auth.basic[1:] if a.password.reveal() not in ("", own)]
    if "others" in password and not others:
        raise lacking("auth.basic.other", "the target file declares no other user with a password")
    said = {" {own} ": f" {own} ", "{own}\0x": f"{own}\0x", "{user}": user, "{others}": "".join(others[:1])}
    wrong = valid.with_value(encoded(user, said.get(password, password)))
    note = f"a wrong password: {name_in(WRONG_PASSWORDS, password)}"
    judge(refused(send(message, auth=wrong, expects=None, note=note), control(auth=valid)))


def name_in(table: Mapping[str, object], value: object) -> str:
    """Under what name the value stands there: what was sent is a secret, and tells nothing."""
    return next(name for name, known in table.items() if known == value)


@requirement("RM-AUTH-12")
def test_a_password_may_hold_colons(send: Send, message: Message, account: Account) -> None:
    """user-pass is split at the first colon (RFC 7617 §2)."""
    judge(served(send(message, auth=account(lambda a: ":" in a.password.reveal(), "auth.basic.colon"))))


@requirement("RM-AUTH-13")
def test_a_utf_8_password_works_where_the_challenge_announces_it(
    send: Send, message: Message, account: Account
) -> None:
    """With charset="UTF-8" in the challenge (RFC 7617 §2.1); without it the encoding is undefined."""
    other = account(lambda a: not (a.user + a.password.reveal()).isascii(), "auth.basic.nonascii")
    refusal = send(message, auth=None, expects=None)
    judge(served_where_utf_8_is_announced(send(message, auth=other), refusal))


@requirement("RM-AUTH-20")
@schemes
def test_a_valid_authorization_needs_no_xsrf_value(
    send: Send, message: Message, credential: Credentials, scheme: str
) -> None:
    """The page asks for the value only "if not using Authorization header"."""
    judge(served(send(message, auth=credential(scheme))))


@requirement("RM-AUTH-23")
@schemes
def test_so_apptoken_is_accepted(
    send: Send, control: Control, message: Message, credential: Credentials, target: Target, scheme: str
) -> None:
    """Online with the right value; on-site in nobody's way."""
    valid = credential(scheme)
    if target.installation == "online" and target.auth.app is None:
        raise unobservable(Cause.NOT_DECLARED, "the application token is not declared: give [auth.app] or --app-token")
    token = target.auth.app or Secret("app-token", "relaycheck-any-token")
    judge(served(send(message, auth=replace(valid, app=token)), control(auth=valid)))


@requirement("RM-AUTH-14")
def test_an_empty_password_is_recorded(send: Send, message: Message, account: Account) -> None:
    """The vendor's own samples have one; whether it works is the installation's business."""
    judge(
        observed(
            send(message, auth=account(lambda a: not a.password.reveal(), "auth.basic.empty"), note="empty password")
        )
    )
