"""When certificates end, read without a library: against one that has it."""

from __future__ import annotations

import contextlib
import ssl

import pytest
from cryptography import x509

from edge.brokers.certificates import authority, for_member, for_server
from edge.messaging.certificates import ends

CA = authority("a fleet")
ISSUED = [CA, for_server(CA, ["hub.local", "10.0.0.2"], 0.5), for_member(CA, "kitchen", 7300)]


@pytest.mark.parametrize("pair", ISSUED, ids=["authority", "server", "member"])
def test_the_end_of_a_certificate(pair) -> None:
    end = x509.load_pem_x509_certificate(pair.certificate).not_valid_after_utc
    assert ends(pair.certificate) == [end]
    assert ends(b"Subject: somebody\n" + pair.certificate + CA.certificate)[0] == end


def test_times_after_2049_have_another_form() -> None:
    assert {pair.certificate.count(b"BEGIN") for pair in ISSUED} == {1}
    far = for_member(CA, "kitchen", 365.25 * 40)
    (end,) = ends(far.certificate)
    assert end == x509.load_pem_x509_certificate(far.certificate).not_valid_after_utc
    assert end.year > 2049


def test_what_is_no_certificate() -> None:
    with pytest.raises(ValueError, match="there is no certificate in it"):
        ends(CA.key)
    der = ssl.PEM_cert_to_DER_cert(CA.certificate.decode())
    for length in (1, 5, 20, 60, 100, len(der) - 1):
        with pytest.raises(ValueError, match="it is damaged"):
            ends(ssl.DER_cert_to_PEM_cert(der[:length]).encode())
    for at in range(120):  # whatever bit a card has lost, nothing but a date or this error comes out
        broken = bytes([*der[:at], der[at] ^ 0x55, *der[at + 1 :]])
        with contextlib.suppress(ValueError):
            ends(ssl.DER_cert_to_PEM_cert(broken).encode())
