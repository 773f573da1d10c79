#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""usage: rounds.py ROUNDS ONE OTHER ARGUMENT...

Runs two builds of wrk in turn with the same arguments and prints the median of each one's requests per second and of their
ratio, round by round.
"""
import re
import statistics
import subprocess
import sys


def rate(program, arguments):
    out = subprocess.run([program, *arguments], capture_output=True, text=True, check=True).stdout
    if "Socket errors" in out or "Non-2xx" in out:
        sys.exit(f"{program}: errors\n{out}")
    return float(re.search(r"Requests/sec:\s*([\d.]+)", out).group(1))


def main():
    if len(sys.argv) < 5:
        print(__doc__)
        return 2
    rounds, programs, arguments = int(sys.argv[1]), sys.argv[2:4], sys.argv[4:]
    rates = ([], [])
    for number in range(rounds):
        for which in (0, 1) if number % 2 == 0 else (1, 0):
            rates[which].append(rate(programs[which], arguments))
    ratio = statistics.median(one / other for one, other in zip(*rates))
    print(f"    median of {rounds}: Trivet {statistics.median(rates[0]):.0f}/s, libssl {statistics.median(rates[1]):.0f}/s, "
          f"ratio {ratio:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
