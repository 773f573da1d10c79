#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line: every option, every usage error with its words and its exit status."""
import json
import os
import subprocess
import unittest

import kit
from kit import run


class Usage(unittest.TestCase):
    def refused(self, words, *arguments, env=None):
        """Status 2, one sentence on standard error, nothing on standard output; the same as JSON."""
        done = run(*arguments, env=env)
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        self.assertTrue(done.stderr.startswith(f"trivet {arguments[0]}: "), done.stderr)
        self.assertIn(words, done.stderr)
        if arguments[0] in ("client", "server", "providers", "verify", "cert") and "--" not in arguments:
            done = run(arguments[0], "--json", *arguments[1:], env=env)
            self.assertEqual(done.returncode, 2)
            told = json.loads(done.stderr if arguments[0] == "server" else done.stdout)
            self.assertEqual((told["ok"], told["stage"], told["status"]), (False, "usage", 2))
            self.assertIn(words, told["message"])

    def test_no_command(self):
        done = run()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("usage: trivet COMMAND", done.stderr)
        done = run("serve")
        self.assertEqual(done.returncode, 2)
        self.assertIn('no command "serve"', done.stderr)
        self.assertIn('no command "a?[2Jb"', run("a\x1b[2Jb").stderr) # nothing that a terminal obeys

    def test_help(self):
        for arguments in (["help"], ["--help"], ["-h"]):
            done = run(*arguments)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            for command in ("client", "server", "providers", "states", "verify", "cert", "help"):
                self.assertIn(f"\n  {command} ", done.stdout)
        for command in ("client", "server", "providers", "states", "verify", "cert", "help"):
            texts = {run("help", command).stdout, run(command, "--help").stdout, run(command, "-h").stdout}
            self.assertEqual(len(texts), 1)
            self.assertIn(f"usage: trivet {command}", texts.pop())
        self.refused('no command "nothing"', "help", "nothing")

    def test_version(self):
        self.assertRegex(run("--version").stdout, r"\Atrivet \d+\.\d+\.\d+\n\Z")

    def test_options(self):
        self.refused("there is no option --nonsense", "client", "--nonsense", "localhost")
        self.refused("there is no option --nonsense", "server", "--nonsense=1", "0")
        self.refused("there is no option -x", "client", "-x", "localhost")
        self.refused("--get is no option of this command", "server", "--get", "/", "0")
        self.refused("--echo is no option of this command", "client", "--echo", "localhost")
        self.refused("--dot is no option of this command", "providers", "--dot")
        self.refused("--json is no option of this command", "states", "--json")
        self.refused("--insecure takes no argument", "client", "--insecure=yes", "localhost")
        self.refused("HOST[:PORT] is missing", "client")
        self.refused("[ADDR:]PORT is missing", "server")
        self.refused("one argument too many", "client", "localhost", "443")
        self.refused("one argument too many", "providers", "openssl")
        self.refused('"--insecure" is one argument too many', "client", "localhost", "--", "--insecure")

    def test_arguments_missing(self):
        for name in ("backend", "ca", "name", "cert", "key", "min", "max", "suites", "groups", "sigalgs", "alpn", "keylog",
                     "get", "timeout", "ocsp", "peer-key", "psk", "psk-import", "session", "early-data", "early-rejected",
                     "tickets"):
            self.refused(f"--{name} needs an argument", "client", "localhost", f"--{name}")
        for name in ("count", "idle", "ocsp", "sct", "client-auth", "client-ca", "peer-key", "psk", "psk-import", "tickets",
                     "ticket-key", "early-data-max"):
            self.refused(f"--{name} needs an argument", "server", "0", f"--{name}")

    def test_numbers(self):
        for name, bad in (("count", "0"), ("count", "-1"), ("count", "many"), ("count", "1x"), ("idle", "0"),
                          ("timeout", "99999999999999999999"), ("timeout", "")):
            self.refused(f"--{name} {bad} is no number from 1 to", "server", f"--{name}={bad}", *kit.pair(), "0")
        for bad in ("9", "-1", "two", ""):
            self.refused(f"--tickets {bad} is no number from 0 to 8", "server", f"--tickets={bad}", *kit.pair(), "0")
        self.refused("--tickets 256 is no number from 0 to 255", "client", "--tickets", "256", *kit.ca(), "localhost")
        for bad in ("0", "16385"):
            self.refused(f"--early-data-max {bad} is no number from 1 to 16384", "server", "--early-data-max", bad,
                         *kit.pair(), "0")

    def test_places(self):
        for bad, words in (("localhost:", "port"), ("localhost:0", "from 1 to 65535"), ("localhost:65536", "port"),
                           ("localhost:https", "port"), (":443", "host is missing"), ("[::1", "bracket"),
                           ("[::1]443", "bracket"), ("[]:443", "host is missing"), ("x" * 300, "too long")):
            self.refused(words, "client", *kit.ca(), bad)
        for bad in ("65536", "127.0.0.1:", "127.0.0.1:http", "[::1]"):
            self.refused("port", "server", *kit.pair(), bad)

    def test_names(self):
        self.refused("is no host name", "client", *kit.ca(), "not..a..name:443")
        self.refused("--name", "client", *kit.ca(), "--name", "under score!", "localhost:1")

    def test_lists(self):
        for command, more, where in (("client", kit.ca(), "localhost:1"), ("server", kit.pair(), "0")):
            self.refused("'TLS_NOTHING' is no cipher suite", command, *more, "--suites", "TLS_NOTHING", where)
            self.refused("'x25518' is no group", command, *more, "--groups", "x25519:x25518", where)
            self.refused("'md5' is no signature algorithm", command, *more, "--sigalgs", "md5", where)
            self.refused("--groups", command, *more, "--groups", "", where)
            self.refused("empty or too long", command, *more, "--alpn", "h2,,http/1.1", where)
            self.refused("empty or too long", command, *more, "--alpn", "", where)
            self.refused("empty or too long", command, *more, "--alpn", "x" * 256, where)
            self.refused("--min 1.1 is no version", command, *more, "--min", "1.1", where)
            self.refused("--max 1.4 is no version", command, *more, "--max", "1.4", where)
            self.refused("--min 1.3 is above --max 1.2", command, *more, "--min", "1.3", "--max", "1.2", where)
            self.refused('"nothing"; built in: ', command, *more, "--backend", "nothing", where)
        if "libsodium" in kit.BACKENDS:
            self.refused("libsodium has no secp256r1", "client", *kit.ca(), "--backend", "libsodium", "--groups", "P-256",
                         "localhost:1")

    def test_trust(self):
        empty = kit.path("empty.pem")
        with open(empty, "w", encoding="utf-8"):
            pass
        broken = kit.path("broken.pem")
        with open(broken, "w", encoding="utf-8") as file:
            file.write("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
        self.refused("No such file", "client", "--ca", kit.path("absent.pem"), "localhost:1")
        self.refused("no PEM block", "client", "--ca", empty, "localhost:1")
        self.refused(f"--ca {broken}: ", "client", "--ca", broken, "localhost:1")
        self.refused("leave one of them out", "client", "--insecure", *kit.ca(), "localhost:1")
        self.refused("leave one of them out", "client", "--insecure", "--system-ca", "localhost:1")
        self.refused("system's trust store was not found", "client", "localhost:1",
                     env={"SSL_CERT_FILE": kit.path("absent.pem")})

    def test_credentials(self):
        cert, key = kit.pair()[1], kit.pair()[3]
        self.refused("a server needs a certificate", "server", "0")
        self.refused(f"{key} has no CERTIFICATE", "server", "--cert", key, "--key", cert, "0")
        self.refused("RFC 6960 4.2.1", "server", "--cert", cert, "--key", key, "--ocsp", kit.ROOT / "README.md", "0")
        self.refused("Uses of --cert: 1, of --key: 0.", "server", "--cert", cert, "0")
        self.refused("Uses of --cert: 0, of --key: 1.", "client", "--key", key, *kit.ca(), "localhost:1")
        self.refused("No such file", "server", "--cert", kit.path("absent"), "--key", key, "0")
        self.refused("No such file", "server", "--cert", cert, "--key", kit.path("absent"), "0")
        self.refused("no PEM block", "server", "--cert", cert, "--key", cert, "0")
        self.refused("no PEM block", "server", "--cert", key, "--key", key, "0")
        other = str(kit.PKI / "client-ed25519" / "key.pem")
        self.refused("does not belong to the certificate", "server", "--cert", cert, "--key", other, "0")

    def test_paths(self):
        for bad in ("index.html", "", "/a b", "/a\r\nHost: x", "/\u00e4"):
            self.refused("a path begins with /", "client", *kit.ca(), "--get", bad, "localhost:1")

    def test_keylog(self):
        absent = os.path.join(kit.path("absent"), "keys")
        self.refused("cannot be opened for writing", "client", *kit.ca(), "--keylog", absent, "localhost:1")
        self.refused("SSLKEYLOGFILE", "client", *kit.ca(), "localhost:1", env={"SSLKEYLOGFILE": absent})

    def test_exclusive(self):
        self.refused("exclude each other", "server", "--http", "--echo", *kit.pair(), "0")
        self.refused("leave one of them out", "server", "--keep-alive", "--echo", *kit.pair(), "0")
        done = run("server", "--quiet", "--json", *kit.pair(), "0")
        self.assertEqual(done.returncode, 2)
        self.assertIn("leave one of them out", json.loads(done.stderr)["message"])

    def test_sessions(self):
        client, server = ("client", *kit.ca()), ("server", *kit.pair())
        request, empty, short = kit.path("request"), kit.path("nothing"), kit.path("short")
        for place, content in ((request, b"GET / HTTP/1.1\r\n\r\n"), (empty, b""), (short, b"x" * 47)):
            with open(place, "wb") as file:
                file.write(content)
        session = ("--session", kit.path("no-session"))
        self.refused("needs a ticket of an earlier connection", *client, "--early-data", request, "localhost:1")
        self.refused("--early-data FILE is the request, and so is --get", *client, *session, "--early-data", request, "--get",
                     "/", "localhost:1")
        self.refused("is about --early-data", *client, *session, "--early-rejected", "stop", "localhost:1")
        self.refused("say resend or stop", *client, *session, "--early-data", request, "--early-rejected", "maybe",
                     "localhost:1")
        self.refused("there is nothing to send", *client, *session, "--early-data", empty, "localhost:1")
        self.refused("No such file", *client, *session, "--early-data", kit.path("absent"), "localhost:1")
        nowhere = os.path.join(kit.path("absent"), "session")
        self.refused(f"--session {nowhere}: A file cannot be read", *client, "--session", nowhere, "localhost:1")
        self.refused("head -c 48 /dev/urandom", *server, "--ticket-key", short, "0")
        self.refused("head -c 48 /dev/urandom", *server, "--ticket-key", empty, "0")
        self.refused("No such file", *server, "--ticket-key", kit.path("absent"), "0")
        self.refused("leave one of them out", *server, "--ticket-key", request, "--session-cache", "0")
        for option in (("--session-cache",), ("--early-data-max", "9"), ("--tickets-now",)):
            self.refused("--tickets 0 gives no tickets", *server, "--tickets", "0", *option, "0")
        self.refused("--early-data-max is no option of this command", *client, "--early-data-max", "9", "localhost:1")
        self.refused("--session is no option of this command", *server, "--session", "x", "0")

    def test_keys_that_are_shared(self):
        for option in ("--psk", "--psk-import"):
            for bad, words in (("nocolon", "IDENTITY:HEX"), (":00112233445566778899aabbccddeeff", "IDENTITY:HEX"),
                               ("me:0011", "16 to 128 bytes"), ("me:" + "0" * 33, "16 to 128 bytes"),
                               ("me:" + "0" * 258, "16 to 128 bytes"), ("me:" + "0g" * 16, "hexadecimal digits")):
                self.refused(words, "client", option, bad, "localhost:1")
                self.refused(words, "server", option, bad, "0")
            done = run("client", option, "me:SECRETSECRETSECRETSECRETSECRETSE", "localhost:1")
            self.assertNotIn("SECRET", done.stderr)

    def test_who_is_who(self):
        server, root = ("server", *kit.pair()), str(kit.PKI / kit.KIND / "root.pem")
        key = str(kit.PKI / kit.KIND / "key.pem")
        self.refused("say none, request or require", *server, "--client-auth", "maybe", "0")
        self.refused("needs somebody to trust", *server, "--client-auth", "require", "0")
        self.refused("does nothing while no client is asked", *server, "--client-ca", root, "0")
        self.refused("does nothing while no client is asked", *server, "--post-handshake-auth", "0")
        self.refused("leave one of them out", *server, "--client-auth", "request", "--client-ca", root,
                     "--post-handshake-auth", "--echo", "0")
        self.refused("No such file", *server, "--client-auth", "require", "--client-ca", kit.path("absent"), "0")
        self.refused("needs our raw key", *server, "--rpk", "0")
        self.refused("give --rpk too", *server, "--peer-key", key, "0")
        self.refused("needs the server's key", "client", "--rpk", "localhost:1")
        self.refused("leave one of them out", "client", "--rpk", "--peer-key", key, "--ca", root, "localhost:1")
        self.refused("leave it or --rpk out", "client", "--rpk", "--insecure", "--sct", "localhost:1")
        self.refused("Leave the others out", "server", "--rpk", "--key", key, "--key", key, "0")
        self.refused("--peer-key", "client", "--rpk", "--peer-key", root, "localhost:1")
        self.refused("say ask or require", "client", "--ocsp", "perhaps", *kit.ca(), "localhost:1")
        self.refused("leave one of them out", "client", "--insecure", "--ocsp", "require", "localhost:1")
        self.refused("No such file", *server, "--ocsp", kit.path("absent"), "0")
        self.refused("No such file", *server, "--sct", kit.path("absent"), "0")
        self.refused("each is stapled to the certificate at its place", *server, "--ocsp", key, "--ocsp", key, "0")
        self.refused("give a --cert FILE too", "server", "--psk", "me:" + "00" * 16, "--strict-sni", "0")

    def test_states(self):
        self.refused('there is no machine "client14". Say one of: client13, client12, server, server13, server12', "states", "client14")

    def test_output_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([kit.TRIVET, "help"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"standard output", done.stderr)


if __name__ == "__main__":
    kit.main()
