"""The reference target knows who asks: four ways in, each request judged by itself."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

import pytest
from http_probe import Conversation, Probe, basic
from reference_fixtures import probe, witness

from relaycheck.reference.embedded import Embedded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from relaycheck.secret import Secret
    from relaycheck.target import Session
    from relaycheck.witness import Witness

__all__ = ["probe", "witness"]


@pytest.fixture(scope="module")
def online(witness: Witness) -> Iterator[Probe]:
    with Embedded(default_smtp=(witness.main.host, witness.main.port), installation="online") as running:
        yield Probe(running.target, witness)


def shown(secret: Secret | None) -> str:
    assert secret is not None
    return secret.reveal()


def session_fields(session: Session | None, token: str | None = "") -> list[str]:
    """Cookie and XSRF fields; `token` empty: the right one, None: no field."""
    assert session is not None
    lines = ["Cookie: " + "; ".join(f"{name}={value.reveal()}" for name, value in session.cookies)]
    return lines if token is None else [*lines, f"X-XSRF-TOKEN: {token or session.token.reveal()}"]


def schemes(probe: Probe) -> dict[str, str]:
    auth = probe.target.auth
    found = {"SoTicket": f"SoTicket {shown(auth.soticket)}", "Bearer": f"Bearer {shown(auth.bearer)}"}
    return {**found, "Basic": probe.basic()} if auth.basic else found


@pytest.mark.parametrize("scheme", ["Basic", "SoTicket", "Bearer"])
@pytest.mark.parametrize("spell", [str, str.lower, str.upper, str.swapcase])
def test_each_scheme_lets_in_whatever_its_case(probe: Probe, scheme: str, spell: type[str]) -> None:
    given, credentials = schemes(probe)[scheme].split(" ")
    message = probe.message()
    assert probe.post(message, authorization=f"{spell(given)} {credentials}").status == 204
    assert probe.relayed_whole(message)


@pytest.mark.parametrize("number", [0, 1, 2, 3], ids=["plain", "colons", "non-ASCII", "empty"])
def test_every_account_works(probe: Probe, number: int) -> None:
    assert probe.post(probe.message(), authorization=probe.basic(number)).status == 204


def edited(secret: str) -> dict[str, str]:
    return {
        "truncated": secret[:-1],
        "longer": secret + "x",
        "case": secret.swapcase(),
        "first": secret[1:],
        "doubled": secret * 2,
        "empty": "",
    }


@pytest.mark.parametrize("scheme", ["Basic", "SoTicket", "Bearer"])
@pytest.mark.parametrize("edit", ["truncated", "longer", "case", "first", "doubled", "empty"])
def test_an_altered_secret_is_refused(probe: Probe, scheme: str, edit: str) -> None:
    auth = probe.target.auth
    right = {"SoTicket": auth.soticket, "Bearer": auth.bearer, "Basic": auth.basic[0].password}[scheme]
    wrong = edited(shown(right))[edit]
    message = probe.message()
    authorization = basic(auth.basic[0].user, wrong) if scheme == "Basic" else f"{scheme} {wrong}"
    assert probe.post(message, authorization=authorization).status == 401
    assert not probe.mails(message)


def b64(octets: bytes) -> str:
    return base64.b64encode(octets).decode()


MALFORMED = {
    "scheme only": "Basic",
    "not base64": "Basic !!!!",
    "base64 with a space": "Basic dGlt MDox",
    "no colon": "Basic " + b64(b"tim0"),
    "unknown user": "Basic " + b64(b"nobody:x"),
    "user in other case": "Basic " + b64(b"TIM0:demo-Passw0rd"),
    "NUL": "Basic " + b64(b"tim0:demo-Passw0rd\0"),
    "not UTF-8": "Basic " + b64("zoë:pä$swörd".encode("latin-1", "replace")),
    "64 KiB": "Basic " + "A" * 65_536,
    "unknown scheme": "Foo tim0",
    "Digest": 'Digest username="tim0"',
    "high octets": "Basic \xe4\xf6",
    "ticket as Bearer": "Bearer 7T:cmVsYXljaGVjazpkZW1vOnRpY2tldA==",
    "token as ticket": "SoTicket 8A:Cust12345.relaycheck-demo-access-token",
    "no scheme": "dGltMDpkZW1vLVBhc3N3MHJk",
}


@pytest.mark.parametrize("authorization", MALFORMED.values(), ids=MALFORMED)
def test_malformed_credentials_are_401(probe: Probe, authorization: str) -> None:
    message = probe.message()
    assert probe.post(message, authorization=authorization).status == 401
    assert not probe.mails(message)


def test_401_has_one_challenge_for_each_offered_scheme(probe: Probe, online: Probe) -> None:
    onsite = probe.post(probe.message(), authorization=None).all("www-authenticate")
    assert [text.split()[0] for text in onsite] == ["Basic", "SoTicket", "Bearer"]
    assert all('realm="' in text for text in onsite)
    assert 'charset="UTF-8"' in onsite[0]
    asked = online.post(online.message(), authorization=None).all("www-authenticate")
    assert [text.split()[0] for text in asked] == ["SoTicket", "Bearer"]


def test_the_bearer_challenge_names_an_error_only_if_a_token_came(probe: Probe) -> None:
    expired = f"Bearer {shown(probe.target.auth.expired_bearer)}"
    assert 'error="invalid_token"' in probe.post(probe.message(), authorization=expired).get("www-authenticate")
    for authorization in (None, "Basic x"):
        assert "error" not in probe.post(probe.message(), authorization=authorization).get("www-authenticate")


def test_an_expired_ticket_is_401(probe: Probe) -> None:
    assert (
        probe.post(probe.message(), authorization=f"SoTicket {shown(probe.target.auth.expired_soticket)}").status == 401
    )


@pytest.mark.parametrize("first", ["valid", "invalid"])
@pytest.mark.parametrize("second", ["valid", "invalid"])
def test_two_authorization_lines_are_refused(probe: Probe, first: str, second: str) -> None:
    line = {"valid": probe.basic(), "invalid": basic("tim0", "wrong")}
    message = probe.message()
    reply = probe.post(message, authorization=line[first], fields=[f"Authorization: {line[second]}"])
    assert reply.status == 400
    assert not probe.mails(message)


@pytest.mark.parametrize("body", [b"{", b"", b"\xff", b"<!DOCTYPE a>"])
@pytest.mark.parametrize("content_type", ["application/json", "application/xml", "text/plain", None, "nonsense"])
def test_who_asks_is_judged_before_what(probe: Probe, body: bytes, content_type: str | None) -> None:
    assert probe.post(body, content_type=content_type, authorization=None).status == 401


def test_authentication_does_not_stay_on_a_connection(probe: Probe) -> None:
    with Conversation(probe.target) as conversation:
        for authorization, status in ((None, 401), ("", 204), (None, 401), (basic("tim0", "x"), 401), ("", 204)):
            conversation.send(probe.request(probe.message(), authorization=authorization, close=False))
            assert conversation.reply().status == status


@pytest.mark.parametrize("query", ["?access_token={bearer}", "?ticket={ticket}", "?{bearer}"])
def test_credentials_elsewhere_do_not_count(probe: Probe, query: str) -> None:
    auth = probe.target.auth
    query = query.format(bearer=shown(auth.bearer), ticket=shown(auth.soticket))
    assert probe.post(probe.message(), query=query, authorization=None).status == 401
    form = f"access_token={shown(auth.bearer)}".encode()
    assert probe.post(form, content_type="application/x-www-form-urlencoded", authorization=None).status == 401


def test_a_session_with_its_xsrf_value_is_let_in(probe: Probe) -> None:
    for session in (probe.target.auth.xsrf, probe.target.auth.other_xsrf):
        message = probe.message()
        assert probe.post(message, authorization=None, fields=session_fields(session)).status == 204
        assert probe.relayed_whole(message)


@pytest.mark.parametrize("name", ["x-xsrf-token", "X-XSRF-TOKEN", "X-Xsrf-Token"])
def test_the_name_of_the_xsrf_field_matches_without_case(probe: Probe, name: str) -> None:
    session = probe.target.auth.xsrf
    assert session is not None
    fields = [*session_fields(session, None), f"{name}: {session.token.reveal()}"]
    assert probe.post(probe.message(), authorization=None, fields=fields).status == 204


@pytest.mark.parametrize("content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain", None])
def test_a_cookie_alone_is_refused(probe: Probe, content_type: str | None) -> None:
    message = probe.message()
    fields = session_fields(probe.target.auth.xsrf, None)
    assert probe.post(message, authorization=None, fields=fields, content_type=content_type).status == 401
    assert not probe.mails(message)


def test_a_wrong_xsrf_value_is_refused(probe: Probe) -> None:
    auth = probe.target.auth
    assert auth.xsrf is not None
    assert auth.other_xsrf is not None
    right = auth.xsrf.token.reveal()
    for wrong in (" ", right[:-1], right + "x", right.upper(), auth.other_xsrf.token.reveal(), f"{right}, {right}"):
        assert probe.post(probe.message(), authorization=None, fields=session_fields(auth.xsrf, wrong)).status == 401
    assert probe.post(probe.message(), authorization=None, fields=[f"X-XSRF-TOKEN: {right}"]).status == 401


def test_a_bad_authorization_never_falls_back_to_the_session(probe: Probe) -> None:
    fields = session_fields(probe.target.auth.xsrf)
    for authorization in (basic("tim0", "x"), "Foo bar", "Bearer x"):
        assert probe.post(probe.message(), authorization=authorization, fields=fields).status == 401


def test_onsite_the_app_token_does_not_matter(probe: Probe) -> None:
    for value in (shown(probe.target.auth.app), "wrong"):
        assert probe.post(probe.message(), fields=[f"SO-AppToken: {value}"]).status == 204
        assert probe.post(probe.message(), authorization=None, fields=[f"SO-AppToken: {value}"]).status == 401


def test_online_a_ticket_needs_the_app_token_and_basic_is_unknown(online: Probe) -> None:
    right = [f"SO-AppToken: {shown(online.target.auth.app)}"]
    found = schemes(online)
    assert online.target.auth.basic == ()
    assert online.post(online.message(), authorization=found["SoTicket"], fields=right).status == 204
    for fields in ([], ["SO-AppToken: wrong"], ["SO-AppToken: "]):
        assert online.post(online.message(), authorization=found["SoTicket"], fields=fields).status == 401
    assert online.post(online.message(), authorization=found["Bearer"]).status == 204
    assert online.post(online.message(), authorization=basic("tim0", "demo-Passw0rd"), fields=right).status == 401
    assert online.post(online.message(), authorization=None, fields=right).status == 401


def test_no_answer_repeats_a_secret_or_the_message(probe: Probe) -> None:
    secret = "canary-5ecret-value"
    for how in (
        {"authorization": f"Bearer {secret}"},
        {"authorization": basic(secret, secret)},
        {"content_type": secret},
        {"query": f"?$select={secret}%0d%0aX-Injected:{secret}"},
        {"fields": [f"Accept: {secret}/{secret}"], "target": f"/{secret}"},
    ):
        reply = probe.post(f'{{"From":"{secret}@x"'.encode(), **how)
        assert 400 <= reply.status < 500
        for text in (str(reply.fields), reply.body.decode()):
            assert secret not in text
            assert b64(f"{secret}:{secret}".encode()) not in text


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", "application/json"),
        ("application/json; charset=utf-8", "application/json"),
        ("text/xml", "application/xml"),
        ("application/xml;q=0.2, text/json;q=0.1", "application/xml"),
        ("text/plain", "text/plain"),
        ("image/png", "application/json"),
        ("*/*;q=0", "application/json"),
        (";;q=,,/", "application/json"),
    ],
)
def test_a_refusal_explains_itself_as_accept_asks(probe: Probe, accept: str, media_type: str) -> None:
    reply = probe.post(b"{", fields=[f"Accept: {accept}"] if accept else [])
    assert reply.status == 400
    assert reply.get("content-type") == f"{media_type}; charset=utf-8"
    assert b"bad-json" in reply.body


@pytest.mark.parametrize("accept", ["*/*", "text/html", "image/png", "a/b;q=0", "nonsense", "", "application/xml"])
def test_no_accept_changes_a_204(probe: Probe, accept: str) -> None:
    fields = [f"Accept: {accept}", "Accept-Language: *", "Accept-Encoding: ;q=x", "SO-Language: tr", "SO-TimeZone: x"]
    message = probe.message()
    assert probe.post(message, fields=fields).status == 204
    assert probe.relayed_whole(message)


@pytest.mark.parametrize(
    "query",
    [
        "?",
        "?$select=",
        "?$select=name,department,category/id",
        "?%24select=From%2CRecipients",
        "?$select=a&$select=b",
        "?$select=%00%0d%0a../'\"",
        "?$select=%zz",
        "?other=1",
        "?$select=" + "x/" * 4_000,
    ],
)
def test_no_select_changes_anything(probe: Probe, query: str) -> None:
    message = probe.message()
    assert probe.post(message, query=query).status == 204
    assert probe.relayed_whole(message)
