#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""200 connections at once on one server: all open together, all served."""
import ssl
import unittest

import kit

CROWD = 200


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
