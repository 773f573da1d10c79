#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# TLS 1.2 with peers that nobody here wrote, on loopback and both ways: every suite and every group that both sides have,
# sessions by ticket and by id, client certificates, ALPN, raw public keys, ECDHE_PSK, the choice between TLS 1.2 and 1.3, the
# extended master secret that is not there; with OpenSSL, GnuTLS, nginx, and, where their libraries are there, Mbed TLS and
# BearSSL (peers/*.c). Prints tables; a case that fails, fails the run.
#
# What a peer or a backend cannot do is declared in LACKS and BACKEND_LACKS below, with the reason, and shown.
import argparse
import concurrent.futures
import os
import re
import secrets
import shutil
import sys
import tempfile
import time

import features
from features import GET, Side, Talk, attempt, need, peer_server, public_key
from matrix import GROUPS, conditional_absences, declared_absent, lacks, pem, run

GNUTLS = "NORMAL:-VERS-ALL:+VERS-TLS1.2:+AES-128-CCM:+AES-128-CCM-8"
GNUTLS_PSK = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK:-CIPHER-ALL:+CHACHA20-POLY1305"
SUITES = {  # by the name of OpenSSL: AEAD, kind of key, the registry's number
    "ECDHE-ECDSA-AES128-GCM-SHA256": ("AES-128-GCM", "ecdsa"),
    "ECDHE-RSA-AES128-GCM-SHA256": ("AES-128-GCM", "rsa"),
    "ECDHE-ECDSA-AES256-GCM-SHA384": ("AES-256-GCM", "ecdsa"),
    "ECDHE-RSA-AES256-GCM-SHA384": ("AES-256-GCM", "rsa"),
    "ECDHE-ECDSA-CHACHA20-POLY1305": ("ChaCha20-Poly1305", "ecdsa"),
    "ECDHE-RSA-CHACHA20-POLY1305": ("ChaCha20-Poly1305", "rsa"),
    "ECDHE-ECDSA-AES128-CCM": ("AES-128-CCM", "ecdsa"),
    "ECDHE-ECDSA-AES128-CCM8": ("AES-128-CCM_8", "ecdsa"),
}
OLD = ["--max", "1.2"]
BOTH = ["--min", "1.2", "--max", "1.3"]
NEW = ["--min", "1.3", "--max", "1.3"]
VERSIONS = {"1.2": ("-tls1_2", "+VERS-TLS1.2", "TLSv1.2"), "1.3": ("-tls1_3", "+VERS-TLS1.3", "TLSv1.3"),
            "both": ("", "+VERS-TLS1.3:+VERS-TLS1.2", "TLSv1.2 TLSv1.3")}
NO_EMS = "The peer's TLS 1.2 does not have the extended master secret"
GNUTLS_NO_EMS = GNUTLS + ":%NO_SESSION_HASH"
GNUTLS_RAW = GNUTLS + ":+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK"
# what a server that wants a certificate says to a client without one (GnuTLS to its own client too); None: it just closes
ENDS_WITH = {"openssl s_server": "handshake_failure", "gnutls-serv": "decode_error", "mbedtls": None, "bearssl": None}
PSK = "ECDHE-PSK-CHACHA20-POLY1305"  # the one AEAD suite with ECDHE_PSK that OpenSSL, GnuTLS and Mbed TLS have
LEVEL = "ALL:@SECLEVEL=0"  # OpenSSL keeps the short tags of CCM_8 for it

# (peer, feature) -> reason; "mbedtls" and "bearssl" are server and client
LACKS = {
    ("nginx", "PSK"): "nginx has no pre-shared keys",
    ("gnutls-cli", "PSK"): "gnutls-cli 3.7 crashes behind a handshake with ECDHE_PSK of TLS 1.2, with gnutls-serv too",
    ("bearssl", "ticket"): "BearSSL has no tickets",
    ("bearssl", "PSK"): "BearSSL has no pre-shared keys",
    ("openssl", "raw public key"): "the tools of OpenSSL have them from 3.2 on alone",
    ("nginx", "raw public key"): "nginx has no raw public keys",
    ("mbedtls", "raw public key"): "Mbed TLS 2.28 has no raw public keys",
    ("bearssl", "raw public key"): "BearSSL has no raw public keys",
}
# (backend, peer) -> reason
BACKEND_LACKS = {
    ("libsodium", "mbedtls"): "Mbed TLS 2.28 has no Ed25519, and libsodium no other signature",
    ("libsodium", "bearssl"): "BearSSL has no Ed25519, and libsodium no other signature",
}
# (peer, suite or group) -> reason
PEER_LACKS = {
    ("bearssl", "x448"): "BearSSL has no Curve448",
}


