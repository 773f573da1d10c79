#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# What TLS 1.3 has beyond a plain handshake, with peers that nobody here wrote, on loopback and both ways: tickets, 0-RTT,
# client certificates in and after the handshake, key updates, pre-shared keys, HelloRetryRequest, cookies, raw public keys,
# stapled OCSP responses. Where both sides can tell what happened, both are asked. Prints a table; a case that fails, fails
# the run.
#
# What a peer or a backend cannot do is declared in LACKS and BACKEND_LACKS below, with the reason, and shown.
import argparse
import concurrent.futures
import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from matrix import Failure, conditional_absences, declared_absent, free_port, lacks, pem, run, wait_port

PATIENCE = 15
SETTLE = 0.3  # seconds: OpenSSL's tools take a command only when it comes alone
REQUEST = b"GET /early HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
GNUTLS = "NORMAL:-VERS-ALL:+VERS-TLS1.3"
GNUTLS_RAW = GNUTLS + ":+CTYPE-CLI-RAWPK:+CTYPE-SRV-RAWPK"
GNUTLS_PSK = GNUTLS + ":-KX-ALL:+ECDHE-PSK:+DHE-PSK:+PSK"

# (peer, feature) -> reason
LACKS = {
    ("openssl s_server", "cookie"): "s_server -stateless closes the connection behind its HelloRetryRequest, to s_client too",
    ("gnutls-serv", "cookie"): "gnutls-serv asks for cookies with DTLS alone",
    ("gnutls-cli", "cookie"): "GnuTLS 3.7 refuses a HelloRetryRequest with a cookie and no group (see cookie and group)",
    ("openssl", "raw public key"): "the tools of OpenSSL have them from 3.2 on alone",
    ("gnutls-cli", "0-RTT rejected"): "gnutls-cli resumes within one run, at the server that gave the ticket",
    ("gnutls-serv", "key update both ways"): "gnutls-serv has no command for a KeyUpdate; it takes ours and answers",
}
# (backend, feature) -> reason
BACKEND_LACKS = {
    ("libsodium", "HelloRetryRequest"): "libsodium has one group, X25519: no other could be asked for (see cookie)",
    ("libsodium", "cookie and group"): "libsodium has one group",
    ("libsodium", "OCSP"): "the response is signed with P-256, which libsodium has not",
}


def need(condition, *words):
    if not condition:
        raise Failure(" ".join(str(word)[-600:] for word in words))


class Talk:
    """A process whose output is gathered while somebody talks to it; it is stopped when its block ends."""

    def __init__(self, command):
        self.command = command
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.bytes = b""
        self.thread = threading.Thread(target=self.gather, daemon=True)
        self.thread.start()

    def gather(self):
        while data := self.process.stdout.read1(65536):
            self.bytes += data

    @property
    def text(self):
        return self.bytes.decode("utf-8", "replace")

    def say(self, text):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.write(text)
            self.process.stdin.flush()

    def wait(self, pattern, times=1):
        """Until its output has so many matches."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if len(re.findall(pattern, self.text)) >= times:
                return
            time.sleep(0.02)
        raise Failure("%s does not say %r %d times: %s" % (self.command[0], pattern, times, self.text[-600:]))

    def listens(self, port):
        try:
            wait_port(port, self.process)
        except Failure as failure:
            raise Failure("%s: %s: %s" % (self.command[0], failure, self.text[-600:])) from failure
        self.port = port
        return self

    def end(self):
        """No more is said; until it ends by itself."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired as late:
            raise Failure("%s does not end: %s" % (self.command[0], self.text[-600:])) from late
        self.thread.join(PATIENCE)
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.thread.join(5)
        self.process.stdout.close()


