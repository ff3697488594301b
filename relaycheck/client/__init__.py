"""What a test sends with: composed requests, credentials, the safety guard, the ledger of exchanges."""

from relaycheck.client.budget import Budget, Halted
from relaycheck.client.client import Client
from relaycheck.client.compose import DEFAULT, Composer, Variations
from relaycheck.client.conversation import Conversation
from relaycheck.client.credentials import Credential, basic, declared
from relaycheck.client.ledger import Ledger
from relaycheck.client.nonce import new_run_id
from relaycheck.client.parallel import at_once
from relaycheck.client.safety import UnsafeAddress

__all__ = [
    "DEFAULT",
    "Budget",
    "Client",
    "Composer",
    "Conversation",
    "Credential",
    "Halted",
    "Ledger",
    "UnsafeAddress",
    "Variations",
    "at_once",
    "basic",
    "declared",
    "new_run_id",
]
