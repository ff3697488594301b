"""What may stay as it is, with the reason. Each entry is checked: one that is no longer true is a finding."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

SHADOWED: Mapping[str, str] = {}
"""Mutants that no check can tell from the faithful service, or that another row must catch: id and reason."""

UNREFUTED: Mapping[str, str] = {
    "test_what_a_204_over_http_2_says_of_its_length_is_recorded": (
        "an observation: over HTTP/2 a Content-Length in a 204 does no harm (RFC 9113 §8.1.1), so none of its values is a fault"
    ),
}
"""Tests that no mutant makes fail: name of the function and reason."""

SWEEP = "it is for the requests of all other rows, which a run of its own row alone does not send"
SWEPT = (
    "the sweep of its row judges its exchanges again by the same rule; with that sweep out too, a mutant gets through"
)
EVERY_SEED = "it sends, whatever the seed, what the drawn ones of its row hold at this seed"
OTHER_SEEDS = "it draws anew for every seed, and finds what the fixed ones of its row do not hold"

REDUNDANT: Mapping[str, str] = {
    # authentication
    "test_the_refusal_carries_a_challenge": SWEPT,
    "test_the_refusal_of_wrong_credentials_carries_a_challenge": SWEPT,
    "test_every_401_of_the_run_carries_a_challenge": SWEEP,
    "test_challenges_say_what_their_scheme_asks": SWEEP,
    "test_the_challenges_of_a_plain_refusal_say_what_their_scheme_asks": SWEPT,
    "test_no_refusal_for_another_reason_repeats_a_secret": SWEPT,
    "test_no_refusal_repeats_a_wrong_secret": SWEPT,
    "test_the_password_of_the_connection_is_not_repeated": SWEPT,
    # endpoint
    "test_no_valid_request_is_answered_with_another_success": SWEPT,
    "test_no_post_of_the_run_is_answered_with_another_success": SWEEP,
    "test_a_405_has_an_allow_field": SWEPT,
    "test_a_405_without_credentials_has_an_allow_field": SWEPT,
    "test_every_405_of_the_run_has_an_allow_field": SWEEP,
    "test_a_response_to_head_ends_with_its_header_section": SWEPT,
    "test_a_response_to_head_for_an_unknown_path_ends_with_its_header_section": SWEPT,
    "test_a_204_has_a_date": SWEPT,
    "test_any_other_answer_has_a_date": SWEPT,
    "test_a_404_has_a_date": SWEPT,
    # negotiation
    "test_a_406_relays_nothing": SWEPT,
    "test_no_406_of_the_run_relayed_anything": SWEEP,
    # no content
    "test_no_byte_follows_the_header_section": SWEPT,
    "test_the_connection_stays_quiet_after_the_204": SWEPT,
    "test_a_204_over_http_2_has_no_content": SWEPT,
    "test_there_is_no_content_length": SWEPT,
    "test_what_a_204_over_http_2_says_of_its_length_is_recorded": "an observation, which no fault can make fail",
    "test_there_is_no_transfer_encoding": SWEPT,
    "test_there_are_no_trailers": SWEPT,
    "test_a_204_over_http_2_ends_with_its_header_section": SWEPT,
    "test_no_204_of_the_run_has_trailers": SWEEP,
    # transport
    "test_no_authenticated_request_is_redirected_to_another_origin": SWEPT,
    "test_no_path_is_redirected_to_another_origin": SWEPT,
    "test_no_scheme_is_redirected_to_another_origin": SWEPT,
    "test_no_authenticated_request_of_the_run_was_redirected_to_another_origin": SWEEP,
    # relay
    "test_a_refused_request_relayed_nothing": SWEEP,
    # errors
    "test_no_request_of_the_run_that_was_wrong_led_to_a_server_error": SWEEP,
    "test_an_error_does_not_show_the_inside_of_the_service": SWEPT,
    "test_no_response_of_the_run_shows_the_inside_of_the_service": SWEEP,
    "test_retry_after_is_a_date_or_a_number": SWEPT,
    "test_every_retry_after_of_the_run_is_a_date_or_a_number": SWEEP,
    # form
    # framing
    "test_chunks_may_come_one_by_one": (
        "how many reads its writes become is up to the machines and the network, so no mutant that depends on it is sure to fail"
    ),
    "test_no_response_over_http_2_has_fields_of_a_connection": SWEPT,
    "test_no_response_of_the_run_over_http_2_has_fields_of_a_connection": SWEEP,
    "test_a_415_for_the_type_says_nothing_of_codings": SWEPT,
    "test_no_415_of_the_run_blames_the_coding_for_the_type": SWEEP,
    # what is drawn, and what is fixed
    "test_the_same_request_relays_the_identical_mail_in_every_type": OTHER_SEEDS,
    "test_pipelined_requests_are_answered_in_order": EVERY_SEED,
    "test_every_spelling_of_the_chunked_coding_is_read": EVERY_SEED,
    "test_a_body_that_lacks_its_last_octets_relays_nothing": EVERY_SEED,
    "test_lines_with_dots_survive": EVERY_SEED,
    "test_bare_line_ends_are_made_whole_or_refused": EVERY_SEED,
    "test_a_plain_message_arrives_byte_for_byte": OTHER_SEEDS,
    "test_any_well_formed_accept_is_served": OTHER_SEEDS,
    "test_an_error_is_as_long_as_it_says": SWEPT,
}
"""Tests without whose judgement every mutant of their row is still killed: name of the function and why it stays."""
