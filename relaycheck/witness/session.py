"""The SMTP commands of the witness: aiosmtpd's, with those replaced that must not change or lose an octet."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from relaycheck.exchange import Delivery, Recipient
from relaycheck.witness import commands, sasl
from relaycheck.witness.behaviour import Action, Stage
from relaycheck.witness.connection import HOSTNAME, SERVICE_CLOSING, Connection, SessionOver
from relaycheck.witness.mail_data import MailData, MailDataReader
from relaycheck.witness.sessions import AuthAttempt, Closed

if TYPE_CHECKING:
    from relaycheck.witness.behaviour import Fault
    from relaycheck.witness.commands import Path

COMMAND_LIMIT = (
    65536  # octets; far above the 512 of RFC 5321 §4.5.3.1.4, so that odd commands are seen and not only refused
)
GREETING = f"220 {HOSTNAME} ESMTP relaycheck".encode()


@dataclass(slots=True)
class Transaction:
    """The mail transaction under way (RFC 5321 §3.3)."""

    number: int
    sender: str
    parameters: tuple[str, ...]
    recipients: list[Recipient] = field(default_factory=list)

    @property
    def addresses(self) -> tuple[str, ...]:
        return (self.sender, *(r.address for r in self.recipients))

    @property
    def accepted(self) -> bool:
        return any(200 <= r.reply < 300 for r in self.recipients)


class WitnessSession(Connection):
    """One session. A command ends with LF, alone or after CR, as most servers have it: injected commands must show."""

    transaction: Transaction | None = None
    greeted = False
    extended = False

    async def converse(self) -> None:
        await self.spoiled(Stage.CONNECT)
        if self.behaviour.implicit_tls:
            await self.secure()
        refused = await self._greet()
        while True:
            line = await self.inbox.line()
            if line is None:
                raise SessionOver(Closed.CLIENT)
            self._reset_timeout()
            verb, argument = commands.split(line)
            self.log.command(verb, line)
            self.ledger.touch()
            if len(line) > COMMAND_LIMIT:
                self.say(b"500 5.5.2 Command line too long")
            elif refused and verb != "QUIT":
                self.say(b"503 5.5.1 No service here")
            elif (method := self._smtp_methods.get(verb)) is None:
                self.say(b"500 5.5.2 Command not recognized")
            else:
                await method(argument)

    async def _greet(self) -> bool:
        """True: the greeting refuses service (RFC 5321 §3.1)."""
        fault = self.fault_at(Stage.GREETING)
        if fault is None:
            self.say(GREETING)
            return False
        if fault.action is not Action.REPLY:
            await self.break_off(fault)
        self.say(fault.reply)
        if fault.code == SERVICE_CLOSING:
            raise SessionOver(Closed.FAULT)
        return fault.code >= 400

    # Session commands.

    async def smtp_HELO(self, argument: str) -> None:  # noqa: N802 - aiosmtpd finds commands by these names
        await self._hello(argument, extended=False)

    async def smtp_EHLO(self, argument: str) -> None:  # noqa: N802
        if not self.behaviour.extended:
            self.say(b"502 5.5.1 EHLO not implemented")
            return
        await self._hello(argument, extended=True)

    async def _hello(self, argument: str, *, extended: bool) -> None:
        if await self.spoiled(Stage.HELLO):
            return
        if not argument:
            self.say(b"501 5.5.4 Syntax: EHLO domain")
            return
        self._set_rset_state()
        self.log.hello = argument
        self.greeted = True
        self.extended = extended
        lines = [HOSTNAME, *(self.behaviour.extensions(tls=self.log.tls) if extended else ())]
        marked = [f"250-{line}" for line in lines[:-1]] + [f"250 {lines[-1]}"]
        self.say("\r\n".join(marked).encode())

    def _set_rset_state(self) -> None:
        self.envelope = self._create_envelope()
        self.transaction = None

    async def smtp_RSET(self, argument: str) -> None:  # noqa: N802
        if not await self.spoiled(Stage.RSET):
            await super().smtp_RSET(argument)

    async def smtp_VRFY(self, argument: str) -> None:  # noqa: N802
        self.say(b"252 2.1.5 Cannot VRFY user" if argument else b"501 5.5.4 Syntax: VRFY string")

    async def smtp_QUIT(self, argument: str) -> None:  # noqa: N802
        if not await self.spoiled(Stage.QUIT):
            self.say(b"221 2.0.0 Bye")
        raise SessionOver(Closed.QUIT)

    async def smtp_STARTTLS(self, argument: str) -> None:  # noqa: N802
        if not self.behaviour.starttls or self.log.tls:
            self.say(b"503 5.5.1 STARTTLS not offered")
            return
        if await self.spoiled(Stage.STARTTLS):
            return
        self.say(b"220 2.0.0 Ready to start TLS")
        if ahead := self.inbox.rest():
            # Sent before TLS, meant for after it: noted and never obeyed (RFC 3207 §4.2).
            self.log.received(ahead)
        await self.secure()
        self._set_rset_state()
        self.greeted = False

    # AUTH (RFC 4954).

    async def smtp_AUTH(self, argument: str) -> None:  # noqa: N802
        mechanism, _, initial = argument.partition(" ")
        mechanism = mechanism.upper()
        given = sasl.decoded(commands.octets(initial)) if initial else None
        refusal = self._auth_refusal(mechanism)
        if refusal or (initial and given is None):
            # What a client gives away unasked is of interest all the same, except the password.
            unasked = sasl.plain(given) if given and mechanism == "PLAIN" else None
            self._attempted(mechanism, unasked.user if unasked else None, right=False)
            self.say(refusal or b"501 5.5.2 Cannot decode base64")
            return
        if await self.spoiled(Stage.AUTH):
            self._attempted(mechanism, None, right=False)
            return
        credentials = await (self._plain(given) if mechanism == "PLAIN" else self._login(given))
        right = credentials is not None and credentials.right(self.behaviour.auth)
        self._attempted(mechanism, credentials.user if credentials else None, right=right)
        if credentials is None:
            self.say(b"501 5.5.2 Authentication exchange failed")
        elif right:
            self.say(b"235 2.7.0 Authentication successful")
        else:
            self.say(b"535 5.7.8 Authentication credentials invalid")

    def _auth_refusal(self, mechanism: str) -> bytes | None:
        if self.behaviour.auth is None:
            return b"503 5.5.1 AUTH not offered"
        if not self.log.tls and not self.behaviour.auth_before_tls:
            return b"538 5.7.11 Encryption required for authentication"
        if self.log.user is not None or self.transaction:
            return b"503 5.5.1 AUTH not allowed now"
        if mechanism not in sasl.MECHANISMS:
            return b"504 5.5.4 Unrecognized authentication type"
        return None

    def _attempted(self, mechanism: str, user: str | None, *, right: bool) -> None:
        self.log.authenticating(AuthAttempt(mechanism, user, right, self.log.tls))

    async def _plain(self, given: bytes | None) -> sasl.Credentials | None:
        response = given if given is not None else await self._challenge(b"")
        return sasl.plain(response) if response is not None else None

    async def _login(self, given: bytes | None) -> sasl.Credentials | None:
        user = given if given is not None else await self._challenge(b"Username:")
        password = await self._challenge(b"Password:") if user is not None else None
        if user is None or password is None:
            return None
        return sasl.Credentials(commands.text(user), password)

    async def _challenge(self, text: bytes) -> bytes | None:
        self.say(b"334 " + base64.b64encode(text))
        line = await self.inbox.line()
        if line is None:
            raise SessionOver(Closed.CLIENT)
        self.log.secret_received()
        return sasl.decoded(line)

    # The mail transaction.

    async def smtp_MAIL(self, argument: str) -> None:  # noqa: N802
        path = commands.path(argument, "FROM:")
        if await self.spoiled(Stage.MAIL, path.address if path else argument):
            return
        refusal = self._mail_refusal(path)
        if path is None or refusal:
            self.say(refusal or b"501 5.5.4 Syntax: MAIL FROM:<address>")
            return
        self.log.transactions += 1
        self.transaction = Transaction(self.log.transactions, path.address, path.parameters)
        self.say(b"250 2.1.0 OK")

    def _mail_refusal(self, path: Path | None) -> bytes | None:
        if not self.greeted:
            return b"503 5.5.1 Send EHLO first"
        if self.behaviour.auth_required and self.log.user is None:
            return b"530 5.7.0 Authentication required"
        if self.transaction is not None:
            return b"503 5.5.1 Nested MAIL command"
        if path is None:
            return b"501 5.5.4 Syntax: MAIL FROM:<address>"
        for parameter in path.parameters:
            if not self._known(parameter):
                return b"555 5.5.4 Parameter not recognized: " + commands.octets(parameter)
        declared = path.parameter("SIZE")
        limit = self.behaviour.size
        if limit and declared and declared.isascii() and declared.isdigit() and int(declared) > limit:
            return b"552 5.3.4 Message size exceeds the limit"
        return None

    def _known(self, parameter: str) -> bool:
        """Whether a MAIL parameter belongs to an extension that was offered (RFC 5321 §4.1.1.11)."""
        if not self.extended:
            return False
        keyword, _, value = parameter.upper().partition("=")
        behaviour = self.behaviour
        return (
            (keyword == "SIZE" and behaviour.size is not None and value.isascii() and value.isdigit())
            or (keyword == "BODY" and behaviour.eight_bit_mime and value in ("7BIT", "8BITMIME"))
            or (parameter.upper() == "SMTPUTF8" and behaviour.smtputf8)
            or (keyword == "AUTH" and behaviour.auth is not None)
        )

    async def smtp_RCPT(self, argument: str) -> None:  # noqa: N802
        path = commands.path(argument, "TO:")
        address = path.address if path else argument
        fault = self.fault_at(Stage.RCPT, address)
        if fault is not None and fault.action is not Action.REPLY:
            await self.break_off(fault)
        reply = fault.reply if fault else self._rcpt_reply(path)
        if self.transaction is not None:
            parameters = path.parameters if path else ()
            self.transaction.recipients.append(Recipient(address, parameters, int(reply[:3])))
        self.say(reply)
        if fault and fault.code == SERVICE_CLOSING:
            raise SessionOver(Closed.FAULT)

    def _rcpt_reply(self, path: Path | None) -> bytes:
        if self.transaction is None:
            return b"503 5.5.1 Need MAIL command"
        if path is None or not path.address:
            return b"501 5.5.4 Syntax: RCPT TO:<address>"
        if path.parameters:
            return b"555 5.5.4 Parameter not recognized: " + commands.octets(path.parameters[0])
        return b"250 2.1.5 OK"

    async def smtp_DATA(self, argument: str) -> None:  # noqa: N802
        transaction = self.transaction
        if transaction is None or not transaction.recipients:
            self.say(b"503 5.5.1 Need MAIL and RCPT commands")
            return
        if await self.spoiled(Stage.DATA, *transaction.addresses):
            return
        if argument:
            self.say(b"501 5.5.4 Syntax: DATA")
            return
        if not transaction.accepted:
            self.say(b"554 5.5.1 No valid recipients")
            return
        self.say(b"354 End data with <CR><LF>.<CR><LF>")
        data = await self._mail_data(transaction)
        self.transaction = None
        await self._conclude(transaction, data)

    async def _mail_data(self, transaction: Transaction) -> MailData:
        reader = MailDataReader(self.behaviour.lenient_end_of_data)
        try:
            while octets := await self.inbox.some():
                if fault := self.fault_at(Stage.CONTENT, *transaction.addresses):
                    reader.feed(octets)
                    await self.break_off(fault)
                self._reset_timeout()
                if data := reader.feed(octets):
                    self.inbox.put_back(data.rest)
                    return data
            raise SessionOver(Closed.CLIENT)
        except BaseException:
            self.log.unfinished = reader.wire + self.inbox.rest()
            self.log.data_received(len(self.log.unfinished), complete=False)
            raise

    async def _conclude(self, transaction: Transaction, data: MailData) -> None:
        self.log.data_received(len(data.wire), complete=True)
        fault = self.fault_at(Stage.END_OF_DATA, *transaction.addresses)
        reply = self._end_reply(fault, data)
        if reply is not None:
            reply = self.worded(reply)
            self.log.sent(reply)
        # On record before the client can know: when a relay answers 204, its mail is here to be found.
        self.ledger.deliver(self._delivery(transaction, data, int(reply[:3]) if reply else 0))
        if reply is not None:
            self.send(reply)
        if fault and fault.action is not Action.REPLY:
            await self.break_off(fault)
        if fault and fault.code == SERVICE_CLOSING:
            raise SessionOver(Closed.FAULT)

    def _end_reply(self, fault: Fault | None, data: MailData) -> bytes | None:
        if fault is not None:
            return fault.reply if fault.action is Action.REPLY else None
        if self.behaviour.size and len(data.message) > self.behaviour.size:
            return b"552 5.3.4 Message size exceeds the limit"
        return b"250 2.0.0 OK"

    def _delivery(self, transaction: Transaction, data: MailData, reply: int) -> Delivery:
        return Delivery(
            id=f"mail-{self.log.number}-{transaction.number}",
            listener=self.log.listener,
            session=self.log.number,
            transaction=transaction.number,
            hello=self.log.hello,
            sender=transaction.sender,
            sender_parameters=transaction.parameters,
            recipients=tuple(transaction.recipients),
            data=data.message,
            wire=data.wire,
            reply=reply,
            tls=self.log.tls,
            auth=self.log.user,
            at=self.ledger.clock(),
            transcript=self.log.transcript(),
        )
