#!/usr/bin/env python3
"""The arithmetic of tools/bench on rounds made by hand: medians, ratios within rounds, refusals, verdicts, both tables,
the drawing; and that every file of gateways/ declares what it should. Nothing is started and nothing is timed.
"""
import os
import sys
import unittest
import xml.etree.ElementTree

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True

import drawing  # noqa: E402
import goals  # noqa: E402
import memory  # noqa: E402
import processes  # noqa: E402
import report  # noqa: E402
import rulers  # noqa: E402
import stats  # noqa: E402
import workloads  # noqa: E402


def figure(cpu_us, tags=(), p50=100.0, samples=1000, near_40=0):
    latency = {"p50_us": p50, "p99_us": 2 * p50, "p999_us": 3 * p50, "max_us": 4 * p50, "count": samples}
    return {"cpu_us": cpu_us, "tags": list(tags), "latency": latency, "per_second": 1e6 / cpu_us, "gateway_share": 0.3,
            "samples": samples, "near_40_ms": near_40, "near_200_ms": 0}


def results(rounds, clean_rounds=2, accept_tagged=False):
    made = report.Results(["direct", "l4", "nginx", "weir"], stats.Rules(clean_rounds, accept_tagged))
    made.rounds = rounds
    return made


class Ratios(unittest.TestCase):
    # The machine is twice as slow in the second round; ratios within a round do not see it.
    rounds = [{"l4": figure(10), "weir": figure(13)}, {"l4": figure(20), "weir": figure(28)}, {"l4": figure(11), "weir": figure(11)}]

    def of(self, rounds, **more):
        rules = stats.Rules(more.get("clean_rounds", 2), more.get("accept_tagged", False))
        return stats.ratio(rounds, "weir", "l4", goals.cpu, rules)

    def test_is_the_median_of_what_each_round_gives(self):
        found = self.of(self.rounds)
        self.assertAlmostEqual(found["median"], 1.3)
        self.assertAlmostEqual(found["min"], 1.0)
        self.assertAlmostEqual(found["max"], 1.4)
        self.assertEqual((found["clean"], found["of"], found["doubtful"]), (3, 3, False))

    def test_leaves_out_a_round_in_which_either_is_tagged(self):
        rounds = self.rounds[:2] + [{"l4": figure(1, ["noise"]), "weir": figure(11)}]
        found = self.of(rounds)
        self.assertAlmostEqual(found["median"], 1.35)
        self.assertEqual((found["clean"], found["of"]), (2, 3))

    def test_is_refused_when_too_few_rounds_are_clean(self):
        rounds = self.rounds[:1] + [{"l4": figure(1, ["noise"]), "weir": figure(11)}]
        self.assertEqual(self.of(rounds)["refused"], "1 clean of 2")
        accepted = self.of(rounds, accept_tagged=True)
        self.assertTrue(accepted["doubtful"])
        self.assertAlmostEqual(accepted["max"], 11)

    def test_is_absent_when_the_two_never_met(self):
        self.assertIsNone(self.of([{"l4": figure(10)}, {"weir": figure(13)}]))

    def test_added_time_subtracts_within_a_round(self):
        rounds = [{"direct": figure(1, p50=zero), "l4": figure(1, p50=zero + 50), "weir": figure(1, p50=zero + more)}
                  for zero, more in ((100, 60), (900, 75), (300, 80))]
        found = stats.added(rounds, "weir", "l4", "direct", goals.quantile("p50_us"), stats.Rules(3, False))
        self.assertAlmostEqual(found["median"], 75 / 50)
        self.assertAlmostEqual(found["min"], 67.5 / 50)
        self.assertAlmostEqual(found["max"], 77.5 / 50)

    def test_added_time_is_refused_when_the_ruler_adds_none(self):
        rounds = [{"direct": figure(1, p50=50), "l4": figure(1, p50=50), "weir": figure(1, p50=60)}]
        found = stats.added(rounds, "weir", "l4", "direct", goals.quantile("p50_us"), stats.Rules(1, False))
        self.assertIn("no time", found["refused"])


