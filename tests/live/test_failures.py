"""Providers that fail: what the client is told, and that weir goes on."""
import asyncio
import json

from harness.client import Client, chat, request_bytes
from harness.provider import Answer, Provider, json_answer, sse_answer
from harness.registry import check, check_equal, test
from harness.weir import KEY, Weir, configuration, free_port
from test_curl import DOCUMENT, STREAM

BODY = chat()


def error_of(answer):
    check_equal(answer.get("content-type"), "application/json", "content-type")
    error = json.loads(answer.body)["error"]
    check(set(error) == {"message", "type", "param", "code"}, f"an OpenAI error has four members: {error}")
    return error


@test
async def nobody_listens():
    async with await Weir.start(configuration(free_port())) as weir:
        for body in (BODY, chat(stream=True)):
            answer = await weir.ask(body)
            check_equal(answer.status, 502, "status")
            error_of(answer)
    check_equal([line["fault"] for line in weir.log_lines()], ["connect_failed"] * 2, "faults")


@test
async def answers_that_are_not_http():
    wrong = []
    raw = {
        "nothing at all": b"", "half a head": b"HTTP/1.1 200 OK\r\ncontent-le", "garbage": b"SSH-2.0-OpenSSH_9.2\r\n",
        "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        "length and chunked": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "a short body": b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 200\r\n\r\n{}",
        "a bad chunk": b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n{}",
        "a head without end": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000,
        "a redirect": b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
    }
    async with Provider(lambda message: Answer(raw=data, close="fin")) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            for name, data in raw.items():
                for body in (BODY, chat(stream=True)):
                    answer = await weir.ask(body)
                    if not answer or answer.status != 502 or "error" not in json.loads(answer.body):
                        wrong.append(f"{name}: {answer and (answer.status, answer.body)}")
            data = b"".join(json_answer(DOCUMENT).writes())
            check_equal((await weir.ask(BODY)).status, 200, "status after all that")
    check(not wrong, "\n      ".join(wrong))
    return f"{len(raw)} answers, for a document and for a stream"


@test
async def interim_answers_of_a_provider_are_skipped():
    raw = (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n"
           + b"".join(json_answer(DOCUMENT).writes()))
    async with Provider(lambda message: Answer(raw=raw)) as provider, await Weir.start(configuration(provider.port)) as weir:
        answer = await weir.ask(BODY)
        check_equal((answer.status, answer.body), (200, DOCUMENT.encode()), "answer")


@test
async def a_document_cut_off_after_the_head_was_sent_is_not_ended_properly():
    """Beyond what weir holds back the client has bytes already; then only a cut tells it the truth."""
    text = DOCUMENT.replace("Hello.", "big " * 100_000)
    for framing in ("length", "chunked"):
        whole = b"".join(json_answer(text, framing=framing).writes())
        async with Provider(lambda message: Answer(raw=whole[:-5000], close="fin")) as provider:
            async with await Weir.start(configuration(provider.port)) as weir:
                answer = await weir.ask(BODY)
                check_equal(answer.status, 200, "status")
                check(not answer.complete, f"{framing}: a cut document looks complete")
            check_equal(weir.log_lines()[0].get("fault"), "upstream_closed", "fault")


@test
async def a_cut_document_does_not_look_whole_to_http_1_0():
    """Without a length, the end of the connection is the end of the document: only a reset tells a cut from it."""
    whole = b"".join(json_answer(DOCUMENT.replace("Hello.", "big " * 100_000), framing="chunked").writes())
    async with Provider(lambda message: Answer(raw=whole[:-5000], close="fin")) as provider:
        async with await Weir.start(configuration(provider.port)) as weir:
            async with Client(weir.port) as client:
                await client.send(request_bytes(body=BODY, key=KEY, version="1.0"))
                check_equal(await client.at_end() == "reset", True, "a reset ends it")


@test
async def stale_pooled_connections_are_replaced_once():
    async with Provider(lambda message: json_answer(DOCUMENT)) as provider:
        async with await Weir.start(configuration(provider.port, shards=1)) as weir:
            check_equal((await weir.ask(BODY)).status, 200, "first status")
            # The pooled connection takes the request and dies; a fresh one answers.
            seen = []

            async def respond(message, connection):
                seen.append(message)
                if len(seen) == 1:
                    return connection.reset()
                return await connection.give(json_answer(DOCUMENT))
            provider.respond = respond
            check_equal((await weir.ask(BODY)).status, 200, "status over a stale connection")
            check_equal(len(seen), 2, "times it was asked")

            # One that always dies gets the attempts of a request, and one more for the stale connection.
            async def always_dies(message, connection):
                seen.append(message)
                connection.reset()
            seen.clear()
            provider.respond = always_dies
            check_equal((await weir.ask(BODY)).status, 502, "status when the provider always dies")
            check(2 <= len(seen) <= 4, f"it was asked {len(seen)} times")
            samples = await weir.metrics()
            check(samples["weir_stale_connections_total"] >= 1, "stale connections are counted")


@test
async def idle_pooled_connections_that_the_provider_closes_are_noticed():
    async with Provider(lambda message: json_answer(DOCUMENT, close="fin", hold_before_close=0.1)) as provider:
        async with await Weir.start(configuration(provider.port, shards=1)) as weir:
            check_equal((await weir.ask(BODY)).status, 200, "status")
            check_equal((await weir.metrics())['weir_provider_connections{state="idle"}'], 1, "idle connections")
            await asyncio.sleep(0.3)
            check_equal((await weir.metrics())['weir_provider_connections{state="idle"}'], 0, "idle connections after its end")
            check_equal((await weir.ask(BODY)).status, 200, "status")
            check_equal((await weir.metrics())["weir_stale_connections_total"], 0, "stale connections")


@test
async def a_reset_in_mid_stream_becomes_an_error_event():
    answer = sse_answer(*STREAM[:2], end=False, close="reset", hold_before_close=0.1)
    async with Provider(lambda message: answer) as provider, await Weir.start(configuration(provider.port)) as weir:
        got = await weir.ask(chat(stream=True))
    check(got.complete, "an error event is followed by a proper end")
    wanted = "".join(STREAM[:2]).encode()
    check_equal(got.body[:len(wanted)], wanted, "the events before it")
    event = got.body[len(wanted):]
    check(event.startswith(b"data: {") and event.endswith(b"\n\n"), f"one event: {event!r}")
    check("error" in json.loads(event[6:]), f"an error: {event!r}")
    check_equal(weir.log_lines()[0].get("fault"), "upstream_reset", "fault")


@test
async def many_clients_that_vanish_leave_nothing_behind():
    answer = sse_answer(*STREAM * 50, gap=0.01)
    async with Provider(lambda message: answer) as provider, await Weir.start(configuration(provider.port)) as weir:
        async def vanish(i):
            async with Client(weir.port) as client:
                await client.send(request_bytes(body=chat(stream=True), key=KEY)[:20 + 17 * i])
                await asyncio.sleep(0.002 * i)
                client.leave()
        await asyncio.gather(*(vanish(i) for i in range(60)))
        await asyncio.sleep(0.3)
        samples = await weir.metrics()
        check_equal(samples["weir_exchanges_in_flight"], 0, "exchanges in flight")
        check_equal(samples['weir_provider_connections{state="used"}'], 0, "provider connections in use")
        check_equal(samples['weir_memory_reserved_bytes{use="request"}'], 0, "reserved body bytes")
        check_equal(samples["weir_client_connections"], 0, "client connections")
