#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""More silent connections than the server's limit: it holds 4,096, and serves the next when those are dropped.

Status 77: a process may not have that many descriptors here.
"""
import os
import resource
import sys
import time
import unittest

import kit

LIMIT = 4096
SILENT = LIMIT + 100


class Limit(unittest.TestCase):
    def test_limit(self):
        with kit.Server("--timeout", "5") as server:
            held = [server.connect() for _ in range(SILENT)]
            descriptors, end = 0, time.monotonic() + 4
            while descriptors < LIMIT and time.monotonic() < end:
                descriptors = len(os.listdir(f"/proc/{server.process.pid}/fd"))
                time.sleep(0.05)
            self.assertGreaterEqual(descriptors, LIMIT)
            self.assertLess(descriptors, LIMIT + 16)
            done = kit.run("client", *kit.ca(), "--get", "/", server.at)
            self.assertEqual(done.returncode, 0, done.stderr)
            server.wait_log("the handshake took too long", LIMIT)
            for peer in held:
                peer.close()
            self.assertEqual(server.end()[0], 0)


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < SILENT + 100:
        print(f"a process may have {hard} descriptors here, {SILENT + 100} are needed")
        sys.exit(77)
    resource.setrlimit(resource.RLIMIT_NOFILE, (SILENT + 100, hard))
    kit.main()
