"""Providers break by turns while streams are held and requests are sent; every answer is compared (docs/reliability.md)."""
import argparse
import asyncio
import resource
import signal
import statistics
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from harness import places
from harness.registry import Failure
from judge import CUT, FAILED, LOST, WHOLE, WRONG
from load import WORDS, Load
from stage import FLAP, PROVIDERS, SLOW, TIMEOUTS, phases, stage

LEAST_AVAILABILITY = 99.9  # %
SLACK = 3.0                # seconds after a fault in which a stream that it cut may still be told so: idle_ms, and some


@dataclass
class Span:
    """A fault of one provider."""
    provider: str
    fault: str
    began: float
    ended: float = float("inf")


def parse(arguments):
    p = argparse.ArgumentParser(prog="tools/chaos", description=__doc__)
    p.add_argument("--small", action="store_true", help="the size of the tests: 60 streams, 40 requests/s, about 40 s")
    p.add_argument("--streams", type=int, help="streams held all the time (500)")
    p.add_argument("--rate", type=int, help="documents per second (200)")
    p.add_argument("--fault-seconds", type=float, help="how long each fault lasts (8)")
    p.add_argument("--calm-seconds", type=float, help="how long it is calm, before the first fault (15)")
    p.add_argument("--heal-seconds", type=float, help="how long nothing is broken between two faults (3)")
    p.add_argument("--cooldown-seconds", type=float,
                   help="how long a breaker stays open, and twice its slow start (2); where it is not shorter than the "
                        "time between two faults, nobody has to be asked again in time")
    p.add_argument("--fault", action="append", help="only this one; may be given several times")
    p.add_argument("--weir", help="the binary (build/weir)")
    options = p.parse_args(arguments)
    small, full = (60, 40, 3.0, 3.0, 2.0, 0.7), (500, 200, 8.0, 15.0, 5.0, 2.0)
    names = ("streams", "rate", "fault_seconds", "calm_seconds", "heal_seconds", "cooldown_seconds")
    for name, value in zip(names, small if options.small else full):
        if getattr(options, name) is None:
            setattr(options, name, value)
    if options.weir:
        places.WEIR = Path(options.weir).resolve()
    return options


async def run(options):
    """-> (outcomes, spans, phases with their times, complaints)."""
    plan = [phase for phase in phases(options.small) if not options.fault or phase.fault in ("none", *options.fault)]
    interval_ms = 60 if options.small else 160
    clock = asyncio.get_running_loop().time
    spans, times = [], []
    # So that whatever was started is stopped then, too.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)
    async with stage(plan, interval_ms, options.cooldown_seconds) as (weir, proxy):
        load = Load(weir.port, plan[0].models)
        await load.run(options.streams, options.rate, interval_ms * WORDS / 1000)
        for phase in plan:
            load.models = phase.models
            if phase.fault not in ("none", "errors"):  # streams of these models are under way when the fault begins
                await asyncio.sleep(options.heal_seconds)
            began = clock()
            mine = []
            if phase.fault not in ("none", "errors"):
                for i, victim in enumerate(phase.victims):
                    mine.append(Span(victim, phase.fault, clock()))
                    await proxy.set(victim, phase.fault, (SLOW if phase.fault == "slow" else FLAP)[i])
            spans += mine
            await asyncio.sleep(options.calm_seconds if phase.fault == "none" else options.fault_seconds)
            for span in mine:
                await proxy.set(span.provider, None)
                span.ended = clock()
            times.append((phase, began, clock()))
            print(f"  {phase.fault:<10} {' + '.join(phase.victims) if phase.fault != 'none' else '':<20} "
                  f"{load.held} streams held", flush=True)
        await asyncio.sleep(options.heal_seconds)  # whoever broke last is asked again, too
        await load.stop()
        counts = await proxy.tell()
        metrics = await weir.metrics()
        await weir.stop()
        complaints = count_again(weir, metrics, load.outcomes)
        if any(o.verdict in (FAILED, LOST, WRONG) for o in load.outcomes):
            show_log(weir, load.outcomes)
    for name, count in zip(PROVIDERS, counts):
        print(f"  the proxy before {name}: {count.get('connections', 0)} connections, {count.get('reset', 0)} reset")
    return load.outcomes, spans, times, complaints


