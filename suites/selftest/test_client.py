"""What leaves the client: exact requests, safe addresses, honest counts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from literals import ACCEPTED, GONE, SILENT, exchange

from relaycheck.client import Budget, Composer, Credential, Halted, UnsafeAddress, declared
from relaycheck.client.client import retry_after
from relaycheck.client.nonce import Nonces
from relaycheck.client.patience import FULL_WAITS, SHORTEST, Patience
from relaycheck.client.safety import guard
from relaycheck.encodings import MEDIA_TYPES
from relaycheck.message import NONCE, Connection, Message, plain_message
from relaycheck.secret import Secret
from relaycheck.target import Auth, BasicAccount, Session, Target, Url

if TYPE_CHECKING:
    from relaycheck.client import Variations

TARGET = Target(
    Url("http", "127.0.0.1", 8080, "/prefix"),
    auth=Auth(
        basic=(BasicAccount("tim0", Secret("basic-password", "p:w")),),
        soticket=Secret("soticket", "7T:abc=="),
        bearer=Secret("bearer", "8A:tok"),
        xsrf=Session(Secret("xsrf-token", "v"), (("ASP.NET_SessionId", Secret("cookie", "s")),)),
        app=Secret("app-token", "app"),
    ),
)
CREDENTIALS = declared(TARGET.auth)
COMPOSER = Composer(TARGET, CREDENTIALS["basic"], MEDIA_TYPES[0], "run000")
MESSAGE = plain_message("relaycheck.test")
NUMBER = "rcrun00000001"


def composed(**variations: object) -> list[bytes]:
    """The request's octets, cut into lines."""
    given: Variations = variations  # type: ignore[assignment]
    return COMPOSER.request(NUMBER, MESSAGE, given).raw.split(b"\r\n")


def test_a_request_has_the_fields_that_it_must_and_no_other() -> None:
    lines = composed(body=b"{}")
    assert lines == [
        b"POST /prefix/api/v1/Agents/EMail/RelayMessage HTTP/1.1",
        b"Host: 127.0.0.1:8080",
        b"User-Agent: relaycheck/0.1.0 (run run000; rcrun00000001)",
        b"Authorization: Basic dGltMDpwOnc=",
        b"Accept: application/json",
        b"Content-Type: application/json",
        b"Content-Length: 2",
        b"",
        b"{}",
    ]


# What a test says, a line that is then there, a line that is not.
VARIATIONS = [
    ({"query": "$select=name,category/id"}, b"POST /prefix/api/v1/Agents/EMail/RelayMessage?$select=name,category/id HTTP/1.1", b""),
    ({"auth": None}, b"Accept: application/json", b"Authorization: Basic dGltMDpwOnc="),
    ({"scheme": "bAsIc"}, b"Authorization: bAsIc dGltMDpwOnc=", b"Authorization: Basic dGltMDpwOnc="),
    ({"auth": CREDENTIALS["soticket"]}, b"SO-AppToken: app", b"Authorization: Basic dGltMDpwOnc="),
    ({"auth": CREDENTIALS["soticket"]}, b"Authorization: SoTicket 7T:abc==", b""),
    ({"auth": CREDENTIALS["bearer"]}, b"Authorization: Bearer 8A:tok", b"SO-AppToken: app"),
    ({"auth": CREDENTIALS["xsrf"]}, b"X-XSRF-TOKEN: v", b""),
    ({"auth": CREDENTIALS["xsrf"]}, b"Cookie: ASP.NET_SessionId=s", b"Authorization: Basic dGltMDpwOnc="),
    ({"content_type": None}, b"Accept: application/json", b"Content-Type: application/json"),
    ({"media_type": "text/xml", "content_type": "TEXT/XML"}, b"Content-Type: TEXT/XML", b"Content-Type: text/xml"),
    ({"without": ("accept",)}, b"Content-Type: application/json", b"Accept: application/json"),
    ({"headers": (("X-Nonce", f"<{NONCE}>"),)}, b"X-Nonce: <rcrun00000001>", b""),
    ({"body": b"ab" + NONCE.encode()}, b"abrcrun00000001", b""),
    ({"method": "post", "path": "/x"}, b"post /x HTTP/1.1", b""),
    ({"body": b"abcde", "chunks": (2, 2)}, b"Transfer-Encoding: chunked", b"Content-Length: 5"),
    ({"headers": (("Content-Length", "9"),)}, b"Content-Length: 9", b"Transfer-Encoding: chunked"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "there", "absent"), VARIATIONS)
def test_only_what_a_test_says_is_different(said: dict[str, object], there: bytes, absent: bytes) -> None:
    lines = composed(**said)
    assert there in lines
    assert not absent or absent not in lines


def test_chunks_have_the_sizes_that_were_asked_for() -> None:
    raw = COMPOSER.request(NUMBER, MESSAGE, {"body": b"abcde", "chunks": (2, 2)}).raw
    assert raw.endswith(b"\r\n\r\n2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n\r\n")


def test_a_message_without_a_secret_is_known_to_be_plain() -> None:
    """Only then is its body not searched for secrets."""
    password = Connection("mail.test", 25, password=Secret("connection-password", "pw"))
    assert COMPOSER.request(NUMBER, MESSAGE, {}).plain
    assert not COMPOSER.request(NUMBER, MESSAGE.but(connection=password), {}).plain
    assert not COMPOSER.request(NUMBER, MESSAGE, {"body": b"x"}).plain
    assert not COMPOSER.request(NUMBER, MESSAGE, {"members": {"From": "x"}}).plain


