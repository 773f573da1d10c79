#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""trivet verify and trivet cert: what is valid, why something is not, what a certificate says."""
import base64
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import kit
from kit import run, run_json

LEAF = kit.PKI / kit.KIND / "leaf.pem"
CHAIN = kit.PKI / kit.KIND / "chain.pem"


def status_of_process():
    status = pathlib.Path("/proc/self/status")
    return status.read_text(encoding="ascii") if status.exists() else ""


def der_of(pem):
    body = "".join(line for line in pem.splitlines() if not line.startswith("-"))
    return base64.b64decode(body)


class Verify(unittest.TestCase):
    def verify(self, *arguments, file=CHAIN):
        return run("verify", *kit.ca(), *arguments, file)

    def invalid(self, code, *arguments, file=CHAIN, words=()):
        """Status 1, sentences on standard error, nothing on standard output; the same as JSON."""
        done = self.verify(*arguments, file=file)
        self.assertEqual((done.returncode, done.stdout), (1, ""), done.stderr)
        self.assertTrue(done.stderr.startswith("trivet verify: not valid\n"), done.stderr)
        for word in (f"[{code}]", "why: RFC ", *words):
            self.assertIn(word, done.stderr)
        self.assertNotIn("alert", done.stderr)
        done, told = run_json("verify", "--json", *kit.ca(), *arguments, file)
        self.assertEqual((done.returncode, told["ok"], told["stage"], told["error"]["code"]), (1, False, "verify", code))
        return told["error"]

    def test_valid(self):
        for arguments in ([], ["--name", "localhost"], ["--name", "127.0.0.1"], ["--name", "::1"], ["--purpose", "server"],
                          ["--time", "2026-06-01T00:00:00Z"], ["--time", "1780272000"], ["--web-pki"]):
            done = self.verify(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
            self.assertTrue(done.stdout.startswith("valid for a server"), done.stdout)
            self.assertEqual(done.stdout.count("\n"), 4)
            self.assertIn("\n  root   CN=", done.stdout)
        done, told = run_json("verify", "--json", *kit.ca(), "--name", "localhost", "--time", "1780272000", CHAIN)
        self.assertEqual((done.returncode, told["ok"], told["name"], told["time"]), (0, True, "localhost", "2026-06-01T00:00:00Z"))
        self.assertEqual([place["index"] for place in told["path"]], [0, 1, None])

    @unittest.skipUnless(os.geteuid() == 0, "only root can make a program that others run with its rights")
    def test_environment_of_more_rights(self):
        """Whoever starts a set-user-ID program has no say in whom it trusts."""
        with tempfile.TemporaryDirectory(prefix="trivet-rights-") as folder:
            os.chmod(folder, 0o755)
            if os.statvfs(folder).f_flag & os.ST_NOSUID or "NoNewPrivs:\t1" in status_of_process():
                self.skipTest("no program here gets its owner's rights")
            tool, root, chain = (os.path.join(folder, name) for name in ("trivet", "root.pem", "chain.pem"))
            for source, copy, mode in ((kit.TRIVET, tool, 0o755), (kit.PKI / kit.KIND / "root.pem", root, 0o644),
                                       (CHAIN, chain, 0o644)):
                shutil.copyfile(source, copy)
                os.chmod(copy, mode)
            for rights, status in ((0o755, 0), (0o4755, 1)):
                os.chmod(tool, rights)
                done = subprocess.run([tool, "verify", chain], env={**kit.ENVIRONMENT, "SSL_CERT_FILE": root}, user=65534,
                                      capture_output=True, check=False, timeout=kit.PATIENCE)
                self.assertEqual(done.returncode, status, done.stderr)

    def test_not_valid(self):
        self.invalid("CERT_NAME_MISMATCH", "--name", "example.com", words=["asked for example.com; it is for localhost"])
        self.invalid("CERT_EXTENDED_KEY_USAGE", "--purpose", "client", words=["clientAuth is needed"])
        error = self.invalid("CERT_NOT_YET_VALID", "--time", "2020-01-01T00:00:00Z")
        self.assertEqual((error["message"], error["field"], error["section"]), ("Certificate[0]", "validity.notBefore", "4.1.2.5"))
        self.invalid("CERT_UNKNOWN_ISSUER", file=LEAF, words=["its issuer is CN="])
        many = kit.path("many.pem")
        with open(many, "w", encoding="utf-8") as file:
            file.write(LEAF.read_text(encoding="utf-8") * 65)
        self.invalid("CERT_CHAIN_TOO_LONG", file=many, words=["it has 65 certificates", "64 at most"])
        with open(many, "w", encoding="utf-8") as file:
            file.write(LEAF.read_text(encoding="utf-8") * 4097)
        for command in ("verify", "cert"): # the file's limit, and no want of memory
            done = run(command, many)
            self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
            self.assertIn("more than 4096 certificates", done.stderr)
        broken = kit.path("broken-leaf.der")
        with open(broken, "wb") as file:
            file.write(der_of(LEAF.read_text(encoding="utf-8"))[:-1])
        self.invalid("CERT_MALFORMED", file=broken)

    def test_revocation(self):
        lists = kit.PKI / "crl" / kit.KIND
        now = ["--time", "2026-06-01T00:00:00Z"]
        both = ["--crl", lists / "nobody.pem", "--crl", lists / "root-nobody.pem"]
        for arguments in (["--crl", lists / "nobody.pem"], both, [*both, "--crl-all"], ["--crl", lists / "user.pem"]):
            done = self.verify(*now, *arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""), arguments)
        error = self.invalid("CERT_REVOKED", *now, "--crl", lists / "revoked.pem",
                             words=["revoked at 2026-05-01T00:00:00Z (keyCompromise), says the list of 2026-05-31T00:00:00Z"])
        self.assertEqual((error["message"], error["field"], error["section"]), ("Certificate[0]", "serialNumber", "6.3"))
        self.invalid("CRL_MISSING", *now, "--crl", lists / "root-nobody.pem", words=["no list of its issuer"])
        error = self.invalid("CRL_MISSING", *now, "--crl", lists / "nobody.pem", "--crl-all")
        self.assertEqual(error["message"], "Certificate[1]")
        self.invalid("CRL_NOT_CURRENT", *now, "--crl", lists / "old.pem", words=["good until 2026-01-31T00:00:00Z"])
        self.invalid("CRL_SIGNATURE", *now, "--crl", lists / "other-key.pem")
        for name, words in (("delta.pem", "a delta list is of use only"), ("number-critical.pem", "is not well-formed DER"), ("absent.pem", "No such file")):
            done = self.verify("--crl", lists / name)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(words, done.stderr)

    def test_public_suffixes(self):
        ours = kit.path("suffixes.dat")
        for text, good in (("wild.test\n\u516c\u53f8.cn\n", False), ("*.wild.test\n", True), ("*.test\n!wild.test\n", True),
                           ("// ===BEGIN PRIVATE DOMAINS===\nwild.test\n// ===END PRIVATE DOMAINS===\ntest\n", True)):
            with open(ours, "w", encoding="utf-8") as file:
                file.write(text)
            if good:
                done = self.verify("--name", "x.wild.test", "--public-suffixes", ours)
                self.assertEqual((done.returncode, done.stderr), (0, ""), text)
            else:
                error = self.invalid("CERT_NAME_MISMATCH", "--name", "x.wild.test", "--public-suffixes", ours,
                                     words=['a public suffix stands behind "*." in *.wild.test, by the rule wild.test'])
                self.assertEqual(error["field"], "subjectAltName")
            self.assertEqual(self.verify("--name", "localhost", "--public-suffixes", ours).returncode, 0)
        with open(ours, "w", encoding="utf-8") as file:
            file.write("test\n<html>\n")
        done = self.verify("--public-suffixes", ours)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("line 2: <html>", done.stderr)
        for words, arguments in (("line 2: <html>", []), ("--public-suffixes does", ["--insecure"])):
            done = run("client", *arguments, "--public-suffixes", ours, "localhost:1")
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(words, done.stderr)

    def test_usage(self):
        for words, arguments in (("--time yesterday is no time", ["--time", "yesterday"]), ("--time 2026-13-01T00:00:00Z is", ["--time", "2026-13-01T00:00:00Z"]),
                                 ("--time -1 is no time", ["--time", "-1"]), ("say server or client", ["--purpose", "mail"]),
                                 ("is no host name and no address", ["--name", "not a name"]),
                                 ("No such file", ["--ca", kit.path("absent.pem")]), ('"nothing"', ["--backend", "nothing"])):
            done = self.verify(*arguments)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(words, done.stderr)
        done = run("verify", *kit.ca(), kit.path("absent.pem"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("No such file", done.stderr)
        done = run("cert", kit.ROOT / "README.md")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no PEM block", done.stderr)

    def test_cert(self):
        pem = LEAF.read_text(encoding="utf-8")
        der = kit.path("leaf.der")
        with open(der, "wb") as file:
            file.write(der_of(pem))
        text = run("cert", LEAF).stdout
        self.assertEqual(text, run("cert", der).stdout)
        digest = hashlib.sha256(der_of(pem)).hexdigest()
        for words in ("certificate 0\n", "localhost, example.test, *.wild.test, 127.0.0.1, ::1\n", "digitalSignature\n",
                      "serverAuth\n", "keyUsage, critical\n", digest):
            self.assertIn(words, text)
        done, told = run_json("cert", "--json", CHAIN)
        self.assertEqual((done.returncode, told["ok"], len(told["certificates"])), (0, True, 2))
        leaf, authority = told["certificates"]
        self.assertEqual((leaf["sha256"], leaf["ca"], leaf["version"], leaf["purposes"]), (digest, False, 3, "serverAuth"))
        self.assertEqual(leaf["names"], ["localhost", "example.test", "*.wild.test", "127.0.0.1", "::1"])
        self.assertEqual((authority["ca"], authority["subject"]), (True, leaf["issuer"]))
        self.assertIn({"name": "basicConstraints", "oid": "2.5.29.19", "critical": True, "values": []}, authority["extensions"])

    def test_cert_with_many_extensions(self):
        """What a certificate says is told, and not only that it says something."""
        done, told = run_json("cert", "--json", kit.PKI / "nc-good" / "chain.pem")
        self.assertEqual(done.returncode, 0)
        said = {extension["name"]: extension["values"] for one in told["certificates"] for extension in one["extensions"]}
        self.assertTrue(any(value.startswith("permitted hosts ") for value in said["nameConstraints"]), said)
        text = run("cert", kit.PKI / "nc-good" / "chain.pem").stdout
        for value in said["nameConstraints"]:
            self.assertIn(value, text)
        done, told = run_json("cert", "--json", kit.PKI / "unknown-critical" / "chain.pem")
        leaf = told["certificates"][0]
        (unknown,) = [one for one in leaf["extensions"] if one["name"] is None]
        self.assertEqual((unknown["oid"], unknown["critical"]), (leaf["unknown_critical"], True))
        self.assertIn(f"{unknown['oid']}, critical, not known here\n", run("cert", kit.PKI / "unknown-critical" / "chain.pem").stdout)
        leaf = run_json("cert", "--json", kit.PKI / "secp256k1" / "chain.pem")[1]["certificates"][0]
        self.assertEqual(leaf["key"], "EC on the curve 1.3.132.0.10")

    def test_cert_that_does_not_decode(self):
        broken = kit.path("half.pem")
        with open(broken, "w", encoding="utf-8") as file:
            file.write(LEAF.read_text(encoding="utf-8"))
            file.write("-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n")
        done, told = run_json("cert", "--json", broken)
        self.assertEqual((done.returncode, told["ok"]), (1, False))
        self.assertEqual(told["certificates"][1]["error"]["code"], "CERT_MALFORMED")
        self.assertIn("unreadable", run("cert", broken).stdout)
        with open(broken, "a", encoding="utf-8") as file: # the others of the file are told all the same
            file.write("-----BEGIN CERTIFICATE-----\nM*A=\n-----END CERTIFICATE-----\n" + LEAF.read_text(encoding="utf-8"))
        done, told = run_json("cert", "--json", broken)
        self.assertEqual((done.returncode, [one.get("serial") is None for one in told["certificates"]]), (1, [False, True, True, False]))
        self.assertEqual(told["certificates"][2]["error"]["code"], "PEM_MALFORMED")

    def test_words_of_files(self):
        """Which file, which of its blocks, which byte, which section; the same for programs."""
        bundle, empty = kit.path("bundle.pem"), kit.path("empty.pem")
        text = LEAF.read_text(encoding="utf-8")
        with open(bundle, "w", encoding="utf-8") as file:
            file.write(text + "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n")
        done = self.verify("--ca", bundle)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        for words in (bundle, "[RFC 5280 4.1]", f"in block 1, counted from 0, which begins at byte {len(text)}"):
            self.assertIn(words, done.stderr)
        self.assertNotIn("alert", done.stderr)
        done, told = run_json("verify", "--json", "--ca", bundle, CHAIN)
        self.assertEqual((done.returncode, told["stage"], told["error"]["code"], told["error"]["section"]),
                         (2, "usage", "CERT_MALFORMED", "4.1"))
        with open(empty, "w", encoding="utf-8"):
            pass
        for command, file, words in (("cert", empty, "it is empty"), ("cert", kit.PKI / kit.KIND / "key.pem", '"PRIVATE KEY"'),
                                     ("verify", empty, "[RFC 7468 2]")):
            done = run(command, file)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(words, done.stderr)
        done = self.verify(file=kit.PKI / kit.KIND / "root.pem")
        self.assertIn("an authority stands where the leaf must", done.stderr)


if __name__ == "__main__":
    kit.main()
