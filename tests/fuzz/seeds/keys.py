# SPDX-License-Identifier: MIT
"""Keys and algorithms of signatures, known and unknown, in good form and others."""
from seeds.der import OID, SEQUENCE, children, pems, tlv


def pss(number, salt, mgf_number=None, oid="2a864886f70d010108"):
    """RSASSA-PSS-params of a SHA-2 hash (RFC 4055 3.1)."""
    digest = [tlv(SEQUENCE, tlv(OID, bytes.fromhex("6086480165030402") + bytes([n])), b"\5\0") for n in (number, mgf_number or number)]
    return tlv(SEQUENCE, tlv(0xa0, digest[0]), tlv(0xa1, tlv(SEQUENCE, tlv(OID, bytes.fromhex(oid)), digest[1])),
               tlv(0xa2, tlv(0x02, bytes([salt]))))


def algorithms():
    """AlgorithmIdentifiers of signatures, known and unknown, with good parameters and others."""
    rsa, ec, mldsa = "2a864886f70d0101", "2a8648ce3d04", "60864801650304031"
    for number in ("2b6570", "2b6571", ec + "01", ec + "0302", ec + "0303", ec + "0304", mldsa + "1", mldsa + "2", mldsa + "3",
                   *(rsa + last for last in ("04", "05", "0b", "0c", "0d")), "2a03"):
        for parameters in (b"", b"\5\0", b"\4\0"):
            yield tlv(SEQUENCE, tlv(OID, bytes.fromhex(number)), parameters)
    for parameters in (pss(1, 32), pss(2, 48), pss(3, 64), pss(1, 20), pss(1, 32, 2), pss(1, 32, oid="2a03"), pss(9, 32), b"", b"\5\0",
                       pss(1, 32) + b"\5\0", tlv(SEQUENCE)):
        yield tlv(SEQUENCE, tlv(OID, bytes.fromhex(rsa + "0a")), parameters)


def algorithms_of(key):
    """Those of signatures by a key of RSA, of a curve, and the key's own."""
    own = children(children(key)[0])[0]
    for number in ("0b", "0c"):
        yield tlv(SEQUENCE, tlv(OID, bytes.fromhex("2a864886f70d0101" + number)), b"\5\0")
    for number in (1, 2):
        yield tlv(SEQUENCE, tlv(OID, bytes.fromhex("2a864886f70d01010a")), pss(number, 16 + 16 * number))
        yield tlv(SEQUENCE, tlv(OID, bytes.fromhex("2a8648ce3d0403") + bytes([number + 1])))
    yield tlv(SEQUENCE, own)


def keys(pki):
    """SubjectPublicKeyInfo of every type."""
    for name in ("ec256", "ec384", "ec521", "ed25519", "ed448", "mldsa44", "mldsa65", "mldsa87", "rsa2048", "rsapss"):
        yield name, children(children(pems(pki / name / "chain.pem")[0])[0])[6]
    numbers, point = tlv(SEQUENCE, tlv(0x02, b"\0\x80" + bytes(254) + b"\1"), tlv(0x02, b"\1\0\1")), bytes.fromhex("2a864886f70d01010a")
    for i, parameters in enumerate((b"", pss(1, 32), pss(2, 48), pss(1, 20))):
        yield f"pss-{i}", tlv(SEQUENCE, tlv(SEQUENCE, tlv(OID, point), parameters), tlv(0x03, b"\0", numbers))
    for size in (513, 1024, 1025, 2048):
        for exponent in (bytes([1] * 8), b"\3"):
            numbers = tlv(SEQUENCE, tlv(0x02, b"\0\x80" + bytes(size - 2) + b"\1"), tlv(0x02, exponent))
            yield f"rsa-{size}-{len(exponent)}", tlv(SEQUENCE, bytes.fromhex("300d06092a864886f70d0101010500"), tlv(0x03, b"\0", numbers))


def odd_keys():
    """(name, SubjectPublicKeyInfo) of each."""
    rsa, ec = bytes.fromhex("300d06092a864886f70d0101010500"), bytes.fromhex("301306072a8648ce3d020106082a8648ce3d030107")
    modulus = b"\x00\x80" + bytes(254) + b"\x01"
    for name, n, e in (("even", modulus[:-1] + b"\x02", b"\x03"), ("one", modulus, b"\x01"), ("good", modulus, b"\x03"),
                       ("exponent-even", modulus, b"\x04"), ("exponent-long", modulus, b"\x01" * 9), ("zero", b"\x00", b"\x03"),
                       ("exponent-zero", modulus, b"\x00"),
                       ("large", b"\x01" * 2049, b"\x03"), ("negative", b"\x81" * 256, b"\x03")):
        yield f"rsa-{name}", tlv(SEQUENCE, rsa, tlv(0x03, b"\x00", tlv(SEQUENCE, tlv(0x02, n), tlv(0x02, e))))
    for first, size in ((2, 33), (3, 33), (4, 65), (4, 64), (6, 65), (0, 1)):
        yield f"point-{first}-{size}", tlv(SEQUENCE, ec, tlv(0x03, b"\x00", bytes([first]), bytes(size - 1)))
