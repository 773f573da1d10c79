#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""trivet server: its page, its echo, its end, and peers that break the rules."""
import json
import re
import resource
import signal
import socket
import struct
import subprocess
import time
import unittest

import kit
from kit import Server, ca, run, run_json


def read_all(connection, limit=10):
    """Everything until the end; a reset raises."""
    connection.settimeout(limit)
    data = b""
    while piece := connection.recv(65536):
        data += piece
    return data


def wait_answer(tool, expected):
    """Reads from the tool's standard output until `expected` bytes have come."""
    data = b""
    while len(data) < expected:
        piece = tool.stdout.read1(65536)
        if not piece:
            raise AssertionError(f"the end after {len(data)} of {expected} bytes: {tool.stderr.read()}")
        data += piece
    return data


class ServerTest(unittest.TestCase):
    def request(self, server, data):
        """Sends bytes over openssl s_client; what came back."""
        command = ["openssl", "s_client", "-quiet", "-ign_eof", "-connect", server.at, "-CAfile",
                   str(kit.PKI / kit.KIND / "root.pem")]
        return subprocess.run(command, input=data, capture_output=True, check=False, timeout=kit.PATIENCE).stdout

    def test_http(self):
        with Server("--http") as server:
            page = self.request(server, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            self.assertRegex(page, rb"\AHTTP/1\.1 200 OK\r\n")
            self.assertIn(b"Connection: close\r\n", page)
            head, body = page.split(b"\r\n\r\n", 1)
            self.assertEqual(int(re.search(rb"Content-Length: (\d+)", head).group(1)), len(body))
            self.assertIn(b"version      TLSv1.3\n", body)
            self.assertRegex(self.request(server, b"GET /x HTTP/1.0\n\n"), rb"\AHTTP/1\.1 200 OK")
            for method in (b"HEAD", b"POST", b"get"):
                answer = self.request(server, method + b" / HTTP/1.1\r\n\r\n")
                self.assertRegex(answer, rb"\AHTTP/1\.1 405 .*\r\n(?s:.*)Allow: GET\r\n")
            for bad in (b"nonsense\r\n\r\n", b"\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/2\r\n\r\n"):
                self.assertRegex(self.request(server, bad), rb"\AHTTP/1\.1 400 ")
            long = b"GET / HTTP/1.1\r\nX: " + b"x" * 16384 + b"\r\n\r\n"
            self.assertRegex(self.request(server, long), rb"\AHTTP/1\.1 431 ")
            fits = b"GET / HTTP/1.1\r\nX: "
            fits += b"x" * (16384 - len(fits) - 4) + b"\r\n\r\n"
            self.assertRegex(self.request(server, fits), rb"\AHTTP/1\.1 200 ")
            server.wait_log('200 for "GET / HTTP/1.1"', 2)

    def test_log_is_json(self):
        with Server("--json") as server:
            run("client", *ca(), "--get", "/x", server.at)
            run("client", *ca("ec256"), "--get", "/y", server.at)
            server.wait_log("unknown_ca")
            self.assertEqual(server.end()[0], 0)
            good, bad = [json.loads(line) for line in server.log().splitlines()]
            self.assertEqual((good["ok"], good["version"], good["status_code"], good["request"]),
                             (True, "TLSv1.3", 200, "GET /x HTTP/1.1"))
            self.assertEqual((bad["ok"], bad["error"]["code"], bad["error"]["alert"]), (False, "PEER_ALERT", "unknown_ca"))

    def test_echo_keeps_record_lengths(self):
        """Records that come one by one, and records that come all at once."""
        lengths = [1, 2, 17, 100, 1000, 4096, 16383, 16384, 3]
        for hold in (0, len(lengths)):
            with Server("--echo") as server, kit.Proxy(server.port, hold=hold) as proxy:
                tool = kit.start("client", *ca(), proxy.at)
                for number, length in enumerate(lengths):
                    tool.stdin.write(bytes([number]) * length)
                    tool.stdin.flush()
                    if hold:
                        end = time.monotonic() + 10
                        while len(proxy.up) < number + 2 and time.monotonic() < end:
                            time.sleep(0.01)
                    else:
                        self.assertEqual(wait_answer(tool, length), bytes([number]) * length)
                expected = b"".join(bytes([number]) * length for number, length in enumerate(lengths)) if hold else b""
                self.assertEqual(wait_answer(tool, len(expected)), expected)
                tool.communicate(timeout=kit.PATIENCE)
                self.assertEqual(tool.returncode, 0)
                sent = [length + 17 for length in lengths]  # type byte and tag
                self.assertEqual(proxy.up[1:], [*sent, 19])  # Finished; data; close_notify
                self.assertEqual(proxy.down[-len(sent) - 1:], [*sent, 19])
                self.assertEqual(proxy.faults, [])
                server.wait_log(f"{len(lengths)} records returned")

    def test_ends_on_signals(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            with Server("--echo") as server:
                silent = server.connect()  # never says anything
                tool = kit.start("client", *ca(), server.at)
                tool.stdin.write(b"in hand")
                tool.stdin.flush()
                self.assertEqual(wait_answer(tool, 7), b"in hand")
                status, seconds = server.end(how)
                self.assertEqual(status, 0)
                self.assertLess(seconds, 3)  # two, on a machine with nothing else to do
                tool.communicate(timeout=kit.PATIENCE)
                self.assertEqual(tool.returncode, 0, "the echo was not closed in order")
                silent.close()

    def test_finishes_what_is_in_hand(self):
        """A request that is under way when SIGTERM comes is answered."""
        with Server() as server:
            tool = kit.start("client", *ca(), server.at)
            tool.stdin.write(b"GET / HTTP/1.1\r\n")
            tool.stdin.flush()
            while b"backend" not in tool.stderr.readline():
                pass
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.3)
            out, _ = tool.communicate(b"\r\n", timeout=kit.PATIENCE)
            self.assertIn(b"200 OK", out)
            self.assertEqual(server.process.wait(kit.PATIENCE), 0)

    def test_count(self):
        with Server("--count", "2") as server:
            self.assertEqual(run("client", *ca(), "--get", "/", server.at).returncode, 0)
            self.assertIsNone(server.process.poll())
            self.assertEqual(run("client", *ca(), "--get", "/", server.at).returncode, 0)
            self.assertEqual(server.process.wait(kit.PATIENCE), 0)
        with Server("--count", "1") as server:
            self.assertEqual(run("client", *ca("ec256"), server.at).returncode, 1)
            self.assertEqual(server.process.wait(kit.PATIENCE), 1)

    def test_bad_peers_disturb_nobody(self):
        good = {"version": "TLSv1.3", "ok": True}
        with Server() as server:
            def works():
                _, told = run_json("client", *ca(), "--json", "--get", "/", server.at)
                self.assertEqual({key: told[key] for key in good}, good)

            held = [server.connect() for _ in range(20)]  # silent ones
            works()
            with server.connect() as peer:  # no TLS: an alert comes, no reset
                peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n" + b"x" * 30000)
                self.assertRegex(read_all(peer), rb"\A\x15\x03[\x01\x03]\x00\x02\x02\x46\Z")
            works()
            with server.connect() as peer:  # close_notify in place of a ClientHello
                peer.sendall(b"\x15\x03\x03\x00\x02\x01\x00")
                read_all(peer)
            with server.connect() as peer:  # a reset
                peer.sendall(b"\x16\x03\x01\x00\x10\x01")
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            with server.connect() as peer:  # the end in the middle of a ClientHello
                peer.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
            with server.connect() as peer:  # a ClientHello of nonsense
                peer.sendall(b"\x16\x03\x01\x00\x0a\x01\x00\x00\x06\x03\x03\xff\xff\xff\xff")
                self.assertRegex(read_all(peer), rb"\A\x15\x03[\x01\x03]\x00\x02\x02\x32\Z")
            with server.connect() as peer:  # more than it reads after the end
                try:
                    peer.sendall(b"\x80" * 400000)
                    read_all(peer)
                except OSError:
                    pass
            works()
            server.wait_log("failed: NOT_TLS", 2)
            server.wait_log("failed: EOF_IN_HANDSHAKE", 2)
            for peer in held:
                peer.close()
            works()

    def test_alert_survives_data_behind_it(self):
        """A record that does not decrypt, with 60 KB behind it: the client still sees the alert and no reset."""
        with Server("--echo") as server:
            with server.connect() as peer:
                peer.sendall(b"\x16\x03\x01\x00\x05nonse" + b"\x17\x03\x03\x40\x00" * 12000)
                time.sleep(0.2)
                self.assertEqual(read_all(peer)[:1], b"\x15")

    def test_silent_peers_are_dropped(self):
        with Server("--timeout", "1", "--idle", "1", "--echo") as server:
            begin = time.monotonic()
            with server.connect() as peer:
                self.assertEqual(read_all(peer), b"")
            self.assertLess(time.monotonic() - begin, 4)
            server.wait_log("the handshake took too long")
            tool = kit.start("client", *ca(), server.at)
            self.assertEqual(tool.stdout.read(), b"")  # until the server closes, in order
            tool.communicate(timeout=kit.PATIENCE)
            self.assertEqual(tool.returncode, 0)
            server.wait_log("the client was silent too long")

    def test_lack_of_descriptors(self):
        """More connections than descriptors: they wait, the server does not spin, and goes on when there are some."""
        def limit():
            resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))

        with Server(preexec_fn=limit) as server:
            held = [server.connect() for _ in range(30)]
            time.sleep(0.3)
            before = sum(self.times(server)[:2])
            time.sleep(1)
            self.assertLess(sum(self.times(server)[:2]) - before, 0.5)
            for peer in held:
                peer.close()
            self.assertEqual(run("client", *ca(), "--get", "/", server.at).returncode, 0)

    @staticmethod
    def times(server):
        with open(f"/proc/{server.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rpartition(")")[2].split()
        return [int(ticks) / 100 for ticks in fields[11:13]]

    def test_two_certificates(self):
        """A server with two pairs: the client's signature schemes choose."""
        if "openssl" not in kit.BACKENDS and "wolfcrypt" not in kit.BACKENDS:
            return self.assertEqual(kit.BACKENDS, ["libsodium"])  # it has Ed25519 only
        with Server(*kit.pair("ec256")) as server:
            for scheme, kind in (("ecdsa_secp256r1_sha256", "ec256"), ("ed25519", "ed25519")):
                _, told = run_json("client", *ca(kind), "--json", "--sigalgs", scheme, server.at)
                self.assertEqual((told.get("error"), told["ok"]), (None, True))
                self.assertEqual(told["signature"], scheme)

    def test_address_in_use(self):
        with Server() as server:
            done = run("server", *kit.pair(), server.at)
            self.assertEqual(done.returncode, 3)
            self.assertIn("Address already in use", done.stderr)
            done = run("server", "--json", *kit.pair(), server.at)
            self.assertEqual(json.loads(done.stderr)["stage"], "connect")

    def test_openssl_client(self):
        with Server() as server:
            command = ["openssl", "s_client", "-connect", server.at, "-CAfile", str(kit.PKI / kit.KIND / "root.pem"),
                       "-verify_return_error", "-verify_hostname", "localhost", "-servername", "localhost"]
            done = subprocess.run(command, input=b"", capture_output=True, check=False, timeout=kit.PATIENCE)
            self.assertEqual(done.returncode, 0)
            self.assertIn(b"Verify return code: 0 (ok)", done.stdout)


if __name__ == "__main__":
    kit.main()
