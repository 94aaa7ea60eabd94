"""curl as a client: what an operator tries first."""
import asyncio
import json
import time

from harness import registry
from harness.client import PATIENCE, chat
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import check, check_equal, test
from harness.weir import KEY, Weir, configuration

DOCUMENT = json.dumps({"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [
    {"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 2, "completion_tokens": 3, "total_tokens": 5}})
DONE = "data: [DONE]\n\n"


def delta(text, finish="null"):
    return ('data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,'
            f'"delta":{{"content":{json.dumps(text)}}},"finish_reason":{finish}}}]}}\n\n')


STREAM = [delta("Hello"), delta(" world"), delta("!", '"stop"'), DONE]


async def curl(*arguments, stdin=None):
    """-> (exit code, stdout, stderr)"""
    process = await asyncio.create_subprocess_exec(
        "curl", "--silent", "--show-error", "--max-time", str(int(PATIENCE)), *arguments, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    registry.PROCESSES.append(process)
    out, err = await asyncio.wait_for(process.communicate(stdin), PATIENCE + 5)
    return process.returncode, out, err.decode()


def url(weir, path="/v1/chat/completions"):
    return f"http://127.0.0.1:{weir.port}{path}"


AUTH = ["-H", "Authorization: Bearer " + KEY, "-H", "Content-Type: application/json"]


@test
async def a_stream_arrives_event_by_event():
    answer = sse_answer(*STREAM, gap=0.15)
    async with Provider(lambda message: answer) as provider, await Weir.start(configuration(provider.port)) as weir:
        process = await asyncio.create_subprocess_exec(
            "curl", "-sSN", *AUTH, "-d", chat(stream=True).decode(), url(weir), stdout=asyncio.subprocess.PIPE)
        registry.PROCESSES.append(process)
        got, times = b"", []
        while part := await asyncio.wait_for(process.stdout.read(4096), PATIENCE):
            got += part
            times.append(time.monotonic())
        check_equal(await process.wait(), 0, "curl's exit code")
    check_equal(got, "".join(STREAM).encode(), "what curl printed")
    check(len(times) == 4 and times[2] - times[0] > 0.2, f"the events came at {[t - times[0] for t in times]}")


@test
async def a_document():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            code, out, err = await curl("-i", *AUTH, "-d", chat().decode(), url(weir))
    check_equal((code, err), (0, ""), "curl")
    head, _, body = out.partition(b"\r\n\r\n")
    check(head.startswith(b"HTTP/1.1 200 OK\r\n"), head.decode())
    check_equal(body, DOCUMENT.encode(), "body")
    check(b"x-weir-deployment: local/test-model" in head.lower(), "the head names who answered")


@test
async def http_1_0_gets_a_stream_until_the_connection_ends():
    answer = sse_answer(*STREAM)
    async with Provider(lambda message: answer) as provider, await Weir.start(configuration(provider.port)) as weir:
        code, out, _ = await curl("--http1.0", "-i", "-N", *AUTH, "-d", chat(stream=True).decode(), url(weir))
    head, _, body = out.partition(b"\r\n\r\n")
    check_equal(code, 0, "curl's exit code")
    check_equal(body, "".join(STREAM).encode(), "body")
    check(b"transfer-encoding" not in head.lower(), f"chunked was sent to HTTP/1.0: {head!r}")


@test
async def head_requests_get_no_body():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            code, out, err = await curl("-I", *AUTH, url(weir, "/v1/models"))
            check_equal((code, err), (0, ""), "curl -I /v1/models")
            check(out.startswith(b"HTTP/1.1 200"), out.decode())
            code, out, err = await curl("-I", *AUTH, url(weir))
            check_equal((code, err), (0, ""), "curl -I of the chat endpoint")
            check(out.startswith(b"HTTP/1.1 405"), out.decode())


@test
async def expect_100_continue_with_a_megabyte():
    body = chat(text="x" * 1_000_000)
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            started = time.monotonic()
            code, out, err = await curl("-v", "-H", "Expect: 100-continue", *AUTH, "--data-binary", "@-", url(weir), stdin=body)
            took = time.monotonic() - started
        check_equal(code, 0, "curl's exit code: " + err[-300:])
        check_equal(out, DOCUMENT.encode(), "body")
        check("100 Continue" in err, "curl saw no 100 Continue")
        check(took < 0.9, f"curl waited for its own time-out of one second: {took:.2f} s")
        check_equal(provider.requests[0].body, body, "the body upstream")


@test
async def a_chunked_upload():
    body = chat(text="y" * 200_000)
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            code, out, err = await curl("-H", "Transfer-Encoding: chunked", *AUTH, "--data-binary", "@-", url(weir), stdin=body)
        check_equal((code, err), (0, ""), "curl")
        check_equal(out, DOCUMENT.encode(), "body")
        check_equal(provider.requests[0].body, body, "the body upstream")
        check_equal(provider.requests[0].how, "length", "how the body went upstream")


@test
async def connections_are_kept_alive():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            code, _, err = await curl("-v", *AUTH, "-d", chat().decode(), url(weir), url(weir), url(weir))
        check_equal(code, 0, "curl's exit code")
        check_equal(err.count("Re-using existing connection"), 2, "curl's reuse of its connection")
        check_equal(len(provider.requests), 3, "requests upstream")
        check_equal(provider.connections, 1, "connections upstream")


@test
async def a_wrong_key_gets_the_same_401_as_none():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            answers = []
            for fields in ([], ["-H", "Authorization: Bearer wrong"], ["-H", "Authorization: Bearer " + KEY[:-1] + "x"],
                           ["-H", "Authorization: Basic " + KEY], ["-H", "x-api-key: nope"], ["-H", "Authorization: "]):
                code, out, _ = await curl("-i", *fields, "-d", chat().decode(), url(weir))
                check_equal(code, 0, "curl's exit code")
                answers.append(out)
            check_equal(len(set(answers)), 1, "different answers to wrong keys")
            check(answers[0].startswith(b"HTTP/1.1 401"), answers[0].decode())
            error = json.loads(answers[0].partition(b"\r\n\r\n")[2])["error"]
            check_equal(error["code"], "invalid_api_key", "error code")
            for name in ("x-api-key", "api-key", "x-goog-api-key"):
                code, out, _ = await curl("-H", f"{name}: {KEY}", "-d", chat().decode(), url(weir))
                check_equal(out, DOCUMENT.encode(), f"the right key in {name}")
            for sent in provider.requests:
                check(KEY.encode() not in sent.raw_head, "a client's key was sent upstream")
        check_equal(len(provider.requests), 3, "requests upstream")


@test
async def an_unknown_model_is_404_and_not_sent_upstream():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            code, out, _ = await curl("-i", *AUTH, "-d", chat(model="nobody-knows").decode(), url(weir))
        check(out.startswith(b"HTTP/1.1 404"), out.decode())
        error = json.loads(out.partition(b"\r\n\r\n")[2])["error"]
        check_equal((error["code"], error["param"]), ("model_not_found", "model"), "error")
        check("nobody-knows" in error["message"], f"the message names the model: {error['message']}")
        check_equal(provider.requests, [], "requests upstream")


@test
async def a_body_over_the_limit_gets_its_413():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        config = configuration(provider.port, limits={"max_body_bytes": "64KiB"})
        async with await Weir.start(config) as weir:
            for more in ([], ["-H", "Transfer-Encoding: chunked"], ["-H", "Expect:"]):
                body = chat(text="z" * 3_000_000)
                code, out, err = await curl("-i", *more, *AUTH, "--data-binary", "@-", url(weir), stdin=body)
                check(b"HTTP/1.1 413" in out, f"{more}: {out!r} {err}")
                check_equal((code, err), (0, ""), f"curl {more}")
        check_equal(provider.requests, [], "requests upstream")


@test
async def models_are_listed():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port, {"a": "x", "b": "y"})) as weir:
            _, out, _ = await curl(*AUTH, url(weir, "/v1/models"))
            models = json.loads(out)
            check_equal(models["object"], "list", "object")
            check_equal(sorted(m["id"] for m in models["data"]), ["a", "b"], "ids")
            _, out, _ = await curl(*AUTH, url(weir, "/v1/models/a"))
            check_equal(json.loads(out)["id"], "a", "one model")
            _, out, _ = await curl("-i", *AUTH, url(weir, "/v1/models/c"))
            check(out.startswith(b"HTTP/1.1 404"), out.decode())
            _, out, _ = await curl("-i", url(weir, "/v1/models"))
            check(out.startswith(b"HTTP/1.1 401"), out.decode())
            _, out, _ = await curl("-i", *AUTH, url(weir, "/v1/nothing"))
            check(out.startswith(b"HTTP/1.1 404"), out.decode())