class Side:
    """Our tool on one backend, and the files that go with it."""

    def __init__(self, tool, openssl, backend, key, work):
        self.tool, self.openssl, self.backend, self.key, self.work = tool, openssl, backend, key, work
        self.client_key = "client" if key == "ec256" else "client-" + key
        self.root = pem(key, "root.pem")
        self.psk = secrets.token_hex(32)

    def file(self, content=None):
        place = os.path.join(self.work, secrets.token_hex(8))
        if content is not None:
            with open(place, "wb") as f:
                f.write(content)
        return place

    @contextlib.contextmanager
    def server(self, *options, certificate=True):
        """Our server: yields its process and port; it must end with status 0."""
        words = ["--cert", pem(self.key, "chain.pem"), "--key", pem(self.key, "key.pem")] if certificate else []
        with Talk([self.tool, "server", "--backend", self.backend, *words, *options, "127.0.0.1:0"]) as talk:
            talk.wait(r"listening on .*:\d+\n")
            talk.port = int(re.search(r"listening on .*:(\d+)\n", talk.text).group(1))
            yield talk
            talk.process.terminate()
            need(talk.end() == 0, "our server ends with", talk.process.returncode, talk.text)

    def words(self, *options):
        return [self.tool, "client", "--backend", self.backend, *options]

    def client(self, port, *options, status=0, trust=True):
        """Our client with --json: its report."""
        more = ["--ca", self.root, "--name", "localhost"] if trust else []
        code, out, err = run(self.words(*more, "--json", *options, "127.0.0.1:%d" % port))
        need(code == status, "our client ends with", code, out, err)
        return json.loads(out)

    def certificate(self):
        return ["--cert", pem(self.client_key, "chain.pem"), "--key", pem(self.client_key, "key.pem")]


@contextlib.contextmanager
def listening(command_for):
    """A server that the command for a free port starts; for another port, when somebody took it in between."""
    for tries in range(3):
        port = free_port()
        with Talk(command_for(port)) as talk:
            try:
                server = talk.listens(port)
            except Failure as failure:
                if tries == 2 or "already in use" not in str(failure).lower():
                    raise
                continue
            yield server
            return


def peer_server(command):
    """A server that takes its port as {port}."""
    return listening(lambda port: [word.replace("{port}", str(port)) for word in command])


# ---- our client, their servers ----------------------------------------------------------------------------------

class Server:
    """What differs between the two servers of others."""

    def __init__(self, side):
        self.side = side

    def start(self, *options, **more):
        return peer_server(self.command(*options, **more))


class OpenSSLServer(Server):
    name, reused = "openssl s_server", r"Reused, TLSv1\.3"
    http, early = ["-www"], ["-early_data", "-max_early_data", "1000"]
    subject = r"(?:subject=|depth=0 ).*CN ?= ?client"

    def command(self, *options, certificate=True):
        key = self.side.key
        words = ["-cert", pem(key, "leaf.pem"), "-key", pem(key, "key.pem"), "-cert_chain", pem(key, "intermediate.pem")]
        return [self.side.openssl, "s_server", "-accept", "127.0.0.1:{port}", "-tls1_3",
                *(words if certificate else ["-nocert"]), *options]

    def auth(self, mode):
        words = {"none": [], "request": ["-verify", "3"], "require": ["-Verify", "3"]}[mode]
        return [*self.http, *words, "-verify_return_error", "-CAfile", self.side.root]

    def later(self):
        return ["-CAfile", self.side.root, "-verify_return_error"]

    def psk(self):
        return self.start(*self.http, "-psk", self.side.psk, "-psk_identity", "printer", certificate=False)

    def retry(self):
        return [*self.http, "-groups", "P-384"]

    def early_words(self, talk):
        talk.wait(r"Early data received:\s")
        talk.wait(r"GET /early")

    def ask_later(self, client):
        """The command c asks for the certificate of a client that is connected."""
        client.server.say(b"c\n")
        client.server.wait(self.subject)


