"""From characters to octets, in the charset that a spelling names."""

from __future__ import annotations

import codecs

from relaycheck.encodings.members import EncodingError


def octets(text: str, charset: str, *, bom: bool | None) -> bytes:
    """`text` in `charset`, with a byte order mark or without; `bom` None: only in UTF-16 (XML 1.0 §4.3.3 needs it).

    UTF-16 is little-endian behind a mark and big-endian without one (RFC 2781 §4.3), on every machine.
    """
    wide = charset.lower() == "utf-16"
    marked = wide if bom is None else bom
    codec = ("utf-16-le" if marked else "utf-16-be") if wide else charset
    try:
        return ("\ufeff" + text if marked else text).encode(codec)
    except UnicodeEncodeError as error:
        what = f"U+{ord(text[error.start - marked]):04X}" if error.start >= marked else "a byte order mark"
        raise EncodingError(f"{what} cannot be written in {charset}") from None
    except LookupError:
        raise EncodingError(f"{charset!r} is no charset that Python knows; use one of its codec names") from None


def unfit(text: str, charset: str) -> frozenset[str]:
    """The characters of `text` that `charset` has no octets for. Surrogate code points fit none."""
    if text.isascii():
        return frozenset()
    try:
        codecs.encode(text, charset)
    except UnicodeEncodeError:
        return frozenset(c for c in set(text) if not _fits(c, charset))
    except LookupError:
        raise EncodingError(f"{charset!r} is no charset that Python knows; use one of its codec names") from None
    return frozenset()


def _fits(char: str, charset: str) -> bool:
    try:
        char.encode(charset)
    except UnicodeEncodeError:
        return False
    return True
