"""Addresses at the limits of SMTP, unusual ones, and strings that are more or less than one. Each has `NONCE` in it."""

from __future__ import annotations

from relaycheck.message import NONCE


def local_part(octets: int) -> str:
    """A local part of so many octets, at least as many as `NONCE` has."""
    return "l" * (octets - len(NONCE)) + NONCE


def long_domain(octets: int, domain: str) -> str:
    """A domain below `domain` of so many octets, in labels of at most 63 (RFC 1035 §2.3.4)."""
    left = octets - len(domain)
    labels = []
    while left > 0:
        size = min(63, left - 1)
        if left - 1 - size == 1:  # a dot alone would be left over
            size -= 1
        labels.append("d" * size)
        left -= size + 1
    return ".".join([*labels, domain])


def lengths(domain: str) -> dict[str, str]:
    """Addresses at and beyond the limits of RFC 5321 §4.5.3.1 (octets; a path has two brackets more than its mailbox)."""
    return {
        "local part of 63": f"{local_part(63)}@{domain}",
        "local part of 64": f"{local_part(64)}@{domain}",
        "path of 256": f"{local_part(14)}@{long_domain(254 - 15, domain)}",
        "local part of 65": f"{local_part(65)}@{domain}",
        "path of 257": f"{local_part(14)}@{long_domain(255 - 15, domain)}",
        "domain of 255": f"{NONCE}@{long_domain(255, domain)}",
    }


FIRST, SECOND = f"to1-{NONCE}@{{domain}}", f"to2-{NONCE}@{{domain}}"
# One string, and the one recipient that it may be read as; empty: none but the string itself.
SINGLE = {
    "two addresses": (f"{FIRST}, {SECOND}", ""),
    "two addresses without a space": (f"{FIRST},{SECOND}", ""),
    "two addresses with a semicolon": (f"{FIRST}; {SECOND}", ""),
    "two addresses with a space": (f"{FIRST} {SECOND}", ""),
    "a name": (f"To One <{FIRST}>", FIRST),
    "a name with a comma": (f'"One, To" <{FIRST}>', FIRST),
    "a name that is an address": (f'"{SECOND}" <{FIRST}>', FIRST),
    "only brackets": (f"<{FIRST}>", FIRST),
}


# Valid by the grammar of RFC 5321 §4.1.2 and §4.1.3, and often mistreated.
ODD = {
    "upper case": f"Upper.CASE-{NONCE}@{{domain}}",
    "a tag": f"{NONCE}+tag+more@{{domain}}",
    "quoted": f'"{NONCE} with space"@{{domain}}',
    "quoted at sign": f'"{NONCE}@{{domain}}"@{{domain}}',
    "quoted pair": f'"{NONCE}\\"x"@{{domain}}',
    "quoted comma": f'"{NONCE}, x"@{{domain}}',
    "apostrophe": f"o'{NONCE}@{{domain}}",
    "dots": f"a.b.c.{NONCE}@{{domain}}",
    "punctuation": f"{NONCE}!#$%&*-/=?^_`{{|}}~@{{domain}}",
    "percent escape look-alike": f"{NONCE}%41@{{domain}}",
    "IPv4 literal": f"{NONCE}@[127.0.0.1]",
    "IPv6 literal": f"{NONCE}@[IPv6:::1]",
    "upper-case domain": f"{NONCE}@SUB.{{domain}}",
}


def odd(name: str, domain: str) -> str:
    """The entry of that name in `ODD`."""
    return ODD[name].replace("{domain}", domain)
