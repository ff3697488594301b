"""The suite tried on servers that are known to be wrong, right in another way, empty or disturbed: `relaycheck selftest`."""
