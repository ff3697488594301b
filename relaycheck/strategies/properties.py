"""Bodies that are wrong or more than they should be: values of another type, and members that nobody asked for.

Texts hold `{domain}` where an address needs one: `placed` fills it.
"""

from __future__ import annotations

from typing import Any

from relaycheck.message import NONCE
from relaycheck.strategies.injections import STRANGER

ADDRESS = f"to1-{NONCE}@{{domain}}"
# The property, and a value that its row of the page's table does not allow.
MISTYPED = {
    "a number as Rfc822": ("Rfc822", 5),
    "one address as Recipients": ("Recipients", ADDRESS),
    "an object as From": ("From", {"Address": ADDRESS}),
    "a text as connection": ("ConnectionInfoExtended", "127.0.0.1"),
    "true as Rfc822": ("Rfc822", True),
    "an array as Rfc822": ("Rfc822", ["Subject: x\r\n\r\nx\r\n"]),
    "an object as Rfc822": ("Rfc822", {"Text": "x"}),
    "a number as From": ("From", 12.5),
    "an array as From": ("From", [ADDRESS]),
    "false as From": ("From", False),
    "an object as Recipients": ("Recipients", {"0": ADDRESS}),
    "a number as Recipients": ("Recipients", 2),
    "a number in Recipients": ("Recipients", [ADDRESS, 5]),
    "null in Recipients": ("Recipients", [ADDRESS, None]),
    "an array in Recipients": ("Recipients", [[ADDRESS]]),
    "an object in Recipients": ("Recipients", [{"Address": ADDRESS}]),
    "an array as connection": ("ConnectionInfoExtended", []),
    "true as connection": ("ConnectionInfoExtended", True),
}


def placed(value: Any, domain: str) -> Any:
    """The value with its addresses in `domain`."""
    match value:
        case str():
            return value.replace("{domain}", domain)
        case list():
            return [placed(item, domain) for item in value]
        case dict():
            return {name: placed(item, domain) for name, item in value.items()}
        case _:
            return value


STRANGERS = [f"{STRANGER}@{{domain}}"]
# Members that the page does not name; some would do harm where a binder fills more than the page shows.
UNKNOWN: dict[str, dict[str, Any]] = {
    "Bcc": {"Bcc": STRANGERS, "Cc": STRANGERS, "To": STRANGERS},
    "an object": {"Zusatz": {"a": [1, {"b": None}]}},
    "a sender": {"Sender": STRANGERS[0], "EnvelopeFrom": STRANGERS[0], "ReturnPath": STRANGERS[0]},
    "more recipients": {"RecipientList": STRANGERS, "Recipient": STRANGERS[0], "AdditionalRecipients": STRANGERS},
    "null and numbers": {"Priority": 5, "Retries": None, "Encrypt": True, "Weight": 1e3},
    "names that mean something elsewhere": {"__proto__": {"From": STRANGERS[0]}, "$type": "System.Object", "class": {}},
    "an empty name": {"": ""},
    "a long name": {"x" * 2000: "y" * 2000},
    "non-ASCII": {"Empfänger": STRANGERS[0], "收件人": "x"},
}
INSIDE: dict[str, dict[str, Any]] = {
    "inside the connection": {"Timeout": 5, "Certificate": None, "Options": {"Retry": [1]}},
}
