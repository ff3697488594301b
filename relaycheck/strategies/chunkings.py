"""Ways to cut a body into chunks (RFC 9112 §7.1)."""

from __future__ import annotations

from functools import lru_cache

from hypothesis import strategies as st


@lru_cache(maxsize=64)
def chunkings(length: int, *, max_chunks: int = 20) -> st.SearchStrategy[tuple[int, ...]]:
    """Sizes in octets, each at least 1 and in sum `length`; empty for an empty body. At most `max_chunks` of them."""
    if length <= 1:
        return st.just((1,) * length)
    cuts = st.sets(st.integers(1, length - 1), max_size=min(max_chunks, length) - 1)
    return cuts.map(lambda found: _sizes(sorted(found), length))


def _sizes(cuts: list[int], length: int) -> tuple[int, ...]:
    return tuple(end - start for start, end in zip([0, *cuts], [*cuts, length], strict=True))
