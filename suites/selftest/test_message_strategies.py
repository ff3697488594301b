"""Each strategy makes what its name says: a grammar or a strict reader decides, never the strategy's own code."""

from __future__ import annotations

import email
import email.policy
import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

from relaycheck.message import NONCE, Message
from relaycheck.strategies import (
    case_masks,
    chunkings,
    eight_bit_messages,
    hostile_selects,
    mailboxes,
    malformed_headers,
    media_type_spellings,
    messages,
    odd_mailboxes,
    ordinary_mailboxes,
    select_values,
    texts_of_the_intersection,
    well_formed_accepts,
)

if TYPE_CHECKING:
    from collections.abc import Callable

DOMAIN = "relaycheck.test"
TRIES = settings(derandomize=True, database=None, deadline=None, max_examples=150)
SEARCH = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=3000,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)

# RFC 5321 §4.1.2: Local-part = Dot-string / Quoted-string
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
DOT_STRING = rf"{ATOM}(?:\.{ATOM})*"
QUOTED_LOCAL = r'"(?:[ !#-\[\]-~]|\\[ -~])*"'
MAILBOX = re.compile(rf"(?P<local>{DOT_STRING}|{QUOTED_LOCAL})@{re.escape(DOMAIN)}")

# RFC 9110 §5.6, §8.3.1, §12.4.2, §12.5
TOKEN = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
QUOTED = r'"(?:[\t !#-\[\]-~]|\\[\t -~])*"'
OWS = r"[ \t]*"
QVALUE = r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)"
WEIGHT = rf"{OWS};{OWS}[qQ]={QVALUE}"
PARAMETER = rf"{OWS};{OWS}(?![qQ]=){TOKEN}=(?:{TOKEN}|{QUOTED})"
RANGE = rf"{TOKEN}/{TOKEN}(?:{PARAMETER})*(?:{WEIGHT})?"
LANGUAGE = rf"(?:[A-Za-z]{{1,8}}(?:-[A-Za-z0-9]{{1,8}})*|\*)(?:{WEIGHT})?"
CODING = rf"{TOKEN}(?:{WEIGHT})?"


def listed(element: str) -> re.Pattern[str]:
    """A list of elements as a recipient reads it: empty elements count for nothing (RFC 9110 §5.6.1.2)."""
    return re.compile(rf"(?:{element})?(?:{OWS},{OWS}(?:{element})?)*")


GRAMMARS = {"Accept": listed(RANGE), "Accept-Language": listed(LANGUAGE), "Accept-Encoding": listed(CODING)}
FIELD_VALUE = re.compile(r"[!-~](?:[ \t!-~]*[!-~])?")
SELECT = re.compile(r"[A-Za-z_]\w*(?:/[A-Za-z_]\w*)*(?:,[A-Za-z_]\w*(?:/[A-Za-z_]\w*)*)*", re.ASCII)


@pytest.mark.parametrize("strategy", [ordinary_mailboxes, odd_mailboxes, mailboxes])
@TRIES
@given(data=st.data())
def test_mailboxes_are_valid_hold_the_nonce_and_stay_in_the_domain(
    strategy: Callable[[str], st.SearchStrategy[str]], data: st.DataObject
) -> None:
    address = data.draw(strategy(DOMAIN))
    match = MAILBOX.fullmatch(address)
    assert match, address
    assert NONCE in match["local"]
    assert len(match["local"].encode()) <= 64


@pytest.mark.parametrize("feature", ['"', '\\"', " ", "+", "A", "@r", "%", "x" * 51], ids=repr)
def test_odd_mailboxes_reach_each_odd_form(feature: str) -> None:
    wanted = "a" * 51 if feature == "x" * 51 else feature
    longest = feature == "x" * 51
    found = find(
        odd_mailboxes(DOMAIN),
        lambda address: len(address.rpartition("@")[0]) == 64 if longest else wanted in address,
        settings=SEARCH,
    )
    assert MAILBOX.fullmatch(found)


@given(message=messages(DOMAIN))
@TRIES
def test_messages_are_seven_bit_crlf_short_lines_and_end_in_one(message: Message) -> None:
    assert message.rfc822.isascii()
    _assert_lines(message)


@given(message=eight_bit_messages(DOMAIN))
@TRIES
def test_eight_bit_messages_are_utf_8_and_say_so(message: Message) -> None:
    assert not message.rfc822.isascii()
    _assert_lines(message)
    parsed = email.message_from_bytes(message.rfc822.encode(), policy=email.policy.SMTP)
    assert (parsed.get_content_charset(), parsed["Content-Transfer-Encoding"]) == ("utf-8", "8bit")
    assert parsed.get_payload(decode=True) == message.rfc822.partition("\r\n\r\n")[2].encode()


def _assert_lines(message: Message) -> None:
    """RFC 5322 §2.1.1 and §2.3: CR and LF only together, at most 998 octets between them, no NUL."""
    assert message.rfc822.endswith("\r\n")
    for line in message.rfc822.split("\r\n"):
        assert not re.search(r"[\x00-\x08\x0a-\x1f\x7f]", line)
        assert len(line.encode()) <= 998


