"""The imitation of the providers from npm, with the answers of node/aimock.mjs, and scripts that speak with it or through weir."""
import asyncio
import json
import os
from pathlib import Path

from . import places, registry
from .client import PATIENCE
from .registry import Failure

NODE = Path(__file__).resolve().parents[1] / "node"


def environment(**more):
    return {"PATH": os.environ["PATH"], "NODE_PACKAGES": str(places.NODE_MODULES), **more}


class Aimock:
    """Use as `async with Aimock(key) as aimock`: serves on aimock.port to who presents the key; `watch` is the address that
    tells what it was asked."""

    def __init__(self, key):
        self.key = key

    async def __aenter__(self):
        if not (places.NODE_MODULES / "node_modules" / "@copilotkit" / "aimock").is_dir():
            raise Failure(f"the clients are not installed in {places.NODE_MODULES}; tools/setup --tests does it")
        self.process = await asyncio.create_subprocess_exec(
            places.node(), str(NODE / "aimock.mjs"), env=environment(AIMOCK_KEY=self.key),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
        registry.PROCESSES.append(self.process)
        line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)
        if not line:
            raise Failure("aimock did not start; try `node tests/live/node/aimock.mjs`")
        said = json.loads(line)
        self.port, self.watch = said["port"], f"http://127.0.0.1:{said['watch']}"
        return self

    async def __aexit__(self, *_):
        self.process.kill()
        await self.process.wait()


async def run_module(path, patience=110, **variables):
    """Runs a program for Node to its end: what it printed."""
    process = await asyncio.create_subprocess_exec(
        places.node(), "--no-deprecation", str(path), env=environment(**variables),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    registry.PROCESSES.append(process)
    out, err = await asyncio.wait_for(process.communicate(), patience)
    if process.returncode:
        raise Failure(f"{Path(path).name} ended with {process.returncode}: {err.decode()[-1500:]}")
    return out.decode()


async def play(script, **variables):
    """Runs node/`script` with these variables: its cases, [{"case", "verdict", "note"}]."""
    return [json.loads(line) for line in (await run_module(NODE / script, **variables)).splitlines()]