class GnuTLSServer(Server):
    name, reused = "gnutls-serv", r"\*\*\* This is a resumed session"
    http, early = ["--http"], ["--echo", "--earlydata", "--maxearlydata", "1000", "-d", "5"]
    subject = r"CN=client"

    def command(self, *options, certificate=True, priority=GNUTLS):
        key = self.side.key
        words = ["--x509certfile", pem(key, "chain.pem"), "--x509keyfile", pem(key, "key.pem")] if certificate else []
        return ["gnutls-serv", "-p", "{port}", "--priority", priority, *words, *options]

    def auth(self, mode):
        words = {"none": ["-a"], "request": ["--verify-client-cert"],
                 "require": ["--require-client-cert", "--verify-client-cert"]}[mode]
        return [*self.http, *words, "--x509cafile", self.side.root]

    def later(self):
        return ["--echo", "--x509cafile", self.side.root, "--verify-client-cert"]

    def psk(self):
        passwords = self.side.file(b"printer:%s\n" % self.side.psk.encode())
        return self.start(*self.http, "--pskpasswd", passwords, certificate=False, priority=GNUTLS_PSK)

    def start(self, *options, **more):
        if "RETRY" in options:
            more["priority"] = GNUTLS + ":-GROUP-ALL:+GROUP-SECP384R1"
            options = [word for word in options if word != "RETRY"]
        return super().start(*options, **more)

    def retry(self):
        return [*self.http, "RETRY"]

    def early_words(self, talk):
        talk.wait(r"decrypted early data with length: %d" % len(REQUEST))

    def ask_later(self, client):
        client.say(b"**REAUTH**\n")
        client.wait(r"Successfully executed command")


def tickets_from(server):
    side, session = server.side, server.side.file()
    with server.start(*server.http) as talk:
        first, second = [side.client(talk.port, "--session", session, "--get", "/") for _ in range(2)]
        need(not first["resumed"] and second["resumed"] and second["verified"], "not resumed:", second)
        need(second["session"]["tickets_kept"] > 0, "no new ticket:", second["session"])
        if server.name == "gnutls-serv":
            talk.wait(server.reused)
        else:
            need(re.search(server.reused, second["response"]["text"]), "the page:", second["response"]["text"])


def early_to(server):
    """GnuTLS rejects a ticket whose age is more on the client's clock than on its own. Both count whole milliseconds, so on
    a loopback that is faster than one this happens now and then, without anybody's fault: hence several tries."""
    side, session, request = server.side, server.side.file(), server.side.file(REQUEST)
    with server.start(*server.early) as talk:
        side.client(talk.port, "--session", session)
        for _ in range(4 if server.name == "gnutls-serv" else 1):
            told = side.client(talk.port, "--session", session, "--early-data", request)
            if told["early_data"]["fate"] == "accepted":
                break
        need(told["early_data"] == {"fate": "accepted", "bytes": len(REQUEST)}, told["early_data"])
        need(told["early_file"]["sent_after"] == 0, told["early_file"])
        server.early_words(talk)


def early_rejected_by(server):
    """A server with other ticket keys: the data goes again, and arrives once."""
    side, session, request = server.side, server.side.file(), server.side.file(REQUEST)
    with server.start(*server.early) as talk:
        side.client(talk.port, "--session", session)
    with server.start(*server.early) as talk:
        told = side.client(talk.port, "--session", session, "--early-data", request)
        need(told["early_data"]["fate"] == "rejected" and not told["resumed"], told["early_data"])
        need(told["early_file"]["sent_after"] == len(REQUEST), told["early_file"])
        if server.name == "gnutls-serv":
            need("GET /early" in told["response"]["text"], "no echo:", told["response"])
        else:
            talk.wait(r"GET /early")
        need(len(re.findall(r"Early data received:|decrypted early data", talk.text)) == 0, talk.text)


def authenticate_to(server):
    side = server.side
    for mode in ("none", "request", "require"):
        with server.start(*server.auth(mode)) as talk:
            told = side.client(talk.port, *side.certificate(), "--get", "/")
            need(told["client_authenticated"] == (mode != "none"), mode, told)
            if mode != "none":
                talk.wait(server.subject)
            told = side.client(talk.port, "--get", "/", status=1 if mode == "require" else 0)
            if mode == "require":
                need(told["error"]["alert"] == "certificate_required", told["error"])
            else:
                need(not told["client_authenticated"], told)


