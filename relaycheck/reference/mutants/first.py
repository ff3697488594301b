"""The first mutants: what a suite must notice before anything else, and one of each kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from relaycheck.reference.authentication import basic
from relaycheck.reference.content import MEDIA_TYPES
from relaycheck.reference.mutants.model import Mutant, change

if TYPE_CHECKING:
    from relaycheck.reference.received import Received
    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Submission


def first_form_recipient(received: Received, submission: Submission) -> Submission:
    form = (received.get("content-type") or "").lower().startswith("application/x-www-form-urlencoded")
    return replace(submission, recipients=submission.recipients[:1]) if form else submission


def any_password(service: Service, user: str, password: str) -> str:
    return user if user in service.installation.accounts else basic(service, "")


async def relay_nothing(service: Service, submission: Submission) -> None:
    service.relaying.prepare(service, submission)


MUTANTS = (
    Mutant(
        "RM-CT-04-no-text-xml",
        breaks="RM-CT-04",
        fault="text/xml is refused with 415.",
        service=change("content", supports=lambda name: name in MEDIA_TYPES and name != "text/xml"),
    ),
    Mutant(
        "RM-CT-05-first-recipient",
        breaks="RM-CT-05",
        fault="Only the first recipient of a form is relayed to.",
        service=change("", submitted=first_form_recipient),
    ),
    Mutant(
        "RM-AUTH-11-any-password",
        breaks="RM-AUTH-11",
        fault="A known user is let in with any password.",
        service=change("authentication", check_password=any_password),
    ),
    Mutant(
        "RM-AUTH-07-no-challenge",
        breaks="RM-AUTH-07",
        fault="401 comes without WWW-Authenticate.",
        service=change("authentication", challenges=lambda service, refusal: ()),
    ),
    Mutant(
        "RM-REL-01-relays-nothing",
        breaks="RM-REL-01",
        fault="204 with nothing relayed.",
        service=change("relaying", relay=relay_nothing),
    ),
    Mutant(
        "RM-AUTH-10-exact-scheme",
        breaks="RM-AUTH-10",
        fault="Scheme names are compared with regard to case.",
        service=change("authentication", scheme_matches=lambda given, known: given == known),
    ),
)
