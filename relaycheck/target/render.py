"""A target as a commented target file, with every secret as a reference to an environment variable."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from relaycheck.target.model import DATACONTRACT, PLAIN, Content, Target, WitnessSettings

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from relaycheck.secret import Secret
    from relaycheck.target.model import Auth, Session, XmlDialect


ABSENT = {
    "basic": """# [auth.basic]
# user = "tim0"
# password = "env:NAME"  # "" if the account has none; further accounts: [[auth.basic.also]]""",
    "soticket": """# [auth.soticket]
# ticket = "env:NAME"
# expired = "env:NAME"  # one that has run out""",
    "bearer": """# [auth.bearer]
# token = "env:NAME"
# expired = "env:NAME"  # one that has run out""",
    "xsrf": """# [auth.xsrf]
# token = "env:NAME"  # the value of X-XSRF-TOKEN
# cookies = { SESSION = "env:NAME" }  # the session that it belongs to; [auth.xsrf_other] is a second one""",
    "app": """# [auth.app]
# token = "env:NAME"  # the value of SO-AppToken""",
}


def target_file(target: Target) -> str:
    """TOML that loads as `target` again when the variables of `variables(target)` are set. No secret is in it."""
    names = {id(secret): name for name, secret in _named(target.auth)}
    return "\n".join((*_head(target), *_auth(target.auth, names), *_behaviour(target))) + "\n"


def variables(target: Target) -> Mapping[str, Secret]:
    """The environment variables that `target_file` refers to, with what they must hold."""
    return dict(_named(target.auth))


def _named(auth: Auth) -> Iterator[tuple[str, Secret]]:
    """Every secret that has a value, with a variable's name of its own."""
    taken: set[str] = set()
    for secret in _stored(auth):
        stem = "TARGET_" + re.sub(r"[^A-Z0-9]+", "_", secret.name.upper()).strip("_")
        name, number = stem, 2
        while name in taken:
            name, number = f"{stem}_{number}", number + 1
        taken.add(name)
        yield name, secret


def _stored(auth: Auth) -> Iterator[Secret]:
    yield from (account.password for account in auth.basic if account.password)
    yield from (s for s in (auth.soticket, auth.expired_soticket, auth.bearer, auth.expired_bearer) if s)
    for session in (auth.xsrf, auth.other_xsrf):
        if session:
            yield session.token
            yield from (value for _, value in session.cookies)
    if auth.app:
        yield auth.app


def _head(target: Target) -> Iterator[str]:
    yield "# A target of relaycheck. Secrets are never written here: a value may be env:NAME or file:PATH."
    yield f"name = {_text(target.name)}"
    yield f"version = {_text(target.version)}"
    yield f"contact = {_text(target.contact)}"
    yield f"url = {_text(str(target.url))}  # /api/v1/Agents/EMail/RelayMessage is appended"
    yield f'installation = {_text(target.installation)}  # "onsite" or "online"'
    if target.trust is None:
        yield '# trust = "authorities.pem"  # certificate authorities to trust beside the system\'s'
    else:
        yield f"trust = {_text(target.trust)}"
    if target.http2 is None:
        yield "# http2 = true  # absent: found out by ALPN"
    else:
        yield f"http2 = {_flag(target.http2)}"
    yield f"get_describes = {_flag(target.get_describes)}  # GET answers with a description of the operation"
    yield f"allow_plaintext = {_flag(target.allow_plaintext)}  # send credentials over plain http to another machine"


def _auth(auth: Auth, names: Mapping[int, str]) -> Iterator[str]:
    def reference(secret: Secret) -> str:
        return _text(f"env:{names[id(secret)]}") if secret else '""'

    yield ""
    yield "# A scheme without a table is declared absent."
    yield "[auth]"
    yield f"negotiate = {_flag(auth.negotiate)}  # Negotiate or NTLM is offered too"
    if not auth.basic:
        yield from ("", ABSENT["basic"])
    for number, account in enumerate(auth.basic):
        yield ""
        yield "[[auth.basic.also]]" if number else "[auth.basic]"
        yield f"user = {_text(account.user)}"
        yield f"password = {reference(account.password)}"
    for table, key, valid, expired in (
        ("soticket", "ticket", auth.soticket, auth.expired_soticket),
        ("bearer", "token", auth.bearer, auth.expired_bearer),
    ):
        if valid:
            yield ""
            yield f"[auth.{table}]"
            yield f"{key} = {reference(valid)}"
            yield f"expired = {reference(expired)}" if expired else '# expired = "env:NAME"  # one that has run out'
        else:
            yield from ("", ABSENT[table])
    for table, session in (("xsrf", auth.xsrf), ("xsrf_other", auth.other_xsrf)):
        if session:
            yield from _session(table, session, reference(session.token), [reference(v) for _, v in session.cookies])
    if not auth.xsrf:
        yield from ("", ABSENT["xsrf"])
    if auth.app:
        yield ""
        yield "[auth.app]"
        yield f"token = {reference(auth.app)}"
    else:
        yield from ("", ABSENT["app"])


