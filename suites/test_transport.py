"""What lies around the operation: TLS, redirects, line ends in what is echoed, and ports behind the service."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING

import pytest

from relaycheck.client import Conversation
from relaycheck.client.compose import varied
from relaycheck.client.credentials import SPELLED
from relaycheck.encodings import MEDIA_TYPES
from relaycheck.exchange import Outcome
from relaycheck.judgements import observed, observed_fields
from relaycheck.judgements.origins import (
    indistinct,
    no_foreign_redirect,
    not_served_in_plain,
    nothing_splits,
    old_tls_is_refused,
)
from relaycheck.message import NONCE, Connection
from relaycheck.plugin import judge, lacking, requirement, unobservable
from relaycheck.strategies.paths import SPELLINGS, spelled
from relaycheck.verdicts import Cause
from relaycheck.wire import NotConnected, Observation, Wire
from relaycheck.wire.old_tls import OLD, CannotOffer, attempt
from relaycheck.witness import Callback, Manner, closed_port

if TYPE_CHECKING:
    from relaycheck.client import Variations
    from relaycheck.exchange import Exchange, Request
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Compose, Control, Credentials, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target, Url


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


@requirement("RM-SEC-01")
@pytest.mark.parametrize("scheme", [*SPELLED, "xsrf"])
def test_credentials_are_not_served_over_plain_http(
    run: Run, control: Control, compose: Compose, message: Message, target: Target, credential: Credentials, scheme: str
) -> None:
    """The same request over http is refused, redirected or not connected (RFC 7617 §4, RFC 6750 §5.3).

    Port 80 is the twin of 443; any other port is asked itself. Real credentials go in clear only to this machine, or where the
    target file allows it.
    """
    if not (_loopback(target.url.host) or target.allow_plaintext):
        raise unobservable(
            Cause.NOT_DECLARED, "this would send credentials in clear: allow_plaintext in the target file permits it"
        )
    twin = replace(target.url, scheme="http", port=80 if target.url.port == 443 else target.url.port)
    valid = credential(scheme)
    vouching = control(auth=valid)
    request = compose(message, auth=valid, note=f"over plain http, {scheme}")
    judge(not_served_in_plain(_over(run, twin, request), vouching))


def _over(run: Run, url: Url, request: Request) -> Exchange:
    """Send one request to another place than the target's; a place where nobody listens is an exchange too."""
    try:
        connection = Wire(url, response_timeout=min(10.0, run.target.limits.response_timeout)).open()
    except NotConnected as fault:
        run.budget.spend(run.client.check)
        seen = Observation(token=run.client.token(), sent=b"", outcome=Outcome.NOT_SENT, error=str(fault))
        return run.client.record(request, seen)
    with connection:
        return Conversation(run.client, connection).send(request)


@requirement("RM-SEC-02")
def test_whether_strict_transport_security_is_sent_is_recorded(send: Send, message: Message) -> None:
    """RFC 6797 §7: over https it may be sent, over http it must not count."""
    judge(observed_fields(send(message), ("Strict-Transport-Security",)))


PLACES: dict[str, Variations] = {
    "the operation": {},
    "$select": {"query": "$select=name,department,category/id"},
    "XML": {"media_type": MEDIA_TYPES[2]},
    "chunks": {"chunks": (50,)},
    "another query": {
        "query": "returnUrl=https%3A%2F%2Felsewhere.relaycheck.test%2F&ReturnUrl=//elsewhere.relaycheck.test"
    },
    "GET": {"method": "GET", "body": b"", "expects": None},
    "another host, by a proxy's fields": {
        "headers": (("X-Forwarded-Host", "elsewhere.relaycheck.test"), ("Forwarded", "host=elsewhere.relaycheck.test"))
    },
}


@requirement("RM-SEC-03")
@pytest.mark.parametrize("place", list(PLACES))
def test_no_authenticated_request_is_redirected_to_another_origin(
    send: Send, message: Message, target: Target, place: str
) -> None:
    """A client that follows would hand its credentials and its mail to somebody else (RFC 9110 §15.4)."""
    judge(no_foreign_redirect([send(message, **varied(PLACES[place], note=place))], origin=str(target.url)))


