#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Handshakes with peers that nobody here wrote, on loopback: each backend x key type x group x suite that both sides
# have, our client against servers and clients against our server. Prints a matrix; a pair that fails, fails the run.
#
# What our side lacks is read from tests/kit/absent.txt; what a peer lacks is declared in PEERS below, with the reason.
import argparse
import concurrent.futures
import contextlib
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PKI = os.path.join(ROOT, "vectors", "pki")

# Name here, algorithm in absent.txt, and the names that the peers' command lines use.
KEYS = {
    "ec256": "ECDSA-P-256", "ec384": "ECDSA-P-384", "ec521": "ECDSA-P-521", "rsa2048": "RSA-PSS",
    "rsa3072": "RSA-PSS", "rsapss": "RSA-PSS-PSS", "ed25519": "Ed25519", "ed448": "Ed448",
}
PQ_KEYS = {"mldsa44": "ML-DSA-44", "mldsa65": "ML-DSA-65", "mldsa87": "ML-DSA-87"}
GROUPS = {
    "x25519": ("X25519", "X25519", "GROUP-X25519"), "secp256r1": ("secp256r1", "P-256", "GROUP-SECP256R1"),
    "secp384r1": ("secp384r1", "P-384", "GROUP-SECP384R1"), "secp521r1": ("secp521r1", "P-521", "GROUP-SECP521R1"),
    "x448": ("X448", "X448", "GROUP-X448"),
}
# A hybrid needs both of its parts; the parts may come from different backends of an overlay.
PQ_GROUPS = {
    "X25519MLKEM768": (("ML-KEM-768", "X25519"), "X25519MLKEM768"),
    "SecP256r1MLKEM768": (("ML-KEM-768", "secp256r1"), "SecP256r1MLKEM768"),
}
SUITES = {
    "TLS_AES_128_GCM_SHA256": ("AES-128-GCM", "AES-128-GCM"),
    "TLS_AES_256_GCM_SHA384": ("AES-256-GCM", "AES-256-GCM"),
    "TLS_CHACHA20_POLY1305_SHA256": ("ChaCha20-Poly1305", "CHACHA20-POLY1305"),
    "TLS_AES_128_CCM_SHA256": ("AES-128-CCM", "AES-128-CCM"),
    "TLS_AES_128_CCM_8_SHA256": ("AES-128-CCM_8", "AES-128-CCM-8"),
}
# peer -> what it does not have: name of a key, group or suite -> reason
PEERS = {
    "openssl s_server": {},
    "gnutls-serv": {},
    "nginx": {},
    "openssl s_client": {},
    "gnutls-cli": {},
    "curl": {},
}
# From 3.2 on OpenSSL counts the short tag of CCM_8 as 64 bits and keeps it for its security level 0.
LEVEL = "DEFAULT:@SECLEVEL=0"
TIMEOUT = 20


class Failure(Exception):
    pass


def free_port():
    """Below those that a system gives out by itself, so that no connection of another test takes it before the server does."""
    while True:
        port = random.randrange(20000, 32000)
        with contextlib.suppress(OSError), socket.socket() as s:
            s.bind(("127.0.0.1", port))
            return port


def wait_port(port, process):
    for _ in range(200):
        if process is not None and process.poll() is not None:
            raise Failure("the server ended at once")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.03)
    raise Failure("the server does not listen")


def run(command, stdin=b"", **environment):
    try:
        done = subprocess.run(command, input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT,
                              env={**os.environ, **environment})
    except subprocess.TimeoutExpired as late:
        return 124, (late.stdout or b"").decode("utf-8", "replace"), "no end after %d s" % TIMEOUT
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


def pem(key, name):
    return os.path.join(PKI, key, name)


class Process:
    """A server that is stopped when its block ends. Its output goes to a file, for the report of a failure."""

    def __init__(self, command, log, cwd=None):
        self.log = log
        self.out = open(log, "wb")
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.out, cwd=cwd)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.out.close()


# ---- what our side has ------------------------------------------------------------------------------------------