def authenticate_later_to(server):
    side = server.side
    with server.start(*server.later()) as talk:
        with Talk(side.words("--ca", side.root, "--name", "localhost", "--post-handshake-auth", *side.certificate(),
                             "127.0.0.1:%d" % talk.port)) as client:
            client.server = talk
            client.wait(r"backend ")
            server.ask_later(client)
            client.end()
            client.wait(r"client      our certificate or key was shown")


def update_keys_of_s_server(server):
    """Each side asks the other once, with data before and after; s_server tells what it sent and received, its own request
    and its answer to ours in one message."""
    side = server.side
    with server.start("-msg") as talk:
        with Talk(side.words("--ca", side.root, "--name", "localhost", "--key-update", "127.0.0.1:%d" % talk.port)) as client:
            client.wait(r"backend ")
            client.say(b"one\n")
            talk.wait(r"(?m)^one$")
            client.say(b"two\n")
            talk.wait(r"(?m)^two$")
            talk.say(b"K\n")
            talk.wait(r">>> TLS 1\.3, Handshake \[length 0005\], KeyUpdate")
            time.sleep(SETTLE)
            talk.say(b"three\n")
            client.wait(r"three")
            client.say(b"four\n")
            talk.wait(r"(?m)^four$")
            talk.wait(r"<<< TLS 1\.3, Handshake \[length 0005\], KeyUpdate", 2)
            need(client.end() == 0, client.text)


def update_keys_of_gnutls_serv(server):
    side = server.side
    with server.start("--echo", "-d", "5") as talk:
        with Talk(side.words("--ca", side.root, "--name", "localhost", "--key-update", "127.0.0.1:%d" % talk.port)) as client:
            client.wait(r"backend ")
            for line in (b"one\n", b"two\n", b"three\n"):
                client.say(line)
                client.wait(line.decode())
            talk.wait(r"KEY_UPDATE|key update|KEY UPDATE")
            need(client.end() == 0, client.text)


def psk_with_server(server):
    side = server.side
    with server.psk() as talk:
        key = "printer:" + side.psk
        told = side.client(talk.port, "--psk", key, "--get", "/", trust=False)
        need(told["external_psk"] and not told["chain"] and "200" in told["response"]["text"], told)
        wrong = side.client(talk.port, "--psk", "printer:" + secrets.token_hex(32), status=1, trust=False)
        need(not wrong["ok"], wrong)


def retry_by_server(server):
    with server.start(*server.retry()) as talk:
        told = server.side.client(talk.port, "--groups", "x25519:secp384r1", "--get", "/")
        need(told["hello_retry"] and told["group"].lower() == "secp384r1", told)


# ---- our server, their clients ----------------------------------------------------------------------------------

class Client:
    def __init__(self, side):
        self.side = side

    def run(self, port, *options, data=GET, status=0):
        """One run, to its end: its output."""
        with self.talk(port, *options) as talk:
            talk.say(data)
            if status is None:
                talk.process.wait(PATIENCE)
            talk.thread.join(PATIENCE)
            code = talk.process.wait(PATIENCE)
            need(status is None or code == status, self.name, "ends with", code, talk.text)
            return talk.text

    def talk(self, port, *options, **more):
        return Talk(self.command(port, *options, **more))


