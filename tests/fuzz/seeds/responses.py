# SPDX-License-Identifier: MIT
"""OCSP responses in forms that vectors/pki has none of."""
from seeds.der import BOOLEAN, OCTETS, OID, SEQUENCE, children, content_at, extended, pems, tlv, with_algorithm, with_field
from seeds.extensions import extension
from seeds.keys import algorithms, keys
from seeds.names import spellings


def odd_list_extensions():
    """Extensions of a response or of a single answer: known, unknown, critical, of another form."""
    nonce = bytes.fromhex("2b0601050507300102")
    for critical in (b"", tlv(BOOLEAN, b"\xff"), tlv(BOOLEAN, b"\0"), tlv(BOOLEAN, b"\1")):
        yield tlv(SEQUENCE, tlv(SEQUENCE, tlv(OID, nonce), critical, tlv(OCTETS, b"\4\1x")))
    yield tlv(SEQUENCE)
    yield tlv(SEQUENCE, tlv(SEQUENCE, tlv(OID, nonce)))
    yield tlv(SEQUENCE, tlv(SEQUENCE, tlv(OID, nonce), tlv(OCTETS), b"\5\0"))
    yield tlv(SEQUENCE, tlv(SEQUENCE, tlv(OCTETS), tlv(OCTETS)))
    yield tlv(SEQUENCE, b"\5\0")


def delegate_extensions():
    """Extensions of a responder's certificate."""
    purposes = bytes.fromhex("2b06010505070309"), bytes.fromhex("2b06010505070301"), b"\x55\x1d\x25\0"
    yield []
    for usage in (b"\3\2\7\x80", b"\3\2\1\6", b"\3\2\0\1"):
        yield [extension(15, usage, critical=True)]
    for kinds in (purposes[:1], purposes[1:2], purposes[2:], purposes):
        for critical in (True, False):
            yield [extension(37, tlv(SEQUENCE, *(tlv(OID, kind) for kind in kinds)), critical=critical)]
    for critical in (True, False):
        yield [extension(64, b"\5\0", critical=critical)]
        yield [tlv(SEQUENCE, tlv(OID, bytes.fromhex("2b0601050507300105")), tlv(BOOLEAN, b"\xff") if critical else b"", tlv(OCTETS, b"\5\0"))]


