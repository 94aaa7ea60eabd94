"""The two imitations of the providers, aimock from npm and weir's own simulated provider, each with a watch on what it was
asked; and scripts that speak with them or through weir."""
import asyncio
import json
import os
from pathlib import Path

from . import places, registry
from .client import PATIENCE
from .registry import Failure
from .weir import Weir, free_port

NODE = Path(__file__).resolve().parents[1] / "node"


def environment(**more):
    return {"PATH": os.environ["PATH"], "NODE_PACKAGES": str(places.NODE_MODULES), **more}


class Imitation:
    """Use as `async with Aimock(key) as it` or `Simulated()`: serves on it.port; `watch` is the address that tells what it
    was asked; `name` chooses its answers in node/."""

    async def _start(self, script, **variables):
        if not (places.NODE_MODULES / "node_modules" / "@copilotkit" / "aimock").is_dir():
            raise Failure(f"the clients are not installed in {places.NODE_MODULES}; tools/setup --tests does it")
        self.process = await asyncio.create_subprocess_exec(
            places.node(), str(NODE / script), env=environment(SERVER=self.name, **variables),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
        registry.PROCESSES.append(self.process)
        line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)
        if not line:
            raise Failure(f"{self.name} did not start; try `node tests/live/node/{script}`")
        said = json.loads(line)
        self.port, self.watch = said["port"], f"http://127.0.0.1:{said['watch']}"
        return self

    async def __aexit__(self, *_):
        self.process.kill()
        await self.process.wait()


class Aimock(Imitation):
    """The imitation from npm, with the answers of node/aimock.mjs; takes `key` alone."""
    name = "aimock"

    def __init__(self, key):
        self.key = key

    async def __aenter__(self):
        return await self._start("aimock.mjs", AIMOCK_KEY=self.key)


class Simulated(Imitation):
    """`weir simulate` behind node/simulated.mjs, which watches; takes any key."""
    name = "simulated"

    async def __aenter__(self):
        port = free_port()
        self.weir = await Weir.start(arguments=["simulate", "--address", f"127.0.0.1:{port}"])
        try:
            return await self._start("simulated.mjs", TARGET=str(port))
        except BaseException:
            await self.weir.kill()
            raise

    async def __aexit__(self, *what):
        await super().__aexit__(*what)
        await self.weir.__aexit__(*what)


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
