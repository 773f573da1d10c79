# SPDX-License-Identifier: MIT
"""Inputs of the target of paths: the chains of vectors/pki, and those of Ed25519 with extensions, names and keys that vectors/pki has
in none. What this adds nobody signed: the target takes signatures by their last byte."""
from seeds.der import BOOLEAN, OID, SEQUENCE, UTF8, children, extended, pems, tlv, with_algorithm, with_field, with_last
from seeds.extensions import (
    KEY_CERT_SIGN_ONLY, alternative, distribution, extension, full_name, issuing_distribution, numbers, policies,
    policy_constraints, subtrees)
from seeds.keys import algorithms, algorithms_of, keys
from seeds.names import HOSTS, URIS, common_names, directory, organization, spellings

CERTIFICATE, ANCHOR, CRL, LIMITED_ANCHOR = range(4)  # kinds of part, as in fuzz_path.c
CLIENT, WEB_PKI, NAMED, LEAF_CLEAR, CHAIN_CLEAR = 1, 2, 4, 8, 16  # flags
NAMES = 8  # 32 * i is the i-th name


def part(kind, der):
    return bytes([kind]) + len(der).to_bytes(2, "big") + der


def taken(der, issuer, sum_of_all=1):
    """With a signature of Ed25519 that the target of paths takes for the issuer's, or by another sum does not."""
    key = children(children(issuer)[0])[6]
    return der[:-1] + bytes([(sum_of_all - len(children(der)[0]) - key[-1]) % 256])


def between(der, issuer, subject, shift):
    """An authority's certificate with other names, None for its own, and another key."""
    signed, algorithm, signature = children(der)
    fields = children(signed)
    fields[3], fields[5] = issuer or fields[3], subject or fields[5]
    fields[6] = with_last(fields[6], shift)
    return tlv(SEQUENCE, tlv(SEQUENCE, *fields), algorithm, signature)


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
    local = tlv(0x82, b"localhost")
    for i, text in enumerate((*(f"x://{host}/" for host in HOSTS), *URIS)):
        for name, base in (("any", b""), ("host", b"b.test"), ("domain", b".test")):
            yield f"uri-{i}-{name}", NAMED, [alternative(local, tlv(0x86, text.encode()))], [subtrees([tlv(0x86, base), local])], []
    for i, text in enumerate(HOSTS):
        for base in (b"", b"test", b"a"):
            yield f"host-{i}-{base.decode()}", NAMED, [alternative(local, tlv(0x82, text.encode()))], [
                subtrees((), [tlv(0x82, base)])], []
    for i, (name, base) in enumerate((name, base) for name in ("Trivet", "Trivet x", "公rivet", "Иrivet", "\u05ff") for base in (
            "Trivet", "Trivet x", "国rivet", "Яrivet", "\u05fe", "Trivet\u0600")):
        yield f"pair-{i}", NAMED, [alternative(local, directory(name.encode()))], [subtrees((), [directory(base.encode())])], []
    for i, mail in enumerate(("b.test", "@b.test", "a@", "a@b@c.test", '"a@x"@b.test', "A@B.test", "a@127.0.0.1", "a b@b.test")):
        for base in (b"", b"b.test", b".test", b"a@b.test", b"A@b.test"):
            yield f"mail-{i}-{base.decode()}", NAMED, [alternative(local, tlv(0x81, mail.encode()))], [
                subtrees([tlv(0x81, base), local])], []
    yield "point-no-signer", LEAF_CLEAR, [], [KEY_CERT_SIGN_ONLY], []
    many = [tlv(0x86, b"http://a.test/more/%d.crl" % i) for i in range(20)]
    name = full_name(here)
    for kind, points, point in (
            ("names", [distribution(full_name(*many))], full_name(there)), ("list", [distribution(name)], full_name(*many)),
            ("reasons", [extension(31, tlv(SEQUENCE, tlv(SEQUENCE, tlv(0xa0, name), b"\x81\x02\x01\x02")))], name),
            ("issuer", [extension(31, tlv(SEQUENCE, tlv(SEQUENCE, tlv(0xa0, name), tlv(0xa2, directory(b"x")))))], name),
            ("issuer-alone", [extension(31, tlv(SEQUENCE, tlv(SEQUENCE, tlv(0xa2, directory(b"x")))))], name),
            ("empty", [], tlv(0xa0))):
        yield f"point-of-{kind}", LEAF_CLEAR, points, [], [issuing_distribution(point)]
    for kind, leaf, authority in (
            ("policies", [policies(*(one + bytes([i]) for i in range(40)))], [policies(one), policy_constraints(0)]),
            ("policies-above", [policies(one)], [policies(*(one + bytes([i]) for i in range(40))), policy_constraints(0)]),
            ("loose", [extension(36, tlv(SEQUENCE, tlv(0x80, b"\5")))], [extension(54, b"\2\1\5")]),
            ("inhibit", [extension(54, b"\2\1\5")], []),
            ("issuer", [extension(35, tlv(SEQUENCE, tlv(0x80, b"x"), tlv(0xa1, directory(b"x")), tlv(0x82, b"\5")))], []),
            ("constraints", [subtrees([local])], []),
            ("any-purpose", [extension(37, tlv(SEQUENCE, tlv(OID, b"\x55\x1d\x25\x00")))], []),
            ("critical-purpose", [extension(37, tlv(SEQUENCE, tlv(OID, b"\x2b\6\1\5\5\7\3\1")), critical=True)], []),
            ("purpose-above", [], [extension(37, tlv(SEQUENCE, tlv(OID, b"\x2b\6\1\5\5\7\3\1")))]),
            ("critical-names", [extension(17, tlv(SEQUENCE, local), critical=True)], []),
            ("underscore", [alternative(local, tlv(0x82, b"a_b.test"))], []),
            ("addresses", [alternative(tlv(0x87, bytes((127, 0, 0, 1))), tlv(0x87, bytes(15) + b"\1"))], []),
            ("length", [extension(19, tlv(SEQUENCE, tlv(0x02, b"\1")), critical=True)], []),
            ("authority", [extension(19, tlv(SEQUENCE, tlv(BOOLEAN, b"\xff")), critical=True)], [])):
        for flags in (NAMED, WEB_PKI | NAMED, WEB_PKI | NAMED | NAMES, WEB_PKI | CLIENT):
            yield f"profile-{kind}-{flags}", flags, leaf, authority, []


