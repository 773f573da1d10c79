#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: rounds.py ROUNDS ONE OTHER ARGUMENT...

Runs two builds of wrk in turn with the same arguments and prints the median of each one's requests per second, of their ratio
round by round, and of the processor time (user and system) that each takes for a request, which says more where others use the
machine too.
"""
import os
import re
import statistics
import subprocess
import sys


class Runs:
    def __init__(self, program, arguments):
        self.command = [program, *arguments]
        self.rates, self.users, self.systems = [], [], []

    def run(self):
        before = os.times()
        out = subprocess.run(self.command, capture_output=True, text=True, check=True).stdout
        after = os.times()
        if "Socket errors" in out or "Non-2xx" in out:
            sys.exit(f"{self.command[0]}: errors\n{out}")
        requests = int(re.search(r"(\d+) requests in", out).group(1))
        self.rates.append(float(re.search(r"Requests/sec:\s*([\d.]+)", out).group(1)))
        self.users.append((after.children_user - before.children_user) * 1e6 / requests)
        self.systems.append((after.children_system - before.children_system) * 1e6 / requests)


def ratio(one, other):
    return statistics.median(a / b for a, b in zip(one, other))


def main():
    if len(sys.argv) < 5:
        print(__doc__)
        return 2
    rounds, arguments = int(sys.argv[1]), sys.argv[4:]
    trivet, libssl = (Runs(program, arguments) for program in sys.argv[2:4])
    for number in range(rounds):
        for which in (trivet, libssl) if number % 2 == 0 else (libssl, trivet):
            which.run()
    median = statistics.median
    print(f"    median of {rounds}: Trivet {median(trivet.rates):.0f}/s, libssl {median(libssl.rates):.0f}/s, "
          f"ratio {ratio(trivet.rates, libssl.rates):.3f}; processor per request, us: "
          f"Trivet {median(trivet.users):.1f} user {median(trivet.systems):.1f} system, "
          f"libssl {median(libssl.users):.1f} user {median(libssl.systems):.1f} system, "
          f"user ratio {ratio(libssl.users, trivet.users):.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
