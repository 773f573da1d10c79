#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs BoringSSL's TLS tests (ssl/test/runner) against the shim of this tree, and judges the list of what is left out.

usage: tests/bogo/run.py --runner PROGRAM --runner-dir DIR [--shim PROGRAM] [--backend NAMES] [--filter GLOBS]
                         [--jobs N] [--json FILE] [--verbose] [--include-disabled] [--async]

  --runner PROGRAM    the compiled tests of ssl/test/runner (default: runner.test in --runner-dir)
  --runner-dir DIR    where they are run: the directory ssl/test/runner of the same BoringSSL
  --shim PROGRAM      the shim (default: build/all/tests/bogo/trivet-bogo-shim)
  --backend NAMES     crypto backends, "+" joins an overlay (default: the default one of the build)
  --filter GLOBS      only tests whose name matches one of these, joined with ';'
  --jobs N            tests at a time (default: 4)
  --json FILE         the result of each test
  --verbose           what the runner says about each test that fails, in full
  --async             every test with the transport one byte at a time, and signers and verdicts that answer later
  --include-disabled  also what config.json leaves out, to see what became of it

Prints progress, what failed, and how many were left out for which reason. Exit status: 0 all is well; 1 a test failed,
one was answered "unimplemented", or config.json has a pattern without a reason, one that matches no test, or an error
name that is not in <trivet/errors.def>; 2 wrong usage, or something is missing.
"""
import argparse
import collections
import fnmatch
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
LINE = re.compile(r"^(PASSED|UNIMPLEMENTED|FAILED) \(([^)]*)\)$")


def give_up(words):
    print(f"tests/bogo/run.py: {words}", file=sys.stderr)
    sys.exit(2)


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__.split("usage: ")[1].split("\n\n")[0], add_help=False)
    for name in ("--runner", "--runner-dir", "--shim", "--backend", "--filter", "--json"):
        parser.add_argument(name)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--include-disabled", action="store_true")
    parser.add_argument("--async", dest="slow", action="store_true")
    parser.add_argument("--help", "-h", action="store_true")
    options = parser.parse_args()
    if options.help:
        print(__doc__)
        sys.exit(0)
    if options.runner_dir is None:
        give_up("--runner-dir is missing: the directory ssl/test/runner of a BoringSSL (README.md)")
    options.runner = os.path.abspath(options.runner or os.path.join(options.runner_dir, "runner.test"))
    options.shim = os.path.abspath(options.shim or ROOT / "build/all/tests/bogo/trivet-bogo-shim")
    for program in (options.runner, options.shim):
        if not os.access(program, os.X_OK):
            give_up(f"{program} is no program that can be run")
    return options


def configuration(options):
    """config.json, with what the backend lacks among the tests that are left out."""
    config = json.loads((HERE / "config.json").read_text(encoding="utf-8"))
    asked = subprocess.run([options.shim, "-offers"], capture_output=True, text=True, check=False)
    if asked.returncode != 0:
        give_up(f"the shim does not start: {asked.stderr.strip()}")
    offered = asked.stdout.split()
    for algorithm, patterns in config["DisabledWithout"].items():
        if algorithm not in offered:
            config["DisabledTests"].update(patterns)
    for first, patterns in config["DisabledOnBackend"].items():
        if (options.backend or "").split("+")[0] == first:
            config["DisabledTests"].update(patterns)
    return config


def run(options, config, flags, on_line):
    """One run of the runner; calls on_line for each line it prints. Its exit status."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(config, file)
        file.flush()
        command = [options.runner, "-pipe", "-allow-unimplemented", "-shim-path", options.shim, "-shim-config", file.name,
                   "-num-workers", str(options.jobs)] + flags
        with subprocess.Popen(command, cwd=options.runner_dir, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace") as runner:
            for line in runner.stdout:
                on_line(line.rstrip("\n"))
        return runner.returncode


def all_names(options):
    """The names of all tests that there are: each is started and answered "unimplemented" at once."""
    names = []

    def take(line):
        match = LINE.match(line)
        if match:
            names.append(match.group(2))

    run(options, {}, ["-shim-extra-flags", "-list-tests"], take)
    if not names:
        give_up("the runner named no test; does it run with this --runner-dir?")
    return names


def matcher(pattern):
    """The pattern as Go's filepath.Match takes it: names have no slash."""
    return re.compile(fnmatch.translate(pattern.replace("[^", "[!"))).match


def check_configuration(config, names):
    """Yields what is wrong with config.json."""
    errors = set(re.findall(r"TVT_ERROR\((\w+)", (ROOT / "include/trivet/errors.def").read_text(encoding="utf-8")))
    for pattern, reason in config["DisabledTests"].items():
        if not reason.strip():
            yield f'the pattern "{pattern}" has no reason'
        if not any(map(matcher(pattern), names)):
            yield f'the pattern "{pattern}" matches no test'
    for wanted, ours in config["ErrorMap"].items():
        for name in ours:
            if name.strip(":").split(":")[0] not in errors:
                yield f'ErrorMap: "{wanted}" names {name}, which is not in errors.def'


def left_out(config, names):
    """How many tests each reason keeps out."""
    compiled = [(matcher(pattern), reason) for pattern, reason in config["DisabledTests"].items()]
    counts = collections.Counter()
    for name in names:
        for matches, reason in compiled:
            if matches(name):
                counts[reason] += 1
                break
    return counts


class Report:
    def __init__(self, verbose):
        self.verbose = verbose
        self.results = {}
        self.words = collections.defaultdict(list)
        self.current = None

    def take(self, line):
        match = LINE.match(line)
        if match is None:
            if self.current is not None:
                self.words[self.current].append(line)
            return
        state, name = match.groups()
        self.results[name] = state
        self.current = name if state == "FAILED" else None
        if sys.stdout.isatty():
            print(f"\r{len(self.results)} tests, {self.count('FAILED')} failed", end="", flush=True)

    def count(self, state):
        return sum(1 for s in self.results.values() if s == state)

    def print_failures(self):
        if sys.stdout.isatty():
            print()
        for name, state in sorted(self.results.items()):
            if state == "UNIMPLEMENTED":
                print(f"unimplemented: {name}")
            elif state == "FAILED":
                print(f"FAILED: {name}")
                words = self.words[name] if self.verbose else self.words[name][:9]
                print("\n".join("    " + line[:200 if not self.verbose else None] for line in words if line.strip()))


def main():
    options = arguments()
    if options.backend:
        os.environ["TRIVET_BACKEND"] = options.backend
    config = configuration(options)
    names = all_names(options)
    faults = list(check_configuration(config, names))
    report = Report(options.verbose)
    flags = ["-test", options.filter] if options.filter else []
    flags += ["-include-disabled"] if options.include_disabled else []
    flags += ["-shim-extra-flags", "-async"] if options.slow else []
    run(options, config, flags, report.take)
    report.print_failures()
    for reason, count in left_out(config, names).most_common():
        print(f"left out {count:5d}: {reason}")
    for fault in faults:
        print(f"config.json: {fault}")
    if options.json:
        result = {"backend": options.backend or "", "tests": report.results, "left_out": left_out(config, names),
                  "faults": faults}
        pathlib.Path(options.json).write_text(json.dumps(result, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    failed, unimplemented = report.count("FAILED"), report.count("UNIMPLEMENTED")
    tls13 = sum(1 for name, state in report.results.items() if state == "PASSED" and "TLS13" in name)
    print(f"{len(names)} tests, {len(report.results)} run on {options.backend or 'the default backend'}, "
          f"{tls13} passed with TLS13 in the name")
    print(f"{report.count('PASSED')} passed, {failed} failed, {unimplemented} unimplemented, {len(faults)} faults in config.json")
    if not report.results:
        give_up("no test was run")
    return 1 if failed or unimplemented or faults else 0


if __name__ == "__main__":
    sys.exit(main())
