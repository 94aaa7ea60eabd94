"""Metrics, health and the access log say what was done, and nothing that is nobody's business."""
import asyncio
import json

from harness.client import Client, ask, chat, request_bytes, until
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import check, check_equal, test
from harness.weir import KEY, UPSTREAM_KEY, Weir, configuration
from test_curl import DOCUMENT, STREAM

PROMPT = "the-secret-prompt-xyzzy"
WORD = "the-secret-answer-plugh"
USAGE = ('data: {"id":"c1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],'
         '"usage":{"prompt_tokens":11,"completion_tokens":7,"total_tokens":18}}\n\n')


def respond(message):
    if b'"stream": true' in message.body:
        return sse_answer(STREAM[0].replace("Hello", WORD), *STREAM[1:3], USAGE, STREAM[3])
    return json_answer(DOCUMENT.replace("Hello.", WORD))


@test
async def counters_match_what_was_done():
    async with Provider(respond) as provider, await Weir.start(configuration(provider.port)) as weir:
        before = await weir.metrics()
        check_equal([v for n, v in before.items() if n.startswith("weir_exchanges_total")], [0.0] * 6, "at the start")
        sizes = {"request": 0, "answer": 0}
        statuses = []
        for body, key in [(chat(), KEY)] * 5 + [(chat(stream=True), KEY)] * 4 + [(chat(model="no"), KEY)] * 3 + [(chat(), "x")] * 2:
            answer = await weir.ask(body, key=key)
            statuses.append(answer.status)
            sizes["request"] += len(body) if key == KEY else 0
            sizes["answer"] += len(answer.body)
        check_equal(statuses, [200] * 9 + [404] * 3 + [401] * 2, "statuses")
        m = await weir.metrics()
        check_equal(m['weir_exchanges_total{status="2xx"}'], 9, "2xx")
        check_equal(m['weir_exchanges_total{status="4xx"}'], 5, "4xx")
        check_equal(m['weir_exchanges_total{status="5xx"}'], 0, "5xx")
        check_equal(m['weir_faults_total{fault="model_not_found"}'], 3, "unknown models")
        check_equal(m['weir_faults_total{fault="unauthorized"}'], 2, "wrong keys")
        local = 'deployment="local/test-model"'
        check_equal(m[f'weir_attempts_total{{{local},outcome="success"}}'], 9, "attempts")
        check_equal(m["weir_streams_total"], 4, "streams")
        check_equal(m[f'weir_tokens_total{{{local},type="input"}}'], 5 * 2 + 4 * 11, "input tokens")
        check_equal(m[f'weir_tokens_total{{{local},type="output"}}'], 5 * 3 + 4 * 7, "output tokens")
        check_equal(m["weir_usage_unknown_total"], 0, "answers without usage")
        check_equal(m["weir_request_body_bytes_total"], sizes["request"], "request bytes")
        check_equal(m["weir_answer_body_bytes_total"], sizes["answer"], "answer bytes")
        check_equal(m["weir_exchanges_in_flight"], 0, "in flight")
        check_equal(m["weir_exchange_duration_seconds_count"], 14, "durations")
        check_equal(m["weir_ttft_seconds_count"], 9, "times to first token")
        check_equal(m["weir_log_lines_dropped_total"], 0, "lost lines")


@test
async def gauges_see_a_stream_in_flight():
    async def respond_slowly(message, connection):
        pieces = sse_answer(*STREAM).writes()
        await connection.send(pieces[0] + pieces[1])
        await asyncio.sleep(0.4)
        await connection.send(b"".join(pieces[2:]))
        return True
    async with Provider(respond_slowly) as provider, await Weir.start(configuration(provider.port)) as weir:
        async with Client(weir.port) as client:
            await client.send(request_bytes(body=chat(stream=True), key=KEY))
            await client.reader.readuntil(b"Hello")
            m = await weir.metrics()
            check_equal(m["weir_exchanges_in_flight"], 1, "in flight")
            check_equal(m["weir_client_connections"], 1, "client connections")
            check_equal(m['weir_provider_connections{state="used"}'], 1, "provider connections in use")
            check_equal(m['weir_memory_reserved_bytes{use="request"}'], 0, "bytes of request bodies held while its answer streams")
            await client.reader.readuntil(b"0\r\n\r\n")
            await asyncio.sleep(0.2)  # weir waits a moment for the provider's own end
            m = await weir.metrics()
            check_equal(m["weir_exchanges_in_flight"], 0, "in flight afterwards")
            check_equal(m['weir_provider_connections{state="idle"}'], 1, "idle provider connections afterwards")
            check_equal(m["weir_buffer_bytes"] <= 256 * 1024, True, "buffers held by nobody")


