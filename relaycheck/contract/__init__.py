"""The contract, `specs/relaymessage.openapi.yaml`, as typed facts: what the operation takes and what it may answer.

`contract()` reads the document once. Nothing here knows how inputs are generated or how a request is sent.
"""

from relaycheck.contract.load import ContractError, contract, load
from relaycheck.contract.model import Contract, Parameter, SecurityScheme
from relaycheck.contract.validation import is_json, is_valid_body, validate_body, violations

__all__ = [
    "Contract",
    "ContractError",
    "Parameter",
    "SecurityScheme",
    "contract",
    "is_json",
    "is_valid_body",
    "load",
    "validate_body",
    "violations",
]