FOREIGN_PATHS = {
    **{name: SPELLINGS[name] for name in ("a trailing slash", "lower case", "a doubled slash in front")},
    "a host in the path": "//elsewhere.relaycheck.test/%2e%2e",
    "a host with a slash": "//elsewhere.relaycheck.test/x/",
    "a host after a backslash": "/%5Celsewhere.relaycheck.test/",
}


@requirement("RM-SEC-03")
@pytest.mark.parametrize("path", list(FOREIGN_PATHS))
def test_no_path_is_redirected_to_another_origin(send: Send, message: Message, target: Target, path: str) -> None:
    """A redirect that is made from the path must not take a part of it for a host."""
    probe = send(message, path=spelled(target.url, FOREIGN_PATHS[path]), note=path, expects=None)
    judge(no_foreign_redirect([probe], origin=str(target.url)))


@requirement("RM-SEC-03")
@pytest.mark.parametrize("scheme", ["basic", "soticket", "bearer", "xsrf"])
def test_no_scheme_is_redirected_to_another_origin(
    send: Send, message: Message, credential: Credentials, target: Target, scheme: str
) -> None:
    judge(no_foreign_redirect([send(message, auth=credential(scheme), note=scheme)], origin=str(target.url)))


@requirement("RM-SEC-03")
@pytest.mark.over_the_run
def test_no_authenticated_request_of_the_run_was_redirected_to_another_origin(run: Run, control: Control) -> None:
    judge(no_foreign_redirect((control(), *run.ordinary()), origin=str(run.target.url)))


@requirement("RM-SEC-04")
@pytest.mark.parametrize("version", list(OLD))
def test_old_versions_of_tls_are_refused(control: Control, target: Target, version: str) -> None:
    """TLS 1.0 and 1.1 are not to be negotiated (RFC 8996); every request of the run checks the certificate."""
    vouching = control()
    try:
        handshake = attempt(target.url, version)
    except CannotOffer as cannot:
        raise unobservable(Cause.NOT_DECLARED, f"{cannot}: run the suite where it does") from None
    judge(old_tls_is_refused([handshake], vouching))


@requirement("RM-SEC-05")
def test_ports_that_are_no_mail_servers_lead_to_one_error(
    run: Run, control: Control, compose: Compose, message: Message, target: Target
) -> None:
    """A closed port, a silent one and one that is no SMTP: only the suite's own listeners are named (CWE-918)."""
    if target.relay.mode == "queued":  # its answer comes before it knows
        raise lacking("relay.sync")
    host = target.witness.address_host
    vouching = control()
    with ExitStack() as stack:
        silent = stack.enter_context(Callback(Manner.SILENT, listen_host=host, address_host=host))
        banner = stack.enter_context(Callback(Manner.BANNER, listen_host=host, address_host=host))
        ports = {
            "a closed port": stack.enter_context(closed_port(host)),
            "a port that is no SMTP": banner.port,
            "a silent port": silent.port,
        }
        probes = []
        for note, port in ports.items():
            named = message.but(connection=Connection(host, port, target.relay.protocol))
            with run.client.converse() as conversation:
                request = compose(named, expects=None, note=note)
                conversation.write(request.raw)
                if port == silent.port:
                    silent.wait(timeout=1.0)
                    stack.pop_all().close()
                probes.append(conversation.read(request))
    judge(indistinct(probes, vouching, banner=Manner.BANNER.greeting.decode().strip()))


@requirement("RM-SEC-06")
def test_what_the_fields_tell_about_the_software_is_recorded(send: Send, message: Message) -> None:
    """RFC 9110 §10.2.4 advises against fine detail."""
    names = ("Server", "X-Powered-By", "X-AspNet-Version", "X-AspNetMvc-Version", "Via")
    judge(observed_fields(send(message), names))


