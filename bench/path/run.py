#!/usr/bin/env python3
"""What one request, one chunk, one refusal costs weir itself: instructions, heap allocations, ring operations.

Whole exchanges run over the simulated ring (bench_path). What the simulation, the client and the provider do is not
counted; what the kernel and the ring's own code would do is not there. The counts repeat exactly, so they gate:
budget.json says how much is allowed. docs/performance.md, "Instructions and allocations".
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import callgrind  # noqa: E402

WORKLOADS = ["request", "lone_request", "chunk", "chunk_of_four", "padded_chunk", "tool_chunk", "short_stream",
             "large_request", "refused_key", "cold_client", "cold_provider", "tiny_chunks", "large_chunk",
             "anthropic_chunk", "responses_chunk", "gemini_chunk",
             "chat_from_anthropic", "anthropic_from_chat", "responses_from_chat",
             "gemini_from_chat", "chat_from_gemini", "chat_from_responses",
             "ask_chat_from_anthropic", "ask_anthropic_from_chat", "ask_responses_from_chat",
             "ask_gemini_from_chat", "ask_chat_from_gemini", "ask_chat_from_responses",
             "request_plan", "large_request_plan", "ask_plan"]
OPERATIONS = ["accept", "connect", "receive", "send", "write", "watch", "cancel"]
SKIPPED = 77
SLACK = 0.02      # a new budget is what was counted and so much more
WORTH_IT = 0.05   # so far below its budget a figure is worth lowering it

# The simulation's own functions on the way to where counting stops, and the counting: not weir's.
NOT_WEIR = re.compile(r"weir::io::Sim(Ring|Network|Names|Meter|Seam|Chance)\b|weir::path::")
HEAP = {"malloc", "free", "calloc", "realloc", "memalign", "aligned_alloc", "posix_memalign"}  # in bench_path: the counters

# The price of what weir does beyond forwarding: functions with all that they call. None of them calls another one.
PARTS = [
    ("authenticate the client", r"weir::gateway::authenticate\("),
    ("read the request's head", r"weir::codec::parse_request_head\(|weir::codec::HeadScanner::scan\("),
    ("read the request", r"weir::dialect::openai_chat::read_envelope\("),
    ("choose the deployment", r"weir::catalog::Catalog::find\("),
    ("write model and usage into it", r"weir::dialect::openai_chat::write_passthrough\("),
    ("write the request's head, send", r"weir::gateway::Attempt::send\("),
    ("read the answer's head", r"weir::codec::parse_response_head\("),
    ("write the answer's head", r"weir::gateway::Exchange::start_answer\(|weir::net::Downstream::begin_"),
    ("find the ends of bodies and chunks", r"weir::net::BodyReader::take\("),
    ("find and tap the frames", r"weir::gateway::SseRelay::read\("),
    ("tap the document", r"weir::gateway::Exchange::tap_document\("),
    ("reserve memory", r"weir::io::MemoryLedger::"),
    ("send", r"weir::io::Socket::(start_send|sent)\("),
    ("lend buffers to the ring", r"weir::io::BufferPool::refill\("),
    ("log line", r"weir::gateway::AccessLine::AccessLine\(|weir::io::LogSink::line\("),
    ("metrics", r"weir::gateway::Metrics::count\("),
]


def parse():
    p = argparse.ArgumentParser(prog=os.environ.get("WEIR_TOOL"), description=__doc__,
                                formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("program", help=argparse.SUPPRESS if os.environ.get("WEIR_TOOL") else "bench_path")
    p.add_argument("--only", action="append", choices=WORKLOADS, metavar="WORKLOAD",
                   help="these only: " + ", ".join(WORKLOADS))
    p.add_argument("--functions", type=int, nargs="?", const=30, metavar="N",
                   help="the N functions with the most instructions of their own (30)")
    p.add_argument("--containing", metavar="NAME", help="with --functions: only functions whose name contains this")
    p.add_argument("--inclusive", action="store_true", help="--functions by what they and all they call cost")
    p.add_argument("--parts", action="store_true", help="the price of each feature, in instructions")
    p.add_argument("--allocations", action="store_true", help="where memory is allocated once everything is warm")
    p.add_argument("--check", action="store_true", help="fail where a figure exceeds its budget")
    p.add_argument("--budget", default=os.path.join(HERE, "budget.json"), help=argparse.SUPPRESS)
    p.add_argument("--write-budget", action="store_true", help="allow what is counted now, and 2 %% more instructions")
    p.add_argument("--json", metavar="FILE", help="write all figures")
    return p.parse_args()


# ---- Counting.

def bare_environment():
    """Nothing of the caller's, so that nothing of it is counted. And no `rep movsb`, of which every byte counts as an
    instruction, on processors where the C library likes it."""
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C",
            "GLIBC_TUNABLES": "glibc.cpu.x86_rep_movsb_threshold=1073741824:"
                              "glibc.cpu.x86_rep_stosb_threshold=1073741824"}


def run(command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env=bare_environment())
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def count(program, workload, sites):
    """What bench_path counts itself: per unit, and the sites of allocations."""
    answer = json.loads(run([program, workload] + (["--sites"] if sites else [])))
    first, second = answer["first"], answer["second"]
    units = second["units"] - first["units"]
    per_unit = {key: (second[key] - first[key]) / units for key in first}
    # The heap that lived at once, per connection, and the shard's own part of it: for comparisons only.
    figures = {"memory": second["memory"], "allocations": per_unit["allocations"], "operations": sum(per_unit[key] for key in OPERATIONS),
               "turns": per_unit["turn"], "idle_turns": per_unit["idle_turn"], "clock_reads": per_unit["clock"]}
    return {"unit": answer["unit"], "units": units, "figures": figures, "sites": answer.get("sites", []),
            "second_units": second["units"], "kinds": {key: per_unit[key] for key in OPERATIONS if per_unit[key]}}


def profile(program, workload):
    """Instructions of weir's functions in the second phase less those in the first."""
    with tempfile.TemporaryDirectory(prefix="weir-path-") as folder:
        # Older valgrinds give up on newer debug information; the names of functions are all that is needed.
        run(["strip", "--strip-debug", "-o", f"{folder}/program", program])
        run(["valgrind", "--tool=callgrind", "--collect-atstart=no", f"--callgrind-out-file={folder}/out",
             f"{folder}/program", workload])
        difference = callgrind.read(f"{folder}/out.2").minus(callgrind.read(f"{folder}/out.1"))
        mine = f"{folder}/program"

    def ours(place):
        return not (NOT_WEIR.search(place[1]) or (place[0] == mine and place[1] in HEAP))

    merged = callgrind.Profile()
    for part in ("own", "inclusive"):
        for place, cost in getattr(difference, part).items():
            if cost and ours(place):  # 'N behind a name: the N-th of it on the stack
                getattr(merged, part)[re.sub(r"'\d+$", "", place[1])] += cost
    return merged