def ocsp_seeds(pki):
    """(name, input) of each: answers about a leaf of other responders, in other forms, by other algorithms (RFC 6960 4.2.1)."""
    leaf, authority = pems(pki / "ed25519" / "chain.pem")
    subject = children(children(authority)[0])[5]
    for stem in ("good", "delegated", "revoked"):
        status, answer = children((pki / "ocsp" / "ed25519" / f"{stem}.der").read_bytes())
        kind, octets = children(children(answer)[0])
        data, algorithm, signature, *responders = children(octets[content_at(octets):])
        responder, produced, answers = children(data)
        (single,) = children(answers)
        cert_id, verdict, this, following = children(single)

        def response(*of_data, by=None, certificates=responders):
            basic = tlv(SEQUENCE, tlv(SEQUENCE, *of_data), by or algorithm, signature, *certificates)
            return tlv(SEQUENCE, status, tlv(0xa0, tlv(SEQUENCE, kind, tlv(OCTETS, basic))))

        def about(*singles, more=b""):
            return response(responder, produced, tlv(SEQUENCE, *(tlv(SEQUENCE, *one) for one in singles)), more)

        def delegates(*ders):
            return [tlv(0xa0, tlv(SEQUENCE, *ders))]

        for spelling, name in spellings(subject):
            yield f"{stem}-responder-{spelling}", response(tlv(0xa1, name), produced, answers)
        for i, other in enumerate((tlv(0xa2, tlv(OCTETS, bytes(20))), tlv(0xa2, tlv(OCTETS)), tlv(0xa2, b"\5\0"), tlv(0xa1), b"")):
            yield f"{stem}-responder-{i}", response(other, produced, answers)
        for i, other in enumerate(algorithms()):
            yield f"{stem}-algorithm-{i}", response(responder, produced, answers, by=other)
        for i, other in enumerate((b"\5\0", b"\1\1\xff", *odd_list_extensions())):
            yield f"{stem}-extensions-{i}", response(responder, produced, answers, tlv(0xa1, other))
            yield f"{stem}-single-{i}", about((cert_id, verdict, this, following, tlv(0xa1, other)))
        times = [tlv(0x18, text) for text in (b"20200101000000Z", b"20990101000000Z", b"20261301000000Z", b"2026", b"20260531000000.5Z")]
        for i, time in enumerate((*times, tlv(0x17, b"260501000000Z"), b"")):
            yield f"{stem}-produced-{i}", response(responder, time, answers)
            yield f"{stem}-this-{i}", about((cert_id, verdict, time, following))
            yield f"{stem}-only-this-{i}", about((cert_id, verdict, time))
            yield f"{stem}-next-{i}", about((cert_id, verdict, this, tlv(0xa0, time)))
            yield f"{stem}-since-{i}", about((cert_id, tlv(0xa1, time), this, following))
        for i, reason in enumerate((b"\0", b"\6", b"\7", b"\x0a", b"\x0b", b"", b"\0\1")):
            yield f"{stem}-reason-{i}", about((cert_id, tlv(0xa1, times[0], tlv(0xa0, tlv(0x0a, reason))), this, following))
        for i, other in enumerate((b"\x80\0", b"\x80\1\0", b"\x82\0", b"\x82\1\0", b"\x83\0", b"\xa1\0")):
            yield f"{stem}-verdict-{i}", about((cert_id, other, this, following))
            yield f"{stem}-both-{i}", about((cert_id, verdict, this, following), (cert_id, other, this, following))
        digest, of_name, of_key, serial = children(cert_id)
        for i, number in enumerate(("2b0e03021a", *(f"60864801650304020{n}" for n in range(1, 5)), "2a864886f70d0205")):
            for parameters in (b"", b"\5\0", b"\4\0"):
                named = tlv(SEQUENCE, tlv(OID, bytes.fromhex(number)), parameters)
                for k, (name, key) in enumerate(((of_name, of_key), (of_name, tlv(OCTETS, bytes(32))), (tlv(OCTETS, bytes(32)), of_key),
                                                 (tlv(OCTETS, bytes(48)), tlv(OCTETS, bytes(48))), (tlv(OCTETS), tlv(OCTETS)),
                                                 (of_name, tlv(OCTETS)), (tlv(OCTETS, bytes(20)), tlv(OCTETS, bytes(20))))):
                    yield f"{stem}-id-{i}-{k}-{len(parameters)}", about((tlv(SEQUENCE, named, name, key, serial), verdict, this, following))
        other = tlv(SEQUENCE, digest, of_name, of_key, b"\2\1\5")
        yield f"{stem}-other", about((other, verdict, this, following), (cert_id, verdict, this, following))
        yield f"{stem}-many", about(*[(other, verdict, this, following)] * 66, (cert_id, verdict, this, following))
        yield f"{stem}-none", about()
        for i, version in enumerate((b"\2\1\0", b"\2\1\1", b"")):
            yield f"{stem}-version-{i}", response(tlv(0xa0, version), responder, produced, answers)
        if stem != "delegated":
            continue
        (delegate,) = children(children(responders[0])[0])
        for kept in ((), (15,), (37,), (15, 37)):
            for i, more in enumerate(delegate_extensions()):
                changed_one = extended(delegate, *more, less=kept)
                yield f"delegate-{i}-{'-'.join(map(str, kept))}", response(responder, produced, answers, certificates=delegates(changed_one))
        for i, other in enumerate(algorithms()):
            yield f"delegate-algorithm-{i}", response(responder, produced, answers, certificates=delegates(with_algorithm(delegate, other)))
        for name, key in keys(pki):
            for i, other in enumerate(algorithms()):
                yield f"delegate-key-{name}-{i}", response(responder, produced, answers, by=other,
                                                           certificates=delegates(with_field(delegate, 6, key)))
        for spelling, name in spellings(subject):
            yield f"delegate-issuer-{spelling}", response(responder, produced, answers, certificates=delegates(with_field(delegate, 3, name)))
        for spelling, name in spellings(children(children(delegate)[0])[5]):
            yield f"delegate-subject-{spelling}", response(responder, produced, answers, certificates=delegates(with_field(delegate, 5, name)))
        yield "delegates", response(responder, produced, answers, certificates=delegates(*[leaf] * 5, delegate))
        yield "delegates-broken", response(responder, produced, answers, certificates=delegates(leaf[:-1], b"\5\0", delegate))
        yield "delegates-second", response(responder, produced, answers, certificates=delegates(leaf, delegate))


def with_responder(response, certificate):
    """An OCSP response with another responder's certificate, none signed by it."""
    status, answer = children(response)
    (in_it,) = children(answer)
    kind, octets = children(in_it)
    signed, algorithm, signature, *_ = children(octets[content_at(octets):])
    basic = tlv(SEQUENCE, signed, algorithm, signature, tlv(0xa0, tlv(SEQUENCE, certificate)))
    return tlv(SEQUENCE, status, tlv(0xa0, tlv(SEQUENCE, kind, tlv(OCTETS, basic))))