def test_an_undeclared_dialect_is_noted_as_an_assumption() -> None:
    xml = COMPOSER.request(NUMBER, MESSAGE, {"media_type": "text/xml"})
    told = Composer(
        replace(TARGET, content=replace(TARGET.content, declared=frozenset({"xml"}))), None, MEDIA_TYPES[0]
    ).request(NUMBER, MESSAGE, {"media_type": "text/xml"})
    assert (xml.assumes, told.assumes) == (("content.xml",), ())


@pytest.mark.parametrize(
    "address",
    [
        "a@example.net",
        "a@sub.relaycheck.test",
        "a@RELAYCHECK.TEST",
        "a@x.invalid",
        "plain",
    ],
)
def test_addresses_of_the_safety_domain_leave(address: str) -> None:
    guard(COMPOSER.request(NUMBER, MESSAGE.but(recipients=(address,)), {}), "relaycheck.test")


@pytest.mark.parametrize(
    "address",
    [
        "a@gmail.com",
        "a@relaycheck.test.evil.com",
        "a@notrelaycheck.test@mail.com",
        '"@mail.com"@relaycheck.test',
        "a@[192.0.2.1]",
    ],
)
def test_addresses_of_strangers_do_not(address: str) -> None:
    for message in (MESSAGE.but(recipients=(address,)), MESSAGE.but(sender=address)):
        with pytest.raises(UnsafeAddress, match="not sent"):
            guard(COMPOSER.request(NUMBER, message, {}), "relaycheck.test")


def test_nonces_have_the_length_of_their_placeholder_and_never_repeat() -> None:
    nonces = Nonces("abc123")
    made = [nonces.next() for _ in range(2000)]
    assert len(set(made)) == 2000
    assert {len(n) for n in made} == {len(NONCE)}
    assert all(n.startswith("rcabc123") for n in made)


def test_patience_shrinks_after_waits_in_vain_and_learns_from_delays() -> None:
    patience = Patience(10.0)
    assert patience.seconds() == 10.0
    for _ in range(FULL_WAITS):
        patience.missed()
    assert patience.seconds() == SHORTEST
    patience.arrived(1.0)
    assert patience.seconds() == 4.0
    patience.arrived(60.0)
    assert patience.seconds() == 10.0


def test_a_budget_ends_the_run_at_its_limit() -> None:
    budget = Budget(limit=2)
    budget.spend("a")
    budget.spend("b")
    with pytest.raises(Halted, match="budget of 2 requests is spent"):
        budget.spend("c")
    assert budget.sent == 2


def test_silence_ends_the_run_and_an_answer_ends_the_silence() -> None:
    budget = Budget()
    for seen in (SILENT, GONE, ACCEPTED, SILENT, SILENT, SILENT, SILENT):
        budget.spend("a")
        budget.note(seen)
    budget.note(SILENT)
    with pytest.raises(Halted, match="got no answer"):
        budget.spend("a")


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "Mon, 23 Nov 2026 12:00:09 GMT", "Date": "Mon, 23 Nov 2026 12:00:00 GMT"}, 9.0),
        ({"Retry-After": "Mon, 23 Nov 2026 12:00:09 GMT", "Date": "Mon, 23 Nov 2026 12:00:30 GMT"}, 1.0),
        ({"Retry-After": "Mon, 23 Nov 1998 12:00:09 GMT"}, 1.0),
        ({"Retry-After": "soon"}, 1.0),
        ({}, 1.0),
    ],
)
def test_a_throttled_request_waits_as_long_as_the_target_says(fields: dict[str, str], seconds: float) -> None:
    """A date counts by the target's own clock, which may be minutes off."""
    assert retry_after(exchange(503, fields=tuple(fields.items()))) == seconds


def test_a_service_that_ends_is_given_time_to_be_started_again() -> None:
    budget = Budget()
    budget.note(ACCEPTED)
    for tenth in range(60):
        budget.note(replace(GONE, started=tenth / 10))
    assert not budget.halted
    for second in (6.1, 8.1):
        budget.note(replace(GONE, started=second))
    assert budget.halted


def test_requests_at_the_same_time_that_get_no_answer_count_once() -> None:
    budget = Budget()
    for _ in range(10):
        budget.note(replace(SILENT, started=5.0, seconds=1.0))
    assert not budget.halted
    for second in range(6, 10):
        budget.note(replace(SILENT, started=float(second), seconds=1.0))
    assert "5 requests in a row" in budget.halted


def test_credentials_never_print() -> None:
    shown = repr(CREDENTIALS) + str(CREDENTIALS["basic"]) + f"{CREDENTIALS['bearer']!r}"
    for secret in ("p:w", "dGltMDpwOnc=", "7T:abc==", "8A:tok"):
        assert secret not in shown


def test_a_message_is_stamped_everywhere() -> None:
    stamped: Message = MESSAGE.stamped(NUMBER)
    texts = [stamped.rfc822, stamped.sender, *stamped.recipients]
    assert all(NUMBER in text and NONCE not in text for text in texts)


def test_an_altered_credential_keeps_its_scheme_and_gets_a_name() -> None:
    altered: Credential = CREDENTIALS["bearer"].with_value("x")
    assert (altered.scheme, altered.value and altered.value.name) == ("Bearer", "bearer-altered")
