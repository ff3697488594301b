"""A target as typed, frozen values. `relaycheck.target.file` and `.options` make one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from relaycheck.secret import Secret

OPERATION_PATH = "/api/v1/Agents/EMail/RelayMessage"


@dataclass(frozen=True, slots=True)
class Url:
    """Scheme, host, port and optional path prefix of the installation."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    prefix: str = ""

    @property
    def path(self) -> str:
        """The path of the operation, prefix included."""
        return f"{self.prefix}{OPERATION_PATH}"

    @property
    def authority(self) -> str:
        """Host and port as a Host field says them: the default port is left out (RFC 9110 §7.2)."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        default = {"http": 80, "https": 443}[self.scheme]
        return host if self.port == default else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}{self.prefix}"


@dataclass(frozen=True, slots=True)
class BasicAccount:
    """One account of the Basic scheme (RFC 7617)."""

    user: str
    password: Secret

    @property
    def credentials(self) -> Secret:
        """The user-pass, as one secret: `basic-credentials` beside `basic-password`."""
        name = self.password.name.replace("basic-password", "basic-credentials")
        return Secret(name, f"{self.user}:{self.password.reveal()}")


@dataclass(frozen=True, slots=True)
class Session:
    """A browser session: its cookies and the XSRF value that belongs to them (page, "Request Headers", X-XSRF-TOKEN)."""

    token: Secret
    cookies: tuple[tuple[str, Secret], ...]


@dataclass(frozen=True, slots=True)
class Auth:
    """Credentials per scheme. An absent scheme is declared absent."""

    basic: tuple[BasicAccount, ...] = ()
    """The first account is the one that every test uses; the others are extra (colon, non-ASCII, empty password)."""
    soticket: Secret | None = None
    expired_soticket: Secret | None = None
    bearer: Secret | None = None
    expired_bearer: Secret | None = None
    xsrf: Session | None = None
    other_xsrf: Session | None = None
    app: Secret | None = None
    negotiate: bool = False
    """The installation also offers Negotiate or NTLM, which authenticate connections, not requests."""


@dataclass(frozen=True, slots=True)
class XmlDialect:
    """The XML vocabulary, which the page does not give. Element names of the properties are those of the page."""

    root: str
    namespace: str
    item: str
    """The element of one item; empty: the list's own element is repeated, without one around them."""
    item_namespace: str
    ordered: bool
    """Children must stand in alphabetical order (.NET DataContractSerializer)."""
    nil: bool = False
    """null is an element with `xsi:nil` (XML Schema); otherwise it is left out, as in a form."""


DATACONTRACT = XmlDialect(
    root="RelayMessageRequest",
    namespace="http://schemas.datacontract.org/2004/07/SuperOffice.WebApi.v1.Carriers.EMailCarriers",
    item="string",
    item_namespace="http://schemas.microsoft.com/2003/10/Serialization/Arrays",
    ordered=True,
    nil=True,
)
PLAIN = XmlDialect(root="RelayMessageRequest", namespace="", item="string", item_namespace="", ordered=False)


@dataclass(frozen=True, slots=True)
class Content:
    """How bodies are spelled where the page does not say. `declared` holds the keys that the tester gave; others are assumed."""

    xml: XmlDialect = DATACONTRACT
    form: Literal["indexed", "repeated", "brackets"] = "indexed"
    patch: Literal["body", "operations"] = "body"
    property_case: Literal["any", "exact"] = "any"
    charset: str = "utf-8"
    """The charset in which the text of Rfc822 becomes octets."""
    declared: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Relay:
    """What the relay may do to a mail and still be right (reference: capabilities)."""

    mode: Literal["sync", "queued"] = "sync"
    default_connection: bool = True
    """`ConnectionInfoExtended: null` goes somewhere (in a witnessed run: to the witness)."""
    connection_object: bool = True
    """An object for ConnectionInfoExtended is honoured."""
    protocol: str = "SMTP"
    adds_headers: bool = False
    """May add missing Date, Message-ID, From as a submission agent does (RFC 6409 §8)."""
    rewrites_sender: bool = False
    deduplicates: bool = False
    splits: bool = True
    """Several transactions for one message are legal; declared for the record."""
    smtp_timeout: float | None = None
    """Seconds after which it gives up on a mail server that has stopped answering; None: unknown."""


