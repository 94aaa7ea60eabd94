"""The main figures as SVG for a README: one panel per figure, one bar per ruler, weir's in colour, a whisker from the
least to the most round. A bar that would make the others unreadable is cut and says so by its number and a gap.
"""
from xml.sax.saxutils import escape

import goals
import stats

WIDTH, LEFT, BAR, TOP = 760, 104, 470, 62
LINE, GAP = 22, 30
COLOURS = {"weir": "#1f6feb", "weir_tls": "#6ea8fe", "l4": "#57606a"}
OTHER = "#afb8c1"
CUT = 3.0  # times the median bar

PANELS = [
    ("CPU per request", "microseconds; 1 KB of JSON, 32 connections", "request", goals.cpu),
    ("CPU per streamed chunk", "microseconds; hundreds of streams, 50 chunks a second each", "stream", goals.cpu),
    ("Memory per open stream", "KiB resident, slope from 0 to 8,000 streams", "memory", None),
    ("From exec to the first answer", "milliseconds", "start", None),
]


def figures(results, workload, get):
    if workload == "memory":
        return {name: goals.alone(found["rss"]) for name, found in results.memory.items()}
    if workload == "start":
        return {name: found["start_ms"] for name, found in results.start.items()}
    rounds = results.rounds.get(workload, [])
    found = {name: stats.value(rounds, name, get) for name in results.names if name != "direct"}
    return {name: figure for name, figure in found.items() if figure}


def full_scale(found):
    """The value at the end of the longest bar: a value far above the middle one is cut there."""
    values = sorted(figure["median"] for figure in found.values())
    return min(values[-1], CUT * values[len(values) // 2])


def against_l4(results, workload, name, get):
    """The ratio to the forwarder in the same rounds, as words; nothing where there is none."""
    if get is None or name == "l4":
        return ""
    ratio = stats.ratio(results.rounds.get(workload, []), name, "l4", get, results.rules)
    if not ratio or "median" not in ratio:
        return ""
    return f"{ratio['median']:.{2 if ratio['median'] < 100 else 0}f} × l4"


def panel(title, note, found, y, ratio_of):
    scale = BAR / max(full_scale(found), 1e-9)
    parts = [f'<text x="16" y="{y}" class="title">{escape(title)}</text>'
             f'<text x="{WIDTH - 16}" y="{y}" class="note" text-anchor="end">{escape(note)}</text>']
    for name, figure in found.items():
        y += LINE
        length, is_cut = min(BAR, figure["median"] * scale), figure["median"] * scale > BAR * 1.001
        colour = COLOURS.get(name, OTHER)
        style = ' class="weir"' if name == "weir" else ""
        parts.append(f'<text x="{LEFT - 8}" y="{y}" text-anchor="end"{style}>{escape(name)}</text>'
                     f'<rect x="{LEFT}" y="{y - 12}" width="{length:.1f}" height="15" rx="2" fill="{colour}"/>')
        if is_cut:
            parts.append(f'<path d="M{LEFT + BAR - 26} {y + 5}l8 -19M{LEFT + BAR - 20} {y + 5}l8 -19" stroke="#fff" '
                         'stroke-width="3"/>')
        elif figure["max"] > figure["min"]:
            low, high = (LEFT + min(BAR + 14, figure[end] * scale) for end in ("min", "max"))
            parts.append(f'<path d="M{low:.1f} {y - 4.5}H{high:.1f}M{low:.1f} {y - 8}v7M{high:.1f} {y - 8}v7" stroke="#24292f" '
                         'stroke-width="1.2" fill="none"/>')
        number = f"{figure['median']:,.0f}" if figure["median"] >= 100 else f"{figure['median']:.1f}"
        parts.append(f'<text x="{LEFT + BAR + 20}" y="{y}">{number}{"*" if figure["doubtful"] else ""}'
                     f'<tspan class="note" dx="10">{ratio_of(name)}</tspan></text>')
    return "".join(parts), y + GAP + 10


def drawing(results, where):
    parts, y = [], TOP
    for title, note, workload, get in PANELS:
        found = figures(results, workload, get)
        if found:
            drawn, y = panel(title, note, found, y, lambda name: against_l4(results, workload, name, get))
            parts.append(drawn)
    machine = f"{where['cpu']}, {where['cores']} cores, Linux {where['kernel']}, {where['time'][:10]}; tools/bench"
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{y + 6}" viewBox="0 0 {WIDTH} {y + 6}" '
            'font-family="Helvetica, Arial, sans-serif" font-size="13" fill="#24292f">'
            '<style>.title{font-weight:bold;font-size:15px}.note{fill:#57606a;font-size:12px}.weir{font-weight:bold}</style>'
            '<rect width="100%" height="100%" rx="8" fill="#fff" stroke="#d0d7de"/>'
            '<text x="16" y="30" font-size="18" font-weight="bold">What a gateway costs</text>'
            f'{"".join(parts)}<text x="16" y="{y - 10}" class="note">{escape(machine)}</text></svg>\n')
