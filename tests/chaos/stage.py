"""What a run consists of: weir, three providers, each behind the fault proxy, and the models that are asked."""
import asyncio
import contextlib
import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from harness import places
from harness.client import PATIENCE
from harness.imitation import environment
from harness.registry import Failure
from harness.weir import UPSTREAM_KEY, Weir, configuration, free_port

HERE = Path(__file__).resolve().parent
PROVIDERS = ("simulated", "claude", "aimock")  # as the fault proxy numbers them; `claude` speaks Anthropic's dialect
TIMEOUTS = {"connect_ms": "500ms", "first_byte_ms": "1500ms", "idle_ms": "2s", "total_ms": "60s"}
SLOW = (2.5, 0.2)     # seconds for each piece: later than the first byte may be; late
FLAP = (0.4, 0.4)


ORDERS = [PROVIDERS[i:] + PROVIDERS[:i] for i in range(3)]  # everybody is the first of one model


@dataclass(frozen=True)
class Phase:
    """Two of the three providers have a fault. All phases ask for the same models, and so meet breakers as the fault before
    has left them; but `errors` are not the network's, and need deployments of their own."""
    number: int
    fault: str
    victims: tuple  # two of PROVIDERS

    @property
    def models(self):
        if self.fault == "errors":
            return [f"errors-{i}" for i in range(3)]
        return [f"priority-{i}" for i in range(3)] + ["latency", "weighted"]


def models(plan, interval_ms):
    """The models of all phases; what the simulated providers shall do stands in their deployments' names."""
    echo = {name: f"{name}/echo,interval-ms={interval_ms}" for name in PROVIDERS}
    made = {f"priority-{i}": {"deployments": [echo[name] for name in order]} for i, order in enumerate(ORDERS)}
    for strategy in ("latency", "weighted"):
        made[strategy] = {"strategy": strategy, "deployments": list(echo.values())}
    for phase in plan:
        if phase.fault == "errors":
            errors = dict(zip(phase.victims, (",error=503", ",error-first-event")))
            for model, order in zip(phase.models, ORDERS):
                made[model] = {"deployments": [echo[name] + errors.get(name, "") for name in order]}
    return made


def phases(small):
    """Every fault with every pair of victims; small: every fault with one pair, the pairs in turn."""
    pairs = [("simulated", "claude"), ("claude", "aimock"), ("aimock", "simulated")]
    chosen = [("none", pairs[0]), ("errors", pairs[0])]  # aimock is not told by a model's name
    for i, fault in enumerate(("kill", "black_hole", "slow", "reset", "flap")):
        chosen += [(fault, pair) for pair in (pairs[i % 3:i % 3 + 1] if small else pairs)]
    return [Phase(number, *what) for number, what in enumerate(chosen)]


class FaultProxy:
    async def start(self, targets):
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-B", str(HERE / "fault_proxy.py"), *map(str, targets), stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE)
        self.ports = (await self._line())["ports"]

    async def tell(self, **command):
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        return await self._line()

    async def set(self, name, fault, seconds=0.0):
        await self.tell(at=PROVIDERS.index(name), fault=fault, seconds=seconds)

    async def _line(self):
        line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)
        if not line:
            raise Failure("the fault proxy has ended")
        return json.loads(line)


async def start_aimock(interval_ms):
    if not (places.NODE_MODULES / "node_modules" / "@copilotkit" / "aimock").is_dir():
        raise Failure(f"aimock is not installed in {places.NODE_MODULES}; tools/setup --tests does it")
    process = await asyncio.create_subprocess_exec(
        places.node(), str(HERE / "echo_aimock.mjs"), stdout=asyncio.subprocess.PIPE,
        env=environment(AIMOCK_KEY=UPSTREAM_KEY, INTERVAL_MS=str(interval_ms)), stderr=asyncio.subprocess.DEVNULL)
    line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
    if not line:
        await process.wait()
        raise Failure("aimock did not start; try `node tests/chaos/echo_aimock.mjs`")
    return process, json.loads(line)["port"]


async def end(process):
    if process.returncode is None:
        process.kill()
    await process.wait()


@contextlib.asynccontextmanager
async def stage(plan, interval_ms, cooldown):
    """-> (weir, proxy). Everything that was started is stopped by its own pid, however this ends."""
    async with contextlib.AsyncExitStack() as stack:
        ports = []
        for _ in range(2):
            port = free_port()
            simulated = await Weir.start(arguments=["simulate", "--address", f"127.0.0.1:{port}"])
            stack.push_async_callback(simulated.kill)
            ports.append(port)
        aimock, port = await start_aimock(interval_ms)
        stack.push_async_callback(end, aimock)
        proxy = FaultProxy()
        await proxy.start([*ports, port])
        stack.push_async_callback(end, proxy.process)
        kinds = {"simulated": "openai_compatible", "claude": "anthropic", "aimock": "openai"}
        config = configuration(timeouts=TIMEOUTS, providers={
            name: {"kind": kinds[name], "base_url": f"http://127.0.0.1:{port}/v1", "credential": "env:UPSTREAM_KEY"}
            for name, port in zip(PROVIDERS, proxy.ports)})
        config["models"] = models(plan, interval_ms)
        config["breaker"] = {"cooldown_ms": f"{cooldown * 1000:.0f}ms", "slow_start_ms": f"{cooldown * 500:.0f}ms"}
        weir = await Weir.start(config)
        stack.push_async_callback(stop_whatever_happened, weir)
        yield weir, proxy


async def stop_whatever_happened(weir):
    if weir.exit_code is None:
        await weir.kill()
