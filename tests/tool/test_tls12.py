# SPDX-License-Identifier: MIT
"""trivet client and server with TLS 1.2: versions, suites, sessions by ticket and by id, what is told of them."""
import json
import unittest

import kit
from kit import Server, ca, path, run, run_json

OLD = ("--max", "1.2")
CHACHA = "ECDHE-ECDSA-CHACHA20-POLY1305"


class Versions(unittest.TestCase):
    def test_both_ways(self):
        """The highest that both have; none in common is refused by name."""
        for server, client, told in ((("--min", "1.2"), ("--min", "1.2"), "TLSv1.3"),
                                     (OLD, ("--min", "1.2"), "TLSv1.2"), (("--min", "1.2"), OLD, "TLSv1.2"),
                                     (("--min", "1.3"), OLD, ""), (OLD, ("--min", "1.3"), "")):
            for backend in kit.BACKENDS:
                with self.subTest(server=server, client=client, backend=backend), \
                        Server("--backend", backend, *server) as at:
                    done, report = run_json("client", *ca(), "--backend", backend, *client, "--json", at.at)
                    self.assertEqual(done.returncode, 0 if told else 1, done.stdout)
                    if told:
                        self.assertEqual(report["version"], told)
                        self.assertEqual(report.get("extended_master_secret"), True if told == "TLSv1.2" else None)
                    else:
                        self.assertEqual(report["error"]["alert"], "protocol_version", report)

    def test_key_update(self):
        """TLS 1.2 has none: either side that shall make one goes on without, and the client says so."""
        with Server(*OLD, "--key-update") as at:
            for words in ((), ("--key-update",)):
                done, report = run_json("client", *ca(), *OLD, *words, "--get", "/", "--json", at.at)
                self.assertEqual(done.returncode, 0, done.stdout)
                self.assertGreater(report["response"]["bytes"], 0)
                self.assertFalse(report["key_update"])
            done = run("client", *ca(), "--key-update", "--get", "/", at.at)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("key update  none: TLS 1.2 keeps its keys\n", done.stderr)

    def test_suites(self):
        """A suite of TLS 1.2 by either of its names; alone it leaves no other version."""
        for name in (CHACHA, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"):
            with Server("--min", "1.2") as at:
                _, report = run_json("client", *ca(), "--min", "1.2", "--suites", name, "--json", at.at)
                self.assertEqual((report["version"], report["suite"]),
                                 ("TLSv1.2", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"))
        with Server("--min", "1.2", "--suites", CHACHA + ":TLS_CHACHA20_POLY1305_SHA256") as at:
            _, report = run_json("client", *ca(), "--min", "1.2", "--json", at.at)
            self.assertEqual(report["version"], "TLSv1.3")

    def test_one_version_alone(self):
        """Who offered one version is told which, also where the suites left the other one out."""
        with Server(*OLD) as at:
            for words in (("--min", "1.3"), ("--suites", "TLS_CHACHA20_POLY1305_SHA256")):
                _, report = run_json("client", *ca(), *words, "--json", at.at)
                self.assertIn("TLSv1.3 alone was offered", report["error"]["detail"])

    def test_client_without_a_certificate(self):
        """handshake_failure behind the server's choice is not told as a lack of common suites."""
        with Server(*OLD, "--client-auth", "require", "--client-ca", ca()[1]) as at:
            _, report = run_json("client", *ca(), "--json", at.at)
            self.assertEqual(report["error"]["alert"], "handshake_failure")
            self.assertIn("a certificate of ours", report["error"]["detail"])


class Sessions(unittest.TestCase):
    def resumes(self, *server):
        """Three connections, of which the last two go back to the session of the first."""
        place, reports = path("session"), []
        with open(place, "wb"):
            pass
        with Server(*OLD, "--json", *server) as at:
            for _ in range(3):
                done, report = run_json("client", *ca(), *OLD, "--session", place, "--get", "/", "--json", at.at)
                self.assertEqual(done.returncode, 0, done.stdout)
                reports.append(report)
            log = [json.loads(line) for line in at.wait_log(r'"ok".*\}$', 3)]
        self.assertEqual([r["resumed"] for r in reports], [False, True, True])
        self.assertEqual([r["resumed"] for r in log], [False, True, True])
        self.assertTrue(all(r["verified"] and r["extended_master_secret"] for r in reports))
        return reports

    def test_by_ticket(self):
        self.assertEqual([r["session_id"] for r in self.resumes()], [None, None, None])

    def test_by_id(self):
        ids = {r["session_id"] for r in self.resumes("--session-cache")}
        self.assertEqual(len(ids), 1)
        self.assertEqual(len(ids.pop()), 64)

    def test_text(self):
        with Server(*OLD, "--session-cache") as at:
            done = run("client", *ca(), *OLD, at.at)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("master      extended master secret\n", done.stderr)
        self.assertRegex(done.stderr, r"session id  [0-9a-f]{64}\n")

    def test_other_version(self):
        """A session of TLS 1.2 is not offered where 1.3 comes about, and the connection is a full one."""
        place = path("other")
        with Server("--min", "1.2") as at:
            run_json("client", *ca(), *OLD, "--session", place, "--json", at.at)
            _, report = run_json("client", *ca(), "--min", "1.2", "--session", place, "--json", at.at)
            self.assertEqual((report["version"], report["resumed"]), ("TLSv1.3", False))


if __name__ == "__main__":
    kit.main()
