"""The command: prepares the suites, starts test provider and weir, runs, prints."""
import argparse
import asyncio
import json
import os
import sys
import time
from pathlib import Path

from . import asking, counting, documents, peers, pure, reasons, recordings, request_assertions, results as outcome, stream_edge
from .decoders import DIALECTS
from .finish import Table
from .gateway import Gateway
from .http1 import Client
from .upstream import Upstream

ROOT = Path(__file__).resolve().parents[2]
AT_ONCE = 24  # requests in flight


def parse(arguments):
    p = argparse.ArgumentParser(prog="tools/conformance", description="Drives recorded answers and conformance cases through "
                                "weir, and compares what comes out with what the data says.")
    p.add_argument("data", nargs="?", default=os.path.join(os.environ.get("WEIR_SHARED") or ROOT.parent / "shared", "data"), metavar="DIR",
                   help="a folder laid out like the shared data (default: ../shared/data)")
    p.add_argument("--weir", default=str(ROOT / "build" / "weir"), help="the binary (build/weir)")
    p.add_argument("--pure", default=str(ROOT / "build" / "tests" / "conformance" / "pure"),
                   help="the program of the pure functions (build/tests/conformance/pure)")
    p.add_argument("--only", default="", metavar="SUBSTRING", help="only cases whose suite/name contains this")
    p.add_argument("--verbose", action="store_true", help="show what came out of each failed case")
    p.add_argument("--json", metavar="FILE", help="write every result")
    p.add_argument("--write-docs", action="store_true", help="write the tables into docs/conformance.md")
    return p.parse_args(arguments)


async def served_dialects(http):
    """Which client dialects this binary serves: an unknown path is answered with 404."""
    found = set()
    for client in DIALECTS:
        message = await asking.ask(http, client, "nobody/nothing", False)
        if not (message.status == 404 and b"model" not in message.body.lower()):
            found.add(client)
    return found


async def run(options):
    if not Path(options.data).is_dir():
        raise SystemExit(f"conformance: there is no folder {options.data}")
    if not Path(options.weir).exists():
        raise SystemExit(f"conformance: there is no binary at {options.weir}; build it first (tools/build)")
    found, upstream, gateway = outcome.Results(), Upstream(), Gateway(options.weir)
    await upstream.start()
    table = Table(options.data)
    suites = [suite.Suite(options.data, gateway, upstream, table, found, options.only)
              for suite in (recordings, counting, request_assertions, stream_edge, peers)]
    if gateway.providers:
        await gateway.start()
        http, gate = Client(gateway.port), asyncio.Semaphore(AT_ONCE)
        try:
            served = await served_dialects(http)
            for suite in suites:
                await suite.run(http, gate, served)
                if not gateway.alive():
                    found.judged("weir", "lives", [f"weir ended in the middle: {gateway.errors[-500:]}"])
                    break
        finally:
            code = await gateway.stop()
            await upstream.stop()
        found.judged("weir", "ends well", [] if code == 0 else [f"exit code {code}: {gateway.errors[-500:]}"])
    if Path(options.pure).exists():
        pure.run(pure.Program(options.pure), options.data, table, found, options.only, suites)
    else:
        found.not_applicable(pure.SUITE, "all", "pure program missing")
    return found


def main(arguments=None):
    options = parse(arguments)
    started = time.monotonic()
    found = asyncio.run(run(options))
    for table in outcome.tables(found):
        print("\n".join(table) + "\n")
    for result in sorted(found.of(outcome.FAILED), key=lambda r: r.full_name):
        known = reasons.reason(result)
        print(f"FAILED {result.full_name}: {result.why}{' (known: ' + known + ')' if known else ''}")
        if options.verbose:
            print("    " + result.detail[:3000].replace("\n", "\n    "))
    for kind, count in documents.kinds(found):
        print(f"not applicable, {count:5}: {kind}")
    unexplained = [r for r in found.of(outcome.FAILED) if not reasons.reason(r)]
    if options.json:
        Path(options.json).write_text(json.dumps([vars(r) for r in found.all], indent=1))
    if options.write_docs:
        documents.write(ROOT / "docs" / "conformance.md", found)
    print(f"{time.monotonic() - started:.1f} s; {len(unexplained)} failures without a known reason")
    print(found.last_line())
    return 1 if unexplained or not any(found.counts()[:2]) else 0


if __name__ == "__main__":
    sys.exit(main())
