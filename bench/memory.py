"""Memory per live stream, by slope: a fresh gateway holds more and more streams, each of which sends a chunk now and
then; the line of least squares through resident memory over streams. What the gateway has at its start, and tables made
for its largest load, are no part of the slope.
"""
import re
import time
import urllib.request

import rulers
import workloads

INTERVAL_US = 1_000_000  # between two chunks of a stream
CHUNKS = 12              # per stream; then it starts again on its connection


def slope(points):
    """Of the line of least squares through (x, y)."""
    x_mean, y_mean = sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)
    return sum((x - x_mean) * (y - y_mean) for x, y in points) / sum((x - x_mean) ** 2 for x, _ in points)


def own_figures(ruler):
    """KiB that the gateway says it holds, for gateways with a metrics page: {metric: value}."""
    if not ruler.metrics_port:
        return {}
    with urllib.request.urlopen(f"http://127.0.0.1:{ruler.metrics_port}/metrics", timeout=10) as page:
        text = page.read().decode()
    found = {}
    for name, value in re.findall(r"^(weir_(?:buffer_bytes|memory_reserved_bytes)(?:\{[^}]*\})?) (\d+)", text, re.MULTILINE):
        found[name] = int(value) / 1024
    return found


def measure(place, gateway, counts, settle_s, extra=()):
    """{"rss", "anon": KiB per stream, "points": [(streams, rss, anon)], "own": {metric: KiB per stream}}"""
    with rulers.Site(place, "--interval-us", INTERVAL_US, "--chunk-bytes", 220) as site:
        failures = []
        site.start([gateway], {}, failures)
        if failures:
            raise workloads.Failed(failures[0])
        ruler, loads = site.rulers[0], []
        try:
            points, own = [read(ruler, 0)], [(0, own_figures(ruler))]
            for before, count in zip((0, *counts), counts):
                loads.append(workloads.start_load(place, ruler, [
                    "--mode", "stream", "--connections", count - before, "--chunks", CHUNKS, "--ramp-ms",
                    round(settle_s * 1000), *extra]))
                workloads.read_event(loads[-1], 60)
                time.sleep(settle_s)
                points.append(read(ruler, count))
                own.append((count, own_figures(ruler)))
            for load in loads:
                if load.popen.poll() is not None:
                    workloads.read_event(load, 0)  # says what was wrong with an answer
        finally:
            for load in loads:
                workloads.stop_load(load)
    names = set.intersection(*(set(values) for _, values in own))
    return {"rss": slope([(n, rss) for n, rss, _ in points]), "anon": slope([(n, anon) for n, _, anon in points]),
            "points": points, "own": {name: slope([(n, values[name]) for n, values in own]) for name in sorted(names)}}


def read(ruler, count):
    return (count, *ruler.process.memory_kib())
