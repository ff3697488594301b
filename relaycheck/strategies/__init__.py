"""Hypothesis strategies for everything a request may vary in. They only make inputs: verdicts come from judgements.

Addresses lie in the domain that the caller names, and nowhere else. Each message, sender and recipient holds `NONCE`.
"""

from relaycheck.strategies.chunkings import chunkings
from relaycheck.strategies.headers import (
    case_masks,
    malformed_headers,
    media_type_spellings,
    well_formed_accepts,
)
from relaycheck.strategies.mailboxes import mailboxes, odd_mailboxes, ordinary_mailboxes
from relaycheck.strategies.messages import eight_bit_messages, messages, texts_of_the_intersection
from relaycheck.strategies.select import hostile_selects, select_values
from relaycheck.strategies.spellings import (
    form_spellings,
    json_spellings,
    patch_spellings,
    spellings,
    xml_spellings,
)

__all__ = [
    "case_masks",
    "chunkings",
    "eight_bit_messages",
    "form_spellings",
    "hostile_selects",
    "json_spellings",
    "mailboxes",
    "malformed_headers",
    "media_type_spellings",
    "messages",
    "odd_mailboxes",
    "ordinary_mailboxes",
    "patch_spellings",
    "select_values",
    "spellings",
    "texts_of_the_intersection",
    "well_formed_accepts",
    "xml_spellings",
]
