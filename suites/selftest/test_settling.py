"""What a run learns after its last request: late mail takes back what its absence had shown, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from literals import delivery, exchange

from relaycheck.catalogue import load
from relaycheck.judgements import served
from relaycheck.judgements.mail import is_notification
from relaycheck.plugin.checks import Attempt, Check
from relaycheck.plugin.judging import settled
from relaycheck.verdicts import Cause, Kind, Verdict, failed, inconclusive

if TYPE_CHECKING:
    from relaycheck.exchange import Exchange

RUN = SimpleNamespace(settings=SimpleNamespace(rehearsal=False), unsteady="")
NO_MAIL, SERVED, CRASHED = exchange(204), exchange(204, mail=True), exchange(500)
ONCE = inconclusive(Cause.NOT_REPRODUCIBLE, "seen once and not again")
REPORT = b"From: <>\r\nContent-Type: multipart/report; boundary=r\r\n\r\n--r--\r\n"


def mail_has_come(seen: Exchange) -> Exchange:
    assert seen.request.message is not None
    return replace(seen, deliveries=(delivery(seen.request.message),)) if seen.accepted else seen


def check(provisional: Verdict, *seen: Exchange) -> Check:
    found = Check("test_it", "it", load()["RM-REL-01"], provisional=provisional)
    for each in seen:
        found.attempts.append(Attempt())
        found.attempts[-1].judge(served(each), lambda e: e)
    return found


@pytest.mark.parametrize(
    ("provisional", "seen", "kind"),
    [
        (failed("no mail"), (NO_MAIL, NO_MAIL), Kind.PASS),
        (ONCE, (NO_MAIL, SERVED), Kind.PASS),
        (ONCE, (CRASHED, SERVED), Kind.INCONCLUSIVE),
        (failed("no mail"), (CRASHED, NO_MAIL), Kind.INCONCLUSIVE),
        (failed("no mail"), (CRASHED, CRASHED), Kind.FAIL),
        (inconclusive(Cause.UNREACHABLE, "gone"), (NO_MAIL,), Kind.INCONCLUSIVE),
    ],
)
def test_late_mail_counts(provisional: Verdict, seen: tuple[Exchange, ...], kind: Kind) -> None:
    assert settled(RUN, check(provisional, *seen), mail_has_come).kind is kind  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sender", "recipients", "data", "report"),
    [
        ("", ("from@relaycheck.test",), REPORT, True),
        ("", ("from@relaycheck.test",), REPORT.replace(b": m", b":\r\n m"), True),
        ("from@relaycheck.test", ("from@relaycheck.test",), REPORT, False),
        ("", ("one@relaycheck.test", "two@relaycheck.test"), REPORT, False),
        ("", ("from@relaycheck.test",), b"Subject: x\r\n\r\nContent-Type: multipart/report\r\n", False),
    ],
)
def test_a_report_to_its_sender_is_no_mail_of_the_request(
    sender: str, recipients: tuple[str, ...], data: bytes, report: bool
) -> None:
    assert SERVED.request.message is not None
    assert is_notification(delivery(SERVED.request.message, sender=sender, recipients=recipients, data=data)) is report
