# SPDX-License-Identifier: MIT
"""Revocation lists in forms that vectors/pki has none of."""
from seeds.certificates import odd_extensions
from seeds.der import SEQUENCE, children, extended, pems, tlv, with_algorithm
from seeds.extensions import extension, full_name, issuing_distribution
from seeds.keys import algorithms
from seeds.names import directory, organization, spellings


def odd_points():
    """(name, issuingDistributionPoint) of each (RFC 5280 5.2.5)."""
    here, flag = tlv(0xa0, full_name(tlv(0x86, b"http://a.test/1.crl"))), b"\1\xff"
    flags = [bytes([0x80 + i]) + flag for i in range(1, 6)]
    for i, inside in enumerate((
            b"", tlv(0xa0), tlv(0xa0, full_name()), *([part] for part in flags), [here, flags[0]], flags[:2], flags[1::3], flags[::4],
            [here, tlv(0xa0, full_name())], [b"\x81\1\0"], [b"\x81\1\1"], [b"\x83\2\0\xff"], [here, *flags],
            [tlv(0xa0, tlv(0xa1, *children(organization(b"x"))))], [tlv(0xa0, tlv(0xa1))], [tlv(0xa0, tlv(0xa2))],
            [tlv(0xa0, full_name(), b"\5\0")], [here, b"\5\0"])):
        for critical in (True, False):
            yield f"issuing-{i}-{critical}", extension(28, tlv(SEQUENCE, *([inside] if isinstance(inside, bytes) else inside)),
                                                       critical=critical)
    for number in (18, 20, 27, 35, 46):  # issuerAltName, cRLNumber, deltaCRLIndicator, authorityKeyIdentifier, freshestCRL
        for i, value in enumerate((tlv(SEQUENCE), b"\2\1\5", b"\2\1\x80", tlv(0x02, b"\1" * 20), tlv(0x02, b"\1" * 21), b"\5\0", b"")):
            for critical in (True, False):
                yield f"list-{number}-{i}-{critical}", extension(number, value, critical=critical)


def odd_entries(certificate):
    """(name, revokedCertificates) of each: serial numbers of the certificate and others, with entry extensions (RFC 5280 5.3)."""
    own, date = children(certificate)[1], tlv(0x17, b"260501000000Z")
    one, other = b"\2\1\1", tlv(0x02, b"\x7f" * 19)

    def entry(serial, *extensions, at=date):
        return tlv(SEQUENCE, serial, at, tlv(SEQUENCE, *extensions) if extensions else b"")

    def reason(value):
        return extension(21, tlv(0x0a, value))

    for i, value in enumerate((*(bytes([n]) for n in range(12)), b"", b"\0\1")):
        yield f"reason-{i}", tlv(SEQUENCE, entry(own, reason(value)))
    hold = entry(own, reason(b"\6"))
    for i, entries in enumerate((
            (hold, hold), (entry(one), hold, hold), (hold, entry(own, reason(b"\1"))), (entry(own, reason(b"\1")), hold), (hold, entry(own)),
            (entry(one), hold, entry(own), entry(other)), (entry(one), entry(own), hold, entry(other)), (entry(other), entry(one)),
            (entry(one), entry(one, reason(b"\1")), hold, hold, hold, entry(other)), (entry(own, reason(b"\1"), reason(b"\1")),),
            (entry(b"\2\1\x80"), entry(b"\2\1\0")), (entry(tlv(0x02, b"\1" * 21)),), (entry(tlv(0x02)),), ())):
        yield f"order-{i}", tlv(SEQUENCE, *entries)
    for i, at in enumerate((tlv(0x18, b"20500101000000Z"), tlv(0x18, b"20260501000000Z"), tlv(0x17, b"260501000000"), tlv(0x17, b"261301000000Z"),
                            tlv(0x18, b"20500101000000.5Z"), b"\5\0")):
        yield f"date-{i}", tlv(SEQUENCE, entry(own, at=at))
    for number in (21, 23, 24, 29, 63):  # reasonCode, instructionCode, invalidityDate, certificateIssuer, none
        for i, value in enumerate((b"\x0a\1\1", tlv(0x18, b"20260501000000Z"), tlv(0x18, b"20261301000000Z"), tlv(0x18, b"2026"),
                                   tlv(0x17, b"260501000000Z"), tlv(SEQUENCE, directory(b"x")), b"\5\0", b"")):
            for critical in (True, False):
                yield f"extension-{number}-{i}-{critical}", tlv(SEQUENCE, entry(own, extension(number, value, critical=critical)))


def crl_seeds(pki):
    """(name, input) of each: lists of one scope or another, and those whose point or issuer has the authority's name, or nearly."""
    for path in sorted((pki / "crl" / "ed25519").glob("*revoked.pem")):
        (der,) = pems(path)
        signed, algorithm, signature = children(der)
        version, inner, issuer, *rest = children(signed)
        for scope, inside in (("nothing", b""), ("no-name", tlv(0xa0, full_name())), ("user", b"\x81\x01\xff"),
                              ("ca", b"\x82\x01\xff")):
            yield f"{path.stem}-scope-{scope}", extended(der, extension(28, tlv(SEQUENCE, inside), critical=True))
        yield f"{path.stem}-extensions", extended(der, *(extension(64 + i, b"\x05\x00") for i in range(64)))
        for name, odd in odd_points():
            yield f"{path.stem}-{name}", extended(der, odd, less=(28,))
        for name, odd in odd_extensions():  # most of them are none of a list
            yield f"{path.stem}-odd-{name}", extended(der, odd, less=(35,))
        for i, other in enumerate(algorithms()):
            yield f"{path.stem}-algorithm-{i}", with_algorithm(der, other)
        for name, entries in odd_entries(children(pems(pki / "ed25519" / "chain.pem")[0])[0]):
            times = [field for field in rest if field[0] in (0x17, 0x18)]
            yield f"{path.stem}-entries-{name}", tlv(
                SEQUENCE, tlv(SEQUENCE, version, inner, issuer, *times, entries, rest[-1]), algorithm, signature)
        for spelling, name in spellings(issuer):
            point = tlv(0xa4, name)
            other = tlv(0x86, b"http://a.test/1.crl")
            yield f"{path.stem}-point-{spelling}", extended(der, issuing_distribution(full_name(other, point)))
            yield f"{path.stem}-issuer-{spelling}", tlv(SEQUENCE, tlv(SEQUENCE, version, inner, name, *rest), algorithm, signature)
