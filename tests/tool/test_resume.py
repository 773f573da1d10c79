#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tickets in a file, 0-RTT, pre-shared keys, shared ticket keys, cookies, key updates: client and server together."""
import os
import pty
import re
import secrets
import stat
import subprocess
import time
import unittest

import kit
from kit import Server, ca, run, run_json

REQUEST = b"GET /early HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
KEY = secrets.token_hex(32)


def new_file(name, content=b""):
    place = kit.path(f"{name}-{secrets.token_hex(6)}")
    with open(place, "wb") as file:
        file.write(content)
    return place


def new_name(name):
    return kit.path(f"{name}-{secrets.token_hex(6)}")


class Tickets(unittest.TestCase):
    def fetch(self, server, session, *more, name="localhost"):
        done, told = run_json("client", *ca(), "--json", "--name", name, "--session", session, "--get", "/", *more, server.at)
        self.assertEqual((done.returncode, told["ok"]), (0, True), done.stdout)
        return told

    def count(self, session):
        with open(session, encoding="ascii") as file:
            return file.read().count("-----BEGIN TRIVET SESSION-----")

    def test_resumption_on_each_backend(self):
        for backend in kit.BACKENDS:
            session = new_name("session")
            with Server("--backend", backend) as server:
                first, second = [self.fetch(server, session, "--backend", backend) for _ in range(2)]
                self.assertEqual((first["resumed"], first["session"]["ticket_offered"]), (False, False))
                self.assertEqual((second["resumed"], second["session"]["ticket_offered"]), (True, True))
                self.assertEqual((second["signature"], second["verified"]), (None, True))
                self.assertIn("handshake    resumed", second["response"]["text"])
                self.assertEqual(first["chain"], second["chain"])
                server.wait_log(", resumed,")

    def test_file(self):
        """Mode 0600 even where it was another, each ticket once, none for another name."""
        session = new_file("session")
        os.chmod(session, 0o644)
        with Server("--tickets", "3") as server:
            told = self.fetch(server, session)
            self.assertEqual((told["session"]["tickets_kept"], told["session"]["mode"]), (3, "0600"))
            self.assertEqual(stat.S_IMODE(os.stat(session).st_mode), 0o600)
            self.assertEqual(self.count(session), 3)
            done = run("client", *ca(), "--name", "example.test", "--session", session, server.at)
            self.assertIn("session     new: no session with this server was there", done.stderr)
            self.assertEqual(self.count(session), 3)
            done = run("client", *ca(), "--name", "localhost", "--session", session, "--get", "/", server.at)
            self.assertRegex(done.stderr, r"(?m)^session     resumed$")
            self.assertRegex(done.stderr, r"(?m)^verified    for localhost, when the session began$")
            self.assertRegex(done.stderr, r"(?m)^tickets     \d kept in \S+ \(mode 0600: it is secret\)$")
            # one that is only taken, from a server that gives none
        with Server("--tickets", "0") as server:
            before = self.count(session)
            told = self.fetch(server, session)
            self.assertEqual((told["resumed"], told["session"]["ticket_offered"]), (False, True))
            self.assertEqual(self.count(session), before - 1)

    def test_many_processes_share_a_file(self):
        session = new_name("session")
        with Server("--tickets", "8") as server:
            for _ in range(2):
                self.fetch(server, session)
            before = self.count(session)
            tools = [kit.start("client", *ca(), "--name", "localhost", "--session", session, "--get", "/", server.at)
                     for _ in range(8)]
            for tool in tools:
                _, err = tool.communicate(timeout=kit.PATIENCE)
                self.assertIn(b"session     resumed", err)
            self.assertGreaterEqual(self.count(session), before - 8)
            self.assertLessEqual(self.count(session), 16)

    def test_file_that_is_none(self):
        place = new_file("precious", b"something else\n" * 9)
        done = run("client", *ca(), "--session", place, "localhost:1")
        self.assertEqual(done.returncode, 2)
        self.assertIn("is no file of sessions", done.stderr)
        with open(place, "rb") as file:
            self.assertEqual(file.read(), b"something else\n" * 9)

    def test_address_in_place_of_a_name(self):
        session = new_name("session")
        with Server() as server:
            for resumed in (False, True):
                self.assertEqual(self.fetch(server, session, name="127.0.0.1")["resumed"], resumed)

    def test_wanted_tickets(self):
        with Server("--tickets", "4") as server:
            for wish, given in (("1", 1), ("3", 3), ("9", 8)):
                told = self.fetch(server, new_name("session"), "--tickets", wish)
                self.assertEqual(told["session"]["tickets_kept"], given)

    def test_shared_ticket_keys(self):
        """Two servers with one file of keys open each other's tickets, also with a newer key in front; others do not."""
        old, new = secrets.token_bytes(48), secrets.token_bytes(48)
        one, both, other = new_file("keys", old), new_file("keys", new + old), new_file("keys", new)
        session = new_name("session")
        with Server("--ticket-key", one) as server:
            self.fetch(server, session)
        with Server("--ticket-key", both) as server:
            self.assertTrue(self.fetch(server, session)["resumed"])
        with Server("--ticket-key", other) as server:
            self.assertTrue(self.fetch(server, session)["resumed"])
        session = new_name("session")
        with Server("--ticket-key", one) as server:
            self.fetch(server, session)
        with Server("--ticket-key", other) as server:
            self.assertFalse(self.fetch(server, session)["resumed"])

    def test_session_cache(self):
        """A ticket of the cache is short, and good once."""
        session = new_name("session")
        with Server("--session-cache", "--tickets", "1") as server:
            self.fetch(server, session)
            with open(session, "rb") as file:
                kept = file.read()
            self.assertTrue(self.fetch(server, session)["resumed"])
            with open(session, "wb") as file:
                file.write(kept)
            told = self.fetch(server, session)
            self.assertEqual((told["resumed"], told["session"]["ticket_offered"]), (False, True))

    def test_openssl_resumes(self):
        place = new_name("openssl")
        with Server() as server:
            for option, word in (("-sess_out", b"New, TLSv1.3"), ("-sess_in", b"Reused, TLSv1.3")):
                command = ["openssl", "s_client", "-connect", server.at, "-CAfile", str(kit.PKI / kit.KIND / "root.pem"),
                           "-servername", "localhost", option, place, "-ign_eof"]
                done = subprocess.run(command, input=REQUEST, capture_output=True, check=False, timeout=kit.PATIENCE)
                self.assertIn(word, done.stdout)
            server.wait_log("resumed")


