"""Nonces: one per request, so that each mail at the witness can be traced to the request that caused it."""

from __future__ import annotations

import itertools
import secrets
import string
import threading

from relaycheck.message import NONCE

DIGITS = string.digits + string.ascii_lowercase
RUN_LENGTH = 6
COUNTER_LENGTH = len(NONCE) - 2 - RUN_LENGTH


def new_run_id() -> str:
    """Six characters that tell this run's mail from any other's."""
    return "".join(secrets.choice(DIGITS) for _ in range(RUN_LENGTH))


class Nonces:
    """`rc` + run + counter in base 36: as long as `message.NONCE`, lower case, letters and digits only. Thread-safe.

    Each process that takes a share of the run counts in a range of its own.
    """

    def __init__(self, run_id: str, share: int = 0) -> None:
        self._prefix = f"rc{run_id:0>{RUN_LENGTH}.{RUN_LENGTH}}"
        self._count = itertools.count(1 + share * 36 ** (COUNTER_LENGTH - 1))
        self._lock = threading.Lock()

    def next(self) -> str:
        with self._lock:
            number = next(self._count)
        digits = ""
        for _ in range(COUNTER_LENGTH):
            number, digit = divmod(number, 36)
            digits = DIGITS[digit] + digits
        return self._prefix + digits
