"""What can go wrong with a mail server, as behaviours of a listener of the witness (RFC 5321 §4.2, §4.3.2)."""

from __future__ import annotations

from relaycheck.secret import Secret
from relaycheck.witness import Action, Behaviour, Fault, Stage


def reply(stage: Stage, code: int) -> Behaviour:
    return Behaviour(fault=Fault(stage, code=code))


def broken(stage: Stage, action: Action) -> Behaviour:
    return Behaviour(fault=Fault(stage, action))


FAILING = {
    "END OF DATA 554": reply(Stage.END_OF_DATA, 554),
    "MAIL 550": reply(Stage.MAIL, 550),
    "greeting 554": reply(Stage.GREETING, 554),
    "dropped at the end of data": broken(Stage.END_OF_DATA, Action.DROP),
    "DATA 554": reply(Stage.DATA, 554),
    "END OF DATA 452": reply(Stage.END_OF_DATA, 452),
    "END OF DATA 421": reply(Stage.END_OF_DATA, 421),
    "END OF DATA 550": reply(Stage.END_OF_DATA, 550),
    "reset at the end of data": broken(Stage.END_OF_DATA, Action.RESET),
    "dropped inside the mail": broken(Stage.CONTENT, Action.DROP),
    "reset inside the mail": broken(Stage.CONTENT, Action.RESET),
    "DATA 451": reply(Stage.DATA, 451),
    "dropped at DATA": broken(Stage.DATA, Action.DROP),
    "dropped at RCPT": broken(Stage.RCPT, Action.DROP),
    "MAIL 451": reply(Stage.MAIL, 451),
    "MAIL 421": reply(Stage.MAIL, 421),
    "dropped at MAIL": broken(Stage.MAIL, Action.DROP),
    "dropped at EHLO": broken(Stage.HELLO, Action.DROP),
    "EHLO 421": reply(Stage.HELLO, 421),
    "EHLO 550": reply(Stage.HELLO, 550),
    "greeting 421": reply(Stage.GREETING, 421),
    "dropped before the greeting": broken(Stage.CONNECT, Action.DROP),
}
"""Servers that take no mail at all, the most telling first."""
SILENT = {
    stage.value: broken(stage, Action.SILENCE) for stage in (Stage.CONNECT, Stage.HELLO, Stage.RCPT, Stage.END_OF_DATA)
}
"""Servers that say nothing more from some point on."""
UNLUCKY = "unlucky-"
"""In a local part: the address with which `SPOILED` servers show their fault."""
SPOILED = {
    "RCPT 550": Fault(Stage.RCPT, code=550, matching=UNLUCKY),
    "END OF DATA 554": Fault(Stage.END_OF_DATA, code=554, matching=UNLUCKY),
    "DATA 451": Fault(Stage.DATA, code=451, matching=UNLUCKY),
    "MAIL 550": Fault(Stage.MAIL, code=550, matching=UNLUCKY),
    "dropped inside the mail": Fault(Stage.CONTENT, Action.DROP, matching=UNLUCKY),
    "dropped at RCPT": Fault(Stage.RCPT, Action.DROP, matching=UNLUCKY),
}
"""Faults of one transaction among good ones."""
USER, PASSWORD = "relay-user", Secret("connection-password", "c0nnection-Passw0rd-24")
GUARDED: dict[str, tuple[Behaviour, bool]] = {
    "STARTTLS": (Behaviour(starttls=True, auth={USER: PASSWORD}), True),
    "plain": (Behaviour(auth={USER: PASSWORD}), False),
    "TLS from the start": (Behaviour(implicit_tls=True, auth={USER: PASSWORD}), True),
    "no TLS where it is wanted": (Behaviour(auth={USER: PASSWORD}), True),
    "STARTTLS refused": (Behaviour(starttls=True, auth={USER: PASSWORD}, fault=Fault(Stage.STARTTLS, code=454)), True),
    "wrong password": (Behaviour(auth={USER: Secret("other", "another-Passw0rd")}), False),
}
"""A mail server that asks for credentials, and whether the request says UseSSL."""