class EarlyData(unittest.TestCase):
    def test_accepted(self):
        for backend in kit.BACKENDS:
            session, request = new_name("session"), new_file("request", REQUEST)
            with Server("--early-data-max", "1000", "--backend", backend) as server:
                first = ["client", *ca(), "--name", "localhost", "--session", session, "--backend", backend]
                done = run(*first, "--early-data", request, server.at)  # no ticket yet
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stderr, r"early data  not sent as 0-RTT: no ticket that allows it; "
                                              rf"{len(REQUEST)} bytes are sent after the handshake")
                self.assertIn("early data   none", done.stdout)
                done = run(*first, "--early-data", request, server.at)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stderr, rf"(?m)^early data  accepted, {len(REQUEST)} bytes as 0-RTT$")
                self.assertIn(f"early data   accepted, {len(REQUEST)} bytes\n", done.stdout)
                done, told = run_json(*first, "--json", "--early-data", request, server.at)
                self.assertEqual((told["early_data"], told["early_file"]),
                                 ({"fate": "accepted", "bytes": len(REQUEST)},
                                  {"bytes": len(REQUEST), "sent_early": len(REQUEST), "sent_after": 0}))
                self.assertIn("200 OK", told["response"]["text"])
                server.wait_log(rf'early data accepted, {len(REQUEST)} bytes, 200 for "GET /early HTTP/1.1"', 2)

    def test_rejected(self):
        """A server that takes none, with the ticket of one that did: the data goes again, or the client stops."""
        keys, request = new_file("keys", secrets.token_bytes(48)), new_file("request", REQUEST)
        for choice, status in ((None, 0), ("resend", 0), ("stop", 1)):
            session = new_name("session")
            first = ["client", *ca(), "--name", "localhost", "--session", session]
            with Server("--early-data-max", "1000", "--ticket-key", keys) as server:
                self.assertEqual(run(*first, "--get", "/", server.at).returncode, 0)
            with Server("--ticket-key", keys) as server:
                more = ["--early-rejected", choice] if choice else []
                done = run(*first, *more, "--early-data", request, server.at)
                self.assertEqual(done.returncode, status, done.stderr)
                self.assertRegex(done.stderr, rf"(?m)^session     resumed\nearly data  rejected, {len(REQUEST)} bytes")
                if status == 0:
                    self.assertIn("are sent again after the handshake", done.stderr)
                    self.assertIn("200 OK", done.stdout)
                else:
                    self.assertIn("nothing is sent after the handshake", done.stderr)
                    self.assertIn("EARLY_DATA_NOT_TAKEN", done.stderr)
                    self.assertEqual(done.stdout, "")
                self.assertNotIn("failed", server.wait_log("early data rejected")[0])  # close_notify came

    def test_more_than_the_ticket_allows(self):
        session, long = new_name("session"), new_file("long", b"x" * 5000)
        first = ["client", *ca(), "--name", "localhost", "--session", session]
        with Server("--early-data-max", "2000", "--echo") as server:
            self.assertEqual(run(*first, server.at, data=b"hello").stdout, "hello")
            done = run(*first, "--early-data", long, server.at, data=b"tail")
            self.assertEqual((done.returncode, done.stdout), (0, "x" * 5000 + "tail"), done.stderr)
            self.assertIn("accepted, 2000 bytes as 0-RTT; 3000 bytes follow the handshake", done.stderr)

    def test_one_ticket_twice(self):
        """A ticket in a new ClientHello is no replay (a copied ClientHello is one; the crowd test sends those), except
        where sessions are cached: there it is good once."""
        request = new_file("request", REQUEST)
        for options, expected in (((), ["accepted", "accepted"]), (("--session-cache",), ["accepted", "rejected"])):
            session, fates = new_name("session"), []
            first = ["client", *ca(), "--name", "localhost", "--session", session]
            with Server("--early-data-max", "1000", *options) as server:
                self.assertEqual(run(*first, "--get", "/", server.at).returncode, 0)
                with open(session, "rb") as file:
                    kept = file.read()
                for _ in expected:
                    _, told = run_json(*first, "--json", "--early-data", request, server.at)
                    fates.append(told["early_data"]["fate"])
                    with open(session, "wb") as file:
                        file.write(kept)
                self.assertEqual(fates, expected)

    def test_openssl_sends_early_data(self):
        place, request = new_name("openssl"), new_file("request", REQUEST)
        with Server("--early-data-max", "1000") as server:
            first = ["openssl", "s_client", "-connect", server.at, "-CAfile", str(kit.PKI / kit.KIND / "root.pem"),
                     "-servername", "localhost", "-ign_eof"]
            subprocess.run([*first, "-sess_out", place], input=REQUEST, capture_output=True, check=False,
                           timeout=kit.PATIENCE)
            done = subprocess.run([*first, "-sess_in", place, "-early_data", request], input=b"", capture_output=True,
                                  check=False, timeout=kit.PATIENCE)
            self.assertIn(b"Early data was accepted", done.stdout)
            self.assertIn(b"200 OK", done.stdout)
            server.wait_log("early data accepted")


