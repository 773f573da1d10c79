#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Many connections at once on one server: all open together, all served; thousands that send one GET each."""
import resource
import ssl
import unittest

import kit

CROWD = 200
THOUSANDS = 2000


class Crowd(unittest.TestCase):
    def test_two_hundred(self):
        context = ssl.create_default_context(cafile=str(kit.PKI / kit.KIND / "root.pem"))
        for backend in kit.BACKENDS:
            with kit.Server("--echo", "--backend", backend) as server:
                raw = [server.connect() for _ in range(CROWD)]
                peers = [context.wrap_socket(peer, server_hostname="localhost") for peer in raw]
                for number, peer in enumerate(peers):
                    peer.sendall(b"%d;" % number * 100)
                for number, peer in enumerate(peers):
                    expected, data = b"%d;" % number * 100, b""
                    while len(data) < len(expected):
                        data += peer.recv(65536) or self.fail("the server closed")
                    self.assertEqual(data, expected)
                for peer in peers:
                    peer.unwrap().close()
                server.wait_log("1 records returned", CROWD)
                self.assertEqual(server.end()[0], 0)
                self.assertNotIn("failed", server.log())

    def test_thousands_of_requests(self):
        """As a script would: all connect, each sends a GET, and the server counts them."""
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        number = THOUSANDS if hard < 0 or hard >= THOUSANDS + 64 else hard - 64
        if number < THOUSANDS:
            print(f"not run: {THOUSANDS - number} of {THOUSANDS} connections: the limit of descriptors is {hard}")
        resource.setrlimit(resource.RLIMIT_NOFILE, (number + 64, hard))
        context = ssl.create_default_context(cafile=str(kit.PKI / kit.KIND / "root.pem"))
        with kit.Server("--quiet", "--count", number, "--timeout", "120") as server:
            raw = [server.connect() for _ in range(number)]
            for peer in raw:
                with context.wrap_socket(peer, server_hostname="localhost") as wrapped:
                    wrapped.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    page = b""
                    while data := wrapped.recv(65536):
                        page += data
                    self.assertTrue(page.startswith(b"HTTP/1.1 200 OK\r\n"), page)
            self.assertEqual(server.process.wait(kit.PATIENCE), 0)
            self.assertEqual(server.log(), f"{number} connections, 0 failed, 0 resumed, 0 with early data, 0 open\n")

    def test_fifty_processes(self):
        with kit.Server("--count", "50") as server:
            tools = [kit.start("client", *kit.ca(), "--get", "/", server.at) for _ in range(50)]
            for tool in tools:
                out, err = tool.communicate(timeout=kit.PATIENCE)
                self.assertEqual(tool.returncode, 0, err)
                self.assertIn(b"Hello from Trivet", out)
            self.assertEqual(server.process.wait(kit.PATIENCE), 0)


if __name__ == "__main__":
    kit.main()
