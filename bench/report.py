"""The answer as text: one table of all figures, one of the goals, and what they rest on. Both are Markdown."""
import goals
import stats
from workloads import STALL_SHAPES


class Results:
    """Everything that was measured in one run."""

    def __init__(self, names, rules):
        self.names, self.rules = names, rules  # the rulers, in order
        self.rounds = {}       # {workload: [{ruler: figures of one measurement}]}
        self.memory = {}       # {ruler: slopes}
        self.translated_memory = {}  # {ruler: slopes} of streams that are translated
        self.start = {}        # {ruler: {"start_ms", "idle_mib": spread}}
        self.unavailable = {}  # {ruler: why}
        self.remarks = []      # what a reader has to know besides
        self.failures = []

    def samples(self):
        """{ruler: {"samples", "near_40_ms", "near_200_ms"}} over all workloads in which a stall is the gateway's."""
        seen = {}
        for workload, rounds in self.rounds.items():
            if workload == "stall-two-writes-nagle":
                continue
            for name, figure in (item for r in rounds for item in r.items()):
                mine = seen.setdefault(name, dict.fromkeys(("samples", "near_40_ms", "near_200_ms"), 0))
                for key in mine:
                    mine[key] += figure[key]
        return seen

    def tags(self):
        """[(workload, ruler, tagged, all, {tag: how often})] where there are any."""
        found = []
        for workload, rounds in self.rounds.items():
            for name in self.names:
                mine = [r[name] for r in rounds if name in r]
                counts = {}
                for tag in (tag for figure in mine for tag in figure["tags"]):
                    counts[tag] = counts.get(tag, 0) + 1
                if counts:
                    found.append((workload, name, sum(1 for f in mine if f["tags"]), len(mine), counts))
        return found

    def clean(self):
        """{workload: least number of clean rounds of any ruler, number of rounds}."""
        return {workload: (min(sum(1 for r in rounds if name in r and not r[name]["tags"])
                               for name in {n: None for r in rounds for n in r}), len(rounds))
                for workload, rounds in self.rounds.items() if any(rounds)}

    def to_json(self):
        """The figures of both tables; the rounds stand beside them."""
        return {"figures": {label: {name: figure for name in self.names if (figure := get(self, name)) is not None}
                            for label, get, _ in rows(self)},
                "goals": [{"goal": g.name, "what": g.what, "figure": (figure := g.find(self)), "must": g.must,
                           "aim": g.aim, "verdict": g.verdict(figure)} for g in goals.GOALS],
                "samples": self.samples(), "clean_rounds": self.clean(), "memory": self.memory,
                "translated_memory": self.translated_memory, "start": self.start}


def of_workload(workload, get):
    return lambda results, name: None if name == "direct" and get is goals.cpu else \
        stats.value(results.rounds[workload], name, get)


def rows(results):
    """(label, get(results, ruler) -> spread or None, digits) of the figures that this run has."""
    found = []

    def add(workload, label, get, digits=0):
        if workload in results.rounds:
            found.append((label, of_workload(workload, get), digits))

    add("request", "request, CPU us", goals.cpu, 1)
    add("request", "request, per second", lambda f: f["per_second"])
    add("big", "request of 300 KB, CPU us", goals.cpu)
    add("stream", "stream, CPU us per chunk", goals.cpu, 1)
    add("stream", "stream, % of its core", lambda f: 100 * f["gateway_share"])
    add("translate", "translated stream, CPU us per chunk", goals.cpu, 1)
    add("transit", "transit, % of its core", lambda f: 100 * f["gateway_share"])
    for key, word in (("p50_us", "p50"), ("p99_us", "p99"), ("p999_us", "p99.9")):
        add("transit", f"transit of a chunk, {word} us", goals.quantile(key))
    add("ttft", "ttft, CPU us per short stream", goals.cpu)
    for key, word in (("p50_us", "p50"), ("p99_us", "p99")):
        add("ttft", f"time to first byte, {word} us", goals.quantile(key))
    if "ttft" in results.rounds:
        for key, word in (("p50_us", "p50"), ("p99_us", "p99")):
            found.append((f"time added at {word}, against l4", lambda r, name, key=key: None if name in ("direct", "l4")
                          else goals.added(key, name)(r), 2))
    for shape in STALL_SHAPES:
        add(shape, f"{shape}: near 40 or 200 ms, per million",
            lambda f: 1e6 * (f["near_40_ms"] + f["near_200_ms"]) / max(1, f["samples"]))
    if results.memory:
        found += [(f"KiB per stream, {word}", lambda r, name, key=key: goals.alone(r.memory.get(name, {}).get(key)), 1)
                  for key, word in (("rss", "resident"), ("anon", "anonymous"))]
    if results.translated_memory:
        found.append(("KiB per translated stream, resident",
                      lambda r, name: goals.alone(r.translated_memory.get(name, {}).get("rss")), 1))
    if results.start:
        found += [(label, lambda r, name, key=key: r.start.get(name, {}).get(key), 1)
                  for key, label in (("start_ms", "exec to first 200, ms"), ("idle_mib", "idle, resident MiB"))]
    return found


