"""HTTP/1.1 over a raw socket: what no well-behaved client sends, and what only a hurried one does."""
import asyncio
import json

from harness.client import Client, chat, request_bytes, until
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import check, check_equal, test
from harness.weir import KEY, UPSTREAM_KEY, Weir, configuration
from test_curl import DOCUMENT, STREAM

BODY = chat()


def document_provider():
    return Provider(lambda message: json_answer(DOCUMENT))


@test
async def pipelined_requests_are_answered_in_order():
    def respond(message):
        return json_answer(json.dumps({"echo": json.loads(message.body)["messages"][0]["content"]}),
                           before_head=0.05 if b"slow" in message.body else 0.0)
    async with Provider(respond) as provider, await Weir.start(configuration(provider.port)) as weir:
        words = ["slow one", "two", "slow three", "four", "five"] * 4
        async with Client(weir.port) as client:
            await client.send(b"".join(request_bytes(body=chat(text=w), key=KEY) for w in words))
            got = [json.loads((await client.answer()).body)["echo"] for _ in words]
        check_equal(got, words, "order of the answers")
        check_equal(len(provider.requests), len(words), "requests upstream")


@test
async def pipelined_streams_are_answered_in_order():
    def respond(message):
        word = json.loads(message.body)["messages"][0]["content"]
        return sse_answer(STREAM[0].replace("Hello", word), *STREAM[1:], gap=0.01)
    async with Provider(respond) as provider, await Weir.start(configuration(provider.port)) as weir:
        words = [f"w{i}" for i in range(8)]
        async with Client(weir.port) as client:
            await client.send(b"".join(request_bytes(body=chat(text=w, stream=True), key=KEY) for w in words))
            for word in words:
                wanted = "".join([STREAM[0].replace("Hello", word), *STREAM[1:]])
                check_equal((await client.answer()).body, wanted.encode(), word)


@test
async def a_head_in_pieces_of_a_byte_and_after_pauses_is_understood():
    request = request_bytes(body=BODY, key=KEY)
    async with document_provider() as provider, await Weir.start(configuration(provider.port)) as weir:
        for cuts in (range(1, len(request)), [10, 60, len(request) - 5], [request.index(b"\r\n\r\n") + 2]):
            async with Client(weir.port) as client:
                last = 0
                for cut in [*cuts, len(request)]:
                    await client.send(request[last:cut])
                    await asyncio.sleep(0.1 if len(cuts) < 5 else 0)
                    last = cut
                check_equal((await client.answer()).body, DOCUMENT.encode(), "body")
        check(all(r.body == BODY for r in provider.requests), "bodies upstream")


HOP_BY_HOP = ["keep-alive", "proxy-connection", "te", "trailer", "upgrade", "http2-settings", "proxy-authenticate",
              "proxy-authentication-info"]


@test
async def fields_that_belong_to_the_client_or_its_connection_do_not_reach_the_provider():
    secret = "client-secret-5f1e"
    withheld = HOP_BY_HOP + [
        "proxy-authorization", "x-api-key", "api-key", "x-goog-api-key", "x-amz-security-token", "x-auth-token",
        "ocp-apim-subscription-key", "cookie", "openai-organization", "forwarded", "x-forwarded-for", "x-forwarded-proto",
        "x-real-ip", "true-client-ip", "cf-connecting-ip", "via", "origin", "referer", "sec-fetch-site", "x-original-url",
        "x-rewrite-url", "x-http-method-override", "x-weir-session", "x-mine", "X_Api_Key", "X_FORWARDED_FOR"]
    passed = ["x-yours", "user-agent", "openai-beta", "traceparent"]
    async with document_provider() as provider:
        config = configuration(provider.port)
        config["providers"]["local"]["headers"] = {"X-Tenant": "ours"}
        async with await Weir.start(config) as weir:
            headers = [(name, secret) for name in withheld]
            await weir.ask(BODY, headers=[("connection", "close, x-mine"), ("X-Tenant", "theirs"), *headers,
                                          *((name, "2") for name in passed)])
            sent = provider.requests[0]
    check(secret.encode() not in sent.raw_head, f"a field of the client's reached the provider: {sent.raw_head!r}")
    check(KEY.encode() not in sent.raw_head, "the client's key reached the provider")
    for name in passed:
        check_equal(sent.get(name), "2", name)
    check_equal(sent.get("x-tenant"), "ours", "what the operator set")
    check_equal(sent.get("authorization"), "Bearer " + UPSTREAM_KEY, "the provider's credential")
    return f"{len(withheld)} withheld, {len(passed)} passed"


@test
async def a_translated_request_carries_what_traces_it_and_nothing_of_its_own_dialect():
    passed = ["user-agent", "traceparent", "tracestate", "x-request-id", "x-simulate"]
    withheld = ["x-yours", "openai-beta", "x-stainless-lang", "cookie", "x-api-key"]
    async with document_provider() as provider:
        there = {"kind": "anthropic", "base_url": f"http://127.0.0.1:{provider.port}/v1", "credential": "env:UPSTREAM_KEY"}
        async with await Weir.start(configuration(providers={"there": there}, expose_provider_models=True)) as weir:
            await weir.ask(chat(model="there/claude-opus-4-8"), headers=[*((name, "theirs") for name in withheld),
                                                                         *((name, "2") for name in passed)])
            sent = provider.requests[0]
    check(b"theirs" not in sent.raw_head, f"a field of the client's reached the provider: {sent.raw_head!r}")
    for name in passed:
        check_equal(sent.get(name), "2", name)
    check_equal(sent.get("x-api-key"), UPSTREAM_KEY, "the provider's credential")


