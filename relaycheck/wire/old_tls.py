"""Handshakes with versions of TLS that nobody should speak any more (RFC 8996)."""

from __future__ import annotations

import ssl
import warnings
from typing import TYPE_CHECKING

from relaycheck.wire.dial import NotConnected, dial

if TYPE_CHECKING:
    from relaycheck.target.model import Url

OLD = {"TLS 1.0": ssl.TLSVersion.TLSv1, "TLS 1.1": ssl.TLSVersion.TLSv1_1}


class CannotOffer(Exception):
    """This machine's TLS library does not speak the version, so nothing can be tried. The text is a sentence."""


def attempt(url: Url, version: str, timeout: float = 5.0) -> tuple[str, str, str]:
    """Offer only `version`, a key of `OLD`, on a connection of its own, and send nothing over it.

    Gives what was offered, what was negotiated (empty: nothing) and why not. `timeout` in seconds. Raises CannotOffer.
    """
    try:
        sock = dial(url, _context(version), timeout)
    except NotConnected as fault:
        cause = fault.__cause__
        if isinstance(cause, ssl.SSLError) and cause.reason == "NO_PROTOCOLS_AVAILABLE":
            raise CannotOffer(f"the TLS library of this machine does not offer {version}") from fault
        reason = cause.reason if isinstance(cause, ssl.SSLError) and cause.reason else str(cause)
        return version, "", reason.lower().replace("_", " ")
    with sock:
        assert isinstance(sock, ssl.SSLSocket)
        return version, sock.version() or "", ""


def _context(version: str) -> ssl.SSLContext:
    """Verifies nothing: no secret goes over this connection, and only the version is asked about."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = OLD[version]
        context.maximum_version = OLD[version]
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context
