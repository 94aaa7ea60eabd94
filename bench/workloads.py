"""One measurement: a workload driven once through one ruler, with what the machine did meanwhile."""
import json
import os
import select
import subprocess

from rulers import CLIENT_KEY, Process


class Failed(Exception):
    """The load did not get the answers it expected; the sentence is the load's."""


class Workload:
    """`arguments` go to bench_load; `unit` is what the gateway's CPU time is divided by."""

    def __init__(self, name, unit, arguments, latency, offered=None, concurrent=0):
        self.name, self.unit, self.arguments = name, unit, arguments
        self.latency = latency        # which histogram of the load counts: first, whole or transit
        self.offered = offered        # units per second that must be reached, or None in closed loop
        self.concurrent = concurrent  # streams held, for memory per stream


def workloads(options):
    """The workloads of this run, by name."""
    common = ["--chunk-bytes", options.chunk_bytes]
    window = ["--window-ms", options.window_ms]
    requests = options.requests
    return {
        "request": Workload("request", "answers",
                            ["--mode", "closed", "--connections", options.connections, "--requests", requests,
                             "--warm-requests", max(options.connections, requests // 10)], "whole"),
        "big": Workload("big", "answers",
                        ["--mode", "closed", "--connections", options.connections, "--requests", max(1, requests // 20),
                         "--warm-requests", options.connections, "--body-bytes", options.big_bytes], "whole"),
        "ttft": Workload("ttft", "answers",
                         ["--mode", "open", "--sse", "--chunks", 1, "--rate", options.rate, "--connections",
                          options.open_connections] + window + common, "first", offered=options.rate),
        "stream": Workload("stream", "chunks",
                           ["--mode", "stream", "--connections", options.streams, "--chunks", options.chunks,
                            "--ramp-ms", options.ramp_ms] + window + common, "transit",
                           offered=options.streams * 1e6 / options.interval_us * options.chunks / (options.chunks + 2),
                           concurrent=options.streams),
    }


def read_event(load, seconds):
    ready, _, _ = select.select([load.popen.stdout], [], [], seconds)
    line = load.popen.stdout.readline() if ready else b""
    if not line:
        raise Failed(f"load said nothing for {seconds} s: {load.last_words()}" if not ready else
                     f"load ended: {load.last_words()}")
    event = json.loads(line)
    if event["event"] == "result" and not event["ok"]:
        raise Failed(event["error"])
    return event


def measure(place, ruler, workload, extra=()):
    """Runs the workload once; returns the figures of this round."""
    command = [os.path.join(place.bench_bin, "bench_load"), "--port", ruler.port, "--key", CLIENT_KEY]
    command += workload.arguments + list(extra)
    gateway = ruler.process
    load = Process("load", [str(word) for word in command], place.load_core, place.directory, stdin=subprocess.PIPE,
                   stdout=subprocess.PIPE)
    try:
        read_event(load, 60)
        before = gateway.cpu() if gateway else (0, 0)
        upstream_before = place.upstream.cpu()
        load.popen.stdin.write(b"go\n")
        load.popen.stdin.flush()
        read_event(load, 120)
        after = gateway.cpu() if gateway else (0, 0)
        upstream_after = place.upstream.cpu()
        rss = gateway.rss_kib() if gateway else 0
        result = read_event(load, 120)
    finally:
        load.popen.stdin.close()
        load.stop()
        load.popen.stdout.close()
    return figures(workload, result, [b - a for a, b in zip(before, after)], upstream_after[0] - upstream_before[0],
                   rss - ruler.rss_kib_at_start)


def figures(workload, result, gateway_ns, upstream_ns, rss_kib):
    units, elapsed = result[workload.unit], result["elapsed_ns"]
    if units == 0:
        raise Failed("nothing was answered in the measured window")
    latency = result[workload.latency]
    figure = {
        "units": units, "per_second": units * 1e9 / elapsed, "cpu_us": gateway_ns[0] / units / 1000,
        "gateway_share": gateway_ns[0] / elapsed, "gateway_delay_share": gateway_ns[1] / elapsed,
        "load_share": result["load_cpu_ns"] / elapsed, "upstream_share": upstream_ns / elapsed,
        "latency": latency, "answer_hash": result["answer_hash"], "streams_checked": result["streams_checked"],
        "near_40_ms": result["first"]["in_38_46_ms"] + result["transit"]["in_38_46_ms"],
        "near_200_ms": result["first"]["in_195_215_ms"] + result["transit"]["in_195_215_ms"],
        "tags": [],
    }
    if workload.concurrent:
        figure["rss_kib_per_stream"] = rss_kib / workload.concurrent
    figure["tags"] = tags(workload, figure)
    return figure


def tags(workload, figure):
    """Why this round should not be trusted; an empty list means it may."""
    found = []
    if figure["load_share"] > 0.8:
        found.append("load above 80 % of its core")
    if figure["upstream_share"] > 0.8:
        found.append("upstream above 80 % of its core")
    if workload.offered and figure["load_share"] + figure["upstream_share"] > 0.9:
        found.append("load and upstream fill their core")
    if workload.offered and figure["per_second"] < 0.95 * workload.offered:
        found.append("offered rate missed")
    if figure["gateway_delay_share"] > 0.1:
        found.append("something else ran on the gateway's core")
    return found
