# SPDX-License-Identifier: MIT
"""Extensions (RFC 5280 4.2, 5.2)."""
from seeds.der import BOOLEAN, OCTETS, OID, SEQUENCE, children, identifier, tlv


def extension(number, *contents, critical=False):
    """One of id-ce (2.5.29)."""
    return tlv(SEQUENCE, identifier(number), tlv(BOOLEAN, b"\xff") if critical else b"", tlv(OCTETS, *contents))


def numbers(extensions):
    """Those of id-ce."""
    return [children(one)[0][-1] for one in extensions]


def policies(*oids):
    return extension(32, tlv(SEQUENCE, *(tlv(SEQUENCE, tlv(OID, oid)) for oid in oids)))


def policy_constraints(explicit):
    return extension(36, tlv(SEQUENCE, tlv(0x80, bytes([explicit]))), critical=True)


def full_name(*names):
    return tlv(0xa0, *names)


def distribution(*points):
    return extension(31, tlv(SEQUENCE, *(tlv(SEQUENCE, tlv(0xa0, point)) for point in points)))


def issuing_distribution(point):
    return extension(28, tlv(SEQUENCE, tlv(0xa0, point)), critical=True)


def alternative(*names):
    return extension(17, tlv(SEQUENCE, *names))


def subtrees(permitted=(), excluded=()):
    lists = [tlv(tag, *(tlv(SEQUENCE, base) for base in bases)) for tag, bases in ((0xa0, permitted), (0xa1, excluded)) if bases]
    return extension(30, tlv(SEQUENCE, *lists), critical=True)


KEY_CERT_SIGN_ONLY = extension(15, b"\x03\x02\x02\x04", critical=True)
