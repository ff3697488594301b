"""The suite's own mail server and its other listeners: what a target does beyond its answer is seen here."""

from relaycheck.witness.behaviour import FAITHFUL, Action, Behaviour, Fault, LookAlike, Stage
from relaycheck.witness.callback import Callback, Hit, Manner, closed_port
from relaycheck.witness.listener import Listener
from relaycheck.witness.sessions import AuthAttempt, Closed, SessionRecord
from relaycheck.witness.witness import NoListener, Witness, WitnessError

__all__ = [
    "FAITHFUL",
    "Action",
    "AuthAttempt",
    "Behaviour",
    "Callback",
    "Closed",
    "Fault",
    "Hit",
    "Listener",
    "LookAlike",
    "Manner",
    "NoListener",
    "SessionRecord",
    "Stage",
    "Witness",
    "WitnessError",
    "closed_port",
]
