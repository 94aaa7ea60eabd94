#!/usr/bin/env python3
"""The gate judges rightly, and callgrind's files are read rightly."""
import contextlib
import io
import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import callgrind  # noqa: E402
import run  # noqa: E402

SAMPLE = """# callgrind format
version: 1
part: 1
positions: line
events: Ir
summary: 190

ob=(1) /tmp/program
fl=(1) ???
fn=(1) outer(int)
0 100
cob=(2) /lib/libc.so
cfi=(1)
cfn=(2) inner
calls=3 0
0 60

ob=(2)
fn=(2)
0 40
+3 20

ob=(1)
fn=(3) outer(int)'2
* 30
"""


def result(**figures):
    return {"one": {"unit": "request", "figures": figures}}


def judged(results, **allowed):
    told = io.StringIO()
    with contextlib.redirect_stdout(told):
        broken = run.judge(results, {"figures": {"one": allowed}})
    return broken, told.getvalue()


class Gate(unittest.TestCase):
    def test_within_the_budget(self):
        self.assertEqual(judged(result(instructions=990, allocations=0), instructions=1000, allocations=0), ([], ""))

    def test_over_the_budget(self):
        broken, _ = judged(result(instructions=1100), instructions=1000)
        self.assertEqual(broken, ["one: 1,100 instructions per request, 1,000 are allowed (+10.0%)"])

    def test_one_allocation_is_too_much_where_none_is_allowed(self):
        broken, _ = judged(result(allocations=1.0), allocations=0)
        self.assertEqual(broken, ["one: 1 allocations per request, 0 are allowed"])

    def test_a_line_more_in_a_phase_is_no_breach(self):
        self.assertEqual(judged(result(operations=4.004), operations=4.0), ([], ""))

    def test_what_could_be_lowered(self):
        broken, told = judged(result(instructions=900), instructions=1000)
        self.assertEqual(broken, [])
        self.assertIn("could be lowered", told)

    def test_what_was_not_counted_is_not_judged(self):
        self.assertEqual(judged(result(allocations=0), instructions=1000, allocations=0), ([], ""))

    def test_every_workload_has_a_budget(self):
        self.assertEqual(set(run.read_budget(os.path.join(run.HERE, "budget.json"))["figures"]), set(run.WORKLOADS))


class Callgrind(unittest.TestCase):
    def read(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".out") as file:
            file.write(text)
            file.flush()
            return callgrind.read(file.name)

    def test_own_and_inclusive(self):
        profile = self.read(SAMPLE)
        self.assertEqual(profile.own, {("/tmp/program", "outer(int)"): 100, ("/lib/libc.so", "inner"): 60,
                                       ("/tmp/program", "outer(int)'2"): 30})
        self.assertEqual(profile.inclusive[("/tmp/program", "outer(int)")], 160)

    def test_a_phase_less_another(self):
        twice = self.read(SAMPLE.replace("0 100", "0 250")).minus(self.read(SAMPLE))
        self.assertEqual(twice.own[("/tmp/program", "outer(int)")], 150)
        self.assertEqual(twice.own[("/lib/libc.so", "inner")], 0)


if __name__ == "__main__":
    unittest.main()
