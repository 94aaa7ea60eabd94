"""One measurement: a workload driven once through one ruler, with what the machine did meanwhile."""
import copy
import json
import os
import select
import subprocess

import rulers
from processes import Process


class Failed(Exception):
    """The load did not get the answers it expected; the sentence is the load's."""


class Workload:
    """`arguments` go to bench_load; `unit` is what the gateway's CPU time is divided by."""

    def __init__(self, name, unit, arguments, latency, offered=None, repeats=1):
        self.name, self.unit, self.arguments = name, unit, arguments
        self.latency = latency  # which histogram of the load counts: first, whole or transit
        self.offered = offered  # units per second that must be reached, or None in closed loop
        self.repeats = repeats  # measurements per round


# Shapes of clients and of a provider that have made others stall: (arguments of the load, of the upstream).
STALL_SHAPES = {
    "stall-plain": ([], []),
    "stall-nagle": (["--nagle"], []),
    "stall-two-writes": (["--two-writes"], []),
    "stall-two-writes-nagle": (["--two-writes", "--nagle"], []),
    "stall-chunks-nagle": (["--nagle"], []),
    "stall-bytes": ([], ["--split-bytes", 1]),
}


def scaled(options, share):
    """The same with a part of the load, for gateways that are slow."""
    if share == 1:
        return options
    less = copy.copy(options)
    for name, least in (("connections", 4), ("requests", 100), ("rate", 5), ("open_connections", 4), ("streams", 4),
                        ("transit_streams", 4), ("stall_samples", 100)):
        setattr(less, name, max(min(least, getattr(options, name)), round(getattr(options, name) * share)))
    return less


def closed(name, options, requests, *more, warm=None, repeats=1):
    warm = max(options.connections, requests // 10) if warm is None else warm
    return Workload(name, "answers", ["--mode", "closed", "--connections", options.connections, "--requests", requests,
                                      "--warm-requests", warm, *more], "whole", repeats=repeats)


def streams(name, options, count, window_ms, *more, repeats=1):
    offered = count * 1e6 / options.interval_us * options.chunks / (options.chunks + 2)
    return Workload(name, "chunks", ["--mode", "stream", "--connections", count, "--chunks", options.chunks, "--ramp-ms",
                                     options.ramp_ms, "--window-ms", window_ms, "--chunk-bytes", options.chunk_bytes,
                                     *more], "transit", offered, repeats)


def workloads(options):
    """What is driven through gateways that stay up over all rounds, by name."""
    return {workload.name: workload for workload in (
        closed("request", options, options.requests),
        closed("big", options, max(options.connections, options.requests // 20), "--body-bytes", options.big_bytes,
               warm=options.connections),
        Workload("ttft", "answers", ["--mode", "open", "--sse", "--chunks", 1, "--rate", options.rate, "--connections",
                                     options.open_connections, "--window-ms", options.window_ms, "--chunk-bytes",
                                     options.chunk_bytes], "first", options.rate, repeats=options.repeats),
        streams("stream", options, options.streams, options.window_ms),
        # What `stream` asks, of a provider that speaks Anthropic's dialect.
        streams("translate", options, options.streams, options.window_ms, "--model", rulers.TRANSLATED, "--meaning"),
        streams("transit", options, options.transit_streams, options.window_ms, repeats=options.repeats),
    )}


def stalls(options):
    """Samples by the hundred thousand, in which a stall would show."""
    samples, per_second = options.stall_samples, options.streams * 1e6 / options.interval_us
    few = copy.copy(options)
    few.connections = 2  # an answer in a thousand sends costs milliseconds: more at a time would look like a stall
    found = []
    for name, (client, provider) in STALL_SHAPES.items():
        if name == "stall-chunks-nagle":
            found.append(streams(name, options, options.streams, max(200, round(samples / per_second * 1000)), *client))
        elif provider:
            found.append(closed(name, few, max(20, samples // 50), *client))
        else:
            # A client that has to wait for an acknowledgement of its head may need 44 ms for each request.
            count = samples // 50 if name == "stall-two-writes-nagle" else samples
            found.append(closed(name, options, max(options.connections, count), *client))
    return {workload.name: workload for workload in found}


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


def start_load(place, ruler, arguments):
    """bench_load for this ruler; it says `ready` when it is warm and waits for a line."""
    command = [os.path.join(place.bench_bin, "bench_load"), "--port", ruler.port, "--key", rulers.CLIENT_KEY]
    if ruler.headers:
        command += ["--headers", ruler.headers]
    if ruler.gateway.meaning and "--meaning" not in arguments:
        command.append("--meaning")
    if ruler.gateway.client_tls:
        command += ["--tls-root", rulers.TLS_ROOT, "--tls-name", rulers.TLS_NAME]
    return Process("load", command + list(arguments), place.load_core, place.directory, slice_us=rulers.SLICE_US,
                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def stop_load(load):
    load.popen.stdin.close()
    load.stop()
    load.popen.stdout.close()


def measure(place, ruler, workload, extra=()):
    """Runs the workload once; returns the figures of this round."""
    gateway = ruler.process
    load = start_load(place, ruler, workload.arguments + list(extra))
    try:
        read_event(load, 60)
        before = gateway.cpu() if gateway else (0, 0)
        upstream_before = ruler.upstream.cpu()
        load.popen.stdin.write(b"go\n")
        load.popen.stdin.flush()
        read_event(load, 120)
        after = gateway.cpu() if gateway else (0, 0)
        upstream_after = ruler.upstream.cpu()
        result = read_event(load, 120)
    finally:
        stop_load(load)
    return figures(workload, result, [b - a for a, b in zip(before, after)], upstream_after[0] - upstream_before[0])


def figures(workload, result, gateway_ns, upstream_ns):
    units, elapsed = result[workload.unit], result["elapsed_ns"]
    if units == 0:
        raise Failed("nothing was answered in the measured window")
    first, transit = result["first"], result["transit"]
    figure = {
        "units": units, "per_second": units * 1e9 / elapsed, "cpu_us": gateway_ns[0] / units / 1000,
        "gateway_share": gateway_ns[0] / elapsed, "gateway_delay_share": gateway_ns[1] / elapsed,
        "load_share": result["load_cpu_ns"] / elapsed, "upstream_share": upstream_ns / elapsed,
        "latency": result[workload.latency], "first": first, "transit": transit, "answer_hash": result["answer_hash"],
        "streams_checked": result["streams_checked"], "reopened": result["reopened"],
        "samples": first["count"] + transit["count"],
        "near_40_ms": first["in_38_46_ms"] + transit["in_38_46_ms"],
        "near_200_ms": first["in_195_215_ms"] + transit["in_195_215_ms"],
    }
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
    # A gateway of several threads that fills its core waits for itself; what it got shows whether others had any.
    if figure["gateway_delay_share"] > 0.1 and figure["gateway_share"] < 0.95:
        found.append("something else ran on the gateway's core")
    return found
