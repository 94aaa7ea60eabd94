"""What is to be reached, and how each figure is found: the second table. Ratios are of rulers in the same rounds."""
import stats


class Goal:
    """`find(results)` gives a spread, a refusal or None; `must` and `aim` are upper bounds, None where there is none."""

    def __init__(self, name, what, find, must=None, aim=None, digits=2):
        self.name, self.what, self.find, self.must, self.aim, self.digits = name, what, find, must, aim, digits

    def verdict(self, figure):
        if figure is None or "median" not in figure or self.must is None:
            return ""
        if figure["median"] > self.must:
            return "MISSED"
        return "aim reached" if figure["median"] <= self.aim else "must reached"


def cpu(figure):
    return figure["cpu_us"]


def quantile(key):
    return lambda figure: figure["latency"][key]


def ratio(workload, name, base, get=cpu):
    return lambda results: stats.ratio(results.rounds.get(workload, []), name, base, get, results.rules)


def added(key, name="weir"):
    return lambda results: stats.added(results.rounds.get("ttft", []), name, "l4", "direct", quantile(key), results.rules)


def alone(value):
    return None if value is None else {"median": value, "min": value, "max": value, "clean": 1, "of": 1, "doubtful": False}


def translated(name):
    """A ruler's CPU per translated chunk against the same ruler's per chunk that passes, round by round."""
    def find(results):
        pairs = zip(results.rounds.get("translate", []), results.rounds.get("stream", []))
        rounds = [{"translating": t[name], "passing": s[name]} for t, s in pairs if name in t and name in s]
        return stats.ratio(rounds, "translating", "passing", cpu, results.rules)
    return find


def memory_of_translation(results):
    """What a translated stream holds beyond one that passes."""
    if "weir" not in results.memory or "weir" not in results.translated_memory:
        return None
    return alone(results.translated_memory["weir"]["rss"] - results.memory["weir"]["rss"])


def memory(name):
    return lambda results: alone(results.memory[name]["rss"] if name in results.memory else None)


def memory_of_tls(results):
    """Per TLS side: weir with TLS on both, less weir without."""
    if "weir" not in results.memory or "weir_tls" not in results.memory:
        return None
    return alone((results.memory["weir_tls"]["rss"] - results.memory["weir"]["rss"]) / 2)


def start(key):
    return lambda results: results.start.get("weir", {}).get(key)


def stalled(results):
    """Samples near 40 or 200 ms of weir, in all workloads but the one that stalls without any gateway too."""
    seen = results.samples().get("weir")
    return None if seen is None else alone(seen["near_40_ms"] + seen["near_200_ms"])


def price(name, workload="request"):
    return ratio(workload, "weir", name)


GOALS = [
    Goal("G1", "CPU per request, weir / l4", ratio("request", "weir", "l4"), 1.4, 1.25),
    Goal("G2", "CPU per request, weir / nginx", ratio("request", "weir", "nginx"), 0.95, 0.85),
    Goal("", "CPU per request, weir / haproxy", ratio("request", "weir", "haproxy")),
    Goal("G3", "CPU per chunk, weir / l4", ratio("stream", "weir", "l4"), 1.25, 1.1),
    Goal("", "CPU per chunk, weir / nginx", ratio("stream", "weir", "nginx")),
    Goal("", "CPU per chunk, weir / haproxy", ratio("stream", "weir", "haproxy")),
    Goal("G4", "time added to the first byte at p50, weir / l4", added("p50_us"), 1.5, 1.2),
    Goal("G4", "time added to the first byte at p99, weir / l4", added("p99_us"), 2, 1.5),
    Goal("G5", "chunk transit p99.9 at about 30 % of its core, weir / l4", ratio("transit", "weir", "l4", quantile("p999_us")),
         2, 1.3),
    Goal("G6", "samples of weir near 40 or 200 ms", stalled, 0, 0, digits=0),
    Goal("G7", "resident KiB per live plain stream", memory("weir"), 4, 2),
    Goal("G8", "resident KiB per live stream and TLS side", memory_of_tls, 24, 12),
    Goal("G10", "CPU per request of 300 KB, weir / l4", ratio("big", "weir", "l4"), 1.5, 1.15),
    Goal("G15", "resident MiB when idle", start("idle_mib"), 24, 8, digits=1),
    Goal("G15", "ms from exec to the first 200", start("start_ms"), 100, 20, digits=1),
    Goal("G16", "price of the access log per request", price("weir_no_log"), 1.05, 1.01),
    Goal("G16", "price of the access log per chunk", price("weir_no_log", "stream"), 1.05, 1.01),
    Goal("G16", "price of virtual keys per request", price("weir_no_keys"), 1.05, 1.01),
    Goal("G16", "price of the admin address per request", price("weir_no_admin"), 1.05, 1.01),
    Goal("G17", "CPU per translated chunk (Anthropic to OpenAI), weir / weir passing", translated("weir"), 1.5, 1.2),
    Goal("G17", "resident KiB more per translated stream", memory_of_translation, 4, 2),
    Goal("", "CPU per translated chunk, litellm / litellm passing", translated("litellm")),
    Goal("", "CPU per request over TLS, weir / nginx", ratio("request", "weir_tls", "nginx_tls")),
    Goal("", "CPU per request over TLS, weir / haproxy", ratio("request", "weir_tls", "haproxy_tls")),
    Goal("", "CPU per chunk over TLS, weir / nginx", ratio("stream", "weir_tls", "nginx_tls")),
    Goal("", "CPU per chunk over TLS, weir / haproxy", ratio("stream", "weir_tls", "haproxy_tls")),
    Goal("", "CPU per request of 300 KB over TLS, weir / nginx", ratio("big", "weir_tls", "nginx_tls")),
]
