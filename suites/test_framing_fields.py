"""The request line and the field lines, as octets (RFC 9112 §2.2, §3.2, §5).

Requests that are wrong on purpose go out over connections of their own, so that what they break stays with them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from relaycheck.judgements import refused, same_or_refused, same_outcome_or, served
from relaycheck.plugin import judge, requirement

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Compose, Control, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target


@requirement("RM-FR-09")
def test_a_missing_host_is_400(send: Send, control: Control, message: Message) -> None:
    """RFC 9112 §3.2."""
    accepted = control()
    judge(refused(send(message, fresh=True, without=("Host",), expects=None), accepted, statuses=(400,)))


@requirement("RM-FR-09")
@pytest.mark.parametrize("second", [None, "other.relaycheck.test"], ids=["the same", "another"])
def test_a_second_host_is_400(
    send: Send, control: Control, message: Message, target: Target, second: str | None
) -> None:
    """Also when both say the same."""
    accepted = control()
    lines = (("Host", second or target.url.authority),)
    judge(refused(send(message, fresh=True, headers=lines, expects=None), accepted, statuses=(400,)))


@requirement("RM-FR-09")
@pytest.mark.parametrize("host", ["relay.test/path", "re lay.test", "user@relay.test", "[::1", "relay.test:port"])
def test_an_invalid_host_is_400(send: Send, control: Control, message: Message, host: str) -> None:
    """Not a uri-host with an optional port (RFC 9110 §7.2)."""
    accepted = control()
    probe = send(message, fresh=True, without=("Host",), headers=(("Host", host),), expects=None)
    judge(refused(probe, accepted, statuses=(400,)))


@requirement("RM-FR-10")
@pytest.mark.parametrize(
    ("name", "space"), [("Content-Type", " "), ("X-Relaycheck", " "), ("Accept", "\t"), ("Content-Length", " ")]
)
def test_a_space_before_the_colon_is_400(
    send: Send, compose: Compose, control: Control, message: Message, name: str, space: str
) -> None:
    """RFC 9112 §5.1."""
    accepted, value = control(), compose(message).fields.get(name) or "1"
    probe = send(message, fresh=True, without=(name,), headers=((name + space, value),), expects=None)
    judge(refused(probe, accepted, statuses=(400,)))


@requirement("RM-FR-11")
def test_a_fold_never_joins_what_it_divides(send: Send, control: Control, message: Message, run: Run) -> None:
    """A media type broken by a fold is two words (RFC 9112 §5.2), so it is not served."""
    accepted, media_type = control(), run.client.composer.media_type
    judge(
        refused(
            send(message, fresh=True, content_type=f"{media_type[:-2]}\r\n {media_type[-2:]}", expects=None), accepted
        )
    )


@requirement("RM-FR-11")
@pytest.mark.parametrize("fold", ["\r\n ", "\r\n\t", "\r\n \r\n  "], ids=["space", "tab", "twice"])
def test_a_folded_parameter_is_read_or_400(send: Send, control: Control, message: Message, run: Run, fold: str) -> None:
    accepted, media_type = control(), run.client.composer.media_type
    probe = send(message, fresh=True, content_type=f"{media_type};{fold}charset=utf-8")
    judge(same_outcome_or(probe, accepted, statuses=(400,)))


@requirement("RM-FR-11")
def test_a_folded_credential_is_read_or_400(send: Send, control: Control, message: Message, run: Run) -> None:
    """The fold stands for the space between scheme and credentials, or for the space after a comma."""
    accepted, valid = control(), run.client.composer.credential
    if valid is not None and valid.scheme:
        probe = send(message, fresh=True, auth=valid, scheme=f"{valid.scheme}\r\n")
    else:
        probe = send(message, fresh=True, without=("Accept",), headers=(("Accept", "application/json,\r\n */*"),))
    judge(same_outcome_or(probe, accepted, statuses=(400,)))


@requirement("RM-FR-12")
def test_a_bare_cr_hides_no_field(send: Send, control: Control, message: Message, run: Run) -> None:
    """Credentials behind a CR are part of the value before it, so nobody is authenticated by them (RFC 9112 §2.2)."""
    accepted, valid = control(), run.client.composer.credential
    lines = "\r".join(f"{name}: {value}" for name, value in valid.fields()) if valid else ""
    judge(
        refused(
            send(message, fresh=True, auth=None, headers=(("X-Relaycheck", f"1\r{lines}"),), expects=None), accepted
        )
    )


@requirement("RM-FR-12")
def test_a_bare_cr_is_never_dropped(send: Send, control: Control, message: Message, run: Run) -> None:
    """Refused, or a space: a media type broken by it is not served."""
    accepted, media_type = control(), run.client.composer.media_type
    judge(refused(send(message, fresh=True, content_type=media_type.replace("/", "/\r"), expects=None), accepted))


@requirement("RM-FR-12")
def test_a_bare_cr_in_a_field_that_nobody_reads_changes_nothing_or_is_refused(
    send: Send, control: Control, message: Message
) -> None:
    accepted = control()
    judge(same_or_refused(send(message, fresh=True, headers=(("X-Relaycheck", "one\rtwo"),)), accepted))


@requirement("RM-FR-13")
@pytest.mark.parametrize(
    ("scheme", "query"),
    [(str.lower, None), (str.lower, "$select=name,category/id"), (str.upper, None)],
    ids=["plain", "select", "scheme in capitals"],
)
def test_absolute_form_is_accepted(
    send: Send, control: Control, message: Message, target: Target, scheme: Callable[[str], str], query: str | None
) -> None:
    """A server accepts the whole URL in the request line, though only proxies are sent it (RFC 9112 §3.2.2)."""
    accepted = control()
    path = f"{scheme(target.url.scheme)}://{target.url.authority}{target.url.path}"
    judge(served(send(message, fresh=True, path=path, query=query), accepted))