def short(figure, digits):
    """One cell of the first table: the median, starred when no round was clean."""
    if figure is None:
        return "-"
    if "refused" in figure:
        return "refused"
    return f"{figure['median']:.{digits}f}{'*' if figure['doubtful'] else ''}"


def ranged(figure, digits=2):
    if figure is None:
        return "-"
    if "refused" in figure:
        return f"refused ({figure['refused']})"
    text = f"{figure['median']:.{digits}f}{'*' if figure['doubtful'] else ''}"
    return text if figure["of"] == 1 else f"{text} [{figure['min']:.{digits}f}-{figure['max']:.{digits}f}]"


def markdown(body):
    widths = [max(len(line[i]) for line in body) for i in range(len(body[0]))]
    body = [body[0], ["-" * width for width in widths]] + body[1:]
    return ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths)) + " |" for line in body]


def figures_table(results):
    body = [["figure"] + results.names]
    for label, get, digits in rows(results):
        cells = [short(get(results, name), digits) for name in results.names]
        if any(cell != "-" for cell in cells):
            body.append([label] + cells)
    return markdown(body) if len(body) > 1 else []


def goals_table(results):
    body = [["goal", "figure", "median [least-most]", "clean", "must", "aim", "verdict"]]
    for goal in goals.GOALS:
        figure = goal.find(results)
        if figure is None:
            continue
        verdict = goal.verdict(figure)
        if goal.name == "G6" and verdict != "MISSED":
            samples = results.samples()["weir"]["samples"]
            verdict = f"none in {samples:,}" if samples >= 1_000_000 else f"none, but in {samples:,} samples only"
        body.append([goal.name, goal.what, ranged(figure, goal.digits), f"{figure['clean']}/{figure['of']}",
                     "" if goal.must is None else f"{goal.must:g}", "" if goal.aim is None else f"{goal.aim:g}", verdict])
    return markdown(body) if len(body) > 1 else []


def text(results):
    lines = figures_table(results) + [""] + goals_table(results) + [""]
    samples = results.samples()
    for name, seen in ((name, samples[name]) for name in results.names if name in samples):
        lines.append(f"{name}: {seen['samples']:,} samples, {seen['near_40_ms']} of 38-46 ms, {seen['near_200_ms']} of "
                     "195-215 ms")
    for name, found in results.memory.items():
        if found["own"]:
            lines.append(f"{name} says of itself, KiB per stream: "
                         + ", ".join(f"{metric} {round(value, 2) + 0.0:.2f}" for metric, value in found["own"].items()))
    lines.append("clean rounds (of the ruler with the fewest): "
                 + (", ".join(f"{workload} {clean}/{of}" for workload, (clean, of) in results.clean().items()) or "no rounds"))
    for workload, name, tagged, of, counts in results.tags():
        lines.append(f"tagged: {workload} {name} {tagged}/{of}: "
                     + ", ".join(f"{tag} ({count})" for tag, count in counts.items()))
    lines += results.remarks
    lines += [f"skipped {name}: {why}" for name, why in results.unavailable.items()]
    lines += [f"FAILED {failure}" for failure in results.failures]
    return "\n".join(lines)
