"""Certificates of a fleet's own: one authority, the broker's certificate, one for each member.

Keys are on the curve P-256: small, quick on a board, and taken by every TLS library there is.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from edge.errors import EdgeError

try:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
except ImportError as missing:
    raise EdgeError(
        "certificates need the package 'cryptography'; type: pip install 'bitnet-edge[broker]'"
    ) from missing

__all__ = ["Pair", "authority", "for_member", "for_server"]

# A board without a clock battery begins somewhere in the past until it reaches a time server: the certificates hold
# from long ago, so that it can connect meanwhile.
_BEGIN = dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc)
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9])?")
_AUTHORITY_DAYS = 20 * 365


@dataclass(frozen=True)
class Pair:
    """A certificate and its private key, both PEM. The key must reach nobody else."""

    certificate: bytes
    key: bytes

    def __repr__(self) -> str:  # a key must not get into a log by way of a traceback
        return "Pair(…)"


def authority(name: str) -> Pair:
    """A new authority, called ``name``; it signs members' certificates and no other authority's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, subject, key.public_key(), _AUTHORITY_DAYS)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs=True), critical=True)
    return _pair(builder.sign(key, hashes.SHA256()), key)


def for_server(ca: Pair, hosts: Sequence[str], days: float) -> Pair:
    """The broker's certificate, for the names and addresses it is reached at; valid for ``days``."""
    names = [_general_name(host) for host in hosts]
    return _issue(ca, hosts[0], ExtendedKeyUsageOID.SERVER_AUTH, days, names)


def for_member(ca: Pair, name: str, days: float) -> Pair:
    """A member's certificate; the broker takes its common name as user name. Valid for ``days``."""
    return _issue(ca, name, ExtendedKeyUsageOID.CLIENT_AUTH, days, [x509.DNSName(name)])


def _issue(ca: Pair, name: str, purpose: x509.ObjectIdentifier, days: float, names: Sequence[x509.GeneralName]) -> Pair:
    issuer = x509.load_pem_x509_certificate(ca.certificate)
    signer = serialization.load_pem_private_key(ca.key, None)
    if not isinstance(signer, ec.EllipticCurvePrivateKey):
        raise EdgeError("the authority's key is not one of ours (P-256); make a new fleet with 'edge broker init'")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name[:64])])
    builder = _builder(subject, issuer.subject, key.public_key(), days)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs=False), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    known = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return _pair(builder.add_extension(known, critical=False).sign(signer, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, days: float
) -> x509.CertificateBuilder:
    end = dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=days)
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(_BEGIN).not_valid_after(end)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    if not _HOST.fullmatch(host):
        raise EdgeError(f"host {host!r}: give a name as DNS has it (letters, digits, '.', '-') or an address")
    return x509.DNSName(host)


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Pair(certificate.public_bytes(pem), private)
