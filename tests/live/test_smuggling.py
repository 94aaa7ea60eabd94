"""The corpus of tests/smuggling/shapes.txt against the real binary: what the client gets, what becomes of the connection,
and what reached the provider."""
import asyncio
import json

from harness import shapes
from harness.client import Client, chat, request_bytes
from harness.provider import Answer, Provider, json_answer
from harness.registry import check, test
from harness.weir import KEY, UPSTREAM_KEY, Weir, configuration
from test_curl import DOCUMENT

BODY = chat()
EVIL = chat(text="smuggled")
JSON = DOCUMENT.encode()
WORDS = shapes.words(KEY, BODY, EVIL, JSON)
FAULTS = shapes.faults()
# What weir itself writes to a provider; whatever else arrives came from a client.
OURS = {"host", "authorization", "accept-encoding", "content-length"}
NEVER_UPSTREAM = {"transfer-encoding", "connection", "upgrade", "http2-settings", "expect", "trailer", "te", "cookie",
                  "x-forwarded-host", "x-forwarded-prefix", "x-original-url", "x-rewrite-url", "x-host",
                  "x-http-method-override", "x-trailer-field"}


def verdict_of(answer):
    """The answer as shapes.txt writes it, without "local" and "above"."""
    if answer is None:
        return "the connection's end"
    if answer.status == 200:
        return "200"
    try:
        message = json.loads(answer.body)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        return f"{answer.status} without an error object: {answer.body[:80]!r}"
    names = [name for name, (status, sentence) in FAULTS.items()
             if message.startswith(sentence) and status == answer.status]
    return f"{answer.status} {names[0] if names else message}"


def wrong_upstream(message):
    """What of a request that reached the provider should not have."""
    names = [name.lower().replace("_", "-") for name, _ in message.headers]
    wrong = [f"{name} reached the provider" for name in names if name in NEVER_UPSTREAM]
    wrong += [f"{name} reached the provider {names.count(name)} times" for name in OURS if names.count(name) != 1]
    if message.get("authorization") != "Bearer " + UPSTREAM_KEY:
        wrong.append("another credential reached the provider")
    if message.line != "POST /v1/chat/completions HTTP/1.1" or message.how != "length":
        wrong.append(f"the provider got {message.line!r}, {message.how}")
    return wrong


async def judge_request(shape, weir, provider):
    """Yields what is wrong."""
    sent_before = len(provider.requests)
    *wanted, end = shape.verdict
    plain = [w.removesuffix(" above").removesuffix(" local") for w in wanted]
    async with Client(weir.port) as client:
        await client.send(shape.data)
        got = []
        while len(got) < len(wanted):
            answer = await client.answer(no_body=shape.data.startswith(b"HEAD "))
            if answer is not None and answer.status == 100:
                continue
            got.append(verdict_of(answer))
            if answer is None:
                break
        if got != plain:
            yield f"answers {got}, wanted {plain}"
        elif end == "close":
            rest = await client.at_end()
            if rest != "end":
                yield f"the connection should have ended, but: {rest!r}"
        else:
            await client.send(request_bytes("GET", "/v1/models", key=KEY))
            answer = await client.answer()
            if verdict_of(answer) != "200":
                yield f"a good request on the same connection got {verdict_of(answer)}"
    arrived = provider.requests[sent_before:]
    if len(arrived) != wanted.count("200"):
        yield f"{len(arrived)} requests reached the provider, wanted {wanted.count('200')}"
    for index, message in enumerate(arrived):
        for text in wrong_upstream(message):
            yield text
        if message.body not in (BODY, EVIL) or (message.body == EVIL and b"smuggled" not in shape.data):
            yield f"the provider got the body {message.body!r}"
        if index == 0 and message.body != BODY and wanted[0] == "200":
            yield f"the provider got {message.body!r} first"


@test
async def every_shape_of_a_request_gets_its_verdict():
    requests = [s for s in shapes.read(WORDS) if s.is_request]
    wrong = []
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            for shape in requests:
                wrong += [f"{shape.name}: {text}" async for text in judge_request(shape, weir, provider)]
            answer = await weir.ask(BODY)
            check(answer.status == 200, "weir still answers")
    check(not wrong, "\n      ".join([f"{len(wrong)} mistakes in {len(requests)} shapes"] + wrong))
    check(len(requests) >= 120, f"only {len(requests)} shapes were read")
    return f"{len(requests)} shapes"


@test
async def every_shape_of_an_answer_gets_its_verdict():
    answers = [s for s in shapes.read(WORDS) if not s.is_request]
    wrong = []
    now = {}

    async def respond(message, connection):
        shape = now.get("shape")
        if shape is None:
            return await connection.give(json_answer(DOCUMENT))
        await connection.send(shape.data)
        return shape.verdict[2:] != ["fin"]

    async with Provider(respond) as provider:
        async with await Weir.start(configuration(provider.port, shards=1)) as weir:
            for shape in answers:
                now["shape"] = shape
                answer = await weir.ask(BODY)
                if verdict_of(answer) != shape.verdict[0]:
                    wrong.append(f"{shape.name}: {verdict_of(answer)}")
                if answer and answer.status == 200 and answer.body != JSON:
                    wrong.append(f"{shape.name}: the body {answer.body!r}")
                for name in ("set-cookie", "x-trailer-field", "transfer-encoding" if answer.get("content-length") else ""):
                    if answer and answer.get(name) is not None:
                        wrong.append(f"{shape.name}: {name} reached the client")
                now["shape"] = None
                before = provider.connections
                answer = await weir.ask(BODY)
                if not answer or answer.status != 200 or answer.body != JSON:
                    wrong.append(f"{shape.name}: the next request got {answer and (answer.line, answer.body)}")
                how = "reuse" if provider.connections == before else "fresh"
                if how != shape.verdict[1]:
                    wrong.append(f"{shape.name}: the next request found {how}, wanted {shape.verdict[1]}")
    check(not wrong, "\n      ".join([f"{len(wrong)} mistakes in {len(answers)} shapes"] + wrong))
    check(len(answers) >= 40, f"only {len(answers)} shapes were read")
    return f"{len(answers)} shapes"


@test
async def a_shape_in_single_bytes_gets_the_same_verdict():
    """A few of each kind: the unit test does it with all of them."""
    chosen = [s for s in shapes.read(WORDS) if s.is_request and len(s.data) < 2000][::16]
    wrong = []
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            for shape in chosen:
                async with Client(weir.port) as client:
                    for byte in shape.data:
                        client.writer.write(bytes([byte]))
                        await asyncio.sleep(0)
                    wanted = shape.verdict[0].removesuffix(" above").removesuffix(" local")
                    got = verdict_of(await client.answer(no_body=shape.data.startswith(b"HEAD ")))
                    if got != wanted:
                        wrong.append(f"{shape.name}: {got}, wanted {wanted}")
    check(not wrong, "\n      ".join(wrong))
    return f"{len(chosen)} shapes"
