"""The request line: method, path and what every response to it says (page, request line; RFC 9110 §4.2.3, §6.6.1, §9)."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from hypothesis import strategies as st

from relaycheck.client.compose import DEFAULT, varied
from relaycheck.encodings import FORM, MEDIA_TYPES, encode
from relaycheck.judgements import not_relayed, not_served, observed, served, status_in
from relaycheck.judgements.dates import dated
from relaycheck.judgements.methods import (
    a_known_resource,
    a_successful_options_names_post,
    allow_with_every_405,
    no_other_success,
    nothing_after_a_head,
)
from relaycheck.plugin import judge, requirement
from relaycheck.strategies.paths import ENCODED, MORE_SPELLINGS, SPELLINGS, TWICE, encoded_once, spelled

if TYPE_CHECKING:
    from relaycheck.client import Variations
    from relaycheck.message import Message
    from relaycheck.plugin.fixtures import Control, Draw, Send
    from relaycheck.plugin.run import Run
    from relaycheck.target import Target

JSON = MEDIA_TYPES[0]
HEADERS_ONLY: Variations = {"body": b"", "content_type": None, "without": ("Content-Length",), "expects": None}
PARTS = ("name", "department", "category/id", "associate/fullName", "person/emails/value")


@requirement("RM-EP-01")
def test_the_request_of_the_page_is_answered_with_204(send: Send, message: Message) -> None:
    """The page's sample in shape: its fields, its four properties, with values that are a message and addresses."""
    headers = (("Accept", "application/json; charset=utf-8"), ("Accept-Language", "*"))
    content_type = f"{JSON}; charset=utf-8"
    judge(served(send(message, media_type=JSON, content_type=content_type, without=("Accept",), headers=headers)))


