"""When certificates end: read from the files themselves, because a board has no library for that."""

from __future__ import annotations

import datetime as dt
import ssl

__all__ = ["ends"]

_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
_SEQUENCE, _UTC_TIME, _GENERALIZED_TIME, _VERSION = 0x30, 0x17, 0x18, 0xA0


def ends(pem: bytes) -> list[dt.datetime]:
    """The end of each certificate of a PEM file, in its order. Raises ValueError if there is none, or a damaged one."""
    text = pem.decode("ascii", "replace")
    found = [part.partition(_END)[0] for part in text.split(_BEGIN)[1:]]
    if not found:
        raise ValueError("there is no certificate in it")
    try:
        return [_end(ssl.PEM_cert_to_DER_cert(f"{_BEGIN}{body}{_END}")) for body in found]
    except (ValueError, IndexError) as error:
        raise ValueError(f"it is damaged ({error})") from error


def _end(der: bytes) -> dt.datetime:
    """The fourth field of a certificate's inner part (RFC 5280, 4.1) is a pair of times, after an optional version."""
    _, at, _ = _field(der, 0, _SEQUENCE)
    _, at, _ = _field(der, at, _SEQUENCE)
    tag, _, after = _field(der, at)
    if tag == _VERSION:
        at = after
    for _skipped in ("serial number", "signature algorithm", "issuer"):
        _, _, at = _field(der, at)
    _, at, _ = _field(der, at, _SEQUENCE)
    _, _, at = _field(der, at)
    tag, at, after = _field(der, at)
    forms = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERALIZED_TIME: "%Y%m%d%H%M%SZ"}
    if tag not in forms:
        raise ValueError(f"a time of the kind {tag:#x}")
    return dt.datetime.strptime(der[at:after].decode("ascii"), forms[tag]).replace(tzinfo=dt.timezone.utc)


def _field(der: bytes, at: int, wanted: int | None = None) -> tuple[int, int, int]:
    """A field's tag, where its content begins, and where it ends."""
    tag, length, at = der[at], der[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("a length without sense")
        length, at = int.from_bytes(der[at : at + count], "big"), at + count
    if wanted is not None and tag != wanted:
        raise ValueError(f"a field of the kind {tag:#x} where {wanted:#x} belongs")
    if at + length > len(der):
        raise ValueError("it is cut off")
    return tag, at, at + length
