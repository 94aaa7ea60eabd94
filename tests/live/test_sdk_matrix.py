"""The clients that applications use, each to every provider dialect: one test per pair, one line per case.

The providers are imitated twice, by @copilotkit/aimock and by weir's own simulated provider (`simulated_*`). What the clients do is
in node/{openai,anthropic,google,ai}.mjs, what each imitation says in node/answers_*.mjs. `*directly_*` are the same scripts without
weir in between: what fails there is not weir's.
"""
import os
import re
import tempfile
from pathlib import Path

from harness import places, registry
from harness.imitation import Aimock, Simulated, play, run_module
from harness.registry import Failure, check, check_equal, test
from harness.weir import KEY, UPSTREAM_KEY, Weir, configuration

ONLY = os.environ.get("WEIR_CASE", "")  # a single case, for whoever looks for its mistake

# client -> (script, the dialect it speaks)
CLIENTS = {
    "openai_chat": ("openai.mjs", "openai_chat"),
    "openai_responses": ("openai.mjs", "openai_responses"),
    "anthropic": ("anthropic.mjs", "anthropic_messages"),
    "google": ("google.mjs", "gemini"),
    "ai_openai_chat": ("ai.mjs", "openai_chat"),
    "ai_openai_responses": ("ai.mjs", "openai_responses"),
    "ai_anthropic": ("ai.mjs", "anthropic_messages"),
    "ai_google": ("ai.mjs", "gemini"),
}
# provider dialect -> (the provider's name in the configuration, its model, its section)
PROVIDERS = {
    "openai_chat": ("chat", "gpt-5-mini", {"kind": "openai_compatible", "base_url": "/v1"}),
    "openai_responses": ("resp", "gpt-5-mini", {"kind": "openai", "base_url": "/v1", "dialects": ["openai_responses"]}),
    "anthropic_messages": ("anth", "claude-opus-4-8", {"kind": "anthropic", "base_url": "/v1"}),
    "gemini": ("gem", "gemini-2.5-flash", {"kind": "gemini", "base_url": "/v1beta"}),
}


def line(case):
    text = f"\n      {case['case']:<24} {case['verdict']}{': ' + case['note'] if case['note'] else ''}"
    if os.environ.get("WEIR_SHOW"):
        for one in case.get("exchanges") or []:
            text += f"\n        > {one['method']} {one['path']} {one['body']}\n        < {one['status']} {one['answer']!r}"
    return text


def report(cases):
    """The note behind the verdict: one line per case; fails when a case does."""
    check(ONLY or len(cases) > 15, f"only {len(cases)} cases")
    text = "".join(line(case) for case in cases)
    failed = [case for case in cases if case["verdict"] == "FAILS"]
    if failed:
        raise Failure(f"{len(failed)} of {len(cases)} cases{text}")
    return f"{len(cases)} cases{text}"


async def directly(imitation, client):
    script, dialect = CLIENTS[client]
    async with imitation as server:
        return report(await play(script, BASE_URL=f"http://127.0.0.1:{server.port}", API_KEY=UPSTREAM_KEY,
                                 MODEL=PROVIDERS[dialect][1], CLIENT=dialect, PROVIDER=dialect, SERVER=server.name, RUN=client,
                                 WATCH=server.watch, VIA="direct", ONLY=ONLY))


async def through_weir(imitation, client, provider):
    script, dialect = CLIENTS[client]
    name, model, section = PROVIDERS[provider]
    async with imitation as server:
        section = {**section, "base_url": f"http://127.0.0.1:{server.port}{section['base_url']}", "credential": "env:UPSTREAM_KEY"}
        async with await Weir.start(configuration(providers={name: section}, expose_provider_models=True)) as weir:
            return report(await play(script, BASE_URL=f"http://127.0.0.1:{weir.port}", API_KEY=KEY, MODEL=f"{name}/{model}",
                                     CLIENT=dialect, PROVIDER=provider, SERVER=server.name, RUN=f"{client}:{provider}",
                                     WATCH=server.watch, VIA="weir", ONLY=ONLY))


@test
async def what_docs_sdks_md_shows():
    """Its three programs as they stand there, but for the port and the key."""
    programs = re.findall(r"```js\n(.*?)```", (places.ROOT / "docs" / "sdks.md").read_text(), re.S)
    check_equal(len(programs), 3, "programs")
    async with Aimock(UPSTREAM_KEY) as aimock:
        address = f"http://127.0.0.1:{aimock.port}"
        providers = {kind: {"kind": kind, "base_url": address + path, "credential": "env:UPSTREAM_KEY"}
                     for kind, path in (("openai", "/v1"), ("anthropic", "/v1"), ("gemini", "/v1beta"))}
        async with await Weir.start(configuration(providers=providers, expose_provider_models=True)) as weir:
            with tempfile.TemporaryDirectory() as folder:
                (Path(folder) / "node_modules").symlink_to(places.NODE_MODULES / "node_modules")
                for program in programs:
                    text = program.replace("127.0.0.1:8080", f"127.0.0.1:{weir.port}").replace("'unused'", f"'{KEY}'")
                    path = Path(folder) / "program.mjs"
                    path.write_text(text)
                    check_equal(await run_module(path), "It scatters.\n", "what was printed by\n" + program)


def register(name, play_it):
    async def one():
        return await play_it()
    one.__name__, one.__module__ = name, __name__
    registry.test(one)


for prefix, make in (("", lambda: Aimock(UPSTREAM_KEY)), ("simulated_", Simulated)):
    for each in CLIENTS:
        register(f"{prefix}directly_{each}", lambda make=make, each=each: directly(make(), each))
    for each in CLIENTS:
        for to in PROVIDERS:
            register(f"{prefix}{each}_to_{to}", lambda make=make, each=each, to=to: through_weir(make(), each, to))
