#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What is written about the tool is what it does: man page and help, drawn and real state tables, providers."""
import json
import re
import shutil
import subprocess
import unittest

import kit
from kit import run

COMMANDS = ("client", "server", "providers", "states", "verify", "cert", "help")
MAN = kit.ROOT / "docs" / "man" / "trivet.1"


def help_options(command):
    """{option: argument} as `trivet help COMMAND` lists them."""
    lines = run("help", command).stdout.split("\noptions:\n")[1].splitlines()
    found = [re.match(r"  --([a-z-]+)(?: (\S+))?(?:  |$)", line) for line in lines]
    return {match.group(1): match.group(2) for match in found if match}


def man_options(command):
    """The same of the man page's list."""
    section = MAN.read_text(encoding="utf-8").split(f".Ss Options of {command}\n")[1]
    section = re.split(r"^\.S[sh] ", section, flags=re.M)[0]
    return {name: argument for name, argument in re.findall(r"^\.It Fl -([a-z-]+)(?: Ar (\S+))?$", section, re.M)}


class Documents(unittest.TestCase):
    def test_man_page_lists_the_options(self):
        for command in COMMANDS:
            told = help_options(command)
            self.assertIn("help", told)
            self.assertEqual(told, {name: argument or None for name, argument in man_options(command).items()}, command)

    def test_man_page_is_well_formed(self):
        self.assertIsNotNone(shutil.which("mandoc"), "mandoc is not installed")
        done = subprocess.run(["mandoc", "-Tlint", str(MAN)], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_drawn_states_are_the_tables(self):
        for machine in ("client13", "server13"):
            drawn = kit.ROOT / "docs" / "states" / f"{machine}.dot"
            self.assertEqual(run("states", "--dot", machine).stdout, drawn.read_text(encoding="utf-8"),
                             f"make it anew: trivet states --dot {machine} >{drawn.name}")
            names = set(re.findall(r"^    ([A-Z_0-9]+) \[label=", drawn.read_text(encoding="utf-8"), re.M))
            picture = drawn.with_suffix(".svg").read_text(encoding="utf-8")
            self.assertEqual(names, set(re.findall(r"<title>([A-Z_0-9]+)</title>", picture)))
            edges = drawn.read_text(encoding="utf-8").count(" -> ")
            self.assertEqual(edges, picture.count('class="edge"'))

    def test_states_as_text(self):
        whole, one = run("states").stdout, run("states", "server13").stdout
        self.assertIn(one, whole)
        self.assertIn("receive ClientHello", one)
        self.assertIn("client13: starts in START, connected in CONNECTED", whole)

    def test_providers(self):
        told = json.loads(run("providers", "--json").stdout)
        self.assertTrue(told["ok"])
        names = [provider["name"] for provider in told["providers"]]
        self.assertEqual(names[:len(kit.BACKENDS)], kit.BACKENDS)
        self.assertEqual([provider["default"] for provider in told["providers"]],
                         [True] + [False] * (len(names) - 1))
        text = run("providers").stdout
        for provider in told["providers"]:
            self.assertIn(f"\n{provider['name']}", text)
            for kind in ("suites", "groups", "sigalgs", "hashes", "aeads", "exchanges", "signatures"):
                self.assertTrue(provider[kind], kind)
            for word in (provider["version"], provider["licence"], *[suite["name"] for suite in provider["suites"]]):
                self.assertIn(word, text)
            self.assertIn("TLS 1.2", [suite.get("only") for suite in provider["suites"]])

    def test_names_of_providers_are_those_of_the_lists(self):
        for provider in json.loads(run("providers", "--json").stdout)["providers"]:
            lists = {"suites": provider["suites"], "groups": provider["groups"],
                     "sigalgs": [s for s in provider["sigalgs"] if s.get("only") != "sign"]}
            for option, rows in lists.items():
                words = ":".join(row["name"] for row in rows)
                done = run("client", "--backend", provider["name"], "--insecure", f"--{option}", words, "127.0.0.1:1")
                self.assertEqual(done.returncode, 3, f"{provider['name']} --{option}: {done.stderr}")


if __name__ == "__main__":
    kit.main()
