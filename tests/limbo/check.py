#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# Runs trivet-limbo over the x509-limbo files of a directory and judges what it says: every BetterTLS test as expected, at
# least 95 % of the others that are not pedantic, what is not as expected listed in known.txt (and nothing else), no test over
# the time limit, more right answers than each reference. Prints a table by namespace.
import argparse
import collections
import csv
import json
import pathlib
import subprocess
import sys

SUITES = ("limbo.json", "limbo-bettertls-nameconstraints.json")
REFERENCES = "reference-results.tsv"
NOT_ANSWERS = ("id", "kind", "expected", "importance", "features")


def parse():
    parser = argparse.ArgumentParser(description="x509-limbo against trivet-limbo")
    parser.add_argument("--tool", required=True, help="trivet-limbo")
    parser.add_argument("--dir", required=True, type=pathlib.Path, help="directory of limbo.json")
    parser.add_argument("--backend", help="the provider (the default one)")
    parser.add_argument("--limit-ms", type=float, default=50, help="CPU time of one test (50); 0: any")
    return parser.parse_args()


def known_faults(path):
    """id -> reason; a line without a reason is a fault of the file."""
    known = {}
    for line in path.read_text().splitlines():
        if line.startswith("#") or not line.strip():
            continue
        name, _, reason = line.partition("  ")
        if not reason.strip() or name in known:
            sys.exit(f"check.py: {path.name}: a reason is missing, or the test stands twice: {line}")
        known[name] = reason.strip()
    return known


def run(arguments, suite):
    command = [arguments.tool, "--limit-ms", str(arguments.limit_ms)]
    if arguments.backend:
        command += ["--backend", arguments.backend]
    with suite.open("rb") as text:
        done = subprocess.run(command, stdin=text, capture_output=True, timeout=900)
    sys.stderr.write(done.stderr.decode())
    if done.returncode != 0:
        sys.exit(f"check.py: {arguments.tool} ended with {done.returncode}")
    return {r["id"]: r for r in json.loads(done.stdout)["results"]}


def namespace(name):
    parts = name.split("::")
    return "::".join(parts[:2]) if parts[0] in ("bettertls", "rfc5280", "webpki") and len(parts) > 2 else parts[0]


def print_table(tests, right, references):
    columns = ["trivet"] + list(references)
    rows = collections.OrderedDict()
    for name in tests:
        counts = rows.setdefault(namespace(name), [0] * (1 + len(columns)))
        counts[0] += 1
        for i, column in enumerate(columns):
            counts[1 + i] += right[column](name)
    rows["all"] = [sum(column) for column in zip(*rows.values())]
    print(f"{'namespace':32}{'tests':>6}" + "".join(f"{c:>26}" for c in columns))
    for name, counts in rows.items():
        print(f"{name:32}{counts[0]:6}" + "".join(f"{c:26}" for c in counts[1:]))
    return dict(zip(columns, rows["all"][1:]))


def main():
    arguments = parse()
    faults = []
    known = known_faults(pathlib.Path(__file__).with_name("known.txt"))
    tests, results = {}, {}
    for suite in SUITES:
        path = arguments.dir / suite
        tests.update((t["id"], t) for t in json.loads(path.read_text())["testcases"])
        results.update(run(arguments, path))
    if not tests or results.keys() != tests.keys():
        sys.exit("check.py: the results are not those of the suite's tests")
    with (arguments.dir / REFERENCES).open() as text:
        rows = list(csv.DictReader(text, delimiter="\t"))
    answers = {row["id"]: row for row in rows}
    references = [c for c in rows[0] if c not in NOT_ANSWERS]

    def is_right(name):
        return results[name]["actual_result"] == tests[name]["expected_result"]

    right = {"trivet": is_right}
    for column in references:
        right[column] = lambda name, c=column: answers.get(name, {}).get(c) == tests[name]["expected_result"]
    totals = print_table(tests, right, references)

    for name, test in tests.items():
        result = results[name]
        if result["actual_result"] == "HANG":
            faults.append(f"{name} took more than {arguments.limit_ms} ms")
        elif is_right(name) == (name in known):
            words = "is as expected by now: take it out of known.txt" if is_right(name) else "is not as expected"
            faults.append(f"{name} {words}: {result['actual_result']} ({result['context']})")
    for name in known:
        if name.startswith("bettertls::"):
            faults.append(f"{name}: no BetterTLS test may stand in known.txt")
        elif name not in tests:
            print(f"not in this part of the suite: {name}")
    plain = [n for n, t in tests.items()
             if not n.startswith("bettertls::nameconstraints") and not any("pedantic" in f for f in t["features"])]
    good = sum(map(is_right, plain))
    print(f"limbo.json without pedantic ones: {good} of {len(plain)} ({100 * good / len(plain):.1f} %)")
    if good < 0.95 * len(plain):
        faults.append("fewer than 95 % of the tests that are not pedantic are as expected")
    for column in references:
        if totals["trivet"] <= totals[column]:
            faults.append(f"{column} has as many right answers: {totals[column]}")
    for fault in faults:
        print("FAIL", fault)
    print(f"{totals['trivet']} of {len(tests)} as expected, {len(known)} listed, {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
