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


@dataclass(frozen=True)
class Phase:
    """Two of the three providers have a fault. Each phase asks for models of its own, and so meets breakers that are still
    closed: one that is open stays so for a minute, and would keep all later faults from being felt."""
    number: int
    fault: str
    victims: tuple  # two of PROVIDERS

    @property
    def models(self):
        """By the place of the provider that works."""
        return [f"{self.number}-{place}" for place in ("last", "last-too", "first")]

    def deployments(self, interval_ms, same):
        """{model: [provider/model]}; what the simulated providers shall do stands in their model's name. A breaker belongs to
        a provider's model, hence the interval that no other phase has, unless all shall have the `same`."""
        one, two = self.victims
        healthy = next(name for name in PROVIDERS if name not in self.victims)
        wanted = {name: f"{name}/echo,interval-ms={interval_ms if same else interval_ms + self.number}" for name in PROVIDERS}
        if self.fault == "errors":
            wanted[one] += ",error=503"
            wanted[two] += ",error-first-event"
        orders = [(one, two, healthy), (two, one, healthy), (healthy, one, two)]
        return {model: {"deployments": [wanted[name] for name in order]} for model, order in zip(self.models, orders)}


def phases(small):
    """Every fault with every pair of victims; small: every fault with one pair, each pair twice."""
    pairs = [("simulated", "claude"), ("claude", "aimock"), ("aimock", "simulated")]
    chosen = [("none", pairs[0])]
    for i, fault in enumerate(("kill", "black_hole", "slow", "reset", "flap")):
        chosen += [(fault, pair) for pair in (pairs[i % 3:i % 3 + 1] if small else pairs)]
    chosen.append(("errors", pairs[0]))  # aimock is not told by a model's name
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
async def stage(plan, interval_ms, same):
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
        config["models"] = {model: value for phase in plan for model, value in phase.deployments(interval_ms, same).items()}
        weir = await Weir.start(config)
        stack.push_async_callback(stop_whatever_happened, weir)
        yield weir, proxy


async def stop_whatever_happened(weir):
    if weir.exit_code is None:
        await weir.kill()