@given(message=messages(DOMAIN) | eight_bit_messages(DOMAIN))
@TRIES
def test_every_message_has_a_valid_header_section(message: Message) -> None:
    head, _, body = message.rfc822.partition("\r\n\r\n")
    names = []
    for field in re.split(r"\r\n(?![ \t])", head):
        match = re.fullmatch(r"([!-9;-~]+):([^\r\n]*(?:\r\n[ \t]+[^\r\n]*\S[^\r\n]*)*)", field)
        assert match, field
        names.append(match[1].lower())
    assert len(set(names)) == len(names)
    assert {"date", "from", "subject", "message-id"} <= set(names)
    parsed = email.message_from_string(message.rfc822, policy=email.policy.SMTP)
    assert [header.defects for header in parsed.values() if header.defects] == []
    assert NONCE in parsed["Message-ID"]
    assert NONCE in parsed["From"]
    assert f"{NONCE}\r\n" in body


@given(message=messages(DOMAIN, mailboxes=mailboxes) | eight_bit_messages(DOMAIN))
@TRIES
def test_every_address_of_a_message_is_in_the_domain_and_holds_the_nonce(message: Message) -> None:
    for address in (message.sender, *message.recipients):
        assert MAILBOX.fullmatch(address)
        assert NONCE in address
    assert len({recipient.lower() for recipient in message.recipients}) == len(message.recipients) >= 1
    head = message.rfc822.partition("\r\n\r\n")[0]
    assert set(re.findall(r"@([\w.-]+)", head)) == {DOMAIN}


@pytest.mark.parametrize(
    "pattern",
    [
        r"\r\n\.\r\n",
        r"\r\n\.\.\r\n",
        r"[ \t]\r\n",
        r"\r\n\r\n\r\n\Z",
        r"\r\n[^\r]{998}\r\n",
        r"\r\nFrom ",
        r"\r\n[ ]\S",
    ],
)
def test_messages_reach_each_awkward_line(pattern: str) -> None:
    found = find(messages(DOMAIN), lambda message: bool(re.search(pattern, message.rfc822)), settings=SEARCH)
    assert re.search(pattern, found.rfc822)


def test_eight_bit_messages_reach_beyond_the_basic_plane() -> None:
    found = find(eight_bit_messages(DOMAIN), lambda message: max(message.rfc822) > "\uffff", settings=SEARCH)
    assert max(found.rfc822) > "\uffff"


@given(text=texts_of_the_intersection())
@TRIES
def test_texts_of_the_intersection_are_utf_8_and_xml(text: str) -> None:
    written = escape(text, {"\r": "&#13;"})
    assert (fromstring(f"<a>{written}</a>".encode()).text or "") == text


@given(value=select_values())
@TRIES
def test_select_values_are_well_formed(value: str) -> None:
    assert SELECT.fullmatch(value)


@given(value=hostile_selects())
@TRIES
def test_hostile_selects_are_not_well_formed_and_keep_the_request_line_whole(value: str) -> None:
    assert not SELECT.fullmatch(value) or len(value) >= 8192
    assert re.fullmatch(r"[!-~]+", value)


@given(masked=case_masks("Content-Type; ß=1"))
@TRIES
def test_case_masks_change_nothing_but_case(masked: str) -> None:
    assert masked.lower() == "content-type; ß=1"


def test_case_masks_reach_both_cases_of_each_letter() -> None:
    for wanted in ("aB", "Ab", "AB", "ab"):
        assert find(case_masks("ab"), wanted.__eq__, settings=SEARCH) == wanted


@given(value=media_type_spellings("application/json"))
@TRIES
def test_media_type_spellings_mean_the_same_type(value: str) -> None:
    pattern = rf'application/json(?:{OWS};{OWS}charset=(?:utf-8|"utf-8"))?'
    assert re.fullmatch(pattern, value, re.IGNORECASE)


@given(value=well_formed_accepts())
@TRIES
def test_well_formed_accepts_follow_the_grammar(value: str) -> None:
    assert GRAMMARS["Accept"].fullmatch(value)
    assert FIELD_VALUE.fullmatch(value)


@given(field=malformed_headers())
@TRIES
def test_malformed_headers_break_the_grammar_and_are_still_field_values(field: tuple[str, str]) -> None:
    name, value = field
    assert not GRAMMARS[name].fullmatch(value), value
    assert FIELD_VALUE.fullmatch(value)


@given(data=st.data(), length=st.integers(0, 300))
@TRIES
def test_chunkings_cut_the_whole_body_into_chunks_that_hold_something(data: st.DataObject, length: int) -> None:
    sizes = data.draw(chunkings(length))
    assert sum(sizes) == length
    assert len(sizes) <= 20
    assert all(size >= 1 for size in sizes)
