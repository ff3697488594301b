"""From submission to a finished mail transaction (RFC 5321). One fresh SMTP session for each request; all recipients or none."""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
import ssl
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import aiosmtplib

from relaycheck.reference.received import Refusal
from relaycheck.reference.submission import Mail, MailServer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Submission

Client = aiosmtplib.SMTP
LINE_ENDS = re.compile(rb"\r\n|\r|\n")
STARTTLS_PORTS = (25, 587)
OPENING = "open"
NON_ASCII = re.compile(rb"[\x80-\xff]")

_leaving: set[asyncio.Task[None]] = set()
"""Farewells under way; the event loop itself keeps no task alive."""


class SmtpFailure(Exception):
    """The mail server refused a command, or did not answer it. `code` is its reply, 0 without one."""

    def __init__(self, stage: str, code: int = 0) -> None:
        super().__init__(stage)
        self.stage = stage
        self.code = code


# content


def octets_of(rfc822: str) -> bytes:
    """The octets of the message: its text in UTF-8, the service's choice where the page is silent."""
    return rfc822.encode("utf-8")


def normalise(content: bytes) -> bytes:
    """Every line ends in CRLF, the last too; a bare CR or LF never leaves (RFC 5321 §2.3.8, §4.1.1.4)."""
    content = LINE_ENDS.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def stuff(content: bytes) -> bytes:
    """A dot more at the start of each line that begins with one (RFC 5321 §4.5.2)."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    return b"." + stuffed if stuffed.startswith(b".") else stuffed


def terminate(stuffed: bytes) -> bytes:
    return stuffed + b".\r\n"


# where to


def choose_server(service: Service, submission: Submission) -> MailServer:
    """The server that the request names, else the installation's own."""
    if submission.server is not None:
        return submission.server
    if service.installation.default_smtp is None:
        raise Refusal(400, "no-connection", "This installation has no default mail server: name one.")
    host, port = service.installation.default_smtp
    return MailServer(host, port)


async def check_destination(service: Service, server: MailServer) -> None:
    """Where an administrator forbids it, no request may name this machine or its link (CWE-918)."""
    if service.installation.allow_loopback:
        return
    try:
        found = await asyncio.get_running_loop().getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except OSError:
        raise SmtpFailure(OPENING) from None
    for *_, address in found:
        number = ipaddress.ip_address(str(address[0]).partition("%")[0])
        if number.is_loopback or number.is_link_local or number.is_unspecified:
            raise Refusal(403, "forbidden-destination", "Mail servers on this machine may not be named.")


def prepare(service: Service, submission: Submission) -> Mail:
    """Envelope and content; every address is judged before any server is spoken to."""
    steps = service.relaying
    return Mail(
        server=steps.choose_server(service, submission),
        sender=service.addresses.reverse_path(service.addresses, submission),
        recipients=service.addresses.forward_paths(service.addresses, submission),
        content=steps.normalise(steps.octets_of(submission.rfc822)),
    )


# the session


def tls_context(service: Service) -> ssl.SSLContext:
    """Verifies the server's certificate against the installation's authority, unless it says not to."""
    return _context(service.installation.smtp_ca, service.installation.smtp_verify)


