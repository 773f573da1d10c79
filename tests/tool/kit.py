# SPDX-License-Identifier: MIT
"""What the tests of the tool share: running it, servers that end with their test, and a proxy that sees records."""
import atexit
import contextlib
import inspect
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PKI = ROOT / "vectors" / "pki"
TRIVET = os.environ["TRIVET"]
BACKENDS = os.environ["TRIVET_BACKENDS"].split(",")
# An Ed25519 chain is served by every backend; the rest of the tests need no more of it.
KIND = "ed25519"
PATIENCE = 60  # seconds that anything may take on a slow machine

ENVIRONMENT = {key: value for key, value in os.environ.items() if key not in ("SSLKEYLOGFILE", "SSL_CERT_FILE",
                                                                              "SSL_CERT_DIR")}
scratch = tempfile.TemporaryDirectory(prefix="trivet-tool-")
atexit.register(scratch.cleanup)


def path(name):
    return os.path.join(scratch.name, name)


def pair(kind=KIND):
    """The options of a certificate and its key; kind None: of none."""
    if kind is None:
        return []
    return ["--cert", str(PKI / kind / "chain.pem"), "--key", str(PKI / kind / "key.pem")]


def ca(kind=KIND):
    return ["--ca", str(PKI / kind / "root.pem")]


def note_errors(text):
    """With TRIVET_ERRORS_SEEN=FILE: which errors the tool printed, in which test, for tools/make-errors-page."""
    if "TRIVET_ERRORS_SEEN" not in os.environ:
        return
    for frame in inspect.stack():
        test = frame.frame.f_locals.get("self")
        if isinstance(test, unittest.TestCase):
            script, names = pathlib.Path(sys.argv[0]).stem[len("test_"):], test.id().split(".")[-2:]
            with open(os.environ["TRIVET_ERRORS_SEEN"], "a", encoding="utf-8") as seen:
                seen.writelines("\t".join([code, "tool." + script, *names]) + "\n"
                                for code in sorted(set(re.findall(r" \[([A-Z][A-Z0-9_]+)\]$", text, re.M))))
            return


def run(*arguments, data=b"", env=None, timeout=PATIENCE):
    """Runs the tool to its end: .returncode, .stdout and .stderr (text)."""
    done = subprocess.run([TRIVET, *map(str, arguments)], input=data, capture_output=True, check=False, timeout=timeout,
                          env={**ENVIRONMENT, **(env or {})})
    done.stdout, done.stderr = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    note_errors(done.stderr)
    return done


def start(*arguments, **more):
    return subprocess.Popen([TRIVET, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, env=ENVIRONMENT, **more)


class Server:
    """`trivet server` on a free port of the loopback, until the end of the with block."""

    def __init__(self, *arguments, kind=KIND, address="127.0.0.1:0", **more):
        self.log_path = path(f"server-{time.monotonic_ns()}.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([TRIVET, "server", *map(str, arguments), *pair(kind), address],
                                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                                            env=ENVIRONMENT, **more)
        self.first_line = self.process.stdout.readline().decode()
        match = re.fullmatch(r"listening on (.+):(\d+)\n", self.first_line)
        if match is None:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"first line {self.first_line!r}, log: {self.log()}")
        self.host, self.port = match.group(1), int(match.group(2))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    @property
    def at(self):
        return f"127.0.0.1:{self.port}"

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def log(self):
        with open(self.log_path, encoding="utf-8") as log:
            return log.read()

    def wait_log(self, pattern, times=1):
        """Waits until the log has so many lines with this pattern."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            lines = [line for line in self.log().splitlines() if re.search(pattern, line)]
            if len(lines) >= times:
                return lines
            time.sleep(0.02)
        raise AssertionError(f"no {times} lines with {pattern!r} in the log:\n{self.log()}")

    def end(self, how=signal.SIGTERM):
        """Sends a signal; the exit status and the seconds that it took."""
        begin = time.monotonic()
        self.process.send_signal(how)
        return self.process.wait(PATIENCE), time.monotonic() - begin


class Listener:
    """A TCP server that gives each connection to `serve` in a thread; what it raises is kept for the test."""

    def __init__(self, serve):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.at = f"127.0.0.1:{self.port}"
        self.serve = serve
        self.threads = []
        self.faults = []
        self.main = threading.Thread(target=self.accept, daemon=True)
        self.main.start()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.socket.accept()
                thread = threading.Thread(target=self.run, args=(connection,), daemon=True)
                self.threads.append(thread)
                thread.start()

    def run(self, connection):
        try:
            with connection:
                self.serve(connection)
        except Exception as fault:  # a thread has nobody else to tell
            self.faults.append(fault)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        for thread in self.threads:
            thread.join(5)


class Proxy(Listener):
    """Passes bytes to and from `port`, and keeps the lengths of protected records: .up and .down. `piece`: the most bytes
    passed on at a time. `hold`: records from the client, after its first, that are kept back and then go all at once."""

    def __init__(self, port, piece=65536, hold=0):
        self.target, self.piece, self.hold = port, piece, hold
        self.up, self.down = [], []
        super().__init__(self.pass_on)

    @staticmethod
    def records(buffer, lengths):
        """Takes whole records off the front; returns how many bytes they have."""
        at = 0
        while len(buffer) - at >= 5:
            length = int.from_bytes(buffer[at + 3:at + 5], "big")
            if len(buffer) - at < 5 + length:
                break
            if buffer[at] == 23:
                lengths.append(length)
            at += 5 + length
        return at

    def pass_on(self, client):
        with socket.create_connection(("127.0.0.1", self.target), PATIENCE) as server:
            other, open_sides = {client: server, server: client}, [client, server]
            lengths = {client: self.up, server: self.down}
            parsed = {client: bytearray(), server: bytearray()}
            held = b""
            while open_sides:
                for side in select.select(open_sides, [], [], PATIENCE)[0]:
                    data = side.recv(65536)
                    ended, holding = not data, side is client and self.hold and len(self.up) >= 1
                    parsed[side] += data
                    del parsed[side][:self.records(parsed[side], lengths[side])]
                    if holding:
                        held += data
                        if len(self.up) <= self.hold and not ended:
                            continue
                        data, held = held, b""
                    for at in range(0, len(data), self.piece):
                        other[side].sendall(data[at:at + self.piece])
                    if ended:
                        with contextlib.suppress(OSError):
                            other[side].shutdown(socket.SHUT_WR)
                        open_sides.remove(side)


def run_json(*arguments, **more):
    """Runs the tool with --json: what it did, and the object on its standard output."""
    done = run(*arguments, **more)
    return done, json.loads(done.stdout)


@contextlib.contextmanager
def openssl_server(*arguments, kind="ec256"):
    """`openssl s_server`; yields its port and its process."""
    for _ in range(8):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command = ["openssl", "s_server", "-accept", f"127.0.0.1:{port}", "-cert", PKI / kind / "leaf.pem", "-key",
                   PKI / kind / "key.pem", "-cert_chain", PKI / kind / "intermediate.pem", *arguments]
        process = subprocess.Popen([str(word) for word in command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, env=ENVIRONMENT)
        for line in process.stdout:
            if line.startswith(b"ACCEPT"):
                break
        else:  # the port was taken meanwhile
            process.wait()
            process.stdout.close()
            continue
        try:
            yield port, process
        finally:
            process.kill()
            process.communicate()
        return
    raise AssertionError("openssl s_server does not start")


def main():
    unittest.main(verbosity=2)
