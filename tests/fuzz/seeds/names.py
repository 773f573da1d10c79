# SPDX-License-Identifier: MIT
"""Names: of directories in many spellings, of hosts, of resources."""
from seeds.der import OCTETS, OID, SEQUENCE, SET, UTF8, children, content_at, tlv

HOSTS = ("192.0.2.1", "1.2.3.400", "1.2.3.04", "1.2.3.4.5", "1.2.3", "a.5", "::1", "1:2:3:4:5:6:7:8", "1::8", "1:2:3:4:5:6:7::",
         "::ffff:192.0.2.1", "[::1]", "::1::", ":1", "1:", "g::", "::12345", "1:2:3:4:5:6:7:8:9", "a.test.", "a_b.test", "*.test", "*",
         "a..b", "-a.test", "a-.test", "a." * 127 + "a", "a" * 64, "xn--a.test", "www.example.test", "*.example.test")
URIS = ("h2+a-b.c://b.test", "x://b.test\\y", "x://b.test\x7f", "x://b test", "x:///", "x://b.test:8x", "x://b.test:8", "x://b.test:",
        "x://u:p@b.test?q", "x://u@@b.test#f", "x://[::1]:8/", "x://1.2.3.4:8", "x://", "://b.test", "1x://b.test", "urn:x:b", "x",
        "x://b.test.", "x://.b.test", "x:/b.test", "mailto:a@b.test", "x://a.b.test", "x://" + "a." * 130 + "test")
LETTERS = "ÉИ公각ΩϿ҂א\u05ffعٮกฯ\ud7ff\ua000"  # of scripts that names are compared in, and from between them


def organization(text):
    return tlv(SEQUENCE, tlv(SET, tlv(SEQUENCE, tlv(OID, b"\x55\x04\x0a"), tlv(UTF8, text))))


def directory(text):
    return tlv(0xa4, organization(text))


def common_names():
    """Names with common names, of hosts and addresses among others."""
    def name(*values):
        return tlv(SEQUENCE, *(tlv(SET, tlv(SEQUENCE, tlv(OID, b"\x55\x04\x03"), tlv(tag, text))) for tag, text in values))

    yield tlv(SEQUENCE)
    for text in ("localhost", "example.test", "a.example.test", "test", "127.0.0.1", "::1", "0x7f.1", "0x7f000001", "127.1", "192.0.2.7",
                 "a b.test", "a,b.test", "a@b.test", "a/b.test", "a:b.test", "x.wild.test", "wild.test", "dead.beef", "Trivet Ltd."):
        yield name((UTF8, text.encode()))
        yield name((0x1e, text.encode("utf-16-be")))
    yield name(*[(UTF8, b"localhost")] * 12)
    yield name(*[(UTF8, b"a.test")] * 12)
    yield name(*[(UTF8, b"example.test")] * 12)


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
            ("words", UTF8, text.encode() + b" x"), ("spaced", UTF8, text.encode() + b" \xc2\xa0"),
            *((f"letter-{i}", UTF8, letter.encode() + text[1:].encode()) for i, letter in enumerate(LETTERS))):
        yield spelling, tlv(SEQUENCE, *before, tlv(SET, tlv(SEQUENCE, kind, tlv(tag, octets))))
    yield "same", name
    yield "parent", tlv(SEQUENCE, *before)
    yield "child", tlv(SEQUENCE, *before, last, *children(organization(b"x")))
    yield "pair-upper", tlv(SEQUENCE, *before, tlv(SET, tlv(SEQUENCE, kind, tlv(UTF8, text.upper().encode())), *children(
        children(organization(b"x" * 9))[0])))
    yield "pair", tlv(SEQUENCE, *before, tlv(SET, attribute, *children(children(organization(b"x"))[0])))
    yield "twice", tlv(SEQUENCE, *before, tlv(SET, attribute, attribute))
    yield "order", tlv(SEQUENCE, *before, tlv(SET, *children(children(organization(b"x" * 40))[0]), attribute))
    for form, tag, octets in (("bits", 0x03, b"\0x"), ("time", 0x18, b"20260101000000Z"), ("pieces", 0x2c, tlv(UTF8, b"x"))):
        yield form, tlv(SEQUENCE, *before, tlv(SET, tlv(SEQUENCE, kind, tlv(tag, octets))))
