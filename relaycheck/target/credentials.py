"""The `[auth]` table as typed credentials, with every reference resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from relaycheck.secret import Secret
from relaycheck.target.model import Auth, BasicAccount, Session
from relaycheck.target.values import BadValue, Use, check, is_reference, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from relaycheck.target.document import Document

Path = tuple[str | int, ...]


def read_auth(document: Document, environ: Mapping[str, str]) -> Auth:
    """The credentials of `document`; what is wrong is noted there, and its place holds an empty secret."""
    return _Reader(document, environ).auth()


class _Reader:
    def __init__(self, document: Document, environ: Mapping[str, str]) -> None:
        self.document = document
        self.environ = environ

    def auth(self) -> Auth:
        negotiate = (self.document.table("auth") or {}).get("negotiate", False)
        return Auth(
            basic=self.accounts(),
            soticket=self.secret(("auth", "soticket", "ticket"), "soticket"),
            expired_soticket=self.secret(("auth", "soticket", "expired"), "soticket-expired"),
            bearer=self.secret(("auth", "bearer", "token"), "bearer"),
            expired_bearer=self.secret(("auth", "bearer", "expired"), "bearer-expired"),
            xsrf=self.session("xsrf", ""),
            other_xsrf=self.session("xsrf_other", "-other"),
            app=self.secret(("auth", "app", "token"), "app-token"),
            negotiate=negotiate,
        )

    def accounts(self) -> tuple[BasicAccount, ...]:
        basic = self.document.table("auth", "basic")
        if basic is None:
            return ()
        path: Path = ("auth", "basic")
        accounts = [self.account(basic, path, "basic-password")]
        for number, also in enumerate(basic.get("also", ())):
            if isinstance(also, dict):
                accounts.append(self.account(also, (*path, "also", number), f"basic-password-{number + 2}"))
        return tuple(accounts)

    def account(self, table: dict[str, Any], path: Path, name: str) -> BasicAccount:
        password = self.value((*path, "password"), table.get("password"), name, Use.PASSWORD)
        return BasicAccount(table.get("user", ""), password or Secret(name, ""))

    def session(self, key: str, suffix: str) -> Session | None:
        table = self.document.table("auth", key)
        if table is None:
            return None
        token = self.value(("auth", key, "token"), table.get("token"), f"xsrf-token{suffix}", Use.FIELD)
        cookies = tuple(
            (name, self.value(("auth", key, "cookies", name), value, f"cookie-{name}{suffix}", Use.COOKIE))
            for name, value in table.get("cookies", {}).items()
        )
        return Session(token or Secret("xsrf-token", ""), tuple((n, v) for n, v in cookies if v is not None))

    def secret(self, path: tuple[str, ...], name: str) -> Secret | None:
        table = self.document.table(*path[:-1]) or {}
        return self.value(path, table.get(path[-1]), name, Use.FIELD)

    def value(self, path: Path, given: object, name: str, use: Use) -> Secret | None:
        try:
            if isinstance(given, Secret):  # an option's, already resolved
                check(given.reveal(), use)
                return Secret(name, given.reveal())
            if not isinstance(given, str):
                return None
            value = resolve(given, self.environ, self.document.folder_of(path)) if is_reference(given) else given
            check(value, use)
        except BadValue as bad:
            self.document.complain(path, bad.what, bad.todo)
            return None
        return Secret(name, value)