class OpenSSLClient(Client):
    name = "openssl s_client"
    later = ["-enable_pha"]

    def command(self, port, *options, trust=True, listen=False):
        words = ["-CAfile", self.side.root, "-verify_return_error", "-servername", "localhost"] if trust else []
        return [self.side.openssl, "s_client", "-connect", "127.0.0.1:%d" % port, "-tls1_3", *words,
                *([] if listen else ["-ign_eof"]), *options]

    def certificate(self):
        kind, chain = self.side.client_key, self.side.file()
        with open(pem(kind, "chain.pem"), "rb") as source, open(chain, "wb") as f:
            blocks = source.read().split(b"-----BEGIN CERTIFICATE-----")
            f.write(b"-----BEGIN CERTIFICATE-----" + blocks[2])
        return ["-cert", pem(kind, "chain.pem"), "-key", pem(kind, "key.pem"), "-cert_chain", chain]

    def psk(self, key):
        return ["-psk", key, "-psk_identity", "printer"]

    def retry(self):
        return ["-groups", "X25519:P-384"]


class GnuTLSClient(Client):
    name = "gnutls-cli"
    later = ["--post-handshake-auth"]

    def command(self, port, *options, trust=True, listen=False):
        words = ["--x509cafile", self.side.root, "--sni-hostname", "localhost", "--verify-hostname", "localhost"]
        if not any(word == "--priority" for word in options):
            words += ["--priority", GNUTLS]
        return ["gnutls-cli", "-p", str(port), *(words if trust else []), *options, "127.0.0.1"]

    def certificate(self):
        return ["--x509certfile", pem(self.side.client_key, "chain.pem"), "--x509keyfile",
                pem(self.side.client_key, "key.pem")]

    def psk(self, key):
        return ["--pskusername", "printer", "--pskkey", key, "--priority", GNUTLS_PSK]

    def retry(self):
        return ["--single-key-share", "--priority", GNUTLS + ":-GROUP-ALL:+GROUP-X25519:+GROUP-SECP384R1"]


def tickets_for_s_client(client):
    place = client.side.file()
    with client.side.server() as talk:
        first = client.run(talk.port, "-sess_out", place)
        need("New, TLSv1.3" in first and "handshake    full" in first, first)
        second = client.run(talk.port, "-sess_in", place)
        need("Reused, TLSv1.3" in second and "handshake    resumed" in second, second)
        talk.wait(r", resumed,")


def tickets_for_gnutls_cli(client):
    with client.side.server("--tickets-now") as talk:
        told = client.run(talk.port, "-r", "--waitresumption")
        need("*** This is a resumed session" in told and "handshake    resumed" in told, told)
        talk.wait(r", resumed,")


def early_from_s_client(client):
    place, request = client.side.file(), client.side.file(REQUEST)
    with client.side.server("--early-data-max", "1000") as talk:
        client.run(talk.port, "-sess_out", place)
        told = client.run(talk.port, "-sess_in", place, "-early_data", request, data=b"")
        need("Early data was accepted" in told and "early data   accepted, %d bytes" % len(REQUEST) in told, told)
        talk.wait(r'early data accepted, %d bytes, 200 for "GET /early' % len(REQUEST))


def early_rejected_to_s_client(client):
    place, request, keys = client.side.file(), client.side.file(REQUEST), client.side.file(secrets.token_bytes(48))
    with client.side.server("--early-data-max", "1000", "--ticket-key", keys) as talk:
        client.run(talk.port, "-sess_out", place)
    with client.side.server("--ticket-key", keys) as talk:
        told = client.run(talk.port, "-sess_in", place, "-early_data", request)
        need("Early data was rejected" in told and "Reused, TLSv1.3" in told and "200 OK" in told, told)
        talk.wait(r'resumed, early data rejected, 200 for "GET / ')


def early_from_gnutls_cli(client):
    request = client.side.file(REQUEST)
    with client.side.server("--tickets-now", "--early-data-max", "1000") as talk:
        told = client.run(talk.port, "-r", "--waitresumption", "--earlydata=" + request, data=b"")
        need("*** This is a resumed session" in told and "early data   accepted, %d bytes" % len(REQUEST) in told, told)
        talk.wait(r'early data accepted, %d bytes, 200 for "GET /early' % len(REQUEST))