INJECTED = "X-Relaycheck-Injected"
BREAKS = {
    "CR LF": f"%0d%0a{INJECTED}:%20{NONCE}",
    "LF": f"%0A{INJECTED}:{NONCE}",
    "CR": f"%0d{INJECTED}:%20{NONCE}%0d",
    "an empty line": f"%0d%0a%0d%0aHTTP/1.1%20200%20OK%0d%0a{INJECTED}:1%0d%0aContent-Length:%200%0d%0a%0d%0a",
    "letters that are cut to CR LF": f"%E5%98%8D%E5%98%8A{INJECTED}:%20{NONCE}",
    "CR LF encoded twice": f"%250d%250a{INJECTED}:%20{NONCE}",
}


@requirement("RM-SEC-07")
@pytest.mark.parametrize("line_end", list(BREAKS))
def test_a_line_end_in_the_query_splits_no_response(
    send: Send, control: Control, message: Message, line_end: str
) -> None:
    """Nothing that is reflected from it starts a field or a response (RFC 9112 §11.1)."""
    probe = send(message, query=f"$select=name{BREAKS[line_end]}", note=f"{line_end} in $select")
    judge(nothing_splits(probe, control()))


@requirement("RM-SEC-07")
@pytest.mark.parametrize("line_end", list(BREAKS))
@pytest.mark.parametrize("ending", ["", "/"])
def test_a_line_end_in_the_path_splits_no_response(
    send: Send, control: Control, message: Message, target: Target, line_end: str, ending: str
) -> None:
    """With a slash at the end, where a redirect is likely."""
    path = f"{target.url.path}{BREAKS[line_end]}{ending}"
    judge(nothing_splits(send(message, path=path, expects=None, note=f"{line_end} in the path"), control()))


ECHOED = ("X-Request-Id", "X-Correlation-Id", "Origin", "Accept-Language", "Referer")


@requirement("RM-SEC-07")
@pytest.mark.parametrize("name", ECHOED)
def test_a_line_end_in_a_field_that_is_echoed_splits_no_response(
    send: Send, control: Control, message: Message, name: str
) -> None:
    """Encoded, as a field cannot hold one (RFC 9110 §5.5)."""
    probe = send(message, headers=((name, f"a{BREAKS['CR LF']}"),), note=f"CR LF in {name}")
    judge(nothing_splits(probe, control()))


@requirement("RM-SEC-07")
def test_line_ends_in_several_places_split_no_response(send: Send, control: Control, message: Message) -> None:
    """In the query and in every field that is echoed, at once."""
    query = f"$select=name{BREAKS['letters that are cut to CR LF']},a{BREAKS['CR LF']}"
    fields = tuple((name, f"a{BREAKS['CR LF']}") for name in ECHOED)
    judge(nothing_splits(send(message, query=query, headers=fields, note="CR LF in several places"), control()))


@requirement("RM-SEC-07")
@pytest.mark.parametrize("kind", ["refused", "without credentials", "another query"])
def test_a_line_end_splits_no_response_to_what_is_refused(
    send: Send, control: Control, message: Message, kind: str
) -> None:
    """Errors and redirects are where requests are reflected."""
    table: dict[str, Variations] = {
        "refused": {"method": "PUT", "query": f"a=b{BREAKS['CR LF']}"},
        "without credentials": {"auth": None, "query": f"$select=name{BREAKS['CR LF']}"},
        "another query": {"content_type": "text/plain", "query": f"returnUrl=/x{BREAKS['LF']}"},
    }
    judge(nothing_splits(send(message, **varied(table[kind], expects=None, note=kind)), control()))


@requirement("RM-SEC-08")
def test_what_repeated_bad_logins_lead_to_is_recorded(send: Send, message: Message) -> None:
    """With a user that is nobody's, so that no account can be locked; and a sender that is not the user's."""
    wrong = (("Authorization", "Basic cmVsYXljaGVjay1ub2JvZHk6d3Jvbmc="),)
    logins = [send(message, auth=None, headers=wrong, expects=None, note=f"bad login {n}") for n in range(1, 5)]
    stranger = message.sender.replace("from-", "somebody-else-")
    judge(observed(*logins, send(message.but(sender=stranger), note="another sender")))
