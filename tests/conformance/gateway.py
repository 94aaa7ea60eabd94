"""The real binary: which kinds it knows, its configuration for a run, start and stop."""
import asyncio
import json
import os
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

from .decoders import CHAT, GEMINI, MESSAGES, RESPONSES

# How weir calls the dialects in its configuration.
WORDS = {CHAT: "openai_chat", RESPONSES: "openai_responses", MESSAGES: "anthropic_messages", GEMINI: "gemini"}
# The kind for a provider whose own name is no kind of weir's.
PLAIN = {CHAT: "openai_compatible", RESPONSES: "openai", MESSAGES: "anthropic", GEMINI: "gemini"}
# Names in the data that a kind of weir's goes by; the first that exists is taken.
ALIASES = {"azure": ["azure_openai", "azure"], "huggingface": ["huggingface", "hf_router", "hf"], "zai": ["zai", "z_ai"],
           "qwen": ["qwen", "dashscope"], "moonshot": ["moonshot", "moonshotai"]}
# The version part of a base URL, as the vendors write it.
VERSION = {CHAT: "v1", RESPONSES: "v1", MESSAGES: "v1", GEMINI: "v1beta"}


class Gateway:
    """`known` (kinds) and `provider_keys` are read from the binary's own schema."""

    def __init__(self, binary):
        self.binary, self.providers, self.process, self.errors = str(binary), {}, None, ""
        schema = json.loads(subprocess.run([self.binary, "schema"], capture_output=True, check=True, timeout=20).stdout)
        text = json.dumps(schema)
        section = next(value for value in _objects(schema) if isinstance(value.get("properties"), dict)
                       and "base_url" in value["properties"])
        self.kinds = set(section["properties"]["kind"].get("enum") or [])
        self.provider_keys = set(section["properties"])
        self.knows_dialects = '"dialects"' in text

    def kind(self, provider, dialect):
        """The kind for a provider of the data; None where weir cannot speak the dialect."""
        if dialect != CHAT and not self.knows_dialects:
            return None
        for name in ALIASES.get(provider, []) + [provider.replace("-", "_"), PLAIN[dialect]]:
            if name in self.kinds and name != "simulated":
                return name
        return None

    def add(self, name, dialect, upstream_port, kind):
        """A provider called `name`, reached below /name/ of the test provider."""
        entry = {"kind": kind, "base_url": f"http://127.0.0.1:{upstream_port}/{name}/{VERSION[dialect]}",
                 "credential": "env:CONFORMANCE_KEY"}
        if self.knows_dialects:
            entry["dialects"] = [WORDS[dialect]]
        self.providers[name] = entry

    async def start(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.folder = tempfile.TemporaryDirectory(prefix="weir-conformance-")
        path = Path(self.folder.name) / "weir.yaml"
        path.write_text(json.dumps({
            "listen": [{"address": f"127.0.0.1:{self.port}"}], "shards": 1, "providers": self.providers,
            "expose_provider_models": True, "log": {"target": str(Path(self.folder.name) / "access.log")}}, indent=1))
        self.process = await asyncio.create_subprocess_exec(
            self.binary, "serve", "-c", str(path), stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE, start_new_session=True,
            env={"PATH": os.environ["PATH"], "CONFORMANCE_KEY": "sk-conformance-0123456789abcdef", "no_proxy": "*"})
        self.reading = asyncio.ensure_future(self._read_errors())
        for _ in range(1000):
            if " listens on " in self.errors:
                return
            if self.process.returncode is not None:
                break
            await asyncio.sleep(0.01)
        await asyncio.wait({self.reading}, timeout=1)
        raise SystemExit(f"conformance: weir did not start:\n{self.errors}")

    async def _read_errors(self):
        while part := await self.process.stderr.read(65536):
            self.errors += part.decode("utf-8", "replace")

    def alive(self):
        return self.process is not None and self.process.returncode is None

    async def stop(self):
        """-> the exit code; a weir that does not stop is killed."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self.process.wait(), 10)
            except asyncio.TimeoutError:
                self.process.kill()
                await self.process.wait()
        return self.process.returncode


def _objects(value):
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from _objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _objects(inner)
