"""How long to wait for a mail after a 204: the declared time at first, what experience shows afterwards.

A relay that never delivers would cost the full delivery time at every request. So after two full waits in vain the wait shrinks to a
multiple of the longest delay seen, and to nothing where no mail ever came; every missing mail is looked for again at the end of the
run, before anything is final.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

FULL_WAITS = 2
SHORTEST = 0.05  # seconds
FACTOR = 4.0
HOPELESS = 8
"""Waits in vain, and never a mail: from then on only what is there already counts."""


@dataclass(slots=True)
class Patience:
    """Seconds to wait for mail. Thread-safe."""

    full: float
    longest: float = 0.0
    in_vain: int = 0
    ever: bool = False
    """A mail has come at least once."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def seconds(self) -> float:
        with self._lock:
            if self.in_vain < FULL_WAITS:
                return self.full
            if not self.ever and self.in_vain >= HOPELESS:
                return 0.0
            return min(self.full, max(SHORTEST, self.longest * FACTOR))

    def arrived(self, after: float) -> None:
        with self._lock:
            self.ever = True
            self.longest = max(self.longest, after)

    def missed(self) -> None:
        with self._lock:
            self.in_vain += 1
