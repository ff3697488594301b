"""The command line. Only what a command needs is imported, when it runs: `--help` stays fast."""

from relaycheck.cli.main import main

__all__ = ["main"]