def openssl_words(side, words):
    """The same of TLS 1.2; and what OpenSSL's tools of 3.0 have no option for, out of a configuration file."""
    words = ["-tls1_2" if word == "-tls1_3" else word for word in words]
    if "-no_ems" not in words:
        return words
    conf = side.file(b"openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nOptions = -ExtendedMasterSecret\n")
    return ["env", "OPENSSL_CONF=" + conf, *(word for word in words if word != "-no_ems")]


# ---- their servers ----------------------------------------------------------------------------------------------

class OpenSSLServer(features.OpenSSLServer):
    def command(self, *options, **more):
        return openssl_words(self.side, super().command(*options, **more))

    def by(self, way, *more):
        return self.start(*self.http, "-cipher", LEVEL, *(["-no_ticket"] if way == "id" else []), *more)

    def speaking(self, versions):
        words = [VERSIONS[versions][0] if word == "-tls1_3" else word for word in features.OpenSSLServer.command(self)]
        return peer_server([*filter(None, words), *self.http])

    def alpn(self, names):
        return ["-alpn", names]

    def without_ems(self):
        return self.by("id", "-no_ems")

    def psk(self):
        return self.start(*self.http, "-cipher", PSK, "-psk", self.side.psk, "-psk_identity", "printer",
                          certificate=False)


class GnuTLSServer(features.GnuTLSServer):
    def command(self, *options, priority=GNUTLS, **more):
        return super().command(*options, priority=priority, **more)

    def by(self, way, *more):
        return self.start(*self.http, *(["--noticket"] if way == "id" else []), *more)

    def speaking(self, versions):
        return self.start(*self.http, priority="NORMAL:-VERS-ALL:" + VERSIONS[versions][1])

    def alpn(self, names):
        return [word for name in names.split(",") for word in ("--alpn", name)]

    def without_ems(self):
        return self.start(*self.http, priority=GNUTLS_NO_EMS)

    def raw(self, *options):
        key = self.side.key
        return self.start(*self.http, "--rawpkkeyfile", pem(key, "key.pem"), "--rawpkfile", public_key(self.side), *options,
                          certificate=False, priority=GNUTLS_RAW)

    def psk(self):
        passwords = self.side.file(b"printer:%s\n" % self.side.psk.encode())
        return self.start(*self.http, "--pskpasswd", passwords, certificate=False, priority=GNUTLS_PSK)


