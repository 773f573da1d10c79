#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# TLS 1.2 with peers that nobody here wrote, on loopback and both ways: every suite that both sides have, sessions by ticket and
# by id, client certificates, ECDHE_PSK; with OpenSSL, GnuTLS, nginx, and, where their libraries are there, Mbed TLS and BearSSL
# (peers/*.c). Prints a table; a case that fails, fails the run.
#
# What a peer or a backend cannot do is declared in LACKS and BACKEND_LACKS below, with the reason, and shown.
import argparse
import concurrent.futures
import contextlib
import os
import re
import secrets
import shutil
import sys
import tempfile
import time

import features
from features import GET, Side, Talk, attempt, need, peer_server
from matrix import conditional_absences, declared_absent, lacks, pem, run

GNUTLS = "NORMAL:-VERS-ALL:+VERS-TLS1.2:+AES-128-CCM"
GNUTLS_PSK = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK:-CIPHER-ALL:+CHACHA20-POLY1305"
SUITES = {  # by the name of OpenSSL: AEAD, kind of key, the registry's number
    "ECDHE-ECDSA-AES128-GCM-SHA256": ("AES-128-GCM", "ecdsa"),
    "ECDHE-RSA-AES128-GCM-SHA256": ("AES-128-GCM", "rsa"),
    "ECDHE-ECDSA-AES256-GCM-SHA384": ("AES-256-GCM", "ecdsa"),
    "ECDHE-RSA-AES256-GCM-SHA384": ("AES-256-GCM", "rsa"),
    "ECDHE-ECDSA-CHACHA20-POLY1305": ("ChaCha20-Poly1305", "ecdsa"),
    "ECDHE-RSA-CHACHA20-POLY1305": ("ChaCha20-Poly1305", "rsa"),
    "ECDHE-ECDSA-AES128-CCM": ("AES-128-CCM", "ecdsa"),
}
OLD = ["--max", "1.2"]
# what a server that wants a certificate says to a client without one; GnuTLS says it to its own client too
ENDS_WITH = {"openssl s_server": "handshake_failure", "gnutls-serv": "decode_error", "mbedtls": None}
PSK = "ECDHE-PSK-CHACHA20-POLY1305"  # the one AEAD suite with ECDHE_PSK that OpenSSL and GnuTLS have

# (peer, feature) -> reason
LACKS = {
    ("nginx", "PSK"): "nginx has no pre-shared keys",
    ("mbedtls", "PSK"): "the programs in peers/ know certificates alone",
    ("gnutls-cli", "PSK"): "gnutls-cli 3.7 crashes behind a handshake with ECDHE_PSK of TLS 1.2, with gnutls-serv too",
    ("bearssl", "ticket"): "BearSSL has no tickets",
    ("bearssl", "client certificate"): "its client here shows none",
    ("bearssl", "PSK"): "BearSSL has no pre-shared keys",
}
# (backend, peer) -> reason
BACKEND_LACKS = {
    ("libsodium", "mbedtls"): "Mbed TLS 2.28 has no Ed25519, and libsodium no other signature",
    ("libsodium", "bearssl"): "BearSSL has no Ed25519, and libsodium no other signature",
}


# ---- their servers ----------------------------------------------------------------------------------------------

class OpenSSLServer(features.OpenSSLServer):
    def command(self, *options, **more):
        return ["-tls1_2" if word == "-tls1_3" else word for word in super().command(*options, **more)]

    def by(self, way):
        return self.start(*self.http, "-cipher", "ALL", *(["-no_ticket"] if way == "id" else []))

    def psk(self):
        return self.start(*self.http, "-cipher", PSK, "-psk", self.side.psk, "-psk_identity", "printer",
                          certificate=False)


class GnuTLSServer(features.GnuTLSServer):
    def command(self, *options, priority=GNUTLS, **more):
        return super().command(*options, priority=priority, **more)

    def by(self, way):
        return self.start(*self.http, *(["--noticket"] if way == "id" else []))

    def psk(self):
        passwords = self.side.file(b"printer:%s\n" % self.side.psk.encode())
        return self.start(*self.http, "--pskpasswd", passwords, certificate=False, priority=GNUTLS_PSK)