def authenticate_client(client):
    side = client.side
    for mode in ("none", "request", "require"):
        trust = ["--client-ca", side.root] if mode != "none" else []
        with side.server("--client-auth", mode, *trust) as talk:
            told = client.run(talk.port, *client.certificate())
            need("certificate  %s" % ("none" if mode == "none" else "CN=client") in told, mode, told)
            if mode == "require":
                client.run(talk.port, status=None)
                talk.wait(r"failed: CERTIFICATE_REQUIRED")
            else:
                need("certificate  none" in client.run(talk.port), mode)


def authenticate_client_later(client):
    side = client.side
    with side.server("--client-auth", "require", "--client-ca", side.root, "--post-handshake-auth") as talk:
        told = client.run(talk.port, *client.later, *client.certificate())
        need("certificate  CN=client" in told, told)
        client.run(talk.port, *client.certificate(), status=None)
        talk.wait(r"failed: CERTIFICATE_REQUIRED")


def update_keys_of_s_client(client):
    with client.side.server("--echo", "--key-update") as talk:
        with client.talk(talk.port, "-msg", listen=True) as peer:
            peer.wait(r"Verify return code|Verification")
            for line in (b"one\n", b"K\n", b"two\n", b"three\n"):
                peer.say(line)
                if line != b"K\n":
                    peer.wait(r"(?m)^%s$" % line.decode().strip())
                time.sleep(SETTLE)
            peer.wait(r"<<< TLS 1\.3, Handshake \[length 0005\], KeyUpdate", 2)  # ours, and our answer to K
            peer.wait(r">>> TLS 1\.3, Handshake \[length 0005\], KeyUpdate", 2)  # K, and its answer to ours
            peer.say(b"Q\n")
            peer.end()
        talk.wait(r"3 records returned")


def update_keys_of_gnutls_cli(client):
    with client.side.server("--echo", "--key-update") as talk:
        with client.talk(talk.port, "--inline-commands") as peer:
            peer.wait(r"Simple Client Mode")
            for line in (b"one\n", b"^rekey^\n", b"two\n", b"three\n"):
                peer.say(line)
                peer.wait(r"(?m)^%s$" % line.decode().strip() if line[:1] != b"^" else r"Rekey was completed")
        talk.wait(r"3 records returned")


def psk_with_client(client):
    side = client.side
    with side.server("--psk", "printer:" + side.psk, certificate=False) as talk:
        with client.talk(talk.port, *client.psk(side.psk), trust=False) as peer:
            peer.say(GET)
            peer.wait(r"handshake    external psk")
        talk.wait(r"external psk, 200 for")
        with client.talk(talk.port, *client.psk(secrets.token_hex(32)), trust=False) as peer:
            peer.process.wait(PATIENCE)
        talk.wait(r"failed: BAD_BINDER")


def retry_for_client(client):
    with client.side.server("--groups", "secp384r1") as talk:
        told = client.run(talk.port, *client.retry())
        need(re.search(r"group +secp384r1 \(after HelloRetryRequest\)", told), told)


def cookie_for_client(client):
    with client.side.server("--cookie") as talk:
        told = client.run(talk.port)
        need("(after HelloRetryRequest)" in told, told)


def cookie_and_group_for_client(client):
    with client.side.server("--cookie", "--groups", "secp384r1") as talk:
        told = client.run(talk.port, *client.retry())
        need(re.search(r"group +secp384r1 \(after HelloRetryRequest\)", told), told)


# ---- raw public keys ---------------------------------------------------------------------------------------------

def public_key(side):
    place = side.file()
    code, _, err = run([side.openssl, "pkey", "-in", pem(side.key, "key.pem"), "-pubout", "-out", place])
    need(code == 0, err)
    return place


def raw_key_of_server(server):
    side, key = server.side, public_key(server.side)
    with server.start(*server.http, "--rawpkkeyfile", pem(side.key, "key.pem"), "--rawpkfile", key, certificate=False,
                      priority=GNUTLS_RAW) as talk:
        told = side.client(talk.port, "--rpk", "--peer-key", key, "--get", "/", trust=False)
        need(told["raw_key"] and told["verified"] and "200 OK" in told["response"]["text"], told)


