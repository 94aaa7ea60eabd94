"""Time-outs, with limits short enough to be waited for."""
import asyncio
import json
import socket

from harness.client import Client, chat, request_bytes
from harness.provider import Answer, Provider, json_answer, sse_answer
from harness.registry import check, check_equal, test
from harness.weir import KEY, Weir, configuration
from test_curl import DOCUMENT, STREAM

BODY = chat()


async def timed(coroutine):
    loop = asyncio.get_running_loop()
    started = loop.time()
    result = await coroutine
    return result, loop.time() - started


def in_time(took, limit):
    check(limit * 0.9 <= took <= limit + 1.5, f"it took {took:.2f} s, the limit is {limit}")


@test
async def connect():
    """A listener whose queue is full drops what comes, so that a connection is never established."""
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        fillers = []
        try:
            for _ in range(8):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", port))
                fillers.append(filler)
            async with await Weir.start(configuration(port, timeouts={"connect_ms": 400})) as weir:
                answer, took = await timed(weir.ask(BODY))
            check_equal(answer.status, 504, "status")
            in_time(took, 0.4)
            check_equal(weir.log_lines()[0]["fault"], "connect_timeout", "fault")
        finally:
            for filler in fillers:
                filler.close()


@test
async def first_byte():
    async with Provider(lambda message: json_answer(DOCUMENT, before_head=10)) as provider:
        async with await Weir.start(configuration(provider.port, timeouts={"first_byte_ms": 400})) as weir:
            for body in (BODY, chat(stream=True)):
                answer, took = await timed(weir.ask(body))
                check_equal(answer.status, 504, "status")
                in_time(took, 0.4)
                check_equal(json.loads(answer.body)["error"]["type"], "timeout", "error type")
            check_equal(provider.aborted, 2, "provider requests given up")
    check_equal([line["fault"] for line in weir.log_lines()], ["first_byte_timeout"] * 2, "faults")


@test
async def idle_in_mid_stream_ends_in_an_error_event():
    answer = sse_answer(*STREAM[:2], hold_before_close=10, end=False)
    async with Provider(lambda message: answer) as provider:
        async with await Weir.start(configuration(provider.port, timeouts={"idle_ms": 400})) as weir:
            got, took = await timed(weir.ask(chat(stream=True)))
            in_time(took, 0.4)
    check_equal(got.status, 200, "status")
    check(got.complete, "an error event is followed by a proper end")
    wanted = "".join(STREAM[:2]).encode()
    check_equal(got.body[:len(wanted)], wanted, "the events before it")
    check_equal(json.loads(got.body[len(wanted) + 6:])["error"]["type"], "timeout", "the error event's type")
    check_equal(weir.log_lines()[0]["fault"], "idle_timeout", "fault")


@test
async def idle_in_mid_document():
    whole = b"".join(json_answer(DOCUMENT).writes())
    answer = Answer(raw=whole[:-10], hold_before_close=10)
    async with Provider(lambda message: answer) as provider:
        async with await Weir.start(configuration(provider.port, timeouts={"idle_ms": 400})) as weir:
            got, took = await timed(weir.ask(BODY))
            check_equal(got.status, 504, "status")
            in_time(took, 0.4)


@test
async def a_stream_that_moves_is_not_idle():
    answer = sse_answer(*[STREAM[0]] * 6, STREAM[2], STREAM[3], gap=0.25)
    async with Provider(lambda message: answer) as provider:
        async with await Weir.start(configuration(provider.port, timeouts={"idle_ms": 400, "first_byte_ms": 400})) as weir:
            got = await weir.ask(chat(stream=True))
    check_equal(got.body, answer.body, "body")


@test
async def total():
    answer = sse_answer(*[STREAM[0]] * 100, gap=0.1)
    async with Provider(lambda message: answer) as provider:
        async with await Weir.start(configuration(provider.port, timeouts={"total_ms": 700})) as weir:
            got, took = await timed(weir.ask(chat(stream=True)))
            in_time(took, 0.7)
            check(got.complete and b'"error"' in got.body, f"an error event ends it: {got.body[-100:]!r}")
    check_equal(weir.log_lines()[0]["fault"], "total_timeout", "fault")


@test
async def a_client_that_does_not_finish_its_request():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        timeouts = {"client_head_ms": 400, "client_body_ms": 400, "client_idle_ms": 400}
        async with await Weir.start(configuration(provider.port, timeouts=timeouts)) as weir:
            request = request_bytes(body=BODY, key=KEY)
            for cut in (30, len(request) - 5):
                async with Client(weir.port) as client:
                    await client.send(request[:cut])
                    answer, took = await timed(client.answer())
                    check_equal(answer and answer.status, 408, f"status after {cut} bytes")
                    in_time(took, 0.4)
                    check_equal(await client.at_end(), "end", "then")
            async with Client(weir.port) as client:  # a connection without a request is closed without a word
                end, took = await timed(client.at_end())
                check_equal(end, "end", "an idle connection")
                in_time(took, 0.4)
        check_equal(provider.requests, [], "requests upstream")


@test
async def a_slow_head_that_trickles_does_not_extend_its_time():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port, timeouts={"client_head_ms": 500})) as weir:
            async with Client(weir.port) as client:
                async def trickle():
                    for byte in request_bytes(body=BODY, key=KEY):
                        await client.send(bytes([byte]))
                        await asyncio.sleep(0.05)
                sending = asyncio.ensure_future(trickle())
                answer, took = await timed(client.answer())
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
                check_equal(answer and answer.status, 408, "status")
                in_time(took, 0.5)


@test
async def a_client_that_reads_nothing_is_let_go():
    frames = [STREAM[0].replace("Hello", "h" * 16000)] * 1500
    answer = sse_answer(*frames)
    async with Provider(lambda message: answer) as provider:
        async with await Weir.start(configuration(provider.port, timeouts={"client_write_ms": 600})) as weir:
            async with Client(weir.port, receive_buffer=4096) as client:
                client.reader._limit = 1024
                client.writer.transport.pause_reading()
                await client.send(request_bytes(body=chat(stream=True), key=KEY))
                deadline = asyncio.get_running_loop().time() + 8
                while provider.aborted == 0 and asyncio.get_running_loop().time() < deadline:
                    await asyncio.sleep(0.05)
                check_equal(provider.aborted, 1, "provider requests given up")
                client.leave()
    check_equal(weir.log_lines()[0]["fault"], "client_stalled", "fault")
