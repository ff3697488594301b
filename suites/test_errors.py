"""What a refusal says, and that nothing a client gets wrong brings the service down (RFC 9110 §15.5, §15.6; RFC 9112 §6.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import pytest

from relaycheck.catalogue import Class_
from relaycheck.client.compose import varied
from relaycheck.encodings import MEDIA_TYPES, encode
from relaycheck.judgements.dates import retry_after_is_a_time, what_429s_say
from relaycheck.judgements.disclosure import no_internals, repeats_nothing
from relaycheck.judgements.errors import (
    answered_without_5xx,
    explained,
    no_crash_over_the_run,
    nothing_behind_an_error,
    one_shape,
    refused_or_served_cleanly,
    the_length_is_true,
    the_type_fits_accept,
    too_large_is_refused,
)
from relaycheck.message import NONCE, Connection
from relaycheck.plugin import judge, lacking, requirement, unobservable
from relaycheck.strategies.malformed import BODIES, HEADERS, LINES, mangled
from relaycheck.verdicts import Cause
from relaycheck.witness import Behaviour, Fault, Stage

if TYPE_CHECKING:
    from relaycheck.client import Variations
    from relaycheck.exchange import Exchange
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Compose, Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target
    from relaycheck.witness import Listener, Witness

JSON, XML = MEDIA_TYPES[0], MEDIA_TYPES[2]
PATIENCE = 10.0
"""Seconds for an answer to a request that is wrong."""


def _provoke(send: Send, message: Message, variations: Variations) -> Exchange:
    """Send it; where nothing comes back, ask with a valid request whether anybody is there."""
    probe = send(message, timeout=PATIENCE, **variations)
    if not probe.answered:
        send(message, note="is anybody there")
    return probe


@requirement("RM-ERR-01")
@pytest.mark.parametrize("wrong", list(BODIES))
def test_a_malformed_body_leads_to_no_server_error(send: Send, control: Control, message: Message, wrong: str) -> None:
    """What the client got wrong is a 4xx (RFC 9110 §15.5): no 5xx, no reset, no silence."""
    probe = _provoke(send, message, varied(BODIES[wrong], expects=None, note=wrong))
    judge(answered_without_5xx(probe, control(), tolerated=(501,) if "gzip" in wrong else ()))


@requirement("RM-ERR-01")
@pytest.mark.parametrize("wrong", HEADERS)
def test_a_malformed_header_section_leads_to_no_server_error(
    send: Send, control: Control, message: Message, wrong: str
) -> None:
    probe = _provoke(send, message, varied(HEADERS[wrong], expects=None, note=wrong))
    judge(answered_without_5xx(probe, control(), tolerated=(501,) if "coding" in wrong else ()))


@requirement("RM-ERR-01")
@pytest.mark.parametrize("odd", LINES)
def test_an_oddity_beside_a_valid_body_leads_to_no_server_error(
    send: Send, control: Control, message: Message, odd: str
) -> None:
    """Served or refused."""
    judge(answered_without_5xx(_provoke(send, message, varied(LINES[odd], note=odd)), control()))


@requirement("RM-ERR-01")
@pytest.mark.parametrize("media_type", [JSON, XML])
def test_a_mangled_body_leads_to_no_server_error(
    send: Send, control: Control, message: Message, draw: Draw, target: Target, media_type: str
) -> None:
    """A valid body with a hole, a changed octet or no end. The few that stay valid are served, to the same recipients."""
    valid = encode(message.but(connection=None), media_type, target.content)
    start = valid.find(b"From") + 4
    for body in draw(mangled(valid[:start]), 2):
        variations: Variations = {"body": body, "media_type": media_type, "expects": None, "note": "a mangled body"}
        judge(answered_without_5xx(_provoke(send, message, variations), control()))


@requirement("RM-ERR-01")
@pytest.mark.over_the_run
def test_no_request_of_the_run_that_was_wrong_led_to_a_server_error(run: Run, control: Control) -> None:
    """All requests with something wrong, except those whose mail server fails: there a 5xx is right."""
    mail = {
        c.id for c in run.checks.values() if c.requirement.class_ is Class_.RELAY or _names_a_port(c.requirement.id)
    }
    judge(no_crash_over_the_run([e for e in run.ordinary() if e.check not in mail], control()))


def _names_a_port(row: str) -> bool:
    return row in ("RM-ERR-08", "RM-ERR-11", "RM-SEC-05", "RM-204-06") or row.startswith("RM-BODY-")


REFUSED: dict[str, Variations] = {
    "a body that breaks off": {"body": b'{"Rfc822": "a', "media_type": JSON},
    "no credentials": {"auth": None},
    "an unsupported type": {"content_type": "text/plain"},
    "another method": {"method": "PUT"},
    "XML that breaks off": {"body": b"<RelayMessageRequest><From>", "media_type": XML},
    "numbers for texts": {"body": b'{"Rfc822": 1, "From": 2, "Recipients": [3]}', "media_type": JSON},
    "a wrong ticket": {"auth": None, "headers": (("Authorization", "SoTicket 7T:relaycheck"),)},
}
"""What everybody refuses, each for another reason."""


def _refused(send: Send, message: Message, kind: str, **more: Unpack[Variations]) -> Exchange:
    return send(message, timeout=PATIENCE, **varied(REFUSED[kind], **varied(more, expects=None, note=kind)))


@requirement("RM-ERR-02")
@pytest.mark.parametrize("kind", ["a body that breaks off", "no credentials", "an unsupported type", "another method"])
def test_a_refusal_explains_itself(send: Send, message: Message, kind: str) -> None:
    """The content of a 4xx says what is wrong (RFC 9110 §15.5)."""
    judge(explained(_refused(send, message, kind)))


ACCEPTS = [
    ("a body that breaks off", "application/json", "json"),
    ("no credentials", "application/json", "json"),
    ("an unsupported type", "application/json;q=0.9, application/problem+json", "json"),
    ("XML that breaks off", "application/xml", "xml"),
]


@requirement("RM-ERR-03")
@pytest.mark.parametrize(("kind", "accept", "wanted"), ACCEPTS)
def test_the_type_of_an_error_fits_accept(send: Send, message: Message, kind: str, accept: str, wanted: str) -> None:
    """No page for a program (RFC 9110 §12.1)."""
    probe = send(
        message, **varied(REFUSED[kind], expects=None, note=kind, without=("Accept",), headers=(("Accept", accept),))
    )
    judge(the_type_fits_accept(probe, wanted))


PROVOKING: dict[str, Variations] = {
    "JSON that breaks off": BODIES["JSON that breaks off"],
    "objects for texts": BODIES["objects for texts"],
    "XML that breaks off": BODIES["XML that breaks off"],
    "an unknown charset": HEADERS["an unknown charset"],
    "Basic credentials that are no base64": HEADERS["Basic credentials that are no base64"],
    "another method": {"method": "DELETE"},
}


@requirement("RM-ERR-04")
@pytest.mark.parametrize("wrong", list(PROVOKING))
def test_an_error_does_not_show_the_inside_of_the_service(send: Send, message: Message, wrong: str) -> None:
    """No stack trace, file path, SQL or exception (CWE-209)."""
    judge(no_internals([_provoke(send, message, varied(PROVOKING[wrong], expects=None, note=wrong))]))


@requirement("RM-ERR-04")
@pytest.mark.over_the_run
def test_no_response_of_the_run_shows_the_inside_of_the_service(run: Run) -> None:
    judge(no_internals(run.ordinary()))


@requirement("RM-ERR-05")
def test_errors_have_one_shape(send: Send, message: Message) -> None:
    """400, 401 and 415 have one media type and the same members, so that a client needs one reader."""
    kinds = ("a body that breaks off", "numbers for texts", "no credentials", "a wrong ticket", "an unsupported type")
    judge(one_shape([_refused(send, message, kind) for kind in kinds]))


LARGEST = 64_000_000
"""A declared limit beyond this is not tried: the suite would send as much."""
PIECE = bytes(65536).replace(b"\0", b"a")


@requirement("RM-ERR-06")
def test_a_body_beyond_the_declared_limit_is_refused(
    run: Run, send: Send, control: Control, compose: Compose, message: Message, target: Target
) -> None:
    """413 or an early close (RFC 9110 §15.5.14), and then it goes on."""
    limit = target.limits.body_bytes
    if limit is None:
        raise unobservable(Cause.NOT_DECLARED, "declare [limits] body_bytes, the largest body that the target takes")
    if limit > LARGEST:
        raise unobservable(Cause.BUDGET, f"the declared limit of {limit} octets is more than the suite sends")
    before = control()
    probe = _too_large(run, compose, message, limit + len(PIECE))
    judge(too_large_is_refused(probe, before, send(message, fresh=True, note="after a large body")))


def _too_large(run: Run, compose: Compose, message: Message, octets: int) -> Exchange:
    """A valid message padded to so many octets, written in pieces until the target answers or closes."""
    marker = "relaycheck-padding"
    padded = message.but(rfc822=f"{message.rfc822}{marker}\r\n")
    request = compose(
        padded,
        media_type=JSON,
        expects=None,
        headers=(("Content-Length", str(octets)),),
        note=f"a body of {octets} octets",
    )
    head, _, body = request.raw.partition(b"\r\n\r\n")
    prefix, suffix = body.split(marker.encode())
    missing = octets - len(prefix) - len(suffix)
    with run.client.converse() as conversation:
        conversation.write(head + b"\r\n\r\n" + prefix)
        while missing > 0 and conversation.interim(0.0) is None:
            piece = PIECE[: min(missing, len(PIECE))]
            if conversation.write(piece) < len(piece):
                break
            missing -= len(piece)
        if not missing:
            conversation.write(suffix)
        return conversation.read(request)


LONG: dict[str, Variations] = {
    "a field of 64 KiB": {"headers": (("X-Relaycheck", "a" * 65_536),)},
    "800 fields of 80 octets": {"headers": tuple((f"X-Relaycheck-{n}", "a" * 60) for n in range(800))},
    "a target of 70000 octets": {"query": "$select=" + "name," * 14_000},
    "a ticket of 64 KiB": {"auth": None, "headers": (("Authorization", "SoTicket " + "7T:" * 21_845),)},
}


@requirement("RM-ERR-07")
@pytest.mark.parametrize("kind", LONG)
def test_something_very_long_is_served_or_refused(send: Send, control: Control, message: Message, kind: str) -> None:
    """431 (RFC 6585 §5), 414 (RFC 9110 §15.5.15), another 4xx, or served: no 5xx and no silence."""
    judge(refused_or_served_cleanly(_provoke(send, message, varied(LONG[kind], note=kind)), control()))


@requirement("RM-ERR-08")
def test_retry_after_is_a_date_or_a_number(run: Run, compose: Compose, message: Message) -> None:
    """Where it is most likely: the mail server is not there for the moment, and the login is refused (RFC 9110 §10.2.3)."""
    probes = [run.client.transmit(compose(message, auth=None, expects=None, note="no credentials"))]
    if run.witness is not None and run.target.relay.connection_object:
        busy = Behaviour(fault=Fault(Stage.GREETING, code=421, text="try again later"))
        with run.witness.open(busy) as listener:
            request = compose(_over(message, listener, run), expects=None, note="a mail server that is busy")
            probes.append(run.client.transmit(request))
    judge(retry_after_is_a_time(probes))


@requirement("RM-ERR-08")
@pytest.mark.over_the_run
def test_every_retry_after_of_the_run_is_a_date_or_a_number(run: Run, control: Control) -> None:
    judge(retry_after_is_a_time((control(), *run.ordinary())))


@requirement("RM-ERR-09")
@pytest.mark.over_the_run
def test_what_a_429_says_is_recorded(run: Run, control: Control) -> None:
    """It is not provoked (RFC 6585 §4)."""
    judge(what_429s_say((control(), *run.ordinary())))


LAST = (("Connection", "close"),)


@requirement("RM-ERR-10")
@pytest.mark.parametrize("kind", ["a body that breaks off", "no credentials", "an unsupported type", "another method"])
def test_an_error_is_as_long_as_it_says(send: Send, message: Message, kind: str) -> None:
    """The connection ends after it, so an octet too few shows at once (RFC 9112 §6.3)."""
    judge(the_length_is_true([_refused(send, message, kind, headers=LAST)]))


@requirement("RM-ERR-10")
@pytest.mark.parametrize("accept", ["application/xml", "text/html"])
def test_an_error_is_as_long_as_it_says_in_another_type(send: Send, message: Message, accept: str) -> None:
    headers = (("Accept", accept), *LAST)
    judge(
        the_length_is_true(
            [
                send(
                    message,
                    timeout=PATIENCE,
                    **varied(REFUSED["a body that breaks off"], expects=None, without=("Accept",), headers=headers),
                )
            ]
        )
    )


@requirement("RM-ERR-10")
@pytest.mark.over_the_run
def test_nothing_follows_the_end_of_an_error(run: Run, send: Send, message: Message) -> None:
    judge(nothing_behind_an_error((*run.ordinary(), _refused(send, message, "no credentials"))))


LINE = "A line that no error may repeat."
TELLING: dict[str, Variations] = {
    "a number for the recipients": {},
    "a body without its end": {"body": b"", "media_type": JSON},
    "XML without its end": {"body": b"", "media_type": XML},
    "an unsupported type": {"content_type": "text/plain", "media_type": JSON},
    "no credentials": {"auth": None},
}


@requirement("RM-ERR-11")
@pytest.mark.parametrize("kind", list(TELLING))
def test_an_error_does_not_repeat_the_message(send: Send, run: Run, target: Target, kind: str) -> None:
    """Logs and screens that show errors are not for the mail that caused them."""
    message = run.message(body=f"{LINE}\r\n")
    variations = varied(TELLING[kind], expects=None, note=kind)
    if "members" not in variations and kind == "a number for the recipients":
        variations = varied(
            variations, media_type=JSON, members={"Rfc822": message.rfc822, "From": message.sender, "Recipients": 7}
        )
    elif "end" in kind:
        media_type = variations["media_type"]
        variations = varied(variations, body=lambda stamped: encode(stamped, media_type, target.content)[:-1])
    probe = send(message, **variations)
    judge(repeats_nothing([probe], told=(LINE, message.sender.replace(NONCE, probe.request.nonce))))


SMTP_FAULTS = {
    "a refused recipient": Fault(Stage.RCPT, code=550, text="no-such-person at this relaycheck witness"),
    "a refused connection": Fault(Stage.GREETING, code=554, text="relaycheck witness takes no mail from you"),
    "a refused message": Fault(Stage.END_OF_DATA, code=554, text="relaycheck witness dislikes the content"),
}


@requirement("RM-ERR-11")
@pytest.mark.parametrize("fault", list(SMTP_FAULTS))
def test_an_error_of_the_mail_server_does_not_repeat_the_message(
    send: Send, run: Run, witness: Witness, target: Target, fault: str
) -> None:
    """The mail server's own words may help a user, so those are only recorded."""
    if not target.relay.connection_object:
        raise lacking("connection.object")
    if target.relay.mode != "sync":
        raise lacking("relay.sync")
    with witness.open(Behaviour(fault=SMTP_FAULTS[fault])) as listener:
        message = _over(run.message(body=f"{LINE}\r\n"), listener, run)
        probe = send(message, expects=None, note=fault)
    told = (LINE, message.sender.replace(NONCE, probe.request.nonce))
    judge(repeats_nothing([probe], told=told, heard=(SMTP_FAULTS[fault].text,)))


def _over(message: Message, listener: Listener, run: Run) -> Message:
    return message.but(connection=Connection(listener.host, listener.port, run.target.relay.protocol))