def raw_key_for_client(client):
    side = client.side
    with side.server("--rpk", "--key", pem(side.key, "key.pem"), certificate=False) as talk:
        told = client.run(talk.port, "--insecure", "--priority", GNUTLS_RAW)
        need("Certificate type: Raw Public Key" in told and "200 OK" in told, told)


# ---- OCSP -------------------------------------------------------------------------------------------------------

def ocsp_response(side):
    """Of the leaf of ec256, by its issuer."""
    place, leaf, issuer = side.file(), pem("ec256", "leaf.pem"), pem("ec256", "intermediate.pem")
    serial = run([side.openssl, "x509", "-in", leaf, "-noout", "-serial"])[1].strip().split("=")[1]
    index = side.file(b"V\t541231235959Z\t\t%s\tunknown\t/CN=leaf\n" % serial.encode())
    code, _, err = run([side.openssl, "ocsp", "-index", index, "-CA", issuer, "-rsigner", issuer, "-rkey",
                        pem("authority", "ec256-intermediate.key.pem"), "-issuer", issuer, "-cert", leaf, "-respout", place,
                        "-ndays", "3", "-noverify"])
    need(code == 0, err)
    return place


def ocsp_from(server):
    response = ocsp_response(server.side)
    words = ["--ocsp-response", response] if server.name == "gnutls-serv" else ["-status_file", response]
    with server.start(*server.http, *words) as talk:
        told = server.side.client(talk.port, "--ocsp", "require", "--get", "/")
        need(told["ocsp_bytes"] == os.path.getsize(response), told)


def ocsp_for(client):
    with client.side.server("--ocsp", ocsp_response(client.side)) as talk:
        if client.name == "gnutls-cli":
            told = client.run(talk.port, "--save-ocsp", client.side.file())
            need("Status: The certificate is trusted" in told, told)
        else:
            need("OCSP Response Status: successful" in client.run(talk.port, "-status"), "no response")


# feature -> peer -> case
FEATURES = {
    "tickets": {"openssl s_server": tickets_from, "gnutls-serv": tickets_from, "openssl s_client": tickets_for_s_client,
                "gnutls-cli": tickets_for_gnutls_cli},
    "0-RTT": {"openssl s_server": early_to, "gnutls-serv": early_to, "openssl s_client": early_from_s_client,
              "gnutls-cli": early_from_gnutls_cli},
    "0-RTT rejected": {"openssl s_server": early_rejected_by, "gnutls-serv": early_rejected_by,
                       "openssl s_client": early_rejected_to_s_client},
    "client certificate": {"openssl s_server": authenticate_to, "gnutls-serv": authenticate_to,
                           "openssl s_client": authenticate_client, "gnutls-cli": authenticate_client},
    "certificate later": {"openssl s_server": authenticate_later_to, "gnutls-serv": authenticate_later_to,
                          "openssl s_client": authenticate_client_later, "gnutls-cli": authenticate_client_later},
    "key update": {"gnutls-serv": update_keys_of_gnutls_serv},
    "key update both ways": {"openssl s_server": update_keys_of_s_server, "openssl s_client": update_keys_of_s_client,
                             "gnutls-cli": update_keys_of_gnutls_cli},
    "external PSK": {"openssl s_server": psk_with_server, "gnutls-serv": psk_with_server,
                     "openssl s_client": psk_with_client, "gnutls-cli": psk_with_client},
    "HelloRetryRequest": {"openssl s_server": retry_by_server, "gnutls-serv": retry_by_server,
                          "openssl s_client": retry_for_client, "gnutls-cli": retry_for_client},
    "cookie": {"openssl s_client": cookie_for_client},
    "cookie and group": {"openssl s_client": cookie_and_group_for_client, "gnutls-cli": cookie_and_group_for_client},
    "raw public key": {"gnutls-serv": raw_key_of_server, "gnutls-cli": raw_key_for_client},
    "OCSP": {"openssl s_server": ocsp_from, "gnutls-serv": ocsp_from, "openssl s_client": ocsp_for, "gnutls-cli": ocsp_for},
}
PEERS = {"openssl s_server": OpenSSLServer, "gnutls-serv": GnuTLSServer, "openssl s_client": OpenSSLClient,
         "gnutls-cli": GnuTLSClient}


