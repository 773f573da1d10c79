#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Client certificates, raw keys, staples, compression and names: client and server together."""
import secrets
import subprocess
import unittest

import kit
from kit import Server, ca, run, run_json

CLIENT = ["--cert", str(kit.PKI / "client-ed25519" / "chain.pem"), "--key", str(kit.PKI / "client-ed25519" / "key.pem")]
ROOT = str(kit.PKI / kit.KIND / "root.pem")
HAS_P256 = "openssl" in kit.BACKENDS or "wolfcrypt" in kit.BACKENDS


def openssl(*arguments, data=None):
    done = subprocess.run(["openssl", *map(str, arguments)], input=data, capture_output=True, check=False,
                          timeout=kit.PATIENCE)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode())
    return done.stdout


def public_key(kind):
    """The file of the public key of vectors/pki/<kind>."""
    place = kit.path(f"{kind}-{secrets.token_hex(4)}.pub")
    openssl("pkey", "-in", kit.PKI / kind / "key.pem", "-pubout", "-out", place)
    return place


class ClientCertificates(unittest.TestCase):
    def ask(self, server, *more, backend=None):
        words = ["--backend", backend] if backend else []
        return run_json("client", *ca(), "--json", "--name", "localhost", "--get", "/", *words, *more, server.at)

    def test_request_and_require(self):
        for backend in kit.BACKENDS:
            for mode in ("request", "require"):
                with Server("--client-auth", mode, "--client-ca", ROOT, "--backend", backend) as server:
                    done, told = self.ask(server, *CLIENT, backend=backend)
                    self.assertEqual((done.returncode, told["client_authenticated"]), (0, True), done.stdout)
                    self.assertRegex(told["response"]["text"], r"certificate  CN=client-ed25519\b")
                    server.wait_log("client CN=client-ed25519")
                    done, told = self.ask(server, backend=backend)
                    if mode == "request":
                        self.assertEqual((done.returncode, told["client_authenticated"]), (0, False))
                        self.assertIn("certificate  none", told["response"]["text"])
                    else:
                        self.assertEqual((done.returncode, told["error"]["alert"]), (1, "certificate_required"))
                        server.wait_log("CERTIFICATE_REQUIRED")

    def test_none(self):
        with Server("--client-auth", "none") as server:
            self.assertFalse(self.ask(server, *CLIENT)[1]["client_authenticated"])

    def test_a_client_that_nobody_knows(self):
        with Server("--client-auth", "require", "--client-ca", str(kit.PKI / "ec256" / "root.pem")) as server:
            done, told = self.ask(server, *CLIENT)
            # the server names whom it trusts, and the client shows no certificate of others
            self.assertEqual((done.returncode, told["error"]["code"]), (1, "PEER_ALERT"))
            server.wait_log("failed: ")

    def test_after_the_handshake(self):
        for mode in ("request", "require"):
            with Server("--client-auth", mode, "--client-ca", ROOT, "--post-handshake-auth") as server:
                done, told = self.ask(server, *CLIENT, "--post-handshake-auth")
                self.assertEqual((done.returncode, told["client_authenticated"]), (0, True), done.stdout)
                self.assertRegex(told["response"]["text"], r"certificate  CN=client-ed25519\b")
                done, told = self.ask(server, *CLIENT)  # does not offer it
                self.assertEqual(done.returncode, 1 if mode == "require" else 0)

    def test_refused_after_the_handshake(self):
        """The server's log says what was wrong with the certificate, and no answer is given."""
        place = kit.PKI / "ed25519-expired"
        for mode in ("request", "require"):
            with Server("--client-auth", mode, "--client-ca", ROOT, "--post-handshake-auth") as server:
                done, told = self.ask(server, "--cert", place / "chain.pem", "--key", place / "key.pem",
                                      "--post-handshake-auth")
                self.assertEqual((done.returncode, told["error"]["alert"]), (1, "certificate_expired"), done.stdout)
                line = server.wait_log("failed: ")[0]
                self.assertIn("CERT_EXPIRED", line)
                self.assertNotIn("200 for", line)

    def test_alert_after_the_handshake(self):
        """A client without a certificate, and one that cannot be asked, hear why they are refused."""
        with Server("--client-auth", "require", "--client-ca", ROOT, "--post-handshake-auth") as server:
            for more in ([], ["--post-handshake-auth"]):
                done, told = self.ask(server, *more)
                self.assertEqual((done.returncode, told["error"]["alert"]), (1, "certificate_required"), done.stdout)
            server.wait_log("CERTIFICATE_REQUIRED", 2)

    def test_resumed_client_is_known(self):
        session = kit.path(f"session-{secrets.token_hex(4)}")
        with Server("--client-auth", "require", "--client-ca", ROOT, "--session-cache") as server:
            for resumed in (False, True):
                _, told = self.ask(server, *CLIENT, "--session", session)
                self.assertEqual((told["ok"], told.get("resumed")), (True, resumed))
                self.assertRegex(told["response"]["text"], r"certificate  CN=client-ed25519\b")