# ---- Telling.

def number(value):
    if abs(value) < 0.005:  # nothing but a log line more or less in a phase
        return "0"
    return f"{value:,.0f}" if value >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")


def table(results):
    keys = [("instructions", "instructions"), ("allocations", "allocations"), ("operations", "operations"),
            ("turns", "turns"), ("clock_reads", "clock reads"), ("memory", "memory")]
    print(f"{'workload':<23} {'per':<8}" + "".join(f"{title:>14}" for _, title in keys) + "   operations by kind")
    for name, result in results.items():
        cells = "".join(f"{number(result['figures'][key]) if key in result['figures'] else '-':>14}" for key, _ in keys)
        kinds = " ".join(f"{kind} {number(value)}" for kind, value in result["kinds"].items())
        print(f"{name:<23} {result['unit']:<8}{cells}   {kinds}")


def short(name, width=100):
    """A function's name without the noise of its types."""
    for long, brief in (("std::basic_string_view<char, std::char_traits<char> >", "Bytes"),
                        ("std::__cxx11::basic_string<char, std::char_traits<char>, std::allocator<char> >", "string"),
                        ("(anonymous namespace)::", ""), ("weir::", "")):
        name = name.replace(long, brief)
    name = re.sub(r"std::chrono::time_point<RingClock, .*?> > >", "Instant", name)
    return name if len(name) <= width else name[:width - 3] + "..."


def functions(name, result, limit, containing, inclusive):
    costs = result["profile"].inclusive if inclusive else result["profile"].own
    kind = "with what they call" if inclusive else "of their own"
    print(f"\n{name}: instructions per {result['unit']}, functions {kind}")
    whole = result["figures"]["instructions"]
    shown = [(cost / result["units"], function) for function, cost in costs.most_common()
             if (not containing or containing in function) and cost <= whole * result["units"]]  # main() is not weir
    for cost, function in shown[:limit]:
        print(f"{cost:10,.1f} {cost / whole:6.1%}  {short(function)}")


def parts(name, result):
    print(f"\n{name}: instructions per {result['unit']}, by part, with all that it calls")
    whole = result["figures"]["instructions"]
    left, nothing = whole, []
    for title, pattern in PARTS:
        cost = sum(cost for function, cost in result["profile"].inclusive.items()
                   if re.match(f"(?:{pattern})", function)) / result["units"]
        if cost < 0.5:  # not done here, or inlined into its caller
            nothing.append(title)
            continue
        left -= cost
        print(f"{cost:10,.0f} {cost / whole:6.1%}  {title}")
    print(f"{left:10,.0f} {left / whole:6.1%}  the rest: connections, sockets, coroutines, relaying")
    if nothing:
        print(f"{'':19}nothing, or inlined: {', '.join(nothing)}")


def symbols(frames):
    """{(object, offset): function}, by addr2line."""
    names = {}
    for path in {frame[0] for frame in frames}:
        offsets = sorted({frame[1] for frame in frames if frame[0] == path})
        # A return address lies behind its call: one byte back is inside it.
        told = run(["addr2line", "-f", "-C", "-e", path] + [hex(offset - 1) for offset in offsets]).splitlines()[0::2]
        names.update({(path, offset): what for offset, what in zip(offsets, told)})
    return names


