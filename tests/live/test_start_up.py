"""The first minutes: what is said when something is missing, and the line that is printed to be pasted."""
import asyncio
import json
import os
import re
import socket
import tempfile
from pathlib import Path

from harness import registry
from harness.client import PATIENCE, Client, ask, chat, request_bytes
from harness.provider import Provider, json_answer
from harness.registry import Skip, check, check_equal, test
from harness.weir import KEY, UPSTREAM_KEY, Weir, configuration, free_port, weir_says
from test_curl import DOCUMENT
from test_stream_edges import read_stream


def written(text):
    folder = tempfile.TemporaryDirectory(prefix="weir-live-")
    path = Path(folder.name) / "weir.yaml"
    path.write_text(text)
    return folder, str(path)


def simulated():
    config = configuration()
    config["providers"] = {"sim": {"kind": "simulated"}}
    config["models"] = {"echo": {"deployments": ["sim/echo"]}}
    return config


@test
async def version_and_help():
    code, out, _ = await weir_says("--version")
    check_equal(code, 0, "exit code of --version")
    check(re.fullmatch(r"weir \d+\.\d+\.\d+\S*\n", out), f"--version says {out!r}")
    for arguments in (["--help"], ["-h"], ["serve", "--help"]):
        code, out, _ = await weir_says(*arguments)
        check_equal(code, 0, f"exit code of {arguments}")
        check("weir" in out.lower(), out)
    code, out, _ = await weir_says("--help")
    check("Examples" in out and "weir serve -c weir.yaml" in out, "examples in --help")
    code, _, err = await weir_says("serv")
    check(code == 2 and err, f"an unknown command: exit code {code}, {err!r}")


@test
async def check_accepts_the_documented_example():
    docs = Path(__file__).resolve().parents[2] / "docs" / "configuration.md"
    examples = [e for e in re.findall(r"```yaml\n(.*?)```", docs.read_text(), re.DOTALL) if "providers:" in e]
    check(len(examples) >= 2, "docs/configuration.md holds examples")
    for example in examples:
        folder, path = written(example)
        with folder:
            code, _, err = await weir_says("check", path, env={"UPSTREAM_KEY": "k"})
            check_equal(code, 0, f"exit code for {example[:60]!r}: {err}")
            check("is fine" in err, err)


@test
async def check_names_line_column_and_cure():
    cases = {
        "an unknown key": ("listenn: []\nproviders: {a: {kind: simulated}}\n", ":1:1:", "listenn"),
        "a wrong kind": ("providers:\n  a: {kind: opnai}\n", ":2:", "openai"),
        "an unknown provider": ("providers: {a: {kind: simulated}}\nmodels:\n  m: {deployments: [b/x]}\n", ":3:", "b"),
        "a missing variable": ("providers:\n  a: {kind: openai, credential: env:WEIR_NOT_SET}\n", ":2:", "WEIR_NOT_SET"),
        "a secret written out": ("providers:\n  a: {kind: openai, credential: sk-secret-1234}\n", ":2:", "env:"),
        "bad YAML": ("providers: {a: [\n", ":", ""),
        "no provider": ("shards: 1\n", ":", "providers"),
        "a bad duration": ("providers: {a: {kind: simulated}}\ntimeouts: {idle_ms: soon}\n", ":2:", "idle_ms"),
        "a key's hash": ("providers: {a: {kind: simulated}}\nkeys: [{name: x, hash: abc}]\n", ":2:", "sha256"),
        "an open listener": ("providers: {a: {kind: simulated}}\nlisten: [{address: 0.0.0.0:8080}]\n", ":", "allow_anonymous"),
    }
    wrong = []
    for name, (text, place, word) in cases.items():
        folder, path = written(text)
        with folder:
            code, out, err = await weir_says("check", path)
            if code != 2 or path + place not in err or word not in err or "sk-secret" in err + out:
                wrong.append(f"{name}: exit code {code}: {err!r}")
            code, out, err = await weir_says("serve", "-c", path)
            if code != 2:
                wrong.append(f"{name}: serve ends with {code}: {err!r}")
    check(not wrong, "\n      ".join(wrong))
    return f"{len(cases)} mistakes"


@test
async def a_file_that_is_not_there():
    for command in (["check", "/nonexistent/weir.yaml"], ["serve", "-c", "/nonexistent/weir.yaml"]):
        code, _, err = await weir_says(*command)
        check(code == 2 and "/nonexistent/weir.yaml" in err, f"{command}: {code} {err!r}")


@test
async def a_port_in_use_is_named():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        port = sock.getsockname()[1]
        folder, path = written(f"listen: [{{address: 127.0.0.1:{port}}}]\nproviders: {{a: {{kind: simulated}}}}\n"
                               "expose_provider_models: true\n")
        with folder:
            code, _, err = await weir_says("serve", "-c", path)
    check_equal(code, 1, "exit code")
    check(f"127.0.0.1:{port}" in err and "Another process has it" in err, err)


