# SPDX-License-Identifier: MIT
"""First inputs of the fuzz targets of certificates, paths, revocation lists and OCSP responses that are put together from DER.

Paths: the chains of vectors/pki, and those of Ed25519 with extensions that vectors/pki has in none: policies, distribution points
of lists, constraints of every kind of name. What this adds nobody signed: the target takes signatures by their last byte."""
import base64
import re

PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----\n([A-Za-z0-9+/=\s]+)-----END")
CERTIFICATE, ANCHOR, CRL, LIMITED_ANCHOR = range(4)  # kinds of part, as in fuzz_path.c
NAMED, LEAF_CLEAR, CHAIN_CLEAR = 4, 8, 16  # flags
NAMES = 8  # 32 * i is the i-th name
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
    return tlv(OID, bytes([0x55, 0x1d, number]))


def extension(number, *contents, critical=False):
    """One of id-ce (2.5.29)."""
    return tlv(SEQUENCE, identifier(number), tlv(BOOLEAN, b"\xff") if critical else b"", tlv(OCTETS, *contents))


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


def between(der, issuer, subject, shift):
    """An authority's certificate with other names, None for its own, and another key."""
    signed, algorithm, signature = children(der)
    fields = children(signed)
    fields[3], fields[5] = issuer or fields[3], subject or fields[5]
    fields[6] = with_last(fields[6], shift)
    return tlv(SEQUENCE, tlv(SEQUENCE, *fields), algorithm, signature)


def part(kind, der):
    return bytes([kind]) + len(der).to_bytes(2, "big") + der


def policies(*oids):
    return extension(32, tlv(SEQUENCE, *(tlv(SEQUENCE, tlv(OID, oid)) for oid in oids)))


def policy_constraints(explicit):
    return extension(36, tlv(SEQUENCE, tlv(0x80, bytes([explicit]))), critical=True)


def organization(text):
    return tlv(SEQUENCE, tlv(SET, tlv(SEQUENCE, tlv(OID, b"\x55\x04\x0a"), tlv(UTF8, text))))


def directory(text):
    return tlv(0xa4, organization(text))


def distribution(*points):
    return extension(31, tlv(SEQUENCE, *(tlv(SEQUENCE, tlv(0xa0, point)) for point in points)))


def issuing_distribution(point):
    return extension(28, tlv(SEQUENCE, tlv(0xa0, point)), critical=True)


def full_name(*names):
    return tlv(0xa0, *names)


HOSTS = ("192.0.2.1", "1.2.3.400", "1.2.3.04", "1.2.3.4.5", "1.2.3", "a.5", "::1", "1:2:3:4:5:6:7:8", "1::8", "1:2:3:4:5:6:7::",
         "::ffff:192.0.2.1", "[::1]", "::1::", ":1", "1:", "g::", "::12345", "1:2:3:4:5:6:7:8:9", "a.test.", "a_b.test", "*.test", "*",
         "a..b", "-a.test", "a-.test", "a." * 127 + "a", "a" * 64, "xn--a.test", "www.example.test", "*.example.test")
KEY_CERT_SIGN_ONLY = extension(15, b"\x03\x02\x02\x04", critical=True)


def subtrees(permitted=(), excluded=()):
    lists = [tlv(tag, *(tlv(SEQUENCE, base) for base in bases)) for tag, bases in ((0xa0, permitted), (0xa1, excluded)) if bases]
    return extension(30, tlv(SEQUENCE, *lists), critical=True)