@dataclass(frozen=True, slots=True)
class WitnessSettings:
    """Where the suite's own mail server listens and how the target reaches it.

    `listen_ports` are tried in order; the first is the well-behaved listener, further ones serve tests that need a server that
    refuses, lacks extensions or is slow. Empty with kind "smtp" and a loopback target: any free loopback ports.
    """

    kind: Literal["smtp", "none"] = "smtp"
    listen_host: str = "127.0.0.1"
    listen_ports: tuple[int, ...] = ()
    address_host: str = "127.0.0.1"
    address_ports: tuple[int, ...] = ()
    delivery_timeout: float = 10.0
    """Seconds that a mail may take after the 204: 10 for a synchronous relay, 120 for a queued one."""
    settle_time: float = 3.0
    """Seconds of quiet before "nothing was relayed" is believed, at the end of the run."""
    note: str = field(default="", compare=False)
    """Why there is no witness, for the report; empty if there is one."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the target asks of its testers."""

    requests_per_second: float | None = None
    body_bytes: int | None = None
    recipients: int | None = None
    response_timeout: float = 30.0
    """Seconds to wait for an answer."""
    failed_logins: int | None = None
    """Wrong credentials in a row after which the target locks an account; None: it never does."""

    def at_most(self, recipients: int) -> int:
        """So many recipients, or as many as the target takes in one request if that is fewer."""
        return recipients if self.recipients is None else min(recipients, self.recipients)

    def as_much_of(self, body: str) -> str:
        """A message's body, or as many of its lines as the target takes in every media type: escaped, it may be four times as long."""
        if self.body_bytes is None or len(body) <= self.body_bytes // 4:
            return body
        return body[: body.rindex("\r\n", 0, self.body_bytes // 4) + 2]


@dataclass(frozen=True, slots=True)
class Target:
    """Everything the suite is told about what it tests."""

    url: Url
    name: str = ""
    version: str = ""
    contact: str = ""
    installation: Literal["onsite", "online"] = "onsite"
    auth: Auth = field(default_factory=Auth)
    content: Content = field(default_factory=Content)
    relay: Relay = field(default_factory=Relay)
    witness: WitnessSettings = field(default_factory=WitnessSettings)
    limits: Limits = field(default_factory=Limits)
    safety_domain: str = "relaycheck.test"
    allow_plaintext: bool = False
    """Send real credentials over plain http to a host that is not loopback."""
    trust: str | None = None
    """PEM file of certificate authorities to trust for this target, beside the system's."""
    http2: bool | None = None
    """True or False: declared; None: find out by ALPN."""
    get_describes: bool = False
    """GET on the operation answers with a description of it, as agents of the vendor do."""

    def secrets(self) -> tuple[Secret, ...]:
        """Every secret of the target, for redaction; the user-pass of Basic too, so that a short password is hidden."""
        auth = self.auth
        found = [secret for a in auth.basic for secret in (a.credentials, a.password) if a.password]
        found += [s for s in (auth.soticket, auth.expired_soticket, auth.bearer, auth.expired_bearer, auth.app) if s]
        for session in (auth.xsrf, auth.other_xsrf):
            if session:
                found += [session.token, *(value for _, value in session.cookies)]
        return tuple(found)

    def capabilities(self) -> dict[str, bool]:
        """The ICS answers by name, as catalogue rows ask for them."""
        auth = self.auth
        return {
            "auth.basic": bool(auth.basic),
            "auth.soticket": auth.soticket is not None,
            "auth.bearer": auth.bearer is not None,
            "auth.xsrf": auth.xsrf is not None,
            "auth.app": auth.app is not None,
            "auth.negotiate": auth.negotiate,
            "installation.online": self.installation == "online",
            "installation.onsite": self.installation == "onsite",
            "connection.default": self.relay.default_connection,
            "connection.object": self.relay.connection_object,
            "relay.sync": self.relay.mode == "sync",
            "relay.queued": self.relay.mode == "queued",
            "patch.body": self.content.patch == "body",
            "patch.operations": self.content.patch == "operations",
            "tls": self.url.scheme == "https",
            "http2": self.http2 is not False and self.url.scheme == "https",
        }