class PreSharedKeys(unittest.TestCase):
    def test_without_certificates(self):
        for backend in kit.BACKENDS:
            for option in ("--psk", "--psk-import"):
                key = f"printer:7:{KEY}"
                with Server(option, key, "--backend", backend, kind=None) as server:
                    done, told = run_json("client", "--json", option, key, "--backend", backend, "--get", "/", server.at)
                    self.assertEqual((done.returncode, told["ok"]), (0, True), done.stdout)
                    self.assertEqual((told["external_psk"], told["resumed"], told["chain"]), (True, False, []))
                    self.assertIn("handshake    external psk", told["response"]["text"])
                    done = run("client", option, key, "--backend", backend, server.at)
                    self.assertRegex(done.stderr, r"(?m)^verified    by the pre-shared key$")
                    server.wait_log("external psk")
                    wrong = f"printer:7:{secrets.token_hex(32)}"
                    done = run("client", option, wrong, "--backend", backend, server.at)
                    self.assertEqual(done.returncode, 1)
                    server.wait_log("BAD_BINDER")
                    done = run("client", option, f"other:{KEY}", "--backend", backend, server.at)
                    self.assertEqual(done.returncode, 1)

    def test_beside_a_certificate(self):
        with Server("--psk", f"a:{KEY}") as server:
            _, told = run_json("client", *ca(), "--json", "--psk", f"b:{KEY}", "--name", "localhost", server.at)
            self.assertEqual((told["ok"], told["external_psk"], told["verified"]), (True, False, True))
            done = run("client", "--psk", f"b:{KEY}", server.at)  # no key in common, nobody to trust
            self.assertEqual(done.returncode, 1)


