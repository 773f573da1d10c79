#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""trivet client: what it reports, verifies, relays and fetches, and how it fails."""
import os
import re
import socket
import stat
import struct
import subprocess
import time
import unittest

import kit
from kit import Listener, Server, ca, run, run_json

LABELS = ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET", "CLIENT_TRAFFIC_SECRET_0",
          "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET"]


def reset(connection):
    """Takes the whole ClientHello, so that the client has done its writing and waits; the close that follows is a reset."""
    header = connection.recv(5, socket.MSG_WAITALL)
    connection.recv(int.from_bytes(header[3:5], "big"), socket.MSG_WAITALL)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class Client(unittest.TestCase):
    def assertFailed(self, done, status, *words):
        self.assertEqual(done.returncode, status, done.stderr)
        for word in words:
            self.assertIn(word, done.stderr)

    def test_report(self):
        with Server("--alpn", "one,two") as server:
            done = run("client", *ca(), "--alpn", "two", "--get", "/", f"localhost:{server.port}")
            self.assertEqual(done.returncode, 0, done.stderr)
            for line in (r"connected   127\.0\.0\.1:\d+", r"version     TLSv1\.3", r"suite       TLS_\w+", r"group       \w+",
                         r"signature   ed25519", r"peer        CN=ed25519 leaf, O=Trivet Test, C=XX",
                         r"chain 0     CN=ed25519 leaf.*", r"  issuer    CN=ed25519 intermediate.*",
                         r"  valid     2025-01-01T00:00:00Z to 2054-12-31T23:59:59Z", r"  key       Ed25519",
                         r"chain 1     CN=ed25519 intermediate.*", r"verified    for localhost", r"alpn        two",
                         r"time        connect \d+\.\d\d ms, handshake \d+\.\d\d ms", r"backend     \w+ \(.+\)"):
                self.assertRegex(done.stderr, f"(?m)^{line}$")
            self.assertRegex(done.stdout, r"\AHTTP/1\.1 200 OK\r\n")
            self.assertIn("\nalpn         two\n", done.stdout)
            self.assertIn("\nserver name  localhost\n", done.stdout)

    def test_json(self):
        with Server() as server:
            done, told = run_json("client", *ca(), "--json", server.at, data=b"not relayed")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertEqual((told["ok"], told["version"], told["verified_for"], told["alpn"], told["address"]),
                             (True, "TLSv1.3", "127.0.0.1", None, server.at))
            self.assertEqual([c["key"] for c in told["chain"]], ["Ed25519", "Ed25519"])
            self.assertGreater(told["times"]["handshake_ms"], 0)
            self.assertNotIn("response", told)
            done, told = run_json("client", *ca(), "--json", "--get", "/", server.at)
            self.assertEqual((done.returncode, told["response"]["cut"]), (0, False))
            self.assertIn("Hello from Trivet", told["response"]["text"])
            self.assertEqual(told["response"]["bytes"], len(told["response"]["text"].encode()))

    def test_backends(self):
        for server_backend in kit.BACKENDS:
            with Server("--backend", server_backend) as server:
                for backend in kit.BACKENDS:
                    done, told = run_json("client", *ca(), "--json", "--backend", backend, "--get", "/", server.at)
                    self.assertEqual((done.returncode, told["backend"]["name"]), (0, backend))
                    self.assertIn("200 OK", told["response"]["text"])

    def test_overlay(self):
        if len(kit.BACKENDS) < 2:
            return self.assertFailed(run("client", *ca(), "--backend", f"{kit.BACKENDS[0]}+nothing", "localhost:1"), 2,
                                     "nothing")
        names = f"{kit.BACKENDS[1]}+{kit.BACKENDS[0]}"
        with Server("--backend", names) as server:
            _, told = run_json("client", *ca(), "--json", "--backend", names, server.at)
            self.assertEqual((told["ok"], told["backend"]["name"]), (True, names))

    def test_lists(self):
        with Server() as server:
            _, told = run_json("client", *ca(), "--json", "--suites", "TLS_CHACHA20_POLY1305_SHA256", "--groups", "x25519",
                               "--sigalgs", "ed25519", "--min", "1.2", "--max", "1.3", server.at)
            self.assertEqual([told[name] for name in ("suite", "group", "signature")],
                             ["TLS_CHACHA20_POLY1305_SHA256", "x25519", "ed25519"])
        with Server("--suites", "TLS_AES_256_GCM_SHA384", "--groups", "x25519", "--sigalgs", "ed25519", "--min", "1.3",
                    "--max", "1.3") as server:
            _, told = run_json("client", *ca(), "--json", server.at)
            self.assertEqual((told["suite"], told["group"]), ("TLS_AES_256_GCM_SHA384", "x25519"))
            done = run("client", *ca(), "--suites", "TLS_CHACHA20_POLY1305_SHA256", server.at)
            self.assertFailed(done, 1, "handshake_failure")
        with Server("--alpn", "h2") as server:
            self.assertFailed(run("client", *ca(), "--alpn", "http/1.1", server.at), 1, "no_application_protocol")

    def test_verification(self):
        with Server() as server:
            done = run("client", *ca(), "--name", "bank.example", server.at)
            self.assertFailed(done, 1, "The certificate is not for the name that was asked for", "CERT_NAME_MISMATCH",
                              "asked for bank.example", "RFC 9525")
            server.wait_log("bad_certificate")
            done, told = run_json("client", *ca(), "--json", "--name", "bank.example", server.at)
            self.assertEqual((done.returncode, told["ok"], told["stage"], told["status"], told["error"]["code"]),
                             (1, False, "handshake", 1, "CERT_NAME_MISMATCH"))
            done = run("client", *ca("ec256"), server.at)
            self.assertFailed(done, 1, "CERT_UNKNOWN_ISSUER")
            done = run("client", "--name=EXAMPLE.test", *ca("ec256"), *ca(), server.at)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("verified    for EXAMPLE.test", done.stderr)
            done, told = run_json("client", "--insecure", "--json", "--name", "bank.example", server.at)
            self.assertEqual((done.returncode, told["verified"], told["verified_for"]), (0, False, None))
            self.assertIn("verified    NO", run("client", "--insecure", server.at).stderr)

    def test_system_roots(self):
        """Without --ca the system's roots count, which SSL_CERT_FILE stands in for."""
        root = {"SSL_CERT_FILE": str(kit.PKI / kit.KIND / "root.pem")}
        other = {"SSL_CERT_FILE": str(kit.PKI / "ec256" / "root.pem")}
        with Server() as server:
            self.assertEqual(run("client", server.at, env=root).returncode, 0)
            self.assertFailed(run("client", server.at, env=other), 1, "CERT_UNKNOWN_ISSUER")
            self.assertEqual(run("client", "--system-ca", *ca(), server.at, env=other).returncode, 0)
            self.assertFailed(run("client", *ca("ec256"), server.at, env=root), 1, "CERT_UNKNOWN_ISSUER")

    def test_network(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        self.assertFailed(run("client", *ca(), f"127.0.0.1:{port}"), 3, "Connection refused")
        done, told = run_json("client", *ca(), "--json", f"127.0.0.1:{port}")
        self.assertEqual((done.returncode, told["stage"], told["error"]["code"]), (3, "connect", "IO_CONNECT"))
        self.assertFailed(run("client", *ca(), "host.invalid"), 3, "host.invalid")
        with Listener(reset) as listener:
            self.assertFailed(run("client", *ca(), listener.at), 3, "reset")

    def test_silent_server(self):
        with Listener(lambda connection: connection.recv(1) and time.sleep(5)) as listener:
            begin = time.monotonic()
            self.assertFailed(run("client", *ca(), "--timeout", "1", listener.at), 3, "did not answer in time: --timeout SECONDS")
            self.assertLess(time.monotonic() - begin, 4)

    def test_not_tls(self):
        def plain(connection):
            connection.recv(4096)
            connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            connection.recv(4096)

        with Listener(plain) as listener:
            self.assertFailed(run("client", *ca(), listener.at), 1, "NOT_TLS", "does not speak TLS on this port")

    def test_closed_in_handshake(self):
        with Listener(lambda connection: connection.recv(4096)) as listener:
            self.assertFailed(run("client", *ca(), listener.at), 1, "EOF_IN_HANDSHAKE")

        def polite(connection):
            connection.recv(4096)
            connection.sendall(b"\x15\x03\x03\x00\x02\x01\x00")
            connection.recv(4096)

        with Listener(polite) as listener:
            self.assertFailed(run("client", *ca(), listener.at), 1, "EOF_IN_HANDSHAKE", "close_notify")

    def test_keylog(self):
        """Each secret once, the same that the peer logs, in a file for the owner alone."""
        ours, theirs = kit.path("ours.log"), kit.path("theirs.log")
        with Server("--keylog", theirs) as server:
            for _ in range(2):
                self.assertEqual(run("client", *ca(), "--keylog", ours, server.at).returncode, 0)
            self.assertEqual(server.end()[0], 0)
        self.assertEqual(stat.S_IMODE(os.stat(ours).st_mode), 0o600)
        with open(ours, encoding="ascii") as file:
            lines = file.read().splitlines()
        with open(theirs, encoding="ascii") as file:
            self.assertEqual(set(lines), set(file.read().splitlines()))
        self.assertEqual(sorted(line.split()[0] for line in lines), sorted(LABELS * 2))
        for line in lines:
            self.assertRegex(line, r"\A[A-Z_0-9]+ [0-9a-f]{64} ([0-9a-f]{64}|[0-9a-f]{96})\Z")
        other = kit.path("environment.log")
        with Server() as server:
            self.assertEqual(run("client", *ca(), server.at, env={"SSLKEYLOGFILE": other}).returncode, 0)
        with open(other, encoding="ascii") as file:
            self.assertEqual(len(file.readlines()), len(LABELS))

    def test_get(self):
        with Server() as server:
            self.assertEqual(run("client", *ca(), "--get", "/some/path?x=1", server.at).returncode, 0)
            self.assertIn('200 for "GET /some/path?x=1 HTTP/1.1"', server.wait_log("/some/path")[0])

    def test_get_cut_short(self):
        """The end without close_notify is told, unless the answer is whole by its own length."""
        for length, status in ((5, 0), (6, 1)):
            answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n12345" % length
            with kit.openssl_server(kind="ed25519") as (port, process):
                tool = kit.start("client", *ca(), "--get", "/", f"127.0.0.1:{port}")
                request = b""
                while not request.endswith(b"\r\n\r\n"):
                    request += process.stdout.readline()
                process.stdin.write(answer)
                process.stdin.flush()
                time.sleep(0.3)
                process.kill()  # no close_notify
                out, err = tool.communicate(timeout=kit.PATIENCE)
                self.assertEqual((tool.returncode, out), (status, answer), err)
                if status == 1:
                    self.assertIn(b"UNEXPECTED_EOF", err)

    def test_relay(self):
        """A megabyte there and back; the end of standard input closes our side, and the server's answer ends it."""
        data = bytes(range(256)) * 4096
        with Server("--echo") as server:
            done = subprocess.run([kit.TRIVET, "client", *ca(), server.at], input=data, capture_output=True,
                                      check=False, timeout=kit.PATIENCE, env=kit.ENVIRONMENT)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(len(done.stdout), len(data))
            self.assertEqual(done.stdout, data)

    def test_relay_half_close(self):
        """After our close_notify the server's data is still delivered."""
        with kit.openssl_server(kind="ed25519") as (port, process):
            tool = kit.start("client", *ca(), f"127.0.0.1:{port}")
            tool.stdin.write(b"to the server\n")
            tool.stdin.flush()
            self.assertIn(b"to the server\n", iter(process.stdout.readline, b""))
            process.stdin.write(b"to the client\n")
            process.stdin.flush()
            self.assertEqual(tool.stdout.readline(), b"to the client\n")
            out, _ = tool.communicate(timeout=kit.PATIENCE)
            self.assertEqual((tool.returncode, out), (0, b""))

    def test_relay_broken(self):
        with kit.openssl_server(kind="ed25519") as (port, process):
            tool = kit.start("client", *ca(), f"127.0.0.1:{port}")
            tool.stdin.write(b"hello\n")
            tool.stdin.flush()
            self.assertIn(b"hello\n", iter(process.stdout.readline, b""))
            process.kill()
            _, err = tool.communicate(timeout=kit.PATIENCE)
            self.assertEqual(tool.returncode, 1)
            self.assertRegex(err, b"UNEXPECTED_EOF|IO_READ")

    def test_dribble(self):
        """Each byte of the handshake comes alone."""
        with Server() as server, kit.Proxy(server.port, piece=1) as proxy:
            done = run("client", *ca(), "--get", "/", proxy.at)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("Hello from Trivet", done.stdout)

    def test_client_certificate(self):
        """A server that demands a certificate takes ours, and refuses us without one."""
        demand = ["-Verify", "2", "-verify_return_error", "-CAfile", kit.PKI / "ed25519" / "root.pem", "-www"]
        with kit.openssl_server(*demand, kind="ed25519") as (port, _):
            done = run("client", *ca(), "--get", "/", *kit.pair("client-ed25519"), f"127.0.0.1:{port}")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("client-ed25519", done.stdout)
        with kit.openssl_server(*demand, kind="ed25519") as (port, _):
            done = run("client", *ca(), "--get", "/", f"127.0.0.1:{port}")
            self.assertFailed(done, 1, "certificate_required")

    def test_openssl_server(self):
        with kit.openssl_server("-www", kind="ed25519") as (port, _):
            for backend in kit.BACKENDS:
                done = run("client", *ca(), "--backend", backend, "--get", "/", f"127.0.0.1:{port}")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue(re.search("Cipher +: TLS_", done.stdout) or "TLSv1.3" in done.stdout, done.stdout)

    def test_only_tls12(self):
        with kit.openssl_server("-tls1_2", kind="ed25519") as (port, _):
            done = run("client", *ca(), "--min", "1.3", f"127.0.0.1:{port}")
            self.assertFailed(done, 1, "protocol_version")
            done = run("client", *ca(), "--min", "1.2", f"127.0.0.1:{port}")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("version     TLSv1.2\n", done.stderr)


if __name__ == "__main__":
    kit.main()
