"""Starts the binary under test with a configuration, and stops it by its pid."""
import asyncio
import hashlib
import json
import os
import signal
import socket
import tempfile
from pathlib import Path

from . import places
from .client import PATIENCE, ask
from .registry import Failure, check

KEY = "sk-weir-live-test-0123456789abcdef"
UPSTREAM_KEY = "sk-upstream-secret-fedcba9876543210"


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def configuration(provider_port=None, models=("test-model",), **sections):
    """The usual configuration: one provider `local`, one key, models of the same name on both sides. JSON is YAML."""
    value = {"shards": 2,
             "keys": [{"name": "web-app", "hash": "sha256:" + hashlib.sha256(KEY.encode()).hexdigest()}]}
    if provider_port is not None:
        value["providers"] = {"local": {"kind": "openai", "base_url": f"http://127.0.0.1:{provider_port}/v1",
                                        "credential": "env:UPSTREAM_KEY"}}
        if not isinstance(models, dict):
            models = {name: name for name in models}
        value["models"] = {name: {"deployments": ["local/" + target]} for name, target in models.items()}
    value.update(sections)
    return value


class Weir:
    _running = []

    def __init__(self):
        self.port = self.admin_port = None
        self.exit_code = None
        self.error_text = ""

    @staticmethod
    def running_now():
        return list(Weir._running)

    @classmethod
    async def start(cls, config=None, env=None, arguments=None, ports=True, tls=None):
        """With `config` (a dictionary) listener and admin address are added; with `arguments` weir is run as told.
        `tls`: the listener speaks TLS, with the certificate of this Pair or as this section says."""
        for _ in range(5):
            self = cls()
            self.folder = tempfile.TemporaryDirectory(prefix="weir-live-")
            self.log_path = Path(self.folder.name) / "access.log"
            if config is not None:
                self.port, self.admin_port = free_port(), free_port()
                listener = {"address": f"127.0.0.1:{self.port}"}
                if tls:
                    listener["tls"] = tls if isinstance(tls, dict) else {"certificate": str(tls.chain), "key": str(tls.key)}
                whole = {"listen": [listener],
                         "admin": {"address": f"127.0.0.1:{self.admin_port}"},
                         "log": {"target": str(self.log_path)}, **config}
                path = Path(self.folder.name) / "weir.yaml"
                path.write_text(json.dumps(whole, indent=1))
                arguments = ["serve", "-c", str(path)]
            environment = {"PATH": os.environ["PATH"], "UPSTREAM_KEY": UPSTREAM_KEY, **(env or {})}
            self.process = await asyncio.create_subprocess_exec(
                str(places.WEIR), *arguments, env=environment, stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, start_new_session=True)
            cls._running.append(self)
            self._reading = [asyncio.ensure_future(self._read_errors()), asyncio.ensure_future(self._read_output())]
            if await self._listens():
                return self
            code = await self._wait()
            if "Another process has it" not in self.error_text:
                raise Failure(f"weir did not start (exit code {code}): {self.error_text}")
        raise Failure("no free port was found")

    async def _read_errors(self):
        while part := await self.process.stderr.read(4096):
            self.error_text += part.decode("utf-8", "replace")

    async def _read_output(self):
        self.output_text = ""
        while part := await self.process.stdout.read(65536):
            self.output_text += part.decode("utf-8", "replace")

    async def _listens(self):
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while asyncio.get_running_loop().time() < deadline:
            if " listens on " in self.error_text or " simulates a provider on " in self.error_text:
                return True
            if self.process.returncode is not None:
                return False
            await asyncio.sleep(0.002)
        await self.kill()
        raise Failure(f"weir did not say that it listens: {self.error_text}")

    async def _wait(self, patience=PATIENCE):
        code = await asyncio.wait_for(self.process.wait(), patience)
        await asyncio.wait_for(asyncio.gather(*self._reading), patience)
        if self in Weir._running:
            Weir._running.remove(self)
        self.exit_code = code
        return code

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def alive(self):
        return self.process.returncode is None

    async def stop(self, wanted=0, patience=PATIENCE):
        """SIGTERM, and the exit code must be as wanted: a crash in between fails the test."""
        if not self.alive():
            code = await self._wait()
            raise Failure(f"weir ended on its own with {code}: {self.error_text[-2000:]}")
        self.signal()
        try:
            code = await self._wait(patience)
        except asyncio.TimeoutError:
            await self.kill()
            raise Failure(f"weir did not stop within {patience} s of SIGTERM: {self.error_text[-1000:]}") from None
        check(code == wanted, f"weir ended with {code}, wanted {wanted}: {self.error_text[-2000:]}")

    async def ended(self, patience=PATIENCE):
        """Waits for the end that a test has asked for; the exit code."""
        try:
            return await self._wait(patience)
        except asyncio.TimeoutError:
            raise Failure(f"weir had not ended after {patience} s; it said: {self.error_text[-600:]}") from None

    async def kill(self):
        if self.alive():
            self.process.kill()
        await self._wait()
        self.folder.cleanup()

    async def __aenter__(self):
        return self

    async def __aexit__(self, kind, *_):
        if kind is not None:
            if self.alive():
                await self.kill()
            elif self in Weir._running:
                await self._wait()
        elif self.exit_code is None:
            await self.stop()
        if kind is not None and self.error_text and self.exit_code not in (0, -9, None):
            print(f"    weir ended with {self.exit_code}: {self.error_text[-3000:]}")

    async def ask(self, body=None, key=KEY, **more):
        return await ask(self.port, body, key=key, **more)

    async def metrics(self):
        """Samples by name with labels: {'weir_exchanges_total{status="2xx"}': 3.0}."""
        page = await ask(self.admin_port, method="GET", path="/metrics")
        check(page.status == 200, f"/metrics answers {page.status}")
        samples = {}
        for line in page.body.decode().splitlines():
            if line and not line.startswith("#"):
                name, _, value = line.rpartition(" ")
                samples[name] = float(value)
        return samples

    def log_lines(self):
        """The access log as written so far (all of it once weir has stopped); every line must be JSON."""
        text = self.log_path.read_text() if self.log_path.exists() else ""
        return [json.loads(line) for line in text.splitlines()]


async def weir_says(*arguments, env=None, patience=PATIENCE, stdin=None):
    """Runs a command that ends by itself: (exit code, stdout, stderr)."""
    environment = {"PATH": os.environ["PATH"], **(env or {})}
    process = await asyncio.create_subprocess_exec(
        str(places.WEIR), *arguments, env=environment, stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    try:
        out, err = await asyncio.wait_for(process.communicate(), patience)
    except asyncio.TimeoutError:
        process.kill()
        await process.wait()
        raise Failure(f"weir {' '.join(arguments)} did not end within {patience} s") from None
    return process.returncode, out.decode(), err.decode()