# ---- all of them ------------------------------------------------------------------------------------------------

def attempt(case, peer):
    begin = time.monotonic()
    try:
        case(peer)
    except Failure as failure:
        return str(failure), time.monotonic() - begin
    except (ValueError, KeyError, OSError, IndexError, subprocess.TimeoutExpired) as failure:
        return "%s: %s" % (type(failure).__name__, failure), time.monotonic() - begin
    return None, time.monotonic() - begin


def choose(sides, quick):
    """(feature, peer, side, case): all, or each case once, on the backends in turn."""
    turn = 0
    for feature, cases in FEATURES.items():
        for peer, case in cases.items():
            able = [side for side in sides if (side.backend, feature) not in BACKEND_LACKS]
            for side in ([able[turn % len(able)]] if quick and able else able):
                yield feature, peer, side, case
            turn += 1


def show(results, sides, wanted):
    print("\n%-22s" % "passed on" + "".join("%20s" % side.backend for side in sides))
    for feature, cases in FEATURES.items():
        for peer in cases:
            if wanted and peer not in wanted:
                continue
            cells = [results.get((feature, peer, side.backend)) for side in sides]
            words = ["-" if cell is None else "%.1f s" % cell[1] if cell[0] is None else "FAILED" for cell in cells]
            print("%-22s%-20s" % (feature, peer) + "".join("%18s  " % word for word in words))
    print("\nnot possible, declared:")
    for (who, feature), reason in [*LACKS.items(), *BACKEND_LACKS.items()]:
        print("  %-18s %-22s %s" % (who, feature, reason))


def main():
    p = argparse.ArgumentParser(description="Features of TLS 1.3 with OpenSSL and GnuTLS on loopback.")
    p.add_argument("--tool", required=True, help="the program trivet")
    p.add_argument("--openssl", default="openssl", help="the program openssl")
    p.add_argument("--backend", action="append", help="only this backend, or overlay (may be repeated)")
    p.add_argument("--peer", action="append", help="only this peer (may be repeated)")
    p.add_argument("--feature", action="append", help="only this feature (may be repeated)")
    p.add_argument("--quick", action="store_true", help="each case on one backend, not on all")
    p.add_argument("--jobs", type=int, default=2, help="cases at a time")
    args = p.parse_args()
    for program in (args.openssl, "gnutls-serv", "gnutls-cli"):
        if shutil.which(program) is None:
            sys.exit("features: %s is not installed: docs/packages.md has the packages" % program)
    absent = declared_absent()
    conditional, built = conditional_absences(args.tool)
    begin = time.monotonic()
    results = {}
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        sides = []
        for backend in args.backend or built:
            key = "ed25519" if lacks(backend, "ECDSA-P-256", absent, conditional) else "ec256"
            sides.append(Side(args.tool, args.openssl, backend, key, work))
        jobs = {}
        for feature, peer, side, case in choose(sides, args.quick):
            if (args.peer and peer not in args.peer) or (args.feature and feature not in args.feature):
                continue
            jobs[feature, peer, side.backend] = pool.submit(attempt, case, PEERS[peer](side))
        for name, job in jobs.items():
            results[name] = job.result()
    show(results, sides, args.peer)
    failed = {name: result[0] for name, result in results.items() if result[0] is not None}
    for name, problem in failed.items():
        print("FAILED %s: %s" % (", ".join(name), problem))
    print("\n%d s" % (time.monotonic() - begin))
    print("%d passed, %d failed" % (len(results) - len(failed), len(failed)))
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