@requirement("RM-EP-01")
def test_any_client_is_served(send: Send, control: Control, message: Message) -> None:
    """Not only one that says it is a test: User-Agent is no part of the contract (RFC 9110 §10.1.5)."""
    client = (("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),)
    judge(served(send(message, without=("User-Agent",), headers=client), control()))


@requirement("RM-EP-01")
def test_no_valid_request_is_answered_with_another_success(send: Send, control: Control, run: Run, draw: Draw) -> None:
    """Whatever of the documented choices a request makes: scheme, media type, $select, number of recipients."""
    choices = st.tuples(
        st.sampled_from(sorted(run.credentials)),
        st.sampled_from(MEDIA_TYPES),
        st.sampled_from((None, "$select=name", "$select=name,department,category/id")),
        st.sampled_from((1, 2, 7)),
    )
    for scheme, media_type, query, people in draw(choices, 10):
        auth, note = run.credentials[scheme], f"{scheme}, {media_type}, {query}, {people} recipients"
        probe = send(run.message(people), auth=auth, media_type=media_type, query=query, note=note)
        judge(no_other_success([probe], control()))


@requirement("RM-EP-01")
@pytest.mark.over_the_run
def test_no_post_of_the_run_is_answered_with_another_success(run: Run, control: Control) -> None:
    """Every POST of a message to the documented path counts."""
    path = run.target.url.path
    posts = [e for e in run.ordinary() if e.request.method == "POST" and e.request.message is not None]
    judge(no_other_success([e for e in posts if e.request.target.partition("?")[0] == path], control()))


@requirement("RM-EP-02")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE"])
def test_a_safe_method_with_the_body_of_a_post_relays_nothing(
    send: Send, control: Control, message: Message, method: str
) -> None:
    """Safe methods change nothing (RFC 9110 §9.2.1), and sending mail is a change."""
    judge(not_relayed(send(message, method=method, media_type=JSON, expects=None), control(media_type=JSON)))


@requirement("RM-EP-02")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_a_safe_method_with_a_form_relays_nothing(send: Send, control: Control, message: Message, method: str) -> None:
    judge(not_relayed(send(message, method=method, media_type=FORM, expects=None), control()))


@requirement("RM-EP-02")
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_safe_method_with_the_message_in_its_query_relays_nothing(
    send: Send, control: Control, message: Message, target: Target, method: str
) -> None:
    """A link or an image in a page must not send mail."""
    query = encode(message, FORM, target.content).decode("ascii")
    judge(not_relayed(send(message, **varied(HEADERS_ONLY, method=method, query=query)), control()))


UNSAFE = ("PUT", "PATCH", "DELETE", "RELAY", "PROPFIND", "POSTX", "MERGE")


@requirement("RM-EP-03")
@pytest.mark.parametrize("method", list(UNSAFE))
def test_another_unsafe_method_relays_nothing(send: Send, control: Control, message: Message, method: str) -> None:
    """The page documents POST, and a method means what it says (RFC 9110 §9.1)."""
    judge(not_relayed(send(message, method=method, media_type=JSON, expects=None), control(media_type=JSON)))


@requirement("RM-EP-03")
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
@pytest.mark.parametrize("media_type", [FORM, MEDIA_TYPES[6]])
def test_another_unsafe_method_relays_nothing_in_another_type(
    send: Send, control: Control, message: Message, method: str, media_type: str
) -> None:
    """A PATCH with a patch type is what a framework may route by itself."""
    judge(not_relayed(send(message, method=method, media_type=media_type, expects=None), control()))


KNOWN = (405, 501)
UNKNOWN = (501, 405, 400)


@requirement("RM-EP-04")
@pytest.mark.parametrize(
    ("method", "statuses"),
    [("PUT", KNOWN), ("PATCH", KNOWN), ("DELETE", KNOWN), ("RELAY", UNKNOWN), ("PROPFIND", UNKNOWN)],
)
def test_a_method_that_is_not_supported_is_named_as_such(
    send: Send, control: Control, message: Message, method: str, statuses: tuple[int, ...]
) -> None:
    """405 for a known method, 501 for one that is not implemented (RFC 9110 §9.1). GET may describe the operation: not asked."""
    judge(status_in(send(message, method=method, expects=None), control(), statuses=statuses))


@requirement("RM-EP-05")
@pytest.mark.parametrize("method", ["PUT", "GET", "DELETE", "PATCH", "HEAD", "TRACE"])
def test_a_405_has_an_allow_field(send: Send, control: Control, message: Message, method: str) -> None:
    """It lists the methods of the resource, and not the one just refused (RFC 9110 §10.2.1, §15.5.6)."""
    judge(allow_with_every_405([send(message, method=method, expects=None, note=method)], control()))


@requirement("RM-EP-05")
def test_a_405_without_credentials_has_an_allow_field(send: Send, control: Control, message: Message) -> None:
    judge(allow_with_every_405([send(message, method="PUT", auth=None, expects=None, note="PUT")], control()))


@requirement("RM-EP-05")
@pytest.mark.over_the_run
def test_every_405_of_the_run_has_an_allow_field(run: Run, control: Control) -> None:
    judge(allow_with_every_405(run.ordinary(), control()))


@requirement("RM-EP-06")
@pytest.mark.parametrize("method", ["post", "Post", "pOST"])
def test_the_method_is_case_sensitive(send: Send, control: Control, message: Message, method: str) -> None:
    """`post` is another method (RFC 9110 §9.1)."""
    judge(not_served(send(message, method=method, expects=None), control()))


HEADS: dict[str, Variations] = {
    "plain": {},
    "without credentials": {"auth": None},
    "for a page": {"without": ("Content-Length", "Accept"), "headers": (("Accept", "text/html"),)},
    "with a query": {"query": "$select=name"},
}


@requirement("RM-EP-07")
@pytest.mark.parametrize("kind", list(HEADS))
def test_a_response_to_head_ends_with_its_header_section(send: Send, message: Message, kind: str) -> None:
    """Whatever its status (RFC 9110 §9.3.2). The connection is kept, so that late octets show too."""
    variations = varied(HEADERS_ONLY, **varied(HEADS[kind], method="HEAD", note=f"HEAD, {kind}"))
    judge(nothing_after_a_head([send(message, **variations)]))


@requirement("RM-EP-07")
def test_a_response_to_head_for_an_unknown_path_ends_with_its_header_section(
    send: Send, message: Message, target: Target
) -> None:
    path = f"{target.url.path}/nothing-here"
    judge(nothing_after_a_head([send(message, **varied(HEADERS_ONLY, method="HEAD", path=path))]))


@requirement("RM-EP-07")
@pytest.mark.over_the_run
def test_every_response_to_head_of_the_run_ends_with_its_header_section(run: Run, send: Send, message: Message) -> None:
    judge(nothing_after_a_head((*run.ordinary(), send(message, **varied(HEADERS_ONLY, method="HEAD")))))


@requirement("RM-EP-08")
@pytest.mark.parametrize("anonymous", [False, True], ids=["with credentials", "without credentials"])
def test_a_successful_options_names_post(send: Send, control: Control, message: Message, anonymous: bool) -> None:
    """Allow tells what the resource supports (RFC 9110 §9.3.7). No preflight: there is no Origin."""
    variations = varied(HEADERS_ONLY, method="OPTIONS", auth=None if anonymous else DEFAULT)
    judge(a_successful_options_names_post(send(message, **variations), control()))


@requirement("RM-EP-09")
@pytest.mark.parametrize("spelling", list(SPELLINGS))
def test_what_another_spelling_of_the_path_leads_to_is_recorded(
    send: Send, message: Message, target: Target, spelling: str
) -> None:
    """The same outcome, 404, or a redirect (RFC 3986 §6.2.2)."""
    judge(observed(send(message, path=spelled(target.url, SPELLINGS[spelling]), note=spelling)))


ALL_SPELLINGS = {**MORE_SPELLINGS, **SPELLINGS}


@requirement("RM-EP-10")
@pytest.mark.parametrize("spelling", list(ALL_SPELLINGS))
def test_no_spelling_of_the_path_gets_past_authentication(
    send: Send, control: Control, message: Message, target: Target, spelling: str
) -> None:
    """A filter that compares texts and a router that decodes them must not disagree."""
    path = spelled(target.url, ALL_SPELLINGS[spelling])
    judge(not_relayed(send(message, path=path, auth=None, expects=None, note=spelling), control()))


@requirement("RM-EP-10")
def test_the_whole_url_in_the_request_line_does_not_get_past_authentication(
    send: Send, control: Control, message: Message, target: Target
) -> None:
    """As a proxy is sent it (RFC 9112 §3.2.2): a filter that looks for a path at its beginning finds none."""
    whole = f"{target.url.scheme}://{target.url.authority}{target.url.path}"
    judge(not_relayed(send(message, path=whole, auth=None, expects=None, fresh=True), control()))


@requirement("RM-EP-11")
@pytest.mark.parametrize("path", ENCODED.values(), ids=list(ENCODED))
def test_an_encoded_letter_names_the_same_resource_or_none(
    send: Send, control: Control, message: Message, target: Target, path: str
) -> None:
    """%XX of an unreserved character is that character (RFC 9110 §4.2.3); simple routers answer 404."""
    judge(a_known_resource(send(message, path=spelled(target.url, path)), control()))


@requirement("RM-EP-11")
def test_any_encoded_letters_name_the_same_resource_or_none(
    send: Send, control: Control, message: Message, target: Target, draw: Draw
) -> None:
    for path in draw(encoded_once(), 4):
        judge(a_known_resource(send(message, path=spelled(target.url, path)), control()))


@requirement("RM-EP-11")
@pytest.mark.parametrize("path", TWICE.values(), ids=list(TWICE))
def test_a_path_is_decoded_once(send: Send, control: Control, message: Message, target: Target, path: str) -> None:
    """%2552 is the text %52, which is not the letter R (RFC 3986 §2.4)."""
    judge(not_served(send(message, path=spelled(target.url, path), expects=None), control()))


ANSWERS: dict[str, Variations] = {
    "an unsupported type": {"content_type": "text/plain", "expects": None},
    "no credentials": {"auth": None, "expects": None},
    "a body that breaks off": {"body": b'{"Rfc822": "a', "media_type": JSON, "expects": None},
    "another method": {"method": "PUT", "expects": None},
    "OPTIONS": {"method": "OPTIONS", **HEADERS_ONLY},
    "$select": {"query": "$select=name"},
}


@requirement("RM-EP-12")
def test_a_204_has_a_date(send: Send, message: Message) -> None:
    """In the form of RFC 9110 §5.6.7, near the suite's clock (§6.6.1)."""
    judge(dated([send(message, note="a valid request")], now=time.time()))


@requirement("RM-EP-12")
@pytest.mark.parametrize("kind", list(ANSWERS))
def test_any_other_answer_has_a_date(send: Send, message: Message, kind: str) -> None:
    judge(dated([send(message, **varied(ANSWERS[kind], note=kind))], now=time.time()))


@requirement("RM-EP-12")
def test_a_404_has_a_date(send: Send, message: Message, target: Target) -> None:
    path = f"{target.url.path}/nothing-here"
    judge(dated([send(message, path=path, expects=None, note="another path")], now=time.time()))


@requirement("RM-EP-12")
@pytest.mark.over_the_run
def test_every_response_of_the_run_has_a_date(run: Run, target: Target) -> None:
    judge(dated(run.ordinary(), now=time.time(), tls=target.url.scheme == "https"))


@requirement("RM-EP-13")
@pytest.mark.parametrize("octets", [8000, 5000])
def test_a_long_request_line_is_handled(
    send: Send, control: Control, message: Message, target: Target, octets: int
) -> None:
    """8000 octets are to be expected (RFC 9112 §3). The control has a short $select."""
    line = f"POST {target.url.path}?$select= HTTP/1.1"
    names = ",".join(PARTS * (octets // 40))[: octets - len(line)].rstrip(",/")
    names += "x" * (octets - len(line) - len(names))
    judge(served(send(message, query=f"$select={names}"), control(query="$select=name")))


OVERRIDES: dict[str, Variations] = {
    "X-HTTP-Method-Override": {"headers": (("X-HTTP-Method-Override", "POST"),)},
    "X-HTTP-Method": {"headers": (("X-HTTP-Method", "POST"),)},
    "X-Method-Override": {"headers": (("X-Method-Override", "POST"),)},
    "_method in the query": {"query": "_method=POST"},
    "all at once": {
        "query": "_method=POST&httpMethod=POST",
        "headers": tuple(
            (f"X-{name}", "POST")
            for name in ("HTTP-Method-Override", "HTTP-Method", "Method-Override", "Original-Method", "Method")
        ),
    },
}


@requirement("RM-EP-14")
@pytest.mark.parametrize("override", list(OVERRIDES))
def test_a_method_override_on_get_relays_nothing(send: Send, control: Control, message: Message, override: str) -> None:
    """A GET stays a GET for caches, logs and filters, so nothing may make it a POST (RFC 9110 §9.2.1)."""
    variations = varied(OVERRIDES[override], method="GET", media_type=JSON, expects=None, note=override)
    probe = send(message, **variations)
    judge(not_relayed(probe, control(media_type=JSON)))


@requirement("RM-EP-14")
@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_a_method_override_on_another_safe_method_relays_nothing(
    send: Send, control: Control, message: Message, method: str
) -> None:
    override = varied(OVERRIDES["X-HTTP-Method-Override"], method=method, media_type=JSON, expects=None)
    probe = send(message, **override)
    judge(not_relayed(probe, control(media_type=JSON)))


@requirement("RM-EP-14")
def test_a_method_override_in_a_form_relays_nothing(
    send: Send, control: Control, message: Message, target: Target
) -> None:
    """A GET whose form says `_method=POST`."""
    probe = send(
        message,
        method="GET",
        media_type=FORM,
        body=lambda stamped: b"_method=POST&" + encode(stamped, FORM, target.content),
        expects=None,
    )
    judge(not_relayed(probe, control()))


CONDITIONS = {
    "If-Match": '"relaycheck"',
    "If-None-Match": "*",
    "If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT",
    "If-Modified-Since": "Thu, 01 Jan 1970 00:00:00 GMT",
}


@requirement("RM-EP-16")
@pytest.mark.parametrize("name", list(CONDITIONS))
def test_what_a_condition_does_is_recorded(send: Send, message: Message, name: str) -> None:
    """204, or 412 and nothing relayed (RFC 9110 §13.2.1)."""
    judge(observed(send(message, headers=((name, CONDITIONS[name]),), note=name)))