@test
async def a_log_file_that_cannot_be_opened_is_named():
    folder, path = written(f"listen: [{{address: 127.0.0.1:{free_port()}}}]\nproviders: {{a: {{kind: simulated}}}}\n"
                           "expose_provider_models: true\nlog: {target: /nonexistent/access.log}\n")
    with folder:
        code, _, err = await weir_says("serve", "-c", path)
    check(code == 1 and "/nonexistent/access.log" in err, f"{code} {err!r}")


@test
async def a_key_that_was_made_opens_the_door():
    code, out, err = await weir_says("keys", "create", "--name", "fresh")
    check_equal(code, 0, "exit code")
    key, line = out.splitlines()[0], out.splitlines()[1]
    check(key not in err and key not in line, "the key is printed once")
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        found = re.search(r"name: (\S+), hash: \"(sha256:[0-9a-f]{64})\"", line)
        check(found, f"the line for the file: {line!r}")
        keys = [{"name": found[1], "hash": found[2]}]
        async with await Weir.start(configuration(provider.port, keys=keys)) as weir:
            check_equal((await weir.ask(chat(), key=key)).status, 200, "status with the key")
            check_equal((await weir.ask(chat(), key=key[:-1])).status, 401, "status with half of it")


@test
async def the_printed_line_streams_an_answer():
    """`weir` with nothing: the simulated provider, and a line that works as it stands."""
    with socket.socket() as sock:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", 8080))
        except OSError:
            raise Skip("127.0.0.1:8080, where weir listens without a file, is taken on this machine") from None
    async with await Weir.start(arguments=[]) as weir:
        line = next(l.strip() for l in weir.error_text.splitlines() if l.strip().startswith("curl "))
        process = await asyncio.create_subprocess_shell(line, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        registry.PROCESSES.append(process)
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        check_equal(process.returncode, 0, f"exit code of {line}: {err.decode()}")
        said = read_stream(out)
        check(said["text"] and said["finish"] == "stop" and said["done"], f"the stream says {said}")
        check(out.count(b"data: ") > 3, "it comes in pieces")
        models = json.loads((await ask(8080, method="GET", path="/v1/models")).body)
        check(any(m["id"].startswith("simulated/") for m in models["data"]), f"models: {models}")


@test
async def the_line_for_a_file_with_keys_works_with_the_key():
    async with await Weir.start(simulated()) as weir:
        line = next(l.strip() for l in weir.error_text.splitlines() if l.strip().startswith("curl "))
        check("$WEIR_KEY" in line, line)
        process = await asyncio.create_subprocess_shell(line, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                                                        env={"PATH": os.environ["PATH"], "WEIR_KEY": KEY})
        registry.PROCESSES.append(process)
        out, _ = await asyncio.wait_for(process.communicate(), PATIENCE)
        said = read_stream(out)
        check(said["done"] and said["text"], f"the stream says {out!r}")


@test
async def the_simulator_alone():
    port = free_port()
    async with await Weir.start(arguments=["simulate", "--address", f"127.0.0.1:{port}"]):
        answer = await ask(port, chat(model="echo", stream=True, text="repeat me"))
        said = read_stream(answer.body)
        check("repeat me" in said["text"] and said["done"], f"the stream says {answer.body!r}")
        answer = await ask(port, chat(model="echo", text="repeat me"))
        check_equal(json.loads(answer.body)["choices"][0]["message"]["content"], "repeat me", "document")
        answer = await ask(port, chat(model="echo"), headers=[("x-simulate", "error=429")])
        check_equal(answer.status, 429, "an error on demand")


@test
async def weir_in_front_of_the_simulator_passes_faults_on():
    port = free_port()
    async with await Weir.start(arguments=["simulate", "--address", f"127.0.0.1:{port}"]):
        async with await Weir.start(configuration(port, {"m": "echo", "cut": "chunks=9,interval-ms=0,cut-after=3"})) as weir:
            check(read_stream((await weir.ask(chat(model="m", stream=True))).body)["done"], "a whole stream")
            said = read_stream((await weir.ask(chat(model="cut", stream=True))).body)
            check(said["error"] and not said["done"] and said["finish"] is None, f"a cut stream: {said}")


@test
async def it_listens_on_ipv6_as_well():
    if not socket.has_ipv6:
        raise Skip("this machine has no IPv6")
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
            port = sock.getsockname()[1]
    except OSError:
        raise Skip("this machine has no ::1") from None
    config = simulated()
    config["listen"] = [{"address": f"[::1]:{port}"}]
    async with await Weir.start(config):
        async with Client(port, host="::1") as client:
            await client.send(request_bytes(body=chat(model="echo"), key=KEY))
            check_equal((await client.answer()).status, 200, "status")


@test
async def a_credential_may_come_from_a_file():
    with tempfile.NamedTemporaryFile("w", suffix=".key") as file:
        file.write(UPSTREAM_KEY + "\n")
        file.flush()
        async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
            config = configuration(provider.port)
            config["providers"]["local"]["credential"] = "file:" + file.name
            async with await Weir.start(config) as weir:
                check_equal((await weir.ask(chat())).status, 200, "status")
            check_equal(provider.requests[0].get("authorization"), "Bearer " + UPSTREAM_KEY, "credential upstream")