def allocation_sites(name, result):
    sites = sorted(result["sites"], key=lambda site: -site["allocations"])
    print(f"\n{name}: {len(sites)} call sites of allocations, warm, in {result['second_units']:,} "
          f"{result['unit']}s; innermost first")
    names = symbols([tuple(frame) for site in sites for frame in site["frames"]])
    for site in sites:
        print(f"{site['allocations']:10,} allocations, {site['bytes'] / site['allocations']:,.0f} bytes each")
        stack = [short(names[tuple(frame)], 110) for frame in site["frames"]]
        stack = [f for f in stack if f not in HEAP and "path::" not in f and f != "??" and not f.startswith("operator new")]
        end = next((i for i, f in enumerate(stack) if f.startswith("io::SimRing::")), len(stack))
        for function in stack[:max(1, end)]:
            print(f"             {function}")


# ---- Judging.

def read_budget(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def judge(results, budget):
    """Sentences about figures that exceed their budget; prints those that could be lowered."""
    broken = []
    for name, result in results.items():
        for key, allowed in budget["figures"].get(name, {}).items():
            counted = result["figures"].get(key)
            if counted is None:
                continue
            if counted > allowed + 0.005:  # a log line more or less in a phase
                over = f" ({counted / allowed - 1:+.1%})" if allowed else ""
                broken.append(f"{name}: {number(counted)} {key} per {result['unit']}, {number(allowed)} are allowed{over}")
            elif counted < allowed * (1 - WORTH_IT) - 0.005:
                print(f"{name}: {number(counted)} {key} per {result['unit']}; the budget of {number(allowed)} could be lowered")
    for name, rule in budget.get("against", {}).items():
        broken += compare(name, rule, results)
    return broken


def compare(name, rule, results):
    """Sentences about a workload that costs too much beside another one, where both were counted."""
    if name not in results or rule["workload"] not in results:
        return []
    mine, other = results[name]["figures"], results[rule["workload"]]["figures"]
    broken = []
    if "instructions" in mine and "instructions" in other:
        ratio = mine["instructions"] / other["instructions"]
        if ratio > rule["times"]:
            broken.append(f"{name}: {ratio:.2f} times the instructions of {rule['workload']}, {rule['times']} are allowed")
    more = mine["memory"] - other["memory"]
    if more > rule.get("more_memory", more):
        broken.append(f"{name}: {number(more)} bytes more per stream than {rule['workload']}, "
                      f"{number(rule['more_memory'])} are allowed")
    return broken


def write_budget(results, path):
    budget = read_budget(path)
    for name, result in results.items():
        figures = result["figures"]
        budget["figures"][name] = {"instructions": round(figures["instructions"] * (1 + SLACK)),
                                   "allocations": max(0.0, round(figures["allocations"], 2)),
                                   "operations": round(figures["operations"], 2)}
    with open(path, "w", encoding="utf-8") as f:
        json.dump(budget, f, indent=2)
        f.write("\n")


def comparable():
    """Whether instructions can be compared: libraries choose other code on processors without these."""
    with open("/proc/cpuinfo", encoding="utf-8") as f:
        return {"avx2", "bmi2"} <= set(f.read().split())


def main():
    options = parse()
    wanted = options.only or WORKLOADS
    counts_instructions = shutil.which("valgrind") is not None and not (options.allocations and not options.check)

    def measure(name):
        result = count(options.program, name, options.allocations)
        if counts_instructions:
            result["profile"] = profile(options.program, name)
            result["figures"]["instructions"] = sum(result["profile"].own.values()) / result["units"]
        return result

    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:  # counts do not mind company
        results = dict(zip(wanted, pool.map(measure, wanted)))
    table(results)
    for name, result in results.items():
        if options.parts and "profile" in result:
            parts(name, result)
        if options.functions and "profile" in result:
            functions(name, result, options.functions, options.containing, options.inclusive)
        if options.allocations:
            allocation_sites(name, result)
    if options.json:
        with open(options.json, "w", encoding="utf-8") as f:
            json.dump({name: {"unit": r["unit"], **r["figures"], "kinds": r["kinds"]} for name, r in results.items()},
                      f, indent=1)
    if options.write_budget:
        write_budget(results, options.budget)
    if not options.check:
        return 0
    budget = read_budget(options.budget)
    if not comparable():
        print("instructions are not compared: this processor has no AVX2")
        budget.pop("against", None)
        for figures in budget["figures"].values():
            figures.pop("instructions", None)
    broken = judge(results, budget)
    for sentence in broken:
        print(f"OVER BUDGET  {sentence}")
    if broken:
        return 1
    if not counts_instructions:
        print("instructions skipped: there is no valgrind")
        return SKIPPED
    return 0


if __name__ == "__main__":
    sys.exit(main())
