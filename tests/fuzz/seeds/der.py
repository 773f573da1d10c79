# SPDX-License-Identifier: MIT
"""DER, read and put together, and certificates and lists with other fields."""
import base64
import re

PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----\n([A-Za-z0-9+/=\s]+)-----END")
SEQUENCE, SET, OCTETS, OID, BOOLEAN, UTF8 = 0x30, 0x31, 0x04, 0x06, 0x01, 0x0c


def pems(path):
    return [base64.b64decode(body) for body in PEM.findall(path.read_text())]


def tlv(tag, *contents):
    inside = b"".join(contents)
    if len(inside) < 0x80:
        return bytes([tag, len(inside)]) + inside
    size = len(inside).to_bytes((len(inside).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 + len(size)]) + size + inside


def children(value):
    """The values inside one, each whole."""
    found, at = [], content_at(value)
    while at < len(value):
        end = at + content_at(value[at:]) + length(value[at:])
        found.append(value[at:end])
        at = end
    return found


def content_at(value):
    return 2 + (value[1] & 0x7f if value[1] >= 0x80 else 0)


def length(value):
    return int.from_bytes(value[2:content_at(value)], "big") if value[1] >= 0x80 else value[1]


def identifier(number):
    """One of id-ce (2.5.29)."""
    return tlv(OID, bytes([0x55, 0x1d, number]))


def with_last(der, shift):
    """With another last byte: that of the signature, or of a key."""
    return der[:-1] + bytes([(der[-1] + shift) % 256])


def extended(der, *extensions, less=()):
    """A certificate or list with more extensions, without those numbered in `less`."""
    signed, algorithm, signature = children(der)
    *fields, last = children(signed)
    (all_of_them,) = children(last)
    kept = [one for one in children(all_of_them) if children(one)[0] not in [identifier(number) for number in less]]
    last = tlv(last[0], tlv(SEQUENCE, *kept, *extensions))
    return tlv(SEQUENCE, tlv(SEQUENCE, *fields, last), algorithm, signature)


def with_algorithm(der, algorithm):
    """Signed, as it says inside and outside, with another algorithm."""
    signed, _, signature = children(der)
    fields = children(signed)
    at = 2 if fields[0][0] == 0xa0 else 1
    fields[at] = algorithm
    return tlv(SEQUENCE, tlv(SEQUENCE, *fields), algorithm, signature)


def with_field(der, at, value):
    """A certificate with another of its fields: 1 serial number, 3 issuer, 4 validity, 5 subject, 6 key."""
    signed, *rest = children(der)
    fields = children(signed)
    fields[at] = value
    return tlv(SEQUENCE, tlv(SEQUENCE, *fields), *rest)