def spellings(name):
    """A name whose last part is one string: in other types, cases and spaces, and names that are nearly that one."""
    *before, last = children(name)
    (attribute,) = children(last)
    kind, value = children(attribute)
    text = value[content_at(value):].decode()
    spaced = "  " + text.replace(" ", "\t  ") + "\u00a0"
    for spelling, tag, octets in (
            ("upper", UTF8, text.upper().encode()), ("spaces", UTF8, spaced.encode()), ("latin", 0x14, spaced.encode("latin-1")),
            ("printable", 0x13, text.encode()), ("ia5", 0x16, text.encode()), ("bmp", 0x1e, text.encode("utf-16-be")),
            ("universal", 0x1c, text.encode("utf-32-be")), ("octets", OCTETS, text.encode()),
            ("bmp-cut", 0x1e, text.encode("utf-16-be")[:-1]), ("universal-cut", 0x1c, text.encode("utf-32-be")[:-2]),
            ("utf8-cut", UTF8, text.encode() + b"\xc3"), ("shorter", UTF8, text[:-1].encode()),
            ("longer", UTF8, text.encode() + b"x"), ("delete", UTF8, text.encode() + b"\x7f"),
            *((f"letter-{i}", UTF8, letter.encode() + text[1:].encode()) for i, letter in enumerate("ÉИ公각"))):
        yield spelling, tlv(SEQUENCE, *before, tlv(SET, tlv(SEQUENCE, kind, tlv(tag, octets))))
    yield "same", name
    yield "parent", tlv(SEQUENCE, *before)
    yield "child", tlv(SEQUENCE, *before, last, *children(organization(b"x")))
    yield "pair", tlv(SEQUENCE, *before, tlv(SET, attribute, *children(children(organization(b"x"))[0])))
    yield "twice", tlv(SEQUENCE, *before, tlv(SET, attribute, attribute))
    yield "order", tlv(SEQUENCE, *before, tlv(SET, *children(children(organization(b"x" * 40))[0]), attribute))
    for form, tag, octets in (("bits", 0x03, b"\0x"), ("time", 0x18, b"20260101000000Z"), ("pieces", 0x2c, tlv(UTF8, b"x"))):
        yield form, tlv(SEQUENCE, *before, tlv(SET, tlv(SEQUENCE, kind, tlv(tag, octets))))


def changes():
    """(name, flags, extensions of leaf, of the authority, of lists)"""
    one, other, anybody = b"\x2a\x03\x04", b"\x2a\x03\x05", b"\x55\x1d\x20\x00"
    mapped = extension(33, tlv(SEQUENCE, tlv(SEQUENCE, tlv(OID, one), tlv(OID, other))), critical=True)
    inhibit = extension(54, b"\x02\x01\x00", critical=True)
    for name, leaf, authority in (
            ("one", [policies(one)], [policies(one), policy_constraints(0)]),
            ("any", [policies(anybody)], [policies(anybody), policy_constraints(0)]),
            ("inhibited", [policies(anybody, one)], [policies(anybody, other), policy_constraints(0), inhibit]),
            ("mapped", [policies(other)], [policies(one), policy_constraints(1), mapped]),
            ("several", [policies(other, one)], [policies(anybody, one), policy_constraints(0), inhibit])):
        yield f"policy-{name}", 0, leaf, authority, []
    here, there = tlv(0x86, b"http://a.test/1.crl"), tlv(0x86, b"http://a.test/2.crl")
    for name, points, point in (
            ("same", [full_name(here)], full_name(here)),
            ("other", [full_name(there)], full_name(here)),
            ("several", [full_name(there), full_name(there, here)], full_name(tlv(0x82, b"a.test"), here)),
            ("directory", [full_name(directory(b"A b"))], full_name(directory(b"a  B"))),
            ("relative", [tlv(0xa1, tlv(SEQUENCE, tlv(OID, b"\x55\x04\x03"), tlv(UTF8, b"x")))], full_name(here)),
            ("many", [full_name(there)] * 24, full_name(here))):
        yield f"point-{name}", LEAF_CLEAR, [distribution(*points)], [], [issuing_distribution(point)]
    mail, uri, host = tlv(0x81, b"a@b.test"), tlv(0x86, b"https://u@b.test:8/x"), tlv(0x82, b"*.b.test")
    address, person = tlv(0x87, bytes(10) + b"\xff\xff\x0a\0\0\1"), directory(b"Trivet")
    stranger = directory("司rivet".encode())
    names = [extension(17, tlv(SEQUENCE, mail, uri, host, address, person, stranger, tlv(0x82, b"localhost")))]
    for name, base in (("mailbox", mail), ("mail-host", tlv(0x81, b"b.test")), ("mail-domain", tlv(0x81, b".test")),
                       ("mail-any", tlv(0x81)), ("uri-any", tlv(0x86)), ("host-below", tlv(0x82, b"x.b.test")),
                       ("uri", tlv(0x86, b"b.test")), ("uri-domain", tlv(0x86, b".test")), ("host", tlv(0x82, b"b.test")),
                       ("address", tlv(0x87, bytes([10, 0, 0, 0, 255, 0, 0, 0]))), ("directory", person),
                       *((f"directory-{spelling}", tlv(0xa4, name)) for spelling, name in spellings(organization(b"Trivet")))):
        local = tlv(0x82, b"localhost")
        yield f"permitted-{name}", NAMED, names, [subtrees([base, local])], []
        yield f"excluded-{name}", NAMED, names, [subtrees((), [base])], []
    yield "point-no-signer", LEAF_CLEAR, [], [KEY_CERT_SIGN_ONLY], []


