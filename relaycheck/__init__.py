"""relaycheck: contract and conformance tests for `POST /api/v1/Agents/EMail/RelayMessage`."""

__version__ = "0.1.0"
