#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds README.md to what the tests see: the client that it quotes, and what that client prints.

usage: check-readme.py [--write] CLIENT OPENSSL

CLIENT is the built program. --write puts the quotations into README.md instead of comparing them.
Lines that vary by machine are compared without what varies: the suite's order of preference, source lines.
"""
import os
import re
import socket
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PKI = os.path.join(ROOT, "vectors", "pki")
sys.path.insert(0, os.path.join(ROOT, "tests", "interop"))
from matrix import free_port  # noqa: E402 (after the path)


def run_client(client, openssl, chain):
    port = free_port()
    server = subprocess.Popen([openssl, "s_server", "-accept", "127.0.0.1:%d" % port, "-www", "-cert",
                               "%s/%s/chain.pem" % (PKI, chain), "-cert_chain", "%s/%s/chain.pem" % (PKI, chain),
                               "-key", "%s/%s/key.pem" % (PKI, chain)], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        done = subprocess.run([client, "localhost", str(port), PKI + "/ec256/root.pem"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=30)
    finally:
        server.kill()
        server.wait()
    return "$ ./client localhost 4433 vectors/pki/ec256/root.pem\n" + done.stdout.decode().strip("\n") + "\n"


def quoted_client():
    with open(os.path.join(ROOT, "tests", "readme", "client.c"), encoding="utf-8") as f:
        source = f.read()
    return source[source.index("#define"):]


def block(text, begin, end):
    m = re.search(re.escape(begin) + r"\n(?:```\w*\n)?(.*?)(?:```\n)?" + re.escape(end), text, re.S)
    return m.group(1) if m else None


def steady(text):
    """Without what may differ between machines and builds."""
    text = re.sub(r"(raised at: \S+?):\d+", r"\1", text)
    return re.sub(r"TLS_[A-Z0-9_]+", "SUITE", text)


def main():
    arguments = [a for a in sys.argv[1:] if a != "--write"]
    if len(arguments) != 2:
        sys.exit(__doc__)
    client, openssl = arguments
    path = os.path.join(ROOT, "README.md")
    with open(path, encoding="utf-8") as f:
        readme = f.read()
    wanted = {
        ("<!-- client -->", "<!-- /client -->", "c"): quoted_client(),
        ("<!-- output good -->", "<!-- /output -->", "text"): run_client(client, openssl, "ec256"),
        ("<!-- output refused -->", "<!-- /output -->", "text"): run_client(client, openssl, "wrong-name"),
    }
    passed = failed = 0
    for (begin, end, language), text in wanted.items():
        have = block(readme, begin, end)
        if "--write" in sys.argv:
            new = "%s\n```%s\n%s```\n%s" % (begin, language, text, end)
            readme = re.sub(re.escape(begin) + r"\n.*?" + re.escape(end), lambda _: new, readme, count=1, flags=re.S)
        elif have is not None and steady(have) == steady(text):
            passed += 1
        else:
            failed += 1
            print("FAILED README.md is not current behind %s; it should say:\n%s" % (begin, text))
    if "--write" in sys.argv:
        with open(path, "w", encoding="utf-8") as f:
            f.write(readme)
        return 0
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