def count_again(weir, metrics, outcomes):
    """What weir itself has counted: every request once, and nothing left behind."""
    exchanges = sum(value for name, value in metrics.items() if name.startswith("weir_exchanges_total"))
    dropped = metrics["weir_log_lines_dropped_total"]
    lines = len(weir.log_lines())
    facts = [("exchanges counted by weir", exchanges, len(outcomes)),
             (f"lines of the access log, with the {dropped:.0f} dropped", lines + dropped, len(outcomes)),
             ("exchanges in flight at the end", metrics["weir_exchanges_in_flight"], 0)]
    print(f"  weir has counted {exchanges:.0f} exchanges and logged {lines}; lines dropped: {dropped:.0f}")
    return [f"{what}: {got:.0f}, wanted {wanted}" for what, got, wanted in facts if got != wanted]


def show_log(weir, outcomes):
    lines = [line for line in weir.log_lines() if line["status"] >= 400 or line.get("fault")]
    print(f"  weir's faults: {dict(Counter((line['status'], line.get('fault')) for line in lines))}")
    for line in [line for line in lines if line["status"] >= 400][:5]:
        print(f"  log: {line}")


def excuse(outcomes, spans):
    """Streams that their provider's fault has cut after their first content: nobody could save them. A cut that no fault
    explains is lost text."""
    excused = []
    for outcome in outcomes:
        if outcome.verdict != CUT:
            continue
        provider = outcome.deployment.partition("/")[0]
        if any(span.provider == provider and span.began <= outcome.ended and outcome.began <= span.ended + SLACK
               for span in spans):
            excused.append(outcome)
        else:
            outcome.verdict, outcome.note = LOST, f"cut without a fault of {provider}: {outcome.note}"
    return excused


def asked_again(outcomes, spans):
    """{number of the span: seconds from its end until an answer of its provider began to somebody who asked later; None: not
    before the provider's next fault}"""
    times = {}
    for i, span in enumerate(spans):
        until = min((other.began for other in spans if other.provider == span.provider and other.began > span.began),
                    default=float("inf"))
        times[i] = min((o.first - span.ended for o in outcomes
                        if o.verdict == WHOLE and o.deployment.startswith(span.provider + "/")
                        and span.ended <= o.began and o.first < until), default=None)
    return times


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else float("nan")


def added_of(rescued, calm, kind):
    """What their rescue has cost these answers, over the calm."""
    mine = [1000 * o.seconds for o in rescued if o.kind == kind]
    quiet = [1000 * o.seconds for o in calm if o.kind == kind and o.verdict == WHOLE]
    if not mine or not quiet:
        return f"{kind}s -"
    return (f"{kind}s {statistics.median(mine) - statistics.median(quiet):.0f}, "
            f"{percentile(mine, 0.99) - percentile(quiet, 0.99):.0f} ms")


def added(rescued, calm):
    return ", ".join(added_of(rescued, calm, kind) for kind in ("stream", "document"))


def told_again(phase, began, spans, again):
    mine = [again[i] for i, span in enumerate(spans) if span.fault == phase.fault and span.began >= began][:2]
    return "; " + ", ".join("-" if wait is None else f"{wait:.2f} s" for wait in mine) if mine and phase.fault != "none" else ""


