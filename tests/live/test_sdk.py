"""The official OpenAI client for Node, as an application uses it."""
import asyncio
import json
import os
from pathlib import Path

from harness import places, registry
from harness.client import PATIENCE, until
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import Failure, check, check_equal, test
from harness.weir import KEY, Weir, configuration
from test_curl import DOCUMENT, STREAM
from test_observed import USAGE

MODELS = {name: name for name in ("test-model", "limited", "broken", "cut", "endless", "sometimes")}
CALLS = [{"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}}]


def event(delta, finish=None):
    return "data: " + json.dumps({"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [
        {"index": 0, "delta": delta, "finish_reason": finish}]}) + "\n\n"


TOOL_EVENTS = [
    event({"role": "assistant", "tool_calls": [{"index": 0, "id": "call_1", "type": "function",
                                               "function": {"name": "get_weather", "arguments": ""}}]}),
    event({"tool_calls": [{"index": 0, "function": {"arguments": '{"city":'}}]}),
    event({"tool_calls": [{"index": 0, "function": {"arguments": '"Oslo"}'}}]}),
    event({}, "tool_calls"), STREAM[3]]


class Answers:
    def __init__(self):
        self.times_asked = 0

    def __call__(self, message):
        request = json.loads(message.body)
        model = request["model"]
        if model == "limited":
            answer = json_answer('{"error":{"message":"Slow down.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}', 429)
            answer.headers.append(("retry-after", "3"))
            return answer
        if model == "broken":
            return json_answer("<html>oops</html>", 500, headers=[("content-type", "text/html")])
        if model == "cut":
            return sse_answer(STREAM[0], end=True, gap=0.05, close="fin", framing="close", hold_before_close=0.1)
        if model == "endless":
            return sse_answer(*[STREAM[0]] * 2000, gap=0.02)
        if model == "sometimes":
            self.times_asked += 1
            if self.times_asked < 3:
                return json_answer('{"error":{"message":"Busy.","type":"server_error","param":null,"code":null}}', 503,
                                   headers=[("content-type", "application/json"), ("retry-after-ms", "20")])
        if request.get("tools"):
            if request.get("stream"):
                return sse_answer(*TOOL_EVENTS, split="random")
            document = json.loads(DOCUMENT)
            document["choices"][0]["message"] = {"role": "assistant", "content": None, "tool_calls": CALLS}
            return json_answer(json.dumps(document))
        if request.get("stream"):
            asked = (request.get("stream_options") or {}).get("include_usage")
            return sse_answer(*STREAM[:3], *([USAGE] if asked else []), STREAM[3], split="random", seed=len(message.body))
        return json_answer(DOCUMENT)


async def start_node(weir, scenario):
    if not (places.NODE_MODULES / "node_modules" / "openai").is_dir():
        raise Failure(f"the client is not installed in {places.NODE_MODULES}; tools/setup --tests does it")
    process = await asyncio.create_subprocess_exec(
        places.node(), str(Path(__file__).parent / "node" / "sdk.mjs"), scenario,
        env={"PATH": os.environ["PATH"], "WEIR_URL": f"http://127.0.0.1:{weir.port}/v1", "WEIR_KEY": KEY,
             "NODE_PACKAGES": str(places.NODE_MODULES)},
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
    registry.PROCESSES.append(process)
    return process


async def play(scenario, judge):
    async with Provider(Answers()) as provider, await Weir.start(configuration(provider.port, MODELS)) as weir:
        process = await start_node(weir, scenario)
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
        check_equal(process.returncode, 0, "node's exit code: " + err.decode()[-1500:])
        judge(json.loads(out), provider)


@test
async def a_document_is_read():
    def judge(seen, provider):
        check_equal(seen["data"], json.loads(DOCUMENT), "what the client saw")
        check_equal(seen["deployment"], "local/test-model", "x-weir-deployment")
    await play("document", judge)


@test
async def a_stream_is_read():
    def judge(seen, provider):
        check_equal((seen["text"], seen["finish"], seen["usage"], seen["chunks"]), ("Hello world!", "stop", None, 3), "stream")
        check_equal(json.loads(provider.requests[0].body)["stream_options"], {"include_usage": True}, "asked upstream")
    await play("stream", judge)


@test
async def a_stream_with_usage_is_read():
    def judge(seen, provider):
        check_equal((seen["text"], seen["chunks"]), ("Hello world!", 4), "stream")
        check_equal(seen["usage"]["total_tokens"], 18, "usage")
    await play("stream_with_usage", judge)


@test
async def tool_calls_are_read():
    def judge(seen, provider):
        check_equal(seen["whole"], CALLS, "in a document")
        check_equal(seen["streamed"], [{"id": "call_1", "name": "get_weather", "arguments": '{"city":"Oslo"}'}], "in a stream")
        check_equal(seen["finish"], "tool_calls", "finish")
    await play("tools", judge)


@test
async def errors_raise_the_right_classes():
    def judge(seen, provider):
        kinds = {name: (error and (error["kind"], error["status"])) for name, error in seen.items()}
        check_equal(kinds, {"wrong_key": ("AuthenticationError", 401), "unknown_model": ("NotFoundError", 404),
                            "rate_limit": ("RateLimitError", 429), "server": ("InternalServerError", 500),
                            "stream": ("APIError", None)}, "classes and statuses")
        check_equal(seen["wrong_key"]["code"], "invalid_api_key", "code")
        check_equal(seen["unknown_model"]["code"], "model_not_found", "code")
        check_equal(seen["rate_limit"]["code"], "rate_limit_exceeded", "code")
    await play("errors", judge)


@test
async def its_retries_work_through_weir():
    def judge(seen, provider):
        check_equal(seen, "Hello.", "the answer in the end")
        check_equal(len(provider.requests), 3, "requests upstream")
    await play("retries", judge)


@test
async def models_are_listed():
    def judge(seen, provider):
        check_equal(sorted(seen["ids"]), sorted(MODELS), "ids")
        check_equal((seen["one"]["id"], seen["one"]["object"]), ("test-model", "model"), "one model")
    await play("models", judge)


@test
async def fifty_streams_at_once():
    def judge(seen, provider):
        check_equal(seen, ["Hello world!"], "texts")
        check_equal(len(provider.requests), 50, "requests upstream")
    await play("together", judge)


@test
async def an_abort_in_mid_stream_reaches_the_provider():
    async with Provider(Answers()) as provider, await Weir.start(configuration(provider.port, MODELS)) as weir:
        process = await start_node(weir, "abort")
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        if not line:
            raise Failure("node said nothing: " + (await process.stderr.read()).decode()[-1500:])
        check(await until(lambda: provider.aborted == 1, 1.0), "the provider's connection was still open a second later")
        check(process.returncode is None, "node was still running")
        check_equal((await weir.metrics())['weir_faults_total{fault="client_gone"}'], 1, "counted")
        process.kill()
        await process.wait()
