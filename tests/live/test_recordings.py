"""Every recorded exchange with OpenAI's chat completions, replayed: what the client gets and what the provider got are
compared byte for byte."""
import json

from harness import places
from harness.chat_body import as_sent_upstream
from harness.provider import Answer, Provider
from harness.registry import Skip, check, check_equal, test
from harness.weir import KEY, UPSTREAM_KEY, Weir, configuration

USAGE_FRAME = (b'data: {"id":"chatcmpl-live","object":"chat.completion.chunk","created":1,"model":"m","choices":[],'
               b'"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}\n\n')
DONE = b"data: [DONE]\n\n"


def recordings():
    data = places.shared()
    if not data:
        raise Skip("the shared recordings are not here (WEIR_SHARED or ../shared)")
    found = []
    for path in sorted((data / "recordings/openai/openai-chat").glob("*.json")):
        exchange = json.loads(path.read_text())
        if exchange["request"] and exchange["request"]["body_encoding"] == "utf8":
            found.append(exchange)
    check(found, "there is not one recording with a request")
    return found


def recorded_answer(exchange, message, split):
    """The recorded bytes; a usage frame is added to a stream exactly when the request that came asks for it and the
    recording, made without asking, holds none."""
    response = exchange["response"]
    body = response["body"].encode()
    if exchange["stream"]:
        asked = (json.loads(message.body).get("stream_options") or {}).get("include_usage") is True
        if asked and b'"usage":{' not in body:
            at = body.rindex(DONE)
            body = body[:at] + USAGE_FRAME + body[at:]
        frames = [f + b"\n\n" for f in body.split(b"\n\n")[:-1]]
        check_equal(b"".join(frames), body, "the test's own cutting of " + exchange["id"])
        framing = "chunked"
    else:
        frames, framing = [body], "length"
    content_type = response["headers"].get("content-type", "application/json")
    return Answer(response["status"], [("content-type", content_type), ("x-request-id", "req_live")], frames, framing,
                  split, seed=len(body))


async def replay(split, wanted):
    exchanges = [e for e in recordings() if wanted(e)]
    now = {}
    models = {e_model(e): "upstream/" + e_model(e) for e in exchanges}
    async with Provider(lambda message: recorded_answer(now["exchange"], message, split)) as provider:
        async with await Weir.start(configuration(provider.port, models, shards=1)) as weir:
            for exchange in exchanges:
                now["exchange"] = exchange
                body = exchange["request"]["body"].encode()
                answer = await weir.ask(body, headers=[("openai-organization", "org-live")])
                name = exchange["id"]
                check_equal(answer.status, exchange["response"]["status"], name + ": status")
                check_equal(answer.body, exchange["response"]["body"].encode(), name + ": the client's body")
                check(answer.complete, name + ": the answer did not end properly")
                content_type = exchange["response"]["headers"].get("content-type")
                if answer.status >= 400:  # errors are given as application/json, whatever its parameters were
                    content_type = content_type.partition(";")[0]
                check_equal(answer.get("content-type"), content_type, name + ": content-type")
                check_equal(answer.get("x-request-id"), "req_live", name + ": a provider's header")
                check_equal(len(provider.requests), 1, name + ": requests sent upstream")
                sent = provider.requests.pop()
                check_equal(sent.body, as_sent_upstream(body, "upstream/" + e_model(exchange)), name + ": body sent upstream")
                check_equal(sent.line, "POST /v1/chat/completions HTTP/1.1", name + ": request line upstream")
                check_equal(sent.get("authorization"), "Bearer " + UPSTREAM_KEY, name + ": credential upstream")
                check_equal(sent.get("host"), f"127.0.0.1:{provider.port}", name + ": host upstream")
                check_equal(sent.get("content-type"), "application/json", name + ": content-type upstream")
                check(KEY.encode() not in sent.raw_head + sent.body, name + ": the client's key was sent upstream")
        # One shard, so the lines of the access log are in the order of the requests.
        lines = weir.log_lines()
        check_equal(len(lines), len(exchanges), "lines of the access log")
        for exchange, line in zip(exchanges, lines):
            if exchange["response"]["status"] == 200:
                check_usage(exchange, line)
    return f"{len(exchanges)} exchanges"


def e_model(exchange):
    return json.loads(exchange["request"]["body"])["model"]


def check_usage(exchange, line):
    """The tap's figures against the recording's own."""
    usage = line.get("usage")
    wanted = (exchange.get("expect") or {}).get("usage_normalised")
    name = exchange["id"]
    if not wanted:
        check(exchange["stream"], name + ": a document without usage in its expectations")
        wanted = {"input_tokens": 3, "output_tokens": 4}
    check(usage, name + ": no usage in the log line")
    got_in = sum(usage.get(k, 0) for k in ("input", "cache_read", "cache_write", "audio_input"))
    got_out = sum(usage.get(k, 0) for k in ("output", "reasoning", "audio_output"))
    check_equal((got_in, got_out), (wanted["input_tokens"], wanted["output_tokens"]), name + ": tokens in and out")


@test
async def documents_and_errors_come_out_byte_equal():
    return await replay("as-given", lambda e: not e["stream"])


@test
async def streams_come_out_byte_equal_frame_by_frame():
    return await replay("as-given", lambda e: e["stream"])


@test
async def streams_come_out_byte_equal_split_at_random():
    return await replay("random", lambda e: e["stream"])


@test
async def streams_come_out_byte_equal_split_at_every_byte():
    return await replay("every-byte", lambda e: e["stream"])


@test
async def documents_come_out_byte_equal_split_at_random():
    return await replay("random", lambda e: not e["stream"])


@test
async def everything_comes_out_byte_equal_when_it_arrives_in_one_piece():
    return await replay("together", lambda e: True)