def declared_absent():
    """backend -> algorithms that are absent whatever the version and the machine."""
    absent = {}
    with open(os.path.join(ROOT, "tests", "kit", "absent.txt"), encoding="utf-8") as f:
        for line in f:
            words = line.split()
            if len(words) >= 3 and not line.startswith("#"):
                absent.setdefault(words[0], set()).add(words[1])
    return absent


def lacks(backend, algorithm, absent, conditional):
    """An overlay lacks what all of its parts lack."""
    for part in backend.split("+"):
        if algorithm not in absent.get(part, set()) and algorithm not in conditional.get(part, set()):
            return False
    return True


def plain(name):
    """The kit says ML-KEM-768 and the protocol's registry MLKEM768."""
    return name.lower().replace("-", "")


def conditional_absences(tool):
    """Lines of absent.txt with a condition (version, processor): true where the tool does not list the algorithm."""
    conditional = {}
    code, out, err = run([tool, "providers", "--json"])
    if code != 0:
        raise Failure("trivet providers --json: %s" % err)
    offered = {}
    for provider in json.loads(out)["providers"]:
        names = set()
        for kind in ("hashes", "aeads", "groups", "signatures"):
            names.update(plain(entry["name"]) for entry in provider.get(kind, []))
        offered[provider["name"]] = names
    with open(os.path.join(ROOT, "tests", "kit", "absent.txt"), encoding="utf-8") as f:
        for line in f:
            words = line.split()
            m = re.match(r"^([a-z0-9]+)[<>!]", words[0]) if len(words) >= 3 else None
            if m and words[1] != "licence" and plain(words[1]) not in offered.get(m.group(1), set()):
                conditional.setdefault(m.group(1), set()).add(words[1])
    return conditional, list(offered)


class Ours:
    def __init__(self, tool, backend, absent, conditional):
        self.tool, self.backend = tool, backend
        self.keys = [k for k, a in KEYS.items() if not lacks(backend, a, absent, conditional)]
        self.groups = [g for g, v in GROUPS.items() if not lacks(backend, v[0], absent, conditional)]
        self.suites = [s for s, v in SUITES.items() if not lacks(backend, v[0], absent, conditional)]
        self.pq = [g for g, v in PQ_GROUPS.items() if not any(lacks(backend, a, absent, conditional) for a in v[0])]


# ---- our client against their servers ---------------------------------------------------------------------------

def start_s_server(openssl, key, port, log, groups):
    return Process([openssl, "s_server", "-accept", "127.0.0.1:%d" % port, "-www", "-tls1_3", "-cert",
                    pem(key, "leaf.pem"), "-key", pem(key, "key.pem"), "-cert_chain", pem(key, "intermediate.pem"),
                    "-cipher", LEVEL, "-ciphersuites", ":".join(SUITES), "-groups", ":".join(groups)], log)


def start_gnutls_serv(key, port, log):
    return Process(["gnutls-serv", "--http", "-p", str(port), "--x509certfile", pem(key, "chain.pem"),
                    "--x509keyfile", pem(key, "key.pem"), "--priority",
                    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+AES-128-CCM:+AES-128-CCM-8:+GROUP-X448:+SIGN-EDDSA-ED448:"
                    "+SIGN-RSA-PSS-SHA256"], log)


def start_nginx(key, port, log, work):
    conf = os.path.join(work, "nginx-%s.conf" % key)
    with open(conf, "w", encoding="utf-8") as f:
        f.write("daemon off; master_process off; pid %s/nginx-%s.pid; error_log stderr;\n"
                "events { worker_connections 64; }\nhttp { access_log off;\n"
                "client_body_temp_path %s/b; proxy_temp_path %s/p; fastcgi_temp_path %s/f; uwsgi_temp_path %s/u; "
                "scgi_temp_path %s/s;\n"
                "server { listen 127.0.0.1:%d ssl; server_name localhost;\n"
                "ssl_certificate %s; ssl_certificate_key %s; ssl_protocols TLSv1.3;\n"
                "ssl_ecdh_curve %s; ssl_ciphers %s; ssl_conf_command Ciphersuites %s;\n"
                "location / { return 200 \"$ssl_protocol $ssl_cipher\\n\"; } } }\n"
                % (work, key, work, work, work, work, work, port, pem(key, "chain.pem"), pem(key, "key.pem"),
                   ":".join(v[1] for v in GROUPS.values()), LEVEL, ":".join(SUITES)))
    return Process(["nginx", "-c", conf, "-p", work, "-e", "stderr"], log)