@lru_cache
def _context(ca: str | None, verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


async def connect(service: Service, server: MailServer, implicit_tls: bool) -> Client:
    """A greeted session. No name of this machine is looked up: the EHLO name is configured."""
    client = Client(
        hostname=server.host,
        port=server.port,
        local_hostname=service.installation.ehlo_name,
        timeout=service.installation.smtp_timeout,
        use_tls=implicit_tls,
        start_tls=False,
        tls_context=service.relaying.tls_context(service) if implicit_tls else None,
    )
    await client.connect()
    return client


async def open_session(service: Service, server: MailServer) -> Client:
    """Greeting, EHLO, TLS and AUTH as the connection asks. Credentials only after TLS is up, when UseSSL is true."""
    steps = service.relaying
    if not server.use_tls:
        client = await steps.connect(service, server, False)
    else:
        client = await steps.open_secure(service, server)
    try:
        await steps.hello(client)
        if server.user or server.secret:
            await steps.log_in(client, server)
    except BaseException:
        client.close()
        raise
    return client


async def open_secure(service: Service, server: MailServer) -> Client:
    """TLS from the start, or STARTTLS where the port or the server's first octets say so; never without TLS."""
    steps = service.relaying
    if server.port not in STARTTLS_PORTS:
        try:
            return await steps.connect(service, server, True)
        except aiosmtplib.SMTPConnectError as error:
            if not _speaks_plainly(error):
                raise
    client = await steps.connect(service, server, False)
    try:
        await steps.start_tls(service, client)
    except BaseException:
        client.close()
        raise
    return client


def _speaks_plainly(error: BaseException) -> bool:
    """The peer's first octets were no TLS record: an SMTP greeting, then."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError) and cause.reason in ("WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE"):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


async def start_tls(service: Service, client: Client) -> None:
    await client.starttls(tls_context=service.relaying.tls_context(service))


async def hello(client: Client) -> None:
    """EHLO, or HELO to a server that is older than extensions (RFC 5321 §3.2)."""
    try:
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        if not 500 <= error.code < 505:
            raise
        await client.helo()


async def log_in(client: Client, server: MailServer) -> None:
    await client.login(server.user, server.secret)


async def command(client: Client, line: bytes) -> int:
    """One command line without its line end; the reply code."""
    return (await client.execute_command(line)).code


def mail_parameters(client: Client, mail: Mail) -> tuple[str, ...]:
    """BODY=8BITMIME (RFC 6152) and SMTPUTF8 (RFC 6531 §3.4) where the mail needs them; refused where they are not offered."""
    header, _, _ = mail.content.partition(b"\r\n\r\n")
    parameters: tuple[str, ...] = ()
    if NON_ASCII.search(mail.content):
        if not client.supports_extension("8bitmime"):
            raise Refusal(422, "needs-8bitmime", "The message is not 7-bit and the mail server takes nothing else.")
        parameters += ("BODY=8BITMIME",)
    if NON_ASCII.search(header) or not all(text.isascii() for text in (mail.sender, *mail.recipients)):
        if not client.supports_extension("smtputf8"):
            raise Refusal(
                422, "needs-smtputf8", "Non-ASCII addresses or headers need SMTPUTF8: the mail server lacks it."
            )
        parameters += ("SMTPUTF8",)
    return parameters


def mail_command(sender: str, parameters: Sequence[str]) -> bytes:
    return " ".join((f"MAIL FROM:<{sender}>", *parameters)).encode()


def rcpt_command(recipient: str) -> bytes:
    return f"RCPT TO:<{recipient}>".encode()


async def envelope(service: Service, client: Client, mail: Mail) -> None:
    """MAIL and every RCPT; one refused recipient ends it all, so that no 204 hides a partial delivery."""
    steps = service.relaying
    parameters = steps.mail_parameters(client, mail)
    code = await steps.command(client, steps.mail_command(mail.sender, parameters))
    if code != 250:
        raise SmtpFailure("mail", code)
    for recipient in mail.recipients:
        steps.judge_recipient(await steps.command(client, steps.rcpt_command(recipient)))


def judge_recipient(code: int) -> None:
    if code not in (250, 251):
        raise SmtpFailure("rcpt", code)


async def transmit(client: Client, wire: bytes) -> int:
    """The octets after DATA's 354, end of data included; the code of the final reply."""
    protocol = client.protocol
    if protocol is None:
        raise SmtpFailure("data")
    protocol.write(wire)
    return (await protocol.read_response(timeout=client.timeout)).code


async def data(service: Service, client: Client, mail: Mail) -> None:
    steps = service.relaying
    code = await steps.command(client, b"DATA")
    if code != 354:
        raise SmtpFailure("data", code)
    steps.judge_data(await steps.transmit(client, steps.terminate(steps.stuff(mail.content))))


def judge_data(code: int) -> None:
    if code != 250:
        raise SmtpFailure("end-of-data", code)


async def abandon(client: Client) -> None:
    """Leaves a failed transaction without a mail: RSET and QUIT if the server still listens (RFC 5321 §4.1.1.5)."""
    try:
        if client.is_connected:
            await client.execute_command(b"RSET", timeout=1)
            await client.execute_command(b"QUIT", timeout=1)
    except (aiosmtplib.SMTPException, OSError):
        pass
    finally:
        client.close()


async def leave(client: Client) -> None:
    """QUIT, after the fact: the mail is the server's by now, so a fault here changes nothing (RFC 5321 §4.1.1.10)."""
    try:
        if client.is_connected:
            await client.execute_command(b"QUIT", timeout=1)
    except (aiosmtplib.SMTPException, OSError):
        pass
    finally:
        client.close()


def in_background(farewell: Awaitable[None]) -> None:
    """Runs a farewell while the client already gets its answer."""

    async def run() -> None:
        await farewell

    task = asyncio.get_running_loop().create_task(run())
    _leaving.add(task)
    task.add_done_callback(_leaving.discard)


async def transact(service: Service, mail: Mail) -> None:
    """One session with one transaction. Returns when the server has taken the mail for every recipient."""
    steps = service.relaying
    try:
        client = await steps.open_session(service, mail.server)
    except (aiosmtplib.SMTPException, OSError) as error:
        raise SmtpFailure(OPENING) from error
    try:
        await steps.envelope(service, client, mail)
        await steps.data(service, client, mail)
    except BaseException:
        steps.in_background(steps.abandon(client))
        raise
    steps.in_background(steps.leave(client))


def failure(error: Exception) -> Refusal:
    """What the client learns of an SMTP fault: its kind, never the server's words. A server that cannot be spoken to is one
    answer whether its port is closed, silent or no SMTP (CWE-918)."""
    code = error.code if isinstance(error, SmtpFailure | aiosmtplib.SMTPResponseException) else 0
    if isinstance(error, SmtpFailure) and error.stage == OPENING:
        return Refusal(503, "mail-server-unavailable", "The mail server cannot be used now; nothing was relayed.")
    if isinstance(error, aiosmtplib.SMTPTimeoutError):
        return Refusal(504, "mail-server-timeout", "The mail server did not answer in time.")
    if 500 <= code < 600:
        return Refusal(502, "mail-server-refused", "The mail server refused the mail; nothing was relayed.")
    return Refusal(503, "mail-server-failed", "The mail server failed; the mail was not taken.")


async def relay(service: Service, submission: Submission) -> None:
    """Relays, or raises `Refusal`. Nothing is tried twice: a second attempt could be a second mail."""
    steps = service.relaying
    mail = steps.prepare(service, submission)
    try:
        await steps.check_destination(service, mail.server)
        await steps.transact(service, mail)
    except (aiosmtplib.SMTPException, SmtpFailure, OSError, ValueError) as error:
        raise steps.failure(error) from error


@dataclass(frozen=True, slots=True)
class Relaying:
    """Steps from submission to mail."""

    relay: Callable[[Service, Submission], Awaitable[None]] = relay
    prepare: Callable[[Service, Submission], Mail] = prepare
    octets_of: Callable[[str], bytes] = octets_of
    normalise: Callable[[bytes], bytes] = normalise
    stuff: Callable[[bytes], bytes] = stuff
    terminate: Callable[[bytes], bytes] = terminate
    choose_server: Callable[[Service, Submission], MailServer] = choose_server
    check_destination: Callable[[Service, MailServer], Awaitable[None]] = check_destination
    transact: Callable[[Service, Mail], Awaitable[None]] = transact
    tls_context: Callable[[Service], ssl.SSLContext] = tls_context
    connect: Callable[[Service, MailServer, bool], Awaitable[Client]] = connect
    open_session: Callable[[Service, MailServer], Awaitable[Client]] = open_session
    open_secure: Callable[[Service, MailServer], Awaitable[Client]] = open_secure
    start_tls: Callable[[Service, Client], Awaitable[None]] = start_tls
    hello: Callable[[Client], Awaitable[None]] = hello
    log_in: Callable[[Client, MailServer], Awaitable[None]] = log_in
    envelope: Callable[[Service, Client, Mail], Awaitable[None]] = envelope
    command: Callable[[Client, bytes], Awaitable[int]] = command
    mail_parameters: Callable[[Client, Mail], tuple[str, ...]] = mail_parameters
    mail_command: Callable[[str, Sequence[str]], bytes] = mail_command
    rcpt_command: Callable[[str], bytes] = rcpt_command
    judge_recipient: Callable[[int], None] = judge_recipient
    data: Callable[[Service, Client, Mail], Awaitable[None]] = data
    transmit: Callable[[Client, bytes], Awaitable[int]] = transmit
    judge_data: Callable[[int], None] = judge_data
    abandon: Callable[[Client], Awaitable[None]] = abandon
    leave: Callable[[Client], Awaitable[None]] = leave
    in_background: Callable[[Awaitable[None]], None] = in_background
    failure: Callable[[Exception], Refusal] = failure