class Nginx(features.Server):
    name = "nginx"

    @contextlib.contextmanager
    def start(self, *lines):
        work, key = tempfile.mkdtemp(dir=self.side.work), self.side.key
        conf = os.path.join(work, "nginx.conf")
        port = features.free_port()
        with open(conf, "w", encoding="utf-8") as f:
            f.write("daemon off; master_process off; pid %s/pid; error_log stderr;\nevents { worker_connections 64; }\n"
                    "http { access_log off;\n%s\nserver { listen 127.0.0.1:%d ssl; server_name localhost;\n"
                    "ssl_certificate %s; ssl_certificate_key %s; ssl_protocols TLSv1.2; ssl_ciphers ALL;\n%s\n"
                    "location / { return 200 \"$ssl_protocol $ssl_cipher $ssl_session_reused $ssl_client_verify\\n\"; } } }\n"
                    % (work, "".join("%s_temp_path %s/%s;\n" % (what, work, what) for what in
                                     ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")),
                       port, pem(key, "chain.pem"), pem(key, "key.pem"), "\n".join(lines)))
        with Talk(["nginx", "-c", conf, "-p", work, "-e", "stderr"]) as talk:
            features.wait_port(port, talk.process)
            talk.port = port
            yield talk

    def by(self, way):
        return self.start("ssl_session_tickets %s;" % ("on" if way == "ticket" else "off"),
                          "ssl_session_cache shared:SSL:1m;" if way == "id" else "")

    def suites(self):
        return self.start()

    @contextlib.contextmanager
    def require(self):
        with self.start("ssl_verify_client on; ssl_verify_depth 3;", "ssl_client_certificate %s;" % self.side.root) as talk:
            yield talk


class MbedServer(features.Server):
    name = "mbedtls"

    def by(self, way, *more):
        key = self.side.key
        return peer_server([self.program, "server", "{port}", way, self.side.root, pem(key, "chain.pem"), pem(key, "key.pem"),
                            *more])


class BearServer(features.Server):
    name = "bearssl"

    def by(self, way):
        side = self.side
        return peer_server([self.program, "server", "{port}", der(side, pem(side.key, "key.pem"), "pkey"),
                            der(side, pem(side.key, "leaf.pem"), "x509"), der(side, pem(side.key, "intermediate.pem"), "x509")])


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
        if kind == "rsa" and server.name == "bearssl":
            continue  # its server here has one key, for ECDSA
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
        if aead in peer.side.aeads and (kind == "ecdsa" or peer.side.rsa):
            yield suite, kind


def with_key(side, kind):
    if kind == "ecdsa":
        return side
    other = Side(side.tool, side.openssl, side.backend, "rsa2048", side.work)
    other.aeads, other.rsa, other.client_key = side.aeads, side.rsa, side.client_key
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
    if server.name == "nginx":
        start = server.require()
    elif server.name == "mbedtls":
        start = server.by("id", "auth")
    else:
        start = server.start(*server.auth("require"))
    with start as talk:
        told = side.client(talk.port, *OLD, *side.certificate(), "--get", "/")
        need(told["client_authenticated"] and "200" in told["response"]["text"], told)
        if server.name == "nginx":
            need("SUCCESS" in told["response"]["text"], told)
            bare = side.client(talk.port, *OLD, "--get", "/")
            need("400" in bare["response"]["text"] and not bare["client_authenticated"], bare)
            return
        talk.wait(r"CN ?= ?client")
        bare = side.client(talk.port, *OLD, "--get", "/", status=1)
        need(bare["error"].get("alert") == ENDS_WITH[server.name], bare)


def psk_at(server):
    side = server.side
    with server.psk() as talk:
        told = side.client(talk.port, *OLD, "--psk", "printer:" + side.psk, "--get", "/", trust=False)
        need(told["external_psk"] and not told["chain"] and "200" in told["response"]["text"], told)
        wrong = side.client(talk.port, *OLD, "--psk", "printer:" + secrets.token_hex(32), status=1, trust=False)
        need(not wrong["ok"], wrong)


def refuse_without_ems(server):
    with server.by("id") as talk:
        told = server.side.client(talk.port, *OLD, status=1)
        need(told["error"]["code"] == "NO_EXTENDED_MASTER_SECRET", told["error"])


# ---- their clients ----------------------------------------------------------------------------------------------

class OpenSSLClient(features.OpenSSLClient):
    def command(self, port, *options, **more):
        return ["-tls1_2" if word == "-tls1_3" else word for word in super().command(port, *options, **more)]

    def suite(self, suite):
        return ["-cipher", suite]

    def psk(self, key):
        return ["-cipher", PSK, "-psk", key, "-psk_identity", "printer"]


class GnuTLSClient(features.GnuTLSClient):
    def command(self, port, *options, **more):
        if "--priority" not in options:
            options = [*options, "--priority", GNUTLS]
        return super().command(port, *options, **more)

    def suite(self, suite):
        cipher = {"AES-128-GCM": "AES-128-GCM", "AES-256-GCM": "AES-256-GCM", "ChaCha20-Poly1305": "CHACHA20-POLY1305",
                  "AES-128-CCM": "AES-128-CCM"}[SUITES[suite][0]]
        return ["--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+" + cipher]

    def psk(self, key):
        return ["--pskusername", "printer", "--pskkey", key, "--priority", GNUTLS_PSK]


class OurPeer(features.Client):
    """A client of peers/: it makes two connections and tells of both."""

    def connect(self, port, way="id", *more):
        root = der(self.side, self.side.root, "x509") if self.name == "bearssl" else self.side.root
        return run([self.program, "client", str(port), *([way] if self.name == "mbedtls" else []), root, *more])


class MbedClient(OurPeer):
    name = "mbedtls"


class BearClient(OurPeer):
    name = "bearssl"


def suites_for(client):
    for suite, kind in suites_of(client):
        side = with_key(client.side, kind)
        with side.server(*OLD, *no_ems(client), "--suites", suite) as talk:
            if isinstance(client, OurPeer):
                code, out, err = type(client)(side).connect(talk.port)
                need(code == 0, suite, out, err)
            else:
                told = type(client)(side).run(talk.port, *client.suite(suite))
                need("version      TLSv1.2" in told and "200 OK" in told, suite, told)
            talk.wait(r"TLSv1\.2 .*, 200 for")


def resume_for(client, way):
    side = client.side
    with side.server(*OLD, *no_ems(client), *(["--session-cache"] if way == "id" and client.name != "bearssl" else [])) as talk:
        if client.name == "openssl s_client":
            place, more = side.file(), ["-no_ticket"] if way == "id" else []
            client.run(talk.port, *more, "-sess_out", place)
            told = client.run(talk.port, *more, "-sess_in", place)
            need("Reused, TLSv1.2" in told and "handshake    resumed" in told, told)
        elif client.name == "gnutls-cli":
            told = client.run(talk.port, "-r", "--priority", GNUTLS + (":%NO_TICKETS" if way == "id" else ""))
            need("*** This is a resumed session" in told and "handshake    resumed" in told, told)
        else:
            code, out, err = client.connect(talk.port, way)
            need(code == 0, out, err)
            if client.name == "bearssl":
                need(re.search(r"^resumed 0303 .* error 0", out, re.M), out)
        talk.wait(r"200 for|, resumed")
        talk.wait(r", resumed,")


def authenticate_for(client):
    side = client.side
    with side.server(*OLD, "--client-auth", "require", "--client-ca", side.root) as talk:
        if isinstance(client, OurPeer):
            code, out, err = client.connect(talk.port, "id", *side.certificate()[1::2])
            need(code == 0, out, err)
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
        with client.talk(talk.port, *client.psk(side.psk), trust=False) as peer:
            peer.say(GET)
            peer.wait(r"handshake    external psk")
        talk.wait(r"external psk, 200 for")
        with client.talk(talk.port, *client.psk(secrets.token_hex(32)), trust=False) as peer:
            peer.process.wait(features.PATIENCE)
        talk.wait(r"failed: BAD_(RECORD_MAC|FINISHED)")


def refuse_client_without_ems(client):
    with client.side.server(*OLD) as talk:
        code, out, _ = client.connect(talk.port)
        need(code == 1 and "error 0" not in out, out)
        talk.wait(r"failed: NO_EXTENDED_MASTER_SECRET")


SERVERS = {"openssl s_server": OpenSSLServer, "gnutls-serv": GnuTLSServer, "nginx": Nginx, "mbedtls server": MbedServer,
           "bearssl server": BearServer}
CLIENTS = {"openssl s_client": OpenSSLClient, "gnutls-cli": GnuTLSClient, "mbedtls client": MbedClient,
           "bearssl client": BearClient}
# feature -> (case with a server, case with a client)
FEATURES = {
    "suites": (suites_with, suites_for),
    "ticket": (lambda peer: resume_at(peer, "ticket"), lambda peer: resume_for(peer, "ticket")),
    "id": (lambda peer: resume_at(peer, "id"), lambda peer: resume_for(peer, "id")),
    "client certificate": (authenticate_to, authenticate_for),
    "PSK": (psk_at, psk_for),
    "no EMS refused": (refuse_without_ems, refuse_client_without_ems),
}


def cases(sides, programs):
    """(feature, peer, side, case, class)"""
    for feature, (at_server, for_client) in FEATURES.items():
        for peers, case in ((SERVERS, at_server), (CLIENTS, for_client)):
            for peer, kind in peers.items():
                if kind.name in ("mbedtls", "bearssl") and kind.name not in programs:
                    continue
                if (kind.name, feature) in LACKS or (feature == "no EMS refused") != (kind.name == "bearssl" and
                                                                                     feature == "no EMS refused"):
                    continue
                for side in sides:
                    if (side.backend, kind.name) not in BACKEND_LACKS:
                        yield feature, peer, side, case, kind


def show(results, sides, programs):
    print("\n%-42s" % "passed on" + "".join("%20s" % side.backend for side in sides))
    for feature, peer in dict.fromkeys((feature, peer) for feature, peer, _ in results):
        cells = [results.get((feature, peer, side.backend)) for side in sides]
        words = ["-" if cell is None else "%.1f s" % cell[1] if cell[0] is None else "FAILED" for cell in cells]
        print("%-22s%-20s" % (feature, peer) + "".join("%18s  " % word for word in words))
    print("\nnot possible, declared:")
    for (who, what), reason in [*LACKS.items(), *BACKEND_LACKS.items()]:
        print("  %-18s %-22s %s" % (who, what, reason))
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