class Tables(unittest.TestCase):
    def goal_lines(self, made):
        return [line for line in report.goals_table(made)[2:]]

    def test_verdicts(self):
        for cost, word in ((12.0, "aim reached"), (13.5, "must reached"), (14.5, "MISSED")):
            made = results({"request": [{"l4": figure(10), "nginx": figure(20), "weir": figure(cost)}] * 2})
            line = next(line for line in self.goal_lines(made) if "weir / l4" in line)
            self.assertIn(word, line)
            self.assertIn("| 2/2 ", line)

    def test_a_refused_ratio_has_no_verdict(self):
        made = results({"request": [{"l4": figure(10), "weir": figure(9, ["noise"])}] * 2})
        line = next(line for line in self.goal_lines(made) if "weir / l4" in line)
        self.assertIn("refused (0 clean of 2)", line)
        self.assertNotIn("reached", line)
        self.assertIn("tagged: request weir 2/2: noise (2)", report.text(made))
        self.assertIn("request 0/2", report.text(made))

    def test_stalls_are_counted_in_all_workloads(self):
        made = results({"request": [{"weir": figure(9, samples=600_000)}], "ttft": [{"weir": figure(9, samples=500_000)}]})
        self.assertIn("none in 1,100,000", "\n".join(self.goal_lines(made)))
        made.rounds["ttft"][0]["weir"]["near_40_ms"] = 1
        self.assertIn("MISSED", "\n".join(self.goal_lines(made)))

    def test_few_samples_prove_little(self):
        made = results({"request": [{"weir": figure(9, samples=5000)}]})
        self.assertIn("none, but in 5,000 samples only", "\n".join(self.goal_lines(made)))

    def test_a_figure_without_clean_rounds_is_starred(self):
        made = results({"request": [{"weir": figure(9, ["noise"]), "l4": figure(10)}]})
        line = next(line for line in report.figures_table(made) if "CPU us" in line)
        self.assertIn(" 9.0* ", line)
        self.assertIn(" 10.0 ", line)

    def test_the_drawing_is_well_formed_and_cuts_what_is_far_longer(self):
        made = results({"request": [{"l4": figure(10), "nginx": figure(15), "weir": figure(12)}] * 2})
        where = {"cpu": "A & B", "cores": 2, "kernel": "6", "time": "2026-01-01T00:00:00"}
        text = drawing.drawing(made, where)
        xml.etree.ElementTree.fromstring(text)
        self.assertIn("1.20 × l4", text)
        self.assertNotIn("l8 -19", text)
        made.rounds["request"] = [dict(r, nginx=figure(5000)) for r in made.rounds["request"]]
        self.assertIn("l8 -19", drawing.drawing(made, where))


class Parts(unittest.TestCase):
    def test_slope_is_that_of_least_squares(self):
        self.assertAlmostEqual(memory.slope([(0, 10), (1, 13), (2, 14), (3, 19)]), 2.8)

    def test_a_smaller_share_scales_the_load_down_to_a_least(self):
        class Options:
            connections, requests, rate, open_connections, streams, transit_streams, stall_samples = 32, 40000, 1000, 128, 600, 400, 9
        less = workloads.scaled(Options, 0.02)
        self.assertEqual((less.requests, less.rate, less.connections, less.streams), (800, 20, 4, 12))
        self.assertEqual(less.stall_samples, 9)  # never more than was asked for

    def test_tags_say_why_a_round_does_not_count(self):
        def of(offered=None, **changes):
            figure = {"load_share": 0.5, "upstream_share": 0.3, "per_second": 100, "gateway_delay_share": 0, "gateway_share": 0.5}
            return workloads.tags(workloads.Workload("w", "answers", [], "whole", offered), {**figure, **changes})

        self.assertEqual(of(offered=100), [])
        self.assertEqual(len(of(offered=106)), 1)
        self.assertEqual(len(of(load_share=0.81)), 1)
        self.assertEqual(len(of(offered=100, upstream_share=0.45)), 1)
        self.assertEqual(of(upstream_share=0.45), [])  # a closed loop fills the core of its ends
        self.assertEqual(len(of(gateway_delay_share=0.2)), 1)
        self.assertEqual(of(gateway_delay_share=0.2, gateway_share=0.99), [])

    def test_build_id_is_read_from_an_elf_file_only(self):
        self.assertIsNone(processes.build_id(__file__))
        found = processes.build_id(sys.executable)
        self.assertTrue(found is None or len(bytes.fromhex(found)) >= 8)

    def test_every_gateway_is_declared(self):
        known = rulers.discover()
        self.assertEqual(list(known)[:3], ["direct", "l4", "nginx"])
        self.assertTrue({"haproxy", "portkey", "litellm", "weir", "weir_tls", "weir_no_log"} <= set(known))
        for name, gateway in known.items():
            self.assertEqual(name, gateway.name)
            self.assertTrue(callable(gateway.start) and 0 < gateway.share <= 1, name)


if __name__ == "__main__":
    unittest.main(verbosity=0)
