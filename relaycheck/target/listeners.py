"""The `[witness]` table: where the suite's mail server listens, and how the target reaches it."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from relaycheck.target.model import WitnessSettings
from relaycheck.target.url import host_name, is_loopback, port_number

if TYPE_CHECKING:
    from relaycheck.target.document import Document

MOST_PORTS = 64
NOT_REACHABLE = (
    "No witness: the target is not on this machine and the target file has no [witness] table, so it could not reach "
    "the suite's mail server. Rows that need to see the mail are inconclusive. Give witness.listen and "
    "witness.address to decide them."
)
SWITCHED_OFF = 'No witness: the target file says kind = "none". Rows that need to see the mail are inconclusive.'


def read_witness(document: Document, *, local: bool, queued: bool) -> WitnessSettings:
    """The witness of `document`. `local`: the target is on loopback. `queued`: mail may take 120 s, not 10."""
    table = document.table("witness")
    if table is None and not local:
        return WitnessSettings(kind="none", delivery_timeout=120.0 if queued else 10.0, note=NOT_REACHABLE)
    table = table or {}
    timeout = float(table.get("delivery_timeout", 120 if queued else 10))
    settle = float(table.get("settle_time", 3))
    if table.get("kind") == "none":
        return WitnessSettings(kind="none", delivery_timeout=timeout, settle_time=settle, note=SWITCHED_OFF)
    listen = _endpoints(document, table, "listen")
    address = _endpoints(document, table, "address")
    if "listen" not in table:
        if "address" in table:
            document.complain(
                ("witness", "address"), "has no listen beside it", "Say where the suite listens: witness.listen"
            )
        elif not local:
            document.complain(
                ("witness",),
                "has no listen, and the target is not on this machine",
                'Give listen and address, or kind = "none"',
            )
        return WitnessSettings(delivery_timeout=timeout, settle_time=settle)
    if listen is None or (address is None and "address" in table):
        return WitnessSettings()
    if address is None:
        address = (_as_reached(listen[0]), listen[1])
        if not local and is_loopback(address[0], lambda host: ()):
            document.complain(
                ("witness", "listen"),
                "is not a place that the target can reach by itself",
                "Add witness.address: the same place as the target reaches it",
            )
    if len(address[1]) != len(listen[1]):
        document.complain(
            ("witness", "address"),
            f"has {len(address[1])} ports and witness.listen has {len(listen[1])}",
            "Give as many, in the same order",
        )
    return WitnessSettings(
        listen_host=listen[0],
        listen_ports=listen[1],
        address_host=address[0],
        address_ports=address[1],
        delivery_timeout=timeout,
        settle_time=settle,
    )


def _as_reached(listen_host: str) -> str:
    """The address that reaches a wildcard listener from the same machine."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(listen_host, listen_host)


def _endpoints(document: Document, table: dict[str, Any], key: str) -> tuple[str, tuple[int, ...]] | None:
    given = table.get(key)
    if given is None:
        return None
    try:
        found = endpoints((given,) if isinstance(given, str) else tuple(text for text in given if text is not None))
        if key == "address" and _is_wildcard(found[0]):
            raise ValueError(f"{found[0]} is where a server listens, not a place to reach")
    except ValueError as error:
        document.complain(
            ("witness", key), str(error), 'Write it as "host:port", "host:first-last" or a list with one host'
        )
        return None
    return found


def _is_wildcard(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def endpoints(texts: tuple[str, ...]) -> tuple[str, tuple[int, ...]]:
    """The one host and all ports of `host:port` and `host:first-last`. `ValueError` with a sentence."""
    hosts: list[str] = []
    ports: list[int] = []
    for text in texts:
        host, colon, span = text.rpartition(":")
        if not colon or not span:
            raise ValueError("the port is missing")
        if ":" in host and not host.startswith("["):
            raise ValueError("an IPv6 address must stand in brackets, such as [::1]:2525")
        hosts.append(host_name(host))
        first, dash, last = span.partition("-")
        low = port_number(first)
        high = port_number(last) if dash else low
        if high < low:
            raise ValueError(f"the range {low}-{high} runs backwards")
        if high - low >= MOST_PORTS:
            raise ValueError(f"the range {low}-{high} is longer than {MOST_PORTS} ports")
        ports += range(low, high + 1)
    if len(set(hosts)) > 1:
        raise ValueError("there is more than one host")
    if len(set(ports)) < len(ports):
        raise ValueError("a port is there twice")
    if not ports:
        raise ValueError("there is no port")
    return hosts[0], tuple(ports)
