#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""IPv6 and both at once. Status 77: this system has no IPv6."""
import socket
import sys
import unittest

import kit
from kit import Server, ca, run, run_json


class Ipv6(unittest.TestCase):
    def test_ipv6_alone(self):
        with Server(address="[::1]:0") as server:
            self.assertEqual(server.host, "[::1]")
            done, told = run_json("client", *ca(), "--json", "--get", "/", f"[::1]:{server.port}")
            self.assertEqual((done.returncode, told["verified_for"], told["address"]), (0, "::1", f"[::1]:{server.port}"))
            self.assertIn("client       [::1]:", told["response"]["text"])
            self.assert_not_on_ipv4(server.port)
            self.assertEqual(run("client", *ca(), "--name", "::2", f"[::1]:{server.port}").returncode, 1)

    def assert_not_on_ipv4(self, port):
        """Nobody answers on 127.0.0.1: the port is held, unless another program's server has it at this moment."""
        with socket.socket() as held:
            try:
                held.bind(("127.0.0.1", int(port)))
            except OSError:
                return  # it could be bound by others only because our server does not have it
            self.assertEqual(run("client", *ca(), f"127.0.0.1:{port}").returncode, 3)

    def test_both(self):
        with Server(address="0") as server:
            self.assertEqual(server.host, "[::]")
            for host in ("127.0.0.1", "[::1]", "localhost"):
                done, told = run_json("client", *ca(), "--json", "--get", "/", f"{host}:{server.port}")
                self.assertEqual(done.returncode, 0)
                self.assertIn(f"client       {told['address'].rpartition(':')[0]}:", told["response"]["text"])


if __name__ == "__main__":
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError as why:
        print(f"no IPv6 here: {why}")
        sys.exit(77)
    kit.main()
