"""The first mutants: what a suite must notice before anything else, and one of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from relaycheck.reference.authentication import basic
from relaycheck.reference.mutants.model import Mutant, change

if TYPE_CHECKING:
    from relaycheck.reference.service import Service


def any_password(service: Service, user: str, password: str) -> str:
    return user if user in service.installation.accounts else basic(service, "")


MUTANTS = (
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
        "RM-AUTH-10-exact-scheme",
        breaks="RM-AUTH-10",
        fault="Scheme names are compared with regard to case.",
        service=change("authentication", scheme_matches=lambda given, known: given == known),
    ),
)
