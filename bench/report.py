"""From rounds to a table: medians of per-round ratios, their spread, and what was tagged."""
from statistics import median

# Title of the CPU figure, per workload.
CPU = {"request": "us/request", "big": "us/big request", "ttft": "us/short stream", "stream": "us/chunk"}


def usable(rounds, workload, *names):
    """Figures of these rulers by round: only rounds in which none of them is tagged, if there are any."""
    whole = {n: [r[workload][name] for name in names] for n, r in enumerate(rounds)
             if all(name in r.get(workload, {}) for name in names)}
    clean = {n: figures for n, figures in whole.items() if not any(f["tags"] for f in figures)}
    return clean or whole


def spread(values, figures):
    """Median and range; `doubtful` when they come from tagged rounds."""
    values = list(values)
    if not values:
        return None
    return {"median": median(values), "min": min(values), "max": max(values), "rounds": len(values),
            "doubtful": any(f["tags"] for of_round in figures.values() for f in of_round)}


def ratio(rounds, workload, rulers, of):
    """of(figures of these rulers in one round), over the rounds; None where of() has no answer."""
    figures = usable(rounds, workload, *rulers)
    return spread((r for r in (of(*f) for f in figures.values()) if r is not None), figures)


def over(a, b):
    return a / b if b > 0 else None


def summarize(rounds, names):
    """{workload: {ruler: figures}}."""
    summary = {}
    for workload in {w: None for r in rounds for w in r}:
        summary[workload] = {}
        for name in names:
            if any(name in r.get(workload, {}) for r in rounds):
                summary[workload][name] = one(rounds, workload, name, names)
    return summary


def one(rounds, workload, name, names):
    mine = usable(rounds, workload, name)
    everything = [r[workload][name] for r in rounds if name in r.get(workload, {})]
    latency = {key: median(f["latency"][key] for f, in mine.values())
               for key in ("p50_us", "p99_us", "p999_us", "max_us")}
    row = {
        "cpu_us": spread((f["cpu_us"] for f, in mine.values()), mine),
        "per_second": median(f["per_second"] for f, in mine.values()),
        "latency": latency, "samples": sum(f["latency"]["count"] for f in everything),
        "near_40_ms": sum(f["near_40_ms"] for f in everything),
        "near_200_ms": sum(f["near_200_ms"] for f in everything),
        "tagged": sum(1 for f in everything if f["tags"]), "rounds": len(everything),
        "tags": sorted({t for f in everything for t in f["tags"]}),
    }
    if "rss_kib_per_stream" in everything[0]:
        row["rss_kib_per_stream"] = median(f["rss_kib_per_stream"] for f, in mine.values())
    for base in ("l4", "nginx"):
        if base in names and name not in ("direct", base):
            row["cpu_over_" + base] = ratio(rounds, workload, (name, base), lambda a, b: over(a["cpu_us"], b["cpu_us"]))
    if "l4" in names and name not in ("direct", "l4"):
        if workload == "stream":
            row["p999_over_l4"] = ratio(rounds, workload, (name, "l4"),
                                        lambda a, b: over(a["latency"]["p999_us"], b["latency"]["p999_us"]))
        if workload == "ttft" and "direct" in names:
            for key in ("p50_us", "p99_us"):
                row["added_" + key[:3] + "_over_l4"] = ratio(
                    rounds, workload, (name, "l4", "direct"),
                    lambda a, b, d, key=key: over(a["latency"][key] - d["latency"][key],
                                                  b["latency"][key] - d["latency"][key]))
    return row


def number(value, digits=1):
    return "-" if value is None else f"{value:.{digits}f}"


def ranged(s, digits=2):
    if s is None:
        return "-"
    star = "*" if s["doubtful"] else ""
    return f"{s['median']:.{digits}f}{star} [{s['min']:.{digits}f}-{s['max']:.{digits}f}]"


def table(summary, unavailable, failures):
    """The whole answer as text."""
    lines = []
    for workload, rows in summary.items():
        head = ["ruler", CPU[workload], "/l4", "/nginx", "per s", "p50 us", "p99 us", "p99.9 us", "max us",
                "~40ms", "~200ms"]
        if workload == "ttft":
            head += ["added p50/l4", "added p99/l4"]
        if workload == "stream":
            head += ["p99.9/l4", "KiB/stream"]
        head.append("tagged")
        body = [head]
        for name, row in rows.items():
            cells = [name, "-" if name == "direct" else ranged(row["cpu_us"], 1), ranged(row.get("cpu_over_l4")),
                     ranged(row.get("cpu_over_nginx")), number(row["per_second"], 0)]
            cells += [number(row["latency"][key], 0) for key in ("p50_us", "p99_us", "p999_us", "max_us")]
            cells += [str(row["near_40_ms"]), str(row["near_200_ms"])]
            if workload == "ttft":
                cells += [ranged(row.get("added_p50_over_l4")), ranged(row.get("added_p99_over_l4"))]
            if workload == "stream":
                cells += [ranged(row.get("p999_over_l4")),
                          "-" if name == "direct" else number(row["rss_kib_per_stream"])]
            cells.append(f"{row['tagged']}/{row['rounds']}")
            body.append(cells)
        widths = [max(len(line[i]) for line in body) for i in range(len(head))]
        lines.append(workload)
        lines += ["  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in body]
        for name, row in rows.items():
            lines += [f"  {name}: {tag}" for tag in row["tags"]]
        lines.append("")
    lines += [f"skipped {name}: {why}" for name, why in unavailable.items()]
    lines += [f"FAILED {failure}" for failure in failures]
    return "\n".join(lines).rstrip()


def drawing(summary, where):
    """The CPU figures as SVG: one bar per ruler, a whisker from the least to the most round."""
    parts, y, left, width = [], 30, 110, 480
    for workload, rows in summary.items():
        bars = [(name, row["cpu_us"]) for name, row in rows.items() if name != "direct"]
        if not bars:
            continue
        scale = width / max(s["max"] for _, s in bars)
        parts.append(f'<text x="10" y="{y}" font-weight="bold">CPU {CPU[workload]}</text>')
        for name, s in bars:
            y += 24
            middle = y - 5
            parts.append(f'<text x="10" y="{y}">{name}</text>'
                         f'<rect x="{left}" y="{y - 14}" width="{s["median"] * scale:.1f}" height="17" fill="#6a9fd4"/>'
                         f'<path d="M{left + s["min"] * scale:.1f} {middle}H{left + s["max"] * scale:.1f}" '
                         f'stroke="#222"/>'
                         f'<text x="{left + width + 12}" y="{y}">{s["median"]:.1f}</text>')
        y += 40
    parts.append(f'<text x="10" y="{y}" font-size="11">{where["cpu"]}, {where["cores"]} cores, kernel '
                 f'{where["kernel"]}, {where["time"]}</text>')
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 80}" height="{y + 16}" '
            f'font-family="sans-serif" font-size="14"><rect width="100%" height="100%" fill="#fff"/>'
            f'{"".join(parts)}</svg>\n')
