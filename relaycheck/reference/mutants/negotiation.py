"""Faults in the negotiation of a representation that a 204 does not have."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from relaycheck.reference.content import FORM, XML
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.received import Answer, Received, Refusal
from relaycheck.reference.service import perform

if TYPE_CHECKING:
    from collections.abc import Callable

    from relaycheck.reference.service import Service
    from relaycheck.reference.submission import Submission

NOTHING_XML = Answer(200, (("Content-Type", "application/xml"), ("Content-Length", "7")), b"<null/>")
PAGE = Answer(200, (("Content-Type", "text/html"), ("Content-Length", "13")), b"<p>Relayed</p")


def not_acceptable() -> Refusal:
    return Refusal(406, "not-acceptable", "The response can only be JSON.")


def beforehand(judge: Callable[[Received], None]) -> Callable[[Service], Service]:
    """A service that looks at the fields before it relays; an error that is no refusal leads to 500."""

    def judged(received: Received, submission: Submission) -> Submission:
        judge(received)
        return submission

    return change("", submitted=judged)


def afterwards(judge: Callable[[Received], None]) -> Callable[[Service], Service]:
    """A service that looks at the fields after it has relayed."""

    async def judged(service: Service, received: Received) -> Answer:
        answer = await perform(service, received)
        judge(received)
        return answer

    return change("", perform=judged)


def answering(instead: Callable[[Received], Answer | None]) -> Callable[[Service], Service]:
    """A service that says something else in place of 204."""

    def finish(received: Received, answer: Answer) -> Answer:
        return (instead(received) or answer) if answer.status == 204 else answer

    return change("answers", finish=finish)


def accept(received: Received) -> str:
    return received.get("accept") or ""


def parameters_are_not_json(received: Received) -> None:
    for element in accept(received).split(","):
        if re.search(r";(?!\s*[qQ]=)", element):
            raise not_acceptable()


def star_is_no_language(received: Received) -> None:
    if (received.get("accept-language") or "") == "*":
        raise LookupError("*")


def no_accept_no_answer(received: Received) -> None:
    if received.get("accept") is None:
        raise not_acceptable()


def no_accept_crashes(received: Received) -> None:
    received.all("accept")[0].split(",")


def no_accept_for_forms_crashes(received: Received) -> None:
    if received.media_type in (FORM, *XML):
        no_accept_crashes(received)


def xml_is_asked_for(received: Received) -> Answer | None:
    return NOTHING_XML if accept(received).startswith(("text/xml", "application/xml")) else None


def a_page_is_asked_for(received: Received) -> Answer | None:
    return PAGE if "text/html" in accept(received) else None


def whole_weights(received: Received) -> None:
    for weight in re.findall(r";\s*q=([^;,\s]*)", accept(received)):
        int(weight)


def no_empty_elements(received: Received) -> None:
    for element in accept(received).split(","):
        element.partition(";")[0].split("/")[1]


def images_crash(received: Received) -> None:
    if accept(received) and not re.search(r"json|xml|text|\*", accept(received), re.IGNORECASE):
        raise NotImplementedError("no formatter")


def json_or_nothing(received: Received) -> None:
    text = accept(received).lower()
    if text and not re.search(r"json|application/\*|\*/\*", text):
        raise not_acceptable()


def weight_zero_counts(received: Received) -> None:
    if re.search(r"(json|\*/\*)\s*;\s*q=0(\.0*)?\s*(,|$)", accept(received).lower()):
        raise not_acceptable()


def weights_are_numbers(field: str) -> Callable[[Received], None]:
    def judge(received: Received) -> None:
        for weight in re.findall(r";\s*q=([^;,]*)", received.get(field) or ""):
            float(weight)

    return judge


def ranges_have_a_slash(received: Received) -> None:
    for element in filter(None, accept(received).split(",")):
        _, _ = element.partition(";")[0].strip().split("/")[:2]


def quotes_close(received: Received) -> None:
    if accept(received).replace('\\"', "").count('"') % 2:
        raise ValueError("unterminated quoted string")


def subtags_are_short(received: Received) -> None:
    for tag in re.findall(r"[A-Za-z0-9_-]+", received.get("accept-language") or ""):
        if "_" in tag or tag.count("-") > 3:
            raise LookupError(tag)


LANGUAGE_FIELDS = ("so-culture", "so-language", "accept-language")


def culture(received: Received) -> str:
    return next((value for name in LANGUAGE_FIELDS if (value := received.get(name))), "")


def turkish_recipients(received: Received, submission: Submission) -> Submission:
    if not culture(received).startswith("tr"):
        return submission
    changed = tuple(a.replace("I", "ı", 1) for a in submission.recipients)
    return replace(submission, recipients=changed)


def lower_under_a_culture(received: Received, submission: Submission) -> Submission:
    if received.get("so-culture") is None:
        return submission
    return replace(submission, sender=submission.sender.lower())


def date_in_the_zone(received: Received, submission: Submission) -> Submission:
    if received.get("so-timezone") is None:
        return submission
    moved = re.sub(r"(?m)^(Date: .*) \+0000", r"\1 +0100", submission.rfc822, count=1)
    return replace(submission, rfc822=moved)


def known_cultures_only(received: Received) -> None:
    for name in ("so-culture", "so-language"):
        value = received.get(name)
        if value is not None and not re.fullmatch(r"[A-Za-z]{2}(-[A-Z]{2})?", value):
            raise LookupError(value)


def types_by_turkish_rules(received: Received) -> None:
    language = received.get("accept-language") or culture(received)
    if language.startswith("tr") and "I" in (received.get("content-type") or ""):
        raise Refusal(415, "unsupported", "The media type is not one of those that are served here.")


def known_zones_only(received: Received) -> None:
    zone = received.get("so-timezone")
    if zone is not None and not zone.startswith(("Europe/", "Pacific/")):
        raise LookupError(zone)


MUTANTS = (
    Mutant(
        "RM-NEG-01-parameter-406",
        "RM-NEG-01",
        "A media range with a parameter but no q leads to 406.",
        beforehand(parameters_are_not_json),
    ),
    Mutant("RM-NEG-01-star", "RM-NEG-01", "Accept-Language: * leads to 500.", beforehand(star_is_no_language)),
    Mutant("RM-NEG-02-406", "RM-NEG-02", "A missing Accept leads to 406.", beforehand(no_accept_no_answer)),
    Mutant("RM-NEG-02-500", "RM-NEG-02", "A missing Accept leads to 500.", beforehand(no_accept_crashes)),
    Mutant(
        "RM-NEG-02-forms-500",
        "RM-NEG-02",
        "With a form or XML, a missing Accept leads to 500.",
        beforehand(no_accept_for_forms_crashes),
    ),
    Mutant(
        "RM-NEG-03-xml-200", "RM-NEG-03", "Accept: text/xml leads to a 200 with a body.", answering(xml_is_asked_for)
    ),
    Mutant(
        "RM-NEG-03-page-200",
        "RM-NEG-03",
        "A browser's Accept leads to a page.",
        answering(a_page_is_asked_for),
    ),
    Mutant("RM-NEG-03-weights", "RM-NEG-03", "A weight with a fraction leads to 500.", beforehand(whole_weights)),
    Mutant("RM-NEG-03-empty", "RM-NEG-03", "An empty list element leads to 500.", beforehand(no_empty_elements)),
    Mutant("RM-NEG-03-image-500", "RM-NEG-03", "A type that nobody writes leads to 500.", beforehand(images_crash)),
    Mutant(
        "RM-NEG-04-after",
        "RM-NEG-04",
        "The response format is chosen after the mail was sent.",
        afterwards(json_or_nothing),
    ),
    Mutant(
        "RM-NEG-04-weight-after",
        "RM-NEG-04",
        "A weight of zero is noticed after the mail was sent.",
        afterwards(weight_zero_counts),
    ),
    Mutant(
        "RM-NEG-05-accept-500",
        "RM-NEG-05",
        "A weight in Accept that is no number leads to 500.",
        beforehand(weights_are_numbers("accept")),
    ),
    Mutant(
        "RM-NEG-05-slash-500", "RM-NEG-05", "A range without a slash leads to 500.", beforehand(ranges_have_a_slash)
    ),
    Mutant("RM-NEG-05-quote-500", "RM-NEG-05", "A quote that does not close leads to 500.", beforehand(quotes_close)),
    Mutant(
        "RM-NEG-05-language-500",
        "RM-NEG-05",
        "A weight in Accept-Language that is no number leads to 500.",
        beforehand(weights_are_numbers("accept-language")),
    ),
    Mutant("RM-NEG-05-tag-500", "RM-NEG-05", "A language that is no tag leads to 500.", beforehand(subtags_are_short)),
    Mutant(
        "RM-NEG-05-encoding-500",
        "RM-NEG-05",
        "A weight in Accept-Encoding that is no number leads to 500.",
        beforehand(weights_are_numbers("accept-encoding")),
    ),
    Mutant(
        "RM-NEG-06-turkish",
        "RM-NEG-06",
        "Under a Turkish culture, recipients are changed by its rules.",
        change("", submitted=turkish_recipients),
    ),
    Mutant(
        "RM-NEG-06-turkish-types",
        "RM-NEG-06",
        "In a Turkish locale, the letters of a media type are lowered by its rules.",
        beforehand(types_by_turkish_rules),
    ),
    Mutant(
        "RM-NEG-06-lower",
        "RM-NEG-06",
        "Under any culture, the sender is turned to lower case.",
        change("", submitted=lower_under_a_culture),
    ),
    Mutant(
        "RM-NEG-06-date",
        "RM-NEG-06",
        "SO-TimeZone changes the Date field of the message.",
        change("", submitted=date_in_the_zone),
    ),
    Mutant("RM-NEG-06-culture-500", "RM-NEG-06", "An unknown culture leads to 500.", beforehand(known_cultures_only)),
    Mutant("RM-NEG-06-zone-500", "RM-NEG-06", "An unknown time zone leads to 500.", beforehand(known_zones_only)),
)
