# SPDX-License-Identifier: MIT
"""Certificates in forms that vectors/pki has none of."""
from seeds.der import BOOLEAN, OCTETS, OID, SEQUENCE, SET, UTF8, children, extended, pems, tlv, with_field
from seeds.extensions import alternative, extension, full_name, numbers, policies, subtrees
from seeds.keys import odd_keys
from seeds.names import HOSTS, URIS, common_names, directory, organization, spellings


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


def odd_points():
    """(name, cRLDistributionPoints) of each (RFC 5280 4.2.1.13)."""
    full = tlv(0xa0, full_name(tlv(0x86, b"http://a.test/1.crl")))
    for i, points in enumerate((
            [full], [full, full], [tlv(0xa0, tlv(0xa1, *children(organization(b"x"))))], [tlv(0xa0, tlv(0xa1))], [tlv(0xa0, full_name())],
            [tlv(0xa0)], [tlv(0xa0, full_name(directory(b"x")))], [full + b"\x81\2\1\6"], [full + b"\x81\2\1\7"], [b"\x81\2\1\6"],
            [full + tlv(0xa2, directory(b"x"))], [tlv(0xa2, directory(b"x"))], [tlv(0xa2)], [full + b"\5\0"], [b""], [],
            [tlv(0xa0, full_name(tlv(0x86, b"http://a.test/1.crl")), b"\5\0")])):
        yield f"points-{i}", extension(31, tlv(SEQUENCE, *(tlv(SEQUENCE, point) for point in points)))


def odd_constraints(subject):
    """(name, extensions) of each: names of every kind, under constraints of every kind."""
    kinds = {"mail": (0x81, b"a@b.test"), "uri": (0x86, b"https://u@b.test:8/x"), "host": (0x82, b"x.b.test"), "wide": (0x82, b"*.b.test"),
             "address": (0x87, b"\x0a\0\0\1"), "long": (0x87, bytes(10) + b"\xff\xff\x0a\0\0\1"), "id": (0x88, b"\x2a")}
    bases = [(0x81, b""), (0x81, b"b.test"), (0x81, b".test"), (0x81, b"a@B.test"), (0x86, b"b.test"), (0x86, b".test"), (0x82, b"b.test"),
             (0x82, b"x.b.test"), (0x82, b""), (0x82, b"B.TEST"), (0x87, b"\x0a\0\0\0\xff\0\0\0"), (0x87, bytes(32)), (0x88, b"\x2a")]
    for kind, name in kinds.items():
        for i, base in enumerate(bases):
            for both in ((tlv(*base),), ()):
                yield f"under-{kind}-{i}-{len(both)}", [alternative(tlv(*name)), subtrees(both, () if both else (tlv(*base),))]
    for i, text in enumerate((*(f"x://{host}/" for host in HOSTS), *URIS)):
        yield f"under-uri-{i}", [alternative(tlv(0x86, text.encode())), subtrees((), [tlv(0x86, b"b.test")])]
    for i, text in enumerate((*HOSTS, "xb.test")):
        yield f"under-host-{i}", [alternative(tlv(0x82, text.encode())), subtrees((), [tlv(0x82, b"b.test")])]
    yield "under-many", [subtrees((), [tlv(0x82, b"%d.test" % i) for i in range(300)]), alternative(*[tlv(0x82, b"x.b.test")] * 60)]
    yield "under-twice", [subtrees((), [tlv(0xa4, subject)] * 12)]
    for spelling, name in spellings(subject):
        yield f"under-subject-{spelling}", [subtrees((), [tlv(0xa4, name)])]
        yield f"under-own-{spelling}", [subtrees([tlv(0xa4, name)])]


def odd_for_the_web():
    """(name, extension) of each: lawful, and not as the web-PKI profile wants them."""
    client, any_purpose = tlv(OID, b"\x2b\6\1\5\5\7\3\2"), tlv(OID, b"\x55\x1d\x25\0")
    yield "purpose-critical", extension(37, tlv(SEQUENCE, client), critical=True)
    yield "purposes", extension(37, tlv(SEQUENCE, client, any_purpose))
    yield "explicit", extension(36, tlv(SEQUENCE, tlv(0x80, b"\5")))
    yield "explicit-critical", extension(36, tlv(SEQUENCE, tlv(0x80, b"\5")), critical=True)
    yield "inhibit", extension(54, b"\2\1\5")
    yield "inhibit-critical", extension(54, b"\2\1\5", critical=True)
    yield "constrained", subtrees([tlv(0x82, b"b.test")])
    yield "names-critical", extension(17, tlv(SEQUENCE, tlv(0x82, b"localhost")), critical=True)
    yield "identifiers", extension(35, tlv(SEQUENCE, tlv(0x80, b"x"), tlv(0xa1, tlv(0x82, b"x")), tlv(0x82, b"\5")))
    yield "identifier-none", extension(35, tlv(SEQUENCE))
    yield "authority", extension(19, tlv(SEQUENCE, tlv(BOOLEAN, b"\xff")), critical=True)
    yield "signs", extension(15, b"\3\2\2\x84", critical=True)


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
    for name, odd in odd_points():
        yield name, extended(leaf, odd)
    for name, odds in odd_constraints(fields[5]):
        yield name, extended(leaf, *odds, less=numbers(odds))
    for base in (b"b.test", b"", b"a@b.test", b"c.test"):
        yield f"mailbox-{base.decode()}", extended(put(5, names[2]), subtrees((), [tlv(0x81, base)]), less=(30,))
    for name, odd in (*odd_extensions(), *odd_for_the_web()):  # as a client's, which the web-PKI profile is held to in the target
        yield f"client-{name}", extended(leaf, odd, less=(37, *numbers([odd])))
    client = extended(leaf, less=(37,))
    for at, value in ((1, b"\2\1\0"), (1, b"\2\1\x80"), (5, b"\x30\0"), (5, fields[3]), (3, fields[5])):
        yield f"client-field-{at}-{value.hex()[:12]}", with_field(client, at, value)
    for name, key in odd_keys():
        yield f"client-{name}", with_field(client, 6, key)
