"""Many streams for long with stalled readers among them, and many large bodies at once: no byte lost, memory bounded.

The sizes here are those of every test run; `tests/live/run --full` takes the full ones (two minutes, or `--seconds N`):
as many streams as 20,000 descriptors allow, two per stream."""
import asyncio
import json
import resource
from collections import Counter

from harness import places
from harness.client import Client, chat, request_bytes
from harness.registry import Failure, check, check_equal, test
from harness.weir import KEY, Weir, configuration
from test_load import memory_kib, result_of, roomy, start_bench, start_upstream

STALLED_FRAME = 16384
STALLED_FRAMES = 150  # 2.4 MB per stream: several times what the buffers on the way hold for a reader that stalls


def slope_kib_per_s(samples):
    """Of the straight line with the least squares through (time, KiB)."""
    n = len(samples)
    mean_x, mean_y = sum(x for x, _ in samples) / n, sum(y for _, y in samples) / n
    return sum((x - mean_x) * (y - mean_y) for x, y in samples) / sum((x - mean_x) ** 2 for x, _ in samples)


def load_arguments(weir, streams, seconds, chunks, *more):
    return ["--mode", "stream", "--port", weir.port, "--key", KEY, "--connections", streams, "--window-ms", seconds * 1000,
            "--chunks", chunks, "--no-wait", *more]