class RawKeys(unittest.TestCase):
    def test_server_key(self):
        key, own = str(kit.PKI / kit.KIND / "key.pem"), public_key(kit.KIND)
        for backend in kit.BACKENDS:
            with Server("--rpk", "--key", key, "--backend", backend, kind=None) as server:
                done, told = run_json("client", "--json", "--rpk", "--peer-key", own, "--backend", backend, "--get", "/",
                                      server.at)
                self.assertEqual((done.returncode, told["ok"], told["raw_key"], told["verified"]), (0, True, True, True),
                                 done.stdout)
                self.assertEqual((told["peer"], told["chain"]), ("a raw public key, Ed25519", []))
                done = run("client", "--rpk", "--peer-key", own, "--backend", backend, server.at)
                self.assertRegex(done.stderr, r"(?m)^verified    its raw key is a --peer-key$")
                done = run("client", "--rpk", "--peer-key", public_key("client-ed25519"), "--backend", backend, server.at)
                self.assertEqual(done.returncode, 1)
                self.assertIn("RAW_KEY_UNKNOWN", done.stderr)
                done = run("client", *ca(), "--backend", backend, "--name", "localhost", server.at)
                self.assertEqual(done.returncode, 1)  # wants a certificate, and there is none

    def test_beside_a_certificate(self):
        key = str(kit.PKI / kit.KIND / "key.pem")
        with Server(*kit.pair(), "--rpk", "--key", key, kind=None) as server:
            _, told = run_json("client", "--json", *ca(), "--name", "localhost", server.at)
            self.assertEqual((told["ok"], told["raw_key"]), (True, False))
            _, told = run_json("client", "--json", "--rpk", "--peer-key", public_key(kit.KIND), server.at)
            self.assertEqual((told["ok"], told["raw_key"]), (True, True))

    def test_both_ends(self):
        server_key, client_key = str(kit.PKI / kit.KIND / "key.pem"), str(kit.PKI / "client-ed25519" / "key.pem")
        with Server("--rpk", "--key", server_key, "--client-auth", "require", "--peer-key", public_key("client-ed25519"),
                    kind=None) as server:
            done, told = run_json("client", "--json", "--rpk", "--peer-key", public_key(kit.KIND), "--key", client_key,
                                  "--get", "/", server.at)
            self.assertEqual((done.returncode, told["ok"], told.get("client_authenticated")), (0, True, True), done.stdout)
            self.assertIn("certificate  a raw public key, Ed25519", told["response"]["text"])
            done = run("client", "--rpk", "--peer-key", public_key(kit.KIND), "--get", "/", server.at)
            self.assertEqual(done.returncode, 1)