def _session(table: str, session: Session, token: str, values: list[str]) -> Iterator[str]:
    pairs = (f"{_text(name)} = {value}" for (name, _), value in zip(session.cookies, values, strict=True))
    yield ""
    yield f"[auth.{table}]"
    yield f"token = {token}"
    yield f"cookies = {{ {', '.join(pairs)} }}"


def _behaviour(target: Target) -> Iterator[str]:
    yield from _content(target.content)
    relay = target.relay
    yield ""
    yield "[relay]"
    yield f'mode = {_text(relay.mode)}  # "sync": 204 after the mail server took it; "queued": before'
    yield f"default_connection = {_flag(relay.default_connection)}  # a null ConnectionInfoExtended has somewhere to go"
    yield f"connection_object = {_flag(relay.connection_object)}  # an object for ConnectionInfoExtended is honoured"
    yield f"protocol = {_text(relay.protocol)}  # the value for ConnectionInfoExtended.Protocol"
    yield f"adds_headers = {_flag(relay.adds_headers)}  # missing Date, Message-ID or From are added"
    yield f"rewrites_sender = {_flag(relay.rewrites_sender)}"
    yield f"deduplicates = {_flag(relay.deduplicates)}"
    yield f"splits = {_flag(relay.splits)}  # one message may take several transactions"
    timeout, off = (relay.smtp_timeout, "") if relay.smtp_timeout is not None else (10.0, "# ")
    yield f"{off}smtp_timeout = {timeout!r}  # seconds after which a silent mail server is given up"
    yield from _witness(target.witness)
    limits = target.limits
    yield ""
    yield "[limits]"
    for key, value, sample, note in (
        ("requests_per_second", limits.requests_per_second, "20", ""),
        ("body_bytes", limits.body_bytes, "1_000_000", ""),
        ("recipients", limits.recipients, "100", ""),
        ("failed_logins", limits.failed_logins, "5", "  # wrong credentials in a row that lock an account"),
    ):
        yield (f"# {key} = {sample}" if value is None else f"{key} = {value!r}") + note
    yield f"response_timeout = {limits.response_timeout!r}  # seconds"
    yield ""
    yield "[safety]"
    yield f"domain = {_text(target.safety_domain)}  # the only domain that senders and recipients may have"


def _content(content: Content) -> Iterator[str]:
    """Keys that were not declared stay comments: an assumed spelling is not a promise."""
    yield ""
    yield "[content]"
    for key, value, note in (
        (
            "xml",
            _dialect(content.xml),
            '"datacontract", "plain" or { root, namespace, item, item_namespace, ordered, nil }',
        ),
        ("form", _text(content.form), '"indexed", "repeated" or "brackets"'),
        ("patch", _text(content.patch), '"body" or "operations"'),
        ("property_case", _text(content.property_case), '"any" or "exact"'),
        ("charset", _text(content.charset), "in which the text of Rfc822 becomes octets"),
    ):
        yield f"{'' if key in content.declared else '# '}{key} = {value}  # {note}"


def _dialect(xml: XmlDialect) -> str:
    for name, known in (("datacontract", DATACONTRACT), ("plain", PLAIN)):
        if xml == known:
            return _text(name)
    return (
        f"{{ root = {_text(xml.root)}, namespace = {_text(xml.namespace)}, item = {_text(xml.item)}, "
        f"item_namespace = {_text(xml.item_namespace)}, ordered = {_flag(xml.ordered)}, nil = {_flag(xml.nil)} }}"
    )


def _witness(witness: WitnessSettings) -> Iterator[str]:
    yield ""
    yield "[witness]"
    yield f'kind = {_text(witness.kind)}  # "none": rows that need to see the mail are inconclusive'
    if witness.kind == "none" or not witness.listen_ports:
        yield '# listen = "0.0.0.0:2525"  # where the suite\'s mail server listens; absent: free loopback ports'
        yield '# address = "runner.example:2525"  # the same place as the target reaches it'
    else:
        yield f"listen = {_endpoints(witness.listen_host, witness.listen_ports)}"
        yield f"address = {_endpoints(witness.address_host, witness.address_ports)}  # as the target reaches it"
    yield f"delivery_timeout = {witness.delivery_timeout!r}  # seconds that a mail may take after the 204"
    yield f"settle_time = {witness.settle_time!r}  # seconds of quiet before nothing more is expected"


def _endpoints(host: str, ports: tuple[int, ...]) -> str:
    name = f"[{host}]" if ":" in host else host
    if len(ports) > 1 and ports == tuple(range(ports[0], ports[-1] + 1)):
        return _text(f"{name}:{ports[0]}-{ports[-1]}")
    texts = [_text(f"{name}:{port}") for port in ports]
    return texts[0] if len(texts) == 1 else f"[{', '.join(texts)}]"


def _text(value: str) -> str:
    """A TOML basic string: JSON's escapes are TOML's too, but DEL must be escaped as well."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")


def _flag(value: bool) -> str:
    return "true" if value else "false"