def path_seeds(pki):
    """(name, input) of each."""
    roots = b"".join(part(ANCHOR, pems(pki / name / "root.pem")[0]) for name in ("ec256", "rsa2048", "ed25519"))
    pool = b""
    for i, path in enumerate(sorted(pki.glob("*/chain.pem"))):
        chain = [part(CERTIFICATE, der) for der in pems(path)]
        pool = (pool + b"".join(chain[1:]))[-12000:] if i % 4 == 0 else pool
        yield path.parent.name, bytes([i % 8]) + roots + b"".join(chain)
        yield f"{path.parent.name}-pool", bytes([i % 8]) + roots + b"".join(chain) + pool
    leaf, authority = pems(pki / "ed25519" / "chain.pem")
    (root,) = pems(pki / "ed25519" / "root.pem")
    lists = {path.stem: pems(path)[0] for path in (pki / "crl" / "ed25519").glob("*.pem")}
    for shift in range(4):  # each signature is bad for one of them: of three, all are good for one at least
        for name, data in changed(leaf, authority, root, lists, shift):
            yield f"{name}-{shift}", data


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
        for spelling, name in spellings(issuer):
            point = tlv(0xa4, name)
            other = tlv(0x86, b"http://a.test/1.crl")
            yield f"{path.stem}-point-{spelling}", extended(der, issuing_distribution(full_name(other, point)))
            yield f"{path.stem}-issuer-{spelling}", tlv(SEQUENCE, tlv(SEQUENCE, version, inner, name, *rest), algorithm, signature)


def with_part(pki, target, data):
    """An input with what another target found: a certificate as a leaf and as an anchor, or a list beside a chain."""
    if target == "certificate":
        return bytes(1) + part(CERTIFICATE, data) + part(ANCHOR, data)
    chain = b"".join(part(CERTIFICATE, der) for der in pems(pki / "ed25519" / "chain.pem"))
    return bytes([LEAF_CLEAR]) + part(ANCHOR, pems(pki / "ed25519" / "root.pem")[0]) + chain + part(CRL, data)


def with_responder(response, certificate):
    """An OCSP response with another responder's certificate, none signed by it."""
    status, answer = children(response)
    (in_it,) = children(answer)
    kind, octets = children(in_it)
    signed, algorithm, signature, *_ = children(octets[content_at(octets):])
    basic = tlv(SEQUENCE, signed, algorithm, signature, tlv(0xa0, tlv(SEQUENCE, certificate)))
    return tlv(SEQUENCE, status, tlv(0xa0, tlv(SEQUENCE, kind, tlv(OCTETS, basic))))


def changed(leaf, authority, root, lists, shift):
    def chain(flags, *extensions_of, kind=ANCHOR, less=((), ())):
        both = [with_last(extended(der, *more, less=gone), shift) for der, more, gone in zip((leaf, authority), extensions_of, less)]
        return bytes([flags]) + part(kind, root) + b"".join(part(CERTIFICATE, der) for der in both)

    for name, flags, of_leaf, of_authority, of_lists in changes():
        own_names = name.startswith(("permitted", "excluded"))
        own_usage = KEY_CERT_SIGN_ONLY in of_authority
        whole = chain(flags, of_leaf, of_authority, less=((17,) if own_names else (), (15,) if own_usage else ()))
        yield name, whole
        for kind in ("nobody", "revoked") if name.startswith("point") else ():
            yield f"{name}-{kind}", whole + part(CRL, with_last(extended(lists[kind], *of_lists), shift))
    for i, (name, der) in enumerate(sorted(lists.items())):
        yield f"list-{name}", chain((LEAF_CLEAR, CHAIN_CLEAR)[i % 2], (), ()) + part(CRL, with_last(der, shift))
    for i in range(4 * NAMES):
        yield f"limited-{i}", chain(i // 4 * 32 + NAMED, (), (), kind=i % 4 * 4 + LIMITED_ANCHOR)
    name = children(children(authority)[0])[5]  # many authorities of one name, each under all others
    loop = b"".join(part(CERTIFICATE, between(authority, name, None, i)) for i in range(36))
    yield "budget", bytes(1) + part(ANCHOR, root) + part(CERTIFICATE, with_last(leaf, shift)) + loop
    names = [organization(b"%d" % i) for i in range(10)]  # one under the other, too deep
    deep = b"".join(part(CERTIFICATE, between(authority, issuer, subject, shift + 4 * i)) for i, (subject, issuer) in enumerate(
        zip([None, *names], [*names, None])))
    yield "deep", bytes(1) + part(ANCHOR, root) + part(CERTIFICATE, with_last(leaf, shift)) + deep