@test
async def one_log_line_per_exchange_without_words_or_secrets():
    async with Provider(respond) as provider, await Weir.start(configuration(provider.port, shards=1)) as weir:
        await weir.ask(chat(text=PROMPT))
        await weir.ask(chat(text=PROMPT, stream=True))
        await weir.ask(chat(text=PROMPT, model="no"))
        await weir.ask(chat(text=PROMPT), key="sk-wrong-key-that-somebody-tried")
        async with Client(weir.port) as client:
            await client.send(b"POST / HTTP/1.1\r\nhost : x\r\nauthorization: Bearer sk-wrong-key\r\n\r\n")
            await client.answer()
        await ask(weir.admin_port, method="GET", path="/metrics")
        lines = weir.log_lines()
        seen_soon = await until(lambda: len(weir.log_lines()) == 5, 3)
        check(seen_soon, f"five lines within three seconds, there are {len(weir.log_lines())}")
    text = weir.log_path.read_text() + weir.error_text + weir.output_text
    for secret in (PROMPT, WORD, KEY, UPSTREAM_KEY, "sk-wrong-key"):
        check(secret not in text, f"the log holds {secret!r}")
    lines = weir.log_lines()
    check_equal(len(lines), 5, "lines")
    check_equal([line["status"] for line in lines], [200, 200, 404, 401, 400], "statuses")
    document, stream, unknown, stranger, broken = lines
    check_equal((document["model"], document["deployment"], document["key"]), ("test-model", "local/test-model", "web-app"),
                "who asked for what from whom")
    check_equal(document["usage"], {"input": 2, "output": 3}, "usage of the document")
    check_equal(stream["usage"], {"input": 11, "output": 7}, "usage of the stream")
    check_equal((document["finish"], stream["finish"]), ("stop", "stop"), "finishes")
    check_equal((document["stream"], stream["stream"]), (False, True), "stream")
    check_equal((unknown["fault"], stranger["fault"]), ("model_not_found", "unauthorized"), "faults")
    check_equal(len({line["id"] for line in lines}), 5, "ids")
    for line in (document, stream):
        check(0 < line["overhead_ns"] < 50_000_000, f"overhead_ns {line['overhead_ns']}")
        check(0 <= line["ttfb_us"] <= line["ttft_us"] <= line["total_us"], f"times in order: {line}")
        check_equal(line["attempts"], 1, "attempts")
    check("attempts" in unknown and unknown["attempts"] == 0, "an unknown model is no attempt")


@test
async def the_log_goes_where_it_is_told():
    for target in ("stdout", "stderr", "none"):
        async with Provider(respond) as provider:
            async with await Weir.start(configuration(provider.port, log={"target": target})) as weir:
                await weir.ask(chat())
            texts = {"stdout": weir.output_text, "stderr": weir.error_text}
            for name, text in texts.items():
                lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
                check_equal(len(lines), int(name == target), f"target {target}: lines on {name}")


@test
async def health_and_the_admin_address():
    async with Provider(respond) as provider, await Weir.start(configuration(provider.port)) as weir:
        for path, status in (("/health/live", 200), ("/health/ready", 200), ("/metrics", 200), ("/", 404),
                             ("/v1/models", 404), ("/v1/chat/completions", 404)):
            answer = await ask(weir.admin_port, method="GET", path=path)
            check_equal(answer.status, status, path)
        check_equal((await ask(weir.admin_port, b"{}")).status, 405, "POST to the admin address")
        answer = await weir.ask(method="GET", path="/metrics")
        check_equal(answer.status, 404, "/metrics on the clients' address")
        page = (await ask(weir.admin_port, method="GET", path="/metrics")).body.decode()
        names = {line.split()[2] for line in page.splitlines() if line.startswith("# TYPE ")}
        for line in page.splitlines():
            if not line.startswith("#"):
                name = line.split("{")[0].split(" ")[0]
                base = name.removesuffix("_bucket").removesuffix("_sum").removesuffix("_count")
                check(name in names or base in names, f"a sample without a type: {line}")
                float(line.rpartition(" ")[2])