def our_client(ours, key, group, suite, port):
    code, out, err = run([ours.tool, "client", "--backend", ours.backend, "--ca", pem(key, "root.pem"), "--name",
                          "localhost", "--suites", suite, "--groups", group, "--get", "/", "--json",
                          "127.0.0.1:%d" % port])
    if code != 0:
        raise Failure("exit %d: %s %s" % (code, err.strip()[-600:], out.strip()[-600:]))
    report = json.loads(out)
    for field, wanted in (("version", "TLSv1.3"), ("suite", suite), ("group", group)):
        if str(report.get(field)).lower() != wanted.lower():
            raise Failure("%s is %r, not %r" % (field, report.get(field), wanted))
    if "200" not in json.dumps(report.get("response", "")):
        raise Failure("no HTTP 200 in the response: %r" % report.get("response"))


# ---- their clients against our server ---------------------------------------------------------------------------

def start_ours(ours, key, log):
    """Returns the process and the port that it chose."""
    process = subprocess.Popen([ours.tool, "server", "--backend", ours.backend, "--cert", pem(key, "chain.pem"),
                                "--key", pem(key, "key.pem"), "--suites", ":".join(ours.suites), "127.0.0.1:0"],
                               stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=open(log, "wb"))
    line = process.stdout.readline().decode()
    m = re.match(r"listening on .*:(\d+)", line)
    if not m:
        process.kill()
        raise Failure("our server says %r" % line)
    return process, int(m.group(1))


GET = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def check_page(out, suite, group, who):
    if "200 OK" not in out and who != "curl":
        raise Failure("no HTTP 200: %s" % out.strip()[-400:])
    for wanted in (suite, group):
        if wanted.lower() not in out.lower():
            raise Failure("the page does not name %s: %s" % (wanted, out.strip()[-400:]))


def s_client(openssl, key, group, suite, port):
    code, out, err = run([openssl, "s_client", "-connect", "127.0.0.1:%d" % port, "-CAfile", pem(key, "root.pem"),
                          "-verify_return_error", "-verify_hostname", "localhost", "-servername", "localhost",
                          "-tls1_3", "-groups", {**GROUPS, **PQ_GROUPS}[group][1], "-cipher", LEVEL, "-ciphersuites",
                          suite, "-quiet", "-ign_eof"], GET)
    if code != 0:
        raise Failure("exit %d: %s" % (code, err.strip()[-600:]))
    check_page(out, suite, group, "s_client")


def gnutls_cli(key, group, suite, port):
    priority = "NONE:+VERS-TLS1.3:+MAC-ALL:+SIGN-ALL:+SIGN-EDDSA-ED448:+CTYPE-X509:+KX-ALL:+%s:+%s" % (
        SUITES[suite][1], GROUPS[group][2])
    code, out, err = run(["gnutls-cli", "-p", str(port), "--x509cafile", pem(key, "root.pem"), "--sni-hostname",
                          "localhost", "--verify-hostname", "localhost", "--priority", priority, "--logfile",
                          "/dev/null", "127.0.0.1"], GET)
    if code != 0:
        raise Failure("exit %d: %s %s" % (code, err.strip()[-600:], out.strip()[-300:]))
    check_page(out, suite, group, "gnutls-cli")


