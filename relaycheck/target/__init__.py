"""What is under test, as the tester describes it: capabilities (ICS) and parameters (IXIT) of ISO/IEC 9646-7."""

from relaycheck.target.model import (
    Auth,
    BasicAccount,
    Content,
    Limits,
    Relay,
    Session,
    Target,
    Url,
    WitnessSettings,
    XmlDialect,
)

__all__ = [
    "Auth",
    "BasicAccount",
    "Content",
    "Limits",
    "Relay",
    "Session",
    "Target",
    "Url",
    "WitnessSettings",
    "XmlDialect",
]
