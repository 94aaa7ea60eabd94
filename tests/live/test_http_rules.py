"""HTTP/1.1 over a raw socket: what no well-behaved client sends, and what only a hurried one does."""
import asyncio
import json

from harness.client import Client, chat, request_bytes, until
from harness.provider import Provider, json_answer, sse_answer
from harness.registry import check, check_equal, test
from harness.weir import KEY, Weir, configuration
from test_curl import DOCUMENT, STREAM

BODY = chat()
AUTH = b"authorization: Bearer " + KEY.encode() + b"\r\n"
START = b"POST /v1/chat/completions HTTP/1.1\r\nhost: weir.test\r\n" + AUTH
LENGTH = b"content-length: %d\r\n" % len(BODY)
CHUNKED_BODY = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)


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


@test
async def smuggling_shapes_are_refused_and_nothing_is_sent_upstream():
    shapes = {
        "length and chunked": START + LENGTH + b"transfer-encoding: chunked\r\n\r\n" + CHUNKED_BODY,
        "chunked and length": START + b"transfer-encoding: chunked\r\n" + LENGTH + b"\r\n" + CHUNKED_BODY,
        "two different lengths": START + LENGTH + b"content-length: 3\r\n\r\n" + BODY,
        "two equal lengths": START + LENGTH + LENGTH + b"\r\n" + BODY,
        "a list of lengths": START + b"content-length: %d, %d\r\n\r\n" % (len(BODY), len(BODY)) + BODY,
        "a signed length": START + b"content-length: +%d\r\n\r\n" % len(BODY) + BODY,
        "a negative length": START + b"content-length: -1\r\n\r\n" + BODY,
        "a hexadecimal length": START + b"content-length: 0x%x\r\n\r\n" % len(BODY) + BODY,
        "a length with a space inside": START + b"content-length: 1 2\r\n\r\n" + BODY,
        "an empty length": START + b"content-length: \r\n\r\n" + BODY,
        "a huge length": START + b"content-length: 99999999999999999999999\r\n\r\n" + BODY,
        "chunked twice": START + b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n" + CHUNKED_BODY,
        "whitespace before the colon": START + b"content-length : %d\r\n\r\n" % len(BODY) + BODY,
        "a folded line": START + b"x-a: b\r\n c\r\n" + LENGTH + b"\r\n" + BODY,
        "a bare LF after a field": START + b"x-a: b\n" + LENGTH + b"\r\n" + BODY,
        "a bare CR in a field": START + b"x-a: b\rcontent-length: 0\r\n" + LENGTH + b"\r\n" + BODY,
        "NUL in a field": START + b"x-a: b\0\r\n" + LENGTH + b"\r\n" + BODY,
        "a field without a colon": START + b"nonsense\r\n" + LENGTH + b"\r\n" + BODY,
        "a field without a name": START + b": x\r\n" + LENGTH + b"\r\n" + BODY,
        "a space in a name": START + b"x a: b\r\n" + LENGTH + b"\r\n" + BODY,
        "no host": START.replace(b"host: weir.test\r\n", b"") + LENGTH + b"\r\n" + BODY,
        "two hosts": START + b"host: other\r\n" + LENGTH + b"\r\n" + BODY,
        "two spaces in the request line": START.replace(b"POST /", b"POST  /", 1) + LENGTH + b"\r\n" + BODY,
        "a space in the target": START.replace(b"/v1/", b"/v1 /", 1) + LENGTH + b"\r\n" + BODY,
        "a bad chunk size": START + b"transfer-encoding: chunked\r\n\r\nzz\r\n" + BODY,
        "a chunk longer than it says": START + b"transfer-encoding: chunked\r\n\r\n5\r\n" + BODY + b"\r\n0\r\n\r\n",
        "a chunk size with a sign": START + b"transfer-encoding: chunked\r\n\r\n+%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n",
        "an absurd chunk size": START + b"transfer-encoding: chunked\r\n\r\nffffffffffffffffff\r\n" + BODY,
        "a chunk line ended by LF": START + b"transfer-encoding: chunked\r\n\r\n%x\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n",
        "0x before a chunk size": START + b"transfer-encoding: chunked\r\n\r\n0x%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n",
    }
    wrong = []
    async with document_provider() as provider, await Weir.start(configuration(provider.port)) as weir:
        for name, shape in shapes.items():
            async with Client(weir.port) as client:
                await client.send(shape)
                answer = await client.answer()
                end = await client.at_end()
                status = answer.status if answer else None
                if status != 400 or end != "end":
                    wrong.append(f"{name}: status {status}, then {end!r}")
                elif "error" not in json.loads(answer.body):
                    wrong.append(f"{name}: {answer.body!r}")
        sent = len(provider.requests)
        for name, shape, status in (
                ("an unknown transfer coding", START + b"transfer-encoding: gzip, chunked\r\n\r\n" + CHUNKED_BODY, 501),
                ("HTTP/2 spoken as 1", START.replace(b"HTTP/1.1", b"HTTP/2.0") + LENGTH + b"\r\n" + BODY, 505),
                ("an unknown expectation", START + b"expect: 200-maybe\r\n" + LENGTH + b"\r\n" + BODY, 417),
                ("a head beyond 64 KiB", START + b"x-a: " + b"a" * 70_000 + b"\r\n" + LENGTH + b"\r\n" + BODY, 431),
                ("a coded body", START + b"content-encoding: gzip\r\n" + LENGTH + b"\r\n" + BODY, 415)):
            async with Client(weir.port) as client:
                await client.send(shape)
                answer = await client.answer()
                if not answer or answer.status != status:
                    wrong.append(f"{name}: {answer and answer.status}, wanted {status}")
        check_equal(len(provider.requests) + sent, 0, "requests sent upstream")
    check(not wrong, "\n      ".join([f"{len(wrong)} of {len(shapes) + 5}"] + wrong))
    return f"{len(shapes) + 5} shapes"