def changed(leaf, authority, root, lists, shift):
    def chain(flags, *extensions_of, kind=ANCHOR, less=((), ())):
        both = [with_last(extended(der, *more, less=gone), shift) for der, more, gone in zip((leaf, authority), extensions_of, less)]
        return bytes([flags]) + part(kind, root) + b"".join(part(CERTIFICATE, der) for der in both)

    for name, flags, of_leaf, of_authority, of_lists in changes():
        whole = chain(flags, of_leaf, of_authority, less=(numbers(of_leaf), numbers(of_authority)))
        yield name, whole
        for kind in ("nobody", "revoked") if name.startswith("point") else ():
            yield f"{name}-{kind}", whole + part(CRL, with_last(extended(lists[kind], *of_lists), shift))
    for i, (name, der) in enumerate(sorted(lists.items())):
        yield f"list-{name}", chain((LEAF_CLEAR, CHAIN_CLEAR)[i % 2], (), ()) + part(CRL, with_last(der, shift))
    for name, der in lists.items():
        yield f"twice-{name}", chain(LEAF_CLEAR, (), ()) + part(CRL, der) + part(CRL, with_last(der, shift)) + part(CRL, der)
    for i in range(16):
        yield f"limited-twice-{i}", chain(0, (), (), kind=i % 4 * 4 + LIMITED_ANCHOR) + part(i // 4 * 4 + LIMITED_ANCHOR, root)
    for i in range(4 * NAMES):
        yield f"limited-{i}", chain(i // 4 * 32 + NAMED, (), (), kind=i % 4 * 4 + LIMITED_ANCHOR)
    name = children(children(authority)[0])[5]  # many authorities of one name, each under all others
    loop = b"".join(part(CERTIFICATE, between(authority, name, None, i)) for i in range(36))
    yield "budget", bytes(1) + part(ANCHOR, root) + part(CERTIFICATE, with_last(leaf, shift)) + loop
    for i, subject in enumerate(common_names()):
        named = with_field(leaf, 5, subject)
        for kind, one in (("own", named), ("address", extended(named, alternative(tlv(0x87, b"\x7f\0\0\1")), less=(17,)))):
            yield f"common-name-{i}-{kind}", bytes([WEB_PKI]) + part(ANCHOR, root) + part(CERTIFICATE, with_last(one, shift)) + part(
                CERTIFICATE, with_last(authority, shift))
    past = tlv(SEQUENCE, tlv(0x17, b"200101000000Z"), tlv(0x17, b"210101000000Z"))
    old = b"".join(part(CERTIFICATE, with_field(between(authority, name, None, i), 4, past)) for i in range(36))
    yield "budget-old", bytes(1) + part(ANCHOR, root) + part(CERTIFICATE, with_last(leaf, shift)) + old
    yield "budget-late", bytes(1) + part(ANCHOR, root) + part(CERTIFICATE, with_last(leaf, shift)) + old + part(CERTIFICATE, authority)
    names = [organization(b"%d" % i) for i in range(10)]  # one under the other, too deep
    deep = b"".join(part(CERTIFICATE, between(authority, issuer, subject, shift + 4 * i)) for i, (subject, issuer) in enumerate(
        zip([None, *names], [*names, None])))
    yield "deep", bytes(1) + part(ANCHOR, root) + part(CERTIFICATE, with_last(leaf, shift)) + deep


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


def key_seeds(pki):
    """(name, input) of paths and lists that any algorithm signed, under an authority with any key."""
    leaf, authority = pems(pki / "ed25519" / "chain.pem")
    root = part(ANCHOR, pems(pki / "ed25519" / "root.pem")[0])
    (listed,) = pems(pki / "crl" / "ed25519" / "revoked.pem")
    (root_der,) = pems(pki / "ed25519" / "root.pem")
    for name, key in keys(pki):
        keyed = taken(with_field(authority, 6, key), root_der)
        above = [part(CERTIFICATE, keyed), part(ANCHOR, keyed)]
        for i, algorithm in enumerate(algorithms()):
            below = [part(CERTIFICATE, taken(with_algorithm(leaf, algorithm), keyed, shift)) for shift in range(4)]
            for flags in (0, WEB_PKI):
                yield f"key-{name}-{i}-{flags}", bytes([flags]) + root + below[flags] + above[0]
            yield f"anchor-{name}-{i}", b"\0" + below[1] + above[1]
            yield f"list-{name}-{i}", bytes([LEAF_CLEAR]) + root + part(CERTIFICATE, taken(leaf, keyed)) + above[0] + part(
                CRL, with_algorithm(listed, algorithm))
        for k in range(0, 16, 4):  # a signature that is none, or one that cannot be checked
            for algorithm in ("2a864886f70d01010b", "2a8648ce3d040302", "2b6570"):
                signed = with_algorithm(leaf, tlv(SEQUENCE, tlv(OID, bytes.fromhex(algorithm))))
                for h in range(8):
                    yield f"refused-{name}-{k}-{algorithm}-{h}", b"\0" + root + part(CERTIFICATE, taken(signed, keyed, k + h)) + above[0]
        own = with_field(with_field(leaf, 6, key), 3, children(children(leaf)[0])[5])  # its own issuer
        yield f"own-{name}", b"\0" + part(CERTIFICATE, own) + part(ANCHOR, own)
        looped = with_field(keyed, 3, children(children(keyed)[0])[5])
        again = b"".join(part(CERTIFICATE, taken(with_field(looped, 1, bytes([2, 1, i])), looped)) for i in range(3))
        for i, algorithm in enumerate(algorithms_of(key)):
            signed, whole = taken(with_algorithm(leaf, algorithm), keyed), above[0] + above[1]
            yield f"again-{name}-{i}", b"\0" + root + part(CERTIFICATE, signed) + again + whole
            for k, other in enumerate(algorithms() if "rsa" in name or "pss" in name else ()):
                yield f"listed-{name}-{i}-{k}", bytes([LEAF_CLEAR]) + part(CERTIFICATE, signed) + above[1] + part(
                    CRL, with_algorithm(listed, other))


def with_part(pki, target, data):
    """An input with what another target found: a certificate as a leaf and as an anchor, or a list beside a chain."""
    if target == "certificate":
        return bytes(1) + part(CERTIFICATE, data) + part(ANCHOR, data)
    leaf, authority = pems(pki / "ed25519" / "chain.pem")
    (root,) = pems(pki / "ed25519" / "root.pem")
    return bytes([LEAF_CLEAR]) + part(ANCHOR, root) + part(CERTIFICATE, taken(leaf, authority)) + part(
        CERTIFICATE, taken(authority, root)) + part(CRL, data)