class Habits(unittest.TestCase):
    def test_cookie(self):
        with Server("--cookie") as server:
            _, told = run_json("client", *ca(), "--json", "--get", "/", "--name", "localhost", server.at)
            self.assertEqual((told["ok"], told["hello_retry"]), (True, True))

    def test_key_update(self):
        data = os.urandom(100000)
        with Server("--echo", "--key-update") as server:
            tool = kit.start("client", *ca(), "--key-update", "--name", "localhost", server.at)
            out, err = tool.communicate(data, timeout=kit.PATIENCE)
            self.assertEqual((tool.returncode, out == data), (0, True), err)
            self.assertRegex(err, rb"(?m)^key update  sent, and asked of the server$")
        with Server("--key-update") as server:
            _, told = run_json("client", *ca(), "--json", "--key-update", "--get", "/", "--name", "localhost", server.at)
            self.assertEqual((told["ok"], told["key_update"]), (True, True))
            self.assertIn("200 OK", told["response"]["text"])

    def test_grease(self):
        with Server() as server:
            for _ in range(5):
                _, told = run_json("client", *ca(), "--json", "--grease", "--get", "/", "--name", "localhost", server.at)
                self.assertTrue(told["ok"])

    def test_keep_alive(self):
        two = b"GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
        with Server("--keep-alive") as server:
            tool = kit.start("client", *ca(), "--name", "localhost", server.at)
            for _ in range(3):
                tool.stdin.write(two)
                tool.stdin.flush()
                head = b""
                while b"\r\n\r\n" not in head:
                    head += tool.stdout.read1(65536)
                self.assertIn(b"Connection: keep-alive\r\n", head)
                want = int(re.search(rb"Content-Length: (\d+)", head).group(1)) + head.index(b"\r\n\r\n") + 4
                while len(head) < want:
                    head += tool.stdout.read1(65536)
            out, _ = tool.communicate(b"GET /2 HTTP/1.1\r\nConnection: close\r\n\r\n", timeout=kit.PATIENCE)
            self.assertIn(b"Connection: close\r\n", out)
            server.wait_log("4 requests")
        with Server("--keep-alive") as server:  # requests sent ahead: the first is answered, and says it is the last
            out = run("client", *ca(), "--name", "localhost", server.at, data=two * 2).stdout
            self.assertEqual((out.count("200 OK"), out.count("Connection: close")), (1, 1))

    def test_quiet(self):
        with Server("--quiet", "--count", "3") as server:
            for _ in range(2):
                self.assertEqual(run("client", *ca(), "--name", "localhost", "--get", "/", server.at).returncode, 0)
            run("client", *ca("ec256"), "--name", "localhost", server.at)
            self.assertEqual(server.process.wait(kit.PATIENCE), 1)
            self.assertEqual(server.log(), "3 connections, 1 failed, 0 resumed, 0 with early data, 0 open\n")

    def test_count_on_a_terminal(self):
        """While it runs, --quiet shows on a terminal how many connections there were."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([kit.TRIVET, "server", "--quiet", *kit.pair(), "127.0.0.1:0"], stdout=subprocess.PIPE,
                                   stderr=theirs)
        os.close(theirs)
        port = int(process.stdout.readline().decode().rpartition(":")[2])
        shown = b""
        try:
            for _ in range(4):
                run("client", *ca(), "--name", "localhost", "--get", "/", f"127.0.0.1:{port}")
                time.sleep(0.25)  # longer than the time between two counts
            while not re.search(rb"\r[1-4] connections, 0 failed", shown):
                shown += os.read(ours, 4096)
            self.assertIsNone(process.poll())
        finally:
            process.terminate()
            process.wait(kit.PATIENCE)
            process.stdout.close()
            os.close(ours)


if __name__ == "__main__":
    kit.main()
