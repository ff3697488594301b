"""Faults of message syntax and connections: what a web server or gateway in front of the service gets wrong."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import h11

from relaycheck.reference.faults import Close, WireFaults
from relaycheck.reference.mutants.model import Mutant, change
from relaycheck.reference.routing import host_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from relaycheck.reference.faults import Move, Outgoing
    from relaycheck.reference.received import Received

Memory = dict[str, object]
REQUEST_LINE = re.compile(rb"[A-Z]+ \S+ HTTP/1\.1\r\n")
LONE_CR = re.compile(rb"\r(?=[^\n])")
FRAMED = re.compile(rb"(?i)\r\n(content-length|transfer-encoding)\s*:[^\r\n]*")


def in_heads(change_head: Callable[[bytes], bytes]) -> WireFaults:
    """Rewrites the header section of each request whose octets begin with one; what follows it stays."""

    def incoming(octets: bytes, memory: Memory) -> bytes:
        if not REQUEST_LINE.match(octets):
            return octets
        head, end, rest = octets.partition(b"\r\n\r\n")
        return change_head(head) + end + rest

    return WireFaults(incoming=incoming)


def substituted(pattern: bytes, replacement: bytes) -> WireFaults:
    compiled = re.compile(pattern, re.IGNORECASE)
    return in_heads(lambda head: compiled.sub(replacement, head))


def without_field(head: bytes, name: bytes) -> bytes:
    return re.sub(rb"(?i)\r\n" + name + rb"[ \t]*:[^\r\n]*", b"", head)


def field(outgoing: Outgoing, name: str) -> str:
    return ", ".join(value for key, value in outgoing.request_fields if key.lower() == name).lower()


# connections


def closes_silently(outgoing: Outgoing) -> Iterable[Move]:
    return (outgoing.raw, Close()) if outgoing.status == 204 else (outgoing.raw,)


def closes_silently_after_chunks(outgoing: Outgoing) -> Iterable[Move]:
    return (outgoing.raw, Close()) if field(outgoing, "transfer-encoding") else (outgoing.raw,)


def closes_silently_after_three(outgoing: Outgoing) -> Iterable[Move]:
    served = outgoing.memory["served"] = int(str(outgoing.memory.get("served", 0))) + 1
    return (outgoing.raw, Close()) if served == 3 else (outgoing.raw,)


def pipelined(octets: bytes, memory: Memory) -> bytes:
    """Remembers how many requests one read holds."""
    memory["pipelined"] = len(re.findall(rb"(?:^|\r\n|})POST \S+ HTTP/1\.1\r\n", octets))
    return octets


def swaps_two(outgoing: Outgoing) -> Iterable[Move]:
    if int(str(outgoing.memory.get("pipelined", 0))) < 2:
        return (outgoing.raw,)
    held = outgoing.memory.pop("held", None)
    if isinstance(held, bytes):
        outgoing.memory["pipelined"] = 0
        return (outgoing.raw, held)
    outgoing.memory["held"] = outgoing.raw
    return ()


def drops_refusals(outgoing: Outgoing) -> Iterable[Move]:
    dropped = int(str(outgoing.memory.get("pipelined", 0))) > 1 and outgoing.status != 204
    return () if dropped else (outgoing.raw,)


def repeats_the_first(outgoing: Outgoing) -> Iterable[Move]:
    if int(str(outgoing.memory.get("pipelined", 0))) < 2:
        return (outgoing.raw,)
    first = outgoing.memory.setdefault("first", outgoing.raw)
    return (first,) if isinstance(first, bytes) else ()


# chunks


def first_chunk(event: h11.Event, memory: Memory) -> h11.Event:
    """Of a chunked body only the first chunk is kept."""
    if isinstance(event, h11.Request):
        memory["chunks"] = 0 if any(name == b"transfer-encoding" for name, _ in event.headers) else None
    if isinstance(event, h11.Data) and memory.get("chunks") is not None:
        keep = memory["chunks"] == 0
        memory["chunks"] = int(str(memory["chunks"])) + event.chunk_end
        return event if keep else h11.Data(data=b"", chunk_start=event.chunk_start, chunk_end=event.chunk_end)
    return event


def no_small_chunks(event: h11.Event, memory: Memory) -> h11.Event:
    if isinstance(event, h11.Data) and len(event.data) == 1 and event.chunk_start and event.chunk_end:
        return h11.Data(data=b"", chunk_start=True, chunk_end=True)
    return event


def no_chunk_sizes(pattern: bytes) -> WireFaults:
    """Chunk size lines of this kind are taken for garbage."""
    kind = re.compile(pattern)

    def incoming(octets: bytes, memory: Memory) -> bytes:
        return kind.sub(rb"\r\nbad size\r\n", octets) if b"chunked" in octets else octets

    return WireFaults(incoming=incoming)


# where a message ends


def length_wins(head: bytes) -> bytes:
    return without_field(head, b"Transfer-Encoding") if b"Content-Length" in head else head


def last_length(head: bytes) -> bytes:
    lengths = re.findall(rb"\r\nContent-Length: [^\r\n]*", head)
    return head.replace(lengths[0], b"", 1) if len(lengths) == 2 and lengths[0] != lengths[1] else head


def first_of_a_list(head: bytes) -> bytes:
    return re.sub(rb"(\r\nContent-Length: \d+),[^\r\n]*", rb"\1", head)


def lenient_length(head: bytes) -> bytes:
    """int() of Python: a sign, underscores and digits."""
    return re.sub(rb"(?<=\r\nContent-Length: )[+\d_]+", lambda m: str(int(m[0].strip(b"_"))).encode(), head)


def bad_length_is_zero(head: bytes) -> bytes:
    """atoi() of C on a word: nothing is read, and the body is taken for the next request."""
    return re.sub(rb"(\r\nContent-Length: )[a-z]+", rb"\g<1>0", head)


def ignores_codings(head: bytes) -> bytes:
    codings = re.findall(rb"\r\nTransfer-Encoding: ([^\r\n]*)", head)
    return head if not codings or codings[-1].endswith(b"chunked") else without_field(head, b"Transfer-Encoding")


def any_coding_with_chunked(head: bytes) -> bytes:
    if b"chunked" not in b"".join(re.findall(rb"\r\nTransfer-Encoding: ([^\r\n]*)", head)):
        return head
    return without_field(head, b"Transfer-Encoding") + b"\r\nTransfer-Encoding: chunked"


# fields


def host_supplied(head: bytes) -> bytes:
    return head if b"\r\nHost:" in head else head + b"\r\nHost: 127.0.0.1"


def last_host(head: bytes) -> bytes:
    hosts = re.findall(rb"\r\nHost: [^\r\n]*", head)
    return head.replace(hosts[0], b"", 1) if len(hosts) > 1 else head


def same_hosts(head: bytes) -> bytes:
    hosts = re.findall(rb"\r\nHost: [^\r\n]*", head)
    return head.replace(hosts[0], b"", 1) if len(hosts) > 1 and len(set(hosts)) == 1 else head


def lenient_host(received: Received) -> str:
    """A path behind the host is cut off, as URL parsers do."""
    return host_problem(
        received.but(fields=tuple((n, v.partition("/")[0] if n == "host" else v) for n, v in received.fields))
    )


def own_error(outgoing: Outgoing) -> Iterable[Move]:
    """A request with a bare CR in its header section is refused with 500."""
    lone = outgoing.memory.pop("lone CR", False)
    return (outgoing.raw.replace(b"400 Bad Request", b"500 Internal Server Error", 1) if lone else outgoing.raw,)


def notes_lone_cr(octets: bytes, memory: Memory) -> bytes:
    memory["lone CR"] = LONE_CR.search(octets.partition(b"\r\n\r\n")[0]) is not None
    return octets


# expectations


def no_100(octets: bytes, memory: Memory) -> bytes:
    return b""


def no_100_for_chunks() -> WireFaults:
    def event(seen: h11.Event, memory: Memory) -> h11.Event:
        if isinstance(seen, h11.Request):
            memory["chunked"] = any(name == b"transfer-encoding" for name, _ in seen.headers)
        return seen

    return WireFaults(event=event, interim=lambda octets, memory: b"" if memory.get("chunked") else octets)


def never_answers_expectations(outgoing: Outgoing) -> Iterable[Move]:
    expectation = field(outgoing, "expect")
    return () if expectation and expectation != "100-continue" else (outgoing.raw,)


# bodies


def undrained(refused: Callable[[bytes], bool]) -> WireFaults:
    """The body of a request that will be refused is left on the connection."""
    return in_heads(lambda head: FRAMED.sub(b"", head) if refused(head) else head)


def anonymous(head: bytes) -> bool:
    return b"Authorization" not in head and b"X-XSRF-TOKEN" not in head


def unexpected(head: bytes) -> bytes:
    """As if neither a body nor an expectation had been announced."""
    return (
        FRAMED.sub(b"", head).replace(b"\r\nExpect: 100-continue", b"")
        if anonymous(head) and b"Expect:" in head
        else head
    )


def mutant(id: str, fault: str, wire: WireFaults) -> Mutant:
    return Mutant(id, breaks=id[:8], fault=fault, wire=wire)


MUTANTS = (
    mutant(
        "RM-FR-01-silent-close",
        "The connection is closed after every 204 without a word.",
        WireFaults(outgoing=closes_silently),
    ),
    mutant(
        "RM-FR-01-after-chunks",
        "The connection is closed after chunked requests without a word.",
        WireFaults(outgoing=closes_silently_after_chunks),
    ),
    mutant(
        "RM-FR-01-after-three",
        "The connection is closed after its third response without a word.",
        WireFaults(outgoing=closes_silently_after_three),
    ),
    mutant(
        "RM-FR-02-serves-next",
        "The close option of a request is ignored: the next one is served.",
        substituted(rb"\r\nConnection:[^\r\n]*\bclose\b[^\r\n]*", b""),
    ),
    mutant(
        "RM-FR-02-exact-case",
        "The close option is only known in lower case.",
        in_heads(lambda head: head.replace(b"Close", b"closed")),
    ),
    mutant(
        "RM-FR-02-not-in-lists",
        "The close option is only known when it stands alone.",
        substituted(rb"\r\nConnection: \w+, close", b""),
    ),
    mutant(
        "RM-FR-03-swapped",
        "The first two responses to pipelined requests are swapped.",
        WireFaults(incoming=pipelined, outgoing=swaps_two),
    ),
    mutant(
        "RM-FR-03-dropped",
        "Refusals of pipelined requests are dropped.",
        WireFaults(incoming=pipelined, outgoing=drops_refusals),
    ),
    mutant(
        "RM-FR-03-repeated",
        "All pipelined requests get the answer to the first.",
        WireFaults(incoming=pipelined, outgoing=repeats_the_first),
    ),
    mutant("RM-FR-04-first-chunk", "Only the first chunk of a body is read.", WireFaults(event=first_chunk)),
    mutant("RM-FR-04-small-chunks", "Chunks of one octet are lost.", WireFaults(event=no_small_chunks)),
    mutant(
        "RM-FR-04-capitals", "Chunk sizes with capital letters are refused.", no_chunk_sizes(rb"\r\n[0-9]*[A-F]+\r\n")
    ),
    mutant(
        "RM-FR-05-any-extension",
        "A chunk extension makes the size invalid.",
        no_chunk_sizes(rb"\r\n[0-9a-f]+;[^\r\n]*\r\n"),
    ),
    mutant(
        "RM-FR-05-quoted",
        "A quoted chunk extension makes the size invalid.",
        no_chunk_sizes(rb'\r\n[0-9a-f]+;[^\r\n]*"[^\r\n]*\r\n'),
    ),
    mutant("RM-FR-06-length-wins", "Content-Length wins over Transfer-Encoding.", in_heads(length_wins)),
    Mutant(
        "RM-FR-06-stays-open",
        "RM-FR-06",
        "Both fields are taken, the coding wins, and the connection stays open.",
        change("routing", length_problem=lambda received: ""),
    ),
    mutant("RM-FR-07-last-wins", "Of two Content-Length fields the last one counts.", in_heads(last_length)),
    mutant("RM-FR-07-list", "Of a list of lengths the first counts.", in_heads(first_of_a_list)),
    mutant("RM-FR-07-sign", "A length may have a sign and underscores.", in_heads(lenient_length)),
    mutant("RM-FR-07-zero", "A length that is no number counts as 0.", in_heads(bad_length_is_zero)),
    mutant("RM-FR-08-ignored", "A transfer coding that is not chunked is ignored.", in_heads(ignores_codings)),
    mutant("RM-FR-08-anywhere", "chunked counts wherever its letters stand.", in_heads(any_coding_with_chunked)),
    mutant("RM-FR-09-no-host", "A request without Host is served.", in_heads(host_supplied)),
    mutant("RM-FR-09-two-hosts", "Of two Host fields the last counts.", in_heads(last_host)),
    mutant("RM-FR-09-same-hosts", "Two equal Host fields are one.", in_heads(same_hosts)),
    Mutant(
        "RM-FR-09-any-host",
        "RM-FR-09",
        "A Host that is none is served.",
        change("routing", host_problem=lambda received: ""),
    ),
    Mutant(
        "RM-FR-09-host-path",
        "RM-FR-09",
        "A path behind the host is cut off.",
        change("routing", host_problem=lenient_host),
    ),
    mutant(
        "RM-FR-10-trimmed", "White space before the colon is trimmed.", substituted(rb"(\r\n[\w-]+)[ \t]+:", rb"\1:")
    ),
    mutant(
        "RM-FR-10-type-only",
        "A space before the colon of Content-Type is trimmed.",
        substituted(rb"(\r\nContent-Type) :", rb"\1:"),
    ),
    mutant("RM-FR-11-joined", "Folded lines are joined without a space.", substituted(rb"(?:\r\n[ \t]+)+", b"")),
    mutant("RM-FR-11-dropped", "Folded lines are dropped.", substituted(rb"\r\n[ \t][^\r\n]*", b"")),
    mutant(
        "RM-FR-11-another-value",
        "A folded line is taken for one more value, behind a comma.",
        substituted(rb"(?:\r\n[ \t]+)+", b", "),
    ),
    mutant("RM-FR-12-ends-line", "A bare CR ends the line.", substituted(rb"\r(?!\n)", b"\r\n")),
    mutant("RM-FR-12-dropped", "A bare CR is dropped.", substituted(rb"\r(?!\n)", b"")),
    mutant(
        "RM-FR-12-server-error",
        "A bare CR in the header section is the server's own error: 500.",
        WireFaults(incoming=notes_lone_cr, outgoing=own_error),
    ),
    mutant("RM-FR-14-no-100", "100 never comes: the body is waited for.", WireFaults(interim=no_100)),
    mutant("RM-FR-14-no-100-chunked", "100 never comes for chunked bodies.", no_100_for_chunks()),
    mutant(
        "RM-FR-14-exact-case",
        "100-continue is only known in lower case.",
        in_heads(lambda head: head.replace(b"100-Continue", b"100_continue")),
    ),
    mutant(
        "RM-FR-15-hangs",
        "A request with an unknown expectation is never answered.",
        WireFaults(outgoing=never_answers_expectations),
    ),
    mutant(
        "RM-FR-16-undrained", "The body of an unauthenticated request stays on the connection.", undrained(anonymous)
    ),
    mutant(
        "RM-FR-16-undrained-415",
        "The body of a request of an unsupported type stays on the connection.",
        undrained(lambda head: b"text/plain" in head),
    ),
    mutant(
        "RM-FR-16-undrained-expect",
        "The body of a refused request stays on the connection when it was held back for a 100.",
        in_heads(unexpected),
    ),
)
