"""Opens TCP and TLS connections with a deadline on each phase, and says in a sentence why one cannot be had."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from relaycheck.target.model import Url


class NotConnected(Exception):
    """No connection, or no TLS on it: the target has seen nothing of the request. The text is a sentence with advice."""


class TrustError(ValueError):
    """The file of trusted certificate authorities cannot be used. The text is a sentence with advice."""


def trust_context(trust: str | None) -> ssl.SSLContext:
    """A client context that verifies against the system's authorities and those in the PEM file `trust`; ALPN http/1.1 only.

    Raises TrustError if the file cannot be read or holds no certificate.
    """
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    if trust is not None:
        try:
            context.load_verify_locations(cafile=trust)
        except ssl.SSLError as fault:
            raise TrustError(
                f"{trust} holds no PEM certificate: name a file of CERTIFICATE blocks as `trust`."
            ) from fault
        except OSError as fault:
            raise TrustError(f"{trust} cannot be read ({fault.strerror}): check the path given as `trust`.") from fault
    return context


def dial(url: Url, context: ssl.SSLContext | None, timeout: float) -> socket.socket:
    """A connected, non-blocking socket with TCP_NODELAY, wrapped in TLS if `context` is given.

    `timeout` is in seconds and bounds name resolution, TCP and TLS, each by itself. Raises NotConnected.
    """
    sock = _connect(url, timeout)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if context is not None:
            sock.settimeout(timeout)
            sock = context.wrap_socket(sock, server_hostname=url.host)
        sock.settimeout(0.0)
    except (OSError, ValueError) as fault:
        sock.close()
        raise NotConnected(_tls_sentence(url, fault, timeout)) from fault
    return sock


def _connect(url: Url, timeout: float) -> socket.socket:
    place = f"{url.host}:{url.port}"
    addresses = _resolve(url, timeout)
    deadline = time.monotonic() + timeout
    fault: OSError | None = None
    for n, (family, kind, protocol, _, address) in enumerate(addresses):
        sock = socket.socket(family, kind, protocol)
        try:
            # An address that swallows packets must leave time for the next one.
            sock.settimeout(max(0.001, (deadline - time.monotonic()) / (len(addresses) - n)))
            sock.connect(address)
        except OSError as caught:
            sock.close()
            fault = caught
        else:
            return sock
    if isinstance(fault, ConnectionRefusedError):
        raise NotConnected(
            f"Nothing listens on {place} (connection refused): check the port, and that the target runs."
        ) from fault
    if isinstance(fault, TimeoutError):
        raise NotConnected(
            f"No connection to {place} within {timeout:g} s: check host and port, and whether a firewall drops the packets."
        ) from fault
    reason = fault.strerror if fault and fault.strerror else str(fault)
    raise NotConnected(f"{place} cannot be reached ({reason}): check the network and the target's url.") from fault


def _resolve(url: Url, timeout: float) -> list[Any]:
    try:
        ipaddress.ip_address(url.host)
    except ValueError:
        pass
    else:
        return socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    found: list[Any] = []
    faults: list[Exception] = []

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(url.host, url.port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as fault:
            faults.append(fault)

    # The system's resolver takes no deadline, so it is waited for from outside.
    thread = threading.Thread(target=look_up, name="resolve", daemon=True)
    thread.start()
    thread.join(timeout)
    if thread.is_alive():
        raise NotConnected(f"The name {url.host} did not resolve within {timeout:g} s: check the name server.")
    if faults or not found:
        fault = faults[0] if faults else None
        reason = fault.strerror if isinstance(fault, OSError) and fault.strerror else str(fault)
        raise NotConnected(
            f"The name {url.host} does not resolve ({reason}): check the host in the target's url."
        ) from fault
    return found


def _tls_sentence(url: Url, fault: OSError | ValueError, timeout: float) -> str:
    place = f"{url.host}:{url.port}"
    if isinstance(fault, ssl.SSLCertVerificationError):
        reason = fault.verify_message.rstrip(".")
        if fault.verify_code in (62, 64):  # X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH
            return f"The certificate of {place} is for another host ({reason}): use the name that it was issued for."
        if fault.verify_code == 10:  # X509_V_ERR_CERT_HAS_EXPIRED
            return f"The certificate of {place} has expired: renew it, and check this machine's clock."
        return (
            f"The certificate of {place} is not trusted ({reason}): "
            f"give the PEM file of its certificate authority as `trust` in the target file."
        )
    if isinstance(fault, TimeoutError):
        return f"{place} did not finish the TLS handshake within {timeout:g} s: check that the port speaks TLS."
    if isinstance(fault, (ssl.SSLEOFError, ssl.SSLZeroReturnError, ConnectionError)):  # which of them is up to OpenSSL
        return f"{place} closed the connection during the TLS handshake: check that the port speaks TLS (1.2 or later)."
    if isinstance(fault, ssl.SSLError):
        reason = (fault.reason or str(fault)).lower().replace("_", " ")
        if fault.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE"):
            return f"{place} answers the TLS handshake with something that is not TLS ({reason}): it may want http:// instead."
        return f"The TLS handshake with {place} failed ({reason}): check the TLS versions, ciphers and certificate of the target."
    return f"The connection to {place} failed before anything was sent ({fault}): check the target's url."