@test
async def fields_that_belong_to_the_provider_or_its_connection_do_not_reach_the_client():
    secret = "provider-secret-77aa"
    withheld = HOP_BY_HOP + [
        "x-private", "set-cookie", "www-authenticate", "authentication-info", "openai-organization", "alt-svc", "location",
        "strict-transport-security", "clear-site-data", "nel", "report-to", "access-control-allow-origin", "server", "via",
        "x-weir-cost", "Set_Cookie"]
    passed = ["x-public", "x-request-id", "cf-ray", "x-ratelimit-remaining-tokens", "openai-processing-ms"]
    fields = [("content-type", "application/json"), ("connection", "keep-alive, x-private"),
              *((name, secret) for name in withheld), *((name, "2") for name in passed)]

    def respond(message):
        if b"stream" in message.body:
            answer = sse_answer(*STREAM)
        else:
            answer = json_answer(DOCUMENT if b"fail" not in message.body else '{"error":{"message":"no"}}',
                                 status=429 if b"fail" in message.body else 200)
        answer.headers = [("content-type", answer.headers[0][1]), *fields[1:]]
        return answer
    async with Provider(respond) as provider, await Weir.start(configuration(provider.port)) as weir:
        for body in (BODY, chat(stream=True), chat(text="fail")):
            answer = await weir.ask(body)
            check(secret.encode() not in answer.raw_head, f"a field of the provider's reached the client: {answer.raw_head!r}")
            for name in passed:
                check_equal(answer.get(name), "2", name)
            check(answer.get("x-weir-deployment"), "weir's own field is there")
            check(UPSTREAM_KEY.encode() not in answer.raw_head + answer.body, "the provider's credential reached the client")
    return f"{len(withheld)} withheld, {len(passed)} passed, on a document, a stream and an error"


@test
async def bad_json_and_bad_fields_are_named():
    cases = [(b"", 400, None), (b"{", 400, None), (b"[]", 400, None), (b"{}", 400, "model"),
             (b'{"model":7}', 400, "model"), (b'{"model":"test-model","model":"b"}', 400, "model"),
             (b'{"model":"test-model","stream":"yes"}', 400, "stream"),
             (b'{"model":"test-model","stream_options":4}', 400, "stream_options"),
             (b'{"model":"test-model"} x', 400, None), (b"[" * 100_000, 400, None)]
    wrong = []
    async with document_provider() as provider, await Weir.start(configuration(provider.port)) as weir:
        async with Client(weir.port) as client:  # all on one connection: none of them ends it
            for body, status, param in cases:
                await client.send(request_bytes(body=body, key=KEY))
                answer = await client.answer()
                error = json.loads(answer.body)["error"] if answer else {}
                if not answer or answer.status != status or error.get("param") != param:
                    wrong.append(f"{body[:60]!r}: {answer and answer.status} {error}")
        check_equal(provider.requests, [], "requests upstream")
    check(not wrong, "\n      ".join(wrong))


@test
async def a_large_request_goes_through_whole():
    body = chat(text="large " * 2_000_000)
    async with document_provider() as provider, await Weir.start(configuration(provider.port)) as weir:
        answer = await weir.ask(body)
        check_equal(answer.status, 200, "status")
        check_equal(provider.requests[0].body == body, True, f"the body of {len(body)} bytes upstream")


@test
async def a_large_document_comes_back_whole():
    text = DOCUMENT.replace("Hello.", "big " * 3_000_000)
    async with Provider(lambda message: json_answer(text, framing=framing)) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            for framing in ("length", "chunked", "close"):
                answer = await weir.ask(BODY)
                check(answer.complete and answer.body == text.encode(), f"{framing}: {len(answer.body)} of {len(text)} bytes")


@test
async def a_client_that_leaves_cancels_its_provider_request():
    answer = sse_answer(*STREAM[:2], hold_before_close=15.0, end=False)
    async with Provider(lambda message: answer) as provider, await Weir.start(configuration(provider.port)) as weir:
        loop = asyncio.get_running_loop()
        for leave in ("reset", "close"):
            async with Client(weir.port) as client:
                await client.send(request_bytes(body=chat(stream=True), key=KEY))
                await client.reader.readuntil(b" world")
                before, now = provider.aborted, loop.time()
                client.leave() if leave == "reset" else client.writer.close()
                check(await until(lambda: provider.aborted > before, 3), f"{leave}: the provider was not told")
                took = provider.aborted_at[-1] - now
                check(took < 1.0, f"{leave}: the provider's connection was closed after {took:.2f} s")
        # and before any answer has come
        slow = json_answer(DOCUMENT, before_head=15.0)
        provider.respond = lambda message: slow
        async with Client(weir.port) as client:
            await client.send(request_bytes(body=BODY, key=KEY))
            check(await until(lambda: len(provider.requests) == 3, 3), "the request arrived")
            before = provider.aborted
            client.leave()
            check(await until(lambda: provider.aborted > before, 1), "the provider was not told while it was thinking")
