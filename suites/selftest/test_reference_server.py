"""The reference target as a program: it says where it listens, ends with its parent, and offers faults and null targets."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from http_probe import DEADLINE, Conversation, Probe, basic
from reference_fixtures import witness

from relaycheck.encodings import encode
from relaycheck.places import PACKAGE
from relaycheck.reference.embedded import Embedded, EmbeddedProblem
from relaycheck.reference.mutants import MUTANTS
from relaycheck.reference.nulls import KINDS, null_target
from relaycheck.reference.variants import VARIANTS
from relaycheck.witness import Witness

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["witness"]


@pytest.fixture(scope="module")
def probe(witness: Witness) -> Iterator[Probe]:
    with Embedded(default_smtp=(witness.main.host, witness.main.port), faults=True) as running:
        yield Probe(running.target, witness)


@pytest.fixture(scope="module")
def faulty(witness: Witness) -> Iterator[Embedded]:
    with Embedded(default_smtp=(witness.main.host, witness.main.port), faults=True) as running:
        yield running


def start(*options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "relaycheck.reference", *options]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, cwd=PACKAGE.parent)


@pytest.mark.parametrize("end", ["stdin", "SIGTERM", "SIGINT"])
def test_it_says_where_it_listens_and_ends_when_told(end: str) -> None:
    with start("--json") as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        ready = json.loads(process.stdout.readline())
        assert ready == {
            "url": f"http://127.0.0.1:{ready['port']}",
            "port": ready["port"],
            "ca": None,
            "candidates": [],
        }
        with socket.create_connection(("127.0.0.1", ready["port"]), DEADLINE):
            pass
        if end == "stdin":
            process.stdin.close()
        else:
            os.kill(process.pid, getattr(signal, end))
        process.wait(DEADLINE)
        assert b"Traceback" not in process.stderr.read()


def test_a_port_in_use_is_a_sentence_and_exit_4() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with start("--port", str(port)) as process:
            _, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode == 4
    assert errors.decode().startswith(f"Cannot listen on 127.0.0.1:{port}: ")
    assert errors.count(b"\n") == 1


def test_a_child_that_does_not_start_is_a_sentence() -> None:
    with Embedded(default_smtp=("127.0.0.1", 0)) as never, pytest.raises(EmbeddedProblem, match="did not start"):
        never.ready()


def test_an_embedded_target_keeps_a_port_for_the_witness() -> None:
    with Embedded() as running, Witness(running.target.witness) as late:
        probe = Probe(running.target, late)
        message = probe.message()
        assert probe.post(message).status == 204
        assert probe.relayed_whole(message)
        with late.open() as other:
            assert other.port != late.main.port


def test_without_a_default_server_a_null_connection_is_refused() -> None:
    with Embedded(default_connection=False) as running, Witness(running.target.witness) as late:
        probe = Probe(running.target, late)
        assert not running.target.relay.default_connection
        assert probe.post(probe.message()).status == 400
        message = probe.message()
        named = json.dumps(probe.members(message, {"ServerName": "127.0.0.1", "Port": late.main.port})).encode()
        assert probe.post(named).status == 204
        assert probe.relayed_whole(message)


def test_tls_is_served_with_a_certificate_that_the_target_declares(witness: Witness) -> None:
    with Embedded(default_smtp=(witness.main.host, witness.main.port), tls=True) as running:
        probe = Probe(running.target, witness)
        assert running.target.url.scheme == "https"
        with Conversation(running.target) as conversation:
            for _ in range(2):
                message = probe.message()
                conversation.send(probe.request(message, close=False))
                assert conversation.reply().status == 204
                assert probe.relayed_whole(message)


def test_the_request_of_the_vendors_client_is_served(probe: Probe) -> None:
    """camelCase names, the scheme as SOTicket, an app token, a language and a time zone offset."""
    message = probe.message()
    members = {name[0].lower() + name[1:]: value for name, value in probe.members(message).items()}
    ticket, app = probe.target.auth.soticket, probe.target.auth.app
    assert ticket is not None
    assert app is not None
    fields = ["Accept: application/json", f"SO-AppToken: {app.reveal()}", "SO-Browser-TZ-Offset: 0", "SO-Language: en"]
    reply = probe.post(json.dumps(members).encode(), authorization=f"SOTicket {ticket.reveal()}", fields=fields)
    assert reply.status == 204
    assert probe.relayed_whole(message)


def test_every_mutant_says_what_it_breaks_and_is_offered(faulty: Embedded) -> None:
    assert set(faulty.candidates) == {*MUTANTS, *VARIANTS}
    for mutant in MUTANTS.values():
        assert re.fullmatch(r"RM-[A-Z0-9]+-\d\d", mutant.breaks)
        assert mutant.id.startswith(mutant.breaks + "-")
        assert mutant.fault.endswith(".")


def test_a_mutant_lives_beside_the_faithful_service(faulty: Embedded, witness: Witness) -> None:
    """Every mutant of the first ten, by the octets that show its fault; the faithful service next to it stays faithful."""
    faithful = Probe(faulty.target, witness)

    def at(mutant: str) -> Probe:
        return Probe(faulty.target_for(mutant), witness)

    def raw(probe: Probe, octets: bytes) -> bytes:
        with Conversation(probe.target) as conversation:
            conversation.send(octets)
            return conversation.rest()

    one = at("RM-EP-01-200-null")
    assert (one.post(one.message()).status, one.post(one.message()).body) == (200, b"null")
    one = at("RM-204-02-zero-length")
    assert one.post(one.message()).get("content-length") == "0"
    one = at("RM-204-01-null-after")
    assert raw(one, one.request(one.message())).endswith(b"\r\n\r\nnull")
    one = at("RM-CT-04-no-text-xml")
    xml = encode(one.message(), "text/xml", one.target.content)
    assert [one.post(xml, content_type=t).status for t in ("text/xml", "application/xml")] == [415, 204]
    one = at("RM-CT-05-first-recipient")
    message = one.message()
    form = "application/x-www-form-urlencoded"
    assert one.post(encode(message, form, one.target.content), content_type=form).status == 204
    assert one.mails(message)[0].accepted_recipients == message.recipients[:1]
    one = at("RM-SEL-03-select-200")
    assert [one.post(one.message(), query=q).status for q in ("", "?$select=name")] == [204, 200]
    one = at("RM-AUTH-11-any-password")
    assert [one.post(one.message(), authorization=basic(u, "x")).status for u in ("tim0", "nobody")] == [204, 401]
    one = at("RM-AUTH-07-no-challenge")
    assert one.post(one.message(), authorization=None).all("www-authenticate") == ()
    one = at("RM-REL-01-relays-nothing")
    message = one.message()
    assert one.post(message).status == 204
    assert not one.mails(message)
    one = at("RM-AUTH-10-exact-scheme")
    assert one.post(one.message(), authorization=one.basic().replace("Basic", "basic")).status == 401
    message = faithful.message()
    assert faithful.post(message, authorization=faithful.basic().replace("Basic", "basic")).status == 204
    assert faithful.relayed_whole(message)


# How each kind of null target answers a request over plain HTTP: a status, or what the client meets instead of a response.
ANSWERS: dict[str, int | type[Exception]] = {
    "constant-401-without-challenge": 401,
    "redirect-same-origin": 302,
    "redirect-other-origin": 307,
    "login-page": 200,
    "gate-204": 401,
    "echo": 200,
    "echo-204": 204,
    "hang": TimeoutError,
    "reset": ConnectionError,
    "close-at-once": ConnectionError,
    "slow-drip": 200,
    "endless-body": 200,
    "garbage": http.client.BadStatusLine,
    "closed-port": ConnectionRefusedError,
    "tls-spoken-to-in-plain": ConnectionError,
    "plain-spoken-to-in-tls": 400,
}
ANSWERS |= {kind: int(kind[-3:]) for kind in KINDS if re.fullmatch(r"constant-\d{3}", kind)}


@contextmanager
def connected(url: str, patience: float = DEADLINE) -> Iterator[http.client.HTTPConnection]:
    """A connection to the port of a URL, without TLS whatever its scheme."""
    port = urlsplit(url).port
    assert port is not None
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=patience)
    try:
        yield connection
    finally:
        connection.close()


def ask(
    connection: http.client.HTTPConnection, body: bytes = b"x", fields: dict[str, str] | None = None
) -> http.client.HTTPResponse:
    connection.request("POST", "/anything", body, fields or {})
    return connection.getresponse()


def test_what_each_kind_of_null_target_answers_is_written_here() -> None:
    assert set(ANSWERS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_null_target_is_what_it_says(kind: str) -> None:
    answer = ANSWERS[kind]
    with null_target(kind) as url, connected(url, 0.3 if kind == "hang" else DEADLINE) as connection:
        if isinstance(answer, int):
            assert ask(connection).status == answer
        else:
            with pytest.raises(answer):
                ask(connection)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind.startswith(("constant-", "redirect-"))])
def test_a_constant_answer_does_not_depend_on_the_request(kind: str) -> None:
    with null_target(kind) as url, connected(url) as connection:
        answers = []
        for body in (b"", b"x" * 1000):
            response = ask(connection, body, {"Authorization": "Basic eDp5"})
            answers.append((response.status, response.read()))
        assert answers[0] == answers[1]
        assert answers[0][0] == ANSWERS[kind]


def test_a_401_has_a_challenge_except_where_the_name_says_otherwise() -> None:
    challenges = {}
    for kind in ("constant-401", "constant-401-without-challenge"):
        with null_target(kind) as url, connected(url) as connection:
            challenges[kind] = ask(connection).getheader("WWW-Authenticate")
    assert challenges == {"constant-401": 'Basic realm="null"', "constant-401-without-challenge": None}


@pytest.mark.parametrize("kind", ["redirect-same-origin", "redirect-other-origin"])
def test_a_redirect_points_where_its_name_says(kind: str) -> None:
    with null_target(kind) as url, connected(url) as connection:
        location = ask(connection).getheader("Location")
        assert location is not None
        assert (urlsplit(location).netloc in ("", urlsplit(url).netloc)) == (kind == "redirect-same-origin")


@pytest.mark.parametrize("field", ["Authorization", "X-XSRF-TOKEN"])
def test_the_gate_answers_204_to_anything_that_looks_like_credentials(field: str) -> None:
    with null_target("gate-204") as url, connected(url) as connection:
        passed = ask(connection, fields={field: "Basic eDp5"})
        assert (passed.status, passed.read()) == (204, b"")
        assert ask(connection).status == 401


@pytest.mark.parametrize("kind", ["echo", "echo-204"])
def test_an_echo_gives_back_what_it_got(kind: str) -> None:
    with null_target(kind) as url, connected(url) as connection:
        response = ask(connection, b"some content", {"Category": "some-value"})
        came = response.read()
        if kind == "echo":
            assert came.startswith(b"POST /anything HTTP/1.1\r\n")
            assert came.endswith(b"\r\n\r\nsome content")
        else:
            assert (came, response.getheader("Category")) == (b"", "some-value")


def test_a_body_without_end_goes_on_after_the_first_megabyte() -> None:
    with null_target("endless-body") as url, connected(url) as connection:
        assert len(ask(connection).read(2**20)) == 2**20


def test_a_slow_drip_comes_octet_by_octet() -> None:
    with null_target("slow-drip") as url, connected(url) as connection:
        assert ask(connection).read1(100) == b"x"


def test_a_server_of_tls_hangs_up_on_plain_http_and_speaks_tls_otherwise() -> None:
    with null_target("tls-spoken-to-in-plain") as url:
        assert url.startswith("http://")
        port = urlsplit(url).port
        assert port is not None
        trusting = ssl._create_unverified_context()
        connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=DEADLINE, context=trusting)
        try:
            assert ask(connection).status == 204
        finally:
            connection.close()


def test_a_server_of_plain_http_is_offered_under_https() -> None:
    with null_target("plain-spoken-to-in-tls") as url:
        assert url.startswith("https://")
