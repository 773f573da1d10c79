# SPDX-License-Identifier: MIT
"""Certificates in forms that vectors/pki has none of."""
from seeds.der import BOOLEAN, OCTETS, OID, SEQUENCE, SET, UTF8, children, extended, pems, tlv
from seeds.extensions import extension, policies, subtrees
from seeds.keys import odd_keys
from seeds.names import HOSTS, common_names, directory, organization, spellings


def odd_extensions():
    """(name, extension) of each: forms that no certificate of vectors/pki has."""
    one = b"\x2a\x03\x04"
    kinds = {"other": tlv(0xa0, tlv(OID, one), tlv(0xa0, tlv(UTF8, b"x"))), "x400": tlv(0xa3, tlv(SEQUENCE)), "edi": tlv(0xa5),
             "uri": tlv(0x86, b"http://a.test/"), "id": tlv(0x88, one), "mail": tlv(0x81, b"a@b.test"), "empty": tlv(0x82),
             "directory": directory(b"x"), "ipv6": tlv(0x87, bytes(16)), "ip-cut": tlv(0x87, bytes(3)), "high": tlv(0x82, b"\xff"),
             "unknown": tlv(0x89, b"x"), "id-cut": tlv(0x88, b"\x80")}
    for kind, name in kinds.items():
        yield f"names-{kind}", extension(17, tlv(SEQUENCE, name))
        yield f"issuer-{kind}", extension(35, tlv(SEQUENCE, tlv(0xa1, name), tlv(0x82, b"\x05")))
    yield "issuer-zeros", extension(35, tlv(SEQUENCE, tlv(0xa1, kinds["uri"]), tlv(0x82, bytes(2))))
    for kind, value in ((1, tlv(0x16, b"x")), (2, tlv(SEQUENCE)), (3, tlv(SEQUENCE))):
        qualifier = tlv(SEQUENCE, tlv(OID, b"\x2b\x06\x01\x05\x05\x07\x02" + bytes([kind])), value)
        policy = tlv(SEQUENCE, tlv(OID, one), tlv(SEQUENCE, qualifier))
        for critical in (False, True):
            yield f"qualifier-{kind}-{critical}", extension(32, tlv(SEQUENCE, policy), critical=critical)
    yield "policy-twice", policies(one, one)
    for critical in (False, True):
        yield f"usage-{critical}", extension(15, b"\x03\x03\x05\x80\x20", critical=critical)
    yield "constraints", subtrees([tlv(0x82, b"-")])
    for length in (b"\x01\x00", b"\x00\x80\x00", b"\x01\x00\x00"):
        for is_authority in (tlv(BOOLEAN, b"\xff"), b""):
            inside = tlv(SEQUENCE, is_authority, tlv(0x02, length))
            yield f"length-{length.hex()}-{len(is_authority)}", extension(19, inside, critical=True)
    for i, text in enumerate(HOSTS):
        yield f"dns-{i}", extension(17, tlv(SEQUENCE, tlv(0x82, text.encode())))
        yield f"uri-{i}", extension(17, tlv(SEQUENCE, tlv(0x86, b"x://" + text.encode())))
    anybody, pair = b"\x55\x1d\x20\x00", tlv(SEQUENCE, tlv(OID, one), tlv(OID, one))
    yield "mappings", extension(33, tlv(SEQUENCE, pair, pair))
    yield "mappings-any", extension(33, tlv(SEQUENCE, tlv(SEQUENCE, tlv(OID, one), tlv(OID, anybody))))
    yield "policies-many", policies(*(one + bytes([i]) for i in range(40)))
    yield "constraints-policy", extension(36, tlv(SEQUENCE, tlv(0x80, b"\x01\x00"), tlv(0x81, b"\x00")))
    yield "purpose-any", extension(37, tlv(SEQUENCE, tlv(OID, b"\x55\x1d\x25\x00")))
    pe, ct = b"\x2b\x06\x01\x05\x05\x07", b"\x2b\x06\x01\x04\x01\xd6\x79\x02\x04\x02"
    access = tlv(SEQUENCE, tlv(SEQUENCE, tlv(OID, pe + b"\x30\x01"), kinds["uri"]))
    for number, value in (
            (pe + b"\x01\x18", tlv(SEQUENCE, tlv(0x02, b"\x05"))), (pe + b"\x01\x01", access), (pe + b"\x01\x02", b""),
            (pe + b"\x30\x01\x05", b"\x05\x00"), (ct, b""), (ct[:-1] + b"\x03", b"\x05\x00")):
        yield f"oid-{number.hex()}", tlv(SEQUENCE, tlv(OID, number), tlv(OCTETS, value))


def certificate_seeds(pki):
    """(name, input) of each: the leaf with another subject, key or serial number, with unique identifiers, odd extensions."""
    leaf = pems(pki / "ed25519" / "chain.pem")[0]
    signed, algorithm, signature = children(leaf)
    fields = children(signed)

    def put(at, value):
        return tlv(SEQUENCE, tlv(SEQUENCE, *fields[:at], value, *fields[at + 1:]), algorithm, signature)

    for name, key in odd_keys():
        yield name, put(6, key)
    for serial in (b"\x00", b"\x80", b"\x01" * 20, b"\x01" * 21):
        yield f"serial-{serial.hex()}", put(1, tlv(0x02, serial))
    kinds = [bytes.fromhex(kind) for kind in ("0992268993f22c640101", "0992268993f22c640119", "2a864886f70d010901", "2a03")]
    names = [tlv(SEQUENCE, tlv(SET, tlv(SEQUENCE, tlv(OID, kind), tlv(0x16, b"a@b.test")))) for kind in kinds]
    names.append(tlv(SEQUENCE, tlv(SET, *(tlv(SEQUENCE, tlv(OID, b"\x2a" + bytes([i])), tlv(UTF8, b"x")) for i in range(17)))))
    names.append(tlv(SEQUENCE, *children(organization(b"x")) * 40))
    names.extend(common_names())
    for i, name in enumerate((*names, fields[3])):
        yield f"name-{i}", put(5, name)
    for spelling, name in spellings(fields[5]):
        yield f"subject-{spelling}", put(5, name)
    for bits in (b"\x00\x01", b"\x07\x81", b"\x08", b""):
        yield f"unique-{bits.hex()}", put(6, fields[6] + tlv(0x81, bits) + tlv(0x82, bits))
    yield "extensions", extended(leaf, *(extension(64 + i % 60, bytes(i)) for i in range(64)))
    yield "extensions-many", extended(leaf, *(tlv(SEQUENCE, tlv(OID, b"\x2a" + bytes([i])), tlv(OCTETS)) for i in range(64)))
    for name, odd in odd_extensions():
        yield name, extended(leaf, odd, less=(15, 17, 19, 32, 33, 35, 36, 37))