@test
async def harmless_variety_is_accepted():
    shapes = {
        "chunk extensions": START + b"transfer-encoding: chunked\r\n\r\n%x;a=b\r\n%s\r\n0;last\r\n\r\n" % (len(BODY), BODY),
        "trailers": START + b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\nx-sum: 1\r\n\r\n" % (len(BODY), BODY),
        "capital hexadecimal": START + b"transfer-encoding: CHUNKED\r\n\r\n%X\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY),
        "an empty line before": b"\r\n" + START + LENGTH + b"\r\n" + BODY,
        "spaces around a value": START + b"x-a: \t b \t\r\n" + LENGTH + b"\r\n" + BODY,
        "absolute form": START.replace(b"/v1/", b"http://weir.test/v1/", 1) + LENGTH + b"\r\n" + BODY,
        "a query": START.replace(b"completions ", b"completions?a=b ", 1) + LENGTH + b"\r\n" + BODY,
    }
    wrong = []
    async with document_provider() as provider, await Weir.start(configuration(provider.port)) as weir:
        for name, shape in shapes.items():
            async with Client(weir.port) as client:
                await client.send(shape)
                answer = await client.answer()
                if not answer or answer.status != 200 or answer.body != DOCUMENT.encode():
                    wrong.append(f"{name}: {answer and (answer.line, answer.body)}")
                await client.send(request_bytes(body=BODY, key=KEY))
                again = await client.answer()
                if not again or again.status != 200:
                    wrong.append(f"{name}: the next request on the connection: {again and again.line}")
        check(all(r.body == BODY for r in provider.requests), "bodies upstream")
    check(not wrong, "\n      ".join([f"{len(wrong)} of {len(shapes)}"] + wrong))
    return f"{len(shapes)} shapes"


@test
async def hop_by_hop_fields_stay_where_they_are():
    def respond(message):
        answer = json_answer(DOCUMENT)
        answer.headers = [("content-type", "application/json"), ("connection", "x-private"), ("x-private", "1"),
                          ("keep-alive", "timeout=5"), ("x-public", "2"), ("proxy-authenticate", "Basic")]
        return answer
    async with Provider(respond) as provider, await Weir.start(configuration(provider.port)) as weir:
        answer = await weir.ask(BODY, headers=[("connection", "x-mine"), ("x-mine", "1"), ("te", "trailers"),
                                               ("proxy-authorization", "Basic eDp5"), ("x-yours", "2"),
                                               ("cookie", "session=1"), ("upgrade", "h2c")])
        sent = provider.requests[0]
        check_equal(sent.get("x-yours"), "2", "a field of the client's own")
        for name in ("x-mine", "te", "proxy-authorization", "upgrade"):
            check_equal(sent.get(name), None, f"{name} upstream")
        check_equal(answer.get("x-public"), "2", "a field of the provider's own")
        for name in ("x-private", "keep-alive", "proxy-authenticate"):
            check_equal(answer.get(name), None, f"{name} downstream")


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