class Staples(unittest.TestCase):
    @staticmethod
    def ocsp_response(revoked=False):
        """For the leaf of ec256, by its issuer."""
        pki, place = kit.PKI / "ec256", kit.path(f"ocsp-{secrets.token_hex(4)}")
        serial = openssl("x509", "-in", pki / "leaf.pem", "-noout", "-serial").decode().strip().split("=")[1]
        index = f"{place}.index"
        fate = "R\t541231235959Z\t260101000000Z" if revoked else "V\t541231235959Z\t"
        with open(index, "w", encoding="ascii") as file:
            file.write(f"{fate}\t{serial}\tunknown\t/CN=leaf\n")
        openssl("ocsp", "-index", index, "-CA", pki / "intermediate.pem", "-rsigner", pki / "intermediate.pem", "-rkey",
                kit.PKI / "authority" / "ec256-intermediate.key.pem", "-issuer", pki / "intermediate.pem", "-cert",
                pki / "leaf.pem", "-respout", place, "-ndays", "3", "-noverify")
        return place

    def test_ocsp(self):
        if not HAS_P256:
            return self.assertEqual(kit.BACKENDS, ["libsodium"])  # the response is signed with P-256
        good, revoked = self.ocsp_response(), self.ocsp_response(revoked=True)
        first = ["client", "--json", *ca("ec256"), "--name", "localhost"]
        with Server("--ocsp", good, kind="ec256") as server:
            for mode in ("ask", "require"):
                done, told = run_json(*first, "--ocsp", mode, server.at)
                self.assertEqual((done.returncode, told["ok"]), (0, True), done.stdout)
                with open(good, "rb") as file:
                    self.assertEqual(told["ocsp_bytes"], len(file.read()))
            self.assertEqual(run_json(*first, server.at)[1]["ocsp_bytes"], 0)
        with Server(kind="ec256") as server:
            self.assertEqual(run_json(*first, "--ocsp", "ask", server.at)[1]["ocsp_bytes"], 0)
            done, told = run_json(*first, "--ocsp", "require", server.at)
            self.assertEqual((done.returncode, told["error"]["code"]), (1, "OCSP_MISSING"))
        with Server("--ocsp", revoked, kind="ec256") as server:
            self.assertTrue(run_json(*first, "--ocsp", "ask", server.at)[1]["ok"])
            done, told = run_json(*first, "--ocsp", "require", server.at)
            self.assertEqual((done.returncode, told["error"]["code"]), (1, "CERT_REVOKED"))

    def test_timestamps(self):
        place = kit.path("scts")
        two = b"\0\3abc" + b"\0\5defgh"
        with open(place, "wb") as file:
            file.write(len(two).to_bytes(2, "big") + two)
        with Server("--sct", place) as server:
            first = ["client", "--json", *ca(), "--name", "localhost"]
            self.assertEqual(run_json(*first, "--sct", server.at)[1]["scts"], 2)
            self.assertEqual(run_json(*first, server.at)[1]["scts"], 0)
            self.assertRegex(run("client", *ca(), "--sct", "--name", "localhost", server.at).stderr,
                             r"(?m)^scts        2, not judged$")


class Names(unittest.TestCase):
    def test_strict(self):
        with Server("--strict-sni") as server:
            self.assertTrue(run_json("client", *ca(), "--json", "--name", "localhost", server.at)[1]["ok"])
            for name in ("other.example", "127.0.0.1"):
                done, told = run_json("client", *ca(), "--json", "--name", name, server.at)
                self.assertEqual((done.returncode, told["error"]["alert"]), (1, "unrecognized_name"), name)
        with Server() as server:
            self.assertTrue(run_json("client", *ca(), "--json", server.at)[1]["ok"])

    def test_several_certificates(self):
        if not HAS_P256:
            return self.assertEqual(kit.BACKENDS, ["libsodium"])
        with Server(*kit.pair("wrong-name")) as server:  # for other.test alone, before the one for localhost
            for name, root, subject in (("other.test", "ec256", "wrong-name"), ("localhost", kit.KIND, "ed25519 leaf")):
                _, told = run_json("client", *ca(root), "--json", "--name", name, server.at)
                self.assertEqual((told["ok"], told.get("verified_for")), (True, name), told)

    def test_compression(self):
        first = ["client", *ca(), "--json", "--name", "localhost"]
        done, told = run_json(*first, "--compress", "127.0.0.1:1")
        if done.returncode == 2:  # a build without them
            return self.assertIn("neither zlib nor zstd", told["message"])
        with Server("--compress") as server:
            self.assertIn(run_json(*first, "--compress", server.at)[1]["compression"], ("zlib", "zstd"))
            self.assertIsNone(run_json(*first, server.at)[1]["compression"])


if __name__ == "__main__":
    kit.main()