def report(options, outcomes, spans, times, complaints):
    """Prints the figures; True when they are what they have to be."""
    recovers = options.cooldown_seconds < options.heal_seconds
    again = asked_again(outcomes, spans)
    excused = excuse(outcomes, spans)
    calm = [o for o in outcomes if o.ended <= times[0][2]]
    print(f"{'fault':<11}{'victims':<20}{'asked':>7}{'whole':>7}{'rescued':>9}{'cut':>6}{'bad':>6}   "
          "time to the first byte added to the rescued: median, p99; asked again after")
    for i, (phase, began, _) in enumerate(times):
        until_then = times[i + 1][1] if i + 1 < len(times) else float("inf")
        inside = [o for o in outcomes if began <= (o.first if o.verdict == WHOLE else o.ended) < until_then]
        count = Counter(o.verdict for o in inside)
        rescued = [o for o in inside if o.rescued]
        print(f"{phase.fault:<11}{'+'.join(phase.victims) if phase.fault != 'none' else '':<20}{len(inside):>7}"
              f"{count[WHOLE]:>7}{len(rescued):>9}{count[CUT]:>6}{count[FAILED] + count[LOST] + count[WRONG]:>6}   {added(rescued, calm)}{told_again(phase, began, spans, again)}")
        # Streams that are cut may open the breakers before anybody has to be rescued.
        if recovers and phase.fault != "none" and not rescued and not count[CUT]:
            complaints.append(f"{phase.fault} of {' + '.join(phase.victims)} was not felt")
    for kind in ("stream", "document"):
        quiet = [1000 * o.seconds for o in calm if o.kind == kind] or [float("nan")]
        print(f"{kind}s when it is calm: first byte after {statistics.median(quiet):.1f} ms, p99 {percentile(quiet, 0.99):.1f} ms")
    for outcome in [o for o in outcomes if o.verdict in (FAILED, LOST, WRONG)][:12]:
        print(f"  {outcome.verdict} {outcome.kind} after {outcome.ended - outcome.began:.2f} s, {outcome.deployment or 'nobody'}"
              f", tried [{outcome.trail}]: {outcome.note}")

    for kind in ("dialect", "model"):
        whole = Counter(getattr(o, kind) for o in outcomes if o.verdict == WHOLE)
        print(f"  whole answers by {kind}: " + ", ".join(f"{name} {count}" for name, count in sorted(whole.items())))
    waits = [wait for wait in again.values() if wait is not None]
    if waits:
        print(f"who broke was asked again {statistics.median(waits):.2f} s after it had healed (median; at most {max(waits):.2f} s; "
              f"{len(spans) - len(waits)} of {len(spans)} times not before its next fault; cooldown {options.cooldown_seconds} s)")
    for provider in PROVIDERS:
        if recovers and all(again[i] is None for i, span in enumerate(spans) if span.provider == provider):
            complaints.append(f"{provider} was never asked again")

    count = Counter(o.verdict for o in outcomes)
    counted = len(outcomes) - len(excused)
    availability = 100 * count[WHOLE] / counted
    spoiled = count[LOST] + count[WRONG]
    if availability < LEAST_AVAILABILITY:
        complaints.append(f"availability is below {LEAST_AVAILABILITY} %")
    if spoiled:
        complaints.append(f"{spoiled} answers with lost or wrong text")
    rescued = [o for o in outcomes if o.rescued]
    print(f"{'FAIL' if complaints else 'PASS'}: availability {availability:.3f} % ({count[WHOLE]} of {counted}; {len(excused)} "
          f"more were cut after their first content and told so), {len(rescued)} rescued, failover added {added(rescued, calm)} "
          "(median, p99), "
          f"lost or duplicated text: {spoiled or 'none'}{''.join('; ' + text for text in complaints)}")
    return not complaints


def main():
    options = parse(sys.argv[1:])
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    started = time.monotonic()
    print(f"{options.streams} streams held, {options.rate} documents/s; {', '.join(f'{k} {v}' for k, v in TIMEOUTS.items())}",
          flush=True)
    try:
        results = asyncio.run(run(options))
    except Failure as failure:
        print(f"FAIL: {failure}")
        return 1
    except asyncio.CancelledError:
        print("FAIL: ended before its time")
        return 1
    print(f"{time.monotonic() - started:.0f} s")
    return 0 if report(options, *results) else 1