class Nginx(features.Server):
    name = "nginx"

    def start(self, *lines, versions="1.2"):
        work = tempfile.mkdtemp(dir=self.side.work)
        return features.listening(lambda port: self.command_for(port, work, lines, versions))

    def command_for(self, port, work, lines, versions):
        conf, key = os.path.join(work, "nginx.conf"), self.side.key
        with open(conf, "w", encoding="utf-8") as f:
            f.write("daemon off; master_process off; pid %s/pid; error_log stderr;\nevents { worker_connections 64; }\n"
                    "http { access_log off;\n%s\nserver { listen 127.0.0.1:%d ssl; server_name localhost;\n"
                    "ssl_certificate %s; ssl_certificate_key %s; ssl_protocols %s; ssl_ciphers %s; ssl_ecdh_curve %s;\n%s\n"
                    "location / { return 200 \"$ssl_protocol $ssl_cipher $ssl_session_reused $ssl_client_verify\\n\"; } } }\n"
                    % (work, "".join("%s_temp_path %s/%s;\n" % (what, work, what) for what in
                                     ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")),
                       port, pem(key, "chain.pem"), pem(key, "key.pem"), VERSIONS[versions][2], LEVEL,
                       ":".join(v[1] for v in GROUPS.values()), "\n".join(lines)))
        return ["nginx", "-c", conf, "-p", work, "-e", "stderr"]

    def by(self, way, *_):
        return self.start("ssl_session_tickets %s;" % ("on" if way == "ticket" else "off"),
                          "ssl_session_cache shared:SSL:1m;" if way == "id" else "")

    def speaking(self, versions):
        return self.start(versions=versions)

    def alpn(self, _):
        return []  # its http alone: http/1.1

    def without_ems(self):
        return self.start("ssl_conf_command Options -ExtendedMasterSecret;")

    def require(self):
        return self.start("ssl_verify_client on; ssl_verify_depth 3;", "ssl_client_certificate %s;" % self.side.root)


class OurServer(features.Server):
    """A server of peers/."""

    def by(self, way, *more):
        return peer_server([self.program, "server", "{port}", *([] if self.name == "bearssl" else ["way=" + way]),
                            *self.own(self.side.key), *more])

    def speaking(self, _):
        return self.by("id")

    def alpn(self, names):
        return ["alpn=" + names.split(",", maxsplit=1)[0]]


class MbedTLS:
    name = "mbedtls"

    def own(self, key):
        return ["chain=" + pem(key, "chain.pem"), "key=" + pem(key, "key.pem")]

    def root(self):
        return "root=" + self.side.root


class BearSSL:
    name = "bearssl"

    def own(self, key):
        return ["key=" + der(self.side, pem(key, "key.pem"), "pkey"),
                *("cert=" + der(self.side, one, "x509") for one in certificates(self.side, key))]

    def root(self):
        return "root=" + der(self.side, self.side.root, "x509")


class MbedServer(MbedTLS, OurServer):
    def require(self):
        return self.by("id", self.root(), "auth=require")

    def without_ems(self):
        return self.by("id", "ems=off")

    def psk(self):
        return peer_server([self.program, "server", "{port}", "psk=printer:" + self.side.psk])


class BearServer(BearSSL, OurServer):
    def require(self):
        return self.by("id", self.root())

    def without_ems(self):
        return self.by("id")


def certificates(side, key):
    """The certificates of a chain, a file each."""
    with open(pem(key, "chain.pem"), "rb") as f:
        begin = b"-----BEGIN CERTIFICATE-----"
        return [side.file(begin + one) for one in f.read().split(begin)[1:]]


def der(side, source, kind):
    place = side.file()
    code, _, err = run([side.openssl, kind, "-in", source, "-outform", "DER", "-out", place])
    need(code == 0, err)
    return place


def no_ems(peer):
    return ["--allow-no-ems"] if peer.name == "bearssl" else []


def suites_with(server):
    """Each suite that our side and the server have, with a key of its kind."""
    done = 0
    for suite, kind in suites_of(server):
        side = with_key(server.side, kind)
        peer = type(server)(side)
        with peer.by("id") as talk:
            told = side.client(talk.port, *OLD, *no_ems(server), "--suites", suite, "--get", "/")
            need(told["version"] == "TLSv1.2" and told["verified"] and "200" in told["response"]["text"], suite, told)
            need(told["extended_master_secret"] == (server.name != "bearssl"), suite, told)
            done += 1
    need(done > 0, "no suite")


def suites_of(peer):
    """(suite, kind of key) that our backend and the peer have."""
    for suite, (aead, kind) in SUITES.items():
        if aead in peer.side.aeads and (kind == "ecdsa" or peer.side.rsa) and not peer_lacks(peer, suite):
            yield suite, kind


def groups_of(peer):
    return [group for group in peer.side.groups if not peer_lacks(peer, group)]


def peer_lacks(peer, what):
    return any((name, what) in PEER_LACKS for name in names_of(peer.name))


def names_of(peer):
    """What a peer is called in the lists of what is not there."""
    return {peer, peer.split()[0]}


def groups_with(server):
    """Each group that both have, alone; with an RSA key, as one for ECDSA would have the client offer its curve, too."""
    side = with_key(server.side, "rsa" if server.side.rsa else "ecdsa")
    with type(server)(side).by("id") as talk:
        for group in groups_of(server):
            told = side.client(talk.port, *OLD, *no_ems(server), "--groups", group, "--get", "/")
            need(told["version"] == "TLSv1.2" and told["group"].lower() == group, group, told)
            need("200" in told["response"]["text"], group, told)


def protocols_with(server):
    """The protocol that both have; and one that the server has not, which GnuTLS and BearSSL pass over (RFC 7301 3.2 refuses)."""
    side = server.side
    with server.by("id", *server.alpn("http/1.1,spdy/3")) as talk:
        told = side.client(talk.port, *OLD, *no_ems(server), "--alpn", "h3,http/1.1", "--get", "/")
        need(told["version"] == "TLSv1.2" and told["alpn"] == "http/1.1", told)
        if server.name in ("openssl s_server", "nginx", "mbedtls"):
            told = side.client(talk.port, *OLD, *no_ems(server), "--alpn", "h3", status=1)
            need(told["error"].get("alert") == "no_application_protocol", told)
        else:
            told = side.client(talk.port, *OLD, *no_ems(server), "--alpn", "h3", "--get", "/")
            need(told["alpn"] is None, told)


def versions_with(server):
    """TLS 1.3 where both have it, 1.2 where one has no other, and a refusal where they have none in common."""
    side = server.side
    for theirs in ("1.2",) if isinstance(server, OurServer) else ("both", "1.3", "1.2"):
        with server.speaking(theirs) as talk:
            for ours, words in (("both", BOTH), ("1.2", OLD), ("1.3", NEW)):
                none = {ours, theirs} == {"1.2", "1.3"}
                told = side.client(talk.port, *words, *no_ems(server), *([] if none else ["--get", "/"]), status=int(none))
                if none:
                    need(told["error"].get("alert") in ("protocol_version", "handshake_failure"), ours, theirs, told)
                    continue
                version = "TLSv1.2" if "1.2" in (ours, theirs) else "TLSv1.3"
                need(told["version"] == version and "200" in told["response"]["text"], ours, theirs, told)


def with_key(side, kind):
    if kind == "ecdsa":
        return side
    other = Side(side.tool, side.openssl, side.backend, "rsa2048", side.work)
    other.aeads, other.groups, other.rsa, other.client_key = side.aeads, side.groups, side.rsa, side.client_key
    return other


def resume_at(server, way):
    side, session = server.side, server.side.file()
    with server.by(way) as talk:
        told = [side.client(talk.port, *OLD, *no_ems(server), "--session", session, "--get", "/") for _ in range(3)]
        need([one["resumed"] for one in told] == [False, True, True], way, told)
        need(told[2]["verified"] and "200" in told[2]["response"]["text"], told[2])
        need((told[2]["session_id"] is not None) == (way == "id") or server.name != "openssl s_server", way, told[2])


def authenticate_to(server):
    side = server.side
    if server.name == "nginx" or isinstance(server, OurServer):
        start = server.require()
    else:
        start = server.start(*server.auth("require"))
    with start as talk:
        told = side.client(talk.port, *OLD, *no_ems(server), *side.certificate(), "--get", "/")
        need(told["client_authenticated"] and "200" in told["response"]["text"], told)
        if server.name == "nginx":
            need("SUCCESS" in told["response"]["text"], told)
            bare = side.client(talk.port, *OLD, "--get", "/")
            need("400" in bare["response"]["text"] and not bare["client_authenticated"], bare)
            return
        if server.name != "bearssl":  # it tells no name, and goes on with none but a certificate under its root
            talk.wait(r"CN ?= ?client")
        bare = side.client(talk.port, *OLD, *no_ems(server), "--get", "/", status=1)
        need(bare["error"].get("alert") == ENDS_WITH[server.name], bare)


def psk_at(server):
    side = server.side
    with server.psk() as talk:
        told = side.client(talk.port, *OLD, "--psk", "printer:" + side.psk, "--get", "/", trust=False)
        need(told["external_psk"] and not told["chain"] and "200" in told["response"]["text"], told)
        wrong = side.client(talk.port, *OLD, "--psk", "printer:" + secrets.token_hex(32), status=1, trust=False)
        need(not wrong["ok"], wrong)


def raw_key_at(server):
    """The server's key; and ours, too, for a server that asks."""
    side = server.side
    with server.raw() as talk:
        told = side.client(talk.port, *OLD, "--rpk", "--peer-key", public_key(side), "--get", "/", trust=False)
        need(told["version"] == "TLSv1.2" and told["raw_key"] and told["verified"], told)
        need("200 OK" in told["response"]["text"], told)
        other = side.client(talk.port, *OLD, "--rpk", "--peer-key", public_key(with_client_key(side)), status=1, trust=False)
        need(other["error"]["origin"] == "local", other)
    with server.raw("--require-client-cert") as talk:
        told = side.client(talk.port, *OLD, "--rpk", "--peer-key", public_key(side), "--key",
                           pem(side.client_key, "key.pem"), "--get", "/", trust=False)
        need(told["client_authenticated"] and "200 OK" in told["response"]["text"], told)


def with_client_key(side):
    return Side(side.tool, side.openssl, side.backend, side.client_key, side.work)


def without_ems(server):
    """Refused, with the sentence that says so; and taken where that is allowed."""
    side = server.side
    with server.without_ems() as talk:
        told = side.client(talk.port, *OLD, status=1)
        need(told["error"]["code"] == "NO_EXTENDED_MASTER_SECRET" and told["error"]["sentence"] == NO_EMS, told["error"])
        need(told["error"]["alert"] == "handshake_failure" and told["error"]["alert_direction"] == "sent", told["error"])
        told = side.client(talk.port, *OLD, "--allow-no-ems", "--get", "/")
        need(not told["extended_master_secret"] and told["verified"] and "200" in told["response"]["text"], told)


# ---- their clients ----------------------------------------------------------------------------------------------

class OpenSSLClient(features.OpenSSLClient):
    def command(self, port, *options, **more):
        return openssl_words(self.side, super().command(port, *options, **more))

    def suite(self, suite):
        return ["-cipher", suite + ":@SECLEVEL=0"]

    def speaking(self, port, versions, **more):
        words = features.OpenSSLClient.command(self, port)
        with Talk([*filter(None, (VERSIONS[versions][0] if word == "-tls1_3" else word for word in words))]) as talk:
            return said_by(talk, **more)

    def alpn(self, name):
        return ["-alpn", name]

    def without_ems(self):
        return ["-no_ems"]

    def psk(self, key):
        return ["-cipher", PSK, "-psk", key, "-psk_identity", "printer"]


class GnuTLSClient(features.GnuTLSClient):
    def command(self, port, *options, **more):
        if "--priority" not in options:
            options = [*options, "--priority", GNUTLS]
        return super().command(port, *options, **more)

    def suite(self, suite):
        cipher = {"AES-128-GCM": "AES-128-GCM", "AES-256-GCM": "AES-256-GCM", "ChaCha20-Poly1305": "CHACHA20-POLY1305",
                  "AES-128-CCM": "AES-128-CCM", "AES-128-CCM_8": "AES-128-CCM-8"}[SUITES[suite][0]]
        return ["--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+" + cipher]

    def speaking(self, port, versions, **more):
        with self.talk(port, "--priority", "NORMAL:-VERS-ALL:" + VERSIONS[versions][1]) as talk:
            return said_by(talk, **more)

    def alpn(self, name):
        return ["--alpn", name]

    def without_ems(self):
        return ["--priority", GNUTLS_NO_EMS]


def said_by(talk, status=0):
    talk.say(GET)
    talk.thread.join(features.PATIENCE)
    code = talk.process.wait(features.PATIENCE)
    need((code == 0) == (status == 0), talk.command[0], "ends with", code, talk.text)
    return talk.text


class OurPeer(features.Client):
    """A client of peers/: it makes two connections and tells of both."""

    def connect(self, port, *more, trust=True):
        return run([self.program, "client", str(port), *([self.root()] if trust else []), *more])

    def speaking(self, port, _, status=0):
        code, out, err = self.connect(port)
        need((code == 0) == (status == 0), self.name, code, out, err)
        return out

    def alpn(self, name):
        return ["alpn=" + name]


class MbedClient(MbedTLS, OurPeer):
    def without_ems(self):
        return ["ems=off"]


class BearClient(BearSSL, OurPeer):
    def without_ems(self):
        return []


def ask(client, port, *options):
    """A request: what the client tells of it, which with a client of peers/ is not our page."""
    if isinstance(client, OurPeer):
        code, out, err = client.connect(port, *options)
        need(code == 0, options, out, err)
        return out
    told = client.run(port, *options)
    need("version      TLSv1.2" in told and "200 OK" in told, options, told)
    return told


def suites_for(client):
    for suite, kind in suites_of(client):
        side = with_key(client.side, kind)
        with side.server(*OLD, *no_ems(client), "--suites", suite) as talk:
            ask(type(client)(side), talk.port, *([] if isinstance(client, OurPeer) else client.suite(suite)))
            talk.wait(r"TLSv1\.2 .*, 200 for")


def groups_for(client):
    side = with_key(client.side, "rsa" if client.side.rsa else "ecdsa")
    for group in groups_of(client):
        with side.server(*OLD, *no_ems(client), "--groups", group) as talk:
            ask(type(client)(side), talk.port)
            talk.wait(r"(?i)TLSv1\.2 .*\b%s\b.*, 200 for" % group)


def protocols_for(client):
    with client.side.server(*OLD, *no_ems(client), "--alpn", "h2,http/1.1") as talk:
        told = ask(client, talk.port, *client.alpn("http/1.1"))
        need(re.search(r"alpn +http/1\.1", told), told)
        if isinstance(client, OurPeer):
            code, out, err = client.connect(talk.port, *client.alpn("h3"))
            need(code != 0, out, err)
        else:
            client.run(talk.port, *client.alpn("h3"), status=None)
        talk.wait(r"failed: NO_COMMON_ALPN")


def versions_for(client):
    side = client.side
    for theirs in ("1.2",) if isinstance(client, OurPeer) else ("both", "1.3", "1.2"):
        for ours, words in (("both", BOTH), ("1.2", OLD), ("1.3", NEW)):
            with side.server(*words, *no_ems(client)) as talk:
                if {ours, theirs} == {"1.2", "1.3"}:
                    client.speaking(talk.port, theirs, status=1)
                    talk.wait(r"failed: [A-Z_0-9]+.*alert protocol_version")
                    continue
                told = client.speaking(talk.port, theirs)
                need("200 OK" in told, ours, theirs, told)
                talk.wait(r"%s .*, 200 for" % ("TLSv1\\.2" if "1.2" in (ours, theirs) else "TLSv1\\.3"))


def raw_key_for(client):
    """Our key; and the client's, for which we ask."""
    side = client.side
    ours, priority = ["--rpk", "--key", pem(side.key, "key.pem")], ["--insecure", "--priority", GNUTLS_RAW]
    with side.server(*OLD, *ours, certificate=False) as talk:
        told = client.run(talk.port, *priority)
        need("Certificate type: Raw Public Key" in told and "200 OK" in told, told)
        talk.wait(r"TLSv1\.2 .*, 200 for")
    theirs = with_client_key(side)
    with side.server(*OLD, *ours, "--client-auth", "require", "--peer-key", public_key(theirs), certificate=False) as talk:
        told = client.run(talk.port, *priority, "--rawpkkeyfile", pem(side.client_key, "key.pem"), "--rawpkfile",
                          public_key(theirs))
        need("200 OK" in told, told)
        client.run(talk.port, *priority, status=None)
        talk.wait(r"failed: [A-Z_]+")


def resume_for(client, way):
    side = client.side
    with side.server(*OLD, *no_ems(client), *(["--session-cache"] if way == "id" else [])) as talk:
        if client.name == "openssl s_client":
            place, more = side.file(), ["-no_ticket"] if way == "id" else []
            client.run(talk.port, *more, "-sess_out", place)
            told = client.run(talk.port, *more, "-sess_in", place)
            need("Reused, TLSv1.2" in told and "handshake    resumed" in told, told)
        elif client.name == "gnutls-cli":
            told = client.run(talk.port, "-r", "--priority", GNUTLS + (":%NO_TICKETS" if way == "id" else ""))
            need("*** This is a resumed session" in told and "handshake    resumed" in told, told)
        else:
            told = ask(client, talk.port, *(["way=" + way] if client.name == "mbedtls" else []))
            need(client.name != "bearssl" or re.search(r"^resumed 0303 .* error 0", told, re.M), told)
        talk.wait(r"200 for|, resumed")
        talk.wait(r", resumed,")


def authenticate_for(client):
    side = client.side
    with side.server(*OLD, *no_ems(client), "--client-auth", "require", "--client-ca", side.root) as talk:
        if isinstance(client, OurPeer):
            ask(client, talk.port, *client.own(side.client_key))
            talk.wait(r"client CN=client")
            code, out, err = client.connect(talk.port)
            need(code != 0, out, err)
        else:
            told = client.run(talk.port, *client.certificate())
            need("certificate  CN=client" in told, told)
            client.run(talk.port, status=None)
        talk.wait(r"failed: [A-Z_]+")


def psk_for(client):
    side = client.side
    with side.server(*OLD, "--psk", "printer:" + side.psk, certificate=False) as talk:
        for key, good in ((side.psk, True), (secrets.token_hex(32), False)):
            if isinstance(client, OurPeer):
                code, out, err = client.connect(talk.port, "psk=printer:" + key, trust=False)
                need((code == 0) == good, out, err)
                continue
            with client.talk(talk.port, *client.psk(key), trust=False) as peer:
                peer.say(GET if good else b"")
                if good:
                    peer.wait(r"handshake    external psk")
                else:
                    peer.process.wait(features.PATIENCE)
        talk.wait(r"external psk, 200 for")
        talk.wait(r"failed: BAD_(RECORD_MAC|FINISHED)")


def without_ems_for(client):
    options = client.without_ems()
    with client.side.server(*OLD) as talk:
        if isinstance(client, OurPeer):
            code, out, _ = client.connect(talk.port, *options)
            need(code == 1 and "error 0" not in out, out)
        else:
            client.run(talk.port, *options, status=None)
        talk.wait(r"failed: NO_EXTENDED_MASTER_SECRET: %s \(ClientHello.* alert handshake_failure\(40\)" % re.escape(NO_EMS))
    with client.side.server(*OLD, "--allow-no-ems") as talk:
        ask(client, talk.port, *options)
        talk.wait(r"TLSv1\.2 .*no extended master secret.*, 200 for")


SERVERS = {"openssl s_server": OpenSSLServer, "gnutls-serv": GnuTLSServer, "nginx": Nginx, "mbedtls server": MbedServer,
           "bearssl server": BearServer}
CLIENTS = {"openssl s_client": OpenSSLClient, "gnutls-cli": GnuTLSClient, "mbedtls client": MbedClient,
           "bearssl client": BearClient}
# feature -> (case with a server, case with a client)
FEATURES = {
    "suites": (suites_with, suites_for),
    "groups": (groups_with, groups_for),
    "versions": (versions_with, versions_for),
    "ALPN": (protocols_with, protocols_for),
    "ticket": (lambda peer: resume_at(peer, "ticket"), lambda peer: resume_for(peer, "ticket")),
    "id": (lambda peer: resume_at(peer, "id"), lambda peer: resume_for(peer, "id")),
    "client certificate": (authenticate_to, authenticate_for),
    "raw public key": (raw_key_at, raw_key_for),
    "PSK": (psk_at, psk_for),
    "no EMS": (without_ems, without_ems_for),
}


def reason(peer, feature, backend):
    """Why that cannot be; None: it can."""
    for name in names_of(peer):
        why = LACKS.get((name, feature)) or BACKEND_LACKS.get((backend, name))
        if why:
            return why
    return None


def cases(sides, programs):
    """(feature, peer, side, case, class)"""
    for feature, both in FEATURES.items():
        for peers, case in zip((SERVERS, CLIENTS), both):
            for peer, kind in peers.items():
                if kind.name in ("mbedtls", "bearssl") and kind.name not in programs:
                    continue
                for side in sides:
                    if reason(peer, feature, side.backend) is None:
                        yield feature, peer, side, case, kind


def show(results, sides, programs):
    print("\n%-42s" % "passed on" + "".join("%20s" % side.backend for side in sides))
    for feature, peer in dict.fromkeys((feature, peer) for feature, peer, _ in results):
        cells = [results.get((feature, peer, side.backend)) for side in sides]
        words = ["-" if cell is None else "%.1f s" % cell[1] if cell[0] is None else "FAILED" for cell in cells]
        print("%-22s%-20s" % (feature, peer) + "".join("%18s  " % word for word in words))
    print("\n%-20s%8s%8s%14s" % ("peer", "passed", "failed", "not possible"))
    for peer in [*SERVERS, *CLIENTS]:
        told = [result[0] for (_, who, _), result in results.items() if who == peer]
        lacking = sum(reason(peer, feature, side.backend) is not None for feature in FEATURES for side in sides)
        print("%-20s%8d%8d%14d" % (peer, told.count(None), len(told) - told.count(None), lacking))
    print("\nnot possible, declared:")
    for (who, what), why in [*LACKS.items(), *BACKEND_LACKS.items(), *PEER_LACKS.items()]:
        print("  %-18s %-22s %s" % (who, what, why))
    for name in ("mbedtls", "bearssl"):
        if name not in programs:
            print("  %-18s left out: its library is not installed (docs/packages.md)" % name)


def make_sides(args, work):
    absent = declared_absent()
    conditional, built = conditional_absences(args.tool)
    backends = args.backend or built
    sides = []
    for backend in backends:
        def has(name, backend=backend):
            return not lacks(backend, name, absent, conditional)
        side = Side(args.tool, args.openssl, backend, "ec256" if has("ECDSA-P-256") else "ed25519", work)
        side.aeads = [aead for aead, _ in SUITES.values() if has(aead)]
        side.groups = [group for group, names in GROUPS.items() if has(names[0])]
        side.rsa = has("RSA-PSS")
        sides.append(side)
    return sides


def main():
    p = argparse.ArgumentParser(description="TLS 1.2 with OpenSSL, GnuTLS, nginx, Mbed TLS and BearSSL on loopback.")
    p.add_argument("--tool", required=True, help="the program trivet")
    p.add_argument("--openssl", default="openssl", help="the program openssl")
    p.add_argument("--mbedtls", help="the program of peers/mbedtls.c")
    p.add_argument("--bearssl", help="the program of peers/bearssl.c")
    p.add_argument("--backend", action="append", help="only this backend, or overlay (may be repeated)")
    p.add_argument("--peer", action="append", help="only this peer (may be repeated)")
    p.add_argument("--feature", action="append", help="only this feature (may be repeated)")
    p.add_argument("--jobs", type=int, default=2, help="cases at a time")
    args = p.parse_args()
    for program in (args.openssl, "gnutls-serv", "gnutls-cli", "nginx"):
        if shutil.which(program) is None:
            sys.exit("tls12: %s is not installed: docs/packages.md has the packages" % program)
    programs = {name: value for name, value in (("mbedtls", args.mbedtls), ("bearssl", args.bearssl)) if value}
    for kinds in (SERVERS, CLIENTS):
        for kind in kinds.values():
            kind.program = programs.get(kind.name)
    begin, results = time.monotonic(), {}
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        sides, jobs = make_sides(args, work), {}
        for feature, peer, side, case, kind in cases(sides, programs):
            if (args.peer and peer not in args.peer) or (args.feature and feature not in args.feature):
                continue
            jobs[feature, peer, side.backend] = pool.submit(attempt, case, kind(side))
        for name, job in jobs.items():
            results[name] = job.result()
    show(results, sides, programs)
    failed = {name: result[0] for name, result in results.items() if result[0] is not None}
    for name, problem in failed.items():
        print("FAILED %s: %s" % (", ".join(name), problem))
    print("\n%d s" % (time.monotonic() - begin))
    print("%d passed, %d failed" % (len(results) - len(failed), len(failed)))
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