def curl(key, group, suite, port, work):
    conf = os.path.join(work, "curl.cnf")  # newer ones do not look at --ciphers when they speak TLS 1.3 alone
    code, out, err = run(["curl", "-sS", "--http1.1", "--tlsv1.3", "--tls13-ciphers", suite, "--curves",
                          GROUPS[group][1], "--cacert", pem(key, "root.pem"), "--resolve",
                          "localhost:%d:127.0.0.1" % port, "https://localhost:%d/" % port], OPENSSL_CONF=conf)
    if code != 0:
        raise Failure("exit %d: %s" % (code, err.strip()[-600:]))
    check_page(out, suite, group, "curl")


# ---- the matrix -------------------------------------------------------------------------------------------------

class Table:
    def __init__(self):
        self.cells = {}      # (peer, backend, key) -> [passed, failed]
        self.failures = []
        self.left_out = {}

    def add(self, peer, ours, key, group, suite, problem):
        cell = self.cells.setdefault((peer, ours.backend, key), [0, 0])
        cell[0 if problem is None else 1] += 1
        if problem is not None:
            self.failures.append("%s, %s, %s, %s, %s: %s" % (peer, ours.backend, key, group, suite, problem))

    def leave_out(self, peer, what, reason):
        self.left_out[(peer, what)] = reason

    def show(self, backends):
        for peer in PEERS:
            rows = [b for b in backends if any((peer, b, k) in self.cells for k in KEYS)]
            if not rows:
                continue
            print("\n%s (handshakes passed, group x suite)" % peer)
            print("  %-20s" % "" + "".join("%9s" % k for k in KEYS))
            for b in rows:
                line = "  %-20s" % b
                for k in KEYS:
                    cell = self.cells.get((peer, b, k))
                    line += "%9s" % ("-" if cell is None else str(cell[0]) if cell[1] == 0 else "%d!%d" % tuple(cell))
                print(line)
        if self.left_out:
            print("\nleft out, declared:")
            for (peer, what), reason in sorted(self.left_out.items()):
                print("  %-18s %-26s %s" % (peer, what, reason))


def combinations(table, peer, ours, key, full):
    """Every group with every suite; with --quick every group with one suite and every suite with one group."""
    absent = PEERS[peer]
    if key in absent:
        table.leave_out(peer, key, absent[key])
        return
    first = True
    for g in ours.groups:
        for s in ours.suites:
            if g in absent or s in absent or (g, s) in absent:
                what = g if g in absent else s if s in absent else (g, s)
                table.leave_out(peer, str(what), absent[what])
            elif full or first or g == ours.groups[0] or s == ours.suites[0]:
                yield g, s
        first = False


def attempt(table, peer, ours, key, group, suite, call):
    problem = None
    try:
        call()
    except Failure as failure:
        problem = str(failure)
    except (ValueError, KeyError) as failure:
        problem = "%s: %s" % (type(failure).__name__, failure)
    table.add(peer, ours, key, group, suite, problem)


def against_server(table, pool, peer, all_ours, key, start, args, work):
    usable = [o for o in all_ours if key in o.keys]
    if not usable:
        return
    port = free_port()
    log = os.path.join(work, "%s-%s.log" % (peer.replace(" ", "-"), key))
    with start(key, port, log) as server:
        try:
            wait_port(port, server.process)
        except Failure as failure:
            with open(log, errors="replace") as f:
                table.failures.append("%s with %s: %s: %s" % (peer, key, failure, f.read()[-400:]))
            return
        jobs = []
        for ours in usable:
            for g, s in combinations(table, peer, ours, key, args.full):
                jobs.append(pool.submit(attempt, table, peer, ours, key, g, s,
                                        lambda o=ours, g=g, s=s: our_client(o, key, g, s, port)))
        for job in jobs:
            job.result()


def against_clients(table, pool, ours, key, clients, args, work):
    log = os.path.join(work, "ours-%s-%s.log" % (ours.backend, key))
    try:
        process, port = start_ours(ours, key, log)
    except Failure as failure:
        table.failures.append("our server on %s with %s: %s" % (ours.backend, key, failure))
        return
    jobs = []
    for peer, call in clients.items():
        for g, s in combinations(table, peer, ours, key, args.full):
            jobs.append(pool.submit(attempt, table, peer, ours, key, g, s,
                                    lambda c=call, g=g, s=s: c(key, g, s, port)))
    for job in jobs:
        job.result()
    process.terminate()
    if process.wait(10) != 0:
        table.failures.append("our server on %s with %s ends with status %d" % (ours.backend, key, process.returncode))


