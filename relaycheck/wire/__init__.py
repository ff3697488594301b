"""The transport under httpx: exact request bytes out, exact response bytes back, and each stray byte charged to its exchange."""

from relaycheck.wire.connection import WireConnection
from relaycheck.wire.dial import NotConnected, TrustError
from relaycheck.wire.http2 import Http2Wire, NotOffered
from relaycheck.wire.observation import LateReport, Observation
from relaycheck.wire.pool import Wire
from relaycheck.wire.transport import HttpxTransport, Unanswered, chunked

__all__ = [
    "Http2Wire",
    "HttpxTransport",
    "LateReport",
    "NotConnected",
    "NotOffered",
    "Observation",
    "TrustError",
    "Unanswered",
    "Wire",
    "WireConnection",
    "chunked",
]