@test
async def streams_and_stalled_readers_for_long():
    """Healthy streams and readers that read nothing until the end. Both have every byte, and memory stays level once
    the stalled ones have taken what they are allowed."""
    roomy()
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    streams, stalled, seconds, interval_ms = (9900, 1000, places.SECONDS or 120, 1000) if places.FULL else (2000, 200, 8, 250)
    streams = min(streams, (descriptors - 200) // 2)
    healthy = streams - stalled
    ramp_s = 2 + healthy // 1000  # over which the healthy ones start
    upstream, port = await start_upstream(interval_ms)
    big_upstream, big_port = await start_upstream(5, "--chunk-bytes", STALLED_FRAME, "--chunks", STALLED_FRAMES,
                                                  "--send-buffer", 65536)
    config = configuration(port, {"gpt-4o-mini": "gpt-4o-mini"},
                           limits={"max_connections": 20000, "max_buffered_bytes": "2GiB"}, timeouts={"client_write_ms": "1h", "total_ms": "2h"})
    config["providers"]["big"] = {"kind": "openai", "base_url": f"http://127.0.0.1:{big_port}/v1",
                                  "credential": "env:UPSTREAM_KEY"}
    config["models"]["big"] = {"deployments": ["big/big"]}
    async with await Weir.start(config) as weir:
        at_start = memory_kib(weir)
        stalling = await start_bench("bench_load", *load_arguments(
            weir, stalled, ramp_s + seconds, STALLED_FRAMES, "--chunk-bytes", STALLED_FRAME, "--model", "big", "--stalled"))
        load = await start_bench("bench_load", *load_arguments(
            weir, healthy, seconds, max(20, 5_000 // interval_ms), "--ramp-ms", ramp_s * 1000))
        samples, most, held, began = [], 0, 0, asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() < began + ramp_s + seconds - 1:
            await asyncio.sleep(0.5)
            for early in (stalling, load):
                if early.returncode is not None:
                    await result_of(early)
                    raise Failure("a load ended before its time")
            metrics = await weir.metrics()
            most, held = max(most, metrics["weir_exchanges_in_flight"]), max(held, metrics["weir_buffer_bytes"])
            samples.append((asyncio.get_running_loop().time() - began, memory_kib(weir)))
        try:
            result, rest = await result_of(load, 150), await result_of(stalling, 150)
        except Failure as failure:
            faults = {n: v for n, v in (await weir.metrics()).items() if n.startswith("weir_faults_total")}
            lines = [line for line in weir.log_lines() if "fault" in line]
            raise Failure(f"{failure}; weir's faults {faults}; log lines {lines[:3]}") from None
        metrics = await weir.metrics()
        check(most >= streams * 0.98, f"at most {most:.0f} of {streams} streams were in flight at once")
        check(result["streams_checked"] >= healthy, f"{result['streams_checked']} healthy streams were checked")
        check_equal(rest["streams_checked"], stalled, "stalled streams that came out right")
        check_equal({n: v for n, v in metrics.items() if n.startswith("weir_faults_total")}, {}, "faults")
        check_equal(metrics["weir_exchanges_in_flight"], 0, "in flight afterwards")
        settled = [s for s in samples if s[0] > ramp_s + 0.2 * seconds]
        slope = slope_kib_per_s(settled)
        growth = slope * (settled[-1][0] - settled[0][0])
        level = max(m for _, m in settled)
        check(growth < max(4096, level * 0.03),
              f"resident memory grew by {growth:.0f} KiB in {settled[-1][0] - settled[0][0]:.0f} s, to {level} KiB")
    for process in (upstream, big_upstream):
        process.terminate()
    return (f"{streams} streams, {stalled} of them stalled for {seconds} s: {result['streams_checked']} + {stalled} checked, "
            f"{most:.0f} in flight at once; RSS {at_start // 1024} -> {level // 1024} MiB, {slope:+.1f} KiB/s; "
            f"buffers held at most {held / 2**20:.1f} MiB")


@test
async def many_large_bodies_at_once_stay_within_the_stated_memory():
    """MEASURING G9: 1,500 requests of 150 KB in weir at the same time, cache off: peak RSS at most 300 MiB."""
    roomy()
    count, size = 1500, 150_000
    upstream, port = await start_upstream(100, "--document-delay-ms", 3000)
    async with await Weir.start(configuration(port, {"gpt-4o-mini": "gpt-4o-mini"})) as weir:
        at_start = memory_kib(weir)
        load = await start_bench("bench_load", "--mode", "closed", "--port", weir.port, "--key", KEY, "--connections", count,
                                 "--warm-requests", 0, "--requests", count * 2, "--body-bytes", size, "--no-wait")
        most = 0
        while load.returncode is None:
            await asyncio.sleep(0.1)
            most = max(most, (await weir.metrics())["weir_exchanges_in_flight"])
        result = await result_of(load)
        check_equal(result["answers"], count * 2, "answers")
        check_equal(most, count, "most requests at once")
        peak = memory_kib(weir, "VmHWM")
        check(peak <= 300 * 1024, f"peak RSS {peak} KiB for {count} bodies of {size} bytes")
        metrics = await weir.metrics()
        check_equal(metrics['weir_memory_reserved_bytes{use="request"}'], 0, "reserved bytes afterwards")
    upstream.terminate()
    return f"RSS {at_start / 1024:.1f} MiB idle, {peak / 1024:.0f} MiB at its peak; the bodies alone are {count * size / 2**20:.0f} MiB"


@test
async def more_stalled_readers_than_memory():
    """Four hundred readers stall where there is room for a hundred of them. Memory stays within its bound, and streams of
    others, before and after, run on or are refused in so many words; none is silently cut."""
    stalled, healthy = 400, 40
    big_upstream, big_port = await start_upstream(5, "--chunk-bytes", STALLED_FRAME, "--chunks", STALLED_FRAMES,
                                                  "--send-buffer", 65536)
    upstream, port = await start_upstream(100)
    config = configuration(port, {"gpt-4o-mini": "gpt-4o-mini"}, shards=1,
                           limits={"max_buffered_bytes": "24MiB", "max_body_bytes": "1MiB"},
                           timeouts={"client_write_ms": "1h"})
    config["providers"]["big"] = {"kind": "openai", "base_url": f"http://127.0.0.1:{big_port}/v1",
                                  "credential": "env:UPSTREAM_KEY"}
    config["models"]["big"] = {"deployments": ["big/big"]}
    async with await Weir.start(config) as weir:
        clients = []
        running = asyncio.gather(*(outcome_of(weir, 40) for _ in range(healthy)))
        for _ in range(stalled):
            client = await Client(weir.port, receive_buffer=4096).__aenter__()
            client.writer.transport.pause_reading()
            await client.send(request_bytes(body=chat(model="big", stream=True, max_tokens=STALLED_FRAMES), key=KEY))
            clients.append(client)
        await asyncio.sleep(1.5)
        peak = 0
        later = asyncio.gather(*(outcome_of(weir, 10) for _ in range(healthy)))
        while not (running.done() and later.done()):
            await asyncio.sleep(0.1)
            peak = max(peak, (await weir.metrics())["weir_buffer_bytes"])
        outcomes = {"running": Counter(await running), "later": Counter(await later)}
        check_equal(outcomes["running"], Counter({"whole": healthy}), "streams that ran before memory was short")
        check(set(outcomes["later"]) <= {"whole", "status 503"}, f"streams that came later: {outcomes['later']}")
        check(peak <= 24 * 2**20, f"{peak / 2**20:.0f} MiB of buffers, where 24 are allowed")
        memory = memory_kib(weir)
        for client in clients:
            client.leave()
        faults = {n: v for n, v in (await weir.metrics()).items() if n.startswith("weir_faults_total")}
    for process in (upstream, big_upstream):
        process.terminate()
        await process.wait()
    said = "; ".join(f"{name}: {dict(counter)}" for name, counter in outcomes.items())
    return f"{said}; buffers at most {peak / 2**20:.0f} MiB, RSS {memory // 1024} MiB, faults {faults}"


def stream_of(chunks):
    return chat(model="gpt-4o-mini", stream=True, max_tokens=chunks)


async def outcome_of(weir, chunks):
    answer = await weir.ask(stream_of(chunks))
    if answer.status != 200:
        return f"status {answer.status}"
    check(answer.complete, "a stream's framing broke off")
    if answer.body.endswith(b"data: [DONE]\n\n"):
        return "whole"
    last = answer.body.split(b"\n\n")[-2]
    check(b'"error"' in last, f"a stream ended silently: {answer.body[-200:]!r}")
    return json.loads(last[6:])["error"]["message"]