def progress(text):
    if sys.stderr.isatty():
        sys.stderr.write("\r\033[K" + text)
        sys.stderr.flush()


def main():
    p = argparse.ArgumentParser(description="Handshakes with OpenSSL, GnuTLS, nginx and curl on loopback.")
    p.add_argument("--tool", required=True, help="the program trivet")
    p.add_argument("--openssl", default="openssl", help="the program openssl")
    p.add_argument("--backend", action="append", help="only this backend, or overlay (may be repeated)")
    p.add_argument("--peer", action="append", help="only this peer (may be repeated)")
    p.add_argument("--quick", dest="full", action="store_false",
                   help="every group and every suite once, not every pair of them")
    p.add_argument("--post-quantum", action="store_true",
                   help="%s with openssl alone, which must be 3.5 or newer" % ", ".join(PQ_GROUPS))
    p.add_argument("--jobs", type=int, default=2, help="handshakes at a time")
    args = p.parse_args()

    others = [] if args.post_quantum else ["gnutls-serv", "gnutls-cli", "nginx", "curl"]
    for program in [args.openssl] + others:
        if shutil.which(program) is None and shutil.which(program, path="/usr/sbin:/sbin") is None:
            sys.exit("matrix: %s is not installed: docs/packages.md has the packages" % program)
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    absent = declared_absent()
    conditional, built = conditional_absences(args.tool)
    if args.post_quantum:
        KEYS.update(PQ_KEYS)
    backends = args.backend or built
    all_ours = [Ours(args.tool, b, absent, conditional) for b in backends]
    table = Table()
    started = time.time()
    with tempfile.TemporaryDirectory() as work, concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        groups = [v[1] for v in GROUPS.values()]
        servers = {
            "openssl s_server": lambda k, port, log: start_s_server(args.openssl, k, port, log, groups),
            "gnutls-serv": start_gnutls_serv,
            "nginx": lambda k, port, log: start_nginx(k, port, log, work),
        }
        clients = {
            "openssl s_client": lambda k, g, s, port: s_client(args.openssl, k, g, s, port),
            "gnutls-cli": gnutls_cli,
            "curl": lambda k, g, s, port: curl(k, g, s, port, work),
        }
        with open(os.path.join(work, "curl.cnf"), "w", encoding="utf-8") as f:
            f.write("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nCipherString = %s\n" % LEVEL)
        if args.post_quantum:
            groups[:0] = list(PQ_GROUPS)
            servers = {"openssl s_server": servers["openssl s_server"]}
            clients = {"openssl s_client": clients["openssl s_client"]}
            for ours in all_ours:
                ours.groups = ours.pq
                for name in sorted(PQ_GROUPS.keys() - ours.pq):
                    table.leave_out(ours.backend, name, "the backend lacks a part of it")
            all_ours = [o for o in all_ours if o.groups]
            if not all_ours:
                sys.exit("matrix: no backend of this build has ML-KEM-768")
        if args.peer:
            servers = {k: v for k, v in servers.items() if k in args.peer}
            clients = {k: v for k, v in clients.items() if k in args.peer}
        for key in KEYS:
            for peer, start in servers.items():
                progress("%s with %s" % (peer, key))
                against_server(table, pool, peer, all_ours, key, start, args, work)
            for ours in all_ours:
                if clients and key in ours.keys:
                    progress("our server on %s with %s" % (ours.backend, key))
                    against_clients(table, pool, ours, key, clients, args, work)
    progress("")
    table.show(backends)
    passed = sum(c[0] for c in table.cells.values())
    failed = len(table.failures)
    for line in table.failures[:40]:
        print("FAILED %s" % line)
    print("\n%d s" % (time.time() - started))
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
